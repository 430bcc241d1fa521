//! Workflows: what the end of a hop does to its task, and what a task that begins or ends does to
//! its hops, in the same commit.
//!
//! Never keeps a hop from ending: whatever cannot go into the commit is left to the next poll,
//! which comes to the same result from the cards. Invariant: a workflow is decided in one place,
//! [`aof_core::workflow`].

use std::cell::RefCell;
use std::collections::BTreeSet;

use aof_core::caller::Context;
use aof_core::card::{Card, Routing};
use aof_core::dice::Dice;
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::gather::gathered;
use aof_core::id::{AgentId, RoleId, TaskId};
use aof_core::metadata;
use aof_core::org::OrgChart;
use aof_core::plan::Action;
use aof_core::refusal::Refusal;
use aof_core::run::RunOutcome;
use aof_core::status::Status;
use aof_core::verb::{self, Step};
use aof_core::workflow::advance::{DROPPED_MAX, SUPERSEDED};
use aof_core::workflow::expand::Plan;
use aof_core::workflow::upgrade::{Difference, upgrade as core_upgrade};
use aof_core::workflow::{
    Advance, Condition, Doer, End, Flow, Graph, HopEnd, Maker, advance, begin,
};
use aof_store::layout::ProjectRoot;
use aof_store::loaded::{LoadedCard, Place, load};
use aof_store::port::{EntryKind, Store};
use aof_store::refusal::refusal_of;

use crate::cascade::cascade;
use crate::change::load_one;
use crate::session::Session;
use crate::tool::fresh_id;
use crate::work::{Closing, Work};

/// What would be written could not be read again.
const NO_ROOM: &str = "AOF-1009";
/// Bytes in the journal that a change and its workflow take together.
const TOGETHER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Adds to `work` what the move of a card from `before` to `after` does to the workflow that it is
/// a hop of, or to the hops of the workflow that it carries.
pub(crate) fn follow<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (before, after): (&Card, &Card),
    (work, met): (&mut Work, &mut BTreeSet<TaskId>),
) {
    if before.status == after.status {
        return;
    }
    let mut own = Work::default();
    let mut dice = Dice::new(ctx.entropy);
    let about = (before, after, &mut dice);
    let followed = match (&after.hop, &after.workflow) {
        (Some(_), _) => hop_moved(store, session, ctx, about, (&mut own, met)),
        (None, Some(flow)) if is_over(after.status) => {
            let hops = flow.state.hops.iter();
            let parts = hops.flat_map(|record| &record.children);
            let parts = parts.chain(&flow.state.dropped);
            let open = flow.open().map(|(_, task)| task).chain(parts);
            let open: Vec<TaskId> = open.cloned().collect();
            let cards = open_cards(store, session, &open);
            cards.and_then(|(cards, _)| {
                let mut cards = cards.iter();
                cards.try_for_each(|loaded| abandon(session, ctx, loaded, &mut own))
            })
        }
        _ => Ok(()),
    };
    if followed.is_ok() && work.bytes() + own.bytes() <= TOGETHER_BYTES_MAX {
        work.absorb(own);
    }
}

const fn is_over(status: Status) -> bool {
    matches!(
        status,
        Status::Done | Status::Cancelled | Status::Deadletter
    )
}

fn hop_moved<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (before, after, dice): (&Card, &Card, &mut Dice),
    (work, met): (&mut Work, &mut BTreeSet<TaskId>),
) -> Result<(), Refusal> {
    let Some(hop) = after.hop.as_deref().filter(|_| is_over(after.status)) else {
        return Ok(());
    };
    if met.contains(&hop.of) || !session.shelf.index.is_waited_for(&after.id, &hop.of) {
        return Ok(());
    }
    let loaded = load_one(store, session, &hop.of)?;
    let holder = before.lease.as_ref().map(|lease| lease.agent.to_string());
    let submitter = before.metadata.get(metadata::SUBMITTED_BY);
    let submitter = submitter.and_then(|it| it.as_str()).map(str::to_owned);
    let by = holder.or(submitter);
    let end = HopEnd {
        by: Some(by.unwrap_or_else(|| ctx.caller.actor().to_owned())),
        ..end_of(after)
    };
    met.insert(hop.of.clone());
    take(store, session, ctx, (&loaded, &[end], dice), (work, met))
}

/// How the card of a hop came to its end.
fn end_of(card: &Card) -> HopEnd {
    let hop = card.hop.as_deref();
    let text = |key: &str| card.metadata.get(key).and_then(|it| it.as_str());
    let end = match card.status {
        Status::Done => End::Done(hop.and_then(|hop| hop.result.clone())),
        // Its task was given up then, and is not any more.
        Status::Cancelled if text(metadata::CANCELLATION_REASON) == Some(SUPERSEDED) => {
            End::Vanished
        }
        Status::Cancelled => {
            let why = text(metadata::CANCELLATION_REASON).unwrap_or("no reason was given");
            End::Failed(format!("cancelled: {why}"))
        }
        _ => End::Failed(
            text(metadata::DEADLETTER_REASON)
                .unwrap_or("no reason was given")
                .to_owned(),
        ),
    };
    HopEnd {
        task: card.id.clone(),
        by: None,
        is_escalated: hop.is_some_and(|hop| hop.escalated_at.is_some()),
        end,
    }
}

/// Takes the workflow of a card further by these ends.
fn take<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, ends, dice): (&LoadedCard, &[HopEnd], &mut Dice),
    (work, met): (&mut Work, &mut BTreeSet<TaskId>),
) -> Result<(), Refusal> {
    let whole = loaded.card();
    let mut tried = |ends: &[HopEnd]| -> Result<Work, Refusal> {
        let mut own = Work::default();
        let way = |card: &Card, maker: &mut Maker<'_>| advance(card, ends, maker);
        let step = made(store, session, ctx, (loaded, &whole, dice), &way)?;
        settle(store, session, ctx, (loaded, &whole, step), (&mut own, met))?;
        Ok(own)
    };
    let own = match tried(ends) {
        // A result for which the card of the task has no room is none.
        Err(refusal) if refusal.code == NO_ROOM => {
            let without: Vec<HopEnd> = ends.iter().map(|it| unheard(it, &refusal)).collect();
            tried(&without)?
        }
        tried => tried?,
    };
    work.absorb(own);
    Ok(())
}

/// The end of a hop whose result cannot be kept.
fn unheard(end: &HopEnd, why: &Refusal) -> HopEnd {
    let mut end = end.clone();
    if let End::Done(Some(_)) = end.end {
        end.end = End::Failed(format!("its result has no room: {}", why.message));
    }
    end
}

/// A workflow begins or goes on: that reads the cards of hops, and makes new ones.
pub(crate) fn step<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (action, loaded, dice): (&Action, &LoadedCard, &mut Dice),
    work: &mut Work,
) -> Result<(), Refusal> {
    match action {
        Action::Begin(_) => start(store, session, ctx, (loaded, dice), work),
        _ => catch_up(store, session, ctx, (loaded, dice), work),
    }
}

/// The workflow of a card begins, or goes on after it failed.
fn start<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, dice): (&LoadedCard, &mut Dice),
    work: &mut Work,
) -> Result<(), Refusal> {
    let whole = loaded.card();
    let step = made(store, session, ctx, (loaded, &whole, dice), &begin)?;
    let into = (work, &mut BTreeSet::new());
    settle(store, session, ctx, (loaded, &whole, step), into)
}

/// Lets the task of a card go on with another workflow, and says what is different.
pub(crate) fn upgrade<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, next, dice): (&LoadedCard, Flow, &mut Dice),
    work: &mut Work,
) -> Result<Difference, Refusal> {
    let whole = loaded.card();
    let difference = RefCell::new(Difference::default());
    let way = |card: &Card, maker: &mut Maker<'_>| {
        let (advance, found) = core_upgrade(card, next.clone(), maker)?;
        *difference.borrow_mut() = found;
        Ok(advance)
    };
    let step = made(store, session, ctx, (loaded, &whole, dice), &way)?;
    let into = (work, &mut BTreeSet::new());
    settle(store, session, ctx, (loaded, &whole, step), into)?;
    Ok(difference.into_inner())
}

/// Takes a workflow further by what became of the cards of its hops, as far as it does not know
/// yet.
fn catch_up<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, dice): (&LoadedCard, &mut Dice),
    work: &mut Work,
) -> Result<(), Refusal> {
    let whole = loaded.card();
    let open: Vec<TaskId> = match whole.workflow.as_deref() {
        Some(flow) => flow.open().map(|(_, task)| task.clone()).collect(),
        None => Vec::new(),
    };
    let index = &session.shelf.index;
    let over = |task: &TaskId| index.has_ended(task);
    let (known, gone): (Vec<TaskId>, Vec<TaskId>) = open
        .into_iter()
        .filter(over)
        .partition(|task| index.status(task).is_some());
    let places = known.iter().map(|task| session.place(task));
    let places: Vec<Place> = places.collect::<Result<_, _>>()?;
    // One that cannot be read waits until somebody mends it.
    let cards = load(store, &places)?.into_iter().flatten();
    let mut ends: Vec<HopEnd> = cards.map(|loaded| end_of(&loaded.card())).collect();
    ends.extend(gone.into_iter().map(|task| HopEnd {
        task,
        by: None,
        is_escalated: false,
        end: End::Vanished,
    }));
    let into = (work, &mut BTreeSet::new());
    take(store, session, ctx, (loaded, &ends, dice), into)
}

/// Gives the card of a hop up that nobody waits for.
pub(crate) fn abandon(
    session: &mut Session,
    ctx: &Context,
    loaded: &LoadedCard,
    work: &mut Work,
) -> Result<(), Refusal> {
    let step = verb::cancel(&loaded.card(), Some(SUPERSEDED), ctx.now)?;
    let closing = Closing::new(RunOutcome::Cancelled, Some(SUPERSEDED)).ending_session();
    work.rewrite(session, ctx, loaded, (step, Some(closing)))
}

/// The time of a hop is up: somebody else takes over, or people are told.
pub(crate) fn time_up(
    session: &mut Session,
    ctx: &Context,
    loaded: &LoadedCard,
    work: &mut Work,
) -> Result<(), Refusal> {
    let route = |role: &RoleId| routing(&session.chart, &Doer::Role(role.clone()));
    let up = verb::time_up(&loaded.card(), &route, ctx.now)?;
    let reason = match &up.taken_over_by {
        Some(role) => format!("{}; {role} takes over", up.reason),
        None => up.reason.clone(),
    };
    let card = &up.step.card;
    let notice = Effect::Notify(Notify {
        key: format!("hop:{}:{}", card.id, card.revision),
        severity: Severity::Warn,
        audience: None,
        channel: None,
        task: Some(card.id.clone()),
        message: reason,
    });
    let closing = Closing::new(RunOutcome::TimedOut, Some(&up.reason)).ending_session();
    work.rewrite(session, ctx, loaded, (up.step, Some(closing)))?;
    work.effect(notice);
    Ok(())
}

type Way<'a> = &'a dyn Fn(&Card, &mut Maker<'_>) -> Result<Advance, Refusal>;

/// What the workflow of a card says, with all it may ask for.
fn made<S: Store>(
    store: &mut S,
    session: &Session,
    ctx: &Context,
    (loaded, whole, dice): (&LoadedCard, &Card, &mut Dice),
    way: Way<'_>,
) -> Result<Advance, Refusal> {
    let files = match whole.workflow.as_deref() {
        Some(flow) => files(store, loaded.root(), (whole, flow))?,
        None => BTreeSet::new(),
    };
    let mut given: BTreeSet<TaskId> = BTreeSet::new();
    let mut ids = || {
        let mut id = fresh_id(session, ctx, dice);
        while !given.insert(id.clone()) {
            id = fresh_id(session, ctx, dice);
        }
        id
    };
    let mut maker = Maker {
        project: loaded.root().id(),
        ids: &mut ids,
        hash: &aof_codec::content_hash,
        route: &|doer| routing(&session.chart, doer),
        has_file: &|path| files.contains(path),
        plan: &aof_codec::plan_of,
        known: &|plan| known(&session.chart, plan),
        status: &|task| {
            let index = &session.shelf.index;
            // One that cannot be read is not over.
            let unread = index.is_unreadable(task).then_some(Status::Blocked);
            index.status(task).or(unread)
        },
        now: ctx.now,
    };
    way(whole, &mut maker)
}

/// Puts everything that follows into one commit.
fn settle<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (loaded, before, step): (&LoadedCard, &Card, Advance),
    (work, met): (&mut Work, &mut BTreeSet<TaskId>),
) -> Result<(), Refusal> {
    let Advance {
        mut whole,
        made,
        dropped,
    } = step;
    let (cards, left) = open_cards(store, session, &dropped)?;
    let (left, why): (Vec<TaskId>, Vec<Refusal>) = left.into_iter().unzip();
    if let Some(flow) = &mut whole.card.workflow {
        flow.state.dropped.splice(0..0, left);
    }
    let is_all = made.is_empty() && cards.is_empty() && is_nothing(before, &whole);
    // Once the task is over, nobody would give up later what cannot be read now.
    if let (Some(why), true) = (why.into_iter().next(), is_all || is_over(whole.card.status)) {
        return Err(why);
    }
    let after = whole.card.clone();
    let root = loaded.root().clone();
    work.rewrite(session, ctx, loaded, (whole, None))?;
    for step in made {
        work.create(session, ctx, &root, step)?;
    }
    for loaded in &cards {
        abandon(session, ctx, loaded, work)?;
    }
    cascade(store, session, ctx, (before, &after), (work, met));
    work.admit()
}

/// Whether a workflow stands where it stood.
fn is_nothing(before: &Card, whole: &Step) -> bool {
    let Step { card, events } = whole;
    events.is_empty() && card.status == before.status && card.workflow == before.workflow
}

/// Cards as they are now, and those that cannot be read, each with the reason.
type Found = (Vec<LoadedCard>, Vec<(TaskId, Refusal)>);

/// Cards that are to be given up and are not over, as far as there is room for them.
fn open_cards<S: Store>(
    store: &mut S,
    session: &Session,
    tasks: &[TaskId],
) -> Result<Found, Refusal> {
    let index = &session.shelf.index;
    let open = |task: &&TaskId| index.row(task).is_some_and(|row| !is_over(row.status));
    let tasks = tasks.iter().filter(open).take(DROPPED_MAX);
    let places: Vec<Place> = tasks.flat_map(|task| session.place(task)).collect();
    let (mut cards, mut left) = (Vec::new(), Vec::new());
    for (place, read) in places.iter().zip(load(store, &places)?) {
        match read {
            Ok(loaded) => cards.push(loaded),
            Err(refusal) => left.push((place.id.clone(), refusal)),
        }
    }
    Ok((cards, left))
}

/// Whether the chart has everybody whom a plan names. Once it was carried out, that counts no more.
fn known(chart: &OrgChart, plan: &Plan) -> Result<(), String> {
    match plan {
        Plan::Hops(graph) => check_doers(chart, graph).map_err(|refusal| refusal.message),
        Plan::Tasks(children) => {
            let mut doers = children.iter().filter_map(|it| it.hop.duty.doer.as_ref());
            match doers.find_map(|doer| stranger(chart, doer)) {
                Some((kind, name)) => Err(format!("the org chart has no {kind} `{name}`")),
                None => Ok(()),
            }
        }
    }
}

/// Whom the chart knows under the name of whoever does a hop: a role, or an agent of that name
/// where there is no such role.
fn routing(chart: &OrgChart, doer: &Doer) -> Routing {
    let mut routing = Routing::default();
    match doer {
        Doer::Agent(agent) => routing.agent = Some(agent.clone()),
        Doer::Team(team) => routing.team = Some(team.clone()),
        Doer::Role(role) => {
            let agent = AgentId::parse(role.as_str()).ok();
            let agent = agent.filter(|agent| chart.agent(agent).is_some());
            match (chart.roles.contains_key(role), agent) {
                (false, Some(agent)) => routing.agent = Some(agent),
                _ => routing.role = Some(role.clone()),
            }
        }
    }
    routing
}

/// Refuses a workflow that names somebody whom the chart does not have: its hop would wait for
/// ever.
///
/// # Errors
/// `AOF-1162` at the first such name.
pub(crate) fn check_doers(chart: &OrgChart, graph: &Graph) -> Result<(), Refusal> {
    for (at, hop) in graph.hops().iter().enumerate() {
        let escalated = hop.duty.escalate_to.clone().map(Doer::Role);
        let named = [
            ("", hop.duty.doer.as_ref()),
            ("escalateTo", escalated.as_ref()),
        ];
        for (key, doer) in named {
            let Some((kind, name)) = doer.and_then(|doer| stranger(chart, doer)) else {
                continue;
            };
            let key = if key.is_empty() { kind } else { key };
            let field = format!("workflow.hops[{at}].{key}");
            let message = format!("`{field}` is `{name}`, which the org chart does not have");
            let hint = format!("name one of the chart (`aof org show`), or add the {kind} there");
            return Err(Refusal::refused("AOF-1162", message, &hint).at(field));
        }
    }
    Ok(())
}

/// What a hop asks for that the chart does not have.
fn stranger<'a>(chart: &OrgChart, doer: &'a Doer) -> Option<(&'static str, &'a str)> {
    match doer {
        Doer::Agent(agent) => (chart.agent(agent).is_none()).then(|| ("agent", agent.as_str())),
        Doer::Team(team) => (chart.team(team).is_none()).then(|| ("team", team.as_str())),
        Doer::Role(role) => {
            let is_known = routing(chart, doer).agent.is_some() || chart.roles.contains_key(role);
            (!is_known).then(|| ("role", role.as_str()))
        }
    }
}

/// The files below a task's work that its workflow asks for and that are there.
fn files<S: Store>(
    store: &mut S,
    root: &ProjectRoot,
    (card, flow): (&Card, &Flow),
) -> Result<BTreeSet<String>, Refusal> {
    let hops = flow.graph().hops().iter();
    let conditions = hops.flat_map(|hop| {
        let edges = hop.edges.iter().filter_map(|edge| edge.when.as_ref());
        hop.condition.iter().chain(edges)
    });
    let asked = conditions.flat_map(Condition::parts);
    let asked = asked.filter_map(|part| match part {
        Condition::FileExists(path) => Some(path.as_str()),
        _ => None,
    });
    there(store, &root.work_dir(&card.id), gathered(asked))
}

/// Those of these files that are there, below a directory.
///
/// # Errors
/// What the store says.
pub(crate) fn there<S: Store>(
    store: &mut S,
    work: &str,
    asked: BTreeSet<&str>,
) -> Result<BTreeSet<String>, Refusal> {
    let place = |path: &str| match path.rsplit_once('/') {
        Some((dir, name)) => (format!("{work}/{dir}"), name.to_owned()),
        None => (work.to_owned(), path.to_owned()),
    };
    let dirs: BTreeSet<String> = gathered(asked.iter().map(|path| place(path).0));
    let dirs: Vec<String> = dirs.into_iter().collect();
    if dirs.is_empty() {
        return Ok(BTreeSet::new());
    }
    let listings = store.list(&dirs, false);
    let listings = listings.map_err(|error| refusal_of(&error))?;
    let is_there = |path: &&str| {
        let (dir, name) = place(path);
        let listing = listings.iter().find(|listing| listing.dir == dir);
        listing.is_some_and(|listing| {
            let mut entries = listing.entries.iter();
            entries.any(|it| it.name == name && it.kind == EntryKind::File)
        })
    };
    Ok(gathered(
        asked.iter().copied().filter(is_there).map(str::to_owned),
    ))
}
