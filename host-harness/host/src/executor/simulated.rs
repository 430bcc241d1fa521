//! The simulated executor: agents that follow a script in virtual time.
//!
//! It starts no process and reads no clock but the one that it is given.
//! Invariant: the same script, starts and clock give the same news in the same order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::contract::hooks::{Ending, FailureClass, SessionEnd};
use crate::contract::lifecycle::AdoptedRun;
use crate::contract::types::{Method, SpawnEffect};

use super::port::{Adoption, Executor, News, SessionId, StartFailure};
use super::settings::{Outcome, SimulatedSettings};

/// What an agent does in one attempt. `Tool` steps come before the one that ends the attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Completes its task and exits with 0.
    Complete {
        /// After this long.
        after_ms: u64,
        /// What it says.
        summary: String,
    },
    /// Blocks its task and exits with 0.
    Block {
        /// After this long.
        after_ms: u64,
        /// Why.
        reason: String,
    },
    /// Exits without a word.
    ExitSilently {
        /// After this long.
        after_ms: u64,
        /// With this code.
        code: i32,
    },
    /// Does nothing until it is cancelled or takes too long.
    Hang,
    /// Does not even start.
    FailToStart {
        /// The kind of failure.
        class: FailureClass,
        /// What it says.
        message: String,
    },
    /// Calls any tool and goes on with the next step.
    Tool {
        /// After this long.
        after_ms: u64,
        /// The tool.
        name: String,
        /// Its arguments.
        arguments: Value,
    },
}

/// Who does what. A task's list comes before its agent's, which comes before the default.
///
/// Each attempt consumes steps up to one that ends it; the last one of a list is never used up.
#[derive(Debug, Clone, Default)]
pub struct Script {
    tasks: BTreeMap<String, VecDeque<Step>>,
    agents: BTreeMap<String, VecDeque<Step>>,
    default: VecDeque<Step>,
    only: Option<Method>,
}

impl Script {
    /// Everybody does this.
    pub fn always(step: Step) -> Self {
        Self {
            default: VecDeque::from([step]),
            ..Self::default()
        }
    }

    /// Nobody can be reached by another method than this.
    #[must_use]
    pub fn only(mut self, method: Method) -> Self {
        self.only = Some(method);
        self
    }

    /// An agent does this, attempt for attempt.
    #[must_use]
    pub fn agent(mut self, agent: &str, steps: impl IntoIterator<Item = Step>) -> Self {
        self.agents
            .entry(agent.to_owned())
            .or_default()
            .extend(steps);
        self
    }

    /// This happens to a task, attempt for attempt.
    #[must_use]
    pub fn task(mut self, task: &str, steps: impl IntoIterator<Item = Step>) -> Self {
        self.tasks.entry(task.to_owned()).or_default().extend(steps);
        self
    }

    fn attempt(&mut self, task: &str, agent: &str) -> Vec<Step> {
        let of_task = self.tasks.get_mut(task).filter(|list| !list.is_empty());
        let of_agent = self.agents.get_mut(agent).filter(|list| !list.is_empty());
        let list = of_task.or(of_agent).unwrap_or(&mut self.default);
        let mut steps = Vec::new();
        loop {
            let stays = list.len() <= 1;
            let next = if stays {
                list.front().cloned()
            } else {
                list.pop_front()
            };
            let step = next.unwrap_or(Step::Hang);
            let last = stays || !matches!(step, Step::Tool { .. });
            steps.push(step);
            if last {
                return steps;
            }
        }
    }
}

impl From<SimulatedSettings> for Script {
    fn from(settings: SimulatedSettings) -> Self {
        let after_ms = settings.after_ms;
        Self::always(match settings.outcome {
            Outcome::Complete => Step::Complete {
                after_ms,
                summary: "simulated".to_owned(),
            },
            Outcome::Block => Step::Block {
                after_ms,
                reason: "simulated".to_owned(),
            },
            Outcome::Exit => Step::ExitSilently { after_ms, code: 0 },
            Outcome::Hang => Step::Hang,
        })
    }
}

/// Runs agents that follow a script.
pub struct SimulatedExecutor {
    script: Script,
    clock: Arc<dyn Clock>,
    started: BTreeMap<String, u64>,
    over: BTreeMap<String, SessionEnd>,
    due: BTreeMap<(u64, u64), News>,
    sequence: u64,
}

impl SimulatedExecutor {
    /// Follows `script` by `clock`.
    pub fn new(script: Script, clock: Arc<dyn Clock>) -> Self {
        Self {
            script,
            clock,
            started: BTreeMap::new(),
            over: BTreeMap::new(),
            due: BTreeMap::new(),
            sequence: 0,
        }
    }

    fn at(&mut self, when_ms: u64, news: News) {
        self.sequence += 1;
        self.due.insert((when_ms, self.sequence), news);
    }

    fn end_at(&mut self, when_ms: u64, run: &str, ending: Ending) {
        let began = self.started.get(run).copied().unwrap_or(when_ms);
        let end = SessionEnd {
            ending,
            duration_ms: when_ms.saturating_sub(began),
            output_tail: String::new(),
            usage: None,
        };
        self.at(
            when_ms,
            News::Ended {
                run: run.to_owned(),
                end,
            },
        );
    }

    fn schedule(&mut self, spawn: &SpawnEffect, steps: Vec<Step>) {
        let mut now = self.clock.now_ms();
        let limit = match spawn.timeout_ms {
            0 => u64::MAX,
            timeout_ms => now.saturating_add(timeout_ms),
        };
        let run = spawn.run.as_str();
        for step in steps {
            let Some((after_ms, call, ending)) = plan(step, &spawn.task) else {
                break;
            };
            now = now.saturating_add(after_ms);
            if now > limit {
                break;
            }
            if let Some((name, arguments)) = call {
                let arguments = arguments.to_string();
                self.at(
                    now,
                    News::Tool {
                        run: run.to_owned(),
                        name,
                        arguments,
                    },
                );
            }
            if let Some(ending) = ending {
                return self.end_at(now, run, ending);
            }
        }
        if limit < u64::MAX {
            self.end_at(limit, run, Ending::TimedOut);
        }
    }

    fn forget(&mut self, run: &str) {
        self.due.retain(|_, news| match news {
            News::Ended { run: of, .. } | News::Heartbeat { run: of } => of != run,
            News::Tool { run: of, .. } => of != run,
        });
    }
}

type Planned = (u64, Option<(String, Value)>, Option<Ending>);

/// What a step means; none if nothing ever comes of it.
fn plan(step: Step, task: &str) -> Option<Planned> {
    let exit = |code| Some(Ending::Exited(code));
    let call = |name: &str, arguments| Some((name.to_owned(), arguments));
    match step {
        Step::Complete { after_ms, summary } => {
            let arguments = json!({"taskId": task, "summary": summary});
            Some((after_ms, call("aof_task_complete", arguments), exit(0)))
        }
        Step::Block { after_ms, reason } => {
            let arguments = json!({"taskId": task, "reason": reason});
            Some((after_ms, call("aof_task_block", arguments), exit(0)))
        }
        Step::ExitSilently { after_ms, code } => Some((after_ms, None, exit(code))),
        Step::Tool {
            after_ms,
            name,
            arguments,
        } => Some((after_ms, Some((name, arguments)), None)),
        Step::Hang | Step::FailToStart { .. } => None,
    }
}

fn session_of(run: &str) -> SessionId {
    format!("simulated-{run}")
}

impl Executor for SimulatedExecutor {
    fn start(&mut self, spawn: &SpawnEffect) -> Result<SessionId, StartFailure> {
        if self.started.contains_key(&spawn.run) || self.over.contains_key(&spawn.run) {
            return Ok(session_of(&spawn.run));
        }
        if self.script.only.is_some_and(|only| only != spawn.method) {
            return Err(StartFailure::unsupported("the script has no such method"));
        }
        let steps = self.script.attempt(&spawn.task, &spawn.agent);
        if let Some(Step::FailToStart { class, message }) = steps.first() {
            return Err(StartFailure {
                class: *class,
                message: message.clone(),
            });
        }
        self.started.insert(spawn.run.clone(), self.clock.now_ms());
        self.schedule(spawn, steps);
        Ok(session_of(&spawn.run))
    }

    fn cancel(&mut self, run: &str, reason: &str) {
        if self.started.contains_key(run) {
            self.forget(run);
            self.end_at(self.clock.now_ms(), run, Ending::Killed(reason.to_owned()));
        }
    }

    fn adopt(&mut self, adopted: &AdoptedRun) -> Adoption {
        let run = &adopted.run;
        match self.over.get(run) {
            _ if self.started.contains_key(run) => Adoption::Alive(session_of(run)),
            Some(end) => Adoption::Ended(end.clone()),
            None => Adoption::Unknown,
        }
    }

    fn news(&mut self) -> Vec<News> {
        let now = self.clock.now_ms();
        let later = self.due.split_off(&(now.saturating_add(1), 0));
        let news: Vec<News> = std::mem::replace(&mut self.due, later)
            .into_values()
            .collect();
        for item in &news {
            if let News::Ended { run, end } = item {
                self.started.remove(run);
                self.over.insert(run.clone(), end.clone());
            }
        }
        news
    }

    fn live(&self) -> usize {
        self.started.len()
    }

    fn next_wake_ms(&self) -> Option<u64> {
        self.due.keys().next().map(|(when_ms, _)| *when_ms)
    }
}

#[cfg(test)]
mod tests;
