//! What was used, as a table, and how the budgets stand.

use crate::shape::usage::{Budget, Sum, Usage};

use super::style::{BAD, DIM, HEAD, PLAIN, WARN};
use super::table::{Cell, Table, cell, styled};
use super::text::{clean, moment, money};

/// Sums by name, the rest and the total, then the budgets.
pub fn usage(usage: &Usage, width: Option<usize>) -> String {
    let since = match &usage.since {
        Some(since) => format!("this {}, since {}", clean(&usage.window), moment(since)),
        None => "in all".to_owned(),
    };
    let mut text = format!("{HEAD}USAGE{HEAD:#} {since}\n");
    let mut table = Table::new(2, &[0]);
    let name = usage.by.to_uppercase();
    table.head(&[&name, "RUNS", "INPUT", "OUTPUT", "COST"]);
    for row in &usage.rows {
        let name = row.name.as_deref();
        let name = name.map_or_else(|| styled("(none)", DIM), cell);
        table.row(line(name, &row.sum()));
    }
    if let Some(rest) = &usage.rest {
        table.row(line(styled("(others)", DIM), rest));
    }
    table.row(line(styled("total", HEAD), &usage.total));
    text += &table.render(width);
    if !usage.budgets.is_empty() {
        text += &format!("\n{HEAD}BUDGETS{HEAD:#}\n");
        text += &budgets(&usage.budgets);
    }
    text
}

/// A line for each limit.
pub fn budgets(budgets: &[Budget]) -> String {
    let line = |budget: &Budget| {
        let style = match (budget.is_spent, budget.is_near) {
            (true, _) => BAD,
            (false, true) => WARN,
            (false, false) => PLAIN,
        };
        let message = clean(&budget.message);
        format!("  {style}{:>3} %{style:#}  {message}\n", budget.percent)
    };
    budgets.iter().map(line).collect()
}

/// What several runs used, in one line; empty if nothing is known.
pub fn brief(sum: &Sum) -> String {
    if sum.runs == 0 {
        return String::new();
    }
    let Sum {
        input_tokens,
        output_tokens,
        cost_micros,
        ..
    } = sum;
    let cost = money(*cost_micros);
    format!("{input_tokens} tokens read, {output_tokens} written, cost {cost}")
}

fn line(name: Cell, sum: &Sum) -> Vec<Cell> {
    vec![
        name,
        cell(&sum.runs.to_string()),
        cell(&sum.input_tokens.to_string()),
        cell(&sum.output_tokens.to_string()),
        cell(&money(sum.cost_micros)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::read;
    use serde_json::json;

    #[test]
    fn usage_is_a_table_with_its_budgets() {
        let sum = |runs: u64| {
            json!({"runs": runs, "inputTokens": runs * 1_000, "outputTokens": runs * 70,
                   "costMicros": runs * 12_345})
        };
        let mut rows = [sum(3), sum(1)];
        rows[0]["name"] = "writer".into();
        let budget = |percent: u64, message: &str| {
            json!({"percent": percent, "isNear": percent > 79, "isSpent": percent > 99,
                   "message": message})
        };
        let value = json!({
            "by": "team", "window": "day", "since": "2026-02-17T00:00:00.000Z",
            "rows": rows, "rest": sum(2), "total": sum(6),
            "budgets": [
                budget(120, "team `desk` has used 12 of 10 tokens of this day, until tomorrow"),
                budget(8, "the store has used 0.08 of 1.00 in cost in all"),
            ],
        });
        let text = usage(&read(&json!({ "usage": value }), "usage"), None);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string(), @r"
        USAGE this day, since 2026-02-17 00:00:00
          TEAM      RUNS  INPUT  OUTPUT  COST
          writer    3     3000   210     0.037035
          (none)    1     1000   70      0.012345
          (others)  2     2000   140     0.024690
          total     6     6000   420     0.074070

        BUDGETS
          120 %  team `desk` has used 12 of 10 tokens of this day, until tomorrow
            8 %  the store has used 0.08 of 1.00 in cost in all
        ");
    }
}
