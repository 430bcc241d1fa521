//! The settings in force, each with where it comes from.

use aof_core::json::ToLine as _;
use aof_core::refusal::Refusal;
use aof_store::layout::SETTINGS;
use aof_store::port::Store;
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::settings::{effective, values};
use crate::summary;

/// Of a value that nobody set.
const DEFAULT: &str = "default";

impl<S: Store> Engine<S> {
    /// `{"settings": {"effective": {…}, "values": [{"key", "value", "origin"}], "findings": […],
    /// "rejected": […], "restart": […]}}`.
    ///
    /// # Errors
    /// `AOF-2010` if the store is not open.
    pub fn settings(&mut self) -> Result<String, Refusal> {
        let (_, session) = self.fresh()?;
        let settings = &session.settings;
        let origin = |key: &String| settings.origins.get(key).map_or(DEFAULT, String::as_str);
        let values: Vec<Value> = values(settings)
            .into_iter()
            .map(|(key, value)| json!({"origin": origin(&key), "key": key, "value": value}))
            .collect();
        let held = session.shelf.quarantine.get(SETTINGS);
        let rejected = held.map_or(&[][..], |held| &held.findings);
        let notices = session.shelf.notices.get(SETTINGS);
        let notices = notices.map_or(&[][..], Vec::as_slice);
        let told = |findings: &[_]| findings.iter().map(summary::of_finding).collect::<Vec<_>>();
        let restart: &[&str] = if session.source.awaits_restart {
            &["executor"]
        } else {
            &[]
        };
        Ok(json!({"settings": {
            "effective": effective(settings),
            "values": values,
            "findings": told(notices),
            "rejected": told(rejected),
            "restart": restart,
        }})
        .to_line())
    }
}
