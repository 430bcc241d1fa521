//! What the component prints: a bounded trickle into the log, and nowhere else.
//!
//! Invariants: a call logs at most [`LINES_MAX`] lines of at most [`LINE_BYTES_MAX`] bytes, the
//! rest is swallowed; the guest never waits and never learns that nobody reads.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

const LINES_MAX: u32 = 1_000;
const LINE_BYTES_MAX: usize = 4 << 10;
/// Bytes that the guest may write at once; it is told so and splits by itself.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// Standard output and error of one instance, as one stream; clones write to the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    printed: Arc<Mutex<Printed>>,
}

#[derive(Debug, Default)]
struct Printed {
    lines: u32,
    line: Vec<u8>,
    last: Vec<u8>,
}

impl Output {
    /// Starts the account of another call.
    pub(super) fn begin(&self) {
        let mut printed = self.lock();
        if printed.lines > 0 {
            *printed = Printed::default();
        }
    }

    /// Logs a last line without its newline.
    pub(super) fn flush(&self) {
        let mut printed = self.lock();
        if !printed.line.is_empty() {
            printed.end_line();
        }
    }

    /// The last line that was printed in this call.
    pub(super) fn last_words(&self) -> Option<String> {
        let printed = self.lock();
        Some(String::from_utf8_lossy(&printed.last).into_owned()).filter(|words| !words.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, Printed> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Printed {
    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend(text.iter().take(room));
            if text.len() < part.len() {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.lines = self.lines.saturating_add(1);
        if self.lines <= LINES_MAX {
            tracing::debug!(target: "aof::component", "{}", String::from_utf8_lossy(&line));
        }
        if !line.is_empty() && !line.starts_with(b"note: ") {
            self.last = line;
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.lock().take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }

    /// Zeroes say nothing, and the guest alone chooses how many.
    fn write_zeroes(&mut self, _count: usize) -> StreamResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(parts: &[&[u8]]) -> Output {
        let mut output = Output::default();
        for part in parts {
            output.write(Bytes::copy_from_slice(part)).expect("write");
        }
        output
    }

    #[test]
    fn lines_are_joined_over_writes() {
        let output = printed(&[b"one\ntw", b"o", b"\n\n"]);
        assert_eq!(output.last_words().as_deref(), Some("two"));
        assert_eq!(output.lock().lines, 3);
    }

    #[test]
    fn an_unfinished_line_counts_after_a_flush() {
        let output = printed(&[b"half"]);
        assert_eq!(output.last_words(), None);
        Output::flush(&output);
        assert_eq!(output.last_words().as_deref(), Some("half"));
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let chunk = [b'x'; 10_000];
        let output = printed(&[&chunk, &chunk, &chunk]);
        assert_eq!(output.lock().line.len(), LINE_BYTES_MAX);
    }

    #[test]
    fn another_call_starts_a_new_account() {
        let output = printed(&[b"old\n"]);
        output.begin();
        assert_eq!(output.last_words(), None);
        assert_eq!(output.lock().lines, 0);
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let output = printed(&[&[0xff, 0xfe, b'\n']]);
        assert!(output.last_words().is_some());
    }

    /// Counts what is logged.
    struct Log(Arc<std::sync::atomic::AtomicU32>);

    impl tracing::Subscriber for Log {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }

        fn enter(&self, _: &tracing::span::Id) {}

        fn exit(&self, _: &tracing::span::Id) {}
    }

    fn logged(lines: u32) -> u32 {
        let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
        tracing::subscriber::with_default(Log(Arc::clone(&count)), || {
            printed(&[&b"x\n".repeat(lines as usize)]);
        });
        count.load(std::sync::atomic::Ordering::SeqCst)
    }

    #[test]
    fn a_call_logs_1_000_lines_at_the_most() {
        assert_eq!(logged(LINES_MAX), LINES_MAX);
        assert_eq!(logged(LINES_MAX + 1), LINES_MAX);
    }
}
