//! Everything that one call wants to change, gathered before it is committed as one batch.

use std::collections::BTreeSet;

use aof_core::books::Entry;
use aof_core::caller::Context;
use aof_core::card::Card;
use aof_core::effect::{Cancel, Effect};
use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use aof_core::org::Method;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunOutcome, RunState};
use aof_core::verb::Step;
use aof_store::event_log::Event;
use aof_store::layout::ProjectRoot;
use aof_store::ledger;
use aof_store::loaded::LoadedCard;
use aof_store::port::{Stamp, Store};
use aof_store::refusal::refusal_of;
use aof_store::request::{Request, RequestKey, Subject};
use aof_store::transaction::Transaction;

use serde_json::{Value, json};

use crate::count::Told;
use crate::notice;
use crate::session::{Live, Session};
use crate::subscribe;

/// Characters of a text in an event or in the record of a run: a line of the log and the record
/// hold it however it is escaped. The card has all of it.
const TEXT_CHARS_MAX: usize = 8_000;

/// How the run that loses its lease ends.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    pub(crate) outcome: RunOutcome,
    pub(crate) reason: Option<String>,
    pub(crate) exit_code: Option<i32>,
    /// The session may still be at work: the host should end it.
    pub(crate) ends_session: bool,
    /// What the run used, if that was told with its end.
    pub(crate) told: Told,
    /// The session is over, too, or never began: nothing more will be told of it.
    pub(crate) is_last: bool,
}

impl Closing {
    pub(crate) fn new(outcome: RunOutcome, reason: Option<&str>) -> Self {
        Closing {
            outcome,
            reason: reason.map(str::to_owned),
            exit_code: None,
            ends_session: false,
            told: Told::default(),
            is_last: false,
        }
    }

    pub(crate) fn ending_session(self) -> Self {
        Closing {
            ends_session: true,
            ..self
        }
    }
}

/// What a call wants to change.
#[derive(Debug, Default)]
pub(crate) struct Work {
    transaction: Transaction,
    cards: Vec<(ProjectId, Card)>,
    effects: Vec<Effect>,
    /// Effects that are recorded and handed out later.
    deferred: Vec<(Instant, Effect)>,
    settled: Vec<String>,
    opened_runs: Vec<Run>,
    /// Those that are new among them.
    begun: BTreeSet<RunId>,
    closed_runs: Vec<RunId>,
    entries: Vec<Entry>,
    /// What the call is about whose work this is: its first card, or its manifest.
    subject: Option<Subject>,
}

/// An event that the log lacks although its change is on disk.
#[derive(Debug)]
pub(crate) struct MissingEvent {
    pub(crate) kind: &'static str,
    pub(crate) project: ProjectId,
    pub(crate) task: TaskId,
    pub(crate) revision: u64,
    pub(crate) payload: Value,
}

/// What was committed.
#[derive(Debug, Default)]
pub(crate) struct Committed {
    pub(crate) effects: Vec<Effect>,
    pub(crate) events: Vec<Event>,
}

impl Work {
    pub(crate) fn is_empty(&self) -> bool {
        self.transaction.is_empty() && self.entries.is_empty()
    }

    /// Whether it changes the card of a task.
    pub(crate) fn changes(&self, id: &TaskId) -> bool {
        self.cards.iter().any(|(_, card)| card.id == *id)
    }

    /// Bytes that it takes in the journal, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.transaction.bytes()
    }

    /// Refuses what is too large for one commit.
    pub(crate) fn admit(&self) -> Result<(), Refusal> {
        self.transaction.admit()
    }

    /// Adds what another work wants to change.
    pub(crate) fn absorb(&mut self, other: Work) {
        self.transaction.absorb(other.transaction);
        self.cards.extend(other.cards);
        self.effects.extend(other.effects);
        self.deferred.extend(other.deferred);
        self.settled.extend(other.settled);
        self.opened_runs.extend(other.opened_runs);
        self.begun.extend(other.begun);
        self.closed_runs.extend(other.closed_runs);
        self.entries.extend(other.entries);
        self.subject = self.subject.take().or(other.subject);
    }

    /// A new card.
    pub(crate) fn create(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        root: &ProjectRoot,
        step: Step,
    ) -> Result<(), Refusal> {
        self.transaction.create(root, &step.card)?;
        self.events(session, ctx, Some((root.id(), &step.card)), step.events);
        self.is_about(&step.card);
        self.cards.push((root.id().clone(), step.card));
        Ok(())
    }

    /// The next version of a card. If its run loses the lease thereby, the run ends as `closing`
    /// says.
    pub(crate) fn rewrite(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        loaded: &LoadedCard,
        (step, closing): (Step, Option<Closing>),
    ) -> Result<(), Refusal> {
        self.transaction.rewrite(loaded, &step.card)?;
        subscribe::tell(session, ctx, &step.card, self);
        if let (Some(closing), None) = (closing, &step.card.lease) {
            self.close_run(session, ctx, loaded, closing);
        }
        let project = loaded.root().id().clone();
        self.note_end(session, loaded, &step);
        self.events(session, ctx, Some((&project, &step.card)), step.events);
        self.is_about(&step.card);
        self.cards.push((project, step.card));
        Ok(())
    }

    fn is_about(&mut self, card: &Card) {
        if self.subject.is_none() {
            self.subject = Some(Subject::Task(card.id.clone()));
        }
    }

    /// A run that begins: its record, its work directory, what reaches its agent.
    pub(crate) fn open_run(&mut self, root: &ProjectRoot, card: &Card, run: Run, reach: Effect) {
        self.transaction.make_work_dir(root, card);
        self.transaction.put_run(root, &run);
        self.effect(reach);
        self.begun.insert(run.id.clone());
        self.opened_runs.push(run);
    }

    /// The next manifest of a project, made from the file of this version.
    pub(crate) fn manifest(&mut self, root: &ProjectRoot, content: String, read: Option<Stamp>) {
        self.subject = Some(Subject::Project(root.id().clone()));
        self.transaction.put_manifest(root, content, read);
    }

    /// The record of a run, and nothing else of it.
    pub(crate) fn put_run(&mut self, root: &ProjectRoot, run: &Run) {
        self.transaction.put_run(root, run);
    }

    /// An entry of the books.
    pub(crate) fn book(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// A run whose record changes.
    pub(crate) fn update_run(&mut self, root: &ProjectRoot, run: Run) {
        self.put_run(root, &run);
        self.opened_runs.push(run);
    }

    /// Something for the host to do after the commit.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.transaction.issue(&effect);
        self.effects.push(effect);
    }

    /// Something for the host to do, but not before its time.
    pub(crate) fn defer(&mut self, due: Instant, effect: Effect) {
        self.transaction.issue(&effect);
        self.deferred.push((due, effect));
    }

    /// An effect that is done or no longer wanted.
    pub(crate) fn settle(&mut self, key: &str) {
        self.transaction.settle(key);
        self.settled.push(key.to_owned());
    }

    /// Numbers and dates events.
    pub(crate) fn events(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        about: Option<(&ProjectId, &Card)>,
        drafts: Vec<EventDraft>,
    ) {
        for draft in drafts {
            self.transaction.event(Event {
                id: session.log.next_id(ctx.now),
                at: ctx.now,
                kind: draft.kind.to_owned(),
                actor: ctx.caller.actor().to_owned(),
                project: about.map(|(project, _)| project.clone()),
                task: about.map(|(_, card)| card.id.clone()),
                run: draft.run,
                revision: about.map(|(_, card)| card.revision),
                payload: shortened(draft.payload),
            });
        }
    }

    /// An event about a task whose card is not at hand.
    pub(crate) fn event_of(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        (project, task): (Option<ProjectId>, Option<TaskId>),
        draft: EventDraft,
    ) {
        self.transaction.event(Event {
            id: session.log.next_id(ctx.now),
            at: ctx.now,
            kind: draft.kind.to_owned(),
            actor: ctx.caller.actor().to_owned(),
            project,
            task,
            run: draft.run,
            revision: None,
            payload: shortened(draft.payload),
        });
    }

    /// A run whose card somebody moved away by hand: its session is ended.
    pub(crate) fn abandon(&mut self, session: &mut Session, ctx: &Context, run: Run) {
        let Some(root) = session.shelf.root(&run.project).cloned() else {
            return;
        };
        let reason = "the card was moved by hand";
        let draft = EventDraft::new("task.reclaimed", json!({"reason": reason}));
        let about = (Some(run.project.clone()), Some(run.task.clone()));
        self.event_of(session, ctx, about, draft.of_run(Some(&run.id)));
        if let Some((key, _)) = session.outbox.start_of(&run.id) {
            self.settle(key);
        }
        let closing = Closing::new(RunOutcome::Released, Some(reason)).ending_session();
        self.end_run(session, ctx, &root, (run, closing));
    }

    /// An event that a crash kept out of the log.
    pub(crate) fn recovered(&mut self, session: &mut Session, ctx: &Context, event: MissingEvent) {
        self.transaction.event(Event {
            id: session.log.next_id(ctx.now),
            at: ctx.now,
            kind: event.kind.to_owned(),
            actor: ctx.caller.actor().to_owned(),
            project: Some(event.project),
            task: Some(event.task),
            run: None,
            revision: Some(event.revision),
            payload: shortened(event.payload),
        });
    }

    fn close_run(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        loaded: &LoadedCard,
        closing: Closing,
    ) {
        let card = loaded.card();
        let project = loaded.root().id().clone();
        let lease = card.lease.as_ref();
        let Some(run) = lease.and_then(|lease| Run::requested(project, card.id.clone(), lease))
        else {
            return;
        };
        let id = run.id.clone();
        let known = session.live.get(&id).map(|live| live.run.clone());
        let run = known.unwrap_or(run);
        if let Some((key, _)) = session.outbox.start_of(&id) {
            self.settle(key);
        }
        self.end_run(session, ctx, loaded.root(), (run, closing));
    }

    fn end_run(
        &mut self,
        session: &mut Session,
        ctx: &Context,
        root: &ProjectRoot,
        (run, closing): (Run, Closing),
    ) {
        let id = run.id.clone();
        let told = closing.told.usage;
        if let Some((usage, source)) = &told {
            self.count(session, ctx, &id, (usage, source));
        }
        // Whoever took an offer has no session that could be ended, or whose end could be told.
        let is_offer = run.method == Some(Method::Cli);
        if (closing.is_last || is_offer) && session.books.account(&id).is_some() {
            self.book(Entry::Closed(id.clone()));
        }
        if closing.ends_session && !is_offer {
            self.effect(Effect::Cancel(Cancel {
                run: id.clone(),
                session: run.session.clone(),
                reason: closing.reason.clone().unwrap_or_default(),
            }));
        }
        let ended = Run {
            state: RunState::Ended,
            ended_at: Some(ctx.now),
            outcome: Some(closing.outcome),
            exit_code: closing.exit_code,
            reason: closing.reason.map(shortened_text),
            usage: told.map(|(usage, _)| usage).or(run.usage),
            ..run
        };
        self.transaction.put_run(root, &ended);
        self.closed_runs.push(id);
    }

    /// Commits everything as one batch and takes it into the session.
    ///
    /// # Errors
    /// What the store says; the session is then as before.
    pub(crate) fn commit<S: Store>(
        mut self,
        store: &mut S,
        session: &mut Session,
    ) -> Result<Committed, Refusal> {
        session.require_writer()?;
        let request = self.request(session);
        self.close_accounts(session);
        let numbered: Vec<(u64, Entry)> = (session.books.seq() + 1..).zip(self.entries).collect();
        self.entries = Vec::new();
        for (seq, entry) in &numbered {
            self.transaction.book(ledger::line(*seq, entry));
        }
        let said = notice::of(session, &self.transaction);
        if let Some((_, notices)) = &said {
            notices.out.iter().for_each(|it| self.effect(it.clone()));
            notices
                .held
                .iter()
                .for_each(|it| self.transaction.issue(it));
        }
        self.admit()?;
        if session.journal.is_due() {
            session
                .checkpoint(store)
                .map_err(|error| refusal_of(&error))?;
        }
        let (mut log, mut journal) = (session.log.clone(), session.journal.clone());
        let (batch, events) = self.transaction.into_batch(&mut log, &mut journal);
        let answer = store.commit(batch, session.opening.epoch);
        // The numbers of its events may have reached the disk, so they are never used again.
        session.log = log;
        match answer {
            Ok(cursor) => (session.cursor, session.journal) = (cursor, journal),
            Err(error) => {
                session
                    .books
                    .skip_to(numbered.last().map_or(0, |(seq, _)| *seq));
                session.refused(store, &error);
                return Err(refusal_of(&error));
            }
        }
        session.take_entries(&numbered);
        session.over.clear();
        for (project, card) in &self.cards {
            session.shelf.put(card, project);
        }
        take_runs(session, self.opened_runs, (&self.begun, &self.closed_runs));
        session.outbox.issue(&self.effects);
        for (due, effect) in self.deferred {
            session.deferred.push((due, effect.key()));
            session.outbox.issue(&[effect]);
        }
        if let Some((desk, notices)) = said {
            session.desk = desk;
            session.outbox.issue(&notices.held);
        }
        for key in &self.settled {
            session.outbox.settle(key);
        }
        if let Some((key, request)) = request {
            session.outbox.requests.note(key, request);
            session.asking = None;
        }
        session.idle_report = None;
        Ok(Committed {
            effects: self.effects,
            events,
        })
    }

    /// Closes the accounts of the runs that are over for good, in the same commit.
    fn close_accounts(&mut self, session: &Session) {
        let over = session.over.iter();
        let open = over.filter(|run| session.books.account(run).is_some());
        self.entries.extend(open.cloned().map(Entry::Closed));
    }

    /// The call whose work this is, if it can be repeated, and if this does what it asks for.
    fn request(&mut self, session: &Session) -> Option<(RequestKey, Request)> {
        let asking = session.asking.clone()?;
        let request = Request {
            digest: asking.digest,
            at: asking.at,
            subject: self.subject.clone()?,
        };
        self.transaction.asked(&asking.key, &request);
        Some((asking.key, request))
    }
}

/// Takes runs in that were opened, some of them just begun, and closed.
fn take_runs(
    session: &mut Session,
    opened: Vec<Run>,
    (begun, closed): (&BTreeSet<RunId>, &[RunId]),
) {
    for run in opened {
        let renewed_at = run.started_at.unwrap_or(run.requested_at);
        if begun.contains(&run.id) {
            session.serve(&run);
            session.quiet.push(run.id.clone());
        }
        session
            .live
            .insert(run.id.clone(), Live { run, renewed_at });
    }
    for id in closed {
        session.live.remove(id);
        session.quiet.retain(|quiet| quiet != id);
    }
}

/// The payload with its texts cut to what a line of the log holds: what a person or a host wrote
/// must not keep a change from happening.
fn shortened(mut payload: Value) -> Value {
    for value in payload.as_object_mut().into_iter().flatten() {
        if let (_, Value::String(text)) = value {
            *text = shortened_text(std::mem::take(text));
        }
    }
    payload
}

fn shortened_text(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(TEXT_CHARS_MAX) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use aof_store::event_log::EVENT_LINE_BYTES_MAX;

    use super::*;

    #[test]
    fn a_text_in_an_event_has_8000_characters() {
        for (text, is_cut) in [
            ("ä".repeat(TEXT_CHARS_MAX), false),
            ("\u{1}".repeat(TEXT_CHARS_MAX), false),
            ("\u{1}".repeat(TEXT_CHARS_MAX + 1), true),
            ("\u{1F600}".repeat(TEXT_CHARS_MAX * 2), true),
        ] {
            let kept = shortened(json!({"text": text, "count": 1}));
            let bytes = kept.to_string().len();
            assert!(bytes < EVENT_LINE_BYTES_MAX - 4_096, "{bytes}");
            let kept = kept.get("text").and_then(Value::as_str).unwrap();
            assert_eq!(kept != text, is_cut);
            assert!(text.starts_with(kept.trim_end_matches('…')));
        }
    }
}
