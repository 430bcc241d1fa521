//! JSON as text.
//!
//! Never through `Display`, which goes through a formatter piece by piece. Invariant: what comes
//! out is one line.

use std::io::{self, Write};

use serde::Serialize;

/// Something that is written as JSON: a value, or plain structs of texts and numbers.
pub trait ToLine {
    /// It on one line.
    fn to_line(&self) -> String;
}

impl<T: Serialize> ToLine for T {
    fn to_line(&self) -> String {
        let mut line = Line(Vec::with_capacity(LINE_BYTES));
        // Texts, numbers and keys can always be written, and are always UTF-8.
        serde_json::to_writer(&mut line, self)
            .ok()
            .and_then(|()| String::from_utf8(line.0).ok())
            .unwrap_or_default()
    }
}

/// Room for most lines, so that few of them move while they grow.
const LINE_BYTES: usize = 512;

/// Most of what is written at once is a single character of punctuation.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_what_any_reader_of_json_takes() {
        let long = "\u{e9}\"\\\n\t".repeat(LINE_BYTES);
        let value = json!({"": null, "\u{1f600}": [1, -2, 0.5, true, {}], "long": long});
        let line = value.to_line();
        assert_eq!(line, serde_json::to_string(&value).unwrap());
        assert_eq!(line.lines().count(), 1);
    }
}
