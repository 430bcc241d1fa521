//! Starting sessions, and telling the component of them, many at a time: one commit for all.
//!
//! Invariant: a session that began stays here until the component knows of it, or until a new
//! component asks for it again.

use serde_json::Value;

use crate::contract::hooks::{Failure, SessionStart, Settlement};
use crate::contract::types::{Caller, Effect, SpawnEffect};

use super::error::GatewayError;
use super::stage::{Gateway, Session};

/// Sessions of one telling: its record in the journal stays far below what a commit may have.
const TOGETHER_MAX: usize = 100;

impl Gateway {
    /// Starts a session. Without one the component is told at once.
    pub(super) fn start(&mut self, spawn: SpawnEffect) -> Result<(), GatewayError> {
        match self.executor.start(&spawn) {
            Ok(session) => {
                self.tally.started += 1;
                self.lives(&spawn, &session);
                self.begun.push_back(SessionStart {
                    run: spawn.run,
                    session,
                });
                if self.begun.len() < TOGETHER_MAX {
                    return Ok(());
                }
                self.tell_begun()
            }
            Err(failure) => {
                tracing::warn!(run = spawn.run, agent = spawn.agent, %failure, "no session");
                let settlement = Settlement::Failed(Failure {
                    class: failure.class,
                    message: failure.message,
                });
                self.settle(Effect::Spawn(spawn), &settlement)
            }
        }
    }

    fn lives(&mut self, spawn: &SpawnEffect, session: &str) {
        let heartbeat_at_ms = self
            .clock
            .now_ms()
            .saturating_add(self.heartbeat_every_ms());
        let live = Session {
            task: spawn.task.clone(),
            agent: spawn.agent.clone(),
            session: session.to_owned(),
            heartbeat_at_ms,
        };
        self.sessions.insert(spawn.run.clone(), live);
    }

    /// Tells the component of the sessions that began. After something broke, one at a time: it is
    /// not the fault of the others.
    pub(super) fn tell_begun(&mut self) -> Result<(), GatewayError> {
        let mut together = match self.strikes.is_empty() {
            true => TOGETHER_MAX,
            false => 1,
        };
        while !self.begun.is_empty() {
            let count = self.begun.len().min(together);
            let started: Vec<SessionStart> = self.begun.drain(..count).collect();
            match self.tell(&started) {
                Ok(value) => self.told(&started, &value),
                Err(error) if error.is_refusal() && count > 1 => {
                    // Who of them is not wanted, or how many are too many, shows one at a time.
                    together = 1;
                    self.begun.extend(started);
                }
                Err(error) if error.is_refusal() => self.unwanted(&started, &error),
                Err(error) => return self.untold(started, error),
            }
        }
        Ok(())
    }

    /// Tells the component of these sessions, in one call.
    pub(super) fn tell(&mut self, started: &[SessionStart]) -> Result<Value, GatewayError> {
        let told = self.call(Caller::Host, |at, ctx| at.session_started(ctx, started));
        told.and_then(|outcome| self.absorb(outcome, "hooks.session-started"))
    }

    /// A run that the component does not know (any more) has no state in its answer.
    fn told(&mut self, started: &[SessionStart], value: &Value) {
        for (at, start) in started.iter().enumerate() {
            self.strikes.remove(&start.run);
            let state = value.pointer(&format!("/runs/{at}/state"));
            if state.is_some_and(Value::is_null) {
                self.executor.cancel(&start.run, UNWANTED);
            }
        }
    }

    fn unwanted(&mut self, started: &[SessionStart], error: &GatewayError) {
        for start in started {
            tracing::debug!(run = start.run, %error, "the component does not want this any more");
            self.executor.cancel(&start.run, UNWANTED);
        }
    }

    /// What a component could not take in just now is told again; one that broke asks for it again.
    fn untold(
        &mut self,
        started: Vec<SessionStart>,
        error: GatewayError,
    ) -> Result<(), GatewayError> {
        for start in started.into_iter().rev() {
            if error.is_for_later() {
                self.begun.push_front(start);
            } else {
                *self.strikes.entry(start.run).or_default() += 1;
            }
        }
        Err(error)
    }
}

/// Why a session is ended of which the component knows nothing.
pub(super) const UNWANTED: &str = "the run is no longer wanted";
