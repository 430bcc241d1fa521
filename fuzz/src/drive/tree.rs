//! A whole directory as text: `//- path` and the file's content, again and again.
//!
//! `//= poll` lets the orchestrator work between what lies there first and what a person does
//! next; `//x path` deletes a file.

use aof_codec::parse_card;
use aof_core::caller::Caller;
use aof_engine::{Engine, PollMode};
use aof_store::layout::{CardPath, ProjectRoot};

use super::super::disk::{Disk, Tree};
use super::{context, open};

/// Files of one input that are laid down.
const FILES: usize = 64;

enum Step {
    Put(String, Vec<u8>),
    Remove(String),
    Work,
}

/// Whatever lies there, the store opens or is refused with a reason, polling goes on, and no file
/// is touched that is not ours: what is no card stays as it is, and a card stays somewhere.
///
/// # Panics
/// If that does not hold.
pub fn tree(input: &[u8]) {
    let disk = Disk::default();
    let mut engine = None;
    for (roll, step) in (1..).zip(steps(input)) {
        match step {
            Step::Put(path, bytes) => disk.put(&path, &bytes),
            Step::Remove(path) => disk.remove(&path),
            Step::Work => {
                let before = disk.tree();
                work(&disk, &mut engine, roll);
                assert_untouched(&before, &disk.tree());
            }
        }
    }
    let before = disk.tree();
    work(&disk, &mut engine, FILES as u64);
    let mut anew = None;
    work(&disk, &mut anew, FILES as u64 + 1);
    assert_untouched(&before, &disk.tree());
}

fn work(disk: &Disk, engine: &mut Option<Engine<Disk>>, roll: u64) {
    if engine.is_none() {
        *engine = open(disk);
    }
    let Some(engine) = engine else {
        return;
    };
    for mode in [PollMode::DryRun, PollMode::Act, PollMode::Act] {
        if let Err(refusal) = engine.poll(&context(roll, Caller::Host), mode) {
            assert!(!refusal.hint.is_empty(), "{refusal:?}");
            // A person may have put a file where a directory belongs, or the other way round.
            assert!(refusal.code.starts_with("AOF-4"), "{refusal:?}");
        }
    }
}

fn steps(input: &[u8]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        let path = |mark: &[u8]| {
            let path = line.strip_prefix(mark)?;
            Some(String::from_utf8_lossy(path).trim_end().to_owned())
        };
        if steps.len() >= FILES {
            break;
        } else if let Some(path) = path(b"//- ") {
            steps.push(Step::Put(path, Vec::new()));
        } else if let Some(path) = path(b"//x ") {
            steps.push(Step::Remove(path));
        } else if line.starts_with(b"//= poll") {
            steps.push(Step::Work);
        } else if let Some(Step::Put(_, bytes)) = steps.last_mut() {
            bytes.extend(line);
        }
    }
    steps
}

/// The orchestrator's own records may change; of a card one file must stay; the rest stays as it
/// is, byte for byte.
fn assert_untouched(before: &Tree, after: &Tree) {
    for (path, bytes) in before {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_record = ["state/", "events/"]
            .iter()
            .any(|top| path.starts_with(top))
            || path.contains("/runs/");
        if is_record {
            continue;
        }
        let is_card = matches!(
            ProjectRoot::parse_card_path(path),
            Some(CardPath::Card { .. })
        ) && parse_card(path, bytes).is_ok();
        if is_card {
            let end = format!("/{name}");
            let stays = after.keys().any(|path| path.ends_with(&end));
            assert!(stays, "{path} is gone");
        } else {
            assert_eq!(after.get(path), Some(bytes), "{path} was touched");
        }
    }
}
