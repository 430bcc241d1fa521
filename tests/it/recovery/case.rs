//! Every kind of commit that the component makes.

use aof_host::contract::hooks::{FailureClass, Settlement};
use aof_host::contract::types::{Caller, Error};
use serde_json::{Value, json};

use super::ONE;
use crate::stage::{CardText, Stage, TTL_MS, exited, human};

/// One kind of commit, from a state that it starts from.
pub struct Case {
    pub name: &'static str,
    pub before: fn() -> Stage,
    pub act: fn(&mut Stage) -> Result<(), Error>,
    pub is_new: fn(&mut Stage) -> bool,
}

pub const CASES: &[Case] = &[
    Case {
        name: "create",
        before: Stage::empty,
        act: |stage| {
            let arguments = json!({"title": "t", "brief": "b", "agent": "writer"});
            stage
                .tool(&human("ann"), "aof_dispatch", arguments)
                .map(drop)
        },
        is_new: |stage| stage.report()["total"] != 0,
    },
    Case {
        name: "dispatch",
        before: ready,
        act: |stage| stage.try_poll().map(drop),
        is_new: |stage| stage.status(ONE) == "in-progress",
    },
    Case {
        name: "start",
        before: requested,
        act: |stage| {
            let run = run_of(stage);
            let ctx = stage.ctx(Caller::Host);
            let done = Settlement::Done("{\"session\": \"s\"}".to_owned());
            let answer = stage.instance().effect_settled(&ctx, &run, &done);
            answer.map(drop).map_err(|error| error.to_error())
        },
        is_new: |stage| stage.task(ONE)["runs"][0]["session"] == "s",
    },
    Case {
        name: "complete by the agent",
        before: running,
        act: |stage| {
            by_run(
                stage,
                "aof_task_complete",
                json!({"taskId": ONE, "summary": "s"}),
            )
        },
        is_new: |stage| stage.status(ONE) == "done",
    },
    Case {
        name: "complete by a person",
        before: running,
        act: |stage| by_ann(stage, "aof_task_complete", json!({"taskId": ONE})),
        is_new: |stage| stage.status(ONE) == "done",
    },
    Case {
        name: "block",
        before: running,
        act: |stage| {
            by_run(
                stage,
                "aof_task_block",
                json!({"taskId": ONE, "reason": "r"}),
            )
        },
        is_new: |stage| stage.status(ONE) == "blocked",
    },
    Case {
        name: "unblock",
        before: || Stage::with(&CardText::new(ONE, "blocked").agent("ghost").fixture()),
        act: |stage| by_ann(stage, "aof_task_unblock", json!({"taskId": ONE})),
        is_new: |stage| stage.status(ONE) == "ready",
    },
    Case {
        name: "cancel",
        before: running,
        act: |stage| {
            by_ann(
                stage,
                "aof_task_cancel",
                json!({"taskId": ONE, "reason": "r"}),
            )
        },
        is_new: |stage| stage.status(ONE) == "cancelled",
    },
    Case {
        name: "update the body",
        before: running,
        act: |stage| {
            by_run(
                stage,
                "aof_task_update",
                json!({"taskId": ONE, "body": "new"}),
            )
        },
        is_new: |stage| stage.task(ONE)["body"] == "new",
    },
    Case {
        name: "promote",
        before: || Stage::with(&CardText::new(ONE, "backlog").agent("ghost").fixture()),
        act: |stage| stage.try_poll().map(drop),
        is_new: |stage| stage.status(ONE) == "ready",
    },
    Case {
        name: "expire",
        before: || {
            let mut stage = running();
            stage.later(TTL_MS);
            stage
        },
        act: |stage| stage.try_poll().map(drop),
        is_new: |stage| stage.task(ONE)["runs"][0]["outcome"] == "expired" && !leased(stage, 1),
    },
    Case {
        name: "session ended",
        before: running,
        act: |stage| {
            let run = run_of(stage);
            stage.try_end(&run, exited(1)).map(drop)
        },
        is_new: |stage| stage.status(ONE) == "blocked",
    },
    Case {
        name: "start failed",
        before: requested,
        act: |stage| {
            let run = run_of(stage);
            let ctx = stage.ctx(Caller::Host);
            let failed = Settlement::Failed(aof_host::contract::hooks::Failure {
                class: FailureClass::Permanent,
                message: "no such program".to_owned(),
            });
            let answer = stage.instance().effect_settled(&ctx, &run, &failed);
            answer.map(drop).map_err(|error| error.to_error())
        },
        is_new: |stage| stage.status(ONE) == "deadletter",
    },
    Case {
        name: "retry",
        before: || {
            let card = CardText::new(ONE, "blocked")
                .agent("ghost")
                .line("metadata: {retryAt: '2026-02-17T09:00:00.000Z', blockReason: r}");
            Stage::with(&card.fixture())
        },
        act: |stage| stage.try_poll().map(drop),
        is_new: |stage| stage.status(ONE) == "ready",
    },
    Case {
        name: "heartbeat",
        before: || {
            let mut stage = running();
            stage.later(TTL_MS / 2);
            stage
        },
        act: |stage| {
            let run = run_of(stage);
            let ctx = stage.ctx(Caller::Host);
            let answer = stage.instance().session_heartbeat(&ctx, &run);
            answer.map(drop).map_err(|error| error.to_error())
        },
        is_new: |stage| stage.task(ONE)["renewCount"].as_u64() > Some(0),
    },
];

fn ready() -> Stage {
    Stage::with(&CardText::new(ONE, "ready").agent("writer").fixture())
}

fn requested() -> Stage {
    let mut stage = ready();
    stage.spawned();
    stage
}

fn running() -> Stage {
    let mut stage = ready();
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage
}

/// The first run, also once it is over.
fn run_of(stage: &mut Stage) -> String {
    stage.task(ONE)["runs"][0]["run"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn leased(stage: &mut Stage, attempt: u64) -> bool {
    stage.task(ONE)["attempt"] == attempt
}

fn by_ann(stage: &mut Stage, tool: &str, arguments: Value) -> Result<(), Error> {
    stage.tool(&human("ann"), tool, arguments).map(drop)
}

fn by_run(stage: &mut Stage, tool: &str, arguments: Value) -> Result<(), Error> {
    let caller = Caller::Agent(aof_host::contract::types::AgentCaller {
        agent: "writer".to_owned(),
        session: None,
        run: Some(run_of(stage)),
    });
    stage.tool(&caller, tool, arguments).map(drop)
}
