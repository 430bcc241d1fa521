//! Stores of any size, made of nothing but a few numbers.
//!
//! Never asks a clock or throws real dice. Invariant: equal fixtures are equal stores, and every
//! card in one is a card that the codec reads without a complaint.

mod card;
mod prose;

use std::fs;
use std::io;
use std::path::Path;

use aof_disk::MemoryDisk;
use aof_host::clock::SeededEntropy;
use aof_host::contract::store::StoreError;

use card::CardMaker;

/// The moment at which a fixture was "made": 2026-02-17T10:00:00Z.
pub const MADE_AT_MS: u64 = 1_771_322_400_000;
/// The one project.
pub const PROJECT: &str = "alpha";

/// Who is there to do the work: `agent-0`, `agent-1`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crew {
    /// How many agents the org chart has.
    pub agents: u32,
    /// How many rules route tasks by their tags. If there are any, one task in four goes by a rule,
    /// one to a role, one to a team, and only one names its agent.
    pub rules: u32,
}

impl Crew {
    /// Ten agents, each named by its tasks.
    pub const TEN: Crew = Crew {
        agents: 10,
        rules: 0,
    };
    /// A large organization: 200 agents in twenty teams, and fifty rules.
    pub const TWO_HUNDRED: Crew = Crew {
        agents: 200,
        rules: 50,
    };
}

/// Agents of a team, and of a role, of a crew that has rules.
const TEAM_AGENTS: u32 = 10;

/// Shares of the statuses in percent; what is missing to 100 is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Finished.
    pub done: u32,
    /// Blocked, without a time to try again.
    pub blocked: u32,
    /// In the backlog, waiting for something that is not done.
    pub backlog: u32,
}

impl Mix {
    /// What AOF 1.20 was measured with: 60 % done, 10 % blocked, 10 % backlog, 20 % ready.
    pub const PEER: Mix = Mix {
        done: 60,
        blocked: 10,
        backlog: 10,
    };
    /// History and nothing else.
    pub const FINISHED: Mix = Mix {
        done: 100,
        blocked: 0,
        backlog: 0,
    };
    /// No history: 30 % blocked, 30 % backlog, 40 % ready.
    pub const ACTIVE: Mix = Mix {
        done: 0,
        blocked: 30,
        backlog: 30,
    };
}

/// Whether a poll can start anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Every agent has its one run already; the limit over all agents is not reached, so that a
    /// plan has to look at each ready task.
    Full,
    /// Nobody runs, and the agents take as much as a poll gives.
    Free,
}

/// A store in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// Cards by the mix.
    pub cards: u32,
    /// Their statuses.
    pub mix: Mix,
    /// Finished cards on top of the mix.
    pub history: u32,
    /// Whether ready tasks find somebody.
    pub room: Room,
    /// Who does the work.
    pub crew: Crew,
    /// Another seed makes other ids and texts.
    pub seed: u64,
}

impl Fixture {
    /// This many cards of a mix, and no room to start any.
    #[must_use]
    pub fn new(cards: u32, mix: Mix) -> Self {
        Fixture {
            cards,
            mix,
            history: 0,
            room: Room::Full,
            crew: Crew::TEN,
            seed: 1,
        }
    }

    /// With another crew.
    #[must_use]
    pub fn crew(self, crew: Crew) -> Self {
        Fixture { crew, ..self }
    }

    /// With room to start tasks, or without.
    #[must_use]
    pub fn room(self, room: Room) -> Self {
        Fixture { room, ..self }
    }

    /// With this many finished cards on top.
    #[must_use]
    pub fn history(self, history: u32) -> Self {
        Fixture { history, ..self }
    }

    /// Every file: path and content.
    pub fn files(&self) -> impl Iterator<Item = (String, Vec<u8>)> {
        let dice = || SeededEntropy::new(self.seed);
        let mut maker = CardMaker::new(dice(), self.crew, self.busy_agents());
        let mut anchor = CardMaker::new(dice(), self.crew, 0);
        let fixture = self.clone();
        let cards = (0..self.cards + self.history).map(move |number| {
            let share = number.wrapping_mul(37) % 100;
            let mix = fixture.mix;
            match number {
                number if number >= fixture.cards => maker.done(),
                _ if share < mix.done => maker.done(),
                _ if share < mix.done + mix.blocked => maker.blocked(),
                _ if share < mix.done + mix.blocked + mix.backlog => maker.backlog(),
                _ => maker.ready(),
            }
        });
        let anchor = (self.mix.backlog > 0).then(|| anchor.anchor());
        self.surroundings().into_iter().chain(anchor).chain(cards)
    }

    /// Writes the store below `root`.
    ///
    /// # Errors
    /// What the system says.
    pub fn lay_in_dir(&self, root: &Path) -> io::Result<()> {
        for (path, content) in self.files() {
            let path = root.join(path);
            if fs::write(&path, &content).is_err() {
                if let Some(dir) = path.parent() {
                    fs::create_dir_all(dir)?;
                }
                fs::write(&path, &content)?;
            }
        }
        Ok(())
    }

    /// Writes the store onto a disk in memory.
    ///
    /// # Errors
    /// What the disk says.
    pub fn lay_in_memory(&self, disk: &MemoryDisk) -> Result<(), StoreError> {
        for (path, content) in self.files() {
            disk.put_by_hand(&path, &content)?;
        }
        Ok(())
    }

    fn busy_agents(&self) -> u32 {
        match self.room {
            Room::Full => self.crew.agents,
            Room::Free => 0,
        }
    }

    fn surroundings(&self) -> Vec<(String, Vec<u8>)> {
        let file = |path: &str, text: String| (path.to_owned(), text.into_bytes());
        let settings = "schemaVersion: 1\nscheduler:\n  maxConcurrentDispatches: 1000\n  \
                        maxDispatchesPerPoll: 10\nexecutor:\n  kind: simulated\n";
        vec![
            file("aof.yaml", settings.to_owned()),
            file("org/org-chart.yaml", self.chart()),
            file(
                &format!("projects/{PROJECT}/project.yaml"),
                format!("id: {PROJECT}\ntitle: Alpha\nstatus: active\n"),
            ),
        ]
    }

    fn chart(&self) -> String {
        let concurrency = match self.room {
            Room::Full => 1,
            Room::Free => 1_000,
        };
        let Crew { agents, rules } = self.crew;
        let agent = |number: u32| {
            format!(
                "  - {{id: agent-{number}, name: Agent {number}, team: {}, \
                 capabilities: {{concurrency: {concurrency}}}}}\n",
                self.crew.team(number)
            )
        };
        let agents: String = (0..agents).map(agent).collect();
        let (teams, structure) = match rules {
            0 => ("  - {id: crew, name: Crew}\n".to_owned(), String::new()),
            _ => (self.crew.teams(), self.crew.structure()),
        };
        format!("schemaVersion: 1\nteams:\n{teams}agents:\n{agents}{structure}")
    }
}

impl Crew {
    fn team(self, agent: u32) -> String {
        match self.rules {
            0 => "crew".to_owned(),
            _ => format!("team-{}", agent / TEAM_AGENTS),
        }
    }

    fn team_count(self) -> u32 {
        self.agents.div_ceil(TEAM_AGENTS)
    }

    fn teams(self) -> String {
        let team = |number| format!("  - {{id: team-{number}, name: Team {number}}}\n");
        (0..self.team_count()).map(team).collect()
    }

    /// A role per team, filled by its agents, and the rules.
    fn structure(self) -> String {
        let role = |number: u32| {
            let first = number * TEAM_AGENTS;
            let agents = first..(first + TEAM_AGENTS).min(self.agents);
            let agents: Vec<String> = agents.map(|agent| format!("agent-{agent}")).collect();
            format!("  role-{number}: {{agents: [{}]}}\n", agents.join(", "))
        };
        let roles: String = (0..self.team_count()).map(role).collect();
        let rule = |number: u32| {
            let team = number % self.team_count();
            format!("  - {{matchTags: [skill-{number}], targetRole: role-{team}}}\n")
        };
        let rules: String = (0..self.rules).map(rule).collect();
        format!("roles:\n{roles}routing:\n{rules}")
    }
}

#[cfg(test)]
mod tests;
