//! Who calls: found out from processes, never from what the caller says.
//!
//! A process that descends from the supervisor of a run is that run's agent, whatever it claims.
//! Invariant: a claim can lower a caller's rights, never raise them.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use crate::contract::types::{AgentCaller, Caller};
use crate::executor::{self, ProcessRecord, RunFiles, Spec, Stat, lineage, session_of};

use super::error::Fault;
use super::stage::LiveRun;

/// Projects and tasks looked through for one run, at the most.
const DIRECTORIES_MAX: usize = 200_000;

/// Why a caller's identity could not be settled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AncestryError {
    /// The process is gone, or cannot be seen from here.
    #[error("the calling process {pid} cannot be seen")]
    Invisible {
        /// Its pid.
        pid: u32,
    },
    /// The caller claims another run than its own.
    #[error("this process belongs to run `{own}` and cannot speak for run `{claimed}`")]
    Foreign {
        /// The run that it belongs to.
        own: String,
        /// The run that it claims.
        claimed: String,
    },
    /// The claimed run has no session that lives.
    #[error("run `{run}` has no session that lives")]
    NotLive {
        /// The run that is claimed.
        run: String,
    },
}

impl AncestryError {
    /// The error as callers see it.
    pub fn fault(&self) -> Fault {
        let (code, hint) = match self {
            Self::Invisible { .. } => (
                "AOF-2901",
                "call from the same machine and the same process namespace",
            ),
            Self::Foreign { .. } => (
                "AOF-2902",
                "leave AOF_RUN_ID as it is; an agent speaks for its own run only",
            ),
            Self::NotLive { .. } => (
                "AOF-2903",
                "the run is over or was taken over: stop; a person unsets AOF_RUN_ID",
            ),
        };
        Fault::refused(code, self.to_string(), hint)
    }
}

/// Identity of a process that calls a daemon whose sessions are `live`.
pub(crate) fn identify(
    pid: u32,
    claimed: Option<&str>,
    live: &[LiveRun],
) -> Result<Caller, AncestryError> {
    let line = lineage(pid);
    let Some((_, nearest)) = line.first() else {
        return Err(AncestryError::Invisible { pid });
    };
    let supervised = |pid: &u32| live.iter().find(|run| run.supervisor_pid == Some(*pid));
    let own = line.iter().find_map(|(pid, _)| supervised(pid));
    // An orphan of a supervisor that died is still known by its session.
    let own = own.or_else(|| supervised(&nearest.session));
    settle(own, claimed, live)
}

fn settle(
    own: Option<&LiveRun>,
    claimed: Option<&str>,
    live: &[LiveRun],
) -> Result<Caller, AncestryError> {
    let agent = |run: &LiveRun| agent(&run.agent, &run.session, &run.run);
    match (own, claimed) {
        (Some(own), Some(claimed)) if own.run != claimed => Err(AncestryError::Foreign {
            own: own.run.clone(),
            claimed: claimed.to_owned(),
        }),
        (Some(own), _) => Ok(agent(own)),
        (None, None) => Ok(person()),
        (None, Some(claimed)) => live
            .iter()
            .find(|run| run.run == claimed)
            .map(agent)
            .ok_or_else(|| AncestryError::NotLive {
                run: claimed.to_owned(),
            }),
    }
}

fn agent(agent: &str, session: &str, run: &str) -> Caller {
    Caller::Agent(AgentCaller {
        agent: agent.to_owned(),
        session: Some(session.to_owned()),
        run: Some(run.to_owned()),
    })
}

fn person() -> Caller {
    Caller::Human(user_name(rustix::process::geteuid().as_raw()))
}

/// Identity of the present process, for a command that opens the store itself: the agent of the run
/// whose supervisor it descends from, else of the live run that `AOF_RUN_ID` names, else the person
/// who owns the process.
///
/// # Errors
/// `AOF_RUN_ID` names a run that is not this process's, or that does not live.
pub fn from_own_ancestry(root: &Path) -> Result<Caller, AncestryError> {
    let claimed = std::env::var("AOF_RUN_ID")
        .ok()
        .filter(|run| !run.is_empty());
    own_identity(root, claimed.as_deref())
}

/// True if the present process belongs to a run of this store.
pub(super) fn is_within_run(root: &Path) -> bool {
    own_run(root).is_some()
}

/// The run of this store that the present process belongs to.
fn own_run(root: &Path) -> Option<Spec> {
    let root = root.canonicalize().ok()?;
    let line = lineage(std::process::id());
    line.iter()
        .find_map(|(pid, stat)| supervised_by(&root, *pid, stat))
}

fn own_identity(root: &Path, claimed: Option<&str>) -> Result<Caller, AncestryError> {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let own = own_run(&root).map(|spec| live_run(&spec));
    let claimed_run = match (&own, claimed) {
        (None, Some(claimed)) => find_live(&root, claimed),
        _ => None,
    };
    settle(own.as_ref(), claimed, claimed_run.as_slice())
}

fn live_run(spec: &Spec) -> LiveRun {
    LiveRun {
        run: spec.run.clone(),
        task: spec.task.clone(),
        agent: spec.agent.clone(),
        session: session_of(&spec.run),
        supervisor_pid: None,
    }
}

/// The specification that this process supervises, if it is a supervisor of a run of this store.
fn supervised_by(root: &Path, pid: u32, stat: &Stat) -> Option<Spec> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = line.split(|byte| *byte == 0);
    words.find(|word| *word == executor::SUPERVISE.as_bytes())?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(words.next()?.to_vec()));
    let files = RunFiles::new(path.parent()?.canonicalize().ok()?);
    if !files.spec().starts_with(root) {
        return None;
    }
    let owner: ProcessRecord = executor::read_record(&files.process()).ok()??;
    let is_owner = owner.pid == pid && owner.start_ticks == stat.start_ticks;
    is_owner
        .then(|| executor::read_record(&files.spec()).ok().flatten())
        .flatten()
}

/// The run with this id, if its supervisor lives.
fn find_live(root: &Path, run: &str) -> Option<LiveRun> {
    if run.contains(['/', '\0']) || run.starts_with('.') {
        return None;
    }
    let tasks = directories(&root.join("projects"))
        .flat_map(|project| directories(&project.join("runs")))
        .take(DIRECTORIES_MAX);
    let mut found = tasks.map(|task| task.join(run)).filter(|dir| dir.is_dir());
    let files = RunFiles::new(found.next()?);
    let owner: ProcessRecord = executor::read_record(&files.process()).ok()??;
    owner.process().filter(executor::Process::lives)?;
    let spec: Spec = executor::read_record(&files.spec()).ok()??;
    Some(live_run(&spec))
}

fn directories(path: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

/// The name of a user; one that the machine does not name is called by number.
fn user_name(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in(&users, uid).unwrap_or_else(|| format!("uid-{uid}"))
}

fn name_in(users: &str, uid: u32) -> Option<String> {
    let wanted = uid.to_string();
    let mut names = users.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    });
    names.next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(run: &str, supervisor_pid: Option<u32>) -> LiveRun {
        LiveRun {
            run: run.to_owned(),
            task: "T".to_owned(),
            agent: format!("agent-of-{run}"),
            session: format!("session-of-{run}"),
            supervisor_pid,
        }
    }

    fn told(caller: Result<Caller, AncestryError>) -> String {
        match caller {
            Ok(Caller::Agent(agent)) => agent.agent,
            Ok(Caller::Human(_)) => "person".to_owned(),
            Ok(Caller::Host) => "host".to_owned(),
            Err(error) => error.fault().code,
        }
    }

    fn of_this_process(claimed: Option<&str>, supervisor_pid: u32) -> String {
        let live = [live("R1", Some(supervisor_pid)), live("R2", None)];
        told(identify(std::process::id(), claimed, &live))
    }

    #[test]
    fn a_descendant_of_a_supervisor_is_its_agent_and_nobody_else() {
        let parent = lineage(std::process::id()).get(1).unwrap().0;
        assert_eq!(of_this_process(None, parent), "agent-of-R1");
        assert_eq!(of_this_process(Some("R1"), parent), "agent-of-R1");
        assert_eq!(of_this_process(Some("R2"), parent), "AOF-2902");
        assert_eq!(of_this_process(Some("R9"), parent), "AOF-2902");
    }

    #[test]
    fn a_person_may_claim_less_but_not_what_does_not_live() {
        assert_eq!(of_this_process(None, u32::MAX), "person");
        assert_eq!(of_this_process(Some("R2"), u32::MAX), "agent-of-R2");
        assert_eq!(of_this_process(Some("R9"), u32::MAX), "AOF-2903");
    }

    #[test]
    fn a_process_that_cannot_be_seen_is_nobody() {
        assert_eq!(told(identify(0, None, &[])), "AOF-2901");
        assert_eq!(told(identify(u32::MAX, None, &[])), "AOF-2901");
    }

    #[test]
    fn without_a_daemon_a_claim_needs_a_run_that_lives() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(told(own_identity(root.path(), None)), "person");
        for claim in ["R1", "../R1", ".."] {
            assert_eq!(told(own_identity(root.path(), Some(claim))), "AOF-2903");
        }
    }

    #[test]
    fn users_are_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/:/bin/sh\nbroken\n";
        assert_eq!(name_in(users, 1000).as_deref(), Some("ada"));
        assert_eq!(name_in(users, 7), None);
    }
}
