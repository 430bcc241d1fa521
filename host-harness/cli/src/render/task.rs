//! One task in full, and lists of tasks.

use crate::shape::{Carried, Detail, Page, Report, Run, Summary};

use super::board::quarantined;
use super::style::{DIM, HEAD, WARN, of_priority, of_status};
use super::table::{Table, cell, styled};
use super::text::{clean, counted, moment};
use super::usage::brief;

/// A list of tasks with their statuses.
pub fn list(page: &Page, report: &Report, width: Option<usize>) -> String {
    let mut table = Table::new(0, &[5, 1]);
    table.head(&["ID", "TITLE", "STATUS", "PRIORITY", "FOR", "REASON"]);
    for task in &page.tasks {
        table.row(vec![
            cell(&task.id),
            cell(&task.title),
            styled(&task.status, of_status(&task.status)),
            styled(&task.priority, of_priority(&task.priority)),
            cell(&task.whom()),
            styled(task.reason.as_deref().unwrap_or_default(), WARN),
        ]);
    }
    let mut text = if page.tasks.is_empty() {
        String::new()
    } else {
        table.render(width)
    };
    let shown = page.tasks.len() as u64;
    text += &format!("{DIM}");
    if shown < report.total {
        text += &format!("{shown} of ");
    }
    text += &counted(report.total, "task");
    if let Some(next) = &page.next {
        text += &format!("; more with --cursor {}", clean(next));
    }
    text + &format!("{DIM:#}\n") + &quarantined(&report.quarantined)
}

/// Everything about one task.
pub fn detail(task: &Summary, detail: &Detail) -> String {
    let style = of_status(&task.status);
    let mut text = format!(
        "{HEAD}{}{HEAD:#}  {style}{}{style:#}\n{HEAD}{}{HEAD:#}\n\n",
        clean(&task.id),
        clean(&task.status),
        clean(&task.title)
    );
    let mut table = Table::new(0, &[]);
    for (name, value) in fields(task, detail) {
        if !value.is_empty() {
            table.row(vec![styled(name, DIM), cell(&value)]);
        }
    }
    text += &table.render(None);
    text += &hops(detail.workflow.as_ref());
    text += &runs(&detail.runs);
    if !detail.body.trim().is_empty() {
        text.push('\n');
        for line in detail.body.trim().lines() {
            text += format!("  {}", clean(line)).trim_end();
            text.push('\n');
        }
    }
    text
}

fn fields(task: &Summary, detail: &Detail) -> Vec<(&'static str, String)> {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_default();
    let when = |value: &Option<String>| value.as_deref().map(moment).unwrap_or_default();
    let budgets = detail.budgets.iter().map(|it| it.message.as_str());
    let budget = budgets.collect::<Vec<_>>().join("; ");
    vec![
        ("project", or_none(&task.project)),
        ("for", task.whom()),
        ("priority", task.priority.clone()),
        ("reason", or_none(&task.reason)),
        ("depends on", task.depends_on.join(", ")),
        ("part of", or_none(&detail.parent_id)),
        (
            "hop",
            detail
                .hop
                .as_ref()
                .map_or_else(String::new, |hop| format!("{} of {}", hop.id, hop.of)),
        ),
        ("resource", or_none(&detail.resource)),
        ("tags", detail.tags.join(", ")),
        (
            "created",
            format!(
                "{} by {}",
                when(&task.created_at),
                or_none(&detail.created_by)
            ),
        ),
        ("status since", when(&task.last_transition_at)),
        ("card", or_none(&detail.path)),
        ("work", or_none(&detail.work_dir)),
        ("used", brief(&detail.usage.clone().unwrap_or_default())),
        ("budget", budget),
    ]
}

/// The hops of its workflow, with the cards that they run on.
fn hops(workflow: Option<&Carried>) -> String {
    let Some(workflow) = workflow else {
        return String::new();
    };
    let mut table = Table::new(2, &[]);
    for hop in &workflow.hops {
        let why = hop.outcome.as_ref().or(hop.skipped.as_ref());
        let why = why.or(hop.reason.as_ref()).map(String::as_str);
        let again = match (hop.pass, hop.rejections) {
            (0 | 1, 0) => String::new(),
            (pass, 0) => format!("pass {pass}"),
            (pass, count) => format!("pass {pass}, sent back {}", counted(count, "time")),
        };
        table.row(vec![
            cell(&hop.id),
            cell(&hop.state),
            cell(why.unwrap_or_default()),
            cell(hop.by.as_deref().unwrap_or_default()),
            styled(hop.task.as_deref().unwrap_or_default(), DIM),
            styled(&again, DIM),
        ]);
    }
    let (name, status) = (clean(&workflow.name), clean(&workflow.status));
    format!(
        "\n{HEAD}HOPS{HEAD:#} of {name}, {status}\n{}",
        table.render(None)
    )
}

fn runs(runs: &[Run]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let mut table = Table::new(2, &[]);
    for run in runs {
        let ending = run.outcome.as_deref().unwrap_or(&run.state);
        let said = run.summary.as_ref().or(run.reason.as_ref());
        table.row(vec![
            cell(&format!("#{}", run.attempt)),
            cell(&run.agent),
            cell(ending),
            styled(
                &run.started_at.as_deref().map(moment).unwrap_or_default(),
                DIM,
            ),
            cell(said.map(String::as_str).unwrap_or_default()),
            styled(run.run_dir.as_deref().unwrap_or_default(), DIM),
        ]);
    }
    format!("\n{HEAD}RUNS{HEAD:#}\n{}", table.render(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::{Value, json};

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn task() -> Value {
        json!({"task": {
            "id": "TASK-2026-11-20-004", "title": "Check the ferry", "status": "blocked",
            "priority": "normal", "project": "gazette", "agent": null, "role": "checker",
            "reason": "line 6 has 4 fields", "dependsOn": [], "createdBy": "night-editor",
            "createdAt": "2026-11-20T07:04:00.000Z", "body": "## Objective\n\nCheck it.\n",
            "lastTransitionAt": "2026-11-20T08:00:01.000Z",
            "path": "projects/gazette/tasks/blocked/TASK-2026-11-20-004.md",
            "runs": [{"run": "01K", "attempt": 1, "agent": "clerk", "state": "ended",
              "outcome": "blocked", "startedAt": "2026-11-20T08:00:00.000Z",
              "reason": "line 6 has 4 fields", "runDir": "projects/gazette/runs/T/01K"}],
        }})
    }

    #[test]
    fn a_task_is_shown_with_its_runs_and_its_text() {
        let text = detail(&read(&task(), "task"), &read(&task(), "task"));
        insta::assert_snapshot!(plain(&text), @r"
        TASK-2026-11-20-004  blocked
        Check the ferry

        project       gazette
        for           role checker
        priority      normal
        reason        line 6 has 4 fields
        created       2026-11-20 07:04:00 by night-editor
        status since  2026-11-20 08:00:01
        card          projects/gazette/tasks/blocked/TASK-2026-11-20-004.md

        RUNS
          #1  clerk  blocked  2026-11-20 08:00:00  line 6 has 4 fields  projects/gazette/runs/T/01K

          ## Objective

          Check it.
        ");
    }

    #[test]
    fn a_list_that_was_cut_says_so() {
        let report: Report = read(&json!({"report": {"total": 9}}), "report");
        let page = Page {
            tasks: vec![read(&task(), "task")],
            next: Some("TASK-2026-11-20-004".to_owned()),
        };
        insta::assert_snapshot!(plain(&list(&page, &report, None)), @r"
        ID                   TITLE            STATUS   PRIORITY  FOR           REASON
        TASK-2026-11-20-004  Check the ferry  blocked  normal    role checker  line 6 has 4 fields
        1 of 9 tasks; more with --cursor TASK-2026-11-20-004
        ");
    }

    #[test]
    fn an_empty_list_is_one_line() {
        assert_eq!(
            plain(&list(&Page::default(), &Report::default(), None)),
            "0 tasks\n"
        );
    }
}
