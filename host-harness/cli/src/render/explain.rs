//! Why a task stands where it stands.

use crate::shape::Decision;

use super::style::{BAD, BUSY, DIM, GOOD, HEAD, PLAIN, WARN, of_status};
use super::table::{Table, cell, styled};
use super::text::clean;
use super::usage::brief;

/// A decision with everything that it rests on.
pub fn decision(decision: &Decision, width: Option<usize>) -> String {
    let status = decision.status.as_deref().unwrap_or_default();
    let title = decision.title.as_deref().unwrap_or_default();
    let (of, style) = (of_status(status), style_of(&decision.verdict));
    let mut text = format!(
        "{HEAD}{}{HEAD:#}  {of}{}{of:#}\n",
        clean(&decision.task),
        clean(status),
    );
    if !title.is_empty() {
        text += &format!("{HEAD}{}{HEAD:#}\n", clean(title));
    }
    text += &format!("\n{style}{}{style:#}", sentence(&decision.verdict));
    if let Some(agent) = &decision.agent {
        text += &format!(" {BUSY}{}{BUSY:#}", clean(agent));
    }
    text.push('\n');
    for reason in &decision.reasons {
        text += &format!("  - {}\n", clean(reason));
    }
    if let Some(via) = &decision.via {
        text += &format!("  {DIM}routed by {}{DIM:#}\n", clean(via));
    }
    text += &section("CANDIDATES", &candidates(decision), width);
    text += &section("DEPENDS ON", &dependencies(decision), width);
    text += &section("LIMITS", &caps(decision), width);
    let used = brief(&decision.usage.clone().unwrap_or_default());
    if !used.is_empty() {
        text += &format!("\n{DIM}used so far: {used}{DIM:#}\n");
    }
    if let Some(path) = &decision.path {
        text += &format!("\n{DIM}{}{DIM:#}\n", clean(path));
    }
    text
}

fn sentence(verdict: &str) -> String {
    let text = match verdict {
        "would-dispatch" => "the next poll starts it with",
        "waiting" => "it waits",
        "would-begin" => "its workflow begins with the next poll",
        "in-workflow" => "its workflow leads it",
        "running" => "it is being worked on by",
        "blocked" => "it is blocked",
        "terminal" => "it is finished, nothing further happens",
        "waiting-human" => "it waits for a person",
        "quarantined" => "its card could not be understood",
        other => return clean(other),
    };
    text.to_owned()
}

fn style_of(verdict: &str) -> anstyle::Style {
    match verdict {
        "would-dispatch" | "running" | "terminal" => GOOD,
        "waiting" | "blocked" | "waiting-human" => WARN,
        "quarantined" => BAD,
        _ => PLAIN,
    }
}

fn section(name: &str, table: &Table, width: Option<usize>) -> String {
    let lines = table.render(width);
    if lines.is_empty() {
        lines
    } else {
        format!("\n{HEAD}{name}{HEAD:#}\n{lines}")
    }
}

fn candidates(decision: &Decision) -> Table {
    let mut table = Table::new(2, &[2]);
    for candidate in &decision.candidates {
        let style = match candidate.verdict.as_str() {
            "chosen" => GOOD,
            "rejected" => DIM,
            _ => PLAIN,
        };
        let verdict = styled(&candidate.verdict, style);
        table.row(vec![
            cell(&candidate.agent),
            verdict,
            cell(&candidate.reason),
        ]);
    }
    table
}

fn dependencies(decision: &Decision) -> Table {
    let mut table = Table::new(2, &[]);
    for dependency in &decision.dependencies {
        let style = of_status(&dependency.status);
        table.row(vec![
            cell(&dependency.id),
            styled(&dependency.status, style),
        ]);
    }
    table
}

fn caps(decision: &Decision) -> Table {
    let mut table = Table::new(2, &[]);
    for cap in &decision.caps {
        let style = if cap.used >= cap.limit { WARN } else { PLAIN };
        let used = format!("{} of {}", cap.used, cap.limit);
        table.row(vec![cell(&cap.name), styled(&used, style)]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::json;

    #[test]
    fn a_waiting_task_shows_what_it_waits_for() {
        let answer = json!({"decision": {
            "task": "TASK-14", "title": "Set the ferry page", "status": "backlog",
            "verdict": "waiting", "agent": null, "reasons": ["TASK-4 is blocked: line 6"],
            "candidates": [{"agent": "typesetter", "verdict": "eligible", "reason": "0 of 1 runs"}],
            "caps": [{"name": "all runs", "used": 4, "limit": 4}],
            "dependencies": [{"id": "TASK-4", "status": "blocked"}],
            "path": "projects/gazette/tasks/backlog/TASK-14.md",
        }});
        let text = decision(&read(&answer, "decision"), None);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
        TASK-14  backlog
        Set the ferry page

        it waits
          - TASK-4 is blocked: line 6

        CANDIDATES
          typesetter  eligible  0 of 1 runs

        DEPENDS ON
          TASK-4  blocked

        LIMITS
          all runs  4 of 4

        projects/gazette/tasks/backlog/TASK-14.md
        ");
    }

    #[test]
    fn what_is_finished_or_not_understood_has_no_title() {
        for (status, verdict, reason) in [
            (json!("done"), "terminal", "the task is done"),
            (json!(null), "quarantined", "line 3 is broken"),
        ] {
            let answer = json!({"decision": {
                "task": "TASK-14", "title": null, "status": status, "verdict": verdict,
                "agent": null, "reasons": [reason],
            }});
            let text = decision(&read(&answer, "decision"), None);
            assert!(text.contains("TASK-14") && text.contains(reason), "{text}");
        }
    }
}
