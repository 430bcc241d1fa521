//! The domain of AOF: cards, leases, runs, routing, planning, verbs and tools.
//!
//! Everything here is a pure function of its arguments: no files, no YAML, no clock, no dice, no
//! threads. What it returns is plain data for others to carry out.

pub mod books;
pub mod budget;
pub mod caller;
pub mod card;
pub mod classify;
pub mod dependency;
pub mod diagnostic;
pub mod dice;
pub mod effect;
pub mod event;
pub mod gather;
pub mod id;
pub mod index;
pub mod instant;
pub mod json;
pub mod lease;
pub mod metadata;
pub mod notification;
pub mod order;
pub mod org;
pub mod permission;
pub mod plan;
pub mod priority;
pub mod project;
pub mod refusal;
pub mod routing;
pub mod run;
pub mod settings;
pub mod share;
pub mod sla;
pub mod status;
pub mod subscription;
pub mod suggest;
pub mod usage;
pub mod verb;
pub mod work_log;
pub mod workflow;
