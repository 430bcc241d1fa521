//! Notices for people, each recorded in the same commit as what it tells of.

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, TaskId};
use aof_core::metadata;
use aof_core::plan::{Action, Plan};
use aof_core::sla::Policy;
use serde_json::{Value, json};

use crate::session::Session;
use crate::summary::ids;
use crate::work::Work;

/// Tasks that one event names.
pub(crate) const LISTED_MAX: usize = 100;
/// Tasks that a notice names.
const NAMED_MAX: usize = 5;

/// Tasks that wait in vain for the same, by what they wait for: one notice for all of them.
#[derive(Debug, Default)]
pub(crate) struct Stranded(Vec<(TaskId, Vec<TaskId>)>);

impl Stranded {
    /// Those of a plan.
    pub(crate) fn of(plan: &Plan) -> Stranded {
        let mut groups: Vec<(TaskId, Vec<TaskId>)> = Vec::new();
        for action in &plan.actions {
            if let Action::Strand { task, snag } = action
                && let Some(trigger) = snag.trigger()
            {
                match groups.iter_mut().find(|(known, _)| known == trigger) {
                    Some((_, tasks)) => tasks.push(task.clone()),
                    None => groups.push((trigger.clone(), vec![task.clone()])),
                }
            }
        }
        Stranded(groups)
    }

    /// Tells of a whole group with the first of it that is blocked.
    pub(crate) fn tell(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        action: &Action,
        work: &mut Work,
    ) {
        let Action::Strand { snag, .. } = action else {
            return;
        };
        let mut groups = self.0.iter();
        let Some(at) = groups.position(|(trigger, _)| snag.trigger() == Some(trigger)) else {
            return;
        };
        let (trigger, tasks) = self.0.swap_remove(at);
        let reason = snag.to_string();
        let listed = tasks.get(..LISTED_MAX).unwrap_or(&tasks);
        let payload = json!({
            "trigger": trigger.as_str(), "action": "block", "reason": reason,
            "count": tasks.len(), "blocked": ids(listed), "skipped": [],
        });
        let project = session.shelf.index.project(&trigger).cloned();
        let about = (project, Some(trigger.clone()));
        let draft = EventDraft::new("dependency.cascaded", payload);
        work.event_of(session, ctx, about, draft);
        work.effect(Effect::Notify(Notify {
            key: format!("stranded:{trigger}:{}", ctx.now.ms()),
            severity: Severity::Warn,
            audience: None,
            channel: None,
            message: format!("{reason}: {} cannot go on", named(&tasks)),
            task: Some(trigger),
        }));
    }
}

/// The first few of some tasks, for people.
fn named(tasks: &[TaskId]) -> String {
    let first: Vec<&str> = tasks.iter().take(NAMED_MAX).map(TaskId::as_str).collect();
    match tasks.len().saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A task became a dead letter: somebody must look.
pub(crate) fn deadletter(card: &Card) -> Effect {
    let reason = card.metadata.get(metadata::DEADLETTER_REASON);
    let reason = reason.and_then(Value::as_str).unwrap_or("no reason");
    Effect::Notify(Notify {
        key: format!("deadletter:{}:{}", card.id, card.revision),
        severity: Severity::Critical,
        audience: None,
        channel: None,
        task: Some(card.id.clone()),
        message: format!("{} was given up: {reason}", card.id),
    })
}

/// A task stands too long where it is.
pub(crate) fn overdue(
    session: &Session,
    project: &ProjectId,
    card: &Card,
    (policy, reason): (Policy, &str),
) -> Effect {
    let channel = session.projects.get(project);
    let channel = channel.and_then(|project| project.sla.channel.clone());
    let severity = match policy {
        Policy::Alert => Severity::Warn,
        Policy::Block | Policy::Deadletter => Severity::Critical,
    };
    Effect::Notify(Notify {
        key: format!("sla:{}:{}", card.id, card.revision),
        severity,
        audience: None,
        channel: channel.or_else(|| session.settings.sla.channel.clone()),
        task: Some(card.id.clone()),
        message: format!("{}: {reason}", card.id),
    })
}
