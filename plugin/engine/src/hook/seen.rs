//! News that concern no single run: messages, the gateway's agents and executor, changes on disk.

use aof_core::caller::Context;
use aof_core::json::ToLine as _;
use aof_core::org::drift::GatewayAgent;
use aof_core::refusal::Refusal;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::hold::Hold;
use crate::outcome::Outcome;
use crate::view::{Seen, drift_document};

impl<S: Store> Engine<S> {
    /// Compares the gateway's agents with the org chart, and remembers them until the gateway
    /// tells them anew or the component ends.
    ///
    /// # Errors
    /// What the store says.
    pub fn agents_seen(
        &mut self,
        ctx: &Context,
        agents: Vec<GatewayAgent>,
    ) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        let seen = Seen {
            at: Some(ctx.now),
            agents,
        };
        let mut document = drift_document(&session.chart, &seen);
        self.seen = Some(seen);
        let value = document.get_mut("org").map(Value::take);
        Ok(Outcome {
            value: value.unwrap_or_default().to_line(),
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
        let value = json!({"executor": {"missing": missing}}).to_line();
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
            value: value.to_line(),
            ..Outcome::default()
        })
    }

    /// Takes in what others changed on disk, without planning.
    ///
    /// # Errors
    /// What the store says.
    pub fn store_changed(&mut self) -> Result<Outcome, Refusal> {
        let (_, session) = self.fresh()?;
        let value = json!({"store": {"tasks": session.shelf.index.total()}}).to_line();
        Ok(Outcome {
            value,
            ..Outcome::default()
        })
    }
}
