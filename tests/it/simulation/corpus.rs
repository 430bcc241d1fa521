//! Worlds that are written out because they once found something.
//!
//! Invariant: each holds now; one that was found through a known mistake still shows it.

use std::fs;
use std::path::Path;

use aof_sim::defect::Defect;
use aof_sim::run::{Case, replay};
use aof_sim::world::Engine;

fn cases() -> Vec<(String, Case)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/seeds");
    let paths = fs::read_dir(&dir).expect("the corpus");
    let paths = paths.map(|entry| entry.expect("an entry").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let read = paths.map(|path| {
        let text = fs::read_to_string(&path).expect("a case");
        let case = serde_json::from_str(&text).expect("a case that can be read");
        (path.display().to_string(), case)
    });
    read.collect()
}

/// The mistake that `found` begins with, if it names one.
fn defect_of(case: &Case) -> Option<Defect> {
    let (name, _) = case.found.as_deref()?.split_once(": ")?;
    Defect::parse(name)
}

#[test]
fn worlds_that_once_failed_hold() {
    let cases = cases();
    assert!(cases.len() >= 3, "{} cases", cases.len());
    for (path, case) in cases {
        if let Some(failure) = &replay(&case, &Engine::Native).failure {
            panic!("{path}: {failure}");
        }
    }
}

#[test]
fn worlds_that_showed_a_mistake_still_show_it() {
    let flawed: Vec<(String, Case, Defect)> = cases()
        .into_iter()
        .filter_map(|(path, case)| defect_of(&case).map(|defect| (path, case, defect)))
        .collect();
    assert!(flawed.len() >= 3, "{} cases", flawed.len());
    for (path, case, defect) in flawed {
        let outcome = replay(&case, &Engine::Flawed(defect));
        let failure = outcome.failure;
        let seen = failure.map(|it| it.violation.invariant).unwrap_or_default();
        let found = case.found.unwrap_or_default();
        assert!(found.contains(&format!(": {seen}: ")), "{path}: {seen}");
    }
}
