//! The functions, one a file, and what they share.

mod arguments;
mod card;
mod events;
mod ids;
mod settings;
mod tree;

use aof_core::caller::{Caller, Context};
use aof_core::instant::Instant;
use aof_engine::{Config, Engine};

use super::disk::Disk;

pub use arguments::arguments;
pub use card::card;
pub use events::events;
pub use ids::ids;
pub use settings::settings;
pub use tree::tree;

/// 2026-02-17T10:00:00Z.
const NOW_MS: u64 = 1_771_322_400_000;

const CHART: &str = "schemaVersion: 1\nagents:\n  - {id: writer, name: Writer}\n  \
                     - {id: reader, name: Reader}\n";

fn context(roll: u64, caller: Caller) -> Context {
    let roll = (roll + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Context {
        now: Instant::from_ms(NOW_MS + roll % 1_000),
        entropy: (roll, !roll),
        caller,
    }
}

/// An engine over the disk; none if the store is refused, which must change nothing.
fn open(disk: &Disk) -> Option<Engine<Disk>> {
    let before = disk.tree();
    let mut engine = Engine::new(disk.clone());
    match engine.open(&context(0, Caller::Host), &Config::default()) {
        Ok(_) => Some(engine),
        Err(refusal) => {
            assert!(!refusal.hint.is_empty(), "{refusal:?}");
            assert_eq!(
                disk.tree(),
                before,
                "refused to open, but changed something"
            );
            None
        }
    }
}
