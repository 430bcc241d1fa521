//! News that concern no single run: messages, the gateway's agents and executor, changes on disk.

use std::collections::BTreeSet;

use aof_core::refusal::Refusal;
use aof_store::port::Store;
use serde_json::json;

use crate::engine::Engine;
use crate::hold::Hold;
use crate::outcome::Outcome;

/// An agent that the gateway knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAgent {
    /// Its id there.
    pub id: String,
    /// Whether it can be used.
    pub is_active: bool,
}

impl<S: Store> Engine<S> {
    /// Compares the active agents of the org chart with those that the gateway knows.
    ///
    /// # Errors
    /// What the store says.
    pub fn agents_seen(&mut self, seen: &[SeenAgent]) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        let charted: BTreeSet<&str> = session
            .chart
            .agents
            .iter()
            .filter(|agent| agent.is_active)
            .map(|agent| agent.id.as_str())
            .collect();
        let there: BTreeSet<&str> = seen
            .iter()
            .filter(|agent| agent.is_active)
            .map(|agent| agent.id.as_str())
            .collect();
        let missing: Vec<&&str> = charted.difference(&there).collect();
        let extra: Vec<&&str> = there.difference(&charted).collect();
        let value = json!({"drift": {"missing": missing, "extra": extra}}).to_string();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }

    /// The host says whether it can start sessions at all. Until it says otherwise it can; as long
    /// as it cannot, ready tasks stay ready and no retry is consumed.
    ///
    /// # Errors
    /// What the store says.
    pub fn executor_changed(&mut self, missing: Option<&str>) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        session.require_writer()?;
        if session.lasting_hold() != missing {
            session.hold = missing.map(|reason| Hold {
                reason: reason.to_owned(),
                until: None,
            });
            session.idle_report = None;
        }
        let value = json!({"executor": {"missing": missing}}).to_string();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }

    /// A message from a channel of the host. This version understands none.
    ///
    /// # Errors
    /// `AOF-2010` if the store is not open.
    pub fn message_received(&mut self, from: &str) -> Result<Outcome, Refusal> {
        self.fresh()?;
        let value = json!({"message": {
            "from": from, "accepted": false, "reason": "no protocol is spoken in this version",
        }});
        Ok(Outcome {
            value: value.to_string(),
            ..Outcome::default()
        })
    }

    /// Takes in what others changed on disk, without planning.
    ///
    /// # Errors
    /// What the store says.
    pub fn store_changed(&mut self) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        let value = json!({"store": {"tasks": session.shelf.index.total()}}).to_string();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}
