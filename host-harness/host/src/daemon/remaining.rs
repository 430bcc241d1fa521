//! Why tasks are left when nothing runs any more.
//!
//! It only looks. Invariant: at most a hundred tasks are explained, however many are left.

use serde_json::Value;

use crate::contract::views::BoardQuery;
use crate::gateway::Gateway;

const EXPLAINED_MAX: usize = 100;
const FINISHED: [&str; 2] = ["done", "cancelled"];

/// Explanations of the tasks that are not finished.
pub fn remaining(gateway: &mut Gateway) -> Vec<Value> {
    let query = BoardQuery {
        project: None,
        limit: EXPLAINED_MAX as u32,
    };
    let board = match gateway.board(&query) {
        Ok(board) => board,
        Err(error) => {
            tracing::warn!(%error, "cannot see what is left");
            return Vec::new();
        }
    };
    let explained = unfinished(&board).into_iter().take(EXPLAINED_MAX);
    explained
        .filter_map(|task| gateway.explain(&task).ok())
        .collect()
}

/// Ids of the cards in the columns of unfinished statuses.
fn unfinished(board: &Value) -> Vec<String> {
    let columns = board.pointer("/board/columns").and_then(Value::as_array);
    let open = columns.into_iter().flatten().filter(|column| {
        let status = column
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or_default();
        !FINISHED.contains(&status)
    });
    let cards = open.filter_map(|column| column.get("cards").or_else(|| column.get("tasks")));
    let cards = cards.filter_map(Value::as_array).flatten();
    cards
        .filter_map(|card| Some(card.get("id")?.as_str()?.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finished_columns_are_left_out() {
        let board = json!({"board": {"columns": [
            {"status": "ready", "cards": [{"id": "T1"}, {"title": "no id"}]},
            {"status": "blocked", "cards": [{"id": "T2"}]},
            {"status": "done", "cards": [{"id": "T3"}]},
        ]}});
        assert_eq!(unfinished(&board), ["T1", "T2"]);
        assert!(unfinished(&json!({})).is_empty());
    }
}
