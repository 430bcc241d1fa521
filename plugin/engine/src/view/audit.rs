//! The audit: what should be looked at in a store, and whether the event log and the cards agree.
//!
//! Changes nothing. It is asked for page by page so that a long log or many cards keep no call
//! busy; between pages others may commit. Invariant: a card is compared only with a log that was
//! read after the card.

mod health;
mod history;

use aof_core::caller::Context;
use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_store::fold::{Finding, Weight};
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;

pub(crate) use history::Audit;

impl<S: Store> Engine<S> {
    /// `{"audit": {"findings": […], "next": page or null, …}}`. Page 0 looks at the store as it is
    /// now; the pages after it fold the event log and compare it with every card.
    ///
    /// # Errors
    /// `AOF-1004` for a page that does not follow the last one, `AOF-2010` if the store is not
    /// open, what the store says.
    pub fn audit(&mut self, ctx: &Context, page: u32) -> Result<String, Refusal> {
        let audit = self.audit.take();
        let (store, session) = self.fresh()?;
        let (mut audit, findings) = match audit {
            // The log is one: whoever opened a part of the store cannot judge it.
            _ if page == 0 => {
                let mut audit = Audit::default();
                audit.is_over = session.scope.is_narrow();
                (audit, health::findings(store, session, ctx)?)
            }
            Some(mut audit) if audit.page == page => {
                let findings = audit.go_on(store, session)?;
                (audit, findings)
            }
            _ => return Err(out_of_turn(page)),
        };
        audit.page = page.saturating_add(1);
        let next = (!audit.is_over).then_some(audit.page);
        let answer = json!({"audit": {
            "findings": findings.iter().map(document).collect::<Vec<_>>(),
            "next": next,
            "events": audit.log.events,
            "cards": audit.cards,
            "dropped": audit.log.findings.dropped,
            "epoch": session.opening.epoch,
        }});
        self.audit = (!audit.is_over).then_some(audit);
        Ok(answer.to_line())
    }
}

fn out_of_turn(page: u32) -> Refusal {
    Refusal::refused(
        "AOF-1004",
        format!("page {page} does not follow the last one"),
        "begin with page 0 and ask for `next`; one audit at a time",
    )
    .at("page")
}

fn document(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind,
        "level": finding.weight.as_str(),
        "task": finding.task.as_ref().map(|task| task.as_str()),
        "location": finding.location,
        "message": finding.message,
        "hint": finding.hint,
    })
}

/// A finding about a file or folder.
fn finding(
    (kind, weight): (&'static str, Weight),
    location: impl Into<String>,
    message: String,
    hint: &str,
) -> Finding {
    Finding {
        kind,
        weight,
        task: None,
        location: location.into(),
        message,
        hint: hint.to_owned(),
    }
}
