//! Running worlds: one by its seed, again as it was, smaller as long as it still fails.
//!
//! Never prints. Invariant: a failure carries everything that is needed to see it again.

mod failure;
mod shrink;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::check::Violation;
use crate::world::{self, Counts, Engine, Options, Profile, Step, World};

pub use failure::{Case, Failure};
pub use shrink::shrink;

/// What to run.
#[derive(Clone, Default)]
pub struct Settings {
    /// Steps of each world.
    pub steps: usize,
    /// What kind of trouble.
    pub profile: Option<Profile>,
    /// How the orchestrator is run.
    pub engine: Engine,
}

/// What came of a world.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Differs if anything differs.
    pub hash: u64,
    /// What happened.
    pub counts: Counts,
    /// What did not hold, and after how many steps.
    pub failure: Option<Failure>,
}

/// Runs the world of a seed.
#[must_use]
pub fn run(seed: u64, settings: &Settings) -> Outcome {
    replay(&case_of(seed, settings), &settings.engine)
}

/// Runs the world of a seed, and once more natively: both must be the same, byte for byte.
#[must_use]
pub fn run_twice(seed: u64, settings: &Settings) -> Outcome {
    let case = case_of(seed, settings);
    let mut outcome = replay(&case, &settings.engine);
    let again = replay(&case, &Engine::Native);
    if outcome.failure.is_none() && (outcome.hash, outcome.counts) != (again.hash, again.counts) {
        let found = "the same world ended differently the second time";
        let violation = Violation::new("I7", found);
        outcome.failure = Some(Failure::new(
            &case,
            case.steps.len(),
            (violation, Vec::new()),
        ));
    }
    outcome
}

/// The world of a seed, written out.
#[must_use]
pub fn case_of(seed: u64, settings: &Settings) -> Case {
    let mut dice = fastrand::Rng::with_seed(seed);
    let profile = settings.profile.unwrap_or(Profile::Random);
    let options = Options::draw(seed, profile, &mut dice);
    let mut steps = vec![Step::Start { host: 0 }];
    steps.extend(world::draw(&options, settings.steps, &mut dice));
    Case {
        seed,
        options,
        steps,
        drawn: settings.steps,
        found: None,
    }
}

/// Runs a world that is written out.
#[must_use]
pub fn replay(case: &Case, engine: &Engine) -> Outcome {
    let world = AssertUnwindSafe(|| go(case, engine));
    catch_unwind(world).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        let message = format!("panicked: {}", said.unwrap_or("without a word"));
        let violation = Violation::new("I10", message);
        Outcome {
            hash: 0,
            counts: Counts::default(),
            failure: Some(Failure::new(
                case,
                case.steps.len(),
                (violation, Vec::new()),
            )),
        }
    })
}

fn go(case: &Case, engine: &Engine) -> Outcome {
    let mut world = World::new(case.options.clone(), engine.clone());
    let mut found = None;
    for (number, step) in case.steps.iter().enumerate() {
        if let Err(violation) = world.take(step) {
            found = Some((number, violation));
            break;
        }
    }
    if found.is_none()
        && let Err(violation) = world.settle()
    {
        found = Some((case.steps.len(), violation));
    }
    let failure =
        found.map(|(number, violation)| Failure::new(case, number, (violation, world.tail())));
    Outcome {
        hash: world.hash(),
        counts: world.counts,
        failure,
    }
}
