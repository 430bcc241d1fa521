//! Says what takes so long, if it does and somebody watches.
//!
//! Never delays what it explains, and never speaks into a pipe or a log.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

const SILENCE: Duration = Duration::from_millis(600);
const EXPLANATION: &str = "compiling the component for this machine, this once …";

/// Does the work; explains it if it takes longer than a moment.
pub fn explained<T>(work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        let (working, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            let is_slow = ended.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout);
            if is_slow && writeln!(anstream::stderr().lock(), "{EXPLANATION}").is_err() {
                tracing::debug!("standard error is closed");
            }
        });
        let done = work();
        drop(working);
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_the_work_is_handed_on() {
        assert_eq!(explained(|| 7), 7);
    }
}
