//! Live views: who wants to see every event as it happens.
//!
//! An observer only looks; nothing it does reaches the component.
//! Invariant: events arrive in the order in which they were recorded.

use crate::contract::types::{Event, NotifyEffect};

/// Sees every event and every notice.
pub trait Observer: Send {
    /// One event was recorded.
    fn event(&mut self, event: &Event);

    /// The component wants people to know something.
    fn notice(&mut self, notice: &NotifyEffect);
}

/// Sees everything, says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _event: &Event) {}

    fn notice(&mut self, _notice: &NotifyEffect) {}
}
