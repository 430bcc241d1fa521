//! What should be looked at in a store as it is now: who works, who waits for what, what is lost.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::caller::Context;
use aof_core::gather::gathered;
use aof_core::id::{AgentId, RunId, TaskId};
use aof_core::index::Row;
use aof_core::refusal::Refusal;
use aof_core::routing::{Occupancy, Target, Wish, route};
use aof_core::run::RunState;
use aof_core::status::Status;
use aof_store::fold::{FINDINGS_MAX, Finding, Weight};
use aof_store::layout::{ORG_CHART, OUTBOX, SETTINGS};
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use aof_store::run_record;

use super::finding;
use crate::session::Session;

/// A host that lives reports a session sooner.
const UNSETTLED_MS: u64 = 300_000;

/// Everything that page 0 tells.
pub(super) fn findings<S: Store>(
    store: &mut S,
    session: &Session,
    ctx: &Context,
) -> Result<Vec<Finding>, Refusal> {
    let mut found = workforce(session);
    for (id, row) in session.shelf.index.rows() {
        found.extend(target(session, id, row));
        found.extend(dependencies(session, id, row));
    }
    found.extend(cycles(session));
    found.extend(leases(session, ctx));
    found.extend(runs(store, session)?);
    found.extend(outbox(session, ctx));
    found.truncate(FINDINGS_MAX);
    Ok(found)
}

/// Whether anybody can be started, and every role and team has somebody.
fn workforce(session: &Session) -> Vec<Finding> {
    let mut found = Vec::new();
    let chart = &session.chart;
    let warn = |kind, path: &str, message: String, hint: &str| {
        finding((kind, Weight::Warning), path, message, hint)
    };
    if session.settings.executor.is_null() {
        let message = "has no `executor`: no agent can be started".to_owned();
        let hint = "say how agents are started; `docs/format.md` lists the keys";
        found.push(warn("no-executor", SETTINGS, message, hint));
    }
    if chart.agents.is_empty() {
        let message = "names no agent: nobody gets a task".to_owned();
        found.push(warn(
            "no-agent",
            ORG_CHART,
            message,
            "add who works under `agents`",
        ));
    }
    let is_active = |id: &AgentId| chart.agent(id).is_some_and(|agent| agent.is_active);
    for (name, role) in &chart.roles {
        if !role.requires_human && !role.agents.iter().any(is_active) {
            let message = format!("role `{name}` has no active agent");
            let hint = "switch one of its agents on, or add another";
            found.push(warn("role-empty", ORG_CHART, message, hint));
        }
    }
    for team in &chart.teams {
        let head = team.orchestrator.as_ref().or(team.lead.as_ref());
        let has_somebody = match head {
            Some(head) => is_active(head),
            None => chart.members(&team.id).any(|agent| agent.is_active),
        };
        if !has_somebody {
            let message = format!(
                "team `{}` has nobody active who would get its tasks",
                team.id
            );
            let hint = "switch its orchestrator, lead or a member on";
            found.push(warn("team-empty", ORG_CHART, message, hint));
        }
    }
    found
}

fn about(
    session: &Session,
    id: &TaskId,
    kind: (&'static str, Weight),
    (message, hint): (String, &str),
) -> Finding {
    let place = session.shelf.path_of(id).unwrap_or_default();
    let message = format!("{id} {message}");
    Finding {
        task: Some(id.clone()),
        ..finding(kind, place, message, hint)
    }
}

/// A task that nobody can ever have as card and chart are.
fn target(session: &Session, id: &TaskId, row: &Row) -> Option<Finding> {
    if !matches!(
        row.status,
        Status::Backlog | Status::Ready | Status::Blocked
    ) {
        return None;
    }
    let project = session.projects.get(&row.project)?;
    let wish = Wish {
        routing: &row.routing,
        priority: row.priority,
        project,
    };
    let decision = route(wish, &session.chart, &|_| Occupancy::default());
    let Target::Nobody(_) = decision.target else {
        return None;
    };
    let message = format!("finds nobody: {}", decision.reason());
    let hint = "name somebody else in the card, or mend org/org-chart.yaml";
    Some(about(
        session,
        id,
        ("no-target", Weight::Warning),
        (message, hint),
    ))
}

/// Dependencies that can never be done.
fn dependencies(session: &Session, id: &TaskId, row: &Row) -> Vec<Finding> {
    let mut found = Vec::new();
    for on in &row.depends_on {
        let message = match session.shelf.index.status(on) {
            None if is_aside(session, on) => format!("depends on {on}, whose card is set aside"),
            None => format!("depends on {on}, which is not there"),
            Some(status @ (Status::Cancelled | Status::Deadletter)) => {
                format!("depends on {on}, which is {status}")
            }
            Some(_) => continue,
        };
        let hint = "mend that task or bring it back, or take it out of `dependsOn`";
        let kind = ("dependency", Weight::Warning);
        found.push(about(session, id, kind, (message, hint)));
    }
    found
}

fn is_aside(session: &Session, id: &TaskId) -> bool {
    let mut held = session.shelf.quarantine.values();
    held.any(|held| held.id.as_ref() == Some(id))
}

/// Tasks that wait for one another: what is left when everything that can be done is taken away.
fn cycles(session: &Session) -> Vec<Finding> {
    let index = &session.shelf.index;
    let mut waits: BTreeMap<&TaskId, BTreeSet<&TaskId>> = BTreeMap::new();
    let mut awaited_by: BTreeMap<&TaskId, Vec<&TaskId>> = BTreeMap::new();
    for (id, row) in index.rows() {
        let open = row.depends_on.iter();
        let open: BTreeSet<&TaskId> = gathered(open.filter(|on| index.row(on).is_some()));
        for on in &open {
            awaited_by.entry(on).or_default().push(id);
        }
        waits.insert(id, open);
    }
    let mut free: Vec<&TaskId> = waits
        .iter()
        .filter(|(_, open)| open.is_empty())
        .map(|(id, _)| *id)
        .collect();
    while let Some(done) = free.pop() {
        waits.remove(done);
        for id in awaited_by.remove(done).unwrap_or_default() {
            if let Some(open) = waits.get_mut(id) {
                open.remove(done);
                if open.is_empty() {
                    free.push(id);
                }
            }
        }
    }
    let mut found = Vec::new();
    while let Some(circle) = circle_in(&waits) {
        for id in &circle {
            waits.remove(*id);
        }
        let Some(first) = circle.first() else { break };
        let names: Vec<&str> = circle.iter().chain([first]).map(|id| id.as_str()).collect();
        let message = format!("waits for itself: {}", names.join(" → "));
        let hint = "take one of them out of `dependsOn`";
        let kind = ("dependency-cycle", Weight::Error);
        found.push(about(session, first, kind, (message, hint)));
    }
    found
}

/// Follows first dependencies until one comes again.
fn circle_in<'a>(waits: &BTreeMap<&'a TaskId, BTreeSet<&'a TaskId>>) -> Option<Vec<&'a TaskId>> {
    for start in waits.keys() {
        let mut path: Vec<&TaskId> = Vec::new();
        let mut met: BTreeMap<&TaskId, usize> = BTreeMap::new();
        let mut at = *start;
        loop {
            if let Some(begin) = met.get(at) {
                return Some(path.split_off(*begin));
            }
            met.insert(at, path.len());
            path.push(at);
            let next = waits
                .get(at)
                .and_then(|open| open.iter().find(|on| waits.contains_key(**on)).copied());
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
    }
    None
}

/// Tasks in progress that nobody works on.
fn leases(session: &Session, ctx: &Context) -> Vec<Finding> {
    let rows = session.shelf.index.rows();
    let running = rows.filter(|(_, row)| row.status == Status::InProgress);
    let judge = |(id, row): (&TaskId, &Row)| {
        let (message, hint) = match &row.lease {
            None => (
                "is in progress, but no run holds it".to_owned(),
                "a person moved it there: move it on by hand, or back to ready",
            ),
            Some(lease) if lease.is_expired(ctx.now) => (
                format!(
                    "has shown no sign of life since its lease lapsed at {}",
                    lease.expires_at
                ),
                "`aof poll` takes the task back",
            ),
            Some(_) => return None,
        };
        Some(about(
            session,
            id,
            ("lease", Weight::Warning),
            (message, hint),
        ))
    };
    running.filter_map(judge).collect()
}

/// Runs that hold a lease and have no record.
fn runs<S: Store>(store: &mut S, session: &Session) -> Result<Vec<Finding>, Refusal> {
    let mut paths = Vec::new();
    let mut tasks = Vec::new();
    for live in session.live.values() {
        if let Some(root) = session.shelf.root(&live.run.project) {
            paths.push(format!(
                "{}/run.json",
                root.run_dir(&live.run.task, &live.run.id)
            ));
            tasks.push(&live.run.task);
        }
    }
    let blobs = store
        .read(&paths, run_record::BYTES_MAX)
        .map_err(|error| refusal_of(&error))?;
    let mut found = Vec::new();
    for ((path, task), blob) in paths.iter().zip(tasks).zip(blobs) {
        let is_readable = match blob {
            Blob::Content { bytes, .. } => run_record::decode(&bytes).is_some(),
            Blob::Absent | Blob::Refused(_) | Blob::Unreadable(_) => false,
        };
        if !is_readable {
            let message = format!("{task} is in progress, but the record of its run is lost");
            let hint = "`aof poll` starts the run again or takes the task back";
            let lost = finding(("run-lost", Weight::Error), path.clone(), message, hint);
            found.push(Finding {
                task: Some(task.clone()),
                ..lost
            });
        }
    }
    Ok(found)
}

/// Effects that the host should have reported as done long ago.
fn outbox(session: &Session, ctx: &Context) -> Vec<Finding> {
    let open = |run: &RunId| session.outbox.start_of(run).is_some();
    let late = session.live.values().filter(|live| {
        let waits_ms = ctx.now.since_ms(live.run.requested_at);
        live.run.state == RunState::Requested && waits_ms > UNSETTLED_MS && open(&live.run.id)
    });
    let late = late.map(|live| {
        let run = &live.run;
        let since = run.requested_at;
        let message = format!(
            "the start of run {} of {} is open since {since}",
            run.id, run.task
        );
        let hint =
            "start a worker with `aof daemon` or `aof run`; it is started again under its key";
        let late = finding(("unsettled", Weight::Warning), OUTBOX, message, hint);
        Finding {
            task: Some(run.task.clone()),
            ..late
        }
    });
    late.collect()
}
