//! What people look at. Nothing here changes anything.

mod audit;
mod board;
mod events;
pub(crate) mod flow;
mod mailbox;
mod metrics;
mod notifications;
mod org;
mod settings;
mod task;
mod usage;

pub(crate) use audit::Audit;
pub use board::BoardQuery;
pub use events::EventsQuery;
pub use org::{OrgLook, OrgQuery};
pub(crate) use org::{Seen, drift_document};
pub(crate) use usage::of_sum;
