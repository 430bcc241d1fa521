//! The board: one group of lines for each status that has cards.

use crate::shape::{Board, Column, Counts, Quarantined, STATUSES, Summary};

use super::style::{BAD, DIM, HEAD, WARN, of_priority, of_status};
use super::table::{Table, cell, styled};
use super::text::{clean, counted};
use super::usage::budgets;

/// The whole board.
pub fn board(board: &Board, width: Option<usize>) -> String {
    let mut text = format!("{HEAD}{}{HEAD:#}\n", counts(&board.counts));
    for column in board.columns.iter().filter(|column| column.count > 0) {
        text += &group(column, width);
    }
    if board.columns.iter().all(|column| column.count == 0) {
        text += "\nno tasks yet; make one with `aof task create TITLE`\n";
    }
    if !board.budgets.is_empty() {
        text += &format!("\n{WARN}BUDGETS{WARN:#}\n{}", budgets(&board.budgets));
    }
    text + &quarantined(&board.quarantined) + &notices(&board.notices)
}

/// What is in force although something about it should be known.
fn notices(findings: &[Quarantined]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{WARN}NOTE{WARN:#}\n");
    for finding in findings {
        let place = finding.location.as_ref().unwrap_or(&finding.path);
        text += &format!(
            "  {DIM}{} {}{DIM:#}\n",
            clean(place),
            clean(&finding.message)
        );
    }
    text
}

fn group(column: &Column, width: Option<usize>) -> String {
    let style = of_status(&column.status);
    let name = clean(&column.status).to_uppercase();
    let mut text = format!("\n{style}{name}{style:#} {}\n", column.count);
    text += &cards(&column.cards, width);
    let hidden = column.count.saturating_sub(column.cards.len() as u64);
    if hidden > 0 {
        text += &format!("  {DIM}and {hidden} more; see `aof task list`{DIM:#}\n");
    }
    text
}

/// Cards as a table, without their status.
pub fn cards(cards: &[Summary], width: Option<usize>) -> String {
    let mut table = Table::new(2, &[4, 1]);
    for card in cards {
        table.row(vec![
            cell(&card.id),
            cell(&card.title),
            styled(&card.priority, of_priority(&card.priority)),
            cell(&card.whom()),
            styled(card.reason.as_deref().unwrap_or_default(), WARN),
        ]);
    }
    table.render(width)
}

/// `3 ready · 2 in-progress · 9 done`, without what there is none of.
pub fn counts(counts: &Counts) -> String {
    let of = |status: &&str| {
        let count = counts.get(*status).copied().filter(|count| *count > 0)?;
        Some(format!("{count} {status}"))
    };
    let parts: Vec<String> = STATUSES.iter().filter_map(of).collect();
    if parts.is_empty() {
        "no tasks".to_owned()
    } else {
        parts.join(" · ")
    }
}

/// What could not be read, and how to mend it.
pub fn quarantined(files: &[Quarantined]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let count = counted(files.len() as u64, "file");
    let mut text = format!("\n{BAD}NOT UNDERSTOOD{BAD:#} {count}, left as they are\n");
    for file in files {
        let place = file.location.as_ref().unwrap_or(&file.path);
        text += &format!("  {} {}\n", clean(place), clean(&file.message));
        if !file.hint.is_empty() {
            text += &format!("    {DIM}{}{DIM:#}\n", clean(&file.hint));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::{Value, json};

    fn shown(value: &Value) -> String {
        let text = board(&read(&json!({ "board": value }), "board"), None);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_board_groups_cards_by_status() {
        let value = json!({
            "columns": [
                {"status": "backlog", "count": 1, "cards": [{"id": "TASK-1", "title": "Wait",
                  "priority": "normal", "role": "checker", "reason": "waits for TASK-2"}]},
                {"status": "ready", "count": 0, "cards": []},
                {"status": "blocked", "count": 3, "cards": [{"id": "TASK-2", "title": "Stuck\u{7}",
                  "priority": "critical", "agent": "clerk", "reason": "line 6 is broken"}]},
            ],
            "counts": {"backlog": 1, "blocked": 3, "ready": 0}, "running": 0,
            "quarantined": [{"path": "projects/a/tasks/ready/x.md", "message": "`id` is missing",
              "hint": "add it", "location": "projects/a/tasks/ready/x.md:3:1"}],
        });
        insta::assert_snapshot!(shown(&value), @r"
        1 backlog · 3 blocked

        BACKLOG 1
          TASK-1  Wait  normal  role checker  waits for TASK-2

        BLOCKED 3
          TASK-2  Stuck·  critical  clerk  line 6 is broken
          and 2 more; see `aof task list`

        NOT UNDERSTOOD 1 file, left as they are
          projects/a/tasks/ready/x.md:3:1 `id` is missing
            add it
        ");
    }

    #[test]
    fn an_empty_board_says_what_to_do() {
        insta::assert_snapshot!(shown(&json!({"columns": [], "counts": {}})), @r"
        no tasks

        no tasks yet; make one with `aof task create TITLE`
        ");
    }

    #[test]
    fn a_long_title_does_not_push_the_others_away() {
        let long = "Tell the whole story of the harbour from its founding to this day ".repeat(3);
        let value = json!({
            "columns": [{"status": "ready", "count": 2, "cards": [
                {"id": "TASK-1", "title": long, "priority": "normal", "agent": "clerk"},
                {"id": "TASK-2", "title": "Short", "priority": "high", "agent": "editor"},
            ]}],
            "counts": {"ready": 2},
        });
        insta::assert_snapshot!(shown(&value), @r"
        2 ready

        READY 2
          TASK-1  Tell the whole story of the harbour from its founding to th…  normal  clerk
          TASK-2  Short                                                         high    editor
        ");
    }
}
