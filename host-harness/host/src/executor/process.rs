//! Processes as `/proc` shows them: identity that survives reuse of pids, ancestry, sessions.
//!
//! It never signals a process that it cannot tell from a newcomer with the same pid.
//! Invariant: pid, start time and boot together name one process for ever.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process};

/// Ancestors looked at, at the most.
const DEPTH_MAX: usize = 256;

/// One process of one boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its pid.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
    /// The boot that this counts from.
    pub boot_id: String,
}

/// One line of `/proc/<pid>/stat`, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// State letter: `Z` and `X` are dead.
    pub state: u8,
    /// The parent.
    pub parent: u32,
    /// The session.
    pub session: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: u64,
}

impl Stat {
    /// Reads the line of a process; none if there is no such process.
    pub fn of(pid: u32) -> Option<Self> {
        let line = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&line)
    }

    /// A program's name may contain anything, so fields count from the last parenthesis.
    fn parse(line: &[u8]) -> Option<Self> {
        let close = line.iter().rposition(|byte| *byte == b')')?;
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Self {
            state: *fields.first()?.as_bytes().first()?,
            parent: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            start_ticks: fields.get(19)?.parse().ok()?,
        })
    }

    /// True unless it is dead and merely not buried.
    pub fn lives(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x')
    }
}

impl Process {
    /// The process with this pid now.
    pub fn find(pid: u32) -> Option<Self> {
        let stat = Stat::of(pid)?;
        Some(Self {
            pid,
            start_ticks: stat.start_ticks,
            boot_id: boot_id()?,
        })
    }

    /// The process that asks.
    pub fn current() -> Option<Self> {
        Self::find(std::process::id())
    }

    /// True while it runs; a zombie does not.
    pub fn lives(&self) -> bool {
        Stat::of(self.pid).is_some_and(|stat| {
            stat.lives() && stat.start_ticks == self.start_ticks && self.is_of_this_boot()
        })
    }

    fn is_of_this_boot(&self) -> bool {
        boot_id().is_some_and(|boot| boot == self.boot_id)
    }

    /// Kills what is left of the session that this (dead) process led; returns how many were left.
    ///
    /// While a session has members its leader's pid is not given to anybody else, so a process of
    /// that session that is no older than the leader is one of its members.
    pub fn kill_session(&self) -> usize {
        if self.pid == 0 || !self.is_of_this_boot() {
            return 0;
        }
        let reused = Stat::of(self.pid).is_some_and(|stat| stat.start_ticks != self.start_ticks);
        if reused {
            return 0;
        }
        let of_session =
            |stat: &Stat| stat.session == self.pid && stat.start_ticks >= self.start_ticks;
        let left: Vec<u32> = all()
            .filter(|(_, stat)| stat.lives() && of_session(stat))
            .map(|(pid, _)| pid)
            .collect();
        left.iter().for_each(|pid| kill(*pid));
        left.len()
    }
}

/// Kills one process for good; one that is gone already is fine.
pub fn kill(pid: u32) {
    let Some(target) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    if let Err(error) = kill_process(target, Signal::KILL) {
        tracing::debug!(pid, %error, "could not kill");
    }
}

/// Every process that can be seen.
pub fn all() -> impl Iterator<Item = (u32, Stat)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Stat::of(pid).map(|stat| (pid, stat)))
}

/// A process and everything that it descends from, nearest first, with their sessions.
pub fn lineage(pid: u32) -> Vec<(u32, Stat)> {
    lineage_in(pid, Stat::of)
}

fn lineage_in(pid: u32, stat_of: impl Fn(u32) -> Option<Stat>) -> Vec<(u32, Stat)> {
    let mut found = Vec::new();
    let mut next = pid;
    while next != 0 && found.len() < DEPTH_MAX {
        let Some(stat) = stat_of(next) else { break };
        found.push((next, stat));
        next = stat.parent;
    }
    found
}

fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string(Path::new("/proc/sys/kernel/random/boot_id")).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_blanks_does_not_shift_the_fields() {
        let line = b"7 (evil) S 1) Z 42 7 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5555 0 0\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!(
            stat,
            Stat {
                state: b'Z',
                parent: 42,
                session: 9,
                start_ticks: 5555
            }
        );
    }

    #[test]
    fn a_short_or_foreign_line_is_no_process() {
        for line in [&b""[..], b"7", b"7 (x)", b"7 (x) S 1 2", b"7 (x) S a b c d"] {
            assert_eq!(Stat::parse(line), None);
        }
    }

    #[test]
    fn this_process_lives_and_the_same_pid_with_another_start_does_not() {
        let me = Process::current().unwrap();
        assert!(me.lives());
        assert!(
            !Process {
                start_ticks: me.start_ticks + 1,
                ..me.clone()
            }
            .lives()
        );
        assert!(
            !Process {
                boot_id: "another".to_owned(),
                ..me
            }
            .lives()
        );
    }

    #[test]
    fn lineage_begins_with_the_process_and_goes_on_with_its_parent() {
        let me = std::process::id();
        let line = lineage(me);
        assert_eq!(line.first().unwrap().0, me);
        assert_eq!(line.get(1).unwrap().0, line.first().unwrap().1.parent);
        assert!(lineage(0).is_empty());
    }

    #[test]
    fn a_session_of_a_reused_pid_is_left_alone() {
        let me = Process::current().unwrap();
        let former = Process {
            start_ticks: me.start_ticks.saturating_sub(1),
            ..me
        };
        assert_eq!(former.kill_session(), 0);
    }

    #[test]
    fn a_lineage_is_followed_for_256_processes() {
        let child_of_the_pid_before = |pid: u32| {
            Some(Stat {
                state: b'S',
                parent: pid - 1,
                session: 1,
                start_ticks: 0,
            })
        };
        let length = |pid| lineage_in(pid, child_of_the_pid_before).len();
        assert_eq!(length(255), 255);
        assert_eq!(length(256), DEPTH_MAX);
        assert_eq!(length(257), DEPTH_MAX);
    }
}
