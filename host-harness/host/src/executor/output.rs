//! What an agent prints: kept up to a limit on disk, its last lines in memory.
//!
//! Reading never stops before the end, so that a talkative agent is not blocked by a full pipe.
//! Invariant: neither the file nor the memory grows past its bound.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// Bytes of output kept on disk.
pub const LOG_BYTES_MAX: u64 = 8 << 20;
/// Bytes of the tail.
pub const TAIL_BYTES_MAX: usize = 4 << 10;
/// Lines of the tail.
pub const TAIL_LINES_MAX: usize = 20;

/// Takes in what an agent prints.
#[derive(Debug)]
pub struct Capture {
    log: Option<File>,
    room: u64,
    tail: VecDeque<u8>,
}

impl Capture {
    /// Captures into a new file at `path`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn into_file(path: &Path, bytes_max: u64) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self {
            log: Some(File::create_new(path)?),
            room: bytes_max,
            tail: VecDeque::new(),
        })
    }

    /// Reads to the end of `source`; an error while reading counts as the end.
    pub fn drain(&mut self, mut source: impl Read) {
        let mut buffer = vec![0_u8; 64 << 10];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => self.take(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Takes some bytes in.
    pub fn take(&mut self, bytes: &[u8]) {
        self.keep_tail(bytes);
        let Some(log) = self.log.as_mut() else { return };
        let fits = bytes
            .len()
            .min(usize::try_from(self.room).unwrap_or(usize::MAX));
        let mut written = log.write_all(bytes.get(..fits).unwrap_or_default());
        self.room -= fits as u64;
        if fits < bytes.len() && written.is_ok() {
            written = log.write_all(b"\n[output limit reached, the rest was dropped]\n");
            self.log = None;
        }
        if written.is_err() {
            self.log = None;
        }
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        let from = bytes.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.extend(bytes.get(from..).unwrap_or_default());
        let excess = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.drain(..excess);
    }

    /// The last lines, as text.
    pub fn tail(&self) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(TAIL_LINES_MAX);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(limit: u64, chunks: &[&[u8]]) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        let mut capture = Capture::into_file(&path, limit).unwrap();
        chunks.iter().for_each(|chunk| capture.take(chunk));
        (
            String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
            capture.tail(),
        )
    }

    #[test]
    fn output_up_to_the_limit_is_kept_whole() {
        let (log, tail) = captured(5, &[b"ab", b"c\n", b"d"]);
        assert_eq!(log, "abc\nd");
        assert_eq!(tail, "abc\nd");
    }

    #[test]
    fn output_past_the_limit_is_dropped_with_a_mark_but_the_tail_goes_on() {
        let (log, tail) = captured(5, &[b"abcdef", b"\nlast"]);
        assert_eq!(log, "abcde\n[output limit reached, the rest was dropped]\n");
        assert_eq!(tail, "abcdef\nlast");
    }

    #[test]
    fn the_tail_is_bounded_in_lines_and_bytes_and_is_always_text() {
        let many = "line\n".repeat(100);
        assert_eq!(
            captured(1 << 20, &[many.as_bytes()]).1.lines().count(),
            TAIL_LINES_MAX
        );
        let long = vec![b'x'; TAIL_BYTES_MAX * 3];
        assert_eq!(captured(1 << 20, &[&long]).1.len(), TAIL_BYTES_MAX);
        assert_eq!(captured(10, &[&[0xff, b'a']]).1, "\u{fffd}a");
        assert_eq!(captured(10, &[]).1, "");
    }

    #[test]
    fn a_planted_link_is_replaced_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "precious").unwrap();
        let path = dir.path().join("output.log");
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        Capture::into_file(&path, 10).unwrap().take(b"x");
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    }
}
