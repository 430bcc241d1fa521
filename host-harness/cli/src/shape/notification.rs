//! What the component says of notification rules.

use serde::Deserialize;

/// What the rules would make of events.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Trials {
    /// How many rules there are.
    pub rules: u64,
    /// Each event.
    pub events: Vec<Trial>,
}

/// What a rule would make of an event.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Trial {
    /// The type of the event.
    pub r#type: String,
    /// `told`, `held`, `repeated` or `nobody`.
    pub outcome: String,
    /// Which rule, from 1.
    pub rule: u64,
    /// The types that it is for.
    pub r#match: String,
    /// How loud.
    pub severity: String,
    /// Where.
    pub channel: String,
    /// Whom it is for.
    pub audience: String,
    /// The text.
    pub message: String,
}
