//! Every kind of mutating operation, each from a state that it starts from.
//!
//! Never asks for more than one operation at a time. Invariant: a case does the same each time.

use aof_host::contract::hooks::{Ending, Failure, FailureClass, Settlement};
use aof_host::contract::types::Error;
use serde_json::json;

use super::act::{
    all_ten, by_ann, by_run, heard, make, on_run, settle_all, told_broken, told_no, wait_to_hear,
};
use super::rig::{self, Rig};
use super::scene::{
    ONE, TTL_MS, TWO, empty, expired, ready, requested, running, start_together, ten, waiting,
    written,
};

const DEPENDENT: &str = "routing: {agent: ghost}\ndependsOn: [TASK-2026-01-01-001]\n";

const SUBSCRIBED: &str = "routing: {agent: ghost}\nmetadata: {subscriptions: [{id: \
                          01ARZ3NDEKTSV4RRFFQ69G5FAV, subscriber: writer, status: active}]}\n";

/// One kind of operation.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) before: fn() -> Result<Rig, Error>,
    pub(crate) act: fn(&mut Rig) -> Result<(), Error>,
    /// True once the operation has happened.
    pub(crate) is_new: fn(&mut Rig) -> bool,
    /// What it changes is one commit: all or nothing.
    pub(crate) is_atomic: bool,
    /// How many times as long as the others it takes; so many fewer states are looked at.
    pub(crate) weight: u32,
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "create",
        before: empty,
        act: |rig| make(rig, "t", "b"),
        is_new: |rig| {
            rig.report()
                .is_ok_and(|all| all["tasks"][0]["status"] == "ready")
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "create with a key",
        before: empty,
        act: |rig| {
            let draft = json!({"title": "t", "brief": "b", "agent": "writer",
                "idempotencyKey": "once"});
            rig.ann("aof_dispatch", draft).map(drop)
        },
        is_new: |rig| {
            let all = rig.report().unwrap_or_default();
            all["tasks"]
                .as_array()
                .is_some_and(|tasks| tasks.len() == 1)
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "dispatch",
        before: ready,
        act: Rig::poll,
        is_new: |rig| rig.status(ONE) == "in-progress",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "dispatch ten",
        before: ten,
        act: Rig::poll,
        is_new: |rig| all_ten(rig, |task| task["status"] == "in-progress"),
        is_atomic: true,
        weight: 4,
    },
    Case {
        name: "start",
        before: requested,
        act: |rig| on_run(rig, Rig::started),
        is_new: |rig| rig.task(ONE)["runs"][0]["session"].is_string(),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "start by the host",
        before: requested,
        act: |rig| start_together(rig, 1),
        is_new: |rig| rig.task(ONE)["runs"][0]["session"].is_string(),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "start ten",
        before: || {
            let mut rig = ten()?;
            rig.poll()?;
            Ok(rig)
        },
        act: |rig| start_together(rig, 10),
        is_new: |rig| all_ten(rig, |task| task["runs"][0]["session"].is_string()),
        is_atomic: true,
        weight: 4,
    },
    Case {
        name: "complete by the agent",
        before: running,
        act: |rig| {
            by_run(
                rig,
                "aof_task_complete",
                json!({"taskId": ONE, "summary": "s", "usage": {"inputTokens": 3}}),
            )
        },
        is_new: |rig| rig.status(ONE) == "done",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "complete by a person",
        before: running,
        act: |rig| by_ann(rig, "aof_task_complete", json!({"taskId": ONE})),
        is_new: |rig| rig.status(ONE) == "done",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "late result",
        before: expired,
        act: |rig| {
            let task = rig.task(ONE);
            let run = task["runs"][0]["run"].as_str().unwrap_or_default();
            let arguments = json!({"taskId": ONE, "summary": "late"});
            told_no(rig.agent(run, "aof_task_complete", arguments))
        },
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "block",
        before: running,
        act: |rig| by_run(rig, "aof_task_block", json!({"taskId": ONE, "reason": "r"})),
        is_new: |rig| rig.status(ONE) == "blocked",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "complete what another one waits for",
        before: || waiting(DEPENDENT),
        act: |rig| by_ann(rig, "aof_task_complete", json!({"taskId": ONE})),
        // A neighbour that stood in the way is left to the next poll.
        is_new: |rig| {
            rig.status(ONE) == "done"
                && (rig.status(TWO) == "ready"
                    || (rig.poll().is_ok() && rig.status(TWO) == "ready"))
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "promote by force",
        before: || waiting(DEPENDENT),
        act: |rig| {
            by_ann(
                rig,
                "aof_task_promote",
                json!({"taskId": TWO, "force": true}),
            )
        },
        is_new: |rig| rig.status(TWO) == "ready",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "resurrect",
        before: || written("deadletter", "routing: {agent: ghost}\n"),
        act: |rig| by_ann(rig, "aof_task_resurrect", json!({"taskId": ONE})),
        is_new: |rig| rig.status(ONE) == "ready",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "add a dependency",
        before: || waiting("routing: {agent: ghost}\n"),
        act: |rig| {
            let arguments = json!({"taskId": TWO, "blockerId": ONE});
            by_ann(rig, "aof_task_dep_add", arguments)
        },
        is_new: |rig| rig.task(TWO)["dependsOn"] == json!([ONE]),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "remove a dependency",
        before: || waiting(DEPENDENT),
        act: |rig| {
            let arguments = json!({"taskId": TWO, "blockerId": ONE});
            by_ann(rig, "aof_task_dep_remove", arguments)
        },
        is_new: |rig| rig.task(TWO)["dependsOn"] == json!([]),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "subscribe",
        before: ready,
        act: wait_to_hear,
        is_new: |rig| heard(rig, "active"),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "take a subscription back",
        before: || written("ready", SUBSCRIBED),
        act: |rig| {
            let arguments = json!({"taskId": ONE, "subscriptionId": "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
            by_ann(rig, "aof_task_unsubscribe", arguments)
        },
        is_new: |rig| heard(rig, "cancelled"),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "complete what somebody waits to hear of",
        before: || {
            let mut rig = running()?;
            wait_to_hear(&mut rig)?;
            Ok(rig)
        },
        act: |rig| by_ann(rig, "aof_task_complete", json!({"taskId": ONE})),
        is_new: |rig| rig.status(ONE) == "done",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "tell a subscriber",
        before: || {
            let mut rig = written("ready", SUBSCRIBED)?;
            by_ann(&mut rig, "aof_task_complete", json!({"taskId": ONE}))?;
            Ok(rig)
        },
        act: settle_all,
        is_new: |rig| heard(rig, "delivered"),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "unblock",
        before: || written("blocked", "routing: {agent: ghost}\n"),
        act: |rig| by_ann(rig, "aof_task_unblock", json!({"taskId": ONE})),
        is_new: |rig| rig.status(ONE) == "ready",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "cancel",
        before: running,
        act: |rig| {
            by_ann(
                rig,
                "aof_task_cancel",
                json!({"taskId": ONE, "reason": "r"}),
            )
        },
        is_new: |rig| rig.status(ONE) == "cancelled",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "update",
        before: running,
        act: |rig| {
            by_run(
                rig,
                "aof_task_update",
                json!({"taskId": ONE, "body": "new"}),
            )
        },
        is_new: |rig| rig.task(ONE)["body"] == "new",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "edit",
        before: ready,
        act: |rig| {
            let arguments = json!({"taskId": ONE, "title": "new", "priority": "high"});
            by_ann(rig, "aof_task_edit", arguments)
        },
        is_new: |rig| rig.task(ONE)["title"] == "new" && rig.task(ONE)["priority"] == "high",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "write into the work log",
        before: running,
        act: |rig| by_run(rig, "aof_task_log", json!({"taskId": ONE, "text": "half"})),
        is_new: |rig| {
            let body = &rig.task(ONE)["body"];
            body.as_str().is_some_and(|body| body.contains(": half"))
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "heartbeat by a tool",
        before: || {
            let mut rig = running()?;
            rig.later(TTL_MS / 2);
            Ok(rig)
        },
        act: |rig| by_run(rig, "aof_task_heartbeat", json!({"taskId": ONE})),
        is_new: |rig| rig.task(ONE)["renewCount"].as_u64() > Some(0),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "move by a tool",
        before: ready,
        act: |rig| {
            let arguments = json!({"taskId": ONE, "status": "blocked", "reason": "r"});
            by_ann(rig, "aof_task_update", arguments)
        },
        is_new: |rig| rig.status(ONE) == "blocked",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "promote",
        before: || written("backlog", "routing: {agent: ghost}\n"),
        act: Rig::poll,
        is_new: |rig| rig.status(ONE) == "ready",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "expire",
        before: || {
            let mut rig = running()?;
            rig.later(TTL_MS);
            Ok(rig)
        },
        act: Rig::poll,
        is_new: |rig| rig.task(ONE)["runs"][0]["outcome"] == "expired",
        is_atomic: false,
        weight: 1,
    },
    Case {
        name: "session failed",
        before: running,
        act: |rig| on_run(rig, |rig, run| rig.ended(run, Ending::Exited(1))),
        is_new: |rig| rig.status(ONE) == "blocked",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "start failed",
        before: requested,
        act: |rig| {
            let failed = Settlement::Failed(Failure {
                class: FailureClass::Permanent,
                message: "no such program".to_owned(),
            });
            on_run(rig, |rig, run| rig.settle(run, &failed))
        },
        is_new: |rig| rig.status(ONE) == "deadletter",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "no room to start",
        before: requested,
        act: |rig| {
            let full = Settlement::Failed(Failure {
                class: FailureClass::Capacity,
                message: "full".to_owned(),
            });
            on_run(rig, |rig, run| rig.settle(run, &full))
        },
        is_new: |rig| rig.task(ONE)["runs"][0]["outcome"].is_string(),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "session lost",
        before: running,
        act: |rig| on_run(rig, |rig, run| rig.ended(run, Ending::Lost)),
        is_new: |rig| rig.task(ONE)["runs"][0]["outcome"].is_string(),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "end of a session whose task is done",
        before: || {
            let mut rig = running()?;
            let usage = json!({"inputTokens": 3});
            by_run(
                &mut rig,
                "aof_task_complete",
                json!({"taskId": ONE, "usage": usage}),
            )?;
            Ok(rig)
        },
        act: |rig| {
            let task = rig.task(ONE);
            let run = task["runs"][0]["run"].as_str().unwrap_or_default();
            rig.ended(run, Ending::Exited(0))
        },
        is_new: |rig| rig.task(ONE)["usage"]["inputTokens"] == 11,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "effect settled",
        before: || {
            let mut rig = running()?;
            by_ann(&mut rig, "aof_task_cancel", json!({"taskId": ONE}))?;
            Ok(rig)
        },
        act: settle_all,
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "nobody fits",
        before: || written("ready", "routing: {agent: ghost}\n"),
        act: Rig::poll,
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "retry",
        before: || {
            let due = "metadata: {retryAt: '2026-01-01T09:00:00.000Z', blockReason: r}\n";
            written("blocked", &format!("routing: {{agent: ghost}}\n{due}"))
        },
        act: Rig::poll,
        is_new: |rig| rig.status(ONE) == "ready",
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "make a project",
        before: empty,
        act: |rig| {
            by_ann(
                rig,
                "aof_project_create",
                json!({"id": "beta", "title": "Beta"}),
            )
        },
        is_new: |rig| {
            let path = "projects/beta/project.yaml";
            rig::files(&rig.machine).contains_key(path)
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "pause a project",
        before: || written("ready", "routing: {agent: writer}\n"),
        act: |rig| {
            let pause = json!({"project": "alpha", "status": "paused"});
            by_ann(rig, "aof_project_status", pause)
        },
        is_new: |rig| {
            let text = rig::files(&rig.machine)
                .get("projects/alpha/project.yaml")
                .cloned();
            text.is_some_and(|text| String::from_utf8_lossy(&text).contains("paused"))
        },
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "heartbeat",
        before: || {
            let mut rig = running()?;
            rig.later(TTL_MS / 2);
            Ok(rig)
        },
        act: |rig| on_run(rig, Rig::heartbeat),
        is_new: |rig| rig.task(ONE)["renewCount"].as_u64() > Some(0),
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "checkpoint",
        before: || {
            let mut rig = written("ready", "routing: {agent: ghost}\n")?;
            let body = "words and words ".repeat(16 * 1024);
            for _ in 0..4 {
                by_ann(
                    &mut rig,
                    "aof_task_update",
                    json!({"taskId": ONE, "body": body}),
                )?;
            }
            Ok(rig)
        },
        act: |rig| by_ann(rig, "aof_task_block", json!({"taskId": ONE, "reason": "r"})),
        is_new: |rig| rig.status(ONE) == "blocked",
        is_atomic: true,
        weight: 32,
    },
    Case {
        name: "close",
        before: running,
        act: Rig::close,
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "open",
        before: || {
            let mut rig = running()?;
            rig.leave();
            Ok(rig)
        },
        act: Rig::open,
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "open after a kill",
        before: || {
            let mut rig = running()?;
            let process = crate::crash::rig::WRITER;
            let calls = rig.machine.calls(process).mutating;
            by_ann(
                &mut rig,
                "aof_task_update",
                json!({"taskId": ONE, "body": "b"}),
            )?;
            let spent = rig.machine.calls(process).mutating - calls;
            rig.machine.kill_after(process, spent.div_ceil(2));
            told_broken(by_ann(
                &mut rig,
                "aof_task_block",
                json!({"taskId": ONE, "reason": "r"}),
            ));
            rig.kill();
            Ok(rig)
        },
        act: Rig::open,
        is_new: |_| true,
        is_atomic: true,
        weight: 1,
    },
    Case {
        name: "open after a power cut",
        before: || {
            let mut rig = running()?;
            by_ann(
                &mut rig,
                "aof_task_block",
                json!({"taskId": ONE, "reason": "r"}),
            )?;
            rig.machine.power_cut(crate::machine::Mode::Any, 3);
            rig.kill();
            Ok(rig)
        },
        act: Rig::open,
        is_new: |rig| rig.status(ONE) == "blocked",
        is_atomic: true,
        weight: 1,
    },
];
