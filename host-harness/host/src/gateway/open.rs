//! Opening: from options to a gateway that has taken over whatever an earlier host left behind.
//!
//! Invariant: when it returns, every run of an earlier host is either watched or reported as ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::clock::{Clock, Entropy};
use crate::contract::lifecycle::{Config, Opened};
use crate::contract::types::{Caller, Ctx};
use crate::executor::{self, BuildError, Executor, Surroundings, Unset};
use crate::image::Image;
use crate::instance::{CallError, Instance};
use crate::watch::DirtySet;
use aof_disk::{Durability, LocalStore, StoreBackend};

use super::caller::is_within_run;
use super::component::Component;
use super::error::GatewayError;
use super::observer::Observer;
use super::options::{GatewayOptions, OpenReport, Place};
use super::stage::{Gateway, Stance, Tally, json};

/// Another process holds the store.
const BUSY: &str = "AOF-4001";
const BUSY_PAUSE: Duration = Duration::from_millis(25);

/// What a gateway is made of besides the component.
pub struct Parts {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bits come from.
    pub entropy: Box<dyn Entropy>,
    /// Sees every event.
    pub observer: Box<dyn Observer>,
    /// Runs agents.
    pub executor: Box<dyn Executor>,
    /// What it does about effects.
    pub stance: Stance,
}

impl Gateway {
    /// Opens a store: recovers, takes over runs that live, tells of those that ended, and executes
    /// again what was never settled.
    ///
    /// # Errors
    /// The store cannot be opened, or the executor's settings are wrong.
    pub fn open(
        image: &Image,
        options: GatewayOptions,
    ) -> Result<(Self, OpenReport), GatewayError> {
        let busy_until = Instant::now() + Duration::from_millis(options.patience_ms);
        let (clock, mut entropy) = (options.clock, options.entropy);
        let config = Config {
            read_only: options.read_only,
            overrides: options.overrides,
            origins: options.origins,
            projects: options.projects,
        };
        let (limits, habits) = (options.limits, (options.durability, options.dirty));
        let mut place = Some(options.place);
        let (instance, opened, root) = loop {
            let (backend, root) = backend(&mut place, &habits)?;
            let ctx = Ctx {
                now: clock.now_ms(),
                entropy: entropy.draw(),
                caller: Caller::Host,
            };
            match Instance::open(image, backend, limits.clone(), &ctx, &config) {
                Ok((instance, opened)) => break (instance, opened, root),
                Err(error) if is_busy(&error) && place.is_some() && Instant::now() < busy_until => {
                    std::thread::sleep(BUSY_PAUSE);
                }
                Err(error) => return Err(error.into()),
            }
        };
        let settings = json("lifecycle.open", &opened.settings)?;
        let stance = stance(options.read_only, root.as_deref());
        let executor = match options.executor {
            Some(given) => given,
            None if stance != Stance::Acts => bystander(stance, &settings),
            None => {
                let section = settings.get("executor").unwrap_or(&Value::Null);
                let (socket, supervision) = (options.socket, options.supervision);
                let clock = Arc::clone(&clock);
                let around = Surroundings {
                    root,
                    socket,
                    supervision,
                    clock,
                };
                executor::build(section, around)?
            }
        };
        let observer = options.observer;
        let parts = Parts {
            clock,
            entropy,
            observer,
            executor,
            stance,
        };
        Ok(Self::over(Box::new(instance), opened, settings, parts))
    }

    /// Puts a gateway together over a component that has just been opened, whatever that is: the
    /// way in for simulations and other hosts.
    ///
    /// # Errors
    /// The component's settings are not JSON.
    pub fn assemble(
        component: Box<dyn Component>,
        opened: Opened,
        parts: Parts,
    ) -> Result<(Self, OpenReport), GatewayError> {
        let settings = json("lifecycle.open", &opened.settings)?;
        Ok(Self::over(component, opened, settings, parts))
    }

    /// Puts a gateway together and takes over what an earlier host left behind.
    pub(super) fn over(
        instance: Box<dyn Component>,
        opened: Opened,
        settings: Value,
        parts: Parts,
    ) -> (Self, OpenReport) {
        let Parts {
            clock,
            entropy,
            observer,
            executor,
            stance,
        } = parts;
        let mut gateway = Self {
            instance,
            executor,
            clock,
            entropy,
            observer,
            settings,
            stance,
            adopted: Default::default(),
            effects: Default::default(),
            inbox: Default::default(),
            begun: Default::default(),
            sessions: Default::default(),
            strikes: Default::default(),
            tally: Tally::default(),
            missing: None,
            agents: None,
        };
        let report = gateway.begin(opened);
        (gateway, report)
    }

    fn begin(&mut self, opened: Opened) -> OpenReport {
        let left_behind: Vec<String> = opened.adopted.iter().map(|it| it.run.clone()).collect();
        let mut report = OpenReport {
            epoch: opened.epoch,
            settings: self.settings.clone(),
            repaired: opened.repaired.clone(),
            quarantined: opened.quarantined.clone(),
            events: opened.events.clone(),
            ..OpenReport::default()
        };
        self.take_over(opened);
        if self.stance == Stance::Acts
            && let Err(error) = self.tell_agents()
        {
            tracing::error!(%error, "the component is told later which agents there are");
        }
        let wanted = self.effects.len();
        if let Err(error) = self.drain() {
            tracing::error!(%error, "what an earlier host left behind is taken over later");
        }
        report.effects_repeated = wanted.min(self.tally.effects);
        let alive = |run: &String| self.sessions.contains_key(run);
        let (alive, ended) = left_behind.into_iter().partition(alive);
        report.adopted_alive = alive;
        report.adopted_ended = ended;
        report
    }
}

fn stance(read_only: bool, root: Option<&Path>) -> Stance {
    match root {
        _ if read_only => Stance::Reads,
        Some(root) if is_within_run(root) => Stance::Records,
        _ => Stance::Acts,
    }
}

fn bystander(stance: Stance, settings: &Value) -> Box<dyn Executor> {
    let unset = Unset::because(match stance {
        Stance::Reads => "the store was opened for reading only",
        _ => "an agent cannot start others: their processes would end with its own",
    });
    let section = settings.get("executor").unwrap_or(&Value::Null);
    Box::new(unset.knowing(executor::configured_agents(section)))
}

fn is_busy(error: &CallError) -> bool {
    matches!(error, CallError::Refused(error) if error.code == BUSY)
}

type Habits = (Durability, DirtySet);
type Backing = (Box<dyn StoreBackend>, Option<PathBuf>);

/// Makes the backend; a place that can be used again stays.
fn backend(
    place: &mut Option<Place>,
    (durability, dirty): &Habits,
) -> Result<Backing, GatewayError> {
    match place.take() {
        Some(Place::Backend { backend, root }) => Ok((backend, root)),
        Some(Place::Directory(root)) => {
            let store = LocalStore::new(&root)?
                .durability(*durability)
                .dirty_set(dirty.clone());
            *place = Some(Place::Directory(root.clone()));
            Ok((Box::new(store), Some(root)))
        }
        None => Err(GatewayError::Executor(BuildError::NoRoot)),
    }
}
