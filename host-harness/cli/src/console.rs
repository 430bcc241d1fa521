//! Where answers go: one JSON document or text on standard output, remarks on standard error.
//!
//! Invariant: with `--json`, `show` is the only thing that writes to standard output.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::arguments::{Color, Global};

/// The two output streams, and how they are to be used.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    as_json: bool,
}

impl Console {
    /// Sets the colours up for the whole process.
    pub fn new(global: &Global) -> Self {
        let choice = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        Console {
            as_json: global.json,
        }
    }

    /// Gives the command's answer: the document with `--json`, else the text.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn show(
        self,
        document: &Value,
        text: impl FnOnce(Option<usize>) -> String,
    ) -> io::Result<()> {
        if self.as_json {
            let mut out = io::stdout().lock();
            writeln!(out, "{document:#}")?;
            return out.flush();
        }
        let text = text(terminal_columns());
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Says something besides the answer, on standard error.
    pub fn remark(self, text: &str) {
        let mut out = anstream::stderr().lock();
        if writeln!(out, "{text}").is_err() {
            tracing::debug!("standard error is closed");
        }
    }

    /// Whether somebody watches standard error.
    pub fn is_watched(self) -> bool {
        io::stderr().is_terminal()
    }
}

/// Width of the terminal that standard output is; none if it is something else.
fn terminal_columns() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
