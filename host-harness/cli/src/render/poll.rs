//! What a poll did, or would do.

use crate::shape::{Action, Poll};

use super::board::counts;
use super::style::{BAD, BUSY, DIM, GOOD, HEAD, PLAIN, WARN};
use super::table::{Table, cell, styled};

/// The report of one poll.
pub fn poll(poll: &Poll, width: Option<usize>) -> String {
    let mut text = String::new();
    if poll.dry_run {
        text += &format!("{HEAD}dry run: nothing was done{HEAD:#}\n");
    }
    let mut table = Table::new(0, &[4, 2]);
    for action in &poll.actions {
        table.row(vec![
            styled(&verb(action, poll.dry_run), style_of(&action.kind)),
            cell(action.task.as_deref().unwrap_or_default()),
            cell(&action.title),
            styled(
                &action
                    .agent
                    .as_ref()
                    .map(|a| format!("→ {a}"))
                    .unwrap_or_default(),
                BUSY,
            ),
            styled(&action.reason, DIM),
        ]);
    }
    for waiting in &poll.waiting {
        table.row(vec![
            styled("waits", DIM),
            cell(waiting.task.as_deref().unwrap_or_default()),
            cell(&waiting.title),
            cell(""),
            styled(&waiting.reason, WARN),
        ]);
    }
    text += &table.render(width);
    let hidden = poll.waiting_total.saturating_sub(poll.waiting.len() as u64);
    if hidden > 0 {
        text += &format!("{DIM}and {hidden} more wait{DIM:#}\n");
    }
    if poll.actions.is_empty() {
        text += &format!("{}\n", why_nothing(poll.reason.as_deref()));
    }
    text + &format!(
        "{DIM}{} running · {}{DIM:#}\n",
        poll.running,
        counts(&poll.counts)
    )
}

fn verb(action: &Action, is_dry_run: bool) -> String {
    let (now, would) = match action.kind.as_str() {
        "dispatch" => ("started", "would start"),
        "promote" => ("made ready", "would make ready"),
        "requeue" => ("queued again", "would queue again"),
        "expire" => ("lease expired", "lease has expired"),
        "deadletter" => ("given up", "would give up"),
        "review" => ("made a review", "would make a review"),
        other => (other, other),
    };
    if is_dry_run {
        would.to_owned()
    } else {
        now.to_owned()
    }
}

fn style_of(kind: &str) -> anstyle::Style {
    match kind {
        "dispatch" | "promote" => GOOD,
        "requeue" | "expire" => WARN,
        "deadletter" => BAD,
        _ => PLAIN,
    }
}

fn why_nothing(reason: Option<&str>) -> String {
    match reason {
        Some("no_tasks") => "there are no tasks".to_owned(),
        Some("no_ready_tasks") => "no task is ready".to_owned(),
        Some("no_executable_actions") => "no ready task can start now".to_owned(),
        Some("dry_run_mode") | None => "nothing to do".to_owned(),
        Some(other) => format!("nothing to do: {}", super::text::clean(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::{Value, json};

    fn shown(value: &Value) -> String {
        let text = poll(&read(&json!({ "poll": value }), "poll"), None);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn a_dry_run_speaks_in_the_conditional() {
        let value = json!({
            "dryRun": true, "running": 1, "counts": {"ready": 2, "in-progress": 1},
            "actions": [{"kind": "dispatch", "task": "TASK-1", "title": "Check", "agent": "clerk",
                         "reason": "role checker"}],
            "waiting": [{"task": "TASK-2", "title": "Set", "reason": "clerk runs 2 of 2"}],
            "waitingTotal": 4, "reason": "dry_run_mode",
        });
        insta::assert_snapshot!(shown(&value), @r"
        dry run: nothing was done
        would start  TASK-1  Check  → clerk  role checker
        waits        TASK-2  Set             clerk runs 2 of 2
        and 3 more wait
        1 running · 2 ready · 1 in-progress
        ");
    }

    #[test]
    fn a_review_that_would_be_made_has_no_id_yet() {
        let value = json!({
            "dryRun": true, "counts": {"done": 3}, "reason": "dry_run_mode",
            "actions": [{"kind": "review", "task": null, "title": "Orchestration Review: Ink",
                         "agent": "judge", "reason": "3 tasks were completed"}],
        });
        insta::assert_snapshot!(shown(&value), @r"
        dry run: nothing was done
        would make a review  Orchestration Review: Ink  → judge  3 tasks were completed
        0 running · 3 done
        ");
    }

    #[test]
    fn a_poll_without_work_says_why() {
        let value = json!({"reason": "no_ready_tasks", "counts": {"done": 3}});
        assert_eq!(shown(&value), "no task is ready\n0 running · 3 done\n");
    }

    #[test]
    fn a_long_title_does_not_push_the_others_away() {
        let long = "Tell the whole story of the harbour from its founding to this day ".repeat(3);
        let value = json!({
            "counts": {"ready": 1},
            "actions": [{"kind": "dispatch", "task": "TASK-1", "title": long, "agent": "a",
                         "reason": "agent"}],
            "waiting": [{"task": "TASK-2", "title": "Set", "reason": "busy"}],
            "waitingTotal": 1,
        });
        let table: Vec<String> = shown(&value).lines().take(2).map(str::to_owned).collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        started  TASK-1  Tell the whole story of the harbour from its founding to th…  → a  agent
        waits    TASK-2  Set                                                                busy
        ");
    }
}
