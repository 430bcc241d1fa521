//! What is counted instead of timed: flushes, memory, size.
//!
//! Invariant: a count is the same on every machine.

use std::path::Path;

use aof_disk::{LocalStore, LocalStoreError, MemoryDisk};
use aof_host::image::EMBEDDED_WASM;
use aof_tests::fixture::{Fixture, Mix, Room};

use crate::subject::{Component, Subject};

/// The arguments of a task that is made again and again.
pub const DRAFT: &str = r#"{"title":"Compare the figures","agent":"agent-1","project":"alpha",
    "brief":"Compare the figures of each harbour with last week and write down what changed."}"#;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of the component.
    pub component_bytes: usize,
    /// Bytes of linear memory with 10,000 cards of the peer's mix.
    pub memory_bytes: usize,
    /// The same with 100,000 finished cards more.
    pub memory_with_history_bytes: usize,
    /// Flushes of one new task.
    pub flushes_of_create: u64,
    /// Flushes of completing a task that nobody runs.
    pub flushes_of_complete: u64,
    /// Flushes of a poll that starts ten tasks.
    pub flushes_of_start_ten: u64,
}

impl Facts {
    /// Counts; `scratch` is an empty directory.
    ///
    /// # Errors
    /// If the scratch directory cannot be used.
    pub fn gather(scratch: &Path) -> Result<Self, std::io::Error> {
        let fixture = Fixture::new(100, Mix::PEER).room(Room::Free);
        fixture.lay_in_dir(scratch)?;
        let store = LocalStore::new(scratch).map_err(into_io)?;
        let count = store.flush_count();
        let mut subject = Component::open(Box::new(store));
        let before = count.total();
        let answer = subject.tool("aof_dispatch", DRAFT);
        let created = count.total();
        subject.tool("aof_task_complete", &arguments_for(&id_of(&answer)));
        let completed = count.total();
        subject.poll();
        Ok(Self {
            component_bytes: EMBEDDED_WASM.len(),
            memory_bytes: memory_with(0)?,
            memory_with_history_bytes: memory_with(100_000)?,
            flushes_of_create: created - before,
            flushes_of_complete: completed - created,
            flushes_of_start_ten: count.total() - completed,
        })
    }
}

/// The id in the answer of a tool that made or changed a task.
#[must_use]
pub fn id_of(answer: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let id = value.pointer("/task/taskId").and_then(|id| id.as_str());
    id.unwrap_or_default().to_owned()
}

/// Arguments that name a task and nothing else.
#[must_use]
pub fn arguments_for(id: &str) -> String {
    format!("{{\"taskId\":\"{id}\"}}")
}

fn memory_with(history: u32) -> Result<usize, std::io::Error> {
    let disk = MemoryDisk::new();
    let fixture = Fixture::new(10_000, Mix::PEER).history(history);
    let laid = fixture.lay_in_memory(&disk);
    laid.map_err(|error| std::io::Error::other(format!("{error:?}")))?;
    Ok(Component::open(Box::new(disk.store())).memory_bytes())
}

fn into_io(error: LocalStoreError) -> std::io::Error {
    std::io::Error::other(error)
}
