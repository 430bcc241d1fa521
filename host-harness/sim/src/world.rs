//! A whole world: a machine, hosts, agents, people, and what happens to them step by step.
//!
//! Never asks a real clock or throws real dice. Invariant: the same options and steps give the same
//! world, byte for byte.

mod ask;
mod company;
mod fabric;
mod flow;
mod host;
mod lay;
mod lookout;
mod options;
mod people;
mod permit;
mod rest;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aof_disk::Errno;
use aof_host::contract::scheduler::PollMode;
use aof_host::gateway::GatewayError;
use aof_host::instance::CallError;

use crate::agent::{Character, Crowd};
use crate::check::{Checker, Company, Files, Keyed, Ledger, Touch, Violation, Workflows};
use crate::defect::journal;
use crate::machine::{Machine, Mode};
use host::Host;
use people::{Act, Person, SharedLedger, lock, shrug};

pub use host::Engine;
pub use lay::{agent, card_id, project};
pub(crate) use lookout::Lookout;
pub use lookout::Moment;
pub use options::{Options, Profile};
pub use step::{Deed, Fault, Revision, Step, Wish, Wrong, draw};

type Verdict = Result<(), Violation>;

/// What happened, for summaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps taken.
    pub steps: u64,
    /// Power cuts.
    pub cuts: u64,
    /// Hosts that died.
    pub kills: u64,
    /// Calls that were made to fail.
    pub faults: u64,
    /// Acts of people on files.
    pub hands: u64,
    /// Events that were acknowledged.
    pub events: u64,
    /// Sessions that were asked for.
    pub starts: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.steps += other.steps;
        self.cuts += other.cuts;
        self.kills += other.kills;
        self.faults += other.faults;
        self.hands += other.hands;
        self.events += other.events;
        self.starts += other.starts;
    }
}

/// A world in motion.
pub struct World {
    options: Options,
    engine: Engine,
    machine: Machine,
    crowd: Crowd,
    hosts: Vec<Host>,
    ledger: SharedLedger,
    checker: Checker,
    begun_ns: u64,
    starts_seen: usize,
    /// Who holds the lock; nobody once a person has deleted it.
    owner: Option<u32>,
    /// A host died, and nobody has recovered since.
    is_raw: bool,
    /// Clocks of hosts may differ.
    is_clock_wrong: bool,
    /// What a host said last that was no refusal.
    last_error: Option<String>,
    /// The rules of the company, where there is one.
    company: Option<Company>,
    /// What is known of workflows, where there are any.
    workflows: Option<Workflows>,
    /// What people saved last of the chart and the manifests, and can be used.
    saved: BTreeMap<String, String>,
    /// Tasks that somebody other than its run, who may, has changed.
    led: BTreeSet<String>,
    /// Calls that were made with a key.
    keyed: Keyed,
    /// In this step a host has looked at what is saved.
    has_looked: bool,
    /// What happened.
    pub counts: Counts,
}

impl World {
    /// Lays the files and starts the first host.
    #[must_use]
    pub fn new(options: Options, engine: Engine) -> Self {
        let machine = Machine::new();
        machine.set_mtime_tick_ns(options.mtime_tick_ns);
        let begun_ns = machine.true_ns();
        machine.advance_ms(lay::DAWN_AFTER_MS);
        let mut ledger = Ledger::default();
        let hand = machine.hand().flushing();
        let mut saved = BTreeMap::new();
        for (path, text) in lay::files(&options) {
            if path == company::CHART || path.ends_with("/project.yaml") {
                saved.insert(path.clone(), text.clone());
            }
            if let Some((dir, _)) = path.rsplit_once('/') {
                shrug(hand.mkdir(dir));
            }
            shrug(hand.write(&path, text.as_bytes()));
            if let Some((_, status, id)) = crate::check::place(&path) {
                ledger.initial.insert(id.to_owned(), (status, 1));
            }
        }
        machine.write_back();
        let mut dice = fastrand::Rng::with_seed(options.seed ^ 0xa6e7);
        let agents: BTreeMap<String, Character> = (0..options.agents)
            .map(|number| (agent(number), Character::draw(&mut dice)))
            .collect();
        let is_fabric = options.profile == Profile::Fabric;
        let crowd = Crowd::new(options.seed, options.lease_ttl_ms, agents);
        if is_fabric {
            crowd.become_talkative();
        }
        let company = is_fabric.then(|| Company::new(machine.true_ns() / 1_000_000));
        crowd.become_planners(flow::of_agents(&options));
        let checker = Checker::new(ledger.initial.clone(), options.lease_ttl_ms);
        Self {
            hosts: (0..options.hosts).map(Host::new).collect(),
            ledger: Arc::new(std::sync::Mutex::new(ledger)),
            workflows: flow::remembered(&options),
            options,
            engine,
            machine,
            crowd,
            checker,
            begun_ns,
            starts_seen: 0,
            owner: None,
            is_raw: false,
            is_clock_wrong: false,
            last_error: None,
            company,
            saved,
            led: BTreeSet::new(),
            keyed: Keyed::default(),
            has_looked: false,
            counts: Counts::default(),
        }
    }

    /// Lets one thing happen and looks at what came of it.
    ///
    /// # Errors
    /// What does not hold any more.
    pub fn take(&mut self, step: &Step) -> Verdict {
        self.counts.steps += 1;
        self.has_looked = false;
        self.tell_time();
        match step {
            Step::Wait { ms } => {
                self.machine.advance_ms(*ms);
                self.tell_time();
            }
            Step::Poll { host } => self.poll(*host)?,
            Step::Pump { host } => self.pump(*host)?,
            Step::Ask {
                host,
                wish,
                card,
                salt,
            } => self.ask(*host, *wish, (*card, *salt))?,
            Step::Hand { .. } | Step::Meddle { .. } | Step::Snatch { .. } => self.hand(step),
            Step::Lie {
                host,
                wish,
                card,
                salt,
            } => self.lie(*host, *wish, (*card, *salt))?,
            Step::Revise {
                project,
                revision,
                salt,
            } => self.revise(*project, *revision, *salt),
            Step::Start { host } => self.start(*host)?,
            Step::Stop { host } => self.stop(*host),
            Step::Cut { salt, ordered } => self.cut(*salt, *ordered),
            other => self.trouble(other),
        }
        self.bury();
        self.look()
    }

    /// Trouble that begins now and shows later.
    fn trouble(&mut self, step: &Step) {
        match step {
            Step::Kill { host, calls } => {
                let pid = self.pid(*host);
                self.machine.kill_after(pid, calls + 1);
            }
            Step::Fail { host, calls, fault } => {
                self.counts.faults += 1;
                let pid = self.pid(*host);
                self.machine.fail_nth(pid, calls + 1, errno(*fault));
            }
            Step::Space { left } => {
                self.counts.faults += 1;
                let used = self.machine.used_bytes();
                self.machine.set_capacity(left.map(|left| used + left));
            }
            Step::Unlock => {
                shrug(self.machine.hand().rm("state/lock"));
                self.owner = None;
            }
            Step::Clock { host, wrong, ms } => {
                let pid = self.pid(*host);
                // A lease is a promise of wall-clock time: nothing is promised over a step.
                lock(&self.ledger).promises.clear();
                self.is_clock_wrong = true;
                let by_ms = i64::try_from(*ms).unwrap_or(i64::MAX);
                match wrong {
                    Wrong::Ahead => self.machine.jump_clock(pid, by_ms),
                    Wrong::Back => self.machine.jump_clock(pid, -by_ms),
                    Wrong::Frozen => self.machine.freeze_clock(pid, true),
                    Wrong::Right => self.machine.freeze_clock(pid, false),
                }
            }
            _ => {}
        }
    }

    fn poll(&mut self, host: u32) -> Verdict {
        let mut has_looked = false;
        let polled = self.with(host, |gateway| {
            let polled = gateway.poll(PollMode::Act);
            has_looked = polled.is_ok();
            polled.map(|_| ())
        });
        self.has_looked |= has_looked;
        polled
    }

    fn pump(&mut self, host: u32) -> Verdict {
        // Without news it does not look at the store, and so says nothing about it.
        let was_well = self.host(host).is_some_and(|at| at.is_well);
        self.with(host, |gateway| gateway.pump().map(|_| ()))?;
        if let Some(at) = self.host(host) {
            at.is_well &= was_well;
        }
        Ok(())
    }

    /// Calls a host that runs, and notes how it went.
    fn with(
        &mut self,
        host: u32,
        call: impl FnOnce(&mut aof_host::gateway::Gateway) -> Result<(), GatewayError>,
    ) -> Verdict {
        let Some(at) = self.host(host) else {
            return Ok(());
        };
        let Some(gateway) = at.gateway.as_mut() else {
            return Ok(());
        };
        match call(gateway) {
            Ok(()) => at.is_well = true,
            Err(error) if error.is_refusal() => {}
            Err(error) => {
                at.is_well = false;
                self.last_error = Some(error.to_string());
                judge(&error, self.is_calm(&error))?;
            }
        }
        Ok(())
    }

    fn hand(&mut self, step: &Step) {
        self.counts.hands += 1;
        // Two edits in the same tick of the file system's clock cannot be told apart by anybody.
        self.machine.advance_ms(5);
        match step {
            Step::Hand {
                deed,
                card,
                salt,
                synced,
            } => {
                let act = Act {
                    deed: *deed,
                    card: *card,
                    salt: *salt,
                    synced: *synced,
                    in_between: false,
                    is_raw: self.is_raw,
                };
                Person::new(&self.machine, &self.ledger, act).act();
            }
            Step::Meddle {
                host,
                calls,
                deed,
                card,
                salt,
            } => {
                let act = Act {
                    deed: *deed,
                    card: *card,
                    salt: *salt,
                    synced: false,
                    in_between: true,
                    is_raw: self.is_raw,
                };
                let (pid, ledger) = (self.pid(*host), Arc::clone(&self.ledger));
                self.machine.before_nth(pid, calls + 1, move |machine| {
                    Person::new(machine, &ledger, act).act();
                });
            }
            Step::Snatch { .. } => self.snatch(step),
            _ => {}
        }
    }

    /// A person waits for a moment in which a host is at work.
    fn snatch(&mut self, step: &Step) {
        let Step::Snatch {
            host,
            moment,
            deed,
            card,
            salt,
        } = step
        else {
            return;
        };
        let act = Act {
            deed: *deed,
            card: *card,
            salt: *salt,
            synced: false,
            in_between: true,
            is_raw: self.is_raw,
        };
        if let Some(at) = self.host(*host) {
            at.plan(*moment, act);
        }
    }

    fn start(&mut self, host: u32) -> Verdict {
        let number = usize::try_from(host).unwrap_or_default();
        let held = self.owner.is_some_and(|owner| owner != host);
        let (machine, crowd) = (self.machine.clone(), self.crowd.clone());
        let (seed, engine) = (self.options.seed, self.engine.clone());
        let Some(at) = self.hosts.get_mut(number) else {
            return Ok(());
        };
        if at.gateway.is_some() {
            return Ok(());
        }
        let ledger = Arc::clone(&self.ledger);
        if let Some(company) = &mut self.company {
            company.begin(&machine.hand().files());
        }
        match at.start(&machine, &crowd, (seed, &engine, &ledger)) {
            Ok(()) if held => Err(Violation::new(
                "I3",
                "two hosts have the store open at the same time",
            )),
            Ok(()) => {
                at.is_well = machine.is_alive(at.pid);
                (self.owner, self.is_raw) = (Some(host), !at.is_well);
                if self.is_clock_wrong {
                    lock(&self.ledger).promises.clear();
                }
                for (other, host) in self.hosts.iter_mut().enumerate() {
                    // Whoever had it before is no longer the owner.
                    host.is_well &= other == number;
                    host.is_superseded = other != number;
                }
                Ok(())
            }
            Err(error) => {
                machine.kill(at.pid);
                judge(&error, self.is_calm(&error) && !held)
            }
        }
    }

    fn stop(&mut self, host: u32) {
        if let Some(at) = self.host(host)
            && let Some(gateway) = at.gateway.take()
        {
            shrug(gateway.close());
            let pid = at.pid;
            self.machine.kill(pid);
            self.owner = self.owner.filter(|owner| *owner != host);
        }
    }

    fn cut(&mut self, salt: u64, ordered: bool) {
        self.counts.cuts += 1;
        let mode = if ordered { Mode::Ordered } else { Mode::Any };
        for host in &mut self.hosts {
            host.gateway = None;
            host.is_well = false;
        }
        (self.owner, self.is_raw) = (None, true);
        self.machine.power_cut(mode, salt);
        self.crowd.lose_power();
        let files = self.files();
        lock(&self.ledger)
            .lose_power(|text| files.iter().any(|file| can_be_found(file, &files, text)));
        lock(&self.ledger).promises.clear();
    }

    /// Clears away hosts that died, and takes up what the others reported.
    fn bury(&mut self) {
        let now_ms = self.now_ms();
        let mut ledger = lock(&self.ledger);
        for (number, host) in (0_u32..).zip(&mut self.hosts) {
            for event in host.take_reported() {
                self.counts.events += 1;
                ledger.acknowledge(&event, now_ms);
                if host.is_superseded {
                    let found = format!("host {number} committed {} though it is fenced", event.id);
                    ledger.trespass.get_or_insert(found);
                }
            }
            if host.gateway.is_some() && !self.machine.is_alive(host.pid) {
                self.counts.kills += 1;
                host.gateway = None;
                host.is_well = false;
                self.is_raw = true;
                self.owner = self.owner.filter(|owner| *owner != number);
            }
        }
    }

    fn look(&mut self) -> Verdict {
        let files = self.files();
        let wall_ms = self.machine.wall_ns(self.pid(0)) / 1_000_000;
        self.checker.look(&files);
        if let Some(company) = &mut self.company {
            company.look(&files);
        }
        let starts = self.crowd.starts(self.starts_seen);
        self.starts_seen += starts.len();
        self.counts.starts += starts.len() as u64;
        let ledger = lock(&self.ledger);
        if let Some(found) = &ledger.trespass {
            return Err(Violation::new("I3", found));
        }
        self.checker.starts(&starts, &ledger)?;
        let (crowd, led, company) = (&self.crowd, &self.led, &self.company);
        let leads = |actor: &str| company.as_ref().is_some_and(|it| it.is_head(actor));
        self.checker.results(|run, task, actor| {
            let is_led = || led.contains(task) || crowd.has_asked(actor, task);
            crowd.has_called(run, task) || leads(actor) && is_led()
        })?;
        self.checker.always(&files, &ledger)?;
        // A former owner that has nothing to commit goes on telling what it knows.
        let number = self.owner.and_then(|owner| usize::try_from(owner).ok());
        let owner = number.and_then(|number| self.hosts.get(number));
        let stance = (owner.is_some_and(|host| host.is_well), self.has_looked);
        if stance.0 {
            self.checker.settled(&files, &ledger)?;
        }
        if let Some(workflows) = &mut self.workflows {
            flow::judge(workflows, &self.checker, (&ledger, &self.crowd), stance)?;
        }
        let polled_ms = self.has_looked.then_some(wall_ms);
        if let Some(company) = &mut self.company {
            let Checker { history, disk, .. } = &self.checker;
            company.starts(&starts, disk, &ledger)?;
            company.judge(history, (&files, disk), &ledger, polled_ms)?;
            if self.has_looked {
                company.settle();
            }
        }
        Ok(())
    }

    /// Every file as it is.
    #[must_use]
    pub fn files(&self) -> Files {
        self.machine.hand().files()
    }

    /// The end of the event log, for people.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        self.checker.history.tail(12)
    }

    /// A number that differs if anything in the world differs.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut mix = |bytes: &[u8]| {
            for byte in bytes.iter().chain(b"\0") {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for (path, content) in self.files() {
            mix(path.as_bytes());
            mix(&content);
        }
        for start in self.crowd.starts(0) {
            mix(start.run.as_bytes());
            mix(&start.at_ms.to_le_bytes());
        }
        hash
    }

    /// Touches of people, for reports.
    #[must_use]
    pub fn touched(&self) -> BTreeMap<String, Touch> {
        lock(&self.ledger).touched.clone()
    }

    /// Whether a call of a host may not fail in this way.
    fn is_calm(&self, error: &GatewayError) -> bool {
        match self.options.profile {
            Profile::Calm => true,
            // Only people who put files in its way keep a host from something.
            Profile::Fabric => !error.to_string().starts_with(rest::IN_THE_WAY),
            _ => false,
        }
    }

    fn tell_time(&self) {
        self.crowd.set_now_ms(self.now_ms());
    }

    fn now_ms(&self) -> u64 {
        self.machine.true_ns().saturating_sub(self.begun_ns) / 1_000_000
    }

    fn host(&mut self, host: u32) -> Option<&mut Host> {
        self.hosts.get_mut(usize::try_from(host).ok()?)
    }

    fn pid(&self, host: u32) -> u32 {
        let number = usize::try_from(host).unwrap_or_default();
        self.hosts.get(number).map_or(0, |host| host.pid)
    }
}

/// Whether a text that nobody flushed is where somebody looks for it after a loss of power: not in
/// a card that is torn, under the name that a lost rename gave back, in the backup that an editor
/// writes over, in a part of the journal that was superseded, or in a line of it that is torn.
fn can_be_found((path, content): (&String, &Arc<Vec<u8>>), files: &Files, text: &str) -> bool {
    if !crate::check::contains(content, text) {
        return false;
    }
    if path.starts_with(journal::DIR) {
        let newest = files.keys().rfind(|it| it.starts_with(journal::DIR));
        let records = journal::records(content);
        let mut records = records.iter().map(ToString::to_string);
        return Some(path) == newest && records.any(|record| record.contains(text));
    }
    let is_card = crate::check::place(path).is_some();
    let is_aside = path.ends_with(".put") || path.ends_with('~');
    !is_aside && (!is_card || aof_codec::parse_card(path, content).is_ok())
}

/// A failure of a call: the component must never break, and in a calm world nothing fails at all.
fn judge(error: &GatewayError, is_calm: bool) -> Verdict {
    match error {
        GatewayError::Call(CallError::Refused(_)) | GatewayError::BrokenOff(_) if !is_calm => {
            Ok(())
        }
        other => Err(Violation::new("I10", format!("a call failed: {other}"))),
    }
}

fn errno(fault: Fault) -> Errno {
    match fault {
        Fault::Full => Errno::NOSPC,
        Fault::Device => Errno::IO,
        Fault::Denied => Errno::ACCESS,
        Fault::Files => Errno::MFILE,
    }
}
