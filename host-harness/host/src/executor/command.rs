//! The command executor: a program per run, each under a supervisor of its own.
//!
//! It starts supervisors and watches them; it never waits for one and keeps no secret on disk.
//! Invariant: a run has one supervisor for ever, whoever starts it and however often.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::contract::hooks::FailureClass;
use crate::contract::lifecycle::AdoptedRun;
use crate::contract::types::{Method, SpawnEffect};

use super::port::{Adoption, Executor, KnownAgent, News, SessionId, StartFailure, Waker};
use super::program;
use super::record::{self, CancelRecord, RunFiles, SCHEMA_VERSION, Spec};
use super::settings::CommandSettings;
use super::template::Values;
use super::watch::{self, Standing, Target, WakerSlot, Watch};

/// The hidden subcommand that calls [`supervise`](super::supervise).
pub const SUPERVISE: &str = "__supervise";

/// The program that becomes the supervisor of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    /// Absolute path of the program.
    pub program: PathBuf,
    /// Arguments before the path of the run's specification.
    pub arguments: Vec<String>,
}

impl Supervision {
    /// The program that runs now, with the hidden subcommand.
    ///
    /// # Errors
    /// The path of the running program cannot be found out.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Self::by(std::env::current_exe()?))
    }

    /// Another program that has the hidden subcommand.
    pub fn by(program: PathBuf) -> Self {
        Self {
            program,
            arguments: vec![SUPERVISE.to_owned()],
        }
    }
}

/// Runs a program per run.
pub struct CommandExecutor {
    settings: CommandSettings,
    root: PathBuf,
    dir: Dir,
    socket: Option<PathBuf>,
    supervision: Supervision,
    runs: BTreeMap<String, Watch>,
    early: Vec<News>,
    sender: Sender<News>,
    receiver: Receiver<News>,
    waker: WakerSlot,
}

impl CommandExecutor {
    /// Runs programs for the store at `root`.
    ///
    /// # Errors
    /// The data root cannot be opened.
    pub fn new(
        settings: CommandSettings,
        root: &Path,
        socket: Option<PathBuf>,
        supervision: Supervision,
    ) -> std::io::Result<Self> {
        let root = root.canonicalize()?;
        let dir = Dir::open_ambient_dir(&root, ambient_authority())?;
        let (sender, receiver) = channel();
        Ok(Self {
            settings,
            root,
            dir,
            socket,
            supervision,
            runs: BTreeMap::new(),
            early: Vec::new(),
            sender,
            receiver,
            waker: WakerSlot::default(),
        })
    }

    /// Makes a directory of a run, below the root whatever its path says.
    fn directory(&self, relative: &str) -> Result<PathBuf, StartFailure> {
        let refused = |error: std::io::Error| {
            StartFailure::permanent(format!("cannot make the directory `{relative}`: {error}"))
        };
        self.dir.create_dir_all(relative).map_err(refused)?;
        self.dir
            .canonicalize(relative)
            .map(|path| self.root.join(path))
            .map_err(refused)
    }

    fn spec(&self, spawn: &SpawnEffect, files: &RunFiles) -> Result<Spec, StartFailure> {
        let work = self.directory(&spawn.work_dir)?;
        let values = self.values(spawn, &work);
        if let Some(name) = values.path_breaker() {
            return Err(StartFailure::permanent(format!(
                "`{name}` cannot be part of a path"
            )));
        }
        let template = self.settings.program(&spawn.agent).ok_or_else(|| {
            let agent = &spawn.agent;
            StartFailure::permanent(format!("no program is configured for agent `{agent}`"))
        })?;
        let path = std::env::var_os("PATH");
        let program = program::resolve(&self.root, &template.fill(&values), path.as_deref())
            .map_err(|error| StartFailure::permanent(error.to_string()))?;
        let prompt = files.prompt();
        std::fs::write(&prompt, &spawn.prompt).map_err(|error| {
            StartFailure::transient(format!("cannot write {}: {error}", prompt.display()))
        })?;
        let arguments = self.settings.arguments(&spawn.agent).iter();
        Ok(Spec {
            schema_version: SCHEMA_VERSION,
            run: spawn.run.clone(),
            task: spawn.task.clone(),
            agent: spawn.agent.clone(),
            program,
            arguments: arguments.map(|argument| argument.fill(&values)).collect(),
            work_dir: work,
            environment: self.settings.environment(&spawn.agent),
            variables: self.variables(values, prompt),
            timeout_ms: self.settings.timeout_ms(&spawn.agent, spawn.timeout_ms),
        })
    }

    fn values(&self, spawn: &SpawnEffect, work: &Path) -> Values {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Values {
            task: spawn.task.clone(),
            run: spawn.run.clone(),
            agent: spawn.agent.clone(),
            project: spawn.project.clone(),
            card: text(&self.root.join(&spawn.card_path)),
            work: text(work),
            data: text(&self.root),
        }
    }

    fn variables(&self, values: Values, prompt: PathBuf) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let socket = self.socket.clone().map(text);
        let run_dir = text(prompt.parent().unwrap_or(&prompt).to_owned());
        let always = [
            ("AOF_TASK_ID", values.task),
            ("AOF_RUN_ID", values.run),
            ("AOF_AGENT_ID", values.agent),
            ("AOF_PROJECT", values.project),
            ("AOF_CARD", values.card),
            ("AOF_WORK_DIR", values.work),
            ("AOF_DATA_DIR", values.data),
            ("AOF_RUN_DIR", run_dir),
            ("AOF_PROMPT_FILE", text(prompt)),
        ];
        let always = always.into_iter();
        let socket = socket.map(|path| ("AOF_SOCKET", path));
        always
            .chain(socket)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn supervise(&self, spec: &Spec, files: &RunFiles) -> Result<Child, StartFailure> {
        record::write(&files.spec(), spec).map_err(|e| StartFailure::transient(e.to_string()))?;
        let spawned = Command::new(&self.supervision.program)
            .args(&self.supervision.arguments)
            .arg(files.spec())
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        spawned.map_err(|error| StartFailure {
            class: class_of(&error),
            message: format!(
                "cannot start the supervisor `{}`: {error}",
                self.supervision.program.display()
            ),
        })
    }

    fn watch(&self, run: &str, files: RunFiles) -> Result<Watch, StartFailure> {
        let (sender, waker) = (self.sender.clone(), Arc::clone(&self.waker));
        Watch::prepare(run, files, sender, waker).map_err(|error| StartFailure {
            class: FailureClass::Capacity,
            message: format!("no room to watch another run: {error}"),
        })
    }

    fn begin(&mut self, run: &str, watch: Watch, target: Target) {
        watch.begin(target);
        self.runs.insert(run.to_owned(), watch);
    }

    /// Remembers an end that was found on disk, so that it comes out as news.
    fn ended(&mut self, run: &str, end: crate::contract::hooks::SessionEnd) {
        self.early.push(News::Ended {
            run: run.to_owned(),
            end,
        });
    }
}

fn class_of(error: &std::io::Error) -> FailureClass {
    use std::io::ErrorKind::{NotFound, OutOfMemory, PermissionDenied, WouldBlock};
    match error.kind() {
        WouldBlock | OutOfMemory => FailureClass::Capacity,
        NotFound | PermissionDenied => FailureClass::Permanent,
        _ => FailureClass::Transient,
    }
}

/// Names the session of a run.
pub fn session_of(run: &str) -> SessionId {
    format!("command-{run}")
}

impl Executor for CommandExecutor {
    fn start(&mut self, spawn: &SpawnEffect) -> Result<SessionId, StartFailure> {
        let run = spawn.run.as_str();
        if self.runs.contains_key(run) {
            return Ok(session_of(run));
        }
        if spawn.method != Method::Spawn {
            return Err(StartFailure::unsupported(
                "the command executor starts programs and sends no messages",
            ));
        }
        let files = RunFiles::new(self.directory(&spawn.run_dir)?);
        match watch::standing(run, &files) {
            Standing::Ended(end) => self.ended(run, end),
            Standing::Lost(reason) => self.ended(run, watch::lost(&reason)),
            Standing::Supervised(process) => {
                let watch = self.watch(run, files)?;
                self.begin(run, watch, Target::Process(process));
            }
            Standing::Unclaimed => {
                let spec = self.spec(spawn, &files)?;
                let watch = self.watch(run, files)?;
                let child = self.supervise(&spec, watch.files())?;
                self.begin(run, watch, Target::Child(child));
            }
        }
        Ok(session_of(run))
    }

    fn cancel(&mut self, run: &str, reason: &str) {
        let Some(watch) = self.runs.get(run) else {
            return;
        };
        let wish = CancelRecord {
            schema_version: SCHEMA_VERSION,
            reason: reason.to_owned(),
        };
        if let Err(error) = record::write(&watch.files().cancel(), &wish) {
            tracing::error!(run, %error, "cannot ask the supervisor to end the run");
        }
    }

    fn adopt(&mut self, adopted: &AdoptedRun) -> Adoption {
        let run = adopted.run.as_str();
        if self.runs.contains_key(run) {
            return Adoption::Alive(session_of(run));
        }
        let Ok(dir) = self.dir.canonicalize(&adopted.run_dir) else {
            return Adoption::Unknown;
        };
        let files = RunFiles::new(self.root.join(dir));
        match watch::settled_standing(run, &files) {
            Standing::Ended(end) => Adoption::Ended(end),
            Standing::Lost(_) | Standing::Unclaimed => Adoption::Unknown,
            Standing::Supervised(process) => match self.watch(run, files) {
                Ok(watch) => {
                    self.begin(run, watch, Target::Process(process));
                    Adoption::Alive(session_of(run))
                }
                Err(error) => {
                    tracing::error!(run, %error, "cannot watch a run that lives");
                    Adoption::Alive(session_of(run))
                }
            },
        }
    }

    fn news(&mut self) -> Vec<News> {
        let mut news = std::mem::take(&mut self.early);
        news.extend(self.receiver.try_iter());
        for item in &news {
            if let News::Ended { run, .. } = item {
                self.runs.remove(run);
            }
        }
        news
    }

    fn agents(&self) -> Option<Vec<KnownAgent>> {
        self.settings.agents()
    }

    fn live(&self) -> usize {
        self.runs.len()
    }

    fn next_wake_ms(&self) -> Option<u64> {
        (!self.early.is_empty()).then_some(0)
    }

    fn on_news(&mut self, waker: Waker) {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
    }

    fn process_of(&self, run: &str) -> Option<u32> {
        self.runs.get(run).map(Watch::pid).filter(|pid| *pid != 0)
    }
}
