//! Making a failing world smaller.
//!
//! Never makes another failure of it. Invariant: what comes out breaks the same invariant as what
//! went in.

use super::{Case, Failure, replay};
use crate::world::Engine;

/// Worlds that are tried before it is small enough.
const TRIES_MAX: usize = 600;

/// Drops steps, and cards, as long as the same invariant breaks.
#[must_use]
pub fn shrink(failure: &Failure, engine: &Engine) -> Failure {
    let mut best = failure.clone();
    best.case.steps.truncate(failure.step.saturating_add(1));
    best = again(&best.case, &best, engine).unwrap_or_else(|| failure.clone());
    let mut tries = 0;
    let mut size = best.case.steps.len().div_ceil(2);
    while size > 0 && tries < TRIES_MAX {
        let mut at = 0;
        while at < best.case.steps.len() && tries < TRIES_MAX {
            tries += 1;
            let mut case = best.case.clone();
            let end = (at + size).min(case.steps.len());
            case.steps.drain(at..end);
            match again(&case, &best, engine) {
                Some(smaller) => best = smaller,
                None => at += size,
            }
        }
        size /= 2;
    }
    while best.case.options.cards > 1 && tries < TRIES_MAX {
        tries += 1;
        let mut case = best.case.clone();
        case.options.cards -= 1;
        match again(&case, &best, engine) {
            Some(smaller) => best = smaller,
            None => break,
        }
    }
    best
}

fn again(case: &Case, wanted: &Failure, engine: &Engine) -> Option<Failure> {
    let found = replay(case, engine).failure?;
    (found.violation.invariant == wanted.violation.invariant).then_some(found)
}
