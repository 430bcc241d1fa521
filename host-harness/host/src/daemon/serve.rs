//! The loop that owns the gateway.
//!
//! It waits for whichever comes first: a request, news, or something due; it never spins.
//! Invariant: an error of one request or one poll does not end it, losing the store does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::contract::scheduler::PollMode;
use crate::gateway::{Gateway, GatewayError, Stance};

use super::connection::{Ask, Message, Reception};
use super::dispatch::dispatch;
use super::options::{DaemonError, Finish, ServeOptions, ServeReport, Until};
use super::remaining::remaining;
use super::socket::Socket;

/// How long a wish to stop may go unnoticed.
const WAIT_MAX: Duration = Duration::from_millis(250);
/// Polls in a row that only record events before they count as nothing.
const TALK_MAX: u32 = 8;
/// Pause after a poll that did nothing but talk.
const BREATH: Duration = Duration::from_millis(20);
/// Requests answered before news gets its turn.
const BURST_MAX: usize = 64;
/// First pause after a failure; it doubles.
const PAUSE_MIN_MS: u64 = 100;
const PAUSE_MAX_MS: u64 = 5_000;
/// Failures in a row after which a run to the end gives up.
const FAILURES_MAX: u32 = 8;
/// The store belongs to another writer.
const STALE_EPOCH: &str = "AOF-4002";

/// Serves until told to stop, or until nothing is left to do.
///
/// # Errors
/// The socket cannot be made, or the gateway fails for good.
pub fn serve(gateway: &mut Gateway, options: ServeOptions) -> Result<ServeReport, DaemonError> {
    if gateway.stance() != Stance::Acts {
        return Err(DaemonError::Bystander);
    }
    let (sender, inbox) = channel();
    let reception = match &options.socket {
        Some(path) => Some(receive(path, sender.clone())?),
        None => None,
    };
    wake_on_news(gateway, sender);
    let mut service = Service::new(gateway, options, inbox);
    let finish = service.run();
    let Service { inbox, .. } = &service;
    // Whoever still asks is told that the daemon stops: their requests are dropped unanswered.
    while inbox.try_recv().is_ok() {}
    let report = finish.map(|finish| service.report(finish));
    drop(service);
    drop(reception);
    report
}

fn receive(path: &std::path::Path, sender: Sender<Message>) -> Result<Reception, DaemonError> {
    let socket = Socket::make(path)?;
    Reception::open(socket, sender).map_err(DaemonError::Reception)
}

fn wake_on_news(gateway: &mut Gateway, sender: Sender<Message>) {
    gateway.on_news(Arc::new(move || {
        if sender.send(Message::News).is_err() {
            tracing::trace!("news after the end of the daemon waits for the next host");
        }
    }));
}

struct Service<'a> {
    gateway: &'a mut Gateway,
    options: ServeOptions,
    inbox: Receiver<Message>,
    counts: Counts,
    /// Something happened since the last poll.
    stirred: bool,
    /// The last poll did nothing.
    quiet: bool,
    /// Polls in a row that recorded events and did nothing else.
    talk: u32,
    /// What was due at a poll that did nothing about it.
    futile_due_ms: Option<u64>,
    polled_at: Option<Instant>,
    failures: u32,
    paused_until: Option<Instant>,
}

#[derive(Default)]
struct Counts {
    polls: u64,
    requests: u64,
    started: u64,
    ended: u64,
}

impl<'a> Service<'a> {
    fn new(gateway: &'a mut Gateway, options: ServeOptions, inbox: Receiver<Message>) -> Self {
        Self {
            gateway,
            options,
            inbox,
            counts: Counts::default(),
            stirred: true,
            quiet: false,
            talk: 0,
            futile_due_ms: None,
            polled_at: None,
            failures: 0,
            paused_until: None,
        }
    }

    fn run(&mut self) -> Result<Finish, DaemonError> {
        loop {
            if self.options.stop.load(Ordering::SeqCst) {
                return Ok(Finish::Stopped);
            }
            match self.work() {
                Ok(true) => return Ok(Finish::Idle),
                Ok(false) => {}
                Err(error) => self.failed(error)?,
            }
            let wait = self.wait();
            self.hear(wait);
        }
    }

    /// Delivers news and polls if there is a reason; true if nothing is left to do.
    fn work(&mut self) -> Result<bool, GatewayError> {
        if self
            .paused_until
            .is_some_and(|until| Instant::now() < until)
        {
            return Ok(false);
        }
        let pumped = self.gateway.pump()?;
        self.counts.started += pumped.started as u64;
        self.counts.ended += pumped.ended as u64;
        self.stirred |= pumped.news + pumped.effects > 0;
        if self.stirred || self.interval_is_over() || self.is_due()? {
            self.poll()?;
        }
        (self.failures, self.paused_until) = (0, None);
        Ok(self.options.until == Until::Idle && self.is_idle()?)
    }

    fn poll(&mut self) -> Result<(), GatewayError> {
        self.polled_at = Some(Instant::now());
        let report = self.gateway.poll(PollMode::Act)?;
        self.counts.polls += 1;
        self.counts.started += report.started as u64;
        let only_talk = report.started + report.effects == 0;
        self.talk = if only_talk { self.talk + 1 } else { 0 };
        self.quiet = only_talk && (report.events == 0 || self.talk >= TALK_MAX);
        self.stirred = !self.quiet;
        let now = self.gateway.clock().now_ms();
        let due = self.gateway.next_due_ms()?.filter(|due| *due <= now);
        self.futile_due_ms = due.filter(|_| self.quiet);
        Ok(())
    }

    /// True if something is due that no poll has looked at in vain.
    fn is_due(&mut self) -> Result<bool, GatewayError> {
        let due = self
            .gateway
            .next_due_ms()?
            .filter(|due| Some(*due) != self.futile_due_ms);
        let now = self.gateway.clock().now_ms();
        Ok(due.is_some_and(|due| due <= now))
    }

    fn interval_is_over(&self) -> bool {
        let interval = Duration::from_millis(self.options.poll_interval_ms);
        self.polled_at.is_none_or(|at| at.elapsed() >= interval)
    }

    fn is_idle(&mut self) -> Result<bool, GatewayError> {
        if !self.quiet || self.stirred || self.gateway.is_busy() {
            return Ok(false);
        }
        let horizon = self
            .gateway
            .clock()
            .now_ms()
            .saturating_add(self.options.idle_patience_ms);
        let due = self
            .gateway
            .next_due_ms()?
            .filter(|due| Some(*due) != self.futile_due_ms);
        Ok(due.is_none_or(|due| due > horizon))
    }

    /// How long to wait for a message: until something is due, but never long enough to be rude.
    fn wait(&mut self) -> Duration {
        if let Some(until) = self.paused_until {
            return until
                .saturating_duration_since(Instant::now())
                .min(WAIT_MAX);
        }
        if self.stirred {
            return if self.talk == 0 {
                Duration::ZERO
            } else {
                BREATH
            };
        }
        let interval = Duration::from_millis(self.options.poll_interval_ms);
        let sweep = self
            .polled_at
            .map_or(Duration::ZERO, |at| interval.saturating_sub(at.elapsed()));
        let now = self.gateway.clock().now_ms();
        let wake = self.gateway.next_wake_ms().ok().flatten();
        let wake = wake.map(|at_ms| Duration::from_millis(at_ms.saturating_sub(now)));
        // What is overdue although a poll just found nothing to do waits for the next sweep.
        let wake = wake.filter(|wait| !wait.is_zero() || !self.quiet);
        sweep.min(wake.unwrap_or(WAIT_MAX)).min(WAIT_MAX)
    }

    fn hear(&mut self, wait: Duration) {
        let mut next = self.inbox.recv_timeout(wait);
        for _ in 0..BURST_MAX {
            match next {
                Ok(Message::Ask(ask)) => self.answer(&ask),
                Ok(Message::News) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
            if self.options.stop.load(Ordering::SeqCst) {
                return;
            }
            next = self.inbox.recv_timeout(Duration::ZERO);
        }
    }

    fn answer(&mut self, ask: &Ask) {
        let response = dispatch(self.gateway, ask);
        self.counts.requests += 1;
        self.counts.started += response.started as u64;
        self.stirred |= response.acted;
        if response.stop {
            self.options.stop.store(true, Ordering::SeqCst);
        }
        if ask.reply.send(response.result).is_err() {
            tracing::debug!("the caller did not wait for its answer");
        }
    }

    fn failed(&mut self, error: GatewayError) -> Result<(), DaemonError> {
        let fault = error.fault();
        (self.options.on_fault)(&fault);
        tracing::error!(code = fault.code, %error, "the daemon goes on after an error");
        self.failures += 1;
        let gives_up = self.options.until == Until::Idle && self.failures >= FAILURES_MAX;
        if gives_up || fault.code == STALE_EPOCH {
            return Err(error.into());
        }
        let pause_ms = PAUSE_MIN_MS
            .saturating_mul(1 << self.failures.min(10))
            .min(PAUSE_MAX_MS);
        self.paused_until = Some(Instant::now() + Duration::from_millis(pause_ms));
        Ok(())
    }

    fn report(&mut self, finish: Finish) -> ServeReport {
        let Counts {
            polls,
            requests,
            started,
            ended,
        } = self.counts;
        ServeReport {
            finish,
            polls,
            requests,
            started,
            ended,
            left_running: self.gateway.live().len(),
            remaining: remaining(self.gateway),
            next_due_ms: self.gateway.next_due_ms().ok().flatten(),
        }
    }
}
