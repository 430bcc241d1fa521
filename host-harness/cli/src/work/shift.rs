//! One shift: from opening the data directory to closing it again.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aof_disk::Durability;
use aof_host::contract::views::BoardQuery;
use aof_host::daemon::{self, Attention, Client, ServeOptions, ServeReport, Until, Waited};
use aof_host::gateway::{Gateway, GatewayOptions, OpenReport};
use aof_host::image::Image;
use aof_host::watch::DirtySet;
use serde_json::Value;

use crate::access::{load_image, of_gateway, patiently};
use crate::console::Console;
use crate::exit::Failure;
use crate::live::{Scene, Watcher};
use crate::place::DataDir;
use crate::shape::read;

/// Cards per status whose titles the live view knows from the start.
const TITLES_MAX: u32 = 1_000;

/// Somebody else took the directory between the look and the opening.
const HELD: [&str; 2] = ["AOF-3600", "AOF-4001"];
const RACE_PAUSE: Duration = Duration::from_millis(50);

type Opening = (Gateway, OpenReport);

/// How to work.
pub struct Shift {
    /// Where.
    pub data: DataDir,
    /// How long.
    pub until: Until,
    /// How hard commits are pressed to disk.
    pub durability: Durability,
    /// Shared between the store and what watches it.
    pub dirty: DirtySet,
    /// Set to end.
    pub stop: Arc<AtomicBool>,
}

/// What came of it.
pub struct Worked {
    /// What happened.
    pub report: ServeReport,
    /// The board at the end, `{"board": …}`.
    pub board: Value,
}

impl Shift {
    /// A shift with full durability.
    pub fn new(data: DataDir, until: Until, stop: Arc<AtomicBool>) -> Self {
        Shift {
            data,
            until,
            durability: Durability::Full,
            dirty: DirtySet::default(),
            stop,
        }
    }

    /// Works, and shows what happens live.
    ///
    /// # Errors
    /// Another process works here, or the gateway fails for good.
    pub fn work(self, console: Console, cards_max: u32) -> Result<Worked, Failure> {
        let mut gateway = self.open()?;
        let board = board(&mut gateway, TITLES_MAX)?;
        let scene = Scene::new(&read(&board, "board"), console.is_watched());
        gateway.observe(Box::new(Watcher(Arc::clone(&scene))));
        let teller = Arc::clone(&scene);
        let mut options = self.serve_options();
        options.on_fault = Box::new(move |fault| {
            teller
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fault(fault);
        });
        let served = daemon::serve(&mut gateway, options);
        scene
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .finish();
        let report = served.map_err(|error| Failure::of(error.fault()))?;
        let board = board_at_end(gateway, cards_max)?;
        Ok(Worked { report, board })
    }

    /// Opens the data directory for working.
    ///
    /// # Errors
    /// Another process works here, or it cannot be opened.
    pub fn open(&self) -> Result<Gateway, Failure> {
        let image = load_image()?;
        patiently(|| self.attempt(&image)).map(|opening| self.begin(opening))
    }

    /// Opens it as soon as nobody else holds it; none if it was told to stop before.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open_after_others(&self) -> Result<Option<Gateway>, Failure> {
        // Compiled while there is time: the takeover itself must be quick.
        let image = load_image()?;
        let root = self.data.root();
        loop {
            let waited = daemon::wait(root, &self.stop, |holder| {
                tracing::info!("standing by for {}: {holder} works there", root.display());
            });
            if waited == Waited::Stopped {
                return Ok(None);
            }
            match self.attempt(&image) {
                Err(failure) if is_held(&failure) => std::thread::sleep(RACE_PAUSE),
                opened => return opened.map(|opening| Some(self.begin(opening))),
            }
        }
    }

    fn attempt(&self, image: &Image) -> Result<Opening, Failure> {
        self.refuse_second_worker()?;
        let mut options = GatewayOptions::at(self.data.root());
        options.socket = Some(self.data.socket());
        options.durability = self.durability;
        options.dirty = self.dirty.clone();
        self.data.layer().apply(&mut options);
        Gateway::open(image, options).map_err(of_gateway)
    }

    /// Says what opening found.
    fn begin(&self, (gateway, report): Opening) -> Gateway {
        if let Some(warning) = self.durability.warning() {
            tracing::warn!("{warning}");
        }
        tracing::info!(epoch = report.epoch, root = %self.data.root().display(), "opened");
        for line in &report.repaired {
            tracing::info!("repaired: {line}");
        }
        for file in &report.quarantined {
            tracing::warn!(
                path = file.path,
                code = file.error.code,
                "{}",
                file.error.message
            );
        }
        if !report.adopted_alive.is_empty() || !report.adopted_ended.is_empty() {
            let (alive, ended) = (report.adopted_alive.len(), report.adopted_ended.len());
            tracing::info!(alive, ended, "took over the runs of an earlier process");
        }
        gateway
    }

    /// How to serve.
    pub fn serve_options(&self) -> ServeOptions {
        let mut options = ServeOptions::new(Some(self.data.socket()), self.until);
        options.stop = Arc::clone(&self.stop);
        options.durability = self.durability;
        options.attention = Some(Attention {
            root: self.data.root().to_owned(),
            dirty: self.dirty.clone(),
        });
        options
    }

    /// A daemon that answers says more about itself than the lock does.
    fn refuse_second_worker(&self) -> Result<(), Failure> {
        match Client::connect(&self.data.socket()) {
            Ok(Some(_)) => {
                let holder = daemon::holder(self.data.root());
                let holder = holder.map_or_else(String::new, |holder| format!(" ({holder})"));
                let root = self.data.root().display();
                Err(Failure::conflict(
                    "AOF-3600",
                    format!("another `aof daemon` or `aof run` already works on {root}{holder}"),
                    "watch it with `aof board` and `aof events`, stop it first, or wait for its \
                     end with `aof daemon --standby`",
                ))
            }
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "the socket cannot be used; the lock decides");
                Ok(())
            }
        }
    }
}

fn is_held(failure: &Failure) -> bool {
    HELD.contains(&failure.fault().code.as_str())
}

fn board(gateway: &mut Gateway, limit: u32) -> Result<Value, Failure> {
    gateway
        .board(&BoardQuery {
            project: None,
            limit,
        })
        .map_err(of_gateway)
}

fn board_at_end(mut gateway: Gateway, cards_max: u32) -> Result<Value, Failure> {
    let board = board(&mut gateway, cards_max);
    let closed = gateway.close().map_err(of_gateway);
    let board = board?;
    closed.map(|()| board)
}
