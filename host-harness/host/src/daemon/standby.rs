//! Who holds a data directory, and waiting until nobody does.
//!
//! It only looks: taking the directory over is opening it. Invariant: whether somebody holds it is
//! asked of the operating system's lock, never of a file's content.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use serde::Deserialize;

use aof_disk::{Hold, LOCK_PATH, OWNER_PATH};

/// Pause between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(50);
/// Bytes of the owner's file that are read.
const OWNER_BYTES_MAX: u64 = 64 << 10;
const LOOK: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// The process that holds a data directory, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Holder {
    /// Its process id; 0 if it left none.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// Since when, in Unix milliseconds.
    pub since: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return write!(f, "a process that left no name");
        }
        let since = moment(self.since / 1_000);
        write!(f, "process {} on {} since {since}", self.pid, self.host)
    }
}

/// A moment for people, in UTC.
fn moment(unix_s: u64) -> String {
    const DAY_S: u64 = 86_400;
    // Days are counted from a first of March, so that a leap day ends its year.
    let days = unix_s / DAY_S + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 {
        (month + 3, year + era * 400)
    } else {
        (month - 9, year + era * 400 + 1)
    };
    let time = unix_s % DAY_S;
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// Nobody holds the directory now.
    Free,
    /// It was told to stop.
    Stopped,
}

/// Who holds the directory; none if nobody does, or if it cannot be told without opening it.
pub fn holder(root: &Path) -> Option<Holder> {
    let lock = open(&root.join(LOCK_PATH))?;
    match Hold::Shared.is_refused(&lock) {
        Ok(is_refused) => (is_refused || aof_disk::is_leased(root)).then(|| named(root)),
        Err(error) => {
            tracing::debug!(%error, "the lock cannot be looked at");
            None
        }
    }
}

/// Waits until nobody holds the directory; `on_holder` hears of each one that does.
pub fn wait(root: &Path, stop: &AtomicBool, mut on_holder: impl FnMut(&Holder)) -> Waited {
    let mut told = None;
    loop {
        if stop.load(Ordering::SeqCst) {
            return Waited::Stopped;
        }
        let Some(found) = holder(root) else {
            return Waited::Free;
        };
        if told.as_ref() != Some(&found) {
            on_holder(&found);
            told = Some(found);
        }
        std::thread::sleep(PAUSE);
    }
}

fn named(root: &Path) -> Holder {
    let read = |file: File| {
        let mut text = Vec::new();
        file.take(OWNER_BYTES_MAX).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    };
    let unknown = || Holder {
        pid: 0,
        host: "an unknown machine".to_owned(),
        since: 0,
    };
    open(&root.join(OWNER_PATH))
        .and_then(read)
        .unwrap_or_else(unknown)
}

/// Opens a regular file for reading, and nothing else.
fn open(path: &Path) -> Option<File> {
    let file = File::from(rustix::fs::open(path, LOOK, Mode::empty()).ok()?);
    file.metadata().is_ok_and(|it| it.is_file()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aof_disk::contract::Mode as OpenMode;
    use aof_disk::{LocalStore, Native, StoreBackend};

    fn held(root: &Path) -> LocalStore<Native> {
        let mut store = LocalStore::new(root).unwrap();
        store.open(OpenMode::Writer).unwrap();
        store
    }

    #[test]
    fn the_holder_is_named_while_it_lives_and_no_longer() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(holder(dir.path()), None);
        let store = held(dir.path());
        let found = holder(dir.path()).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert!(found.since > 0 && !found.host.is_empty());
        drop(store);
        assert_eq!(holder(dir.path()), None);
    }

    #[test]
    fn a_holder_that_sees_no_locks_is_named_too() {
        let dir = tempfile::tempdir().unwrap();
        drop(held(dir.path()));
        std::fs::write(dir.path().join(aof_disk::HELD_PATH), "held").unwrap();
        assert!(holder(dir.path()).is_some());
        std::fs::remove_file(dir.path().join(aof_disk::HELD_PATH)).unwrap();
        assert_eq!(holder(dir.path()), None);
    }

    #[test]
    fn a_moment_is_shown_as_people_write_it() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(moment(1_795_175_999), "2026-11-20T11:59:59Z");
        assert_eq!(moment(4_107_542_399), "2100-02-28T23:59:59Z");
    }

    #[test]
    fn a_look_does_not_keep_a_writer_out() {
        let dir = tempfile::tempdir().unwrap();
        drop(held(dir.path()));
        for _ in 0..100 {
            assert_eq!(holder(dir.path()), None);
            drop(held(dir.path()));
        }
    }

    #[test]
    fn waiting_ends_with_the_holder_or_when_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Some(held(dir.path()));
        let stop = AtomicBool::new(false);
        let free = wait(dir.path(), &stop, |found| {
            assert_eq!(found.pid, std::process::id());
            drop(store.take());
        });
        assert_eq!(free, Waited::Free);
        let _store = held(dir.path());
        let stopped = wait(dir.path(), &stop, |_| stop.store(true, Ordering::SeqCst));
        assert_eq!(stopped, Waited::Stopped);
    }

    #[test]
    fn an_owner_that_cannot_be_read_is_still_a_holder() {
        let dir = tempfile::tempdir().unwrap();
        let _store = held(dir.path());
        std::fs::write(dir.path().join(OWNER_PATH), "nonsense").unwrap();
        assert_eq!(holder(dir.path()).unwrap().pid, 0);
    }

    #[test]
    fn the_owner_is_named_from_a_file_of_64_kib_at_the_most() {
        let dir = tempfile::tempdir().unwrap();
        let _store = held(dir.path());
        let size = usize::try_from(OWNER_BYTES_MAX).unwrap();
        let file = |host: &str| format!(r#"{{"pid":7,"host":"{host}","since":1}}"#);
        let most = "h".repeat(size - file("").len());
        std::fs::write(dir.path().join(OWNER_PATH), file(&most)).unwrap();
        assert_eq!(holder(dir.path()).unwrap().pid, 7);
        std::fs::write(dir.path().join(OWNER_PATH), file(&(most + "h"))).unwrap();
        assert_eq!(holder(dir.path()).unwrap().pid, 0);
    }
}
