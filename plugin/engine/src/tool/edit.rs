//! `aof_task_edit`: what a task is.

use aof_core::caller::Context;
use aof_core::card::{Card, Routing};
use aof_core::id::{AgentId, RoleId, TeamId};
use aof_core::metadata;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::verb::{self, Amendment};
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::access::{permit_routing, permit_urgency};
use crate::change::{Plan, load_one};
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::{self, line, name, priority, tags};
use crate::tool::target::Target;
use crate::work::Closing;

/// Arguments of `aof_task_edit`: one field at least.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// A task id or a prefix that fits no other.
    task_id: String,
    /// One line that says what is to be done.
    title: Option<String>,
    /// critical, high, normal (medium) or low.
    priority: Option<String>,
    /// One agent of the org chart. Whoever was named before, as agent, role or team, no longer is.
    agent: Option<String>,
    /// A role of the org chart, likewise.
    role: Option<String>,
    /// A team of the org chart, likewise.
    team: Option<String>,
    /// Words that describe the work, instead of those of now.
    tags: Option<Vec<String>>,
    /// Two running tasks never share a resource; an empty text takes it away.
    resource: Option<String>,
    /// Limit of one run, at most 14400000.
    timeout_ms: Option<u64>,
    /// Entries that are added or replaced; null takes one away.
    #[serde(default)]
    metadata: Map<String, Value>,
    /// Refuse if the card has another revision than this.
    expected_revision: Option<u64>,
    /// Refuse a task of another project.
    project: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn edit(
        &mut self,
        ctx: &Context,
        arguments: &Arguments,
    ) -> Result<Outcome, Refusal> {
        let target = Target {
            task_id: &arguments.task_id,
            project: arguments.project.as_ref(),
            actor: arguments.actor.as_deref(),
        };
        let id = self.aim(ctx, &target)?;
        let named = named(arguments)?;
        let amendment = amendment_of(arguments)?;
        if amendment == Amendment::default() && !named.names_target() && arguments.tags.is_none() {
            return Err(nothing());
        }
        if named.names_target() || arguments.tags.is_some() || amendment.priority.is_some() {
            let (store, session) = self.at_hand()?;
            let loaded = load_one(store, session, &id)?;
            let card = loaded.card();
            let routing = routed(&card, &named, arguments)?;
            // Whoever may not give a task to somebody may not hand one over to him either, be it by
            // its tags.
            if named.names_target() || (routing != card.routing && goes_by_tags(&routing)) {
                permit_routing(store, session, ctx, (&loaded, &routing))?;
            }
            if let Some(asked) = amendment.priority {
                permit_urgency(store, session, ctx, (&loaded, asked))?;
            }
        }
        let verb = |card: &Card| {
            if let Some(expected) = arguments.expected_revision {
                refuse_other(card, expected)?;
            }
            let routing = routed(card, &named, arguments)?;
            let amendment = Amendment {
                routing: Some(routing),
                ..amendment.clone()
            };
            verb::amend(card, &amendment, ctx.now)
        };
        let plan = Plan {
            operation: Operation::Amend,
            verb: &verb,
            closing: &|_: &Card| Closing::new(RunOutcome::Released, None),
        };
        let changed = self.change(ctx, id.as_str(), &plan)?;
        let task = TouchedTask {
            updated_at: Some(changed.after.updated_at.to_string()),
            revision: Some(changed.after.revision),
            ..touched(&changed.after)
        };
        let value = answer::json(&Touched { task });
        Ok(changed.into_outcome(&value))
    }
}

fn named(arguments: &Arguments) -> Result<Routing, Refusal> {
    Ok(Routing {
        agent: name(arguments.agent.as_ref(), AgentId::parse, "agent")?,
        role: name(arguments.role.as_ref(), RoleId::parse, "role")?,
        team: name(arguments.team.as_ref(), TeamId::parse, "team")?,
        tags: Vec::new(),
    })
}

/// Whom the card names afterwards.
fn routed(card: &Card, named: &Routing, arguments: &Arguments) -> Result<Routing, Refusal> {
    let routing = if named.names_target() {
        named
    } else {
        &card.routing
    };
    let tags = arguments.tags.as_deref().map(tags).transpose()?;
    Ok(Routing {
        tags: tags.unwrap_or_else(|| card.routing.tags.clone()),
        ..routing.clone()
    })
}

/// Whether tags choose who gets the task: among the members of a team, or by the chart's rules.
const fn goes_by_tags(routing: &Routing) -> bool {
    routing.agent.is_none() && routing.role.is_none()
}

fn amendment_of(arguments: &Arguments) -> Result<Amendment, Refusal> {
    let mut entries = arguments.metadata.clone();
    arguments::metadata(&entries)?;
    if let Some(limit_ms) = arguments.timeout_ms {
        let limit_ms = arguments::timeout(limit_ms)?;
        entries.insert(metadata::TIMEOUT_MS.to_owned(), limit_ms.into());
    }
    let title = arguments.title.as_deref();
    let resource = arguments.resource.as_deref().map(|text| match text {
        "" => Ok(None),
        text => line(text, "resource").map(|text| Some(text.to_owned())),
    });
    Ok(Amendment {
        title: title
            .map(|text| line(text, "title").map(str::to_owned))
            .transpose()?,
        priority: arguments.priority.as_deref().map(priority).transpose()?,
        routing: None,
        resource: resource.transpose()?,
        metadata: entries,
    })
}

fn nothing() -> Refusal {
    Refusal::refused(
        "AOF-1004",
        "there is nothing to edit".to_owned(),
        "give `title`, `priority`, `agent`, `tags` or another field; aof_task_update changes the \
         body and the status",
    )
    .at("title")
}

fn refuse_other(card: &Card, expected: u64) -> Result<(), Refusal> {
    if card.revision == expected {
        return Ok(());
    }
    Err(Refusal::refused(
        "AOF-2032",
        format!(
            "{} has revision {}, not {expected}: it was changed meanwhile",
            card.id, card.revision
        ),
        "read the task again (`aof_task_get`) and decide anew",
    )
    .at("expectedRevision"))
}
