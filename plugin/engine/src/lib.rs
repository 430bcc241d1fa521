//! One call through AOF: take in what changed, decide, commit, hand out effects.
//!
//! [`Engine`] is what the component exports, over any [`aof_store::port::Store`]. Invariant:
//! nothing is handed out that is not committed, and a call that is refused has changed nothing.

mod access;
mod alert;
mod batches;
mod cascade;
mod change;
mod chart;
mod count;
mod engine;
mod explain;
mod flow;
mod hold;
mod hook;
mod json;
mod notice;
mod opening;
mod outcome;
mod poll;
mod project;
mod prompt;
mod reach;
mod refresh;
mod scope;
mod session;
mod settings;
mod subscribe;
mod summary;
mod tool;
mod view;
mod work;

pub use aof_core::usage::Usage;
pub use engine::Engine;
pub use hook::{Ending, SessionEnd, Settlement, Start};
pub use opening::{AdoptedRun, Config, Opened, QuarantinedFile};
pub use outcome::Outcome;
pub use poll::PollMode;
pub use tool::{Annotations, Definition};
#[cfg(not(target_arch = "wasm32"))]
pub use tool::{Schemas, schemas};
pub use view::{BoardQuery, EventsQuery, OrgLook, OrgQuery};
