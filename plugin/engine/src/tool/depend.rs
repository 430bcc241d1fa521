//! `aof_task_dep_add` and `aof_task_dep_remove`: what a task waits for.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::dependency::{Cycle, Snag};
use aof_core::id::TaskId;
use aof_core::index::TaskIndex;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb;
use aof_store::port::Store;
use serde::Deserialize;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::LIST_MAX;
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_dep_add` and `aof_task_dep_remove`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// The task that it waits for: an id or a prefix that fits no other.
    blocker_id: String,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl Arguments {
    fn target(&self) -> Target<'_> {
        Target {
            task_id: &self.task_id,
            project: self.project.as_ref(),
            actor: self.actor.as_deref(),
        }
    }
}

impl<S: Store> Engine<S> {
    pub(super) fn add_dependency(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &arguments.target())?;
        let (_, session) = self.at_hand()?;
        let blocker = session.resolve(&arguments.blocker_id);
        let blocker = blocker.map_err(|refusal| refusal.at("blockerId"))?;
        refuse_cycle(&session.shelf.index, (&id, &blocker), "blockerId")?;
        let verb = |card: &Card| {
            let count = card.depends_on.len();
            if count >= LIST_MAX && !card.depends_on.contains(&blocker) {
                return Err(full(count));
            }
            verb::depend(card, &blocker, ctx.now)
        };
        self.change_dependencies(ctx, &id, (Operation::Depend, &verb))
    }

    pub(super) fn remove_dependency(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, &arguments.target())?;
        let (_, session) = self.at_hand()?;
        // One that is gone is taken out all the same.
        let blocker = match session.resolve(&arguments.blocker_id) {
            Ok(blocker) => blocker,
            Err(refusal) => {
                TaskId::parse(&arguments.blocker_id).map_err(|_| refusal.at("blockerId"))?
            }
        };
        let verb = |card: &Card| verb::undepend(card, &blocker, ctx.now);
        self.change_dependencies(ctx, &id, (Operation::Undepend, &verb))
    }

    fn change_dependencies(
        &mut self,
        ctx: &Context,
        id: &TaskId,
        (operation, verb): (Operation, &dyn Fn(&Card) -> verb::Verdict),
    ) -> Result<Outcome, Refusal> {
        let closing = |_: &Card| Closing::new(RunOutcome::Released, None);
        let plan = Plan {
            operation,
            verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let depends_on = changed.after.depends_on.iter().map(ToString::to_string);
        let task = TouchedTask {
            depends_on: Some(depends_on.collect()),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}

/// Refuses that `waiting` waits for `blocker` if that one waits for it.
pub(super) fn refuse_cycle(
    index: &TaskIndex,
    (waiting, blocker): (&TaskId, &TaskId),
    field: &str,
) -> Result<(), Refusal> {
    let Some(way) = index.way(blocker, waiting) else {
        return Ok(());
    };
    Err(cycle(waiting, way, field))
}

/// The refusal of a circle that leads from `waiting` along `way` back to it.
pub(super) fn cycle(waiting: &TaskId, way: Vec<TaskId>, field: &str) -> Refusal {
    let after_it = way.into_iter().filter(|id| id != waiting);
    let circle: Cycle = std::iter::once(waiting.clone()).chain(after_it).collect();
    Refusal::refused(
        "AOF-2023",
        format!("the task would wait for itself: {}", Snag::Cycle(circle)),
        "leave out one of these dependencies, or the parent",
    )
    .at(field)
}

fn full(count: usize) -> Refusal {
    Refusal::refused(
        "AOF-1009",
        format!("`dependsOn` has {count} entries"),
        "100 is the limit",
    )
    .at("blockerId")
}
