//! Tells people, once, that the org chart was saved in a form that cannot be used.
//!
//! Never judges a chart; whoever read it did. Invariant: as long as it stays unusable nothing more
//! is said, and the last good chart stays in force.

use aof_core::caller::Context;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::refusal::Refusal;
use aof_store::layout::ORG_CHART;
use aof_store::port::Store;
use serde_json::json;

use crate::batches::Batches;
use crate::session::Session;
use crate::work::Work;

/// Says that the chart cannot be used, or that it can again; nothing if that was said before.
pub(crate) fn tell<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    let held = session.shelf.quarantine.get(ORG_CHART);
    let is_broken = held.is_some();
    if is_broken == session.is_chart_told {
        return Ok(());
    }
    let first = held.and_then(|held| held.findings.first());
    let why = first.map_or(String::new(), ToString::to_string);
    let mut work = Work::default();
    if is_broken {
        let draft = EventDraft::new("org.chart-refused", json!({"error": why}));
        work.event_of(session, ctx, (None, None), draft);
        work.effect(Effect::Notify(Notify {
            key: format!("org-chart:{}", ctx.now.ms()),
            severity: Severity::Warn,
            audience: None,
            task: None,
            message: format!("the org chart cannot be used, the last good one is: {why}"),
        }));
    } else {
        let draft = EventDraft::new("org.chart-accepted", json!({}));
        work.event_of(session, ctx, (None, None), draft);
    }
    batches.add(store, session, work)?;
    batches.flush(store, session)?;
    session.is_chart_told = is_broken;
    Ok(())
}
