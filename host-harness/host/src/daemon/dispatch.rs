//! From a request to a call of the gateway.
//!
//! It decides who may ask for what, and nothing else; parameters are checked by their shape.
//! Invariant: the caller is whom the operating system says, before anything is looked at.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::contract::scheduler::PollMode;
use crate::contract::tools::Definition;
use crate::contract::types::Caller;
use crate::contract::views::{BoardQuery, EventsQuery, OrgEdit, OrgLook, OrgQuery};
use crate::gateway::{Fault, Gateway, GatewayError, identify};
use aof_disk::Durability;

use super::connection::Ask;
use super::hold::HoldWish;

/// Cards per column, and events per page, when the request does not say.
const LIMIT_DEFAULT: u32 = 1_000;

/// What a request came to.
pub struct Response {
    /// The answer.
    pub result: Result<Value, Box<Fault>>,
    /// True if the store may have changed.
    pub acted: bool,
    /// True if the daemon is to stop.
    pub stop: bool,
    /// Sessions started by it.
    pub started: usize,
    /// What it wants of the pause.
    pub hold: HoldWish,
}

impl Response {
    fn looked(result: Result<Value, Box<Fault>>) -> Self {
        Self {
            result,
            acted: false,
            stop: false,
            started: 0,
            hold: HoldWish::None,
        }
    }

    fn acted(result: Result<Value, Box<Fault>>) -> Self {
        Self {
            acted: true,
            ..Self::looked(result)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolParams {
    name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PollParams {
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExplainParams {
    task: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct NoParams {}

#[derive(Deserialize)]
#[serde(tag = "view", rename_all = "camelCase", deny_unknown_fields)]
enum ViewParams {
    Board {
        project: Option<String>,
        limit: Option<u32>,
    },
    Mailbox {
        agent: String,
    },
    Task {
        id: String,
    },
    Run {
        task: String,
        run: String,
    },
    Events {
        day: Option<String>,
        task: Option<String>,
        offset: Option<u32>,
        limit: Option<u32>,
    },
    Metrics {},
    Settings {},
    Usage {
        by: String,
        window: String,
    },
    Notifications {
        event: Option<String>,
    },
    Org {
        look: OrgWord,
        text: Option<String>,
        path: Option<String>,
        edit: Option<OrgChange>,
        lenient: Option<bool>,
        agents: Option<String>,
    },
    Audit {
        page: u32,
    },
}

/// A value to be set in the text of the chart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrgChange {
    path: String,
    value: String,
}

/// What to say about the org chart.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OrgWord {
    Lint,
    Show,
    Drift,
}

impl From<OrgWord> for OrgLook {
    fn from(word: OrgWord) -> Self {
        match word {
            OrgWord::Lint => OrgLook::Lint,
            OrgWord::Show => OrgLook::Show,
            OrgWord::Drift => OrgLook::Drift,
        }
    }
}

/// What the loop knows about itself.
#[derive(Debug, Clone)]
pub struct Vitals {
    /// How hard commits are pressed to disk.
    pub durability: Durability,
    /// True if a watcher tells of every edit by hand.
    pub is_watching: bool,
    /// Why it does not, if one should.
    pub watch_trouble: Option<String>,
    /// Polls happen at least this often.
    pub poll_interval_ms: u64,
    /// Polls so far.
    pub polls: u64,
}

/// Answers a request.
pub fn dispatch(gateway: &mut Gateway, ask: &Ask, vitals: &Vitals) -> Response {
    let request = &ask.request;
    let live = gateway.live();
    let caller = match identify(ask.pid, request.run.as_deref(), &live) {
        Ok(caller) => caller,
        Err(error) => return Response::looked(Err(Box::new(error.fault()))),
    };
    match request.method.as_str() {
        "tool" => Response::acted(tool(gateway, caller, &request.params)),
        "poll" => poll(gateway, &caller, &request.params),
        "stop" => Response {
            stop: may_steer(&caller),
            ..Response::looked(stop(&caller))
        },
        "hold" => hold(&caller, &request.params, HoldWish::Begin),
        "release" => hold(&caller, &request.params, HoldWish::End),
        "explain" => Response::looked(explain(gateway, &request.params)),
        "view" => Response::looked(view(gateway, &request.params)),
        "tools" => Response::looked(tools(gateway, &request.params)),
        "status" => Response::looked(status(gateway, &request.params, vitals)),
        other => Response::looked(Err(unknown_method(other))),
    }
}

fn tool(gateway: &mut Gateway, caller: Caller, params: &Value) -> Result<Value, Box<Fault>> {
    let ToolParams { name, arguments } = shaped(params)?;
    let arguments = match arguments {
        Value::Null => "{}".to_owned(),
        given => given.to_string(),
    };
    gateway.tool(caller, &name, &arguments).map_err(fault)
}

fn poll(gateway: &mut Gateway, caller: &Caller, params: &Value) -> Response {
    let mode = match shaped::<PollParams>(params) {
        Err(fault) => return Response::looked(Err(fault)),
        Ok(PollParams { dry_run: true }) => PollMode::DryRun,
        Ok(_) if !may_steer(caller) => return Response::looked(Err(people_only("poll"))),
        Ok(_) => PollMode::Act,
    };
    match gateway.poll(mode) {
        Ok(report) => {
            let started = report.started;
            Response {
                started,
                ..Response::acted(Ok(report.value))
            }
        }
        Err(error) => Response::looked(Err(fault(error))),
    }
}

fn stop(caller: &Caller) -> Result<Value, Box<Fault>> {
    if may_steer(caller) {
        Ok(json!({"daemon": {"stopping": true}}))
    } else {
        Err(people_only("stop"))
    }
}

fn hold(caller: &Caller, params: &Value, wish: HoldWish) -> Response {
    match shaped::<NoParams>(params) {
        Err(fault) => Response::looked(Err(fault)),
        Ok(_) if !may_steer(caller) => Response::looked(Err(people_only("hold"))),
        Ok(NoParams {}) => Response {
            hold: wish,
            // The loop, which has the pause, answers.
            ..Response::looked(Ok(Value::Null))
        },
    }
}

fn explain(gateway: &mut Gateway, params: &Value) -> Result<Value, Box<Fault>> {
    let ExplainParams { task } = shaped(params)?;
    gateway.explain(&task).map_err(fault)
}

fn view(gateway: &mut Gateway, params: &Value) -> Result<Value, Box<Fault>> {
    let limit = |given: Option<u32>| given.unwrap_or(LIMIT_DEFAULT);
    let seen = match shaped(params)? {
        ViewParams::Board {
            project,
            limit: given,
        } => gateway.board(&BoardQuery {
            project,
            limit: limit(given),
        }),
        ViewParams::Mailbox { agent } => gateway.mailbox(&agent),
        ViewParams::Task { id } => gateway.task(&id),
        ViewParams::Run { task, run } => gateway.run(&task, &run),
        ViewParams::Events {
            day,
            task,
            offset,
            limit: given,
        } => {
            let offset = offset.unwrap_or(0);
            gateway.events(&EventsQuery {
                day,
                task,
                offset,
                limit: limit(given),
            })
        }
        ViewParams::Metrics {} => gateway.metrics(),
        ViewParams::Settings {} => gateway.configuration(),
        ViewParams::Org {
            look,
            text,
            path,
            edit,
            lenient,
            agents,
        } => gateway.org(&OrgQuery {
            look: look.into(),
            text,
            path,
            edit: edit.map(|OrgChange { path, value }| OrgEdit { path, value }),
            lenient: lenient.unwrap_or_default(),
            agents,
        }),
        ViewParams::Usage { by, window } => gateway.usage(&by, &window),
        ViewParams::Notifications { event } => gateway.notifications(event.as_deref()),
        ViewParams::Audit { page } => gateway.audit(page),
    };
    seen.map_err(fault)
}

fn tools(gateway: &mut Gateway, params: &Value) -> Result<Value, Box<Fault>> {
    let NoParams {} = shaped(params)?;
    let tools = gateway.tools().map_err(fault)?;
    Ok(json!({"tools": tools.iter().map(definition).collect::<Vec<_>>()}))
}

fn definition(tool: &Definition) -> Value {
    let schema = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": schema(&tool.input_schema),
        "outputSchema": schema(&tool.output_schema),
        "annotations": {
            "readOnlyHint": tool.annotations.read_only,
            "destructiveHint": tool.annotations.destructive,
            "idempotentHint": tool.annotations.idempotent,
        },
    })
}

fn status(gateway: &mut Gateway, params: &Value, vitals: &Vitals) -> Result<Value, Box<Fault>> {
    let NoParams {} = shaped(params)?;
    let live = gateway.live().into_iter().map(|run| {
        json!({
            "run": run.run, "task": run.task, "agent": run.agent, "session": run.session,
            "supervisorPid": run.supervisor_pid,
        })
    });
    let live: Vec<Value> = live.collect();
    let next_due_ms = gateway.next_due_ms().map_err(fault)?;
    Ok(json!({"daemon": {
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
        "now": gateway.clock().now_ms(),
        "nextDue": next_due_ms,
        "live": live,
        "durability": vitals.durability.name(),
        "warning": vitals.durability.warning(),
        "watch": {"on": vitals.is_watching, "trouble": vitals.watch_trouble},
        "pollIntervalMs": vitals.poll_interval_ms,
        "polls": vitals.polls,
    }}))
}

fn may_steer(caller: &Caller) -> bool {
    !matches!(caller, Caller::Agent(_))
}

fn shaped<T: DeserializeOwned>(params: &Value) -> Result<T, Box<Fault>> {
    let empty = json!({});
    let params = if params.is_null() { &empty } else { params };
    T::deserialize(params).map_err(|error| {
        let message = format!("wrong parameters: {error}");
        let hint = "compare with the documentation of this method";
        Box::new(Fault::refused("AOF-1904", message, hint).at("params"))
    })
}

fn fault(error: GatewayError) -> Box<Fault> {
    Box::new(error.fault())
}

fn people_only(what: &str) -> Box<Fault> {
    let message = format!("`{what}` is for people, not for agents");
    let hint = "finish your task with the task tools; the rest follows";
    Box::new(Fault::refused("AOF-2905", message, hint))
}

fn unknown_method(method: &str) -> Box<Fault> {
    let message = format!("unknown method `{method}`");
    let hint = "known are tool, poll, explain, view, status, stop, hold, release and tools";
    Box::new(Fault::refused("AOF-1903", message, hint).at("method"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_named_and_nothing_else_is_taken() {
        let view = |params: Value| {
            shaped::<ViewParams>(&params)
                .map(|_| ())
                .map_err(|f| f.code)
        };
        assert!(view(json!({"view": "board"})).is_ok());
        assert!(view(json!({"view": "metrics"})).is_ok());
        assert!(view(json!({"view": "events", "day": "2026-01-01", "limit": 5})).is_ok());
        let wrong = [
            json!({}),
            json!([]),
            json!({"view": "walls"}),
            json!({"view": "mailbox"}),
            json!({"view": "board", "limit": -1}),
            json!({"view": "board", "extra": 1}),
        ];
        for params in wrong {
            assert_eq!(view(params), Err("AOF-1904".to_owned()));
        }
    }

    #[test]
    fn absent_parameters_count_as_empty() {
        assert!(!shaped::<PollParams>(&Value::Null).unwrap().dry_run);
        assert!(shaped::<NoParams>(&Value::Null).is_ok());
        assert!(shaped::<NoParams>(&json!({"x": 1})).is_err());
    }
}
