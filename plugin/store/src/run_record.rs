//! The record of a run on disk: `runs/<task>/<run>/run.json`.

use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use aof_core::org::Method;
use aof_core::run::{Run, RunOutcome, RunState};
use aof_core::usage::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Largest record that is read.
pub const BYTES_MAX: u64 = 64 * 1024;
const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunFile {
    schema_version: u32,
    run_id: String,
    project: String,
    task_id: String,
    agent_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    attempt: u32,
    state: String,
    session: Option<String>,
    requested_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    outcome: Option<String>,
    exit_code: Option<i32>,
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage: Option<UsageRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UsageRecord {
    model: Option<String>,
    input_tokens: u64,
    output_tokens: u64,
    cost_micros: u64,
}

/// The file's content.
#[must_use]
pub fn encode(run: &Run) -> Vec<u8> {
    let file = RunFile {
        schema_version: SCHEMA_VERSION,
        run_id: run.id.to_string(),
        project: run.project.to_string(),
        task_id: run.task.to_string(),
        agent_id: run.agent.to_string(),
        method: run.method.map(|method| method.to_string()),
        attempt: run.attempt,
        state: run.state.as_str().to_owned(),
        session: run.session.clone(),
        requested_at: run.requested_at.to_string(),
        started_at: run.started_at.map(|at| at.to_string()),
        ended_at: run.ended_at.map(|at| at.to_string()),
        outcome: run.outcome.map(|outcome| outcome.as_str().to_owned()),
        exit_code: run.exit_code,
        reason: run.reason.clone(),
        usage: run.usage.clone().map(|usage| UsageRecord {
            model: usage.model,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: usage.cost_micros,
        }),
    };
    // Writing a plain struct of text and numbers as JSON cannot fail.
    let mut bytes = serde_json::to_vec_pretty(&file).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Reads the file. None if it is not a record of a version that is known.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Run> {
    let file: RunFile = serde_json::from_slice(bytes).ok()?;
    if file.schema_version != SCHEMA_VERSION {
        return None;
    }
    let instant = |text: Option<String>| text.and_then(|text| Instant::parse(&text));
    Some(Run {
        id: RunId::parse(&file.run_id).ok()?,
        project: ProjectId::parse(&file.project).ok()?,
        task: TaskId::parse(&file.task_id).ok()?,
        agent: AgentId::parse(&file.agent_id).ok()?,
        method: file.method.as_deref().and_then(Method::parse),
        attempt: file.attempt,
        state: RunState::parse(&file.state)?,
        session: file.session,
        requested_at: Instant::parse(&file.requested_at)?,
        started_at: instant(file.started_at),
        ended_at: instant(file.ended_at),
        outcome: file.outcome.and_then(|name| RunOutcome::parse(&name)),
        exit_code: file.exit_code,
        reason: file.reason,
        usage: file.usage.map(|usage| Usage {
            model: usage.model,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: usage.cost_micros,
        }),
    })
}

/// The run as views show it.
#[must_use]
pub fn to_json(run: &Run, run_dir: &str) -> Value {
    json!({
        "run": run.id.as_str(),
        "attempt": run.attempt,
        "agent": run.agent.as_str(),
        "method": run.method.map(Method::as_str),
        "state": run.state.as_str(),
        "outcome": run.outcome.map(RunOutcome::as_str),
        "requestedAt": run.requested_at.to_string(),
        "startedAt": run.started_at.map(|at| at.to_string()),
        "endedAt": run.ended_at.map(|at| at.to_string()),
        "session": run.session,
        "reason": run.reason,
        "exitCode": run.exit_code,
        "runDir": run_dir,
        "usage": run.usage.as_ref().map(usage_json),
    })
}

/// What a run used, as events and views show it.
#[must_use]
pub fn usage_json(usage: &Usage) -> Value {
    json!({
        "model": usage.model, "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens, "costMicros": usage.cost_micros,
    })
}
