//! Records of runs as AOF 1 left them, and the records that this version keeps.
//!
//! Only reads JSON that it was given. Invariant: the run id is made from the old record alone, so
//! that the same record always becomes the same run.

use std::collections::BTreeMap;

use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use aof_core::run::{Run, RunOutcome, RunState};
use serde::Deserialize;

/// Longest reason that is taken over.
const REASON_CHARS_MAX: usize = 500;

/// One run of AOF 1.
#[derive(Debug, Clone)]
pub(super) struct RunOfOne {
    /// Its id from now on.
    pub id: RunId,
    agent: AgentId,
    started_at: Instant,
    ended_at: Instant,
    is_failed: bool,
    expired_reason: Option<String>,
    /// What the agent said at its end, if it belongs to this run.
    pub report: Option<Report>,
}

/// What an agent reported.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// `done`, `blocked`, `needs_review` or `partial`.
    pub outcome: String,
    /// When.
    pub completed_at: Option<Instant>,
    notes: Option<String>,
    blockers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunFile {
    agent_id: String,
    started_at: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    metadata: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultFile {
    outcome: String,
    #[serde(default)]
    completed_at: Option<String>,
    #[serde(default)]
    notes: Option<String>,
    #[serde(default)]
    blockers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BeatFile {
    last_heartbeat: String,
}

impl Report {
    fn read(bytes: &[u8]) -> Option<Self> {
        let file: ResultFile = serde_json::from_slice(bytes).ok()?;
        Some(Report {
            outcome: file.outcome,
            completed_at: file.completed_at.as_deref().and_then(Instant::parse),
            notes: file.notes.filter(|notes| !notes.is_empty()),
            blockers: file.blockers,
        })
    }

    /// Why, in the agent's words.
    pub(super) fn reason(&self) -> String {
        let text = match (&self.notes, self.blockers.is_empty()) {
            (_, false) => self.blockers.join("; "),
            (Some(notes), true) => notes.clone(),
            (None, true) => format!("the agent reported `{}` to AOF 1", self.outcome),
        };
        text.chars().take(REASON_CHARS_MAX).collect()
    }
}

impl RunOfOne {
    /// Reads the records of one directory; none if there is no record of a run.
    pub(super) fn read(dir: &str, records: &BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let bytes = records.get(&format!("{dir}/run.json"))?;
        let file: RunFile = serde_json::from_slice(bytes).ok()?;
        let started_at = Instant::parse(&file.started_at)?;
        let report = records.get(&format!("{dir}/run_result.json"));
        // AOF 1 leaves the result of an earlier run lying about.
        let report = report
            .and_then(|bytes| Report::read(bytes))
            .filter(|report| report.completed_at.is_none_or(|at| at >= started_at));
        let beat = records.get(&format!("{dir}/run_heartbeat.json"));
        let beat = beat.and_then(|bytes| serde_json::from_slice::<BeatFile>(bytes).ok());
        let beat = beat.and_then(|beat| Instant::parse(&beat.last_heartbeat));
        let ended_at = report
            .as_ref()
            .and_then(|report| report.completed_at)
            .or(beat);
        let text = format!("{dir}\n{}", String::from_utf8_lossy(bytes));
        let half = |salt| number(&aof_codec::content_hash(&format!("{salt}{text}")));
        Some(RunOfOne {
            id: RunId::generate(started_at, (half('a'), half('b'))),
            agent: AgentId::parse(&file.agent_id).ok()?,
            started_at,
            ended_at: ended_at.unwrap_or(started_at).max(started_at),
            is_failed: file.status == "failed",
            expired_reason: file
                .metadata
                .get("expiredReason")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned),
            report,
        })
    }

    /// The record that this version keeps.
    pub(super) fn record(&self, project: &ProjectId, task: &TaskId) -> Vec<u8> {
        let outcome = match self.report.as_ref().map(|report| report.outcome.as_str()) {
            Some("done") => RunOutcome::Completed,
            Some("blocked") => RunOutcome::Blocked,
            Some(_) => RunOutcome::Released,
            None if self.is_failed => RunOutcome::Exited,
            None => RunOutcome::Lost,
        };
        let reported = self.report.as_ref().map(Report::reason);
        let reason = reported.or_else(|| self.expired_reason.clone());
        aof_store::run_record::encode(&Run {
            id: self.id.clone(),
            project: project.clone(),
            task: task.clone(),
            agent: self.agent.clone(),
            method: None,
            attempt: 1,
            state: RunState::Ended,
            session: None,
            requested_at: self.started_at,
            started_at: Some(self.started_at),
            ended_at: Some(self.ended_at),
            outcome: Some(outcome),
            exit_code: None,
            reason: Some(reason.unwrap_or_else(|| "ran under AOF 1".to_owned())),
            usage: None,
        })
    }
}

/// The number that hexadecimal digits say.
pub(super) fn number(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap_or_default()
}
