//! A world written out, and the way in which it failed.
//!
//! Only data. Invariant: a case replays without the dice that made it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::Violation;
use crate::world::{Options, Step};

/// A world written out: kept in the corpus once it has found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The seed that it came from.
    pub seed: u64,
    /// Its size and settings.
    pub options: Options,
    /// What happens.
    pub steps: Vec<Step>,
    /// Steps that were drawn before it was made smaller.
    #[serde(default)]
    pub drawn: usize,
    /// What it found when it was written down, for people.
    #[serde(default)]
    pub found: Option<String>,
}

/// An invariant that did not hold, with everything that is needed to see it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// The world.
    pub case: Case,
    /// The number of the step after which it was seen; the number of steps for the end.
    pub step: usize,
    /// What does not hold.
    pub violation: Violation,
    /// The last events.
    pub tail: Vec<String>,
}

impl Failure {
    pub(super) fn new(
        case: &Case,
        step: usize,
        (violation, tail): (Violation, Vec<String>),
    ) -> Self {
        Self {
            case: case.clone(),
            step,
            violation,
            tail,
        }
    }

    /// The command that shows it again.
    #[must_use]
    pub fn command(&self) -> String {
        let Case {
            seed,
            options,
            drawn,
            ..
        } = &self.case;
        let profile = options.profile.as_str();
        format!("aof sim --seed {seed} --profile {profile} --steps {drawn}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.case.seed, self.violation)?;
        match self.case.steps.get(self.step) {
            Some(step) => writeln!(f, "  after step {}: {step:?}", self.step)?,
            None => writeln!(
                f,
                "  after the last step, when the work should come to rest"
            )?,
        }
        for line in &self.tail {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}
