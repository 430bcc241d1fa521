//! One thing that happens in a world, with every number it needs, so that steps can be dropped from
//! a history without changing the others.
//!
//! Only data and dice. Invariant: a step means something in every state of a world; where it finds
//! nothing to act on, nothing happens.

use serde::{Deserialize, Serialize};

use super::lookout::Moment;
use super::options::{Options, Profile};

/// What a person asks AOF for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// A new task.
    Create,
    /// That a task waits.
    Block,
    /// That it goes on.
    Unblock,
    /// That it is given up.
    Cancel,
    /// That it counts as done.
    Complete,
    /// Another body.
    Rewrite,
    /// Back to ready.
    Ready,
    /// That a task waits for another.
    Depend,
    /// That it no longer does.
    Undepend,
    /// That it starts though it waits, perhaps whatever for.
    Promote,
    /// That one which was given up is tried again.
    Resurrect,
    /// A new project.
    Found,
    /// Another status of a project.
    Rest,
    /// That a task is something else: more urgent, somebody else's.
    Amend,
    /// An entry in a task's work log.
    Log,
    /// That its run is taken to be at work.
    Beat,
    /// A list of tasks.
    List,
    /// Something that must happen once, however often it is asked for.
    Again,
    /// A new task with a workflow.
    Plan,
    /// That a hop which waits for a person ends, in one way or another.
    Decide,
    /// That a task goes on with another workflow.
    Change,
}

/// What a person does to the chart, or to a project's manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revision {
    /// Saves another edition.
    Redraw,
    /// Saves something that cannot be used.
    Break,
    /// Saves the edition before it was broken once more.
    Mend,
}

/// What a person does to the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Adds a line, in place.
    Edit,
    /// Adds a line, the way editors do that keep a backup.
    EditWithBackup,
    /// Moves the card where the table allows it.
    MoveLegally,
    /// Moves it anywhere.
    MoveAnywhere,
    /// Deletes it.
    Remove,
    /// Copies it into another status.
    Duplicate,
    /// Puts an older version in its place.
    Restore,
    /// Makes its front matter unreadable.
    Break,
    /// Makes it readable again.
    Mend,
}

/// How a clock goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// It jumps ahead.
    Ahead,
    /// It jumps back.
    Back,
    /// It stands still.
    Frozen,
    /// It goes right from here on.
    Right,
}

/// An error of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// No space.
    Full,
    /// The device fails.
    Device,
    /// No permission.
    Denied,
    /// Too many files.
    Files,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Step {
    /// Time passes.
    Wait {
        /// So much.
        ms: u64,
    },
    /// A host polls.
    Poll {
        /// Which.
        host: u32,
    },
    /// A host takes in news.
    Pump {
        /// Which.
        host: u32,
    },
    /// A person asks.
    Ask {
        /// Through this host.
        host: u32,
        /// For this.
        wish: Wish,
        /// About the card of this number, counted round.
        card: u32,
        /// Dice of its own.
        salt: u64,
    },
    /// A person acts on files.
    Hand {
        /// What.
        deed: Deed,
        /// On the card of this number, counted round.
        card: u32,
        /// Dice of its own.
        salt: u64,
        /// Flushed at once.
        synced: bool,
    },
    /// A person acts while a host is at work: before its call of this number from now.
    Meddle {
        /// Which host.
        host: u32,
        /// Calls that pass before.
        calls: u64,
        /// What.
        deed: Deed,
        /// On the card of this number, counted round.
        card: u32,
        /// Dice of its own.
        salt: u64,
    },
    /// An agent asks for something, outside of any run.
    Lie {
        /// Which host.
        host: u32,
        /// For what.
        wish: Wish,
        /// About the task of this number, counted round.
        card: u32,
        /// Dice of its own.
        salt: u64,
    },
    /// A person edits the chart, or a project's manifest.
    Revise {
        /// Nobody's for the chart, else the project of this number, counted round.
        project: Option<u32>,
        /// How.
        revision: Revision,
        /// Dice of its own.
        salt: u64,
    },
    /// A person acts in one moment of a host's work.
    Snatch {
        /// Which host.
        host: u32,
        /// When.
        moment: Moment,
        /// What, unless it is put where a card is about to go.
        deed: Deed,
        /// On the card of this number, counted round.
        card: u32,
        /// Dice of its own.
        salt: u64,
    },
    /// A host dies at its changing call of this number from now.
    Kill {
        /// Which.
        host: u32,
        /// Calls that still succeed.
        calls: u64,
    },
    /// A host starts, if it does not run.
    Start {
        /// Which.
        host: u32,
    },
    /// A host stops in good order.
    Stop {
        /// Which.
        host: u32,
    },
    /// The machine loses its power.
    Cut {
        /// Dice of what survives.
        salt: u64,
        /// Whether names survive in order.
        ordered: bool,
    },
    /// A person deletes the writer's lock.
    Unlock,
    /// A host's call fails.
    Fail {
        /// Which host.
        host: u32,
        /// Calls that still succeed.
        calls: u64,
        /// With this.
        fault: Fault,
    },
    /// The disk has this many bytes left, or as many as it likes.
    Space {
        /// Bytes.
        left: Option<u64>,
    },
    /// A host's clock goes wrong.
    Clock {
        /// Which host.
        host: u32,
        /// How.
        wrong: Wrong,
        /// By how much.
        ms: u64,
    },
}

/// Weights of the kinds of steps: work, asking, hands, meddling, deaths, cuts, disk faults, clocks,
/// stops and starts, locks, moments, lies, revisions.
const fn weights(profile: Profile) -> [u32; 13] {
    match profile {
        Profile::Calm => [60, 20, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0],
        Profile::People => [50, 10, 25, 6, 2, 0, 0, 0, 4, 0, 0, 0, 0],
        Profile::Disk => [50, 14, 3, 0, 10, 6, 10, 0, 6, 0, 0, 0, 0],
        Profile::Clock => [55, 12, 0, 0, 3, 2, 0, 18, 6, 0, 0, 0, 0],
        Profile::Hosts => [50, 12, 3, 0, 8, 2, 0, 2, 20, 5, 0, 0, 0],
        Profile::Storm | Profile::Random => [45, 10, 12, 4, 6, 4, 6, 5, 8, 2, 0, 0, 0],
        Profile::Fabric => [50, 16, 3, 0, 0, 0, 0, 0, 6, 0, 0, 12, 10],
        Profile::Flows => [50, 26, 3, 0, 3, 2, 3, 0, 6, 0, 0, 0, 0],
        Profile::Clash => [50, 14, 0, 6, 0, 0, 0, 0, 4, 0, 25, 0, 0],
    }
}

/// Draws `count` steps.
pub fn draw(options: &Options, count: usize, dice: &mut fastrand::Rng) -> Vec<Step> {
    let weights = weights(options.profile);
    (0..count)
        .map(|_| one(options, kind(&weights, dice), dice))
        .collect()
}

fn kind(weights: &[u32], dice: &mut fastrand::Rng) -> usize {
    let mut left = dice.u32(0..weights.iter().sum());
    for (kind, weight) in weights.iter().enumerate() {
        match left.checked_sub(*weight) {
            Some(rest) => left = rest,
            None => return kind,
        }
    }
    0
}

fn one(options: &Options, kind: usize, dice: &mut fastrand::Rng) -> Step {
    let host = dice.u32(0..options.hosts);
    let (card, salt) = (dice.u32(..), dice.u64(..));
    match kind {
        0 => work(options, host, dice),
        1 => Step::Ask {
            host,
            wish: wish(options.profile, dice),
            card,
            salt,
        },
        2 => Step::Hand {
            deed: deed(dice),
            card,
            salt,
            synced: dice.bool(),
        },
        3 => Step::Meddle {
            host,
            calls: dice.u64(0..60),
            deed: deed(dice),
            card,
            salt,
        },
        4 => Step::Kill {
            host,
            calls: dice.u64(0..40),
        },
        5 => Step::Cut {
            salt,
            ordered: dice.bool(),
        },
        6 => fault(host, dice),
        7 => Step::Clock {
            host,
            wrong: wrong(dice),
            ms: dice.u64(1..=options.lease_ttl_ms * 4),
        },
        8 if dice.u8(0..3) == 0 => Step::Stop { host },
        8 => Step::Start { host },
        9 => Step::Unlock,
        11 => Step::Lie {
            host,
            wish: wish(options.profile, dice),
            card,
            salt,
        },
        12 => revise(options, salt, dice),
        _ => Step::Snatch {
            host,
            moment: moment(dice),
            deed: deed(dice),
            card,
            salt,
        },
    }
}

fn work(options: &Options, host: u32, dice: &mut fastrand::Rng) -> Step {
    match dice.u8(0..9) {
        0..3 => Step::Poll { host },
        3..6 => Step::Pump { host },
        6 => Step::Start { host },
        // Long enough for limits of time.
        7 if matches!(options.profile, Profile::Fabric | Profile::Flows) => Step::Wait {
            ms: dice.u64(1..=90_000),
        },
        _ => Step::Wait {
            ms: dice.u64(1..=options.lease_ttl_ms),
        },
    }
}

fn revise(options: &Options, salt: u64, dice: &mut fastrand::Rng) -> Step {
    let project = dice.u32(0..options.projects.max(1) * 2);
    Step::Revise {
        project: Some(project).filter(|number| *number < options.projects),
        revision: match dice.u8(0..6) {
            0 => Revision::Break,
            1 => Revision::Mend,
            _ => Revision::Redraw,
        },
        salt,
    }
}

fn fault(host: u32, dice: &mut fastrand::Rng) -> Step {
    let faults = [Fault::Full, Fault::Device, Fault::Denied, Fault::Files];
    match dice.u8(0..4) {
        0 => Step::Space {
            left: Some(dice.u64(0..6_000)),
        },
        1 => Step::Space { left: None },
        _ => Step::Fail {
            host,
            calls: dice.u64(0..60),
            fault: dice.choice(faults).unwrap_or(Fault::Full),
        },
    }
}

fn wish(profile: Profile, dice: &mut fastrand::Rng) -> Wish {
    let newer = [
        Wish::Depend,
        Wish::Undepend,
        Wish::Promote,
        Wish::Resurrect,
        Wish::Found,
        Wish::Rest,
        Wish::Amend,
        Wish::Amend,
        Wish::Rewrite,
        Wish::Log,
        Wish::Beat,
        Wish::List,
        Wish::Again,
        Wish::Again,
    ];
    if profile == Profile::Fabric && dice.bool() {
        return dice.choice(newer).unwrap_or(Wish::Depend);
    }
    let of_flows = [
        Wish::Plan,
        Wish::Plan,
        Wish::Decide,
        Wish::Decide,
        Wish::Decide,
        Wish::Decide,
        Wish::Change,
        Wish::Unblock,
        Wish::Resurrect,
        Wish::Cancel,
    ];
    if profile == Profile::Flows && dice.u8(0..4) > 0 {
        return dice.choice(of_flows).unwrap_or(Wish::Plan);
    }
    let wishes = [
        Wish::Create,
        Wish::Create,
        Wish::Block,
        Wish::Unblock,
        Wish::Cancel,
        Wish::Complete,
        Wish::Rewrite,
        Wish::Ready,
    ];
    dice.choice(wishes).unwrap_or(Wish::Create)
}

fn deed(dice: &mut fastrand::Rng) -> Deed {
    let deeds = [
        Deed::Edit,
        Deed::Edit,
        Deed::Edit,
        Deed::EditWithBackup,
        Deed::EditWithBackup,
        Deed::MoveLegally,
        Deed::MoveLegally,
        Deed::MoveAnywhere,
        Deed::Remove,
        Deed::Duplicate,
        Deed::Restore,
        Deed::Break,
        Deed::Mend,
        Deed::Mend,
    ];
    dice.choice(deeds).unwrap_or(Deed::Edit)
}

fn moment(dice: &mut fastrand::Rng) -> Moment {
    match dice.u8(0..4) {
        0 => Moment::Move,
        _ => Moment::Flush,
    }
}

fn wrong(dice: &mut fastrand::Rng) -> Wrong {
    let ways = [Wrong::Ahead, Wrong::Back, Wrong::Frozen, Wrong::Right];
    dice.choice(ways).unwrap_or(Wrong::Right)
}
