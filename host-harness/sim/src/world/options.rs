//! What a world is made of and what happens to it, drawn from a seed.
//!
//! Only numbers: nothing here touches a world. Invariant: equal options are equal worlds.

use serde::{Deserialize, Serialize};

/// What kind of trouble a world sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// None: hosts are stopped and started in good order.
    Calm,
    /// People with editors and file managers.
    People,
    /// Full and failing disks, kills, power cuts.
    Disk,
    /// Clocks that jump, stand still and drift.
    Clock,
    /// Two hosts that want the same store.
    Hosts,
    /// Everything at once.
    Storm,
    /// People who change the same files in the very moment in which a host does.
    Clash,
    /// A company with a chart, caps and limits, people who change them, and agents that ask for
    /// what they may not.
    Fabric,
    /// Tasks with workflows, and people who decide, beside full disks, kills and power cuts.
    Flows,
    /// One of the others but `fabric` and `flows`, drawn from the seed.
    Random,
}

impl Profile {
    /// Every one of them.
    pub const ALL: [Profile; 10] = [
        Profile::Calm,
        Profile::People,
        Profile::Disk,
        Profile::Clock,
        Profile::Hosts,
        Profile::Storm,
        Profile::Clash,
        Profile::Fabric,
        Profile::Flows,
        Profile::Random,
    ];

    /// Those that `random` stands for: never others, so that its worlds stay what they are.
    pub const DRAWN: [Profile; 7] = [
        Profile::Calm,
        Profile::People,
        Profile::Disk,
        Profile::Clock,
        Profile::Hosts,
        Profile::Storm,
        Profile::Clash,
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Calm => "calm",
            Profile::People => "people",
            Profile::Disk => "disk",
            Profile::Clock => "clock",
            Profile::Hosts => "hosts",
            Profile::Storm => "storm",
            Profile::Clash => "clash",
            Profile::Fabric => "fabric",
            Profile::Flows => "flows",
            Profile::Random => "random",
        }
    }

    /// The profile that a seed gives for this one. It takes nothing from the dice of the world, so
    /// that the world is the same when its profile is named.
    fn settle(self, seed: u64) -> Self {
        match self {
            Profile::Random => fastrand::Rng::with_seed(!seed)
                .choice(Self::DRAWN)
                .unwrap_or(Profile::Storm),
            other => other,
        }
    }
}

/// The size and the settings of a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Dice of everything that is not a step.
    pub seed: u64,
    /// Trouble.
    pub profile: Profile,
    /// Projects.
    pub projects: u32,
    /// Agents in the chart.
    pub agents: u32,
    /// Cards at the beginning.
    pub cards: u32,
    /// Hosts that may run.
    pub hosts: u32,
    /// `scheduler.defaultLeaseTtlMs`
    pub lease_ttl_ms: u64,
    /// `scheduler.maxConcurrentDispatches`
    pub runs_max: u32,
    /// `scheduler.failuresMax`
    pub failures_max: u32,
    /// `scheduler.retryBaseMs`
    pub retry_base_ms: u64,
    /// `scheduler.runTimeoutMs`
    pub run_timeout_ms: u64,
    /// Granularity of file times.
    pub mtime_tick_ns: u64,
}

impl Options {
    /// Draws a world.
    pub fn draw(seed: u64, profile: Profile, dice: &mut fastrand::Rng) -> Self {
        let profile = profile.settle(seed);
        let hosts = match profile {
            Profile::Hosts | Profile::Storm => 2,
            _ => 1,
        };
        let is_large = dice.u8(0..20) == 0;
        let mut options = Self {
            seed,
            profile,
            projects: dice.u32(1..=3),
            agents: if is_large {
                dice.u32(8..=64)
            } else {
                dice.u32(1..=6)
            },
            cards: if is_large {
                dice.u32(30..=60)
            } else {
                dice.u32(5..=14)
            },
            hosts,
            lease_ttl_ms: dice.choice([1_000, 5_000, 20_000]).unwrap_or(5_000),
            runs_max: dice.u32(1..=6),
            failures_max: dice.u32(1..=3),
            retry_base_ms: dice.choice([0, 500, 4_000]).unwrap_or(500),
            run_timeout_ms: dice.choice([10_000, 60_000]).unwrap_or(10_000),
            mtime_tick_ns: dice.choice([1, 4_000_000]).unwrap_or(1),
        };
        if profile == Profile::Fabric {
            options.agents = options.agents.max(3);
            options.projects += 1;
            options.cards += 6;
        }
        options
    }
}
