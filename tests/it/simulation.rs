//! Simulated worlds: a few of each kind, twice, in the component too, and those that once failed.
//!
//! Long hunts are `aof sim`'s business. Invariant: no test here depends on real time.

use std::fs;
use std::path::Path;

use aof_sim::check::Violation;
use aof_sim::run::{Case, Outcome, Settings, replay, run};
use aof_sim::world::{Engine, Profile};

use crate::stage::image;

fn settings(profile: Profile, engine: Engine) -> Settings {
    Settings {
        steps: 60,
        profile: Some(profile),
        engine,
    }
}

fn assert_holds(outcome: &Outcome) {
    if let Some(failure) = &outcome.failure {
        panic!("{failure}\n{}", failure.command());
    }
}

#[test]
fn nothing_is_lost_in_the_first_worlds_of_every_profile() {
    for profile in Profile::DRAWN {
        for seed in 0..8 {
            assert_holds(&run(seed, &settings(profile, Engine::Native)));
        }
    }
}

#[test]
fn the_same_seed_is_the_same_world() {
    for profile in Profile::DRAWN {
        let hash = |seed| run(seed, &settings(profile, Engine::Native)).hash;
        assert_eq!(hash(3), hash(3), "{}", profile.as_str());
        assert_ne!(hash(3), hash(4), "{}", profile.as_str());
    }
}

#[test]
fn the_component_lives_through_the_same_worlds_as_the_engine() {
    for profile in Profile::DRAWN {
        let native = run(5, &settings(profile, Engine::Native));
        let component = Engine::Component(image().clone());
        let component = run(5, &settings(profile, component));
        assert_holds(&component);
        assert_eq!(native.hash, component.hash, "{}", profile.as_str());
        assert_eq!(native.counts, component.counts, "{}", profile.as_str());
    }
}

#[test]
fn worlds_that_once_failed_hold() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/seeds");
    let mut seen = 0;
    for entry in fs::read_dir(&dir).expect("the corpus") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a case");
        let case: Case = serde_json::from_str(&text).expect("a case that can be read");
        let outcome = replay(&case, &Engine::Native);
        if let Some(failure) = &outcome.failure {
            panic!("{}: {failure}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 0, "no case in {}", dir.display());
}

#[test]
fn a_failure_is_told_with_the_command_that_repeats_it() {
    let settings = settings(Profile::Calm, Engine::Native);
    let failure = aof_sim::run::Failure {
        case: aof_sim::run::case_of(7, &settings),
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
