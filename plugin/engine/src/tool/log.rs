//! `aof_task_log`: an entry in the work log of a task.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::{verb, work_log};
use aof_store::port::Store;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::body;
use crate::tool::target::Target;
use crate::work::Closing;

/// Characters of one entry.
const ENTRY_CHARS_MAX: usize = 4_000;

/// Arguments of `aof_task_log`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// What happened, 1 to 4000 characters. Who says it and when is added.
    text: String,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn log(&mut self, ctx: &Context, arguments: &Arguments) -> Result<Outcome, Refusal> {
        let target = Target {
            task_id: &arguments.task_id,
            project: arguments.project.as_ref(),
            actor: arguments.actor.as_deref(),
        };
        let text = entry(&arguments.text)?;
        let id = self.aim(ctx, &target)?;
        let verb = |card: &Card| {
            let next = work_log::with_entry(&card.body, (ctx.caller.actor(), text), ctx.now);
            body(&next, "text").map_err(|_| full())?;
            let hash = aof_codec::content_hash(&next);
            verb::log(card, text, (next, hash), ctx.now)
        };
        let plan = Plan {
            operation: Operation::Log,
            verb: &verb,
            closing: &|_: &Card| Closing::new(RunOutcome::Released, None),
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let task = TouchedTask {
            updated_at: Some(changed.after.updated_at.to_string()),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}

fn entry(text: &str) -> Result<&str, Refusal> {
    let text = body(text, "text")?.trim();
    let is_entry = !text.is_empty() && text.chars().count() <= ENTRY_CHARS_MAX;
    if is_entry {
        return Ok(text);
    }
    Err(Refusal::refused(
        "AOF-1004",
        "`text` is empty or too long".to_owned(),
        "give 1 to 4000 characters; longer texts belong into the work directory",
    )
    .at("text"))
}

fn full() -> Refusal {
    Refusal::refused(
        "AOF-1009",
        "the body with this entry would be larger than 512 KiB".to_owned(),
        "move what is written there into the work directory",
    )
    .at("text")
}
