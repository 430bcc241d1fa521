//! What planning remembers from one poll to the next: who was served how much, when something was
//! started last, and how much the platform is known to carry.
//!
//! Never decides anything. Invariant: what it holds follows from the dispatches that were committed
//! and the refusals of the platform, in their order; a service that never stops and one that was
//! opened again know the same last dispatches, and differ at most in the shares of what happened
//! before the oldest run that still works.

use std::collections::BTreeMap;

use crate::books::{Books, Kind};
use crate::id::{ProjectId, TeamId};
use crate::instant::Instant;

/// What one dispatch costs whoever has weight 1.
const COST: u64 = 1_000;
/// Sessions that must begin in a row before the platform is asked for one more.
const RECOVERY_STARTS: u32 = 10;

/// One dispatch, for those who share.
#[derive(Debug, Clone, Copy)]
pub struct Served<'a> {
    /// The project of the task, and its weight.
    pub project: (&'a ProjectId, u32),
    /// The team that works, and its weight.
    pub team: Option<(&'a TeamId, u32)>,
}

/// What planning remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    projects: Shares<ProjectId>,
    teams: Shares<TeamId>,
    last: Option<Instant>,
    platform: Platform,
}

impl Ledger {
    /// Notes a dispatch.
    pub fn served(&mut self, served: Served<'_>, at: Instant) {
        let (project, weight) = served.project;
        self.projects.serve(project, weight, at);
        if let Some((team, weight)) = served.team {
            self.teams.serve(team, weight, at);
        }
        self.last = self.last.max(Some(at));
    }

    /// Puts back the last dispatches, as the books have them. No share is had for them.
    pub fn recall(&mut self, books: &Books) {
        for (whose, at) in books.starts() {
            let (kind, name) = whose.split_once(' ').unwrap_or((whose, ""));
            match Kind::parse(kind) {
                Some(Kind::Project) => self.projects.recall(ProjectId::parse(name).ok(), at),
                Some(Kind::Team) => self.teams.recall(TeamId::parse(name).ok(), at),
                Some(Kind::Store) => self.last = Some(at),
                _ => {}
            }
        }
    }

    /// The clock may have been set back: nothing was started later than now.
    pub fn rewind(&mut self, now: Instant) {
        self.last = self.last.map(|last| last.min(now));
        self.projects.rewind(now);
        self.teams.rewind(now);
    }

    /// How much of its share a project has had: whoever has had less goes first.
    #[must_use]
    pub fn had_by_project(&self, project: &ProjectId) -> u64 {
        self.projects.had(project)
    }

    /// How much of its share a team has had.
    #[must_use]
    pub fn had_by_team(&self, team: &TeamId) -> u64 {
        self.teams.had(team)
    }

    /// The last dispatch of all.
    #[must_use]
    pub const fn last(&self) -> Option<Instant> {
        self.last
    }

    /// The last dispatch of a project.
    #[must_use]
    pub fn last_of_project(&self, project: &ProjectId) -> Option<Instant> {
        self.projects.last(project)
    }

    /// The last dispatch to a team.
    #[must_use]
    pub fn last_of_team(&self, team: &TeamId) -> Option<Instant> {
        self.teams.last(team)
    }

    /// Runs that the platform is known to carry, if it ever refused one.
    #[must_use]
    pub const fn platform_limit(&self) -> Option<u32> {
        self.platform.limit
    }

    /// The platform refused a session: it carries `limit`, as it says or as was seen.
    pub fn platform_refused(&mut self, limit: u32) {
        let limit = limit.max(1);
        let known = self.platform.limit.unwrap_or(limit);
        self.platform = Platform {
            limit: Some(known.min(limit)),
            starts: 0,
        };
    }

    /// A session began. After some of these the platform is asked for one more, until it carries
    /// `wanted`. Returns whether the limit changed.
    pub fn platform_started(&mut self, wanted: u32) -> bool {
        let Some(limit) = self.platform.limit else {
            return false;
        };
        self.platform.starts += 1;
        if self.platform.starts < RECOVERY_STARTS {
            return false;
        }
        let next = limit.saturating_add(1);
        self.platform = Platform {
            limit: (next < wanted).then_some(next),
            starts: 0,
        };
        true
    }
}

/// How much the platform carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Platform {
    limit: Option<u32>,
    /// Sessions that began since it refused one, or was last asked for more.
    starts: u32,
}

/// Shares of those who compete: each advances by the cost of what it gets, divided by its weight.
/// Source: stride scheduling (Waldspurger and Weihl, 1995).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shares<K> {
    of: BTreeMap<K, Share>,
    /// Where the last one served stood: whoever had nothing to do meanwhile begins here.
    now: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    had: u64,
    last: Instant,
}

impl<K> Default for Shares<K> {
    fn default() -> Self {
        Shares {
            of: BTreeMap::new(),
            now: 0,
        }
    }
}

impl<K: Ord + Clone> Shares<K> {
    fn had(&self, key: &K) -> u64 {
        self.of
            .get(key)
            .map_or(self.now, |share| share.had.max(self.now))
    }

    fn last(&self, key: &K) -> Option<Instant> {
        self.of.get(key).map(|share| share.last)
    }

    fn serve(&mut self, key: &K, weight: u32, at: Instant) {
        let before = self.had(key);
        let had = before.saturating_add(COST / u64::from(weight.max(1)));
        let last = self.last(key).map_or(at, |last| last.max(at));
        self.now = self.now.max(before);
        self.of.insert(key.clone(), Share { had, last });
    }

    fn recall(&mut self, key: Option<K>, last: Instant) {
        let had = 0;
        self.of.extend(key.map(|key| (key, Share { had, last })));
    }

    fn rewind(&mut self, now: Instant) {
        for share in self.of.values_mut() {
            share.last = share.last.min(now);
        }
    }
}
