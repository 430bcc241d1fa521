//! What can be looked at, asked through the daemon or directly.
//!
//! Invariant: both ways give the same document.

use aof_host::contract::tools::Definition;
use aof_host::contract::views::{BoardQuery, EventsQuery, OrgEdit, OrgLook, OrgQuery};
use aof_host::gateway::{Gateway, GatewayError};
use serde_json::{Value, json};

/// One view.
#[derive(Debug, Clone)]
pub enum View {
    /// All tasks by status.
    Board {
        /// Only this project's.
        project: Option<String>,
        /// Cards per status.
        limit: u32,
    },
    /// One task.
    Task {
        /// Its id, or a unique beginning of it.
        id: String,
    },
    /// What happened on a day.
    Events {
        /// `YYYY-MM-DD`; none for today.
        day: Option<String>,
        /// Only of this task.
        task: Option<String>,
        /// How many to skip.
        offset: u32,
        /// How many to show.
        limit: u32,
    },
    /// The settings in force.
    Settings,
    /// What was used.
    Usage {
        /// By what it is summed.
        by: String,
        /// Within which time.
        window: String,
    },
    /// What the notification rules would make of an event.
    Notifications {
        /// The event as JSON; none for every type of event.
        event: Option<String>,
    },
    /// The org chart.
    Org {
        /// What to say about it.
        look: OrgWord,
        /// What to call another chart, and its text.
        text: Option<(String, String)>,
        /// Path and value of what to change before looking.
        edit: Option<(String, String)>,
        /// Unknown keys are only pointed out.
        is_lenient: bool,
        /// The gateway's agents as JSON; none for those that it told.
        agents: Option<String>,
    },
    /// One page of what should be looked at; 0 begins anew.
    Audit {
        /// Which page.
        page: u32,
    },
}

/// What to say about the org chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgWord {
    /// What is wrong with it.
    Lint,
    /// What it says.
    Show,
    /// How the gateway differs.
    Drift,
}

impl OrgWord {
    fn as_str(self) -> &'static str {
        match self {
            OrgWord::Lint => "lint",
            OrgWord::Show => "show",
            OrgWord::Drift => "drift",
        }
    }
}

impl View {
    /// The request to the daemon.
    pub fn params(&self) -> Value {
        match self {
            View::Board { project, limit } => {
                json!({ "view": "board", "project": project, "limit": limit })
            }
            View::Task { id } => json!({ "view": "task", "id": id }),
            View::Settings => json!({ "view": "settings" }),
            View::Org {
                look,
                text,
                edit,
                is_lenient,
                agents,
            } => {
                let (path, text) = text.clone().unzip();
                json!({
                    "view": "org", "look": look.as_str(), "text": text, "path": path,
                    "lenient": is_lenient, "agents": agents,
                    "edit": edit.as_ref().map(|(path, value)| json!({
                        "path": path, "value": value,
                    })),
                })
            }
            View::Usage { by, window } => json!({ "view": "usage", "by": by, "window": window }),
            View::Notifications { event } => json!({ "view": "notifications", "event": event }),
            View::Audit { page } => json!({ "view": "audit", "page": page }),
            View::Events {
                day,
                task,
                offset,
                limit,
            } => json!({
                "view": "events", "day": day, "task": task, "offset": offset, "limit": limit,
            }),
        }
    }

    /// Asks the gateway itself.
    ///
    /// # Errors
    /// What the component answered.
    pub fn ask(&self, gateway: &mut Gateway) -> Result<Value, GatewayError> {
        match self {
            View::Board { project, limit } => gateway.board(&BoardQuery {
                project: project.clone(),
                limit: *limit,
            }),
            View::Task { id } => gateway.task(id),
            View::Settings => gateway.configuration(),
            View::Org {
                look,
                text,
                edit,
                is_lenient,
                agents,
            } => {
                let (path, text) = text.clone().unzip();
                gateway.org(&OrgQuery {
                    look: match look {
                        OrgWord::Lint => OrgLook::Lint,
                        OrgWord::Show => OrgLook::Show,
                        OrgWord::Drift => OrgLook::Drift,
                    },
                    text,
                    path,
                    edit: edit.clone().map(|(path, value)| OrgEdit { path, value }),
                    lenient: *is_lenient,
                    agents: agents.clone(),
                })
            }
            View::Usage { by, window } => gateway.usage(by, window),
            View::Notifications { event } => gateway.notifications(event.as_deref()),
            View::Audit { page } => gateway.audit(*page),
            View::Events {
                day,
                task,
                offset,
                limit,
            } => {
                let (day, task) = (day.clone(), task.clone());
                gateway.events(&EventsQuery {
                    day,
                    task,
                    offset: *offset,
                    limit: *limit,
                })
            }
        }
    }
}

/// The tools as a document, schemas parsed.
pub fn tools_document(tools: &[Definition]) -> Value {
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let document = |tool: &Definition| {
        json!({
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": parsed(&tool.input_schema),
            "outputSchema": parsed(&tool.output_schema),
            "annotations": {
                "readOnlyHint": tool.annotations.read_only,
                "destructiveHint": tool.annotations.destructive,
                "idempotentHint": tool.annotations.idempotent,
            },
        })
    };
    json!({ "tools": tools.iter().map(document).collect::<Vec<_>>() })
}
