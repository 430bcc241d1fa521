//! One event as a line for people.

use aof_host::contract::types::Event;
use serde_json::Value;

use crate::render::event::{details, style_of};
use crate::render::style::{BUSY, DIM, GOOD, PLAIN};
use crate::render::text::clean;

/// What an event means to somebody who watches; none if it means nothing.
pub fn of(event: &Event, title: &str) -> Option<String> {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let said = |name: &str| payload.get(name).and_then(Value::as_str).map(clean);
    let (verb, rest) = match event.kind.as_str() {
        "task.created" => ("created", String::new()),
        "task.assigned" => ("started", said("agent").map(|agent| format!("→ {agent}"))?),
        "task.completed" => ("done", said("summary").unwrap_or_default()),
        "task.blocked" => ("blocked", said("reason").unwrap_or_default()),
        "task.unblocked" => ("unblocked", String::new()),
        "task.cancelled" => ("cancelled", said("reason").unwrap_or_default()),
        "task.deadlettered" => ("given up", said("reason").unwrap_or_default()),
        "task.reclaimed" => ("taken back", said("reason").unwrap_or_default()),
        "task.transitioned" if said("to").as_deref() == Some("ready") => {
            ("ready", said("reason").unwrap_or_default())
        }
        "dispatch.error" => ("not started", said("error").unwrap_or_default()),
        "task.validation.failed"
        | "lease.expired"
        | "run.late"
        | "completion.enforcement"
        | "dispatch.no-match"
        | "system.recovered" => (event.kind.as_str(), details(&payload)),
        _ => return None,
    };
    let style = match verb {
        "ready" | "created" => DIM,
        "started" => BUSY,
        "done" => GOOD,
        _ => style_of(&event.kind),
    };
    let after = if verb == "started" { BUSY } else { PLAIN };
    let mut line = format!("{style}{verb:<11}{style:#}");
    if let Some(task) = &event.task {
        line += &format!("  {DIM}{}{DIM:#}  {}", clean(task), clean(title));
    }
    if !rest.is_empty() {
        line += &format!("  {after}{rest}{after:#}");
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, payload: &str) -> Option<String> {
        let event = Event {
            id: "1".to_owned(),
            at: 0,
            kind: kind.to_owned(),
            actor: "host".to_owned(),
            project: None,
            task: Some("TASK-1".to_owned()),
            run: None,
            payload: payload.to_owned(),
        };
        of(&event, "Check").map(|line| anstream::adapter::strip_str(&line).to_string())
    }

    #[test]
    fn events_become_sentences() {
        let shown = [
            line("task.assigned", r#"{"agent":"clerk","attempt":1}"#),
            line("task.completed", r#"{"summary":"28 rows"}"#),
            line("task.blocked", r#"{"reason":"line 6"}"#),
            line(
                "task.transitioned",
                r#"{"from":"backlog","to":"ready","reason":null}"#,
            ),
        ];
        let shown: Vec<String> = shown.into_iter().flatten().collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        started      TASK-1  Check  → clerk
        done         TASK-1  Check  28 rows
        blocked      TASK-1  Check  line 6
        ready        TASK-1  Check
        ");
    }

    #[test]
    fn what_nobody_needs_to_see_is_left_out() {
        assert_eq!(line("task.transitioned", r#"{"to":"review"}"#), None);
        assert_eq!(line("scheduler.poll", "{}"), None);
        assert_eq!(line("task.assigned", "not json"), None);
    }
}
