//! A text from its beginning to its end.
//!
//! Never builds anything of what it reads. Invariant: events come in the order of the text.

use std::ops::ControlFlow;

use saphyr_parser::{Event, Parser, ScanError, Span};

/// Gives the events of a text to `take`, one after the other, until it breaks.
///
/// # Errors
/// The text is no YAML from some place on; what comes before it was taken.
pub fn read<'t>(
    text: &'t str,
    take: &mut dyn FnMut(Event<'t>, Span) -> ControlFlow<()>,
) -> Result<(), ScanError> {
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event?;
        if take(event, span).is_break() {
            break;
        }
    }
    Ok(())
}
