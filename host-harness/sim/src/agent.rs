//! Agents of a simulated world: their sessions, characters, and the executor that starts them.
//!
//! Never touches the store: an agent acts through tool calls and through the way it ends. Sessions
//! belong to the machine and outlive hosts. Invariant: what a session does follows from the seed,
//! its run and the moment at which it began, whoever looks.

mod character;
mod executor;
mod hop;
mod session;

pub use character::Character;
pub(crate) use hop::plans_are_of_tasks;

pub use executor::{Pulse, SimExecutor};
pub use session::{Crowd, Start};
