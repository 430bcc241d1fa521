//! Simulated worlds: 256 of them natively and as the component, every known mistake noticed, and
//! those that once failed.
//!
//! Long hunts are `aof sim`'s business. Invariant: no test here depends on real time.

mod corpus;
mod defect;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use aof_sim::check::Violation;
use aof_sim::defect::Defect;
use aof_sim::run::{Failure, Outcome, Settings, case_of, run, run_twice};
use aof_sim::world::{Engine, Profile};

use crate::stage::image;

/// Worlds that are lived through in every run of the tests.
const SEEDS: u64 = 256;
/// Threads that share them.
const THREADS: usize = 2;

fn settings(profile: Profile, steps: usize, engine: Engine) -> Settings {
    Settings {
        steps,
        profile: Some(profile),
        engine,
    }
}

fn assert_holds(outcome: &Outcome) {
    if let Some(failure) = &outcome.failure {
        panic!("{failure}\n{}", failure.command());
    }
}

/// Calls `each` with every seed, from both threads.
fn for_every_seed(each: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    each(seed);
                }
            });
        }
    });
}

/// Every profile that is none of chance.
fn profiles() -> impl Iterator<Item = Profile> + Clone {
    let all = Profile::ALL.into_iter();
    all.filter(|profile| *profile != Profile::Random)
}

/// The profile of a seed: each has its share.
fn profile_of(seed: u64) -> Profile {
    let number = usize::try_from(seed).unwrap_or_default() % profiles().count();
    profiles().nth(number).unwrap_or(Profile::Storm)
}

#[test]
fn nothing_is_lost_in_256_worlds_and_the_component_lives_through_the_same() {
    let image = image();
    for_every_seed(|seed| {
        let profile = profile_of(seed);
        let native = run(seed, &settings(profile, 40, Engine::Native));
        assert_holds(&native);
        let component = Engine::Component(image.clone());
        let component = run(seed, &settings(profile, 40, component));
        assert_holds(&component);
        let name = profile.as_str();
        assert_eq!(native.hash, component.hash, "seed {seed}, {name}");
        assert_eq!(native.counts, component.counts, "seed {seed}, {name}");
    });
}

#[test]
fn the_same_seed_is_the_same_world() {
    for profile in profiles() {
        let hash = |seed| run(seed, &settings(profile, 60, Engine::Native)).hash;
        assert_eq!(hash(3), hash(3), "{}", profile.as_str());
        assert_ne!(hash(3), hash(4), "{}", profile.as_str());
    }
}

#[test]
fn a_world_that_ends_differently_the_second_time_is_noticed() {
    // A mistake that breaks nothing at once is a difference all the same.
    let found = (0..40).find_map(|seed| {
        let flawed = Engine::Flawed(Defect::ExpireEarly);
        run_twice(seed, &settings(Profile::Hosts, 30, flawed))
            .failure
            .filter(|failure| failure.violation.invariant == "I7")
    });
    assert!(found.is_some());
    let same = run_twice(3, &settings(Profile::Calm, 30, Engine::Native));
    assert_holds(&same);
}

#[test]
fn the_profile_that_a_seed_draws_may_be_named_for_the_same_world() {
    for seed in 0..50 {
        let drawn = case_of(seed, &settings(Profile::Random, 20, Engine::Native));
        let named = settings(drawn.options.profile, 20, Engine::Native);
        assert_eq!(case_of(seed, &named), drawn);
    }
}

/// What else may be drawn does not change the worlds that are there already.
#[test]
fn the_worlds_of_a_seed_and_a_profile_never_change() {
    let drawn = |seed, profile| {
        let case = case_of(seed, &settings(profile, 60, Engine::Native));
        let text = format!("{:?}{:?}", case.options, case.steps);
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let hashes: Vec<String> = Profile::DRAWN
        .into_iter()
        .map(|profile| format!("{} {:016x}", profile.as_str(), drawn(7, profile)))
        .collect();
    insta::assert_snapshot!(hashes.join("\n"), @r"
    calm c39ca555d9b9efb6
    people c589fb34eee2938c
    disk 29f92639313635b1
    clock 7ea196d051f1ec99
    hosts 0e5dd93b09a28dd7
    storm 687d62dc3d1dba68
    clash b8d42b4db93b134d
    ");
}

#[test]
fn a_failure_is_told_with_the_command_that_repeats_it() {
    let settings = settings(Profile::Calm, 60, Engine::Native);
    let failure = Failure {
        case: case_of(7, &settings),
        step: 0,
        violation: Violation {
            invariant: "I4".to_owned(),
            message: "a done task was started".to_owned(),
        },
        tail: Vec::new(),
    };
    assert_eq!(
        failure.command(),
        "aof sim --seed 7 --profile calm --steps 60"
    );
    assert!(failure.to_string().contains("I4: a done task was started"));
}
