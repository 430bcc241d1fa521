//! Connections: one thread accepts, one thread per connection reads and writes lines.
//!
//! No connection touches the gateway; each passes one request at a time to the loop that owns it.
//! Invariant: who is at the other end is asked of the operating system before the first line.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;

use crate::gateway::Fault;

use super::protocol::{Answer, Arrival, Request, arrival};
use super::socket::Socket;

/// Connections at the same time.
pub const CONNECTIONS_MAX: usize = 64;
const IDLE_MAX: Duration = Duration::from_secs(300);
const WRITE_MAX: Duration = Duration::from_secs(10);

/// What reaches the loop that owns the gateway.
pub enum Message {
    /// Somebody asks.
    Ask(Ask),
    /// The executor has news.
    News,
    /// Somebody touched a file; the dirty set knows which.
    Touched,
}

/// A request on its way to the gateway.
pub struct Ask {
    /// The process that asks.
    pub pid: u32,
    /// What it asks.
    pub request: Request,
    /// Where the answer goes.
    pub reply: Sender<Result<serde_json::Value, Box<Fault>>>,
}

type Streams = Arc<Mutex<BTreeMap<u64, UnixStream>>>;

/// The connections of a daemon.
pub struct Reception {
    socket: Socket,
    streams: Streams,
    closing: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Reception {
    /// Begins to accept.
    ///
    /// # Errors
    /// No more file descriptors or threads.
    pub fn open(socket: Socket, inbox: Sender<Message>) -> std::io::Result<Self> {
        let listener = socket.listener()?;
        let streams = Streams::default();
        let closing = Arc::new(AtomicBool::new(false));
        let (shared, flag) = (Arc::clone(&streams), Arc::clone(&closing));
        let accept = move || accept(&listener, &inbox, &shared, &flag);
        let acceptor = std::thread::Builder::new()
            .name("aof-accept".to_owned())
            .spawn(accept)?;
        Ok(Self {
            socket,
            streams,
            closing,
            acceptor: Some(acceptor),
        })
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which sees the flag.
        let woken = self.socket.shut();
        let acceptor = self.acceptor.take().filter(|_| woken.is_ok());
        if acceptor.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the accepting thread broke");
        }
        for stream in locked(&self.streams).values() {
            if let Err(error) = stream.shutdown(std::net::Shutdown::Read) {
                tracing::debug!(%error, "a connection was gone already");
            }
        }
    }
}

fn locked(streams: &Streams) -> std::sync::MutexGuard<'_, BTreeMap<u64, UnixStream>> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &UnixListener, inbox: &Sender<Message>, streams: &Streams, flag: &AtomicBool) {
    for number in 0.. {
        let accepted = listener.accept();
        if flag.load(Ordering::SeqCst) {
            return;
        }
        match accepted {
            Ok((stream, _)) => receive(number, stream, inbox, streams),
            Err(error) => {
                // Out of descriptors, most likely: others must end first.
                tracing::warn!(%error, "cannot accept");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn receive(number: u64, stream: UnixStream, inbox: &Sender<Message>, streams: &Streams) {
    let twin = {
        let mut open = locked(streams);
        if open.len() >= CONNECTIONS_MAX {
            return turn_away(stream, &crowded());
        }
        let Ok(twin) = stream.try_clone() else {
            return turn_away(stream, &crowded());
        };
        open.insert(number, stream);
        twin
    };
    let (inbox, shared) = (inbox.clone(), Arc::clone(streams));
    let body = move || {
        if let Err(error) = converse(twin, &inbox) {
            tracing::debug!(%error, "a connection ended early");
        }
        locked(&shared).remove(&number);
    };
    let spawned = std::thread::Builder::new()
        .name("aof-connection".to_owned())
        .spawn(body);
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for a connection");
        locked(streams).remove(&number);
    }
}

fn turn_away(mut stream: UnixStream, fault: &Fault) {
    let answer = Answer::to(None, Err(Box::new(fault.clone())));
    if let Err(error) = stream.write_all(&answer.line()) {
        tracing::debug!(%error, "could not turn a connection away politely");
    }
}

fn converse(stream: UnixStream, inbox: &Sender<Message>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(IDLE_MAX))?;
    stream.set_write_timeout(Some(WRITE_MAX))?;
    let peer = socket_peercred(&stream)?;
    if peer.uid != rustix::process::geteuid() {
        turn_away(stream, &stranger(peer.uid.as_raw()));
        return Ok(());
    }
    let pid = u32::try_from(peer.pid.as_raw_nonzero().get()).unwrap_or(0);
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let answer = match arrival(&mut reader)? {
            Arrival::End => return Ok(()),
            Arrival::Wrong(id, fault) => Answer::to(id, Err(Box::new(fault))),
            Arrival::Request(request) => {
                Answer::to(Some(request.id.clone()), asked(pid, request, inbox))
            }
        };
        writer.write_all(&answer.line())?;
    }
}

fn asked(
    pid: u32,
    request: Request,
    inbox: &Sender<Message>,
) -> Result<serde_json::Value, Box<Fault>> {
    let (reply, answered) = channel();
    inbox
        .send(Message::Ask(Ask {
            pid,
            request,
            reply,
        }))
        .map_err(|_| Box::new(stopping()))?;
    answered.recv().map_err(|_| Box::new(stopping()))?
}

fn stopping() -> Fault {
    let hint = "start the daemon again, or repeat the command, which then works without it";
    Fault {
        retryable: true,
        ..Fault::broken("AOF-5306", "the daemon is stopping", hint)
    }
}

fn crowded() -> Fault {
    let message = format!("{CONNECTIONS_MAX} connections are open already");
    Fault {
        retryable: true,
        ..Fault::broken("AOF-5305", message, "try again in a moment")
    }
}

fn stranger(uid: u32) -> Fault {
    let message = format!("user {uid} does not own this daemon");
    Fault::refused(
        "AOF-2904",
        message,
        "run the command as the user who runs the daemon",
    )
}
