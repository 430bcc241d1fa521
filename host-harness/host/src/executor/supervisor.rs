//! The process that stands between the daemon and one agent.
//!
//! It leads a session of its own, so it survives the daemon; it knows nothing of tasks and stores.
//! Invariant: whoever claims `process.json` starts the agent at most once and, unless it is killed
//! itself, leaves `exit.json` behind only when nothing of the agent runs any more.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::descent;
use super::output::{Capture, LOG_BYTES_MAX};
use super::process::Process;
use super::record::{
    self, CancelRecord, ExitEnding, ExitRecord, ProcessRecord, RecordError, RunFiles,
    SCHEMA_VERSION, Spec,
};

/// How long an agent may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How often the wish to end is looked for.
const TICK: Duration = Duration::from_millis(100);
/// How often orphans that the agent left behind are buried.
const TICKS_PER_BURIAL: u32 = 50;

/// Why a supervisor gives up before the agent starts.
#[derive(Debug, thiserror::Error)]
enum SupervisorError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("{0}: no such specification")]
    NoSpec(std::path::PathBuf),
    #[error("cannot find out who this process is")]
    NoIdentity,
}

/// Runs the agent that `spec` describes, to its end. Called by the hidden subcommand
/// `__supervise <spec path>` of the binary.
pub fn supervise(spec: &Path) -> ExitCode {
    match oversee(spec) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aof: {error}");
            ExitCode::FAILURE
        }
    }
}

fn oversee(path: &Path) -> Result<(), SupervisorError> {
    let spec: Spec = record::read(path)?.ok_or_else(|| SupervisorError::NoSpec(path.to_owned()))?;
    let files = RunFiles::new(path.parent().unwrap_or_else(|| Path::new(".")).to_owned());
    detach();
    let me = Process::current().ok_or(SupervisorError::NoIdentity)?;
    if !record::claim(&files.process(), &ProcessRecord::of(&spec.run, &me))? {
        return Ok(());
    }
    let began = Instant::now();
    let end = match launch(&spec, &files) {
        Ok(agent) => agent.watch(&spec, &files),
        Err(reason) => End::before_start(reason),
    };
    record::write(&files.exit(), &end.into_record(&spec.run, began.elapsed()))?;
    Ok(())
}

/// Leaves the daemon's session and inherits the agent's orphans; neither can fail in a way that
/// would be a reason not to run.
fn detach() {
    if let Err(error) = rustix::process::setsid() {
        tracing::debug!(%error, "already leads a session");
    }
    if let Err(error) = rustix::process::set_child_subreaper(Some(rustix::process::getpid())) {
        tracing::debug!(%error, "cannot inherit orphans");
    }
}

/// How it ended.
struct End {
    ending: ExitEnding,
    status: Option<ExitStatus>,
    reason: Option<String>,
    tail: String,
}

impl End {
    fn before_start((ending, reason): (ExitEnding, String)) -> Self {
        Self {
            ending,
            status: None,
            tail: reason.clone(),
            reason: Some(reason),
        }
    }

    fn into_record(self, run: &str, took: Duration) -> ExitRecord {
        ExitRecord {
            schema_version: SCHEMA_VERSION,
            run: run.to_owned(),
            ending: self.ending,
            code: self.status.and_then(|status| status.code()),
            signal: self.status.and_then(|status| status.signal()),
            reason: self.reason,
            duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            output_tail: self.tail,
        }
    }
}

/// A running agent.
struct Agent {
    child: Child,
    group: Pid,
    exited: Receiver<()>,
    output: JoinHandle<Capture>,
}

fn launch(spec: &Spec, files: &RunFiles) -> Result<Agent, (ExitEnding, String)> {
    if let Some(reason) = wish_to_end(files) {
        return Err((ExitEnding::Killed, reason));
    }
    let failed = |what: &str, error: std::io::Error| {
        let reason = format!("cannot start `{}`: {what}: {error}", spec.program.display());
        (ExitEnding::NotStarted, reason)
    };
    let mut capture = Capture::into_file(&files.output(), LOG_BYTES_MAX)
        .map_err(|error| failed("output.log", error))?;
    let (reader, writer) = std::io::pipe().map_err(|error| failed("pipe", error))?;
    let twin = writer.try_clone().map_err(|error| failed("pipe", error))?;
    // The command owns both ends that the agent writes to; it must be gone before the output ends.
    let child = command(spec).stdout(writer).stderr(twin).spawn();
    let child = child.map_err(|error| failed("spawn", error))?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let Some(group) = group else {
        return Err((ExitEnding::NotStarted, "no pid".to_owned()));
    };
    let output = std::thread::spawn(move || {
        capture.drain(reader);
        capture
    });
    Ok(Agent {
        child,
        group,
        exited: exit_of(group),
        output,
    })
}

fn command(spec: &Spec) -> Command {
    let mut command = Command::new(&spec.program);
    let allowed = spec.environment.iter();
    let inherited = allowed.filter_map(|name| std::env::var_os(name).map(|value| (name, value)));
    command
        .args(&spec.arguments)
        .current_dir(&spec.work_dir)
        .env_clear()
        .envs(inherited)
        .envs(spec.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .process_group(0);
    command
}

/// Tells when the agent is dead, without burying it: its pid stays its own, so that its group can
/// be signalled safely.
fn exit_of(pid: Pid) -> Receiver<()> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let dead = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), dead), Err(rustix::io::Errno::INTR)) {}
        if sender.send(()).is_err() {
            tracing::debug!("nobody waits for the agent any more");
        }
    });
    receiver
}

fn wish_to_end(files: &RunFiles) -> Option<String> {
    match record::read::<CancelRecord>(&files.cancel()) {
        Ok(found) => found.map(|wish| wish.reason),
        Err(error) => Some(format!("cancelled ({error})")),
    }
}

impl Agent {
    fn watch(mut self, spec: &Spec, files: &RunFiles) -> End {
        let asked = self.until_dead_or_asked(Duration::from_millis(spec.timeout_ms), files);
        if asked.is_some() {
            self.signal(Signal::TERM);
        }
        self.wind_down(asked.is_some());
        let status = self.child.wait().ok();
        descent::extinguish(self.child.id());
        let tail = self
            .output
            .join()
            .map(|capture| capture.tail())
            .unwrap_or_default();
        let signal = status.and_then(|status| status.signal());
        let (ending, reason) = match (asked, signal) {
            (Some((ending, reason)), _) => (ending, Some(reason)),
            (None, Some(signal)) => (ExitEnding::Killed, Some(format!("by signal {signal}"))),
            (None, None) => (ExitEnding::Exited, None),
        };
        End {
            ending,
            status,
            reason,
            tail,
        }
    }

    fn until_dead_or_asked(
        &self,
        limit: Duration,
        files: &RunFiles,
    ) -> Option<(ExitEnding, String)> {
        let began = Instant::now();
        for tick in 1_u32.. {
            let left = limit.saturating_sub(began.elapsed());
            match self.exited.recv_timeout(left.min(TICK)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
            }
            if let Some(reason) = wish_to_end(files) {
                return Some((ExitEnding::Killed, reason));
            }
            if began.elapsed() >= limit {
                let reason = format!("took longer than {} ms", limit.as_millis());
                return Some((ExitEnding::TimedOut, reason));
            }
            if tick % TICKS_PER_BURIAL == 0 {
                descent::bury_orphans(self.child.id());
            }
        }
        None
    }

    /// Gives what is left of the agent its grace, then ends it for good.
    fn wind_down(&self, asked: bool) {
        let began = Instant::now();
        if !asked && !descent::others_live(self.child.id()) {
            return;
        }
        self.signal(Signal::TERM);
        while began.elapsed() < GRACE && descent::any_live() {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process_group(self.group, signal) {
            tracing::debug!(%error, "could not signal the agent's group");
        }
    }
}
