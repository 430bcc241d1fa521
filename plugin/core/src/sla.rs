//! How long a task may stand in one status, and when that is over.
//!
//! The clock of a task begins with its last change of status: edits, renewals of a lease and
//! restarts do not touch it. Never reads a clock itself. Source: AOF 1.20, "SLA".

use crate::index::Row;
use crate::instant::Instant;
use crate::project::Project;
use crate::status::Status;

/// Shortest limit.
pub const LIMIT_MS_MIN: u64 = 60_000;
/// Longest limit: a day.
pub const LIMIT_MS_MAX: u64 = 86_400_000;
/// Longest pause between two alerts about one task: a day.
pub const RATE_LIMIT_MINUTES_MAX: u64 = 1_440;

const MS_PER_MINUTE: u64 = 60_000;

/// What happens when a limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// People are told.
    #[default]
    Alert,
    /// The task is blocked, and people are told.
    Block,
    /// The task is given up, and people are told.
    Deadletter,
}

impl Policy {
    /// The name as written in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Policy::Alert => "alert",
            Policy::Block => "block",
            Policy::Deadletter => "deadletter",
        }
    }

    /// The policy of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Policy::Alert, Policy::Block, Policy::Deadletter]
            .into_iter()
            .find(|policy| policy.as_str() == text)
    }
}

/// A limit for each status that has one, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// In `ready`.
    pub queue_ms: Option<u64>,
    /// In `in-progress`.
    pub in_progress_ms: Option<u64>,
    /// In `review`.
    pub review_ms: Option<u64>,
    /// In `blocked`.
    pub blocked_ms: Option<u64>,
}

impl Limits {
    /// The limit of a status.
    #[must_use]
    pub const fn of(&self, status: Status) -> Option<u64> {
        match status {
            Status::Ready => self.queue_ms,
            Status::InProgress => self.in_progress_ms,
            Status::Review => self.review_ms,
            Status::Blocked => self.blocked_ms,
            Status::Backlog | Status::Done | Status::Cancelled | Status::Deadletter => None,
        }
    }

    /// These limits, and where there is none the others.
    #[must_use]
    pub fn or(self, other: Limits) -> Limits {
        Limits {
            queue_ms: self.queue_ms.or(other.queue_ms),
            in_progress_ms: self.in_progress_ms.or(other.in_progress_ms),
            review_ms: self.review_ms.or(other.review_ms),
            blocked_ms: self.blocked_ms.or(other.blocked_ms),
        }
    }
}

/// What a card, a project or the settings say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sla {
    /// Limits.
    pub limits: Limits,
    /// The limit in `in-progress` of projects of type `research`.
    pub research_in_progress_ms: Option<u64>,
    /// What happens when one is exceeded.
    pub on_violation: Option<Policy>,
    /// Pause between two alerts about one task.
    pub rate_limit_minutes: Option<u64>,
    /// Whom alerts are for.
    pub channel: Option<String>,
}

impl Sla {
    /// What holds if nobody says anything. Source: AOF 1.20, "Default constants".
    #[must_use]
    pub fn system() -> Sla {
        Sla {
            limits: Limits {
                in_progress_ms: Some(3_600_000),
                ..Limits::default()
            },
            research_in_progress_ms: Some(14_400_000),
            on_violation: None,
            rate_limit_minutes: Some(15),
            channel: None,
        }
    }

    /// The limits for projects that do research, or do not.
    fn limits_for(&self, is_research: bool) -> Limits {
        let research = self.research_in_progress_ms.filter(|_| is_research);
        Limits {
            in_progress_ms: research.or(self.limits.in_progress_ms),
            ..self.limits
        }
    }
}

/// What holds for the tasks of one project that say nothing themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Limits.
    pub limits: Limits,
    /// What happens when one is exceeded.
    pub on_violation: Policy,
    /// Pause between two alerts about one task.
    pub repeat_ms: u64,
}

impl Terms {
    /// The settings, with what the project says laid over them.
    #[must_use]
    pub fn of(settings: &Sla, project: &Project) -> Terms {
        let own = project.sla.limits_for(project.is_research);
        let minutes = project.sla.rate_limit_minutes;
        let minutes = minutes.or(settings.rate_limit_minutes).unwrap_or(15);
        Terms {
            limits: own.or(settings.limits_for(project.is_research)),
            on_violation: project
                .sla
                .on_violation
                .or(settings.on_violation)
                .unwrap_or_default(),
            repeat_ms: minutes.saturating_mul(MS_PER_MINUTE),
        }
    }
}

/// What a card itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CardSla {
    /// Limits.
    pub limits: Limits,
    /// What happens when one is exceeded.
    pub on_violation: Option<Policy>,
}

/// What a row keeps of it, and when people were last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnTerms {
    /// What the card says.
    pub card: CardSla,
    /// The last alert about the status that it is in.
    pub alerted_at: Option<Instant>,
}

/// How long a row may stay where it is.
#[must_use]
pub fn limit_ms(row: &Row, terms: &Terms) -> Option<u64> {
    let own = row
        .sla
        .as_ref()
        .and_then(|own| own.card.limits.of(row.status));
    // A workflow takes as long as its hops do, and those have cards of their own.
    let is_led = row.flow.is_some() && row.status == Status::InProgress;
    own.or_else(|| terms.limits.of(row.status).filter(|_| !is_led))
}

/// Since when a row has stood longer than it may, or when that begins; none without a limit.
#[must_use]
pub fn overdue_since(row: &Row, terms: &Terms) -> Option<Instant> {
    Some(row.last_transition_at.plus_ms(limit_ms(row, terms)?))
}

/// Whether a row has stood too long at `now`.
#[must_use]
pub fn is_overdue(row: &Row, terms: &Terms, now: Instant) -> bool {
    overdue_since(row, terms).is_some_and(|since| since <= now)
}

/// What happens when the row's limit is exceeded. A task that is blocked already is only told of,
/// and one in review is never given up: its work is done.
#[must_use]
pub fn policy(row: &Row, terms: &Terms) -> Policy {
    let own = row.sla.as_ref().and_then(|own| own.card.on_violation);
    match (row.status, own.unwrap_or(terms.on_violation)) {
        (Status::Blocked, Policy::Block) => Policy::Alert,
        (Status::Review, Policy::Deadletter) => Policy::Block,
        (_, policy) => policy,
    }
}

/// When something is next to be done about a row that stays where it is: at the violation, and if
/// people were told already, a pause later.
#[must_use]
pub fn next_violation(row: &Row, terms: &Terms) -> Option<Instant> {
    let since = overdue_since(row, terms)?;
    let alerted_at = row.sla.as_ref().and_then(|own| own.alerted_at);
    Some(match alerted_at {
        Some(at) => since.max(at.plus_ms(terms.repeat_ms)),
        None => since,
    })
}
