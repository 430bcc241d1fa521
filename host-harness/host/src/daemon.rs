//! The daemon: one gateway behind a Unix socket.
//!
//! It never trusts a request about who calls, and never lets a connection touch the gateway.
//! Invariant: one thread owns the gateway; connections only pass messages to it.

mod client;
mod connection;
mod dispatch;
mod hold;
mod options;
mod protocol;
mod remaining;
mod serve;
mod socket;
mod standby;

pub use client::{Client, ClientError};
pub use connection::CONNECTIONS_MAX;
pub use hold::HOLD_MS_MAX;
pub use options::{Attention, DaemonError, Finish, ServeOptions, ServeReport, Until};
pub use protocol::{Answer, PROTOCOL_VERSION, REQUEST_BYTES_MAX, Request};
pub use serve::serve;
pub use socket::{PATH_BYTES_MAX, SocketError};
pub use standby::{Holder, Waited, holder, wait};

#[cfg(test)]
mod tests;
