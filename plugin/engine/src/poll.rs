//! One tick: plan, carry the plan out in one commit, report.

mod action;
pub(crate) mod budget;
mod review;
mod tell;

use std::collections::BTreeSet;

use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::dice::Dice;
use aof_core::effect::{Cancel, Effect};
use aof_core::gather::gathered;
use aof_core::id::{AgentId, RunId, TaskId};
use aof_core::json::ToLine as _;
use aof_core::org::Method;
use aof_core::plan::{Action, Considered, Plan, Scope, Via, plan};
use aof_core::refusal::{Kind, Refusal};
use aof_core::run::{Run, RunOutcome, RunState};
use aof_core::sla::{self, Policy};
use aof_core::status::Status;
use aof_core::verb::{self, Claim, Promotion};
use aof_store::layout::{CardPath, ProjectRoot};
use aof_store::loaded::{CARD_BYTES_MAX, LoadedCard, Place, load};
use aof_store::port::{Blob, Store};
use aof_store::recovery::read_cards;
use aof_store::refusal::refusal_of;
use aof_store::run_record;
use serde_json::{Value, json};

use crate::alert::{self, Stranded};
use crate::batches::Batches;
use crate::cascade::cascade;
use crate::chart;
use crate::engine::Engine;
use crate::explain;
use crate::flow;
use crate::notice;
use crate::outcome::Outcome;
use crate::prompt;
use crate::reach;
use crate::session::{Live, Session};
use crate::settings::reload;
use crate::subscribe;
use crate::summary;
use crate::work::{Closing, Committed, Work};
use tell::{announce, announce_hold, remember, report_failures};

/// Whether a poll acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollMode {
    /// Commit and hand out effects.
    Act,
    /// The same plan, nothing else.
    DryRun,
}

/// How long a poll leaves alone what it could not do.
const FAILED_PAUSE_MS: u64 = 5_000;
/// Waiting tasks that a report gives reasons for.
const REPORTED_MAX: usize = 50;
/// Cards read in one call: bounds the memory of a poll.
const READ_TOGETHER: usize = 64;
/// Candidates that the event of a dispatch repeats.
const CANDIDATES_TOLD_MAX: usize = 20;
const TRIES: usize = 3;
/// A file has the name that a card should get.
const IN_THE_WAY: &str = "AOF-3002";

impl<S: Store> Engine<S> {
    /// Plans, and unless it is a dry run acts.
    ///
    /// # Errors
    /// What the store says; `AOF-4003` if it is open for reading and the poll should act.
    pub fn poll(&mut self, ctx: &Context, mode: PollMode) -> Result<Outcome, Refusal> {
        let mut tick = Tick::new(ctx);
        if let Some(session) = self.session.as_mut() {
            session.served = 0;
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let tried = self.fresh().and_then(|(store, session)| match mode {
                PollMode::DryRun => Ok(dry_run(session, ctx)),
                PollMode::Act => act(store, session, ctx, &mut tick),
            });
            let (Err(refusal), Some(session)) = (&tried, self.session.as_mut()) else {
                return tried.map(|value| tick.outcome(value));
            };
            let may_heal = refusal.kind == Kind::Conflict || !tick.is_empty();
            if is_obstructed(&mut self.store, session, refusal) {
                tries -= 1;
            } else if !may_heal || tries >= TRIES {
                if tick.is_empty() {
                    return tried.map(|value| tick.outcome(value));
                }
                let done = std::mem::take(&mut tick.done);
                let end = (Some("action_failed"), Some(refusal));
                let value = report(session, &Plan::default(), done, end);
                return Ok(tick.outcome(value));
            }
        }
    }
}

/// What the tries of one poll committed: it must reach the host, however the poll ends.
#[derive(Debug)]
struct Tick {
    /// Never thrown twice alike: an earlier try may have used a number.
    dice: Dice,
    /// Actions that were carried out.
    done: Vec<Value>,
    committed: Committed,
}

impl Tick {
    fn new(ctx: &Context) -> Self {
        Tick {
            dice: Dice::new(ctx.entropy),
            done: Vec::new(),
            committed: Committed::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty()
            && self.committed.effects.is_empty()
            && self.committed.events.is_empty()
    }

    fn take(&mut self, batches: Batches) {
        self.committed.effects.extend(batches.done.effects);
        self.committed.events.extend(batches.done.events);
    }

    fn outcome(self, value: String) -> Outcome {
        Outcome {
            value,
            effects: self.committed.effects,
            events: self.committed.events,
        }
    }
}

fn spawns(effects: &[Effect]) -> u32 {
    let spawns = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Spawn(_)));
    u32::try_from(spawns.count()).unwrap_or(u32::MAX)
}

/// Whether a file lies where a card has to go. From now on its task waits, and no other.
fn is_obstructed<S: Store>(store: &mut S, session: &mut Session, refusal: &Refusal) -> bool {
    let path = refusal.location.as_ref();
    let Some(path) = path.filter(|_| refusal.code == IN_THE_WAY) else {
        return false;
    };
    let Some(CardPath::Card { id, .. }) = ProjectRoot::parse_card_path(path) else {
        return false;
    };
    // The card itself is in nobody's way, whatever a system says.
    if session.shelf.path_of(&id).as_ref() == Some(path) {
        return false;
    }
    // What is gone by now is told by no change either.
    let blobs = store.read(std::slice::from_ref(path), CARD_BYTES_MAX);
    if matches!(blobs.as_deref(), Ok([Blob::Absent]) | Err(_)) {
        return false;
    }
    session.obstructed.insert(id, path.clone()).is_none()
}

fn scope(dispatched: u32) -> Scope<'static> {
    Scope {
        waiting_max: REPORTED_MAX,
        focus: None,
        dispatched,
    }
}

fn dry_run(session: &Session, ctx: &Context) -> String {
    let plan = plan(&session.snapshot(ctx.now), scope(0));
    let actions = plan.actions.iter();
    let actions = actions.map(|action| action::json(session, action, None));
    let actions = actions.chain(review::foreseen(session, &plan.reviews));
    let end = (Some("dry_run_mode"), None);
    report(session, &plan, actions.collect(), end)
}

fn act<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    tick: &mut Tick,
) -> Result<String, Refusal> {
    session.require_writer()?;
    session.counters.polls += 1;
    let told = reload(store, session, ctx)?;
    session.end_pause(ctx.now);
    session.rewind(ctx.now);
    let is_due = session.next_due().is_some_and(|due| due <= ctx.now);
    if let Some(value) = session.idle_report.clone().filter(|_| !is_due) {
        return Ok(value);
    }
    let mut ended = Batches::default();
    ended.done.effects = told.effects;
    ended.done.events = told.events;
    let before = end_orphans(store, session, ctx, &mut ended)
        .and_then(|()| adopt_moved(store, session, ctx, &mut ended))
        .and_then(|()| subscribe::deliver(store, session, ctx, &mut ended))
        .and_then(|()| chart::tell(store, session, ctx, &mut ended))
        .and_then(|()| notice::tell_digests(store, session, ctx, &mut ended));
    tick.take(ended);
    before?;
    session.ledger.rewind(ctx.now);
    session.books.rewind(ctx.now);
    let plan = plan(&session.snapshot(ctx.now), scope(session.served));
    session.wake_at = plan.wake_at;
    let mut batches = Batches::default();
    let mut carried = Carried::default();
    let made = (&mut tick.dice, &mut batches, &mut carried);
    let end = carry_out(store, session, ctx, (&plan, made)).and_then(|()| {
        conclude(
            store,
            session,
            ctx,
            (&plan, &mut tick.dice, &mut batches, &mut carried),
        )
    });
    if end.is_err() {
        carried.done.truncate(batches.committed);
    }
    session.counters.dispatches += u64::from(spawns(&batches.done.effects));
    tick.take(batches);
    tick.done.append(&mut carried.done);
    end?;
    let acted = !tick.done.is_empty();
    let done = std::mem::take(&mut tick.done);
    let value = report(session, &plan, done, (idle_reason(session, acted), None));
    // A plan that led to nothing is the plan of every poll until something changes or is due.
    if !acted && carried.broken == 0 {
        session.idle_report = Some(value.clone());
    }
    Ok(value)
}

/// Ends the sessions of runs whose cards were taken away from under them. First of all: the task
/// may be ready again, and must not start anew beside the old session.
fn end_orphans<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    let over = ended_by_record(store, session)?;
    for live in &over {
        // A commit that came only half of the way ended the run; its session was never told.
        batches.done.effects.push(Effect::Cancel(Cancel {
            run: live.run.id.clone(),
            session: live.run.session.clone(),
            reason: "the run is over".to_owned(),
        }));
    }
    session
        .orphans
        .retain(|orphan| over.iter().all(|it| it.run.id != orphan.run.id));
    let mut end = Ok(());
    for orphan in session.orphans.clone() {
        let mut work = Work::default();
        work.abandon(session, ctx, orphan.run);
        end = end.and_then(|()| batches.add(store, session, work));
    }
    end = end.and_then(|()| batches.flush(store, session));
    let ended = batches.committed.min(session.orphans.len());
    session.orphans.drain(..ended);
    end
}

/// Lets cards that were moved by hand say where they stand now: the next move is judged from there.
fn adopt_moved<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    batches: &mut Batches,
) -> Result<(), Refusal> {
    if session.shelf.index.moved().next().is_none() {
        return Ok(());
    }
    // Which of two files is meant, a person decides.
    let held = session.shelf.quarantine.values();
    let twins: BTreeSet<&TaskId> = gathered(held.filter_map(|held| held.id.as_ref()));
    let moved = session.shelf.index.moved();
    let moved = moved.filter(|task| !twins.contains(task));
    let places: Vec<Place> = moved.flat_map(|task| session.place(task)).collect();
    let mut end = Ok(());
    let mut met = BTreeSet::new();
    for places in places.chunks(READ_TOGETHER) {
        // One that was broken, or moved on, meanwhile is told by the next change.
        for loaded in load(store, places)?.into_iter().flatten() {
            let mut work = Work::default();
            let (card, written) = (loaded.card(), loaded.written_status());
            let adopted = verb::adopt(&card, written, ctx.now).and_then(|step| {
                let after = step.card.clone();
                work.rewrite(session, ctx, &loaded, (step, None))?;
                Ok(after)
            });
            if let Ok(after) = adopted {
                let before = Card {
                    status: written,
                    ..card
                };
                let moved = (&before, &after);
                flow::follow(store, session, ctx, moved, (&mut work, &mut met));
                cascade(store, session, ctx, moved, (&mut work, &mut met));
                end = end.and_then(|()| batches.add(store, session, work));
            }
        }
    }
    end.and_then(|()| batches.flush(store, session))
}

/// Orphans whose record says that they ended.
fn ended_by_record<S: Store>(store: &mut S, session: &Session) -> Result<Vec<Live>, Refusal> {
    let path = |orphan: &Live| {
        let Run {
            project, task, id, ..
        } = &orphan.run;
        let root = session.shelf.root(project)?;
        Some((
            format!("{}/run.json", root.run_dir(task, id)),
            orphan.clone(),
        ))
    };
    let (paths, orphans): (Vec<String>, Vec<Live>) =
        session.orphans.iter().filter_map(path).unzip();
    let blobs = store.read(&paths, run_record::BYTES_MAX);
    let blobs = blobs.map_err(|error| refusal_of(&error))?;
    let is_ended = |blob: &Blob| match blob {
        Blob::Content { bytes, .. } => {
            run_record::decode(bytes).is_some_and(|run| run.state == RunState::Ended)
        }
        Blob::Absent | Blob::Refused(_) | Blob::Unreadable(_) => false,
    };
    let read = orphans.into_iter().zip(blobs);
    let ended = read.filter(|(_, blob)| is_ended(blob));
    Ok(ended.map(|(orphan, _)| orphan).collect())
}

/// What a poll does besides its actions, and the last commit.
fn conclude<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (plan, dice, batches, carried): (&Plan, &mut Dice, &mut Batches, &mut Carried),
) -> Result<(), Refusal> {
    let failed = carried.failed.as_slice();
    let is_held_up = !failed.is_empty() || !session.obstructed.is_empty();
    session.not_before = is_held_up.then(|| ctx.now.plus_ms(FAILED_PAUSE_MS));
    // What failed is tried again, also where no change and no time asks for it.
    let retries = session.not_before.filter(|_| !failed.is_empty());
    session.wake_at = session.wake_at.into_iter().chain(retries).min();
    let mut work = Work::default();
    report_failures(session, ctx, failed, &mut work);
    announce(session, ctx, &plan.waiting, &mut work);
    announce_hold(session, ctx, plan.waiting_total, &mut work);
    budget::tell(session, ctx, &mut work);
    let reviews = review::make(session, ctx, (&plan.reviews, dice), &mut work)?;
    batches.add(store, session, work)?;
    batches.flush(store, session)?;
    carried.done.extend(reviews);
    remember(session, &plan.waiting, failed);
    let reason = session.lasting_hold().map(str::to_owned);
    if reason.is_none() || plan.waiting_total > 0 {
        session.hold_told = reason;
    }
    Ok(())
}

fn idle_reason(session: &Session, acted: bool) -> Option<&'static str> {
    let index = &session.shelf.index;
    match () {
        () if acted => None,
        () if index.total() == 0 => Some("no_tasks"),
        () if index.count_of(Status::Ready) == 0 => Some("no_ready_tasks"),
        () => Some("no_executable_actions"),
    }
}

/// What became of a plan's actions.
#[derive(Debug, Default)]
struct Carried {
    done: Vec<Value>,
    /// Cards that were found broken and set aside.
    broken: usize,
    /// Actions that were refused.
    failed: Vec<(TaskId, Refusal)>,
}

/// Carries every action out on a fresh reading of its card. A card that was broken meanwhile is set
/// aside and hinders no other.
fn carry_out<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (plan, (dice, batches, carried)): (&Plan, (&mut Dice, &mut Batches, &mut Carried)),
) -> Result<(), Refusal> {
    let mut unreadable = Vec::new();
    let mut stranded = Stranded::of(plan);
    for actions in plan.actions.chunks(READ_TOGETHER) {
        let places = actions.iter().map(|action| session.place(action.task()));
        let places: Vec<Place> = places.collect::<Result<_, _>>()?;
        let cards = load(store, &places)?;
        for (action, loaded) in actions.iter().zip(cards) {
            let Ok(loaded) = loaded else {
                unreadable.extend(session.shelf.path_of(action.task()));
                continue;
            };
            if batches.is_past(session, (action.task(), &loaded)) {
                continue;
            }
            let run = RunId::generate(ctx.now, dice.roll_pair());
            let mut work = Work::default();
            if let Action::Advance(_) = action {
                // It may take cards along that were changed just now.
                batches.flush(store, session)?;
            }
            let started = match action {
                Action::Begin(_) | Action::Advance(_) => {
                    flow::step(store, session, ctx, (action, &loaded, dice), &mut work)
                        .map(|()| None)
                }
                _ => one(session, ctx, (action, &loaded, run), &mut work),
            };
            match started.and_then(|started| work.admit().map(|()| started)) {
                Ok(started) => {
                    stranded.tell(session, ctx, action, &mut work);
                    let done = action::json(session, action, started.as_ref());
                    carried.done.push(done);
                    batches.add(store, session, work)?;
                }
                Err(refusal) => carried.failed.push((action.task().clone(), refusal)),
            }
        }
    }
    read_cards(store, &mut session.shelf, &unreadable).map_err(|error| refusal_of(&error))?;
    carried.broken = unreadable.len();
    Ok(())
}

fn one(
    session: &mut Session,
    ctx: &Context,
    (action, loaded, run): (&Action, &LoadedCard, RunId),
    work: &mut Work,
) -> Result<Option<RunId>, Refusal> {
    let card = loaded.card();
    let (step, closing) = match action {
        Action::Dispatch {
            agent,
            via,
            candidates,
            ..
        } => {
            let decision = decision_json(via, candidates);
            dispatch(session, ctx, (loaded, agent, &run), (decision, work))?;
            return Ok(Some(run));
        }
        Action::Expire(_) => {
            let reason = "the lease lapsed without a sign of life";
            let closing = Closing::new(RunOutcome::Expired, Some(reason)).ending_session();
            (
                verb::release(&card, "lease.expired", reason, ctx.now)?,
                Some(closing),
            )
        }
        Action::Requeue(_) => (verb::requeue(&card, ctx.now)?, None),
        Action::Promote(_) => {
            let by = Promotion::Scheduler;
            (verb::promote(&card, by, ctx.now)?, None)
        }
        Action::Free(_) => (verb::free(&card, ctx.now)?, None),
        Action::Strand { snag, .. } => {
            let reason = snag.to_string();
            let step = verb::strand(&card, snag.blocked_by(), &reason, ctx.now)?;
            (step, None)
        }
        Action::Overdue { policy, .. } => {
            overdue(session, ctx, (loaded, *policy), work)?;
            return Ok(None);
        }
        Action::Timeout(_) => {
            flow::time_up(session, ctx, loaded, work)?;
            return Ok(None);
        }
        Action::Drop(_) => {
            flow::abandon(session, ctx, loaded, work)?;
            return Ok(None);
        }
        // These need more than their card.
        Action::Begin(_) | Action::Advance(_) => return Ok(None),
    };
    work.rewrite(session, ctx, loaded, (step, closing))?;
    Ok(None)
}

/// A task stands too long where it is: people are told, and what the policy says is done.
fn overdue(
    session: &mut Session,
    ctx: &Context,
    (loaded, policy): (&LoadedCard, Policy),
    work: &mut Work,
) -> Result<(), Refusal> {
    let (card, project) = (loaded.card(), loaded.root().id().clone());
    let index = &session.shelf.index;
    let terms = index.terms(&project);
    let limit = terms.zip(index.row(&card.id));
    let limit_ms = limit.and_then(|(terms, row)| sla::limit_ms(row, terms));
    let step = verb::overdue(&card, policy, limit_ms.unwrap_or_default(), ctx.now)?;
    let reason = verb::overdue_reason(&card, limit_ms.unwrap_or_default(), ctx.now);
    let notice = alert::overdue(session, &project, &step.card, (policy, &reason));
    let closing = Closing::new(RunOutcome::Killed, Some(&reason)).ending_session();
    work.rewrite(session, ctx, loaded, (step, Some(closing)))?;
    work.effect(notice);
    Ok(())
}

fn dispatch(
    session: &mut Session,
    ctx: &Context,
    (loaded, agent, run): (&LoadedCard, &AgentId, &RunId),
    (mut decision, work): (Value, &mut Work),
) -> Result<(), Refusal> {
    let ways = session.chart.agent(agent).and_then(|it| it.comms.ways());
    let first = ways.as_ref().and_then(|ways| ways.methods.first()).copied();
    reach::tell(ways.as_ref(), &mut decision);
    let claim = Claim {
        agent: agent.clone(),
        run: run.clone(),
        lease_ttl_ms: reach::ttl_ms(session, first),
        decision,
    };
    let mut step = verb::claim(&loaded.card(), &claim, ctx.now)?;
    let (project, task) = (loaded.root().id().clone(), step.card.id.clone());
    let run = step
        .card
        .lease
        .as_ref()
        .and_then(|lease| Run::requested(project, task, lease));
    let Some(run) = run else { return Ok(()) };
    let spawn = prompt::spawn(session, loaded.root(), &step.card, &run);
    let (run, effect) = reach::by(spawn, run, ctx.now);
    if run.method == Some(Method::Cli) {
        step.events.push(reach::offered(&run));
    }
    let card: Card = step.card.clone();
    work.rewrite(session, ctx, loaded, (step, None))?;
    work.open_account(session, &run);
    work.open_run(loaded.root(), &card, run, effect);
    session.announced.remove(&card.id);
    Ok(())
}

/// What led to an agent, for the event: the chosen one and the first of the others.
fn decision_json(via: &Via, candidates: &[Considered]) -> Value {
    let told = candidates.iter().take(CANDIDATES_TOLD_MAX);
    json!({
        "via": via.text,
        "rule": via.rule,
        "candidates": told.map(explain::candidate).collect::<Vec<_>>(),
        "considered": candidates.len(),
    })
}

fn report(
    session: &Session,
    plan: &Plan,
    actions: Vec<Value>,
    (reason, failure): (Option<&str>, Option<&Refusal>),
) -> String {
    let index = &session.shelf.index;
    let waiting = plan.waiting.iter().map(|waiting| {
        json!({
            "task": waiting.task.as_str(),
            "title": index.row(&waiting.task).map(|row| row.title.as_str()),
            "reason": waiting.reason,
        })
    });
    json!({"poll": {
        "dryRun": reason == Some("dry_run_mode"),
        "actions": actions,
        "waiting": waiting.collect::<Vec<_>>(),
        "waitingTotal": plan.waiting_total,
        "running": index.running(),
        "counts": summary::counts(index),
        "reason": reason,
        "failure": failure.map(summary::of_refusal),
    }})
    .to_line()
}
