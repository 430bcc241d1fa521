//! One simulated host: a process with a gateway over the simulated disk.
//!
//! It decides nothing. Invariant: what a dead process saw or did no longer counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aof_disk::{LocalStore, System};
use aof_host::clock::{Clock, SeededEntropy};
use aof_host::contract::lifecycle::Config;
use aof_host::contract::types::{Caller, Ctx, Event, NotifyEffect};
use aof_host::executor::Executor;
use aof_host::gateway::{Component, Gateway, GatewayError, Observer, Parts, Stance};
use aof_host::image::Image;
use aof_host::instance::{Instance, Limits};

use super::lookout::{Lookout, Moment, Plans};
use super::people::{Act, SharedLedger};
use crate::agent::{Crowd, SimExecutor};
use crate::defect::Defect;
use crate::machine::{Machine, Process};
use crate::native::NativeComponent;

/// How the orchestrator is run.
#[derive(Clone, Default)]
pub enum Engine {
    /// As a part of this program.
    #[default]
    Native,
    /// As the component that is shipped.
    Component(Image),
    /// As a part of this program, with a mistake in it.
    Flawed(Defect),
}

/// Events that were reported and not yet taken up.
pub(super) type Reported = Arc<Mutex<Vec<Event>>>;

/// A host, running or not.
pub(super) struct Host {
    pub(super) pid: u32,
    pub(super) gateway: Option<Gateway>,
    /// Its last call went well.
    pub(super) is_well: bool,
    /// Another one has opened the store since.
    pub(super) is_superseded: bool,
    pub(super) reported: Reported,
    /// What people mean to do while it works.
    pub(super) plans: Plans,
    lives: u64,
}

impl Host {
    pub(super) fn new(number: u32) -> Self {
        Self {
            pid: 100 + number,
            gateway: None,
            is_well: false,
            is_superseded: false,
            reported: Reported::default(),
            plans: Plans::default(),
            lives: 0,
        }
    }

    /// Takes up what was reported.
    pub(super) fn take_reported(&self) -> Vec<Event> {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *reported)
    }

    /// A person means to do something while this host works.
    pub(super) fn plan(&self, moment: Moment, act: Act) {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.push((moment, act));
    }

    /// Nobody means to do anything any more.
    pub(super) fn leave_alone(&self) {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.clear();
    }

    /// Starts the process and opens the store.
    pub(super) fn start(
        &mut self,
        machine: &Machine,
        crowd: &Crowd,
        (seed, engine, ledger): (u64, &Engine, &SharedLedger),
    ) -> Result<(), GatewayError> {
        self.lives += 1;
        let process = machine.process(self.pid);
        let clock = Arc::new(Wall(process.clone()));
        let mut entropy = SeededEntropy::new(seed ^ (u64::from(self.pid) << 32) ^ self.lives);
        let ctx = Ctx {
            now: clock.now_ms(),
            entropy: (entropy.draw_u64(), entropy.draw_u64()),
            caller: Caller::Host,
        };
        let config = Config {
            read_only: false,
            overrides: None,
            origins: None,
            projects: None,
        };
        let process = Lookout::new(process, Arc::clone(ledger), Arc::clone(&self.plans));
        let store = |process| Box::new(LocalStore::over(process).sweep_interval(Duration::ZERO));
        let (component, opened): (Box<dyn Component>, _) = match engine {
            Engine::Native => {
                let (component, opened) = NativeComponent::open(store(process), &ctx, &config)?;
                (Box::new(component), opened)
            }
            Engine::Component(image) => {
                let limits = Limits::default();
                let store = store(process);
                let (instance, opened) = Instance::open(image, store, limits, &ctx, &config)?;
                (Box::new(instance), opened)
            }
            Engine::Flawed(defect) => defect.open(process, &ctx, &config)?,
        };
        let (machine, pid) = (machine.clone(), self.pid);
        let pulse = Arc::new(move || machine.is_alive(pid));
        let observer = Witness {
            reported: Arc::clone(&self.reported),
            pulse: pulse.clone(),
        };
        let executor = SimExecutor::new(crowd.clone(), clock.clone(), pulse);
        let executor: Box<dyn Executor> = match engine {
            Engine::Flawed(defect) => defect.executor(executor),
            Engine::Native | Engine::Component(_) => Box::new(executor),
        };
        let parts = Parts {
            clock,
            entropy: Box::new(entropy),
            observer: Box::new(observer),
            executor,
            stance: Stance::Acts,
        };
        let (gateway, _) = Gateway::assemble(component, opened, parts)?;
        self.gateway = Some(gateway);
        Ok(())
    }
}

/// The wall clock of a process.
struct Wall(Process);

impl Clock for Wall {
    fn now_ms(&self) -> u64 {
        self.0.now_ns() / 1_000_000
    }
}

/// Notes what a living host reports.
struct Witness {
    reported: Reported,
    pulse: crate::agent::Pulse,
}

impl Observer for Witness {
    fn event(&mut self, event: &Event) {
        if (self.pulse)() {
            let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
            reported.push(event.clone());
        }
    }

    fn notice(&mut self, _notice: &NotifyEffect) {}
}
