//! What the operations of the cases have in common.
//!
//! Never decides what a case is about. Invariant: each of these is one call, or one of each kind.

use aof_host::contract::hooks::Settlement;
use aof_host::contract::types::{Effect, Error};
use serde_json::{Value, json};

use super::rig::Rig;
use super::scene::{ONE, id};

pub(super) fn all_ten(rig: &mut Rig, holds: impl Fn(&Value) -> bool) -> bool {
    (1..=10).all(|number| holds(&rig.task(&id(number))))
}

pub(super) fn wait_to_hear(rig: &mut Rig) -> Result<(), Error> {
    let arguments = json!({"taskId": ONE, "subscriberId": "writer"});
    by_ann(rig, "aof_task_subscribe", arguments)
}

/// Whether that is what became of the subscription.
pub(super) fn heard(rig: &mut Rig, status: &str) -> bool {
    rig.task(ONE)["metadata"]["subscriptions"][0]["status"] == status
}

/// Says of every effect that was handed out that it is done.
pub(super) fn settle_all(rig: &mut Rig) -> Result<(), Error> {
    // After a crash it is the opening that hands them out.
    let opened = rig.opened.effects.iter();
    let effects: Vec<Effect> = opened.chain(&rig.effects).cloned().collect();
    for effect in effects {
        let key = match &effect {
            Effect::Cancel(cancel) => &cancel.key,
            Effect::Notify(notify) => &notify.key,
            _ => continue,
        };
        rig.settle(key, &Settlement::Done("{}".to_owned()))?;
    }
    Ok(())
}

pub(super) fn make(rig: &mut Rig, title: &str, brief: &str) -> Result<(), Error> {
    let arguments = json!({"title": title, "brief": brief, "agent": "writer"});
    rig.ann("aof_dispatch", arguments).map(drop)
}

pub(super) fn on_run(
    rig: &mut Rig,
    act: impl FnOnce(&mut Rig, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    let run = rig.run_of(ONE)?;
    act(rig, &run)
}

pub(super) fn by_run(rig: &mut Rig, tool: &str, arguments: Value) -> Result<(), Error> {
    on_run(rig, |rig, run| rig.agent(run, tool, arguments))
}

pub(super) fn by_ann(rig: &mut Rig, tool: &str, arguments: Value) -> Result<(), Error> {
    rig.ann(tool, arguments).map(drop)
}

/// A refusal is what was asked for.
pub(super) fn told_no(answer: Result<(), Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.code.starts_with("AOF-2") => Ok(()),
        other => other,
    }
}

/// The process dies in the middle of it.
pub(super) fn told_broken(answer: Result<(), Error>) {
    answer.unwrap_or_default();
}
