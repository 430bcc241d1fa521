//! What people look at. Nothing here changes anything.

mod board;
mod events;
mod mailbox;
mod metrics;
mod task;

pub use board::BoardQuery;
pub use events::EventsQuery;
