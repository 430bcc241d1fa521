//! One agent's tasks: ready for it, in its hands, handed in. Source: AOF 1.20, "Views".

use aof_core::id::AgentId;
use aof_core::index::Row;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::summary;

/// Tasks per box, at most.
const LIMIT: usize = 200;

impl<S: Store> Engine<S> {
    /// `{"mailbox": {"agent", "inbox", "processing", "outbox"}}`.
    ///
    /// # Errors
    /// `AOF-1003` if that is no agent's name.
    pub fn mailbox(&mut self, agent: &str) -> Result<String, Refusal> {
        let agent = AgentId::parse(agent).map_err(|error| Refusal::bad_id(&error, "agent"))?;
        let (_, session) = self.fresh()?;
        let owns = |row: &Row| {
            let holder = row
                .lease
                .as_ref()
                .map(|lease| &lease.agent)
                .or(row.routing.agent.as_ref());
            holder == Some(&agent)
        };
        let with = |statuses: &[Status]| -> Vec<Value> {
            session
                .shelf
                .index
                .rows()
                .filter(|(_, row)| statuses.contains(&row.status) && owns(row))
                .take(LIMIT)
                .map(|(id, row)| summary::of_row(id, row))
                .collect()
        };
        Ok(json!({"mailbox": {
            "agent": agent.as_str(),
            "inbox": with(&[Status::Ready]),
            "processing": with(&[Status::InProgress, Status::Blocked]),
            "outbox": with(&[Status::Review]),
        }})
        .to_line())
    }
}
