//! `aof_project_create`, `aof_project_list` and `aof_project_status`.

use aof_core::caller::Context;
use aof_core::id::{AgentId, ProjectId, TeamId};
use aof_core::json::ToLine as _;
use aof_core::permission::Operation;
use aof_core::project::{Project, ProjectStatus};
use aof_core::refusal::Refusal;
use aof_store::layout::INBOX;
use aof_store::port::Store;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::{check_actor, permit_project};
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::project::{self, lint};
use crate::session::Session;
use crate::tool::answer;
use crate::tool::arguments::{line, name};

/// Arguments of `aof_project_create`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Create {
    /// Small letters, digits and `-`, 1 to 64; the folder's name.
    id: String,
    /// Name for people; the id if left out.
    title: Option<String>,
    /// The project that it is a part of.
    parent_id: Option<String>,
    /// The team that gets tasks which name nobody.
    team: Option<String>,
    /// The agent that gets tasks which name nobody, before the team.
    lead: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

/// Arguments of `aof_project_list`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct List {
    /// Only this project.
    project: Option<String>,
    /// Say what is wrong with each: `findings` of its manifest, structure, hierarchy and tasks.
    #[serde(default)]
    lint: bool,
    /// Must be the caller, if given.
    actor: Option<String>,
}

/// Arguments of `aof_project_status`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SetStatus {
    /// The project.
    project: String,
    /// active, paused or archived.
    status: String,
    /// Must be the caller, if given.
    actor: Option<String>,
}

/// One project.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct One {
    /// `id`, `title`, `status`, `parentId`, `team`, `lead`, `open`, `finished`, `path`,
    /// `restsBecause`, and `findings` where they were asked for.
    project: Map<String, Value>,
}

/// Projects.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
pub(super) struct Several {
    /// Each as `project` of the other tools.
    projects: Vec<Value>,
}

impl<S: Store> Engine<S> {
    pub(super) fn project_create(
        &mut self,
        ctx: &Context,
        arguments: &Create,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let project = project_of(arguments)?;
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        // A folder without a manifest is given one, whoever made it.
        if project.id.as_str() == INBOX {
            let message = format!("there is a project `{}` already", project.id);
            let hint = "`aof project list` shows the projects; choose another id";
            return Err(Refusal::refused("AOF-2014", message, hint).at("id"));
        }
        permit_project(store, session, ctx, (Operation::ProjectCreate, &project.id))?;
        if session.projects.get(&project.id) == Some(&project) {
            // Asked for again, perhaps because the answer was lost: it is as it should be.
            return Ok(Outcome {
                value: one(session, &project.id),
                ..Outcome::default()
            });
        }
        session.require_in_scope(&project.id)?;
        if let Some(parent) = &project.parent {
            session.root(parent).map_err(|error| error.at("parentId"))?;
        }
        let (_, committed) = project::create(store, session, ctx, &project)?;
        Ok(Outcome {
            value: one(session, &project.id),
            effects: committed.effects,
            events: committed.events,
        })
    }

    pub(super) fn project_status(
        &mut self,
        ctx: &Context,
        arguments: &SetStatus,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let id = ProjectId::parse(&arguments.project);
        let id = id.map_err(|error| Refusal::bad_id(&error, "project"))?;
        let status = ProjectStatus::parse(&arguments.status).ok_or_else(|| {
            let message = "`status` is not a status of a project".to_owned();
            Refusal::refused("AOF-1004", message, "use active, paused or archived").at("status")
        })?;
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        session.root(&id)?;
        permit_project(store, session, ctx, (Operation::ProjectStatus, &id))?;
        let committed = project::set_status(store, session, ctx, (&id, status))?;
        Ok(Outcome {
            value: one(session, &id),
            effects: committed.effects,
            events: committed.events,
        })
    }

    pub(super) fn project_list(
        &mut self,
        ctx: &Context,
        arguments: &List,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let wanted = name(arguments.project.as_ref(), ProjectId::parse, "project")?;
        let (store, session) = self.at_hand()?;
        if let Some(wanted) = &wanted {
            session.root(wanted)?;
        }
        let mut projects = Vec::new();
        for project in session.projects.values() {
            if wanted.as_ref().is_some_and(|id| project.id != *id) {
                continue;
            }
            let mut summary = project::summary(session, project);
            if let Some(fields) = summary.as_object_mut().filter(|_| arguments.lint) {
                let findings = lint::findings(store, session, project)?;
                fields.insert("findings".to_owned(), findings.into());
            }
            projects.push(summary);
        }
        Ok(Outcome {
            value: answer::json(&Several { projects }).to_line(),
            ..Outcome::default()
        })
    }
}

fn project_of(arguments: &Create) -> Result<Project, Refusal> {
    let id = ProjectId::parse(&arguments.id).map_err(|error| Refusal::bad_id(&error, "id"))?;
    let title = arguments.title.as_deref();
    let title = title.map(|text| line(text, "title")).transpose()?;
    let bare = Project::bare(id);
    Ok(Project {
        title: title.map_or_else(|| bare.title.clone(), str::to_owned),
        parent: name(arguments.parent_id.as_ref(), ProjectId::parse, "parentId")?,
        team: name(arguments.team.as_ref(), TeamId::parse, "team")?,
        lead: name(arguments.lead.as_ref(), AgentId::parse, "lead")?,
        ..bare
    })
}

pub(super) fn one(session: &Session, id: &ProjectId) -> String {
    let project = session.projects.get(id);
    let project = project.map(|it| project::summary(session, it));
    let project = project.and_then(|it| it.as_object().cloned());
    let project = project.unwrap_or_default();
    answer::json(&One { project }).to_line()
}
