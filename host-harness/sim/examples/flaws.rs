//! Scratch of H9b.
use aof_sim::defect::Defect;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let max: u64 = args[1].parse().unwrap();
    std::panic::set_hook(Box::new(|_| ()));
    for defect in Defect::ALL {
        if args.len() > 2 && !args[2..].iter().any(|a| a == defect.describe().name) {
            continue;
        }
        let start = std::time::Instant::now();
        println!(
            "{} {:?} {:?}",
            defect.describe().name,
            defect.hunt(0, max),
            start.elapsed()
        );
    }
}
