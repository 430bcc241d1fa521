//! `aof_task_update`: body, status, or both at once.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::verb::{self, Edit};
use aof_core::work_log;
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::Map;

use crate::change::Plan;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::{body, line};
use crate::tool::result::with_result;
use crate::tool::target::{Target, closing_by, left_behind, refuse_whole};
use crate::work::Closing;

/// Statuses that a tool may ask for. Cancelling has a tool of its own; a dead letter is the
/// scheduler's decision.
const TARGETS: [Status; 6] = [
    Status::Backlog,
    Status::Ready,
    Status::InProgress,
    Status::Blocked,
    Status::Review,
    Status::Done,
];

/// Arguments of `aof_task_update`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// backlog, ready, in-progress, blocked, review or done; one legal move away.
    status: Option<String>,
    /// The new body, whole. The work log stays as it is, whatever this says of it.
    body: Option<String>,
    /// Why; required to block.
    reason: Option<String>,
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
    pub(super) fn update(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let edit = edit_of(arguments)?;
        let body_given = edit.body.is_some();
        let operation = match edit.status {
            Some(_) => Operation::Move,
            None => Operation::Rewrite,
        };
        let id = match edit.status {
            Some(_) => self.aim_at_hop(ctx, &arguments.target())?,
            None => self.aim(ctx, &arguments.target())?,
        };
        let (_, session) = self.at_hand()?;
        let left = left_behind(session, &id).filter(|_| edit.status == Some(Status::Ready));
        let verb = |card: &Card| {
            if let Some(refusal) = &left {
                return Err(refusal.clone());
            }
            let is_led = matches!(
                edit.status,
                Some(Status::InProgress | Status::Review | Status::Done)
            );
            if is_led || (edit.status.is_some() && card.status == Status::InProgress) {
                refuse_whole(card)?;
            }
            if edit.status == Some(Status::Done) {
                with_result(card, (&Map::new(), None), (ctx, None))?;
            }
            let kept = edit.body.as_ref().map(|(body, _)| {
                let body = work_log::kept(&card.body, body);
                let hash = aof_codec::content_hash(&body);
                (body, hash)
            });
            let edit = Edit {
                body: kept,
                ..edit.clone()
            };
            verb::edit(card, &edit, ctx.now)
        };
        let closing = |card: &Card| {
            closing_by(
                (ctx, card),
                Closing::new(RunOutcome::Released, edit.reason.as_deref()),
            )
        };
        let plan = Plan {
            operation,
            verb: &verb,
            closing: &closing,
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let task = TouchedTask {
            updated_at: Some(changed.after.updated_at.to_string()),
            body_updated: Some(body_given),
            transitioned: Some(changed.before.status != changed.after.status),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}

fn edit_of(arguments: &Arguments) -> Result<Edit, Refusal> {
    let status = arguments.status.as_deref().map(target).transpose()?;
    let text = arguments
        .body
        .as_deref()
        .map(|text| body(text, "body"))
        .transpose()?;
    let reason = arguments
        .reason
        .as_deref()
        .map(|text| line(text, "reason"))
        .transpose()?;
    if status.is_none() && text.is_none() {
        return Err(Refusal::refused(
            "AOF-1004",
            "there is nothing to update".to_owned(),
            "give `status`, `body` or both",
        )
        .at("status"));
    }
    Ok(Edit {
        body: text.map(|text| (text.to_owned(), aof_codec::content_hash(text))),
        status,
        reason: reason.map(str::to_owned),
    })
}

fn target(text: &str) -> Result<Status, Refusal> {
    Status::parse(text)
        .filter(|status| TARGETS.contains(status))
        .ok_or_else(|| {
            Refusal::refused(
                "AOF-1004",
                "`status` is not a status to move to".to_owned(),
                "use backlog, ready, in-progress, blocked, review or done; \
             aof_task_cancel cancels",
            )
            .at("status")
        })
}
