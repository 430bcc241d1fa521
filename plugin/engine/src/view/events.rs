//! A page of the event log.

use aof_core::caller::Context;
use aof_core::id::ProjectId;
use aof_core::json::ToLine as _;
use aof_core::order;
use aof_core::refusal::Refusal;
use aof_store::event_log::{PART_BYTES_READ_MAX, parse_part_name};
use aof_store::layout::{EVENTS_DIR, event_log};
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::session::Session;

/// Events in one page, at most.
const LIMIT_MAX: u32 = 1_000;

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsQuery {
    /// UTC day, `YYYY-MM-DD`; today if none.
    pub day: Option<String>,
    /// Only events of this task.
    pub task: Option<String>,
    /// Matching events to skip, from the day's first.
    pub offset: u32,
    /// Events in the page, 1 to 1000.
    pub limit: u32,
}

impl<S: Store> Engine<S> {
    /// `{"events": […], "next": offset or null}`. Lines that are not JSON are passed over.
    ///
    /// # Errors
    /// `AOF-1004` for a bad day, `AOF-1005` for an unknown task, what the store says.
    pub fn events(&mut self, ctx: &Context, query: &EventsQuery) -> Result<String, Refusal> {
        let day = query.day.clone().unwrap_or_else(|| ctx.now.day());
        if parse_part_name(&format!("{day}.jsonl")).is_none() || !is_day(&day) {
            let refusal = Refusal::refused(
                "AOF-1004",
                "`day` is not a day".to_owned(),
                "write it YYYY-MM-DD, in UTC",
            );
            return Err(refusal.at("day"));
        }
        let (store, session) = self.fresh()?;
        let task = query
            .task
            .as_deref()
            .map(|text| session.resolve(text))
            .transpose()?;
        let wanted = task.as_ref().map(|id| id.as_str());
        let limit = query.limit.clamp(1, LIMIT_MAX) as usize;
        let mut skip = query.offset as usize;
        let mut events: Vec<Value> = Vec::new();
        for path in parts(store, &day)? {
            for event in read(store, path)? {
                if !is_in_scope(session, &event) {
                    continue;
                }
                if wanted.is_some_and(|id| event.get("taskId").and_then(Value::as_str) != Some(id))
                {
                    continue;
                }
                if skip > 0 {
                    skip -= 1;
                } else if events.len() < limit {
                    events.push(event);
                } else {
                    let next = query.offset as usize + limit;
                    return Ok(json!({"events": events, "next": next}).to_line());
                }
            }
        }
        Ok(json!({"events": events, "next": null}).to_line())
    }
}

/// Events of projects that were not opened are not shown.
fn is_in_scope(session: &Session, event: &Value) -> bool {
    let project = event.get("project").and_then(Value::as_str);
    !session.scope.is_narrow()
        || project.is_none_or(|name| ProjectId::parse(name).is_ok_and(|id| session.scope.has(&id)))
}

fn is_day(day: &str) -> bool {
    day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    })
}

fn parts<S: Store>(store: &mut S, day: &str) -> Result<Vec<String>, Refusal> {
    let listings = store
        .list(&[EVENTS_DIR.to_owned()], false)
        .map_err(|error| refusal_of(&error))?;
    let mut parts: Vec<u32> = listings
        .iter()
        .flat_map(|listing| &listing.entries)
        .filter_map(|entry| parse_part_name(&entry.name))
        .filter(|(of_day, _)| *of_day == day)
        .map(|(_, part)| part)
        .collect();
    order::sort_by_key(&mut parts, |part| *part);
    Ok(parts.into_iter().map(|part| event_log(day, part)).collect())
}

fn read<S: Store>(store: &mut S, path: String) -> Result<Vec<Value>, Refusal> {
    let blobs = store
        .read(&[path], PART_BYTES_READ_MAX)
        .map_err(|error| refusal_of(&error))?;
    let Some(Blob::Content { bytes, .. }) = blobs.into_iter().next() else {
        return Ok(Vec::new());
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}
