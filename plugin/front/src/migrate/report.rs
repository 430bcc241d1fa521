//! What a plan amounts to, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

/// Counts per kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Cards that are read, by the status that they have afterwards.
    pub cards: BTreeMap<&'static str, u64>,
    /// Cards that stay as they are, where they are.
    pub kept: u64,
    /// Cards whose frontmatter changes; the originals are kept.
    pub rewritten: u64,
    /// Cards that only move.
    pub moved: u64,
    /// Cards that get another id, because two projects used the same one.
    pub renumbered: u64,
    /// Tasks that were in progress, and are given back or settled by what their agent reported.
    pub released: u64,
    /// Tasks whose files move to `work/`.
    pub work: u64,
    /// Runs of AOF 1 that become records of ended runs.
    pub runs: u64,
    /// Logs that are put aside.
    pub logs: u64,
    /// Other files that are put aside.
    pub aside: u64,
    /// Cards with a workflow, kept as it is.
    pub workflows: u64,
}
