//! The tools that agents and people call, one a file, with schemas made from their types.
//!
//! The schemas are made ahead of time (`schema`) and kept as texts beside it. Invariant: arguments
//! are checked whole before anything is touched, and every tool of the list can be called.

mod answer;
mod arguments;
mod block;
mod cancel;
mod complete;
mod depend;
mod dispatch;
mod edit;
mod get;
mod heartbeat;
mod list;
mod log;
mod look;
mod once;
mod project;
mod promote;
mod report;
mod result;
mod resurrect;
#[cfg(not(target_arch = "wasm32"))]
mod schema;
mod subscribe;
mod target;
mod unblock;
mod update;
mod upgrade;
mod workflow;

pub(crate) use dispatch::fresh_id;

use aof_core::caller::{Caller, Context};
use aof_core::refusal::Refusal;
use aof_store::event_log::Event;
use aof_store::port::Store;

use crate::engine::Engine;
use crate::outcome::Outcome;

pub(crate) use get::usage_of;
#[cfg(not(target_arch = "wasm32"))]
pub use schema::{Schemas, schemas};

/// Largest arguments of a call, in bytes.
pub const ARGUMENTS_BYTES_MAX: usize = 1024 * 1024;

/// What a tool does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotations {
    /// Changes nothing.
    pub read_only: bool,
    /// Ends something that cannot be brought back.
    pub destructive: bool,
    /// Calling it twice is calling it once.
    pub idempotent: bool,
}

/// A tool, as agents see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// When to use it.
    pub description: &'static str,
    /// JSON Schema of the arguments.
    pub input_schema: String,
    /// JSON Schema of the answer.
    pub output_schema: String,
    /// What it does to the world.
    pub annotations: Annotations,
}

const READS: Annotations = Annotations {
    read_only: true,
    destructive: false,
    idempotent: true,
};
const WRITES: Annotations = Annotations {
    read_only: false,
    destructive: false,
    idempotent: false,
};
const REPEATS: Annotations = Annotations {
    read_only: false,
    destructive: false,
    idempotent: true,
};
const ENDS: Annotations = Annotations {
    read_only: false,
    destructive: true,
    idempotent: false,
};

/// Name, title, description and effect of a tool.
struct Card(&'static str, &'static str, &'static str, Annotations);

const DISPATCH: Card = Card(
    "aof_dispatch",
    "Dispatch a task",
    "Creates a task for an agent, a role or a team. It starts as soon as its dependencies are done \
     and there is room.",
    WRITES,
);
const GET: Card = Card(
    "aof_task_get",
    "Read a task",
    "Gives one task whole: card, body, metadata and its runs.",
    READS,
);
const UPDATE: Card = Card(
    "aof_task_update",
    "Update a task",
    "Replaces the body or moves the task to another status, both or nothing.",
    WRITES,
);
const COMPLETE: Card = Card(
    "aof_task_complete",
    "Complete a task",
    "Finishes the task that you work on. Call it once the work is done and its results are in the \
     work directory.",
    WRITES,
);
const BLOCK: Card = Card(
    "aof_task_block",
    "Block a task",
    "Says that the task cannot go on, and why. It stays blocked until somebody unblocks it.",
    WRITES,
);
const UNBLOCK: Card = Card(
    "aof_task_unblock",
    "Unblock a task",
    "Makes a blocked task ready again.",
    WRITES,
);
const CANCEL: Card = Card(
    "aof_task_cancel",
    "Cancel a task",
    "Gives a task up for good. Begin the reason with superseded:, duplicate-of: or abandoned: \
     where one of them fits.",
    ENDS,
);
const PROMOTE: Card = Card(
    "aof_task_promote",
    "Promote a task",
    "Makes a task of the backlog ready once it waits for nothing, or with force at once.",
    WRITES,
);
const RESURRECT: Card = Card(
    "aof_task_resurrect",
    "Bring a task back",
    "Makes a dead letter ready again, with all its tries.",
    WRITES,
);
const DEP_ADD: Card = Card(
    "aof_task_dep_add",
    "Add a dependency",
    "Lets a task wait for another one. A circle of tasks that wait for one another is refused.",
    REPEATS,
);
const DEP_REMOVE: Card = Card(
    "aof_task_dep_remove",
    "Remove a dependency",
    "Lets a task wait for another one no longer.",
    REPEATS,
);
const SUBSCRIBE: Card = Card(
    "aof_task_subscribe",
    "Subscribe to the end of a task",
    "Lets an agent be told once how a task ended: done, cancelled or given up. Asking again \
     changes nothing.",
    REPEATS,
);
const UNSUBSCRIBE: Card = Card(
    "aof_task_unsubscribe",
    "Take a subscription back",
    "Lets nobody be told by this subscription any more.",
    REPEATS,
);
const EDIT: Card = Card(
    "aof_task_edit",
    "Edit a task",
    "Changes what a task is: title, priority, whom it names, tags, resource, limit, metadata. The \
     body is replaced by aof_task_update.",
    WRITES,
);
const LOG: Card = Card(
    "aof_task_log",
    "Write into the work log",
    "Adds an entry with your name and the time to the work log of a task, and changes nothing \
     there.",
    WRITES,
);
const HEARTBEAT: Card = Card(
    "aof_task_heartbeat",
    "Show life",
    "Says that you are still at work on your task. Every other call of a tool says so as well.",
    REPEATS,
);
const LIST: Card = Card(
    "aof_task_list",
    "List tasks",
    "Lists tasks by status, agent, role, team, tag, priority, parent, title or project, page by \
     page.",
    READS,
);
const EXPLAIN: Card = Card(
    "aof_explain",
    "Explain a task",
    "Says why a task runs or waits: the routing decision, every candidate, caps, dependencies.",
    READS,
);
const ORG_SHOW: Card = Card(
    "aof_org_show",
    "Show the org chart",
    "Shows agents, teams, units, roles and routing rules as they are written.",
    READS,
);
const WORKFLOW_UPGRADE: Card = Card(
    "aof_workflow_upgrade",
    "Change the workflow of a task",
    "Lets a task go on with another definition of its workflow. What is done or at work stays; \
     ask with dryRun first to see what is different.",
    WRITES,
);
const WORKFLOW_CHECK: Card = Card(
    "aof_workflow_check",
    "Check a workflow",
    "Says what is wrong with a workflow before a task is given it, what a template of a project \
     says, or whether a condition holds.",
    READS,
);
const REPORT: Card = Card(
    "aof_status_report",
    "Report on tasks",
    "Counts tasks by status and lists them, filtered by agent or status.",
    READS,
);

const PROJECT_CREATE: Card = Card(
    "aof_project_create",
    "Create a project",
    "Makes a project with a manifest and empty status directories.",
    WRITES,
);
const PROJECT_LIST: Card = Card(
    "aof_project_list",
    "List projects",
    "Lists projects with their status, parent, owner and numbers of tasks.",
    READS,
);
const PROJECT_STATUS: Card = Card(
    "aof_project_status",
    "Pause, archive or resume a project",
    "Sets the status of a project: active, paused (nothing is dispatched, below it neither) or \
     archived (no new tasks either).",
    WRITES,
);

/// Tools that change nothing.
const READING: [Card; 7] = [
    GET,
    LIST,
    EXPLAIN,
    ORG_SHOW,
    WORKFLOW_CHECK,
    REPORT,
    PROJECT_LIST,
];

/// The text of a schema. With `AOF_ACCEPT=1` the tests of tools renew it.
macro_rules! schema {
    ($name:literal) => {
        include_str!(concat!("tool/schema/", $name, ".json"))
    };
}

const TOUCHED: &str = schema!("answer/touched");
const ONE_PROJECT: &str = schema!("answer/one");

impl Card {
    fn define(&self, input_schema: &str, output_schema: &str) -> Definition {
        let Card(name, title, description, annotations) = *self;
        Definition {
            name,
            title,
            description,
            input_schema: on_one_line(input_schema),
            output_schema: on_one_line(output_schema),
            annotations,
        }
    }
}

/// A schema is kept with a field a line. In JSON no text goes over the end of a line.
fn on_one_line(schema: &str) -> String {
    schema.lines().collect()
}

/// Whether a call of the tool is made once if it has a key. A heartbeat needs none.
fn takes_key(name: &str) -> bool {
    !READING.iter().any(|card| card.0 == name) && name != HEARTBEAT.0
}

impl<S: Store> Engine<S> {
    /// Every tool.
    #[must_use]
    pub fn tools() -> Vec<Definition> {
        vec![
            DISPATCH.define(schema!("aof_dispatch"), TOUCHED),
            GET.define(schema!("aof_task_get"), schema!("answer/whole")),
            UPDATE.define(schema!("aof_task_update"), TOUCHED),
            COMPLETE.define(schema!("aof_task_complete"), TOUCHED),
            BLOCK.define(schema!("aof_task_block"), TOUCHED),
            UNBLOCK.define(schema!("aof_task_unblock"), TOUCHED),
            CANCEL.define(schema!("aof_task_cancel"), TOUCHED),
            PROMOTE.define(schema!("aof_task_promote"), TOUCHED),
            RESURRECT.define(schema!("aof_task_resurrect"), TOUCHED),
            DEP_ADD.define(schema!("aof_task_dep_add"), TOUCHED),
            DEP_REMOVE.define(schema!("aof_task_dep_remove"), TOUCHED),
            SUBSCRIBE.define(schema!("aof_task_subscribe"), TOUCHED),
            UNSUBSCRIBE.define(schema!("aof_task_unsubscribe"), TOUCHED),
            EDIT.define(schema!("aof_task_edit"), TOUCHED),
            LOG.define(schema!("aof_task_log"), TOUCHED),
            HEARTBEAT.define(schema!("aof_task_heartbeat"), schema!("answer/held")),
            LIST.define(schema!("aof_task_list"), schema!("answer/list")),
            EXPLAIN.define(schema!("aof_explain"), schema!("answer/decision")),
            ORG_SHOW.define(schema!("aof_org_show"), schema!("answer/org")),
            WORKFLOW_UPGRADE.define(schema!("aof_workflow_upgrade"), schema!("answer/upgrade")),
            WORKFLOW_CHECK.define(schema!("aof_workflow_check"), schema!("answer/workflow")),
            REPORT.define(schema!("aof_status_report"), schema!("answer/report")),
            PROJECT_CREATE.define(schema!("aof_project_create"), ONE_PROJECT),
            PROJECT_LIST.define(schema!("aof_project_list"), schema!("answer/several")),
            PROJECT_STATUS.define(schema!("aof_project_status"), ONE_PROJECT),
        ]
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// `AOF-1001` for an unknown tool, `AOF-1002` for arguments that do not fit its schema, and
    /// what the tool itself refuses.
    pub fn call(&mut self, ctx: &Context, name: &str, arguments: &str) -> Result<Outcome, Refusal> {
        self.fresh()?;
        let mut events = self.sign_of_life(ctx)?;
        let keyed = takes_key(name)
            .then(|| once::keyed(arguments))
            .transpose()?;
        let (key, rest) = match &keyed {
            Some(keyed) => (keyed.key.clone(), keyed.rest.as_str()),
            None => (None, arguments),
        };
        let known = key.map(|key| self.made_before(ctx, (name, key, rest)));
        let outcome = match known.transpose()?.flatten() {
            Some(outcome) => Ok(outcome),
            None => self.dispatch_to(ctx, name, rest),
        };
        if let Some(session) = &mut self.session {
            session.asking = None;
        }
        let mut outcome = outcome?;
        events.append(&mut outcome.events);
        Ok(Outcome { events, ..outcome })
    }

    fn dispatch_to(
        &mut self,
        ctx: &Context,
        name: &str,
        arguments: &str,
    ) -> Result<Outcome, Refusal> {
        match name {
            "aof_dispatch" => self.dispatch(ctx, arguments::parse(arguments)?),
            "aof_task_get" => self.get(ctx, &arguments::parse(arguments)?),
            "aof_task_update" => self.update(ctx, &arguments::parse(arguments)?),
            "aof_task_complete" => self.complete(ctx, &arguments::parse(arguments)?),
            "aof_task_block" => self.block(ctx, &arguments::parse(arguments)?),
            "aof_task_unblock" => self.unblock(ctx, &arguments::parse(arguments)?),
            "aof_task_cancel" => self.cancel(ctx, &arguments::parse(arguments)?),
            "aof_task_promote" => self.promote(ctx, &arguments::parse(arguments)?),
            "aof_task_resurrect" => self.resurrect(ctx, &arguments::parse(arguments)?),
            "aof_task_dep_add" => self.add_dependency(ctx, &arguments::parse(arguments)?),
            "aof_task_dep_remove" => self.remove_dependency(ctx, &arguments::parse(arguments)?),
            "aof_task_subscribe" => self.subscribe(ctx, arguments),
            "aof_task_unsubscribe" => self.unsubscribe(ctx, arguments),
            "aof_task_edit" => self.edit(ctx, &arguments::parse(arguments)?),
            "aof_task_log" => self.log(ctx, &arguments::parse(arguments)?),
            "aof_task_heartbeat" => self.heartbeat(ctx, &arguments::parse(arguments)?),
            "aof_task_list" => self.list(ctx, &arguments::parse(arguments)?),
            "aof_explain" => self.explain_task(ctx, &arguments::parse(arguments)?),
            "aof_org_show" => self.show_org(ctx, &arguments::parse(arguments)?),
            "aof_workflow_upgrade" => self.upgrade(ctx, &arguments::parse(arguments)?),
            "aof_workflow_check" => self.check_workflow(ctx, arguments),
            "aof_status_report" => self.report(ctx, &arguments::parse(arguments)?),
            "aof_project_create" => self.project_create(ctx, &arguments::parse(arguments)?),
            "aof_project_list" => self.project_list(ctx, &arguments::parse(arguments)?),
            "aof_project_status" => self.project_status(ctx, &arguments::parse(arguments)?),
            other => Err(unknown_tool(other)),
        }
    }

    /// A run that calls a tool lives: its lease is extended.
    fn sign_of_life(&mut self, ctx: &Context) -> Result<Vec<Event>, Refusal> {
        let Caller::Agent { run: Some(run), .. } = &ctx.caller else {
            return Ok(Vec::new());
        };
        let (_, session) = self.at_hand()?;
        if !session.is_writer || !session.live.contains_key(run) {
            return Ok(Vec::new());
        }
        session.quiet.retain(|quiet| quiet != run);
        let Outcome {
            effects, events, ..
        } = self.extend(ctx, run)?;
        let (_, session) = self.at_hand()?;
        session.hand_out_later(&effects, ctx.now);
        Ok(events)
    }
}

fn unknown_tool(name: &str) -> Refusal {
    let all = [
        DISPATCH,
        GET,
        UPDATE,
        COMPLETE,
        BLOCK,
        UNBLOCK,
        CANCEL,
        PROMOTE,
        RESURRECT,
        DEP_ADD,
        DEP_REMOVE,
        SUBSCRIBE,
        UNSUBSCRIBE,
        EDIT,
        LOG,
        HEARTBEAT,
        LIST,
        EXPLAIN,
        ORG_SHOW,
        WORKFLOW_UPGRADE,
        WORKFLOW_CHECK,
        REPORT,
        PROJECT_CREATE,
        PROJECT_LIST,
        PROJECT_STATUS,
    ];
    let names: Vec<&str> = all.iter().map(|Card(name, ..)| *name).collect();
    let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    Refusal::refused(
        "AOF-1001",
        format!("there is no tool `{shown}`"),
        &format!("tools: {}", names.join(", ")),
    )
    .at("name")
}
