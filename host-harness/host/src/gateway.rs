//! The gateway: one component instance, one executor, one clock, used by one thread at a time.
//!
//! It carries data between them and decides nothing about tasks.
//! Invariant: an effect that was handed out is settled, or comes back at the next opening.

mod caller;
mod component;
mod effect;
mod error;
mod observer;
mod open;
mod options;
mod pump;
mod stage;
mod start;
mod view;

pub(crate) use caller::identify;
pub use caller::{AncestryError, from_own_ancestry};
pub use component::Component;
pub use error::{Fault, GatewayError};
pub use observer::{Observer, Silent};
pub use open::Parts;
pub use options::{GatewayOptions, OpenReport, Place};
pub use pump::Pumped;
pub use stage::{Gateway, LiveRun, PollReport, Stance};

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
