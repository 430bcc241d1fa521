//! The settings as a table.

use serde_json::Value;

use crate::shape::{Quarantined, Settings};

use super::style::{BAD, DIM, WARN};
use super::table::{Table, cell, styled};
use super::text::clean;

/// Every value with its origin, and what is wrong.
pub fn settings(settings: &Settings, width: Option<usize>) -> String {
    let mut table = Table::new(0, &[1, 2]);
    table.head(&["SETTING", "VALUE", "FROM"]);
    for value in &settings.values {
        let shown = match &value.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        table.row(vec![
            cell(&value.key),
            cell(&shown),
            styled(&value.origin, DIM),
        ]);
    }
    let mut text = match settings.values.as_slice() {
        [] => "every setting has its default\n".to_owned(),
        _ => table.render(width),
    };
    for note in &settings.findings {
        text += &warning(note);
    }
    for note in &settings.rejected {
        text += &format!(
            "{BAD}rejected{BAD:#} {}\n  the settings above stay in force; {}\n",
            line(note),
            clean(&note.hint)
        );
    }
    text
}

/// One thing to know.
pub fn warning(note: &Quarantined) -> String {
    format!(
        "{WARN}warning{WARN:#} {}\n  {}\n",
        line(note),
        clean(&note.hint)
    )
}

fn line(note: &Quarantined) -> String {
    let place = note.location.as_deref().unwrap_or("aof.yaml");
    format!(
        "{}: {} [{}]",
        clean(place),
        clean(&note.message),
        clean(&note.code)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::json;

    #[test]
    fn each_value_stands_beside_its_origin() {
        let answer = json!({"settings": {
            "values": [
                {"key": "scheduler.failuresMax", "value": 5, "origin": "aof.yaml:3"},
                {"key": "executor.arguments", "value": ["a\u{7}"], "origin": "default"},
            ],
            "findings": [{"code": "AOF-1133", "message": "`executor` was changed",
                "hint": "start AOF anew", "location": "aof.yaml:7"}],
            "rejected": [{"code": "AOF-1131", "message": "unknown key `x`", "hint": "remove it",
                "location": "aof.yaml:2:1"}],
        }});
        let text = settings(&read(&answer, "settings"), None);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r#"
        SETTING                VALUE        FROM
        scheduler.failuresMax  5            aof.yaml:3
        executor.arguments     ["a\u0007"]  default
        warning aof.yaml:7: `executor` was changed [AOF-1133]
          start AOF anew
        rejected aof.yaml:2:1: unknown key `x` [AOF-1131]
          the settings above stay in force; remove it
        "#);
    }
}
