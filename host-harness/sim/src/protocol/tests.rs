//! The comparison, and proof that its judge can find something.
//!
//! The tests count on exact violations: a protocol that gets better by accident is noticed too.

use std::collections::BTreeSet;

use super::{Depth, Fenced, LogFirst, Protocol, Replay, Staged, Tally, Violation, cost, examine};
use crate::machine::Mode;

const LOG_FIRST: LogFirst = LogFirst {
    replay: Replay::Rewritten,
};

const MODES: [Mode; 2] = [Mode::Any, Mode::Ordered];

fn tally(protocol: &impl Protocol, mode: Mode, (cards, batches): (usize, u64)) -> Tally {
    let depth = Depth {
        cards,
        batches,
        states_max: 32,
        nested_states_max: 4,
        mode,
    };
    examine(protocol, depth).unwrap()
}

#[track_caller]
fn assert_broken(tally: &Tally, expected: &[Violation]) {
    let found: BTreeSet<Violation> = tally.violations.keys().copied().collect();
    let expected: BTreeSet<Violation> = expected.iter().copied().collect();
    assert_eq!(found, expected, "{tally:?}");
}

#[test]
fn log_first_survives_every_kill_every_error_and_every_power_cut() {
    for mode in MODES {
        let tally = tally(&LOG_FIRST, mode, (1, 1));
        assert_broken(&tally, &[]);
        assert!(tally.states > 2_000, "{tally:?}");
    }
}

#[test]
fn a_journal_that_recovery_only_reads_or_flushes_is_not_enough() {
    let bare = LogFirst {
        replay: Replay::Bare,
    };
    let found = tally(&bare, Mode::Ordered, (1, 1)).violations;
    assert!(found.contains_key(&Violation::CardTorn), "{found:?}");
    let flushed = LogFirst {
        replay: Replay::Flushed,
    };
    let found = tally(&flushed, Mode::Ordered, (1, 1));
    assert!(
        found.violations.contains_key(&Violation::EventMissing),
        "{found:?}"
    );
    let firsts: Vec<&String> = found.first.values().collect();
    assert!(
        firsts.iter().all(|first| first.contains("fails")),
        "{firsts:?}"
    );
}

#[test]
fn renames_beside_a_stage_lose_effects_only_if_names_survive_out_of_order() {
    let staged = Staged {
        flushes_stage_names: false,
    };
    let fenced = Fenced {
        flushes_stage_names: false,
    };
    let lost = [Violation::EffectMissing];
    assert_broken(&tally(&staged, Mode::Any, (1, 1)), &lost);
    assert_broken(&tally(&fenced, Mode::Any, (1, 1)), &lost);
    assert_broken(&tally(&staged, Mode::Ordered, (1, 1)), &[]);
    assert_broken(&tally(&fenced, Mode::Ordered, (1, 1)), &[]);
}

#[test]
fn one_more_flush_makes_renames_beside_a_stage_safe() {
    let staged = Staged {
        flushes_stage_names: true,
    };
    let fenced = Fenced {
        flushes_stage_names: true,
    };
    assert_broken(&tally(&staged, Mode::Any, (1, 1)), &[]);
    assert_broken(&tally(&fenced, Mode::Any, (1, 1)), &[]);
}

#[test]
fn log_first_flushes_once_and_the_others_with_every_card() {
    let flushes = |protocol: &dyn Fn(usize) -> u64| [1, 64].map(protocol);
    let staged = |flushes_stage_names| {
        let protocol = Staged {
            flushes_stage_names,
        };
        flushes(&|cards| cost(&protocol, cards).unwrap().flushes.total())
    };
    let fenced = |flushes_stage_names| {
        let protocol = Fenced {
            flushes_stage_names,
        };
        flushes(&|cards| cost(&protocol, cards).unwrap().flushes.total())
    };
    assert_eq!(staged(false), [5, 68]);
    assert_eq!(staged(true), [6, 69]);
    assert_eq!(fenced(false), [5, 68]);
    assert_eq!(fenced(true), [6, 69]);
    let log_first = flushes(&|cards| cost(&LOG_FIRST, cards).unwrap().flushes.total());
    assert_eq!(log_first, [1, 1]);
}

/// Prints the table of `docs/design/commit-protocol.md`.
#[test]
#[ignore = "takes minutes; the figures of the document come from it"]
fn the_whole_comparison() {
    for mode in MODES {
        for size in [(1, 1), (1, 3), (2, 2)] {
            for flushes_stage_names in [false, true] {
                let protocol = Staged {
                    flushes_stage_names,
                };
                print(&format!("{protocol:?}"), mode, size, &protocol);
                let protocol = Fenced {
                    flushes_stage_names,
                };
                print(&format!("{protocol:?}"), mode, size, &protocol);
            }
            for replay in [Replay::Bare, Replay::Flushed, Replay::Rewritten] {
                let protocol = LogFirst { replay };
                print(&format!("{protocol:?}"), mode, size, &protocol);
            }
        }
    }
}

fn print(name: &str, mode: Mode, size: (usize, u64), protocol: &impl Protocol) {
    let depth = Depth {
        cards: size.0,
        batches: size.1,
        states_max: 64,
        nested_states_max: 8,
        mode,
    };
    let tally = examine(protocol, depth).unwrap();
    println!(
        "{name} {mode:?} {size:?}: {} points, {} states, {:?}",
        tally.points, tally.states, tally.violations
    );
}
