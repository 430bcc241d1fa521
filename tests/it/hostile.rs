//! A data directory full of things that do not belong there, in the real file system.
//!
//! Invariant, for each of them: opening and polling go on, whoever can be served is served, nothing
//! is followed, and what is not ours stays as it is, byte for byte.

mod claim;
mod limit;
mod name;
mod node;
mod record;
mod replay;
mod size;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use aof_disk::{LocalStore, StoreBackend};
use aof_host::contract::lifecycle::Config;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::tools::Reply;
use aof_host::contract::types::{Caller, Ctx, Effect};
use aof_host::instance::{CallError, Instance, Limits};
use serde_json::Value;
use tempfile::TempDir;

use crate::stage::{CHART, CardText, DAWN_MS, human, image};

/// The card that must be served whatever lies beside it.
const GOOD: &str = "TASK-2026-02-17-001";
const READY: &str = "projects/alpha/tasks/ready";
/// Less than any of the files that must not be read.
const MEMORY_BYTES: usize = 64 << 20;

/// A directory with one good card and whatever a test puts beside it.
struct Ground {
    dir: TempDir,
    instance: Option<Instance>,
    rolls: u64,
}

impl Ground {
    fn new(lay: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "org/org-chart.yaml", CHART.as_bytes());
        let good = CardText::new(GOOD, "ready").agent("writer");
        write(dir.path(), &good.path(), good.text().as_bytes());
        lay(dir.path());
        Ground {
            dir,
            instance: None,
            rolls: 0,
        }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    fn ctx(&mut self, caller: Caller) -> Ctx {
        self.rolls += 1;
        let roll = self.rolls.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Ctx {
            now: DAWN_MS + self.rolls,
            entropy: (roll, !roll),
            caller,
        }
    }

    fn open(&mut self) -> Result<&mut Self, CallError> {
        self.instance = None;
        let backend = Box::new(LocalStore::new(self.dir.path()).unwrap());
        self.open_over(backend)
    }

    fn open_over(&mut self, backend: Box<dyn StoreBackend>) -> Result<&mut Self, CallError> {
        let limits = Limits {
            memory_bytes_max: MEMORY_BYTES,
            ..Limits::default()
        };
        let config = Config {
            read_only: false,
            overrides: None,
            origins: None,
            projects: None,
        };
        let ctx = self.ctx(Caller::Host);
        let (instance, _) = Instance::open(image(), backend, limits, &ctx, &config)?;
        self.instance = Some(instance);
        Ok(self)
    }

    fn instance(&mut self) -> &mut Instance {
        self.instance.as_mut().unwrap()
    }

    /// Polls, and returns the tasks whose sessions are to begin.
    fn poll(&mut self) -> Vec<String> {
        let ctx = self.ctx(Caller::Host);
        let outcome = self.instance().poll(&ctx, PollMode::Act).expect("polls");
        let spawns = outcome
            .effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Spawn(spawn) => Some(spawn.task),
                _ => None,
            });
        spawns.collect()
    }

    fn tool(&mut self, name: &str, arguments: &Value) -> Result<Value, CallError> {
        let ctx = self.ctx(human("ann"));
        let answer = self
            .instance()
            .call_tool(&ctx, name, &arguments.to_string())?;
        match answer {
            Reply::Done(outcome) => Ok(serde_json::from_str(&outcome.value).unwrap()),
            Reply::Pending(pending) => panic!("pending: {}", pending.token),
        }
    }

    /// What is set aside: code, path below the root, message.
    fn held(&mut self) -> Vec<(String, String, String)> {
        let report = self.tool("aof_status_report", &serde_json::json!({"limit": 1_000}));
        let report = report.unwrap()["report"].take();
        let held = report["quarantined"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let one = |file: &Value| {
            assert!(!text(&file["hint"]).is_empty(), "{file}");
            (
                text(&file["code"]),
                text(&file["path"]),
                text(&file["message"]),
            )
        };
        held.iter().map(one).collect()
    }

    /// Opens, polls and opens again: the good card is served, nothing else has changed. Returns
    /// what is set aside.
    fn endures(&mut self) -> Vec<(String, String, String)> {
        let before = self.theirs();
        self.open().expect("opens");
        assert_eq!(self.poll(), [GOOD], "the good card is served");
        let held = self.held();
        self.open().expect("opens again");
        assert_eq!(self.poll(), [""; 0]);
        assert_eq!(self.held(), held, "the same is set aside the next time");
        assert_eq!(self.theirs(), before, "what is not ours was touched");
        held
    }

    /// Everything below the root that is not ours: where it lies, which node it is, what it says.
    fn theirs(&self) -> BTreeMap<PathBuf, (u64, u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        let mut dirs = vec![self.root().to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).unwrap() {
                let path = entry.unwrap().path();
                let about = fs::symlink_metadata(&path).unwrap();
                let below = path.strip_prefix(self.root()).unwrap().to_owned();
                let is_ours = ["state", "events"].iter().any(|top| below.starts_with(top))
                    || below.to_string_lossy().contains(GOOD)
                    || below.to_string_lossy().contains("/runs")
                    || below.to_string_lossy().contains("/work");
                let is_small = about.is_file() && about.len() <= 4 << 20;
                if about.is_dir() {
                    dirs.push(path);
                } else if !is_ours {
                    let bytes = is_small.then(|| fs::read(&path).unwrap());
                    let bytes = bytes.unwrap_or_else(|| about.len().to_be_bytes().to_vec());
                    found.insert(below, (about.ino(), about.mode(), bytes));
                }
            }
        }
        found
    }
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn codes(held: &[(String, String, String)]) -> Vec<(&str, &str)> {
    held.iter()
        .map(|(code, path, _)| (code.as_str(), path.as_str()))
        .collect()
}
