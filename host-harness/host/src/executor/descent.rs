//! Everything that descends from this process: how a supervisor finds what its agent left behind.
//!
//! The supervisor inherits orphans (it is a subreaper), so even a process that left the agent's
//! group and session is found here.
//! Invariant: only descendants of this very process are signalled.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};

use super::process::{self, Stat};

const PATIENCE: Duration = Duration::from_secs(2);

/// True if anything descends from this process and lives.
pub fn any_live() -> bool {
    descendants().iter().any(|(_, stat)| stat.lives())
}

/// True if anything besides `leader` descends from this process and lives.
pub fn others_live(leader: u32) -> bool {
    descendants()
        .iter()
        .any(|(pid, stat)| *pid != leader && stat.lives())
}

/// Kills everything that descends from this process, and waits for it with patience; `leader` was
/// buried before.
pub fn extinguish(leader: u32) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let left = descendants();
        if left.is_empty() {
            return;
        }
        left.iter()
            .filter(|(_, stat)| stat.lives())
            .for_each(|(pid, _)| process::kill(*pid));
        left.iter()
            .filter(|(pid, _)| *pid != leader)
            .for_each(|(pid, _)| bury(*pid));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Buries dead children except `leader`, whose end somebody else waits for.
pub fn bury_orphans(leader: u32) {
    let dead = descendants()
        .into_iter()
        .filter(|(pid, stat)| *pid != leader && !stat.lives());
    dead.for_each(|(pid, _)| bury(pid));
}

fn bury(pid: u32) {
    let Some(child) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    if let Err(error) = waitpid(Some(child), WaitOptions::NOHANG) {
        tracing::trace!(%error, "not a child of ours");
    }
}

fn descendants() -> Vec<(u32, Stat)> {
    let all: Vec<(u32, Stat)> = process::all().collect();
    let mut family = BTreeSet::from([std::process::id()]);
    loop {
        let before = family.len();
        for (pid, stat) in &all {
            if family.contains(&stat.parent) {
                family.insert(*pid);
            }
        }
        if family.len() == before {
            break;
        }
    }
    let me = std::process::id();
    all.into_iter()
        .filter(|(pid, _)| *pid != me && family.contains(pid))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_found_and_this_process_is_not() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let found: Vec<u32> = descendants().into_iter().map(|(pid, _)| pid).collect();
        assert!(found.contains(&child.id()));
        assert!(!found.contains(&std::process::id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
