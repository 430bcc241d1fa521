//! Working in this process: the gateway, its socket, and the loop around it.
//!
//! Shared by `run`, `demo` and `daemon`. Invariant: when it ends, whoever still works goes on by
//! itself and is found again by the next one.

mod outputs;
mod pressure;
mod shift;
mod stop;

pub use outputs::{Output, list as list_outputs};
pub use pressure::Pressure;
pub use shift::{Shift, Worked};
pub use stop::{after, on_signals};
