//! What was used, by who used it.

use aof_core::books::{Kind, Page};
use aof_core::budget::Window;
use aof_core::caller::Context;
use aof_core::id::{ProjectId, TaskId};
use aof_core::json::ToLine as _;
use aof_core::order;
use aof_core::refusal::Refusal;
use aof_core::suggest;
use aof_core::usage::Sum;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::poll::budget;
use crate::session::Session;

/// What can be asked for.
const KINDS: [&str; 5] = ["task", "project", "team", "agent", "model"];

impl<S: Store> Engine<S> {
    /// `{"usage": {"rows": […], "rest": …, "total": …, "budgets": […], …}}`: the largest cost
    /// first.
    ///
    /// # Errors
    /// `AOF-1004` for a word that is not known.
    pub fn usage(&mut self, ctx: &Context, by: &str, window: &str) -> Result<String, Refusal> {
        let (_, session) = self.fresh()?;
        let kind = Kind::parse(by).filter(|_| KINDS.contains(&by));
        let kind = kind.ok_or_else(|| unknown("by", by, &KINDS))?;
        let window =
            Window::parse(window).ok_or_else(|| unknown("window", window, &Window::NAMES))?;
        let sum = |page: &Page| page.rest.used(window, ctx.now);
        let page = session.books.page(kind);
        let named = page.into_iter().flat_map(|page| &page.named);
        let mut rows: Vec<(&str, Sum)> = named
            .filter(|(name, _)| is_seen(session, kind, name))
            .map(|(name, tally)| (name.as_str(), tally.used(window, ctx.now)))
            .filter(|(_, sum)| sum.runs > 0)
            .collect();
        let cost = |sum: &Sum| std::cmp::Reverse((sum.cost_micros, sum.tokens()));
        order::sort_by_key(&mut rows, |(name, sum)| (cost(sum), *name));
        let rest = page.map(sum).filter(|sum| sum.runs > 0);
        let rows: Vec<Value> = rows.iter().map(|(name, sum)| row(name, sum)).collect();
        let total = session.books.used((Kind::Store, ""), window, ctx.now);
        let budgets = budget::all(session, ctx.now);
        Ok(json!({"usage": {
            "by": kind.as_str(),
            "window": window.as_str(),
            "since": window.end(ctx.now).map(|_| window.start(ctx.now).to_string()),
            "rows": rows,
            "rest": rest.as_ref().map(of_sum),
            "total": of_sum(&total),
            "budgets": budgets.iter().map(budget::json).collect::<Vec<_>>(),
        }})
        .to_line())
    }
}

/// A session for some projects does not show the others.
fn is_seen(session: &Session, kind: Kind, name: &str) -> bool {
    match kind {
        _ if !session.scope.is_narrow() => true,
        Kind::Project => ProjectId::parse(name).is_ok_and(|id| session.scope.has(&id)),
        Kind::Task => TaskId::parse(name).is_ok_and(|id| session.shelf.index.status(&id).is_some()),
        Kind::Store | Kind::Team | Kind::Agent | Kind::Model => true,
    }
}

/// A sum as views show it.
pub(crate) fn of_sum(sum: &Sum) -> Value {
    json!({
        "runs": sum.runs, "inputTokens": sum.input_tokens,
        "outputTokens": sum.output_tokens, "costMicros": sum.cost_micros,
    })
}

fn row(name: &str, sum: &Sum) -> Value {
    let mut row = of_sum(sum);
    if let Value::Object(fields) = &mut row {
        let name = Some(name).filter(|name| !name.is_empty());
        fields.insert("name".to_owned(), name.into());
    }
    row
}

fn unknown(field: &str, text: &str, known: &[&str]) -> Refusal {
    let hint = match suggest::nearest(text, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("use one of: {}", known.join(", ")),
    };
    let message = format!("`{field}` is no word that is known here");
    Refusal::refused("AOF-1004", message, &hint).at(field)
}
