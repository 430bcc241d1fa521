//! The sessions of a machine, whoever started them.
//!
//! Never forgets a session. Invariant: a run has one session at the most, for ever; starting it
//! again finds the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aof_host::contract::hooks::{Ending, FailureClass, SessionEnd, Usage};
use aof_host::contract::types::SpawnEffect;
use aof_host::executor::News;

use super::character::{self, Character, Deed, Duty};
use super::hop;

/// Subtasks that agents make before they all work alone, so that a world stays small.
const DELEGATIONS_MAX: usize = 6;

/// A request to start a session, as it reached the executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The run.
    pub run: String,
    /// Its task.
    pub task: String,
    /// Its agent.
    pub agent: String,
    /// Its number.
    pub attempt: u32,
    /// When, in the machine's own time.
    pub at_ms: u64,
    /// How long it may run; 0 for ever.
    pub timeout_ms: u64,
    /// Whether a session came of it.
    pub began: bool,
    /// A session of the same task that lived on, and that nobody had asked to end.
    pub beside: Option<String>,
}

#[derive(Debug)]
enum Life {
    Alive,
    Ended(SessionEnd),
    /// The machine lost its power, and the session with it.
    Lost,
}

#[derive(Debug)]
struct Session {
    task: String,
    /// The task with the workflow that it does a hop of.
    whole: Option<String>,
    began_ms: u64,
    due: VecDeque<(u64, Deed)>,
    life: Life,
    /// Somebody asked it to end.
    is_cancelled: bool,
    /// It ends when it is asked to.
    heeds: bool,
    /// What its host knows that it uses.
    usage: Option<Usage>,
}

#[derive(Debug, Default)]
struct Table {
    seed: u64,
    now_ms: u64,
    lease_ttl_ms: u64,
    agents: BTreeMap<String, Character>,
    sessions: BTreeMap<String, Session>,
    starts: Vec<Start>,
    /// Runs that asked for something, each with the task that it was about.
    calls: BTreeSet<(String, String)>,
    delegations: usize,
    is_gentle: bool,
    is_talkative: bool,
    /// Workflows that agents give to others, where there are any.
    plans: Vec<serde_json::Value>,
}

/// All sessions of one machine; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Crowd {
    table: Arc<Mutex<Table>>,
}

/// What is known of a session.
pub(super) enum Known {
    Nothing,
    Alive,
    Ended(SessionEnd),
    Lost,
}

impl Crowd {
    /// Agents with their characters.
    pub fn new(seed: u64, lease_ttl_ms: u64, agents: BTreeMap<String, Character>) -> Self {
        let table = Table {
            seed,
            lease_ttl_ms,
            agents,
            ..Table::default()
        };
        Self {
            table: Arc::new(Mutex::new(table)),
        }
    }

    /// Moves the machine's own time to `now_ms`. A session ends by itself, whether a host looks or
    /// not; a call that nobody hears is given up after a while.
    pub fn set_now_ms(&self, now_ms: u64) {
        let mut table = self.lock();
        table.now_ms = now_ms;
        let patience_ms = table.lease_ttl_ms * 3;
        for session in table.sessions.values_mut() {
            session.go_on_alone(now_ms, patience_ms);
        }
    }

    /// From now on sessions tell what they do while they are at work, and what they used.
    pub fn become_talkative(&self) {
        self.lock().is_talkative = true;
    }

    /// From now on agents give workflows to others.
    pub fn become_planners(&self, plans: Vec<serde_json::Value>) {
        self.lock().plans = plans;
    }

    /// Sessions that live and that nobody asked to end, each with its task.
    pub fn working(&self) -> Vec<(String, String)> {
        let table = self.lock();
        let sessions = table.sessions.iter();
        let working = sessions
            .filter(|(_, it)| matches!(it.life, Life::Alive) && !it.is_cancelled)
            .map(|(run, it)| (run.clone(), it.task.clone()));
        working.collect()
    }

    /// From now on whatever is started is done quickly and well, and what hangs is ended.
    pub fn become_gentle(&self) {
        let mut table = self.lock();
        table.is_gentle = true;
        let now_ms = table.now_ms;
        for session in table.sessions.values_mut() {
            if matches!(session.life, Life::Alive) && session.due.is_empty() {
                let end = Deed::End(Ending::Exited(1));
                session.due.push_back((now_ms, end));
            }
        }
    }

    /// The machine loses its power: every session is gone.
    pub fn lose_power(&self) {
        for session in self.lock().sessions.values_mut() {
            if matches!(session.life, Life::Alive) {
                session.life = Life::Lost;
                session.due.clear();
            }
        }
    }

    /// Every request to start a session, in order, from number `from`.
    pub fn starts(&self, from: usize) -> Vec<Start> {
        self.lock().starts.get(from..).unwrap_or_default().to_vec()
    }

    /// The session of this run asked for something about a task, and was heard.
    pub fn has_called(&self, run: &str, task: &str) -> bool {
        let call = (run.to_owned(), task.to_owned());
        self.lock().calls.contains(&call)
    }

    /// A session of this agent asked for something about a task, and was heard.
    pub fn has_asked(&self, agent: &str, task: &str) -> bool {
        let table = self.lock();
        let of_agent = |run: &str| {
            let mut starts = table.starts.iter();
            starts.any(|start| start.run == run && start.agent == agent)
        };
        let mut calls = table.calls.iter();
        calls.any(|(run, about)| about == task && of_agent(run))
    }

    /// The session of this run lives.
    pub fn is_alive(&self, run: &str) -> bool {
        matches!(self.known(run), Known::Alive)
    }

    /// What sessions that are over told of their use at the end, by run.
    pub fn told(&self) -> BTreeMap<String, Usage> {
        let table = self.lock();
        let ended = table.sessions.iter().filter_map(|(run, session)| {
            let Life::Ended(end) = &session.life else {
                return None;
            };
            Some((run.clone(), end.usage.clone()?))
        });
        ended.collect()
    }

    /// How many sessions live.
    pub fn live(&self) -> usize {
        let table = self.lock();
        let alive = |session: &&Session| matches!(session.life, Life::Alive);
        table.sessions.values().filter(alive).count()
    }

    /// When the session of a run does something next, in the machine's own time; now, if it is
    /// over.
    pub(super) fn next_deed_ms(&self, run: &str) -> Option<u64> {
        let table = self.lock();
        let session = table.sessions.get(run)?;
        match session.life {
            Life::Alive => session.due.front().map(|(at_ms, _)| *at_ms),
            Life::Ended(_) | Life::Lost => Some(table.now_ms),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.lock().now_ms
    }

    pub(super) fn known(&self, run: &str) -> Known {
        match self.lock().sessions.get(run).map(|session| &session.life) {
            None => Known::Nothing,
            Some(Life::Alive) => Known::Alive,
            Some(Life::Ended(end)) => Known::Ended(end.clone()),
            Some(Life::Lost) => Known::Lost,
        }
    }

    /// Notes a request, and begins a session unless the agent is absent.
    pub(super) fn begin(&self, spawn: &SpawnEffect) -> Result<(), FailureClass> {
        let mut table = self.lock();
        let known = table.sessions.contains_key(&spawn.run);
        let mut dice = fastrand::Rng::with_seed(table.seed ^ hash(&spawn.run));
        let usual = table.agents.get(&spawn.agent).copied();
        let character = match usual {
            Some(character) if !table.is_gentle && dice.u8(0..10) < 7 => character,
            _ => Character::Diligent,
        };
        let absence = character.absence(&mut dice).filter(|_| !known);
        let beside = table.sessions.iter().find(|(run, other)| {
            let lives = matches!(other.life, Life::Alive) && !other.is_cancelled;
            lives && **run != spawn.run && other.task == spawn.task
        });
        let beside = beside.map(|(run, _)| run.clone());
        let start = Start {
            run: spawn.run.clone(),
            task: spawn.task.clone(),
            agent: spawn.agent.clone(),
            attempt: spawn.attempt,
            at_ms: table.now_ms,
            timeout_ms: spawn.timeout_ms,
            began: absence.is_none(),
            beside,
        };
        table.starts.push(start);
        match absence {
            Some(class) => return Err(class),
            None if known => return Ok(()),
            None => {}
        }
        let session = table.session(spawn, character, &mut dice);
        table.sessions.insert(spawn.run.clone(), session);
        Ok(())
    }

    pub(super) fn cancel(&self, run: &str, reason: &str) {
        let mut table = self.lock();
        let now_ms = table.now_ms;
        if let Some(session) = table.sessions.get_mut(run)
            && matches!(session.life, Life::Alive)
        {
            session.is_cancelled = true;
            if session.heeds || session.due.is_empty() {
                let end = Deed::End(Ending::Killed(reason.to_owned()));
                session.due = VecDeque::from([(now_ms, end)]);
            }
        }
    }

    /// What the session of a run did up to now.
    pub(super) fn news_of(&self, run: &str) -> Vec<News> {
        let mut table = self.lock();
        let now_ms = table.now_ms;
        let Table {
            sessions, calls, ..
        } = &mut *table;
        let Some(session) = sessions.get_mut(run) else {
            return Vec::new();
        };
        let mut news = Vec::new();
        while session.due.front().is_some_and(|(at, _)| *at <= now_ms) {
            let Some((at_ms, deed)) = session.due.pop_front() else {
                break;
            };
            let run = run.to_owned();
            news.push(match deed {
                Deed::Call { name, arguments } => {
                    if has_result(name) {
                        calls.insert((run.clone(), about(&arguments)));
                    }
                    // Whoever names the whole means its own hop.
                    if session
                        .whole
                        .as_ref()
                        .is_some_and(|it| *it == about(&arguments))
                    {
                        calls.insert((run.clone(), session.task.clone()));
                    }
                    News::Tool {
                        run,
                        name: name.to_owned(),
                        arguments,
                    }
                }
                Deed::End(ending) => {
                    let end = session.end(at_ms, ending);
                    News::Ended { run, end }
                }
            });
        }
        news
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn go_on_alone(&mut self, now_ms: u64, patience_ms: u64) {
        while let Some((at_ms, deed)) = self.due.front() {
            let is_over = match deed {
                Deed::Call { .. } => at_ms.saturating_add(patience_ms) < now_ms,
                Deed::End(_) => *at_ms <= now_ms,
            };
            if !is_over {
                return;
            }
            let Some((at_ms, deed)) = self.due.pop_front() else {
                return;
            };
            if let Deed::End(ending) = deed {
                self.end(at_ms, ending);
            }
        }
    }

    fn end(&mut self, at_ms: u64, ending: Ending) -> SessionEnd {
        let end = SessionEnd {
            ending,
            duration_ms: at_ms.saturating_sub(self.began_ms),
            output_tail: String::new(),
            usage: self.usage.clone(),
        };
        self.life = Life::Ended(end.clone());
        self.due.clear();
        end
    }
}

impl Table {
    fn session(
        &mut self,
        spawn: &SpawnEffect,
        character: Character,
        dice: &mut fastrand::Rng,
    ) -> Session {
        let character = match character {
            Character::Delegating if self.delegations >= DELEGATIONS_MAX => Character::Diligent,
            Character::Delegating => {
                self.delegations += 1;
                character
            }
            other => other,
        };
        let began_ms = self.now_ms;
        let deeds = self.deeds(spawn, character, dice).into_iter();
        let limit = match spawn.timeout_ms {
            0 => u64::MAX,
            timeout_ms => began_ms.saturating_add(timeout_ms),
        };
        let mut due: VecDeque<(u64, Deed)> = deeds
            .map(|(after_ms, deed)| (began_ms + after_ms, deed))
            .filter(|(at_ms, _)| *at_ms <= limit)
            .collect();
        if self.is_talkative
            && let Some((first_ms, _)) = due.front()
        {
            let part_ms = first_ms.saturating_sub(began_ms) / 3;
            let run = &spawn.run;
            due.push_front((began_ms + 2 * part_ms, character::beat(&spawn.task)));
            due.push_front((began_ms + part_ms, character::note(&spawn.task, run)));
        }
        let usage = self.is_talkative.then(|| usage_of(&spawn.run)).flatten();
        if self.is_talkative {
            due.iter_mut()
                .for_each(|(_, deed)| character::say_usage(deed, hash(&spawn.run)));
        }
        let ends = matches!(due.back(), Some((_, Deed::End(_))));
        if !ends && limit < u64::MAX {
            due.push_back((limit, Deed::End(Ending::TimedOut)));
        }
        Session {
            task: spawn.task.clone(),
            whole: whole_of(&spawn.work_dir),
            began_ms,
            due,
            life: Life::Alive,
            is_cancelled: false,
            heeds: character != Character::Late,
            usage,
        }
    }

    /// What the session does, each deed with its delay after the beginning.
    fn deeds(
        &self,
        spawn: &SpawnEffect,
        character: Character,
        dice: &mut fastrand::Rng,
    ) -> Vec<(u64, Deed)> {
        let mut others = self.sessions.values().map(|session| session.task.as_str());
        let other = others.rfind(|task| *task != spawn.task);
        let colleague = self.agents.keys().find(|name| **name != spawn.agent);
        let whole = whole_of(&spawn.work_dir);
        let duty = Duty {
            task: &spawn.task,
            other,
            colleague: colleague.unwrap_or(&spawn.agent),
            lease_ttl_ms: self.lease_ttl_ms,
        };
        let mut deeds = character.deeds(&duty, dice);
        if !self.plans.is_empty() {
            character::give_plans(&mut deeds, &self.plans, dice);
        }
        if let Some(whole) = &whole {
            let of = (duty.task, whole.as_str(), duty.colleague);
            hop::of_a_hop(&mut deeds, of, (self.seed, self.is_gentle, dice));
        }
        deeds
    }
}

/// What the host of a session knows that it uses; of some it knows nothing.
fn usage_of(run: &str) -> Option<Usage> {
    let number = hash(run);
    (!number.is_multiple_of(4)).then(|| Usage {
        model: (!number.is_multiple_of(3)).then(|| "large".to_owned()),
        input_tokens: 100 + number % 400,
        output_tokens: number % 100,
        cost_micros: number % 1_000,
    })
}

/// The task with the workflow that a hop is of, by the directory of the hop's work.
fn whole_of(work_dir: &str) -> Option<String> {
    let (above, _) = work_dir.rsplit_once("/work/")?;
    let whole = above.rsplit_once('/')?.1;
    whole.starts_with("TASK-").then(|| whole.to_owned())
}

/// Whether a call ends a run.
fn has_result(tool: &str) -> bool {
    matches!(tool, "aof_task_complete" | "aof_task_block")
}

/// The task that a call names.
fn about(arguments: &str) -> String {
    let arguments: serde_json::Value = serde_json::from_str(arguments).unwrap_or_default();
    arguments["taskId"].as_str().unwrap_or_default().to_owned()
}

/// FNV-1a: the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
