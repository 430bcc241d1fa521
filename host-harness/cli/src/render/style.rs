//! The few colours that there are, by what they mean.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const HEAD: Style = Style::new().bold();
/// What is less important.
pub const DIM: Style = Style::new().dimmed();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What is going on.
pub const BUSY: Style = AnsiColor::Cyan.on_default();
/// What needs a person.
pub const WARN: Style = AnsiColor::Yellow.on_default();
/// What went wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Nothing special.
pub const PLAIN: Style = Style::new();

/// The colour of a status.
pub fn of_status(status: &str) -> Style {
    match status {
        "done" => GOOD,
        "in-progress" | "review" => BUSY,
        "blocked" => WARN,
        "deadletter" => BAD,
        "cancelled" => DIM,
        _ => PLAIN,
    }
}

/// The colour of a priority.
pub fn of_priority(priority: &str) -> Style {
    match priority {
        "critical" => WARN,
        "low" => DIM,
        _ => PLAIN,
    }
}
