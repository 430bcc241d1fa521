//! The loop that owns the gateway.
//!
//! It waits for whichever comes first: a request, news, or something due; it never spins.
//! Invariant: an error of one request or one poll does not end it, losing the store does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::contract::scheduler::PollMode;
use crate::gateway::{Fault, Gateway, GatewayError, Stance};
use crate::watch::FileWatcher;

use super::connection::{Ask, Message, Reception};
use super::dispatch::{Response, Vitals, dispatch};
use super::hold::{HOLD_MS_MAX, Hold, HoldWish};
use super::options::{Attention, DaemonError, Finish, ServeOptions, ServeReport, Until};
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
/// Read by the poll that follows a change.
const SETTINGS: &str = "aof.yaml";

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
    wake_on_news(gateway, sender.clone());
    let watcher = watch(&options, sender);
    let mut service = Service::new(gateway, options, inbox);
    service.watcher = watcher;
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

/// Starts to watch if there is something to watch; without, polls come often.
fn watch(options: &ServeOptions, sender: Sender<Message>) -> Option<FileWatcher> {
    let Attention { root, dirty } = options.attention.as_ref()?;
    let wake = move || {
        if sender.send(Message::Touched).is_err() {
            tracing::trace!("an edit after the end of the daemon waits for the next one");
        }
    };
    match FileWatcher::start(root, dirty, Box::new(wake)) {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(%error, "edits by hand are found by polling");
            None
        }
    }
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
    hold: Hold,
    watcher: Option<FileWatcher>,
    /// Trouble with the watcher was told.
    is_warned: bool,
    /// Somebody touched a file since it was last looked.
    touched: bool,
    /// Changes by others that the store had reported at the last poll.
    reports: u64,
    /// Another writer took the store over.
    lost: Option<Box<Fault>>,
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
            hold: Hold::default(),
            watcher: None,
            is_warned: false,
            touched: false,
            reports: 0,
            lost: None,
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
            for ask in self.hold.take_waiting() {
                self.answer(ask);
            }
            if let Some(fault) = self.lost.take() {
                return Err(DaemonError::Lost(fault));
            }
        }
    }

    /// Lets the store look at what was touched; a poll follows only if others changed something.
    fn look(&mut self) -> Result<(), GatewayError> {
        if self.touched {
            self.gateway.store_changed()?;
            self.touched = false;
            self.stirred |= self.settings_were_touched();
        }
        self.stirred |= self.reports() != self.reports;
        Ok(())
    }

    fn reports(&self) -> u64 {
        let attention = self.options.attention.as_ref();
        attention.map_or(0, |attention| attention.dirty.reports())
    }

    /// The next poll takes them in.
    fn settings_were_touched(&self) -> bool {
        let attention = self.options.attention.as_ref();
        attention.is_some_and(|attention| attention.dirty.take_at_root().contains(SETTINGS))
    }

    /// How often to poll without a reason: rarely if a watcher sees everything.
    fn interval(&mut self) -> Duration {
        let asked = Duration::from_millis(self.gateway.poll_interval_ms());
        let often = asked.min(Duration::from_millis(self.options.poll_interval_ms));
        let trouble = match &self.watcher {
            None => return often,
            Some(watcher) => watcher.trouble(),
        };
        let Some(trouble) = trouble else {
            return asked;
        };
        if !std::mem::replace(&mut self.is_warned, true) {
            tracing::warn!(trouble, "edits by hand are found by polling, too");
        }
        often
    }

    fn vitals(&mut self) -> Vitals {
        let interval = self.interval();
        let trouble = self.watcher.as_ref().and_then(FileWatcher::trouble);
        Vitals {
            durability: self.options.durability,
            is_watching: self.watcher.is_some() && trouble.is_none(),
            watch_trouble: trouble,
            poll_interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
            polls: self.counts.polls,
        }
    }

    /// Delivers news and polls if there is a reason; true if nothing is left to do.
    fn work(&mut self) -> Result<bool, GatewayError> {
        let is_paused = self
            .paused_until
            .is_some_and(|until| Instant::now() < until);
        if is_paused || self.hold.is_on() {
            return Ok(false);
        }
        self.look()?;
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
        self.reports = self.reports();
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

    fn interval_is_over(&mut self) -> bool {
        let interval = self.interval();
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
        let interval = self.interval();
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
        let mut wait = wait;
        for _ in 0..BURST_MAX {
            match self.inbox.recv_timeout(wait) {
                Ok(Message::Ask(ask)) => self.answer(ask),
                Ok(Message::News) => {}
                Ok(Message::Touched) => self.touched = true,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
            if self.options.stop.load(Ordering::SeqCst) {
                return;
            }
            wait = Duration::ZERO;
        }
    }

    fn answer(&mut self, ask: Ask) {
        let Some(ask) = self.hold.let_pass(ask) else {
            return;
        };
        let vitals = self.vitals();
        let mut response = dispatch(self.gateway, &ask, &vitals);
        self.pause(&mut response);
        self.counts.requests += 1;
        self.counts.started += response.started as u64;
        self.stirred |= response.acted;
        if response.stop {
            self.options.stop.store(true, Ordering::SeqCst);
        }
        if let Err(fault) = &response.result
            && fault.code == STALE_EPOCH
        {
            self.lost = Some(fault.clone());
        }
        if ask.reply.send(response.result).is_err() {
            tracing::debug!("the caller did not wait for its answer");
        }
    }

    /// Begins or ends the pause that was wished for.
    fn pause(&mut self, response: &mut Response) {
        let unbroken = match response.hold {
            HoldWish::None => return,
            HoldWish::Begin => self.hold.begin(),
            HoldWish::End => self.hold.end(),
        };
        response.result = Ok(json!({"hold": {"ms": HOLD_MS_MAX, "unbroken": unbroken}}));
    }

    fn failed(&mut self, error: GatewayError) -> Result<(), DaemonError> {
        let fault = error.fault();
        if fault.code == STALE_EPOCH {
            return Err(DaemonError::Lost(Box::new(fault)));
        }
        (self.options.on_fault)(&fault);
        tracing::error!(code = fault.code, %error, "the daemon goes on after an error");
        self.failures += 1;
        let gives_up = self.options.until == Until::Idle && self.failures >= FAILURES_MAX;
        if gives_up {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::contract::types::ErrorKind;
    use crate::executor::{Script, SimulatedExecutor, Step};
    use crate::gateway::fake::{Act, Fake};

    fn served<T>(fake: &Fake, talk: impl FnOnce(&mut Service<'_>, &Sender<Message>) -> T) -> T {
        let clock = ManualClock::at(1_000);
        let executor = SimulatedExecutor::new(Script::always(Step::Hang), Arc::new(clock.clone()));
        let (mut gateway, _) = fake.gateway(executor, &clock);
        let (sender, inbox) = channel();
        let options = ServeOptions::new(None, Until::Idle);
        talk(&mut Service::new(&mut gateway, options, inbox), &sender)
    }

    #[test]
    fn one_message_past_a_burst_waits_for_the_next_turn() {
        for (before, is_heard) in [(BURST_MAX - 1, true), (BURST_MAX, false)] {
            served(&Fake::default(), |service, sender| {
                for _ in 0..before {
                    sender.send(Message::News).unwrap();
                }
                sender.send(Message::Touched).unwrap();
                service.hear(Duration::ZERO);
                assert_eq!(service.touched, is_heard, "after {before}");
                service.hear(Duration::ZERO);
                assert!(service.touched, "nothing gets lost between two turns");
            });
        }
    }

    #[test]
    fn a_poll_that_only_talks_is_believed_seven_times() {
        let fake = Fake::default().will("poll", (0..TALK_MAX).map(|_| Act::Talk));
        served(&fake, |service, _| {
            for _ in 1..TALK_MAX {
                service.poll().unwrap();
                assert!(service.stirred && !service.quiet);
            }
            service.poll().unwrap();
            assert!(service.quiet && !service.stirred);
        });
    }

    #[test]
    fn a_run_to_the_end_gives_up_after_eight_failures_in_a_row() {
        let full = || Act::Refuse("AOF-4004", ErrorKind::Broken);
        let fake = Fake::default().will("poll", (0..FAILURES_MAX).map(|_| full()));
        served(&fake, |service, _| {
            for _ in 1..FAILURES_MAX {
                let error = service.poll().unwrap_err();
                assert!(service.failed(error).is_ok());
            }
            let error = service.poll().unwrap_err();
            assert!(service.failed(error).is_err());
        });
    }
}
