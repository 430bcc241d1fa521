//! `aof_task_heartbeat`: the run that holds a task is at work.

use aof_core::caller::Context;
use aof_core::json::ToLine as _;
use aof_core::permission::Operation;
use aof_core::refusal::Refusal;
use aof_store::port::Store;

use crate::access::permit;
use crate::change::load_one;
use crate::engine::Engine;
use crate::outcome::Outcome;
use crate::tool::answer::{self, Held, HeldTask};
use crate::tool::target::About;

impl<S: Store> Engine<S> {
    pub(super) fn heartbeat(&mut self, ctx: &Context, about: &About) -> Result<Outcome, Refusal> {
        let id = self.aim_at_hop(ctx, &about.target())?;
        let (store, session) = self.at_hand()?;
        session.require_writer()?;
        let loaded = load_one(store, session, &id)?;
        let card = loaded.card();
        permit(store, session, ctx, (Operation::Heartbeat, &loaded, &card))?;
        let Some(run) = card.lease.and_then(|lease| lease.run) else {
            return Err(Refusal::refused(
                "AOF-2033",
                format!("nobody holds {id}: it is {}", card.status),
                "a task is held from its dispatch until its run ends; there is nothing to extend",
            )
            .at("taskId"));
        };
        let outcome = self.extend(ctx, &run)?;
        let (_, session) = self.at_hand()?;
        let row = session.shelf.index.row(&id);
        let lease = row.and_then(|row| row.lease.as_ref());
        let held = HeldTask {
            task_id: id.to_string(),
            run: run.to_string(),
            expires_at: lease.map(|lease| lease.expires_at.to_string()),
        };
        let value = answer::json(&Held { lease: held }).to_line();
        Ok(Outcome { value, ..outcome })
    }
}
