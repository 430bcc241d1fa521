//! The executor of one simulated host.
//!
//! It does nothing once its host is dead. Invariant: it hands out the news of those sessions only
//! that it started or adopted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aof_host::clock::Clock;
use aof_host::contract::hooks::{Ending, SessionEnd};
use aof_host::contract::lifecycle::AdoptedRun;
use aof_host::contract::types::SpawnEffect;
use aof_host::executor::{Adoption, Executor, News, SessionId, StartFailure};

use super::session::{Crowd, Known};

/// Whether the host's process still lives.
pub type Pulse = Arc<dyn Fn() -> bool + Send + Sync>;

/// Starts and watches sessions of a crowd.
pub struct SimExecutor {
    crowd: Crowd,
    clock: Arc<dyn Clock>,
    pulse: Pulse,
    mine: BTreeSet<String>,
    /// Ends of sessions that were over before they were started again.
    again: BTreeMap<String, SessionEnd>,
}

impl SimExecutor {
    /// The executor of the host that `pulse` speaks of.
    pub fn new(crowd: Crowd, clock: Arc<dyn Clock>, pulse: Pulse) -> Self {
        Self {
            crowd,
            clock,
            pulse,
            mine: BTreeSet::new(),
            again: BTreeMap::new(),
        }
    }

    fn is_dead(&self) -> bool {
        !(self.pulse)()
    }
}

fn lost() -> SessionEnd {
    SessionEnd {
        ending: Ending::Lost,
        duration_ms: 0,
        output_tail: String::new(),
        usage: None,
    }
}

fn session_of(run: &str) -> SessionId {
    format!("sim-{run}")
}

impl Executor for SimExecutor {
    fn start(&mut self, spawn: &SpawnEffect) -> Result<SessionId, StartFailure> {
        if self.is_dead() {
            return Err(StartFailure::transient("the host is dead"));
        }
        let before = self.crowd.known(&spawn.run);
        self.crowd.begin(spawn).map_err(|class| StartFailure {
            class,
            message: "the agent does not answer".to_owned(),
        })?;
        let over = match before {
            Known::Nothing | Known::Alive => None,
            Known::Ended(end) => Some(end),
            Known::Lost => Some(lost()),
        };
        match over {
            Some(end) => drop(self.again.insert(spawn.run.clone(), end)),
            None => drop(self.mine.insert(spawn.run.clone())),
        }
        Ok(session_of(&spawn.run))
    }

    fn cancel(&mut self, run: &str, reason: &str) {
        if !self.is_dead() {
            self.crowd.cancel(run, reason);
        }
    }

    fn adopt(&mut self, adopted: &AdoptedRun) -> Adoption {
        if self.is_dead() {
            return Adoption::Unknown;
        }
        match self.crowd.known(&adopted.run) {
            Known::Alive => {
                self.mine.insert(adopted.run.clone());
                Adoption::Alive(session_of(&adopted.run))
            }
            Known::Ended(end) => Adoption::Ended(end),
            Known::Nothing | Known::Lost => Adoption::Unknown,
        }
    }

    fn news(&mut self) -> Vec<News> {
        if self.is_dead() {
            return Vec::new();
        }
        let again = std::mem::take(&mut self.again).into_iter();
        let mut news: Vec<News> = again.map(|(run, end)| News::Ended { run, end }).collect();
        let crowd = &self.crowd;
        self.mine.retain(|run| {
            let own = crowd.news_of(run);
            let told = own.iter().any(|it| matches!(it, News::Ended { .. }));
            news.extend(own);
            // Another host may have been first to see the end.
            let end = match crowd.known(run) {
                Known::Alive => return true,
                Known::Ended(end) => end,
                Known::Nothing | Known::Lost => lost(),
            };
            if !told {
                let run = run.clone();
                news.push(News::Ended { run, end });
            }
            false
        });
        news
    }

    fn live(&self) -> usize {
        self.mine.len() + self.again.len()
    }

    fn next_wake_ms(&self) -> Option<u64> {
        if !self.again.is_empty() {
            return Some(self.clock.now_ms());
        }
        let deeds = self.mine.iter();
        let next = deeds.filter_map(|run| self.crowd.next_deed_ms(run)).min()?;
        let left = next.saturating_sub(self.crowd.now_ms());
        Some(self.clock.now_ms().saturating_add(left))
    }
}
