//! A session ended.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::classify::classify;
use aof_core::dice::Dice;
use aof_core::event::EventDraft;
use aof_core::id::RunId;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunOutcome};
use aof_core::usage::Usage;
use aof_core::verb::{self, Failure, FailureClass, Stage};
use aof_store::port::Store;
use serde_json::json;

use crate::change::Plan;
use crate::count::{Told, amend, at_end};
use crate::engine::Engine;
use crate::hook::started::unknown;
use crate::outcome::Outcome;
use crate::work::Closing;

/// Longest piece of an agent's output that goes into a card or an event, in characters.
const TAIL_CHARS: usize = 200;

/// A run that lasted longer did something. Source: AOF 1.20, "silent failure threshold".
const SILENT_MS: u64 = 60_000;

/// How a session came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit code.
    Exited(i32),
    /// Somebody ended it.
    Killed(String),
    /// It exceeded its limit.
    TimedOut,
    /// The host does not know it any more.
    Lost,
}

/// The end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnd {
    /// How.
    pub ending: Ending,
    /// How long it lasted.
    pub duration_ms: u64,
    /// The last lines that the agent printed.
    pub output_tail: String,
    /// What it used, if known.
    pub usage: Option<Usage>,
}

impl<S: Store> Engine<S> {
    /// The session of a run ended. If the task is still in progress under that run, the run failed;
    /// a lost session is nobody's fault. What it used counts either way, once.
    ///
    /// # Errors
    /// What the store says. A run that holds no lease changes no task and is no error.
    pub fn session_ended(
        &mut self,
        ctx: &Context,
        run: &RunId,
        end: &SessionEnd,
    ) -> Result<Outcome, Refusal> {
        let holds = self.holds(run)?;
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        let told = at_end(store, session, run, end)?;
        if !holds {
            let committed = amend(store, session, ctx, run, (&told, true))?;
            return Ok(Outcome {
                effects: committed.effects,
                events: committed.events,
                ..unknown(run)
            });
        }
        let Some(live) = session.live.get(run).map(|live| live.run.clone()) else {
            return Ok(unknown(run));
        };
        session.counters.failures += u64::from(end.ending != Ending::Lost);
        session.room_again();
        self.unfinished(ctx, &live, (end, &told))
    }

    /// A run ended that holds a task still.
    fn unfinished(
        &mut self,
        ctx: &Context,
        live: &Run,
        (end, told): (&SessionEnd, &Told),
    ) -> Result<Outcome, Refusal> {
        let (_, session) = self.at_hand()?;
        let run = &live.id;
        let settings = session.settings.scheduler.clone();
        let (outcome, exit_code) = outcome_of(&end.ending);
        let reason = reason_of(end);
        let random = Dice::new(ctx.entropy).roll();
        let usage = told.json();
        let class = class_of((end, told), session.quiet.contains(run));
        let verb = |card: &Card| {
            if end.ending == Ending::Lost {
                let mut step = verb::release(card, "task.reclaimed", &reason, ctx.now)?;
                step.events.extend(told.rejection(run));
                return Ok(step);
            }
            let failure = Failure {
                class,
                stage: Stage::Work,
                message: reason.clone(),
            };
            let mut step = verb::fail(card, &failure, &settings, random, ctx.now)?;
            let payload = json!({
                "agent": live.agent.as_str(), "session": live.session,
                "durationMs": end.duration_ms, "reason": outcome.as_str(), "usage": usage,
            });
            let enforced = EventDraft::new("completion.enforcement", payload).of_run(Some(run));
            if class == FailureClass::Silent {
                let payload = json!({
                    "agent": live.agent.as_str(), "session": live.session,
                    "durationMs": end.duration_ms, "toolCalls": 0, "usage": usage,
                    "explanation": false,
                });
                let silent = EventDraft::new("silent_model_failure", payload);
                step.events.insert(0, silent.of_run(Some(run)));
            }
            step.events.insert(0, enforced);
            step.events.extend(told.rejection(run));
            Ok(step)
        };
        let closing = |_: &Card| Closing {
            exit_code,
            told: told.clone(),
            is_last: true,
            ..Closing::new(outcome, Some(&reason))
        };
        let plan = Plan {
            operation: Operation::Move,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, live.task.as_str(), &plan)?;
        let value = json!({"run": {
            "run": run.as_str(), "task": live.task.as_str(), "state": "ended",
            "outcome": outcome.as_str(), "taskStatus": changed.after.status.as_str(),
        }});
        Ok(changed.into_outcome(&value))
    }
}

fn outcome_of(ending: &Ending) -> (RunOutcome, Option<i32>) {
    match ending {
        Ending::Exited(code) => (RunOutcome::Exited, Some(*code)),
        Ending::Killed(_) => (RunOutcome::Killed, None),
        Ending::TimedOut => (RunOutcome::TimedOut, None),
        Ending::Lost => (RunOutcome::Lost, None),
    }
}

/// What kind of failure it was to end without completing the task.
fn class_of((end, told): (&SessionEnd, &Told), is_quiet: bool) -> FailureClass {
    let said = match &end.ending {
        Ending::Exited(0) if is_quiet && is_silent(end, told) => return FailureClass::Silent,
        Ending::Exited(code) if *code != 0 => last_line(end),
        Ending::Killed(why) => Some(why.clone()),
        Ending::Exited(_) | Ending::TimedOut | Ending::Lost => None,
    };
    match said.and_then(|said| classify(&said)) {
        // It had its room.
        None | Some(FailureClass::Capacity) => FailureClass::Transient,
        Some(class) => class,
    }
}

/// Whether a run that ended well and called no tool shows nothing of any work: it was short, said
/// no word, and the model wrote nothing.
fn is_silent(end: &SessionEnd, told: &Told) -> bool {
    let usage = told.usage.as_ref();
    let has_written = usage.is_some_and(|(usage, _)| usage.output_tokens > 0);
    let has_spoken = !end.output_tail.trim().is_empty();
    end.duration_ms < SILENT_MS && !has_written && !has_spoken
}

fn last_line(end: &SessionEnd) -> Option<String> {
    end.output_tail.trim().lines().next_back().map(clip)
}

fn reason_of(end: &SessionEnd) -> String {
    let what = match &end.ending {
        Ending::Exited(code) => {
            format!("the agent exited with code {code} without completing the task")
        }
        Ending::Killed(why) => format!("the session was killed: {why}"),
        Ending::TimedOut => format!(
            "the run was over its time limit and was ended after {} s",
            end.duration_ms.div_ceil(1_000)
        ),
        Ending::Lost => "the host no longer knows the session".to_owned(),
    };
    match last_line(end) {
        Some(last) if !last.is_empty() && end.ending != Ending::Lost => {
            format!("{what}; it last printed: {last}")
        }
        _ => what,
    }
}

fn clip(line: &str) -> String {
    line.chars()
        .filter(|c| !c.is_control())
        .take(TAIL_CHARS)
        .collect()
}
