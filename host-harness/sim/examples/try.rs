//! Scratch.
use aof_sim::run::{Settings, run, shrink};
use aof_sim::world::{Engine, Profile};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let from: u64 = args[1].parse().unwrap();
    let count: u64 = args[2].parse().unwrap();
    let profile = Profile::DRAWN.into_iter().find(|p| p.as_str() == args[3]);
    let settings = Settings {
        steps: 60,
        profile,
        engine: Engine::Native,
    };
    std::panic::set_hook(Box::new(|_| ()));
    let start = std::time::Instant::now();
    let mut kinds = std::collections::BTreeMap::new();
    for seed in from..from + count {
        let outcome = run(seed, &settings);
        if let Some(failure) = outcome.failure {
            let entry = kinds
                .entry((
                    failure.case.options.profile.as_str(),
                    failure.violation.invariant.clone(),
                ))
                .or_insert((0, seed, failure.violation.message.clone()));
            entry.0 += 1;
            if args.len() > 4 {
                let small = shrink(&failure, &Engine::Native);
                println!("{small}");
                println!("{}", serde_json::to_string(&small.case).unwrap());
            }
        } else if args.len() > 4 {
            println!("{seed}: {:?}", outcome.counts);
        }
    }
    for (k, v) in kinds {
        println!("{k:?} {v:?}");
    }
    println!("{:?}", start.elapsed());
}
