//! What an acting call returns.

use aof_core::effect::Effect;
use aof_store::event_log::Event;

/// The answer, what the host should do, and what happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// A JSON object under a noun.
    pub value: String,
    /// To be executed by the host, in order.
    pub effects: Vec<Effect>,
    /// Already in the event log.
    pub events: Vec<Event>,
}
