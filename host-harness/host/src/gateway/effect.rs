//! Executing effects and telling the component how they went.
//!
//! Nothing is executed that the component did not hand out.
//! Invariant: adoption comes before effects, so that a session that lives is never started again.

use serde_json::json;

use crate::contract::hooks::{Ending, Failure, FailureClass, SessionEnd, SessionStart, Settlement};
use crate::contract::lifecycle::AdoptedRun;
use crate::contract::types::{Caller, Effect};
use crate::executor::Adoption;

use super::error::GatewayError;
use super::stage::{Gateway, Session};
use super::start::UNWANTED;

/// Steps of one drain; what is left waits for the next.
pub(super) const STEPS_MAX: usize = 10_000;
/// How often an effect or a piece of news may break the component before it is left alone.
pub(super) const STRIKES_MAX: u32 = 3;

impl Gateway {
    /// Works off adoptions and effects until none is left.
    pub(super) fn drain(&mut self) -> Result<(), GatewayError> {
        for _ in 0..STEPS_MAX {
            if let Some(run) = self.adopted.pop_front() {
                self.adopt(run)?;
            } else if let Some(effect) = self.effects.pop_front() {
                self.execute(effect)?;
            } else if self.begun.is_empty() {
                return Ok(());
            } else {
                self.tell_begun()?;
            }
        }
        tracing::warn!(left = self.effects.len(), "many effects: the rest waits");
        self.tell_begun()
    }

    fn adopt(&mut self, adopted: AdoptedRun) -> Result<(), GatewayError> {
        if self.is_requested(&adopted.run) {
            return Ok(());
        }
        let end = match self.executor.adopt(&adopted) {
            Adoption::Alive(session) => return self.adopt_alive(adopted, session),
            Adoption::Ended(end) => end,
            Adoption::Unknown => SessionEnd {
                ending: Ending::Lost,
                duration_ms: 0,
                output_tail: String::new(),
                usage: None,
            },
        };
        let result = self.session_ended(&adopted.run, &end);
        self.keep(result, &adopted.run.clone(), |at| {
            at.adopted.push_front(adopted)
        })
    }

    /// True if the start of this run is still to be executed: that finds its process by itself.
    fn is_requested(&self, run: &str) -> bool {
        self.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Spawn(spawn) if spawn.run == run))
    }

    fn adopt_alive(&mut self, adopted: AdoptedRun, session: String) -> Result<(), GatewayError> {
        let run = adopted.run.clone();
        if adopted.session.is_none() {
            let begun = self.tell(&[SessionStart {
                run: run.clone(),
                session: session.clone(),
            }]);
            self.keep(begun, &run, |at| at.adopted.push_front(adopted.clone()))?;
        }
        let heartbeat_at_ms = self.clock.now_ms();
        let AdoptedRun { task, agent, .. } = adopted;
        self.sessions.insert(
            run,
            Session {
                task,
                agent,
                session,
                heartbeat_at_ms,
            },
        );
        Ok(())
    }

    fn execute(&mut self, effect: Effect) -> Result<(), GatewayError> {
        if self.has_struck_out(strikes_of(&effect)) {
            tracing::error!(
                key = key_of(&effect),
                "an effect that keeps breaking the component is left alone"
            );
            return Ok(());
        }
        self.tally.effects += 1;
        let settlement = match &effect {
            Effect::Spawn(spawn) => return self.start(spawn.clone()),
            Effect::Cancel(cancel) => {
                self.executor.cancel(&cancel.run, &cancel.reason);
                done(&json!({"cancelled": cancel.run}))
            }
            Effect::Notify(notice) => {
                self.observer.notice(notice);
                done(&json!({"notified": true}))
            }
            Effect::Send(_) => absent("way to send messages"),
            Effect::Provision(_) | Effect::Release(_) => absent("resources"),
            Effect::Embed(_) => absent("embedding model"),
        };
        self.settle(effect, &settlement)
    }

    /// Tells the component what became of an effect.
    pub(super) fn settle(
        &mut self,
        effect: Effect,
        settlement: &Settlement,
    ) -> Result<(), GatewayError> {
        let key = key_of(&effect).to_owned();
        let settled = self.call(Caller::Host, |at, ctx| {
            at.effect_settled(ctx, &key, settlement)
        });
        let settled = settled.and_then(|outcome| self.absorb(outcome, "hooks.effect-settled"));
        if let Effect::Spawn(spawn) = &effect
            && is_unwanted(&settled)
        {
            self.executor.cancel(&spawn.run, UNWANTED);
        }
        let strikes = strikes_of(&effect).to_owned();
        self.keep(settled, &strikes, |at| at.effects.push_front(effect))
    }

    /// True if something broke the component so often that it is left alone.
    pub(super) fn has_struck_out(&self, key: &str) -> bool {
        let strikes = self.strikes.get(key);
        strikes.is_some_and(|count| *count >= STRIKES_MAX)
    }

    /// Tells the component that a session is over.
    pub(super) fn session_ended(
        &mut self,
        run: &str,
        end: &SessionEnd,
    ) -> Result<serde_json::Value, GatewayError> {
        let told = self.call(Caller::Host, |at, ctx| at.session_ended(ctx, run, end));
        told.and_then(|outcome| self.absorb(outcome, "hooks.session-ended"))
    }

    /// Decides what becomes of work whose result the component did not take: a refusal is final;
    /// after a break the component itself brings it again; anything else is put back for a later
    /// attempt.
    pub(super) fn keep<T>(
        &mut self,
        result: Result<T, GatewayError>,
        key: &str,
        put_back: impl FnOnce(&mut Self),
    ) -> Result<(), GatewayError> {
        let Err(error) = result else {
            self.strikes.remove(key);
            return Ok(());
        };
        if error.is_refusal() {
            tracing::debug!(key, %error, "the component does not want this any more");
            return Ok(());
        }
        if error.is_for_later() {
            put_back(self);
        } else {
            *self.strikes.entry(key.to_owned()).or_default() += 1;
        }
        Err(error)
    }
}

/// By what an effect's strikes are counted: for a start it is the run, as for news of it.
fn strikes_of(effect: &Effect) -> &str {
    match effect {
        Effect::Spawn(spawn) => &spawn.run,
        other => key_of(other),
    }
}

fn key_of(effect: &Effect) -> &str {
    match effect {
        Effect::Spawn(it) => &it.key,
        Effect::Send(it) => &it.key,
        Effect::Cancel(it) => &it.key,
        Effect::Notify(it) => &it.key,
        Effect::Provision(it) => &it.key,
        Effect::Release(it) => &it.key,
        Effect::Embed(it) => &it.key,
    }
}

/// True if the component knows no such run (any more): it says so with a run without a state.
pub(super) fn is_unwanted(answer: &Result<serde_json::Value, GatewayError>) -> bool {
    match answer {
        Ok(value) => value
            .pointer("/run/state")
            .is_some_and(serde_json::Value::is_null),
        Err(error) => error.is_refusal(),
    }
}

fn done(value: &serde_json::Value) -> Settlement {
    Settlement::Done(value.to_string())
}

fn absent(what: &str) -> Settlement {
    let message = format!("this host has no {what}");
    Settlement::Failed(Failure {
        class: FailureClass::Permanent,
        message,
    })
}
