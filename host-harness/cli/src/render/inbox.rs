//! What waits for a person, each with the commands that decide it.

use serde_json::Value;

use crate::shape::inbox::{Before, Inbox, Item};

use super::style::{DIM, GOOD, HEAD, WARN};
use super::table::{Table, cell, styled};
use super::text::{clean, cut, moment};

/// Tasks that one answer shows.
const LIMIT_MAX: u64 = 1_000;
/// Columns of what somebody said; the card has it whole.
const SAID_COLUMNS_MAX: usize = 200;

/// All of it.
pub fn inbox(inbox: &Inbox) -> String {
    if inbox.count == 0 {
        return "nothing waits for a person\n".to_owned();
    }
    let mut text = match inbox.count {
        1 => format!("{HEAD}1 task waits for a person{HEAD:#}\n"),
        count => format!("{HEAD}{count} tasks wait for a person{HEAD:#}, the oldest first\n"),
    };
    for one in &inbox.items {
        text += &item(one);
    }
    let hidden = inbox.count.saturating_sub(inbox.items.len() as u64);
    if hidden > 0 {
        text += &format!(
            "\n{DIM}and {hidden} more; see `aof inbox --limit {}`{DIM:#}\n",
            inbox.count.min(LIMIT_MAX)
        );
    }
    text
}

fn item(item: &Item) -> String {
    let mut text = format!(
        "\n{WARN}{}{WARN:#}  {HEAD}{}{HEAD:#}\n  {DIM}since {}{DIM:#}  {}\n",
        clean(&item.task),
        clean(&item.title),
        item.since.as_deref().map(moment).unwrap_or_default(),
        what(item),
    );
    let first = item
        .suggestion
        .as_deref()
        .and_then(|it| it.split("; ").next());
    for line in [item.question.as_deref(), first].into_iter().flatten() {
        text += &format!("  {}\n", short(line));
    }
    text += &before(&item.before);
    text += &said(item);
    for command in &item.commands {
        text += &format!("    {GOOD}{}{GOOD:#}\n", clean(command));
    }
    text
}

/// What it is, and of what.
fn what(item: &Item) -> String {
    let whom = clean(&item.r#for);
    let by = item.by.as_deref().map(clean);
    let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
    let told = match (item.kind.as_str(), whom.as_str()) {
        ("decision", _) => "a decision".to_owned(),
        ("question", "") => "a person decides".to_owned(),
        ("question", whom) => format!("{whom} decides"),
        ("review", _) => format!("handed in{by}, to be looked at"),
        (_, "") => "no agent does it".to_owned(),
        (_, whom) => format!("for {whom}, and no agent does it"),
    };
    match &item.hop {
        Some(hop) => format!("{told}: hop {} of {}", clean(&hop.id), clean(&hop.of)),
        None => told,
    }
}

/// A line for each hop that came before.
fn before(hops: &[Before]) -> String {
    let mut table = Table::new(2, &[]);
    for hop in hops {
        let sure = hop.confidence.map(|it| format!(" ({it})"));
        let verdict = hop.verdict.as_deref().map(short);
        table.row(vec![
            cell(&hop.hop),
            styled(hop.outcome.as_ref().unwrap_or(&hop.state), DIM),
            cell(hop.by.as_deref().unwrap_or_default()),
            cell(&(verdict.unwrap_or_default() + &sure.unwrap_or_default())),
            styled(&hop.notes.as_deref().map(short).unwrap_or_default(), DIM),
        ]);
    }
    table.render(None)
}

/// What whoever handed it in said, and where the work lies.
fn said(item: &Item) -> String {
    if item.kind != "review" {
        return String::new();
    }
    let told = |key: &str| item.result.get(key).and_then(Value::as_str).map(short);
    let told: Vec<String> = ["outcome", "verdict", "notes"]
        .into_iter()
        .filter_map(told)
        .collect();
    let mut text = String::new();
    if !told.is_empty() {
        text += &format!("  {}\n", told.join(": "));
    }
    if let Some(dir) = &item.work_dir {
        text += &format!("  {DIM}{}{DIM:#}\n", clean(dir));
    }
    text
}

fn short(text: &str) -> String {
    cut(&clean(text.trim()), SAID_COLUMNS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::json;

    fn shown(value: &Value) -> String {
        let text = inbox(&read(&json!({ "inbox": value }), "inbox"));
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn an_empty_inbox_says_so() {
        assert_eq!(
            shown(&json!({"count": 0, "items": []})),
            "nothing waits for a person\n"
        );
    }

    #[test]
    fn what_is_not_shown_is_counted_and_nothing_moves_the_cursor() {
        let item = json!({
            "task": "TASK-1", "title": "Sign\u{7}", "kind": "question", "for": "role boss",
            "since": "2026-11-20T08:00:00.000Z", "hop": {"of": "TASK-0", "id": "sign"},
            "question": "Is it\u{1b}[2J\ngood?", "commands": ["aof approve TASK-1"],
        });
        insta::assert_snapshot!(shown(&json!({"count": 3, "items": [item]})), @r"
        3 tasks wait for a person, the oldest first

        TASK-1  Sign·
          since 2026-11-20 08:00:00  role boss decides: hop sign of TASK-0
          Is it·[2J good?
            aof approve TASK-1

        and 2 more; see `aof inbox --limit 3`
        ");
    }
}
