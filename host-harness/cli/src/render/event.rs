//! Lines of the event log.

use serde_json::Value;

use crate::shape::Event;

use super::style::{BAD, BUSY, DIM, GOOD, PLAIN, WARN};
use super::table::{Table, cell, styled};
use super::text::{clean, moment};

/// Events as a table, oldest first.
pub fn events(events: &[Event], width: Option<usize>) -> String {
    let mut table = Table::new(0, &[4]);
    for event in events {
        table.row(vec![
            styled(&moment(&event.timestamp), DIM),
            styled(&event.kind, style_of(&event.kind)),
            cell(event.task_id.as_deref().unwrap_or_default()),
            cell(&event.actor),
            cell(&details(&event.payload)),
        ]);
    }
    if events.is_empty() {
        "no events\n".to_owned()
    } else {
        table.render(width)
    }
}

/// The colour of a kind of event.
pub fn style_of(kind: &str) -> anstyle::Style {
    match kind {
        "task.completed" | "task.resurrected" | "dispatch.resumed" | "system.startup" => GOOD,
        "task.assigned" | "dispatch.matched" => BUSY,
        "task.blocked"
        | "task.reclaimed"
        | "lease.expired"
        | "dispatch.no-match"
        | "dispatch.held"
        | "sla.violation"
        | "run.late"
        | "completion.enforcement"
        | "task.cancelled"
        | "system.recovered" => WARN,
        "task.deadlettered"
        | "silent_model_failure"
        | "dispatch.error"
        | "task.validation.failed" => BAD,
        _ => PLAIN,
    }
}

/// A payload in one line: `from=ready to=in-progress`.
pub fn details(payload: &Value) -> String {
    let Some(fields) = payload.as_object() else {
        return String::new();
    };
    let shown = fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("{name}={}", clean(&value))
        });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::json;

    #[test]
    fn an_event_is_one_line_whatever_its_payload() {
        let answer = json!({"events": [
            {"eventId": "1", "type": "task.blocked", "timestamp": "2026-11-20T08:00:01.123Z",
             "actor": "agent:clerk", "project": "gazette", "taskId": "TASK-4", "runId": "01K",
             "payload": {"reason": "two\nlines", "attempt": 1, "note": null}},
            {"type": "system.startup", "timestamp": "2026-11-20T08:00:00.000Z", "actor": "host",
             "payload": {"epoch": 3}},
        ]});
        let read: Vec<Event> = read(&answer, "events");
        let text = events(&read, None);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
        2026-11-20 08:00:01  task.blocked    TASK-4  agent:clerk  attempt=1 reason=two lines
        2026-11-20 08:00:00  system.startup          host         epoch=3
        ");
    }

    #[test]
    fn a_day_without_events_says_so() {
        assert_eq!(events(&[], None), "no events\n");
        assert_eq!(details(&json!([1])), "");
    }
}
