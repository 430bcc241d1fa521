//! Why a task stands where it stands, from the very plan that a poll would carry out.

mod flow;

use aof_core::caller::Context;
use aof_core::id::{AgentId, TaskId};
use aof_core::index::Row;
use aof_core::json::ToLine as _;
use aof_core::org::Method;
use aof_core::plan::{Action, Considered, Plan, Scope, Via, WaitKind, caps_of, plan, waits_for};
use aof_core::refusal::Refusal;
use aof_core::routing::Verdict;
use aof_core::status::Status;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::change::load_one;
use crate::engine::Engine;
use crate::session::Session;
use crate::summary;
use crate::tool::usage_of;
use crate::view::of_sum;

struct Explanation {
    verdict: &'static str,
    agent: Option<AgentId>,
    reasons: Vec<String>,
    via: Option<Via>,
    candidates: Vec<Considered>,
}

impl Explanation {
    fn because(verdict: &'static str, reason: impl Into<String>) -> Self {
        let reasons = vec![reason.into()];
        Explanation {
            verdict,
            agent: None,
            reasons,
            via: None,
            candidates: Vec::new(),
        }
    }
}

impl<S: Store> Engine<S> {
    /// Explains one task: `{"decision": {…}}`. A file that is set aside is explained too.
    ///
    /// # Errors
    /// `AOF-1005` or `AOF-1006` if `text` does not name one task.
    pub fn explain(&mut self, ctx: &Context, text: &str) -> Result<String, Refusal> {
        let (store, session) = self.fresh()?;
        let id = match session.resolve(text) {
            Ok(id) => id,
            Err(refusal) => return set_aside(session, text).ok_or(refusal),
        };
        let row = session.shelf.index.row(&id);
        let carries = row.is_none_or(|row| row.flow.is_some());
        let hops = match carries {
            true => flow::hops(session, ctx, &load_one(store, session, &id)?.card()),
            false => Vec::new(),
        };
        let mut explanation = match row {
            Some(row) => explain_row(session, ctx, &id, row),
            None => {
                let status = session.shelf.index.status(&id);
                let status = status.map_or("done", Status::as_str);
                Explanation::because("terminal", format!("the task is {status}"))
            }
        };
        explanation.reasons.extend(hops);
        Ok(decision(session, ctx, (&id, row), explanation))
    }
}

fn explain_row(session: &Session, ctx: &Context, id: &TaskId, row: &Row) -> Explanation {
    let plan = || {
        let scope = Scope {
            waiting_max: 0,
            focus: Some(id),
            dispatched: 0,
        };
        plan(&session.snapshot(ctx.now), scope)
    };
    match row.status {
        Status::Ready => of_ready(session, &plan(), id),
        Status::InProgress => in_progress(session, ctx, row),
        Status::Backlog => backlog(session, row, &plan(), id),
        Status::Blocked => blocked(session, id, row),
        Status::Review if row.hop.as_ref().is_some_and(|hop| hop.is_human) => Explanation::because(
            "waiting-human",
            "a person decides: `aof approve`, `aof reject`",
        ),
        Status::Review => Explanation::because("waiting", "waits for acceptance in review"),
        Status::Deadletter => Explanation::because(
            "blocked",
            format!(
                "given up by the scheduler: {}",
                row.reason.as_deref().unwrap_or("no reason")
            ),
        ),
        Status::Done | Status::Cancelled => Explanation::because("terminal", "finished"),
    }
}

/// How an agent is reached, where the chart says.
fn reached(session: &Session, agent: &AgentId) -> Option<String> {
    let ways = session.chart.agent(agent)?.comms.ways()?;
    Some(format!("`{agent}` is reached by {ways}"))
}

fn of_ready(session: &Session, plan: &Plan, id: &TaskId) -> Explanation {
    let dispatch = plan.actions.iter().find_map(|action| match action {
        Action::Dispatch {
            task,
            agent,
            via,
            candidates,
        } if task == id => Some((agent, via, candidates)),
        _ => None,
    });
    if plan.actions.contains(&Action::Begin(id.clone())) {
        return Explanation::because("would-begin", "the next poll begins its workflow");
    }
    if let Some((agent, via, candidates)) = dispatch {
        return Explanation {
            verdict: "would-dispatch",
            agent: Some(agent.clone()),
            reasons: std::iter::once(format!("the next poll gives it to `{agent}`"))
                .chain(reached(session, agent))
                .collect(),
            via: Some(via.clone()),
            candidates: candidates.clone(),
        };
    }
    match plan.waiting.iter().find(|waiting| waiting.task == *id) {
        Some(waiting) => Explanation {
            verdict: if waiting.kind == WaitKind::Human {
                "waiting-human"
            } else {
                "waiting"
            },
            agent: None,
            reasons: vec![waiting.reason.clone()],
            via: waiting.via.clone(),
            candidates: waiting.candidates.clone(),
        },
        None => Explanation::because("waiting", "not looked at in this poll"),
    }
}

fn in_progress(session: &Session, ctx: &Context, row: &Row) -> Explanation {
    let Some(lease) = &row.lease else {
        return match &row.flow {
            Some(_) => Explanation::because("in-workflow", "only the ends of its hops move it"),
            None => Explanation::because("running", "somebody works on it without a lease"),
        };
    };
    let left_ms = lease.expires_at.since_ms(ctx.now);
    let mut reasons = vec![
        format!("`{}` holds it, attempt {}", lease.agent, lease.attempt),
        format!(
            "the lease lasts {} s more unless it is extended",
            left_ms / 1_000
        ),
    ];
    let run = lease.run.as_ref().and_then(|run| session.live.get(run));
    if let Some(method) = run.and_then(|live| live.run.method) {
        reasons.push(match method {
            Method::Cli => format!("offered to `{}`: it is fetched by hand", lease.agent),
            method => format!("reached by {method}"),
        });
    }
    Explanation {
        verdict: "running",
        agent: Some(lease.agent.clone()),
        reasons,
        via: None,
        candidates: Vec::new(),
    }
}

fn backlog(session: &Session, row: &Row, plan: &Plan, id: &TaskId) -> Explanation {
    if plan.actions.contains(&Action::Promote(id.clone())) {
        return Explanation::because("waiting", "the next poll makes it ready");
    }
    match waits_for(&session.shelf.index, id, row) {
        Some(reason) => Explanation::because("waiting", reason),
        None if row.routing.names_target() => Explanation::because(
            "waiting",
            "many tasks become ready at once; a later poll does it",
        ),
        None => Explanation::because(
            "waiting",
            "names no agent, role or team, so it stays in the backlog until a person moves it",
        ),
    }
}

fn blocked(session: &Session, id: &TaskId, row: &Row) -> Explanation {
    let why = row.reason.as_deref().unwrap_or("no reason is given");
    let mut explanation = Explanation::because("blocked", why);
    explanation.reasons.push(match row.retry_at {
        Some(at) => format!("tried again at {at}"),
        None if row.is_held => {
            let index = &session.shelf.index;
            let open = waits_for(index, id, row);
            let open = open.unwrap_or_else(|| "waits for nothing any more".to_owned());
            format!("becomes ready by itself once all dependencies are met: {open}")
        }
        None => "stays blocked until somebody unblocks it".to_owned(),
    });
    explanation
}

fn set_aside(session: &Session, text: &str) -> Option<String> {
    let (path, held) = session
        .shelf
        .quarantine
        .iter()
        .find(|(_, held)| held.id.as_ref().is_some_and(|id| id.as_str() == text))?;
    let reasons: Vec<String> = held.findings.iter().map(ToString::to_string).collect();
    let findings: Vec<Value> = held.findings.iter().map(summary::of_finding).collect();
    Some(
        json!({"decision": {
            "task": text, "title": null, "status": null, "verdict": "quarantined",
            "agent": null, "reasons": reasons, "via": null, "rule": null,
            "candidates": [], "caps": [],
            "dependencies": [], "path": path, "findings": findings,
        }})
        .to_line(),
    )
}

fn decision(
    session: &Session,
    ctx: &Context,
    (id, row): (&TaskId, Option<&Row>),
    explanation: Explanation,
) -> String {
    let index = &session.shelf.index;
    let agent = explanation
        .agent
        .as_ref()
        .or_else(|| row?.routing.agent.as_ref());
    let caps = row.map_or_else(Vec::new, |row| {
        caps_of(&session.snapshot(ctx.now), (id, row), agent)
            .into_iter()
            .map(|cap| json!({"name": cap.name, "used": cap.used, "limit": cap.limit}))
            .collect()
    });
    let dependencies: Vec<Value> = row
        .map_or(&[][..], |row| row.depends_on.as_slice())
        .iter()
        .map(|id| json!({"id": id.as_str(), "status": index.status(id).map(Status::as_str)}))
        .collect();
    json!({"decision": {
        "task": id.as_str(),
        "title": row.map(|row| row.title.as_str()),
        "status": index.status(id).map(Status::as_str),
        "verdict": explanation.verdict,
        "agent": explanation.agent.as_ref().map(AgentId::as_str),
        "reasons": explanation.reasons,
        "via": explanation.via.as_ref().map(|via| via.text.as_str()),
        "rule": explanation.via.as_ref().and_then(|via| via.rule),
        "candidates": explanation.candidates.iter().map(candidate).collect::<Vec<_>>(),
        "caps": caps,
        "usage": usage_of(session, id).as_ref().map(of_sum),
        "dependencies": dependencies,
        "path": session.shelf.path_of(id),
    }})
    .to_line()
}

pub(crate) fn candidate(candidate: &Considered) -> Value {
    let verdict = match candidate.verdict {
        Verdict::Chosen => "chosen",
        Verdict::Eligible => "eligible",
        Verdict::Rejected => "rejected",
    };
    json!({"agent": candidate.agent.as_str(), "verdict": verdict, "reason": candidate.reason})
}
