//! What people look at. Nothing here changes anything.

mod audit;
mod board;
mod events;
mod mailbox;
mod metrics;
mod settings;
mod task;

pub(crate) use audit::Audit;
pub use board::BoardQuery;
pub use events::EventsQuery;
