//! The org chart, as it is written: what is wrong with it, what it says, how the gateway differs.
//!
//! Looks at the chart of the store, or at a text that the caller brings. Never changes either, and
//! never looks at the chart in force: whoever mends a chart wants to know about the file.

mod drift;
mod lint;
mod seen;
mod show;

use aof_codec::{ChartReport, lint_org_chart, set_in_chart};
use aof_core::diagnostic::Level;
use aof_core::json::ToLine as _;
use aof_core::org::OrgChart;
use aof_core::refusal::Refusal;
use aof_store::layout::ORG_CHART;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Store};
use aof_store::refusal::refusal_of;

use crate::engine::Engine;

pub(crate) use drift::document as drift_document;
pub(crate) use seen::Seen;

/// What to say about the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgLook {
    /// What is wrong with it.
    Lint,
    /// What it says.
    Show,
    /// How the gateway differs.
    Drift,
}

/// Which chart, and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgQuery {
    /// What to say.
    pub look: OrgLook,
    /// The chart's text; none for the store's own.
    pub text: Option<String>,
    /// What to call that text in messages.
    pub path: Option<String>,
    /// Path and value of what to change in the text before looking.
    pub edit: Option<(String, String)>,
    /// Keys that the format does not know are only pointed out.
    pub is_lenient: bool,
    /// The gateway's agents as JSON; none for those that it told last.
    pub agents: Option<String>,
}

impl<S: Store> Engine<S> {
    /// `{"org": {…}}`
    ///
    /// # Errors
    /// `AOF-1005` if there is no chart; `AOF-1117` for an edit that is not possible; for `Show` and
    /// `Drift` what makes the chart unusable, for `Drift` also `AOF-1002` for a list that is none
    /// and `AOF-2031` if the gateway has told nothing.
    pub fn org(&mut self, query: &OrgQuery) -> Result<String, Refusal> {
        let (path, mut bytes) = self.chart_text(query)?;
        let edited = query.edit.as_ref().map(|edit| edited(&bytes, edit));
        let edited = edited.transpose()?;
        if let Some(text) = &edited {
            bytes = text.clone().into_bytes();
        }
        let unknown_keys = if query.is_lenient {
            Level::Warning
        } else {
            Level::Error
        };
        let report = lint_org_chart(&path, &bytes, unknown_keys);
        match query.look {
            OrgLook::Lint => self.lint(&path, report, edited.as_deref()),
            OrgLook::Show => Ok(show::document(&path, &usable(report)?).to_line()),
            OrgLook::Drift => {
                let chart = usable(report)?;
                let brought = query.agents.as_deref().map(seen::read).transpose()?;
                let seen = match (&brought, &self.seen) {
                    (Some(brought), _) => brought,
                    (None, Some(seen)) => seen,
                    (None, None) => return Err(nothing_seen()),
                };
                Ok(drift::document(&chart, seen).to_line())
            }
        }
    }

    fn chart_text(&mut self, query: &OrgQuery) -> Result<(String, Vec<u8>), Refusal> {
        let (store, _) = self.fresh()?;
        if let Some(text) = &query.text {
            let path = query.path.as_deref().unwrap_or("(text)");
            return Ok((path.to_owned(), text.clone().into_bytes()));
        }
        let bytes = read(store)?;
        let bytes = bytes.ok_or_else(|| {
            let message = "the store has no org chart".to_owned();
            Refusal::refused("AOF-1005", message, "`aof init` makes one").at(ORG_CHART)
        })?;
        Ok((ORG_CHART.to_owned(), bytes))
    }
}

fn edited(bytes: &[u8], (path, value): &(String, String)) -> Result<String, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        let message = "the file is not UTF-8".to_owned();
        Refusal::refused("AOF-1110", message, "save the file as UTF-8").at(ORG_CHART)
    })?;
    set_in_chart(text, path, value)
}

/// The bytes of the store's chart; none if there is none.
fn read<S: Store>(store: &mut S) -> Result<Option<Vec<u8>>, Refusal> {
    let blobs = store
        .read(&[ORG_CHART.to_owned()], CARD_BYTES_MAX)
        .map_err(|error| refusal_of(&error))?;
    match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => Ok(Some(bytes)),
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => {
            let hint = "replace it by a regular file";
            Err(Refusal::refused("AOF-1110", why, hint).at(ORG_CHART))
        }
        Some(Blob::Absent) | None => Ok(None),
    }
}

/// The chart, or the first thing that makes it unusable.
fn usable(report: ChartReport) -> Result<OrgChart, Refusal> {
    let first = report.findings.first();
    let refusal = first.map(|finding| Refusal::from(&finding.diagnostic));
    report.chart.ok_or_else(|| {
        refusal.unwrap_or_else(|| {
            let message = "the org chart cannot be used".to_owned();
            Refusal::refused("AOF-1110", message, "see `aof org lint`")
        })
    })
}

fn nothing_seen() -> Refusal {
    Refusal::refused(
        "AOF-2031",
        "the gateway has not told which agents it has".to_owned(),
        "give each agent a program under `executor.agents` in aof.yaml, or a list by `--fixture`",
    )
}
