//! Executors: what turns the effect "start this agent" into a session that runs.
//!
//! An executor never decides about tasks; it starts, watches, ends and reports.
//! Invariant: one run has at most one session, however often its start is asked for.

mod build;
mod command;
mod descent;
mod output;
mod port;
mod process;
mod program;
mod record;
mod settings;
mod simulated;
mod supervisor;
mod template;
mod unset;
mod watch;

pub use build::{BuildError, Surroundings, build, configured_agents};
pub(crate) use command::session_of;
pub use command::{CommandExecutor, SUPERVISE, Supervision};
pub use output::{LOG_BYTES_MAX, TAIL_BYTES_MAX, TAIL_LINES_MAX};
pub use port::{Adoption, Executor, KnownAgent, News, SessionId, StartFailure, Waker};
pub use process::{Process, Stat, lineage};
pub use record::read as read_record;
pub use record::{
    CancelRecord, ExitEnding, ExitRecord, ProcessRecord, RecordError, RunFiles, SCHEMA_VERSION,
    Spec,
};
pub use settings::{
    CommandSettings, ExecutorSettings, Outcome, SettingsError, SimulatedSettings,
    TIMEOUT_MS_DEFAULT,
};
pub use simulated::{Script, SimulatedExecutor, Step};
pub use supervisor::supervise;
pub use template::UnknownPlaceholder;
pub use unset::Unset;
