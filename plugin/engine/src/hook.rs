//! Results and news from the host.
//!
//! Invariant: what is reported of a run that holds no lease changes nothing.

mod ended;
mod seen;
mod settled;
mod started;

pub use ended::{Ending, SessionEnd};
pub use settled::Settlement;
pub use started::Start;
pub(crate) use started::unknown;
