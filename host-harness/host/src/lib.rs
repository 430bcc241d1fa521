//! Hosts the orchestrator component: wasmtime embedding, store backends, executors, gateway,
//! daemon.
//!
//! This crate never decides anything about tasks; it provides files, time, dice and processes.

pub mod clock;
pub mod contract;
pub mod daemon;
pub mod executor;
pub mod gateway;
pub mod image;
pub mod instance;
pub mod watch;
