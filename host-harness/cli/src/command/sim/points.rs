//! Every point at which an operation can be cut off, and every call that can fail.
//!
//! Never samples points. Invariant: one line for each operation, as it is done, and the command
//! that repeats what was wrong.

use aof_sim::crash::{self, Depth, Extent, Row};
use aof_sim::fault;
use serde_json::json;

use super::Args;
use crate::command::Session;
use crate::exit::Ending;
use crate::render::style::BAD;

/// Cuts off every operation everywhere.
pub(super) fn crashes(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let rows = crash::enumerate(Depth::full(), extent(args), |row| remark(session, row));
    tell("crashes", &rows, session)
}

/// Lets every call of every operation fail.
pub(super) fn faults(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let rows = fault::sweep(1, extent(args), |row| remark(session, row));
    tell("faults", &rows, session)
}

fn extent(args: &Args) -> Extent<'_> {
    Extent {
        operation: args.operation.as_deref(),
        jobs: usize::from(args.jobs),
    }
}

fn remark(session: &Session<'_>, row: &Row) {
    if !session.console.is_watched() {
        return;
    }
    let Row {
        operation, states, ..
    } = row;
    let found = row.wrong;
    let mut said = format!("{operation}: {states} states, {found} wrong");
    for finding in &row.findings {
        said += &format!("\n    {finding}");
    }
    session.console.remark(&said);
}

fn tell(what: &str, rows: &[Row], session: &Session<'_>) -> anyhow::Result<Ending> {
    let wrong: u64 = rows.iter().map(|row| row.wrong).sum();
    let document = json!({"sim": {"version": super::VERSION, what: rows, "wrong": wrong}});
    session.console.show(&document, |_| {
        let mut text = format!("{}\n", crash::heading());
        for row in rows {
            text += &format!("{row}\n");
            for found in &row.findings {
                text += &format!("{BAD}    {found}{BAD:#}\n");
            }
        }
        let states: u64 = rows.iter().map(|row| row.states).sum();
        text += &format!("{states} states judged, {wrong} wrong\n");
        for row in rows.iter().filter(|row| row.wrong > 0) {
            text += &format!("again: aof sim --{what} --operation '{}'\n", row.operation);
        }
        text
    })?;
    Ok(super::ending(wrong == 0))
}
