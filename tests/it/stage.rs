//! A stage for the real component in the real host: a store in memory, a clock and dice by hand.
//!
//! Never sleeps and never looks behind the contract, except at the files. Invariant: two stages
//! that are told the same do the same.

mod card;
mod saboteur;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use aof_disk::{LocalStore, MemoryDisk, StoreBackend};
use aof_host::contract::hooks::{Ending, Failure, FailureClass, SessionEnd, Settlement};
use aof_host::contract::lifecycle::{Config, Opened};
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::tools::Reply;
use aof_host::contract::types::{AgentCaller, Caller, Ctx, Effect, Error, Event, Outcome};
use aof_host::contract::types::{CancelEffect, NotifyEffect, SpawnEffect};
use aof_host::contract::views::BoardQuery;
use aof_host::image::Image;
use aof_host::instance::{CallError, Instance, Limits};
use serde_json::Value;
use tempfile::TempDir;

use crate::omit::omitted;

pub use card::CardText;
pub use saboteur::Sabotage;
use saboteur::Saboteur;

/// 2026-02-17T10:00:00Z, where every stage begins.
pub const DAWN_MS: u64 = 1_771_322_400_000;
/// Life of a lease unless `aof.yaml` says otherwise.
pub const TTL_MS: u64 = 600_000;

/// Six agents: one in two teams each, one that sleeps, one that takes two tasks at a time.
pub const CHART: &str = "\
schemaVersion: 1
teams:
  - {id: ink, name: Ink, lead: writer}
  - {id: eye, name: Eye}
  - {id: nobody, name: Nobody}
agents:
  - {id: writer, name: Writer, team: ink}
  - {id: printer, name: Printer, team: ink, capabilities: {concurrency: 2}}
  - {id: reader, name: Reader, team: eye, capabilities: {tags: [proof]}}
  - {id: judge, name: Judge, team: eye, comms: {sessionKey: 'agent:main:judge'}}
  - {id: sleeper, name: Sleeper, active: false}
roles:
  press: {agents: [printer, writer]}
  dream: {agents: [sleeper]}
  owner: {agents: [judge], requireHuman: true}
";

/// The shipped component, compiled once for all tests.
pub fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("image");
        Image::embedded(Some(&cache)).expect("the shipped component")
    })
}

pub fn human(name: &str) -> Caller {
    Caller::Human(name.to_owned())
}

/// An agent outside of any run.
pub fn agent(name: &str) -> Caller {
    Caller::Agent(AgentCaller {
        agent: name.to_owned(),
        session: None,
        run: None,
    })
}

/// The agent of a run, as the host vouches for it.
pub fn runner(spawn: &SpawnEffect) -> Caller {
    Caller::Agent(AgentCaller {
        agent: spawn.agent.clone(),
        session: Some(format!("session-of-{}", spawn.run)),
        run: Some(spawn.run.clone()),
    })
}

/// Every file with its content, as text.
pub type Tree = BTreeMap<String, String>;

/// A component over a store in memory.
pub struct Stage {
    pub disk: MemoryDisk,
    pub sabotage: Sabotage,
    pub now_ms: u64,
    /// What the last opening reported.
    pub opened: Opened,
    /// What the last call handed out.
    pub effects: Vec<Effect>,
    /// What the last call said happened.
    pub events: Vec<Event>,
    /// A real directory in place of the disk in memory.
    local: Option<TempDir>,
    instance: Option<Instance>,
    rolls: u64,
    boot: u64,
    /// The projects that the next opening sees; none for all.
    scope: Option<Vec<String>>,
}

impl Stage {
    /// A store with these files: `//- path` lines, each followed by the file's text.
    pub fn with(files: &str) -> Self {
        let disk = MemoryDisk::new();
        let chart = "org/org-chart.yaml";
        disk.put_by_hand(chart, omitted(chart, CHART).as_bytes())
            .unwrap();
        for (path, text) in parse(files) {
            disk.put_by_hand(&path, omitted(&path, &text).as_bytes())
                .unwrap();
        }
        Self::over(disk, DAWN_MS)
    }

    /// A store with the usual chart and nothing else.
    pub fn empty() -> Self {
        Self::with("")
    }

    /// The same store in a real directory; what is done by hand must be done there from now on.
    pub fn on_a_real_directory(self) -> Self {
        self.on_a_real_directory_behind(local)
    }

    /// The same, behind a backend of another kind until the host is killed.
    pub fn on_a_real_directory_behind(
        mut self,
        attach: impl FnOnce(&Path) -> Box<dyn StoreBackend>,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        self.instance = None;
        for (path, bytes) in self.disk.files() {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let backend = attach(dir.path());
        self.local = Some(dir);
        self.open_behind(backend).expect("opens in a directory");
        self
    }

    /// Kills the host, and starts another over its real directory behind a backend of another kind.
    pub fn kill_and_reopen_behind(
        &mut self,
        attach: impl FnOnce(&Path) -> Box<dyn StoreBackend>,
    ) -> Result<(), CallError> {
        self.instance = None;
        let dir = self.local.as_ref().expect("a real directory");
        self.open_behind(attach(dir.path()))
    }

    /// The same store opened once more in memory, so that both have been opened as often.
    pub fn opened_again(mut self) -> Self {
        self.kill_and_reopen();
        self
    }

    /// A component over a disk that is there already.
    pub fn over(disk: MemoryDisk, now_ms: u64) -> Self {
        Self::try_over(disk, now_ms).expect("opens")
    }

    pub fn try_over(disk: MemoryDisk, now_ms: u64) -> Result<Self, CallError> {
        let mut stage = Stage {
            local: None,
            sabotage: Sabotage::new(disk.clone()),
            disk,
            now_ms,
            opened: nothing(),
            effects: Vec::new(),
            events: Vec::new(),
            instance: None,
            rolls: 0,
            boot: 1,
            scope: None,
        };
        stage.open()?;
        Ok(stage)
    }

    /// Kills the host without a word and starts another over the same disk.
    pub fn kill_and_reopen(&mut self) -> &mut Self {
        self.instance = None;
        self.sabotage = Sabotage::new(self.disk.clone());
        self.open().expect("opens again");
        self
    }

    /// From the next opening on only these projects are seen.
    pub fn narrow_to(&mut self, projects: &[&str]) -> &mut Self {
        self.scope = Some(projects.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// From the next opening on the machine is one that was started anew.
    pub fn start_machine_anew(&mut self) -> &mut Self {
        self.boot += 1;
        self
    }

    /// Takes the power away: every file is again as in `flushed`, except for the journal, and the
    /// machine is started anew.
    pub fn lose_power(&mut self, flushed: &Tree) -> &mut Self {
        self.instance = None;
        let is_flushed = |path: &str| path.starts_with("state/journal/");
        for path in self.tree().into_keys().filter(|path| !is_flushed(path)) {
            self.disk.remove_by_hand(&path).unwrap();
        }
        for (path, text) in flushed.iter().filter(|(path, _)| !is_flushed(path)) {
            self.disk.put_by_hand(path, text.as_bytes()).unwrap();
        }
        self.start_machine_anew().kill_and_reopen()
    }

    /// Kills the host, and again while it starts, after so many operations of its next batch.
    pub fn kill_and_reopen_with_cut(&mut self, ops: usize) -> &mut Self {
        self.instance = None;
        self.sabotage = Sabotage::new(self.disk.clone());
        self.sabotage.cut_after(ops);
        self.open().expect_err("dies while it starts");
        self
    }

    fn open(&mut self) -> Result<(), CallError> {
        let backend: Box<dyn StoreBackend> = match &self.local {
            Some(dir) => local(dir.path()),
            None => {
                let (store, sabotage) = (self.disk.store(), self.sabotage.clone());
                Box::new(Saboteur::new(store, sabotage, self.boot))
            }
        };
        self.open_behind(backend)
    }

    fn open_behind(&mut self, backend: Box<dyn StoreBackend>) -> Result<(), CallError> {
        let ctx = self.ctx(Caller::Host);
        let config = Config {
            read_only: false,
            overrides: None,
            origins: None,
            projects: self.scope.clone(),
        };
        let (instance, opened) =
            Instance::open(image(), backend, Limits::default(), &ctx, &config)?;
        self.effects.clone_from(&opened.effects);
        self.events.clone_from(&opened.events);
        self.opened = opened;
        self.instance = Some(instance);
        Ok(())
    }

    /// The context of the next call: the same sequence on every stage.
    pub fn ctx(&mut self, caller: Caller) -> Ctx {
        self.rolls += 1;
        let roll = self.rolls.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Ctx {
            now: self.now_ms,
            entropy: (roll, !roll),
            caller,
        }
    }

    pub fn instance(&mut self) -> &mut Instance {
        self.instance.as_mut().expect("running")
    }

    /// Lets time pass.
    pub fn later(&mut self, ms: u64) -> &mut Self {
        self.now_ms += ms;
        self
    }

    fn take(&mut self, answer: Result<Outcome, CallError>) -> Result<Value, Error> {
        let outcome = answer.map_err(|error| error.to_error())?;
        self.effects = outcome.effects;
        self.events = outcome.events;
        Ok(json_of(&outcome.value))
    }

    /// Calls a tool with arguments as they come.
    pub fn call(&mut self, caller: &Caller, name: &str, arguments: &str) -> Result<Value, Error> {
        let ctx = self.ctx(caller.clone());
        let answer = self.instance().call_tool(&ctx, name, arguments);
        let answer = answer.map(|reply| match reply {
            Reply::Done(outcome) => outcome,
            Reply::Pending(pending) => panic!("pending: {}", pending.token),
        });
        self.take(answer)
    }

    /// Calls a tool.
    pub fn tool(&mut self, caller: &Caller, name: &str, arguments: Value) -> Result<Value, Error> {
        self.call(caller, name, &arguments.to_string())
    }

    /// Calls a tool that must succeed, as a person called ann.
    pub fn ann(&mut self, name: &str, arguments: Value) -> Value {
        self.tool(&human("ann"), name, arguments)
            .unwrap_or_else(|error| panic!("{name}: {} {}", error.code, error.message))
    }

    /// Makes a task for an agent and returns its id.
    pub fn task_for(&mut self, agent: &str, title: &str) -> String {
        let arguments = serde_json::json!({"title": title, "brief": "Do it.", "agent": agent});
        let made = self.ann("aof_dispatch", arguments);
        made["task"]["taskId"].as_str().unwrap().to_owned()
    }

    pub fn try_poll(&mut self) -> Result<Value, Error> {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().poll(&ctx, PollMode::Act);
        self.take(answer)
    }

    /// Polls, and returns what is under the noun.
    pub fn poll(&mut self) -> Value {
        self.try_poll().expect("polls")["poll"].take()
    }

    pub fn dry_run(&mut self) -> Value {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().poll(&ctx, PollMode::DryRun);
        self.take(answer).expect("plans")["poll"].take()
    }

    pub fn explain(&mut self, task: &str) -> Value {
        let ctx = self.ctx(Caller::Host);
        let text = self.instance().explain(&ctx, task).expect("explains");
        json_of(&text)["decision"].take()
    }

    pub fn next_due(&mut self) -> Option<u64> {
        self.instance().next_due().expect("answers")
    }

    /// Polls and returns the one spawn that came of it.
    pub fn spawned(&mut self) -> SpawnEffect {
        self.poll();
        let spawns = self.spawns();
        assert_eq!(spawns.len(), 1, "spawns: {spawns:?}");
        spawns[0].clone()
    }

    /// Polls, and returns the spawn of one task among others.
    pub fn spawned_for(&mut self, task: &str) -> SpawnEffect {
        self.poll();
        let spawn = self.spawns().into_iter().find(|spawn| spawn.task == task);
        spawn.unwrap_or_else(|| panic!("{task} is not spawned"))
    }

    /// Lets the scheduler take a lapsed lease back, and returns the spawn that follows.
    pub fn spawned_after_expiry(&mut self) -> SpawnEffect {
        let expired = self.poll();
        assert!(
            actions(&expired).iter().any(|(kind, _)| kind == "expire"),
            "{expired}"
        );
        self.spawned()
    }

    /// Spawns of the last call.
    pub fn spawns(&self) -> Vec<SpawnEffect> {
        let spawns = self.effects.iter().filter_map(|effect| match effect {
            Effect::Spawn(spawn) => Some(spawn.clone()),
            _ => None,
        });
        spawns.collect()
    }

    /// Notices of the last call.
    pub fn notices(&self) -> Vec<NotifyEffect> {
        let notices = self.effects.iter().filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice.clone()),
            _ => None,
        });
        notices.collect()
    }

    /// Cancels of the last call.
    pub fn cancels(&self) -> Vec<CancelEffect> {
        let cancels = self.effects.iter().filter_map(|effect| match effect {
            Effect::Cancel(cancel) => Some(cancel.clone()),
            _ => None,
        });
        cancels.collect()
    }

    /// The host reports that the session of a spawn began.
    pub fn started(&mut self, spawn: &SpawnEffect) {
        let done = format!("{{\"session\": \"session-of-{}\"}}", spawn.run);
        self.settle(&spawn.key, Settlement::Done(done));
    }

    /// The host reports that a spawn failed.
    pub fn failed(&mut self, spawn: &SpawnEffect, class: FailureClass, message: &str) {
        let message = message.to_owned();
        self.settle(&spawn.key, Settlement::Failed(Failure { class, message }));
    }

    pub fn settle(&mut self, key: &str, settlement: Settlement) {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().effect_settled(&ctx, key, &settlement);
        self.take(answer).expect("settles");
    }

    pub fn heartbeat(&mut self, run: &str) -> Value {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().session_heartbeat(&ctx, run);
        self.take(answer).expect("takes the heartbeat")
    }

    /// The host says whether it can start sessions, or why not.
    pub fn executor(&mut self, missing: Option<&str>) {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().executor_changed(&ctx, missing);
        self.take(answer).expect("takes the news");
    }

    /// The host reports the end of a session, with all it knows.
    pub fn ended_as(&mut self, run: &str, end: &SessionEnd) -> Value {
        let ctx = self.ctx(Caller::Host);
        let answer = self.instance().session_ended(&ctx, run, end);
        self.take(answer).expect("takes the end")
    }

    pub fn try_end(&mut self, run: &str, ending: Ending) -> Result<Value, Error> {
        let ctx = self.ctx(Caller::Host);
        let end = SessionEnd {
            ending,
            duration_ms: 5_000,
            output_tail: "no idea\n".to_owned(),
            usage: None,
        };
        let answer = self.instance().session_ended(&ctx, run, &end);
        self.take(answer)
    }

    /// The host reports that a session ended.
    pub fn ended(&mut self, run: &str, ending: Ending) -> Value {
        self.try_end(run, ending).expect("takes the end")
    }

    /// What the notification rules would make of an event.
    pub fn trial(&mut self, event: Option<&str>) -> Result<Value, Error> {
        let ctx = self.ctx(Caller::Human("ann".to_owned()));
        match self.instance().notifications(&ctx, event) {
            Ok(text) => Ok(json_of(&text)["notifications"].take()),
            Err(CallError::Refused(error)) => Err(error),
            Err(error) => panic!("{error}"),
        }
    }

    /// The task as `aof_task_get` shows it.
    pub fn task(&mut self, id: &str) -> Value {
        let ctx = self.ctx(Caller::Host);
        let text = self.instance().task(&ctx, id).expect("shows");
        json_of(&text)["task"].take()
    }

    pub fn status(&mut self, id: &str) -> String {
        self.task(id)["status"].as_str().unwrap().to_owned()
    }

    /// The board, with ten tasks in each of its columns.
    pub fn board(&mut self) -> Value {
        let ctx = self.ctx(Caller::Host);
        let query = BoardQuery {
            project: None,
            limit: 10,
        };
        let text = self.instance().board(&ctx, &query).expect("shows");
        json_of(&text)["board"].take()
    }

    pub fn metrics(&mut self) -> Value {
        let ctx = self.ctx(Caller::Host);
        let text = self.instance().metrics(&ctx).expect("counts");
        json_of(&text)["metrics"].take()
    }

    /// The report of all tasks, finished ones too.
    pub fn report(&mut self) -> Value {
        self.ann("aof_status_report", serde_json::json!({"limit": 1000}))["report"].take()
    }

    /// Every file; what fences writers is left out.
    pub fn tree(&self) -> Tree {
        let files = match &self.local {
            Some(dir) => files_below(dir.path()),
            None => self.disk.files(),
        };
        files
            .into_iter()
            .filter(|(path, _)| !OF_THE_WRITER.contains(&path.as_str()))
            .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
            .collect()
    }

    pub fn file(&self, path: &str) -> Option<String> {
        self.tree().remove(path)
    }

    /// Names of the files in a directory.
    pub fn ls(&self, dir: &str) -> Vec<String> {
        let prefix = format!("{dir}/");
        let tree = self.tree();
        let names = tree.keys().filter_map(|path| path.strip_prefix(&prefix));
        names
            .filter(|name| !name.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    /// Where the card of a task lies; fails unless it is in exactly one place.
    pub fn card_path(&self, id: &str) -> String {
        let name = format!("/{id}.md");
        let tree = self.tree();
        let found: Vec<&String> = tree.keys().filter(|path| path.ends_with(&name)).collect();
        assert_eq!(found.len(), 1, "cards of {id}: {found:?}");
        found[0].clone()
    }

    pub fn put_by_hand(&mut self, path: &str, text: &str) -> &mut Self {
        let text = omitted(path, text);
        self.disk.put_by_hand(path, text.as_bytes()).unwrap();
        self
    }

    pub fn move_by_hand(&mut self, from: &str, to: &str) -> &mut Self {
        self.disk.move_by_hand(from, to).unwrap();
        self
    }

    /// Types of the events in the log, in order, for one task or for all.
    pub fn logged(&self, task: Option<&str>) -> Vec<String> {
        let lines = self.log_lines();
        let fits = |line: &&Value| task.is_none_or(|task| line["taskId"] == task);
        let kinds = lines.iter().filter(fits).map(|line| {
            let kind = line["type"].as_str().unwrap_or_default();
            match line["payload"]["to"].as_str() {
                Some(to) if kind == "task.transitioned" => format!("{kind} {to}"),
                _ => kind.to_owned(),
            }
        });
        kinds.collect()
    }

    /// Payloads of the events of one kind, in order.
    pub fn payloads(&self, kind: &str) -> Vec<Value> {
        let lines = self.log_lines().into_iter();
        lines
            .filter(|line| line["type"] == kind)
            .map(|mut line| line["payload"].take())
            .collect()
    }

    /// The event log.
    pub fn log_lines(&self) -> Vec<Value> {
        let tree = self.tree();
        let logs = tree.iter().filter(|(path, _)| path.starts_with("events/"));
        logs.flat_map(|(_, text)| text.lines().map(json_of).collect::<Vec<_>>())
            .collect()
    }

    /// A denial adds one line to the event log, and nothing else.
    fn take_denial_out(&self, before: &Tree, after: &mut Tree) {
        let told = self.log_lines().pop().expect("it is told");
        assert_eq!(told["type"], "access.denied");
        let is_log = |path: &str| path.starts_with("events/") || path.starts_with("state/journal/");
        let lines = |tree: &Tree| -> usize {
            let logs = tree.iter().filter(|(path, _)| path.starts_with("events/"));
            logs.map(|(_, text)| text.lines().count()).sum()
        };
        assert_eq!(lines(after), lines(before) + 1, "told once");
        after.retain(|path, _| !is_log(path));
        let logs = before.iter().filter(|(path, _)| is_log(path));
        after.extend(logs.map(|(path, text)| (path.clone(), text.clone())));
    }

    /// Runs something that must be refused, and checks that no file has changed.
    pub fn refused(
        &mut self,
        caller: &Caller,
        (name, arguments): (&str, Value),
    ) -> (String, Option<String>, String) {
        self.refused_text(caller, (name, &arguments.to_string()))
    }

    pub fn refused_text(
        &mut self,
        caller: &Caller,
        (name, arguments): (&str, &str),
    ) -> (String, Option<String>, String) {
        let before = self.tree();
        let shown: String = arguments.chars().take(200).collect();
        let error = match self.call(caller, name, arguments) {
            Err(error) => error,
            Ok(answer) => panic!("{name} {shown} was not refused: {answer}"),
        };
        let mut after = self.tree();
        if DENIALS.contains(&error.code.as_str()) {
            self.take_denial_out(&before, &mut after);
        }
        assert_eq!(after, before, "{name} {shown} changed a file");
        assert!(!error.hint.is_empty(), "{} has no hint", error.code);
        assert!(
            error.message.len() <= 1_000,
            "{name} {shown}: a message of {} bytes",
            error.message.len()
        );
        let place_bytes = error.where_.as_ref().map_or(0, String::len);
        assert!(place_bytes <= 200, "a place of {place_bytes} bytes");
        (error.code, error.where_, error.hint)
    }
}

/// Told in the event log.
/// What says who writes; it differs from opening to opening.
const OF_THE_WRITER: [&str; 4] = [
    "state/lock",
    "state/lock.held",
    "state/epoch",
    "state/owner.json",
];

const DENIALS: [&str; 2] = ["AOF-2005", "AOF-2012"];

pub fn exited(code: i32) -> Ending {
    Ending::Exited(code)
}

/// The kinds and tasks of a poll's actions.
pub fn actions(poll: &Value) -> Vec<(String, String)> {
    let list = poll["actions"].as_array().expect("actions");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter()
        .map(|action| (text(&action["kind"]), text(&action["task"])))
        .collect()
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn local(root: &Path) -> Box<dyn StoreBackend> {
    Box::new(LocalStore::new(root).unwrap())
}

/// Every file below a directory, by its path in it.
fn files_below(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            found.push((name, std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn nothing() -> Opened {
    Opened {
        epoch: 0,
        settings: String::new(),
        repaired: Vec::new(),
        quarantined: Vec::new(),
        adopted: Vec::new(),
        effects: Vec::new(),
        events: Vec::new(),
    }
}

fn parse(files: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in files.split_inclusive('\n') {
        match (line.strip_prefix("//- "), found.last_mut()) {
            (Some(path), _) => found.push((path.trim().to_owned(), String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => assert!(line.trim().is_empty(), "text before the first file"),
        }
    }
    found
}
