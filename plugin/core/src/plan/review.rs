//! Reviews of a team's work as a whole. Source: AOF 1.20, "Murmur".
//!
//! Never makes a task itself. Invariant: a team has one open review at the most, and one that did
//! nothing since its last review is not reviewed again because nothing is left to do.

use crate::books::Reviewed;
use crate::id::{AgentId, TeamId};
use crate::index::Row;
use crate::instant::Instant;
use crate::org::{Team, Trigger, TriggerKind};
use crate::plan::Snapshot;
use crate::status::Status;

/// Metadata of the task of a review.
pub const KIND: &str = "orchestration_review";

/// A review that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Whose work is reviewed.
    pub team: TeamId,
    /// By whom.
    pub reviewer: AgentId,
    /// What led to it.
    pub trigger: TriggerKind,
    /// The same in words.
    pub reason: String,
}

/// Reviews that are due, and when the next one is by the clock.
pub(super) fn due(snapshot: &Snapshot<'_>) -> (Vec<Review>, Option<Instant>) {
    let mut found = Vec::new();
    let mut wake_at = None;
    for team in snapshot.chart.teams.iter() {
        let reviewer = team.orchestrator.as_ref().or(team.lead.as_ref());
        let (Some(murmur), Some(reviewer)) = (&team.murmur, reviewer) else {
            continue;
        };
        let books = snapshot.books.reviewed(&team.id);
        let is_open = |reviewed: &Reviewed| {
            let task = reviewed.task.as_ref();
            let status = task.and_then(|task| snapshot.index.status(task));
            status.is_some_and(|it| !it.is_terminal() && it != Status::Deadletter)
        };
        if books.is_some_and(is_open) {
            continue;
        }
        let none = Reviewed::default();
        let reviewed = books.unwrap_or(&none);
        let mut triggers = murmur.triggers.iter();
        let reason = triggers.find_map(|it| Some((it.kind, reason(it, team, reviewed, snapshot)?)));
        if let Some((trigger, reason)) = reason {
            found.push(Review {
                team: team.id.clone(),
                reviewer: reviewer.clone(),
                trigger,
                reason,
            });
            continue;
        }
        let intervals = murmur.triggers.iter();
        let intervals = intervals.filter(|it| it.kind == TriggerKind::Interval);
        let next = intervals.filter_map(|it| Some(reviewed.at?.plus_ms(it.interval_ms?)));
        wake_at = wake_at.into_iter().chain(next).min();
    }
    (found, wake_at)
}

/// Why a trigger leads to a review now, if it does.
fn reason(
    trigger: &Trigger,
    team: &Team,
    reviewed: &Reviewed,
    snapshot: &Snapshot<'_>,
) -> Option<String> {
    let Reviewed {
        completed, failed, ..
    } = *reviewed;
    match trigger.kind {
        TriggerKind::QueueEmpty => {
            let is_idle = (completed > 0 || failed > 0) && !has_work(team, snapshot);
            is_idle.then(|| "nothing is ready or in progress any more".to_owned())
        }
        TriggerKind::CompletionBatch => {
            let is_full = completed >= trigger.threshold?;
            is_full.then(|| format!("{completed} tasks were completed"))
        }
        TriggerKind::FailureBatch => {
            let is_full = failed >= trigger.threshold?;
            is_full.then(|| format!("{failed} tasks failed for good"))
        }
        TriggerKind::Interval => {
            let interval_ms = trigger.interval_ms?;
            let Some(at) = reviewed.at else {
                return Some("it was never reviewed".to_owned());
            };
            let passed_ms = snapshot.now.since_ms(at);
            (passed_ms >= interval_ms).then(|| format!("the last review was at {at}"))
        }
    }
}

fn has_work(team: &Team, snapshot: &Snapshot<'_>) -> bool {
    let index = snapshot.index;
    let is_own = |team_named: Option<&TeamId>| team_named == Some(&team.id);
    let is_at_work =
        |row: &Row| row.status == Status::InProgress && is_own(row.routing.team.as_ref());
    // Somebody may work without a lease, by hand: only then all tasks are looked at.
    let by_hand = index.count_of(Status::InProgress) > index.running();
    index.queues().any(|(key, _)| is_own(key.team.as_ref()))
        || index.leased().any(|(_, row)| is_at_work(row))
        || (by_hand && index.rows().any(|(_, row)| is_at_work(row)))
}
