//! The way to the component: through the daemon that runs, else by opening the data directory.
//!
//! It never decides who calls: the daemon and the host look at processes. Invariant: a command is
//! carried out at most once, whichever way it takes.

use std::time::{Duration, Instant};

use aof_disk::MemoryDisk;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::Caller;
use aof_host::daemon::{Client, ClientError};
use aof_host::gateway::{Fault, Gateway, GatewayError, GatewayOptions, Place, from_own_ancestry};
use aof_host::image::{Image, default_cache_dir};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::layer::Layer;
use crate::place::DataDir;

mod patience;
mod view;

pub use view::{OrgWord, View};

/// How long another short command is waited for.
const BUSY_PATIENCE: Duration = Duration::from_secs(5);
const BUSY_PAUSE: Duration = Duration::from_millis(40);
/// Another process holds the writer's lock.
const BUSY: &str = "AOF-4001";
/// Whoever only looks, when it cannot be told who that is.
const ONLOOKER: &str = "onlooker";

/// What a command wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Only look.
    Look,
    /// Change something.
    Act,
}

/// A way to the component.
pub struct Access {
    way: Way,
    run: Option<String>,
}

enum Way {
    Daemon(Client),
    Direct(Box<Direct>),
}

struct Direct {
    gateway: Gateway,
    caller: Caller,
}

impl Access {
    /// Finds the daemon, else opens the directory; waits a while if another command holds it.
    ///
    /// # Errors
    /// Nobody could be reached; `conflict` if another process kept the directory for itself.
    pub fn open(data: &DataDir, need: Need) -> Result<Self, Failure> {
        let run = std::env::var("AOF_RUN_ID")
            .ok()
            .filter(|run| !run.is_empty());
        let mut image = None;
        patiently(|| {
            if let Some(client) = connect(data)? {
                data.layer().suits_daemon()?;
                return Ok(Way::Daemon(client));
            }
            let image = match &image {
                Some(image) => image,
                None => image.insert(load_image()?),
            };
            Direct::open(image, data, need).map(|direct| Way::Direct(Box::new(direct)))
        })
        .map(|way| Access { way, run })
    }

    /// Opens the directory for looking only, whoever works there: what is on disk is what is seen.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn aside(data: &DataDir) -> Result<Self, Failure> {
        let direct = Direct::open(&load_image()?, data, Need::Look)?;
        let way = Way::Direct(Box::new(direct));
        Ok(Access { way, run: None })
    }

    /// Opens an empty store in memory, for looking at what is brought along.
    ///
    /// # Errors
    /// The component cannot be loaded, or the layer makes no sense.
    pub fn nowhere(layer: &Layer) -> Result<Self, Failure> {
        let backend = Box::new(MemoryDisk::new().store());
        let place = Place::Backend {
            backend,
            root: None,
        };
        let mut options = GatewayOptions::new(place);
        options.read_only = true;
        layer.apply(&mut options);
        let (gateway, _) = Gateway::open(&load_image()?, options).map_err(of_gateway)?;
        let caller = Caller::Human(ONLOOKER.to_owned());
        let way = Way::Direct(Box::new(Direct { gateway, caller }));
        Ok(Access { way, run: None })
    }

    /// Claims no run from now on: who only looks at how a run ended may not be its agent any more.
    pub fn claim_nothing(&mut self) {
        self.run = None;
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// What the component or the daemon answered.
    pub fn tool(&mut self, name: &str, arguments: &Value) -> Result<Value, Failure> {
        match &mut self.way {
            Way::Daemon(client) => {
                let params = json!({ "name": name, "arguments": arguments });
                client
                    .request("tool", params, self.run.as_deref())
                    .map_err(of_client)
            }
            Way::Direct(direct) => {
                let caller = direct.caller.clone();
                direct
                    .gateway
                    .tool(caller, name, &arguments.to_string())
                    .map_err(of_gateway)
            }
        }
    }

    /// Plans once; a dry run only says what it would do.
    ///
    /// # Errors
    /// What the component or the daemon answered.
    pub fn poll(&mut self, is_dry_run: bool) -> Result<Value, Failure> {
        match &mut self.way {
            Way::Daemon(client) => {
                let params = json!({ "dryRun": is_dry_run });
                client
                    .request("poll", params, self.run.as_deref())
                    .map_err(of_client)
            }
            Way::Direct(direct) => {
                if matches!(direct.caller, Caller::Agent(_)) && !is_dry_run {
                    return Err(people_only());
                }
                let mode = if is_dry_run {
                    PollMode::DryRun
                } else {
                    PollMode::Act
                };
                direct
                    .gateway
                    .poll(mode)
                    .map(|report| report.value)
                    .map_err(of_gateway)
            }
        }
    }

    /// Asks why a task stands where it stands.
    ///
    /// # Errors
    /// What the component or the daemon answered.
    pub fn explain(&mut self, task: &str) -> Result<Value, Failure> {
        match &mut self.way {
            Way::Daemon(client) => {
                let params = json!({ "task": task });
                client
                    .request("explain", params, self.run.as_deref())
                    .map_err(of_client)
            }
            Way::Direct(direct) => direct.gateway.explain(task).map_err(of_gateway),
        }
    }

    /// Looks at something.
    ///
    /// # Errors
    /// What the component or the daemon answered.
    pub fn view(&mut self, view: &View) -> Result<Value, Failure> {
        match &mut self.way {
            Way::Daemon(client) => client
                .request("view", view.params(), self.run.as_deref())
                .map_err(of_client),
            Way::Direct(direct) => view.ask(&mut direct.gateway).map_err(of_gateway),
        }
    }

    /// The daemon's account of itself; none if there is no daemon.
    ///
    /// # Errors
    /// What the daemon answered.
    pub fn daemon(&mut self) -> Result<Option<Value>, Failure> {
        match &mut self.way {
            Way::Daemon(client) => {
                let answer = client.request("status", json!({}), self.run.as_deref());
                answer.map(Some).map_err(of_client)
            }
            Way::Direct(_) => Ok(None),
        }
    }

    /// Lists the tools.
    ///
    /// # Errors
    /// What the component or the daemon answered.
    pub fn tools(&mut self) -> Result<Value, Failure> {
        match &mut self.way {
            Way::Daemon(client) => client
                .request("tools", json!({}), self.run.as_deref())
                .map_err(of_client),
            Way::Direct(direct) => {
                let tools = direct.gateway.tools().map_err(of_gateway)?;
                Ok(view::tools_document(&tools))
            }
        }
    }

    /// Gives the directory back.
    ///
    /// # Errors
    /// The component could not close.
    pub fn close(self) -> Result<(), Failure> {
        match self.way {
            Way::Daemon(_) => Ok(()),
            Way::Direct(direct) => direct.gateway.close().map_err(of_gateway),
        }
    }
}

impl Direct {
    fn open(image: &Image, data: &DataDir, need: Need) -> Result<Self, Failure> {
        let caller = match from_own_ancestry(data.root()) {
            Ok(caller) => caller,
            Err(error) if need == Need::Act => return Err(of_fault(error.fault())),
            Err(_) => Caller::Human(ONLOOKER.to_owned()),
        };
        let mut options = GatewayOptions::at(data.root());
        options.read_only = need == Need::Look;
        data.layer().apply(&mut options);
        options.socket = Some(data.socket());
        let (gateway, report) = Gateway::open(image, options).map_err(of_gateway)?;
        for line in &report.repaired {
            tracing::info!("{line}");
        }
        Ok(Direct { gateway, caller })
    }
}

/// Connects to the daemon; none if there is none.
///
/// # Errors
/// Its socket cannot be used.
pub fn connect(data: &DataDir) -> Result<Option<Client>, Failure> {
    let socket = data.socket();
    let connected = match data.answer_within() {
        Some(within) => Client::connect_patiently(&socket, within),
        None => Client::connect(&socket),
    };
    connected.map_err(of_client)
}

/// Tries again for a while if another short command holds the directory.
///
/// # Errors
/// The last attempt's.
pub fn patiently<T>(mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    let give_up = Instant::now() + BUSY_PATIENCE;
    loop {
        match attempt() {
            Err(failure) if failure.fault().code == BUSY && Instant::now() < give_up => {
                std::thread::sleep(BUSY_PAUSE);
            }
            result => return result,
        }
    }
}

/// Loads the component that this program carries.
///
/// # Errors
/// It cannot be compiled or loaded here.
pub fn load_image() -> Result<Image, Failure> {
    let cache = default_cache_dir();
    patience::explained(|| Image::embedded(cache.as_deref())).map_err(|error| {
        let hint = match error.code() {
            "AOF-5005" => "this machine, or a limit on it, does not let WebAssembly run",
            _ => "the component in this program does not fit it; build `aof` again",
        };
        Failure::broken(error.code(), error.to_string(), hint)
    })
}

/// An error of the gateway, ready to be shown.
pub fn of_gateway(error: GatewayError) -> Failure {
    of_fault(error.fault())
}

fn of_fault(fault: Fault) -> Failure {
    Failure::of(fault)
}

/// An error of the connection to the daemon, ready to be shown.
pub fn of_client(error: ClientError) -> Failure {
    of_fault(error.fault())
}

/// The daemon says the same.
fn people_only() -> Failure {
    let hint = "finish your task with the task tools; the rest follows";
    Failure::refused("AOF-2905", "`poll` is for people, not for agents", hint)
}
