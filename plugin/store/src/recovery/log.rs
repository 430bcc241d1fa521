//! What a log must hold after a crash.
//!
//! Never drops a whole line that is not ours. Invariant: lines of the journal are there once, in
//! their order, at the end.

use aof_core::gather::gathered;
use std::collections::BTreeSet;

use serde::de::IgnoredAny;

/// The log with these lines at its end. What lies within the first `durable` bytes was flushed and
/// stays as it is; behind them, torn lines go.
pub(super) fn restored(present: &[u8], durable: usize, lines: &[&str]) -> Vec<u8> {
    let ours: BTreeSet<&[u8]> = gathered(lines.iter().map(|line| line.as_bytes()));
    let (flushed, rest) = match present.split_at_checked(durable) {
        Some((flushed, rest)) if is_older(flushed, &ours) => (flushed, rest),
        _ => (Default::default(), present),
    };
    let mut log = flushed.to_vec();
    for line in rest.split(|byte| *byte == b'\n') {
        if is_whole(line) && !ours.contains(line) {
            push(&mut log, line);
        }
    }
    for line in lines {
        push(&mut log, line.as_bytes());
    }
    log
}

/// Whether this is what the log began with before our lines. It is not if somebody shortened the
/// log since.
fn is_older(flushed: &[u8], ours: &BTreeSet<&[u8]>) -> bool {
    let mut lines = flushed.split(|byte| *byte == b'\n');
    let is_whole = flushed.last().is_none_or(|last| *last == b'\n');
    is_whole && !lines.any(|line| ours.contains(line))
}

/// The last line's beginning at or before `at`: how much of a log that nothing has torn must be
/// looked at is known only roughly.
pub(super) fn line_start(present: &[u8], at: usize) -> usize {
    let before = present.get(..at).unwrap_or(present);
    before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1)
}

fn is_whole(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

fn push(log: &mut Vec<u8>, line: &[u8]) {
    log.extend_from_slice(line);
    log.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "{\"n\":1}\nnot JSON\n{\"n\":2}\n";
    const OURS: [&str; 2] = ["{\"n\":3}", "{\"n\":4}"];

    fn check(present: &str, durable: usize, expected: &str) {
        let log = restored(present.as_bytes(), durable, &OURS);
        assert_eq!(String::from_utf8(log).unwrap(), expected, "{present:?}");
        let again = restored(expected.as_bytes(), durable.min(expected.len()), &OURS);
        assert_eq!(String::from_utf8(again).unwrap(), expected, "twice");
    }

    #[test]
    fn lines_of_the_journal_come_back_behind_what_was_flushed() {
        let whole = format!("{OLD}{{\"n\":3}}\n{{\"n\":4}}\n");
        for end in [
            "",
            "{\"n\":3}\n",
            "{\"n\":3}\n{\"n\":4}\n",
            "{\"n\":3}\n{\"n\"",
            "{\"n\":4}\n",
            "\0\0\0\0\0\n{\"n\":4}\n",
            "{\"n\":3}",
        ] {
            check(&format!("{OLD}{end}"), OLD.len(), &whole);
        }
    }

    #[test]
    fn a_log_that_somebody_shortened_gets_each_line_once() {
        check("", OLD.len(), "{\"n\":3}\n{\"n\":4}\n");
        check("{\"n\":3}\n", OLD.len(), "{\"n\":3}\n{\"n\":4}\n");
        check("{\"n\":9}\n", 3, "{\"n\":9}\n{\"n\":3}\n{\"n\":4}\n");
    }

    #[test]
    fn whole_lines_of_others_stay() {
        let present = format!("{OLD}{{\"x\":1}}\n{{\"n\":3}}\n");
        let expected = format!("{OLD}{{\"x\":1}}\n{{\"n\":3}}\n{{\"n\":4}}\n");
        check(&present, OLD.len(), &expected);
    }
}
