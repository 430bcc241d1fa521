//! `aof_workflow_upgrade`: a task goes on with another definition of its workflow.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::dice::Dice;
use aof_core::json::ToLine as _;
use aof_core::permission::Operation;
use aof_core::refusal::{Kind, Refusal};
use aof_core::workflow::upgrade::Difference;
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::permit;
use crate::change::load_one;
use crate::engine::Engine;
use crate::flow;
use crate::outcome::Outcome;
use crate::tool::dispatch::workflow;
use crate::tool::target::Target;
use crate::work::{Committed, Work};

/// Tries before a conflict is given back to the caller.
const TRIES: usize = 3;

/// Arguments of `aof_workflow_upgrade`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// The task: its id, or a prefix that fits no other.
    task_id: String,
    /// A definition, or the name of a template of the project; if left out, the template that the
    /// task was made from as it is now.
    workflow: Option<Value>,
    /// Only say what would be different.
    #[serde(default)]
    dry_run: bool,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn upgrade(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let target = Target {
            task_id: &arguments.task_id,
            project: arguments.project.as_ref(),
            actor: arguments.actor.as_deref(),
        };
        let mut tries = 0;
        loop {
            tries += 1;
            if tries > 1 {
                self.fresh()?;
            }
            match self.upgrade_once(ctx, (&target, arguments)) {
                Err(refusal) if refusal.kind == Kind::Conflict && tries < TRIES => {}
                result => return result,
            }
        }
    }

    fn upgrade_once(
        &mut self,
        ctx: &Context,
        (target, arguments): (&Target<'_>, &Arguments),
    ) -> Result<Outcome, Refusal> {
        let id = self.aim(ctx, target)?;
        let (store, session) = self.at_hand()?;
        let loaded = load_one(store, session, &id)?;
        let card = loaded.card();
        permit(store, session, ctx, (Operation::Upgrade, &loaded, &card))?;
        let own = card
            .workflow
            .as_ref()
            .and_then(|flow| flow.template.clone());
        let given = arguments.workflow.clone().or_else(|| own.map(Value::from));
        let project = loaded.root().id();
        // No default: a task goes on with what somebody names.
        let next = workflow(session, project, Some(&given.unwrap_or(Value::Bool(false))))?;
        let Some(next) = next else {
            return Err(Refusal::refused(
                "AOF-2043",
                format!("{id} was made from no template"),
                "give `workflow`: a definition, or the name of a template of its project",
            )
            .at("workflow"));
        };
        let mut work = Work::default();
        let about = (&loaded, *next, &mut Dice::new(ctx.entropy));
        let difference = flow::upgrade(store, session, ctx, about, &mut work)?;
        if arguments.dry_run || difference.is_none() {
            return Ok(said(&card, (&difference, false), Committed::default()));
        }
        session.require_writer()?;
        let committed = work.commit(store, session)?;
        Ok(said(&card, (&difference, true), committed))
    }
}

fn said(card: &Card, (difference, is_done): (&Difference, bool), committed: Committed) -> Outcome {
    let mut upgrade = difference.to_json();
    if let Some(fields) = upgrade.as_object_mut() {
        fields.insert("taskId".to_owned(), card.id.as_str().into());
        fields.insert("status".to_owned(), card.status.as_str().into());
        fields.insert("upgraded".to_owned(), is_done.into());
    }
    Outcome {
        value: json!({ "upgrade": upgrade }).to_line(),
        effects: committed.effects,
        events: committed.events,
    }
}
