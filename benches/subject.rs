//! What is measured: the component in its host, and the same engine without WebAssembly.
//!
//! Time stands still and the dice are counted, so that two subjects that are told the same do the
//! same.

#![expect(
    clippy::expect_used,
    reason = "a bench without its subject has nothing to measure"
)]

use std::sync::OnceLock;

use aof_core::caller::{Caller, Context};
use aof_core::instant::Instant;
use aof_disk::StoreBackend;
use aof_engine::{Config, PollMode};
use aof_host::contract::lifecycle::Config as WitConfig;
use aof_host::contract::scheduler::PollMode as WitPollMode;
use aof_host::contract::tools::Reply;
use aof_host::contract::types::{Caller as WitCaller, Ctx};
use aof_host::image::Image;
use aof_host::instance::{Instance, Limits};
use aof_tests::fixture::MADE_AT_MS;
use aof_tests::native::{self, NativeEngine};

/// The shipped component, compiled once.
///
/// # Panics
/// If it cannot be compiled.
pub fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| Image::embedded(None).expect("the shipped component"))
}

/// The two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The component in its host.
    Component,
    /// The same engine as a part of this program.
    Native,
}

impl Kind {
    /// Both, the one that matters first.
    pub const ALL: [Kind; 2] = [Kind::Component, Kind::Native];

    /// Its name in the results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Component => "component",
            Kind::Native => "native",
        }
    }

    /// Opens a store with it.
    #[must_use]
    pub fn open(self, backend: Box<dyn StoreBackend>) -> Box<dyn Subject> {
        match self {
            Kind::Component => Box::new(Component::open(backend)),
            Kind::Native => Box::new(Native::open(backend)),
        }
    }
}

/// An open orchestrator. Every call panics if it is refused: a bench never measures a refusal.
pub trait Subject {
    /// One tick; returns how many effects came of it.
    fn poll(&mut self) -> usize;
    /// The plan without the tick; returns the length of the report.
    fn dry_run(&mut self) -> usize;
    /// Why a task is where it is; returns the length of the answer.
    fn explain(&mut self, task: &str) -> usize;
    /// Calls a tool as a person; returns the answer.
    fn tool(&mut self, name: &str, arguments: &str) -> String;
    /// Counters and gauges; returns their length.
    fn metrics(&mut self) -> usize;
    /// When there is something to do.
    fn next_due(&mut self) -> Option<u64>;
}

/// Any of the two.
pub type AnySubject = dyn Subject + 'static;

/// The component.
pub struct Component {
    instance: Instance,
    rolls: u64,
}

impl Component {
    /// Opens a store.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[must_use]
    pub fn open(backend: Box<dyn StoreBackend>) -> Self {
        let config = WitConfig {
            read_only: false,
            overrides: None,
            origins: None,
            projects: None,
        };
        let ctx = wit_ctx(0, WitCaller::Host);
        let opened = Instance::open(image(), backend, Limits::default(), &ctx, &config);
        let (instance, _opened) = opened.expect("the component opens the store");
        Self { instance, rolls: 0 }
    }

    /// Bytes of linear memory that it uses.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.instance.memory_bytes()
    }

    fn ctx(&mut self, caller: WitCaller) -> Ctx {
        self.rolls += 1;
        wit_ctx(self.rolls, caller)
    }
}

impl Subject for Component {
    fn poll(&mut self) -> usize {
        let ctx = self.ctx(WitCaller::Host);
        let outcome = self.instance.poll(&ctx, WitPollMode::Act).expect("polls");
        outcome.effects.len()
    }

    fn dry_run(&mut self) -> usize {
        let ctx = self.ctx(WitCaller::Host);
        let outcome = self.instance.poll(&ctx, WitPollMode::DryRun);
        outcome.expect("plans").value.len()
    }

    fn explain(&mut self, task: &str) -> usize {
        let ctx = self.ctx(WitCaller::Host);
        self.instance.explain(&ctx, task).expect("explains").len()
    }

    fn tool(&mut self, name: &str, arguments: &str) -> String {
        let ctx = self.ctx(WitCaller::Human(PERSON.to_owned()));
        let reply = self.instance.call_tool(&ctx, name, arguments);
        match reply.expect("the tool answers") {
            Reply::Done(outcome) => outcome.value,
            Reply::Pending(pending) => pending.token,
        }
    }

    fn metrics(&mut self) -> usize {
        let ctx = self.ctx(WitCaller::Host);
        self.instance.metrics(&ctx).expect("counts").len()
    }

    fn next_due(&mut self) -> Option<u64> {
        self.instance.next_due().expect("answers")
    }
}

/// The engine without WebAssembly.
pub struct Native {
    engine: NativeEngine,
    rolls: u64,
}

impl Native {
    /// Opens a store.
    ///
    /// # Panics
    /// If it cannot be opened.
    #[must_use]
    pub fn open(backend: Box<dyn StoreBackend>) -> Self {
        let mut engine = native::engine(backend);
        let _opened = engine
            .open(&native_ctx(0, Caller::Host), &Config::default())
            .expect("the engine opens the store");
        Self { engine, rolls: 0 }
    }

    fn ctx(&mut self, caller: Caller) -> Context {
        self.rolls += 1;
        native_ctx(self.rolls, caller)
    }
}

impl Subject for Native {
    fn poll(&mut self) -> usize {
        let ctx = self.ctx(Caller::Host);
        let outcome = self.engine.poll(&ctx, PollMode::Act).expect("polls");
        outcome.effects.len()
    }

    fn dry_run(&mut self) -> usize {
        let ctx = self.ctx(Caller::Host);
        let outcome = self.engine.poll(&ctx, PollMode::DryRun);
        outcome.expect("plans").value.len()
    }

    fn explain(&mut self, task: &str) -> usize {
        let ctx = self.ctx(Caller::Host);
        self.engine.explain(&ctx, task).expect("explains").len()
    }

    fn tool(&mut self, name: &str, arguments: &str) -> String {
        let ctx = self.ctx(Caller::Human(PERSON.to_owned()));
        let outcome = self.engine.call(&ctx, name, arguments);
        outcome.expect("the tool answers").value
    }

    fn metrics(&mut self) -> usize {
        self.engine.metrics().expect("counts").len()
    }

    fn next_due(&mut self) -> Option<u64> {
        self.engine.next_due().map(Instant::ms)
    }
}

const PERSON: &str = "ann";

fn entropy(rolls: u64) -> (u64, u64) {
    let roll = rolls.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (roll, !roll)
}

fn wit_ctx(rolls: u64, caller: WitCaller) -> Ctx {
    Ctx {
        now: MADE_AT_MS,
        entropy: entropy(rolls),
        caller,
    }
}

fn native_ctx(rolls: u64, caller: Caller) -> Context {
    Context {
        now: Instant::from_ms(MADE_AT_MS),
        entropy: entropy(rolls),
        caller,
    }
}
