//! How much may be used within a window of time, and whether it is.
//!
//! Never counts anything; the books do. Invariant: a budget is spent exactly when what was used
//! reaches its limit, and windows turn at fixed moments of UTC.

use std::fmt;

use crate::books::{Books, Kind};
use crate::id::{AgentId, ProjectId, TaskId, TeamId};
use crate::instant::Instant;
use crate::usage::Sum;

/// Largest limit of a budget.
pub const LIMIT_MAX: u64 = 1_000_000_000_000_000;
/// Budgets of one store, project, team, agent or task.
pub const BUDGETS_MAX: usize = 8;
/// Per cent of a budget at which people are told, unless it says otherwise.
pub const ALERT_AT_PERCENT_DEFAULT: u8 = 80;

/// A span of time that begins and ends at a fixed moment of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Window {
    /// From the full hour.
    Hour,
    /// From midnight.
    Day,
    /// From midnight before Monday.
    Week,
    /// From midnight before the first.
    Month,
    /// From the beginning; never ends.
    #[default]
    Total,
}

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Days from the Monday before the epoch's beginning, a Thursday.
const EPOCH_DAY_OF_WEEK: u64 = 3;

impl Window {
    /// Those that end.
    pub const TURNING: [Window; 4] = [Window::Hour, Window::Day, Window::Week, Window::Month];
    /// The names of all, as files write them.
    pub const NAMES: [&'static str; 5] = ["hour", "day", "week", "month", "total"];

    /// The window of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = Window::TURNING.into_iter().chain([Window::Total]);
        all.into_iter().find(|window| window.as_str() == text)
    }

    /// The name as written in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Window::Hour => "hour",
            Window::Day => "day",
            Window::Week => "week",
            Window::Month => "month",
            Window::Total => "total",
        }
    }

    /// When the window began that a moment lies in.
    #[must_use]
    pub fn start(self, at: Instant) -> Instant {
        let ms = at.ms();
        Instant::from_ms(match self {
            Window::Hour => ms - ms % HOUR_MS,
            Window::Day => ms - ms % DAY_MS,
            Window::Week => {
                let since_monday = (ms / DAY_MS + EPOCH_DAY_OF_WEEK) % 7;
                (ms - ms % DAY_MS).saturating_sub(since_monday * DAY_MS)
            }
            Window::Month => return at.month_start(),
            Window::Total => 0,
        })
    }

    /// When the window ends that a moment lies in; none if it never does.
    #[must_use]
    pub fn end(self, at: Instant) -> Option<Instant> {
        let start = self.start(at);
        let end = match self {
            Window::Hour => start.plus_ms(HOUR_MS),
            Window::Day => start.plus_ms(DAY_MS),
            // The first week of the epoch is a short one.
            Window::Week if start.ms() == 0 => start.plus_ms((7 - EPOCH_DAY_OF_WEEK) * DAY_MS),
            Window::Week => start.plus_ms(7 * DAY_MS),
            // No month has 32 days, and none is so short that this skips one.
            Window::Month => start.plus_ms(32 * DAY_MS).month_start(),
            Window::Total => return None,
        };
        // At the end of time no window ends any more.
        (end > at).then_some(end)
    }
}

/// A limit on what is used within a window. At least one of the two is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Tokens read and written together.
    pub tokens_max: Option<u64>,
    /// Cost in millionths of the currency.
    pub cost_micros_max: Option<u64>,
    /// Within which time.
    pub window: Window,
    /// At how much of it people are told.
    pub alert_at_percent: u8,
}

/// Whose budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Of everything.
    Store,
    /// Of a project.
    Project(&'a ProjectId),
    /// Of a team.
    Team(&'a TeamId),
    /// Of an agent.
    Agent(&'a AgentId),
    /// Of one task.
    Task(&'a TaskId),
}

impl<'a> Scope<'a> {
    /// The kind of sum that counts for it.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Scope::Store => Kind::Store,
            Scope::Project(_) => Kind::Project,
            Scope::Team(_) => Kind::Team,
            Scope::Agent(_) => Kind::Agent,
            Scope::Task(_) => Kind::Task,
        }
    }

    /// The name in its kind; empty for the store.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Scope::Store => "",
            Scope::Project(id) => id.as_str(),
            Scope::Team(id) => id.as_str(),
            Scope::Agent(id) => id.as_str(),
            Scope::Task(id) => id.as_str(),
        }
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Store => f.write_str("the store"),
            scope => write!(f, "{} `{}`", scope.kind().as_str(), scope.name()),
        }
    }
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens.
    Tokens,
    /// Millionths of the currency.
    CostMicros,
}

impl Unit {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Tokens => "tokens",
            Unit::CostMicros => "costMicros",
        }
    }
}

/// One limit and how much of it is used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Whose.
    pub scope: Scope<'a>,
    /// Of what.
    pub unit: Unit,
    /// Used in the present window.
    pub used: u64,
    /// Allowed.
    pub max: u64,
    /// Within which time.
    pub window: Window,
    now: Instant,
    alert_at_percent: u8,
}

impl Standing<'_> {
    /// Whether nothing more is started.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.used >= self.max
    }

    /// Whether people are to be told.
    #[must_use]
    pub const fn is_near(&self) -> bool {
        let (used, max) = (self.used as u128, self.max as u128);
        used * 100 >= max * self.alert_at_percent as u128
    }

    /// When the present window began.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.window.start(self.now)
    }

    /// When it ends; none if it never does.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.window.end(self.now)
    }

    /// Whole per cent of it that are used.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let whole = u128::from(self.max.max(1));
        u64::try_from(u128::from(self.used) * 100 / whole).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Standing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has used ", self.scope)?;
        match self.unit {
            Unit::Tokens => write!(f, "{} of {} tokens", self.used, self.max)?,
            Unit::CostMicros => {
                write!(f, "{} of {} in cost", Money(self.used), Money(self.max))?;
            }
        }
        match (self.window, self.until()) {
            (window, Some(until)) => write!(f, " of this {}, until {until}", window.as_str()),
            (_, None) => f.write_str(" in all"),
        }
    }
}

/// An amount of millionths, for people: `1.25`.
#[derive(Debug, Clone, Copy)]
pub struct Money(pub u64);

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let cents = micros / 10_000;
        if micros % 10_000 == 0 {
            write!(f, "{whole}.{cents:02}")
        } else {
            write!(f, "{whole}.{micros:06}")
        }
    }
}

/// How every limit of some budgets stands.
pub fn standings<'a>(
    scope: Scope<'a>,
    budgets: &[Budget],
    (books, now): (&Books, Instant),
) -> impl Iterator<Item = Standing<'a>> {
    let each = budgets.iter().flat_map(move |budget| {
        let used = books.used((scope.kind(), scope.name()), budget.window, now);
        let limits = of_budget(scope, budget, used, now);
        limits.into_iter().flatten()
    });
    // A handful at most.
    each.collect::<Vec<_>>().into_iter()
}

/// The spent limit that lasts longest, if there is one.
#[must_use]
pub fn spent<'a>(
    scope: Scope<'a>,
    budgets: &[Budget],
    books: (&Books, Instant),
) -> Option<Standing<'a>> {
    let spent = standings(scope, budgets, books).filter(Standing::is_spent);
    spent.max_by_key(|standing| standing.until().unwrap_or(Instant::MAX))
}

fn of_budget<'a>(
    scope: Scope<'a>,
    budget: &Budget,
    used: Sum,
    now: Instant,
) -> [Option<Standing<'a>>; 2] {
    let limits = [
        (Unit::Tokens, used.tokens(), budget.tokens_max),
        (Unit::CostMicros, used.cost_micros, budget.cost_micros_max),
    ];
    limits.map(|(unit, used, max)| {
        Some(Standing {
            scope,
            unit,
            used,
            max: max?,
            window: budget.window,
            now,
            alert_at_percent: budget.alert_at_percent,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    /// A window, a moment in it, its beginning and its end.
    const TURNS: [(&str, &str, &str, &str); 10] = [
        (
            "hour",
            "2026-02-17T11:59:59.999Z",
            "2026-02-17T11:00:00Z",
            "2026-02-17T12:00:00Z",
        ),
        (
            "hour",
            "2026-02-17T12:00:00Z",
            "2026-02-17T12:00:00Z",
            "2026-02-17T13:00:00Z",
        ),
        (
            "day",
            "2026-02-28T23:59:59.999Z",
            "2026-02-28T00:00:00Z",
            "2026-03-01T00:00:00Z",
        ),
        (
            "week",
            "2026-02-17T11:00:00Z",
            "2026-02-16T00:00:00Z",
            "2026-02-23T00:00:00Z",
        ),
        (
            "week",
            "2026-02-16T00:00:00Z",
            "2026-02-16T00:00:00Z",
            "2026-02-23T00:00:00Z",
        ),
        (
            "week",
            "2026-02-15T23:59:59.999Z",
            "2026-02-09T00:00:00Z",
            "2026-02-16T00:00:00Z",
        ),
        (
            "week",
            "1970-01-02T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1970-01-05T00:00:00Z",
        ),
        (
            "week",
            "1970-01-05T00:00:00Z",
            "1970-01-05T00:00:00Z",
            "1970-01-12T00:00:00Z",
        ),
        (
            "month",
            "2024-02-29T01:00:00Z",
            "2024-02-01T00:00:00Z",
            "2024-03-01T00:00:00Z",
        ),
        (
            "month",
            "2026-12-31T23:00:00Z",
            "2026-12-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
        ),
    ];

    #[test]
    fn windows_turn_at_fixed_moments() {
        for (window, moment, start, end) in TURNS {
            let (window, moment) = (Window::parse(window).unwrap(), at(moment));
            assert_eq!(window.start(moment), at(start), "{window:?} {moment}");
            assert_eq!(window.end(moment), Some(at(end)), "{window:?} {moment}");
        }
        assert_eq!(Window::Total.start(at("2026-02-17T11:00:00Z")).ms(), 0);
        assert_eq!(Window::Total.end(at("2026-02-17T11:00:00Z")), None);
        assert_eq!(Window::Month.end(Instant::MAX), None);
        for name in Window::NAMES {
            assert_eq!(Window::parse(name).map(Window::as_str), Some(name));
        }
    }

    fn standing(used: u64, max: u64) -> Standing<'static> {
        Standing {
            scope: Scope::Store,
            unit: Unit::CostMicros,
            used,
            max,
            window: Window::Day,
            now: Instant::from_ms(0),
            alert_at_percent: 80,
        }
    }

    #[test]
    fn a_budget_is_near_and_spent_exactly_at_its_limits() {
        for (used, max, is_near, is_spent) in [
            (0, 0, true, true),
            (0, 1, false, false),
            (7, 9, false, false),
            (8, 10, true, false),
            (9, 10, true, false),
            (10, 10, true, true),
            (u64::MAX, u64::MAX, true, true),
            (u64::MAX - 1, u64::MAX, true, false),
        ] {
            let standing = standing(used, max);
            let found = (standing.is_near(), standing.is_spent());
            assert_eq!(found, (is_near, is_spent), "{used} of {max}");
        }
        assert_eq!(standing(799, 1_000).percent(), 79);
        assert_eq!(standing(5, 0).percent(), 500);
    }

    #[test]
    fn money_is_written_exactly() {
        for (micros, text) in [
            (0, "0.00"),
            (1, "0.000001"),
            (1_250_000, "1.25"),
            (1_234_560, "1.234560"),
            (u64::MAX, "18446744073709.551615"),
        ] {
            assert_eq!(Money(micros).to_string(), text);
        }
    }
}
