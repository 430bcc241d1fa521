//! `aof_dispatch`: a new task.

use aof_core::caller::Context;
use aof_core::card::Routing;
use aof_core::dependency::DependencyPolicy;
use aof_core::dice::Dice;
use aof_core::id::{AgentId, ProjectId, RoleId, RunId, TaskId, TeamId};
use aof_core::json::ToLine as _;
use aof_core::metadata;
use aof_core::permission::Operation;
use aof_core::priority::Priority;
use aof_core::project::ProjectStatus;
use aof_core::refusal::{Kind, Refusal};
use aof_core::routing::{Flaw, Occupancy, Target, Via, Wish, route};
use aof_core::status::Status;
use aof_core::verb::{self, Draft};
use aof_core::workflow::{Flow, Template};
use aof_store::layout::{INBOX, ProjectRoot};
use aof_store::port::Store;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::access::{check_actor, permit, permit_new};
use crate::change::load_one;
use crate::engine::Engine;
use crate::flow::check_doers;
use crate::outcome::Outcome;
use crate::session::Session;
use crate::tool::answer::{self, Touched, TouchedTask, touched};
use crate::tool::arguments::{self, body, bounded, line, name};
use crate::tool::depend;
use crate::tool::subscribe::creator;
use crate::tool::workflow::{unknown, usable};
use crate::work::Work;

/// Fresh ids tried before giving up. Source: AOF 1.20, "allocation".
const ID_TRIES: usize = 1_000;

/// Arguments of `aof_dispatch`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// One line that says what is to be done.
    title: String,
    /// What the agent needs to know, in Markdown. `description` is another name for it.
    #[serde(alias = "description")]
    brief: String,
    /// One agent of the org chart; wins over role and team.
    agent: Option<String>,
    /// A team of the org chart.
    team: Option<String>,
    /// A role of the org chart.
    role: Option<String>,
    /// critical, high, normal (medium) or low.
    priority: Option<String>,
    /// Tasks that must be done first.
    #[serde(default)]
    depends_on: Vec<String>,
    /// When one of them counts as met: done (the default), or terminal, however it ended.
    dependency_policy: Option<String>,
    /// The task that this one is a part of.
    parent_id: Option<String>,
    /// Anything else, kept with the task.
    #[serde(default)]
    metadata: Map<String, Value>,
    /// Words that describe the work.
    #[serde(default)]
    tags: Vec<String>,
    /// Two running tasks never share a resource, such as the path of a workspace.
    resource: Option<String>,
    /// Limit of one run, at most 14400000.
    timeout_ms: Option<u64>,
    /// The project; `_inbox` if left out.
    project: Option<String>,
    /// The workflow that the task carries: a definition, the name of one of the project's
    /// templates, or false for none. The project's default if left out.
    workflow: Option<Value>,
    /// `completion`, if given: the caller, an agent, is told once how the task ends.
    subscribe: Option<String>,
    /// Must be the caller, if given.
    actor: Option<String>,
}

impl<S: Store> Engine<S> {
    pub(super) fn dispatch(
        &mut self,
        ctx: &Context,
        arguments: Arguments,
    ) -> Result<Outcome, Refusal> {
        check_actor(ctx, arguments.actor.as_deref())?;
        let mut dice = Dice::new(ctx.entropy);
        let mut tries = 0;
        loop {
            tries += 1;
            if tries > 1 {
                self.fresh()?;
            }
            let (store, session) = self.at_hand()?;
            session.require_writer()?;
            let (root, draft, carried) = draft(session, ctx, &arguments, &mut dice)?;
            permit_new(store, session, ctx, &draft)?;
            if let Some(whole) = &draft.parent_id {
                // The whole will wait for this part.
                let loaded = load_one(store, session, whole)?;
                let about = (Operation::Part, &loaded, &loaded.card());
                permit(store, session, ctx, about).map_err(|refusal| refusal.at("parentId"))?;
            }
            let hash = aof_codec::content_hash(&draft.body);
            let mut step = verb::create(draft, hash, ctx.now);
            step.card.workflow = carried;
            let mut subscription = None;
            if let Some(creator) = creator(&session.chart, ctx, arguments.subscribe.as_ref())? {
                let id = RunId::generate(ctx.now, dice.roll_pair());
                verb::subscribe_along(&mut step, &id, &creator, ctx.now)?;
                subscription = Some(id.to_string());
            }
            let card = step.card.clone();
            let mut work = Work::default();
            work.create(session, ctx, &root, step)
                .map_err(|refusal| refusal.at("metadata"))?;
            match work.commit(store, session) {
                Ok(committed) => {
                    let task = TouchedTask {
                        project: Some(root.id().to_string()),
                        file_path: Some(root.card(card.status, &card.id)),
                        subscription_id: subscription,
                        ..touched(&card)
                    };
                    let value = answer::json(&Touched { task }).to_line();
                    let (effects, events) = (committed.effects, committed.events);
                    return Ok(Outcome {
                        value,
                        effects,
                        events,
                    });
                }
                Err(refusal) if refusal.kind == Kind::Conflict && tries < ID_TRIES => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }
}

fn draft(
    session: &Session,
    ctx: &Context,
    arguments: &Arguments,
    dice: &mut Dice,
) -> Result<(ProjectRoot, Draft, Option<Box<Flow>>), Refusal> {
    let project = arguments.project.as_deref().unwrap_or(INBOX);
    let project = ProjectId::parse(project).map_err(|error| Refusal::bad_id(&error, "project"))?;
    let root = session.root(&project)?.clone();
    refuse_archived(session, &project)?;
    let workflow = workflow(session, &project, arguments.workflow.as_ref())?;
    let routing = routing(session, arguments, (&project, workflow.is_some()))?;
    let depends_on = depends_on(session, &arguments.depends_on)?;
    let dependency_policy = dependency_policy(arguments.dependency_policy.as_deref())?;
    let index = &session.shelf.index;
    let is_free = depends_on
        .iter()
        .all(|id| dependency_policy.is_met(index.status(id)));
    let parent_id = parent_id(session, arguments, &depends_on)?;
    let resource = arguments
        .resource
        .as_deref()
        .map(|key| line(key, "resource"))
        .transpose()?;
    let draft = Draft {
        id: fresh_id(session, ctx, dice),
        project,
        status: if is_free {
            Status::Ready
        } else {
            Status::Backlog
        },
        title: line(&arguments.title, "title")?.to_owned(),
        body: brief(&arguments.brief)?,
        priority: priority(arguments.priority.as_deref())?,
        routing,
        depends_on,
        dependency_policy,
        parent_id,
        resource: resource.map(str::to_owned),
        metadata: metadata_of(arguments)?,
        created_by: ctx.caller.actor().to_owned(),
    };
    Ok((root, draft, workflow))
}

/// What the task is a part of. It must not depend on something that waits for its whole: the whole
/// waits for its parts.
fn parent_id(
    session: &Session,
    arguments: &Arguments,
    depends_on: &[TaskId],
) -> Result<Option<TaskId>, Refusal> {
    let Some(text) = arguments.parent_id.as_deref() else {
        return Ok(None);
    };
    let whole = session.resolve(text);
    let whole = whole.map_err(|refusal| refusal.at("parentId"))?;
    for blocker in depends_on {
        if let Some(way) = session.shelf.index.way(blocker, &whole) {
            return Err(depend::cycle(&whole, way, "dependsOn"));
        }
    }
    Ok(Some(whole))
}

/// The workflow that the task carries: what the call gives, or the default of its project.
pub(super) fn workflow(
    session: &Session,
    project: &ProjectId,
    given: Option<&Value>,
) -> Result<Option<Box<Flow>>, Refusal> {
    let known = session.projects.get(project);
    let template = match given {
        Some(Value::Bool(false)) => return Ok(None),
        None | Some(Value::Null) => {
            let name = known.and_then(|it| it.default_template.as_deref());
            let Some(template) = name.and_then(|name| known?.template(name)) else {
                return Ok(None);
            };
            (template.clone(), true)
        }
        Some(Value::String(name)) if ProjectId::parse(name).is_ok() => {
            let all = known.map_or(&[][..], |project| &project.templates);
            let found = all.iter().find(|it| it.name == *name);
            let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
            let none = || unknown(project, name, &names).at("workflow");
            (found.ok_or_else(none)?.clone(), true)
        }
        Some(Value::String(text)) => {
            let read = aof_codec::parse_workflow("workflow", text.as_bytes());
            (usable(read)?, false)
        }
        Some(written) => (usable(aof_codec::workflow_of("workflow", written))?, false),
    };
    let (
        Template {
            name,
            definition,
            written,
        },
        is_named,
    ) = template;
    check_doers(&session.chart, &definition.graph)?;
    let flow = Flow::new(definition, written, is_named.then_some(name));
    Ok(Some(Box::new(flow)))
}

fn dependency_policy(text: Option<&str>) -> Result<DependencyPolicy, Refusal> {
    let Some(text) = text else {
        return Ok(DependencyPolicy::default());
    };
    DependencyPolicy::parse(text).ok_or_else(|| {
        Refusal::refused(
            "AOF-1004",
            "`dependencyPolicy` is not a policy".to_owned(),
            "use done or terminal",
        )
        .at("dependencyPolicy")
    })
}

pub(crate) fn fresh_id(session: &Session, ctx: &Context, dice: &mut Dice) -> TaskId {
    let mut id = TaskId::generate(ctx.now, dice.roll());
    for _ in 0..ID_TRIES {
        if session.shelf.index.status(&id).is_none() {
            break;
        }
        id = TaskId::generate(ctx.now, dice.roll());
    }
    id
}

fn refuse_archived(session: &Session, project: &ProjectId) -> Result<(), Refusal> {
    match session.projects.get(project).map(|project| project.status) {
        Some(ProjectStatus::Archived) => Err(Refusal::refused(
            "AOF-2007",
            format!("project `{project}` is archived"),
            "set `status: active` in its project.yaml, or use another project",
        )
        .at("project")),
        _ => Ok(()),
    }
}

fn brief(text: &str) -> Result<String, Refusal> {
    let text = body(text, "brief")?.trim();
    if text.is_empty() {
        let refusal = Refusal::refused(
            "AOF-1004",
            "`brief` is empty".to_owned(),
            "say what the agent needs to know",
        );
        return Err(refusal.at("brief"));
    }
    Ok(format!("{text}\n"))
}

fn priority(text: Option<&str>) -> Result<Priority, Refusal> {
    text.map_or_else(|| Ok(Priority::default()), arguments::priority)
}

fn routing(
    session: &Session,
    arguments: &Arguments,
    (project, carries_workflow): (&ProjectId, bool),
) -> Result<Routing, Refusal> {
    let mut routing = Routing {
        agent: name(arguments.agent.as_ref(), AgentId::parse, "agent")?,
        role: name(arguments.role.as_ref(), RoleId::parse, "role")?,
        team: name(arguments.team.as_ref(), TeamId::parse, "team")?,
        tags: arguments::tags(&arguments.tags)?,
    };
    // The hops of a workflow say themselves who does them.
    if routing.names_target() || carries_workflow {
        return Ok(routing);
    }
    let Some(project) = session.projects.get(project) else {
        return Ok(routing);
    };
    let wish = Wish {
        routing: &routing,
        priority: priority(arguments.priority.as_deref())?,
        project,
    };
    let decision = route(wish, &session.chart, &|_| Occupancy::default());
    match (decision.target, decision.via) {
        (Target::Nobody(Flaw::NoTarget), _) => Err(Refusal::refused(
            "AOF-1011",
            "the task names nobody, no routing rule and no agent's tags fit it, and its project \
             has no owner"
                .to_owned(),
            "give `agent`, `role` or `team`, or set `owner` in project.yaml",
        )
        .at("agent")),
        // What a rule or tags lead to is decided when the task is given out.
        (_, Via::Owner) => {
            routing.agent.clone_from(&project.lead);
            routing.team = project.team.clone().filter(|_| routing.agent.is_none());
            Ok(routing)
        }
        _ => Ok(routing),
    }
}

fn depends_on(session: &Session, ids: &[String]) -> Result<Vec<TaskId>, Refusal> {
    bounded(ids.len(), "dependsOn")?;
    let mut found: Vec<TaskId> = Vec::new();
    for (place, text) in ids.iter().enumerate() {
        let id = session
            .resolve(text)
            .map_err(|refusal| refusal.at(format!("dependsOn[{place}]")))?;
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

fn metadata_of(arguments: &Arguments) -> Result<Map<String, Value>, Refusal> {
    let mut entries = arguments.metadata.clone();
    arguments::metadata(&entries)?;
    if let Some(limit_ms) = arguments.timeout_ms {
        let limit_ms = arguments::timeout(limit_ms)?;
        entries.insert(metadata::TIMEOUT_MS.to_owned(), limit_ms.into());
    }
    Ok(entries)
}
