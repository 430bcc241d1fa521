//! `aof task`: one file for each verb.

mod answer;
mod block;
mod cancel;
mod complete;
mod create;
pub mod decide;
mod dep;
mod edit;
mod heartbeat;
mod list;
mod log;
mod promote;
mod resurrect;
mod show;
mod subscribe;
mod sure;
mod text;
mod unblock;
mod unsubscribe;
mod update;
mod verb;

pub use create::workflow_of;
pub use verb::{Command, run};
