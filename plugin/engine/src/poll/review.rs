//! Makes the tasks of reviews that are due.
//!
//! Never decides whether one is due; the plan does. Invariant: the task and the note that the team
//! is reviewed by it are one commit.

use aof_core::books::Entry;
use aof_core::caller::Context;
use aof_core::card::Routing;
use aof_core::dependency::DependencyPolicy;
use aof_core::dice::Dice;
use aof_core::event::EventDraft;
use aof_core::id::{ProjectId, TaskId};
use aof_core::plan::{REVIEW, Review, Snapshot, team_of};
use aof_core::priority::Priority;
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_core::verb::{self, Draft, Step};
use aof_store::layout::{INBOX, ProjectRoot};
use aof_store::loaded::LoadedCard;
use serde_json::{Map, Value, json};

use crate::session::Session;
use crate::tool::fresh_id;
use crate::work::Work;

/// Makes one task for each review; says what was made, as an action of the poll.
pub(super) fn make(
    session: &mut Session,
    ctx: &Context,
    (reviews, dice): (&[Review], &mut Dice),
    work: &mut Work,
) -> Result<Vec<Value>, Refusal> {
    let mut made = Vec::new();
    let Some(root) = home(session).cloned() else {
        return Ok(made);
    };
    for review in reviews {
        let id = fresh_id(session, ctx, dice);
        let draft = Draft {
            id: id.clone(),
            project: root.id().clone(),
            status: Status::Ready,
            body: brief(&session.snapshot(ctx.now), review),
            title: title(session, review),
            priority: Priority::High,
            routing: Routing {
                agent: Some(review.reviewer.clone()),
                team: Some(review.team.clone()),
                ..Routing::default()
            },
            depends_on: Vec::new(),
            dependency_policy: DependencyPolicy::default(),
            parent_id: None,
            resource: None,
            metadata: metadata(review),
            created_by: "aof-scheduler".to_owned(),
        };
        let hash = aof_codec::content_hash(&draft.body);
        let mut step = verb::create(draft, hash, ctx.now);
        let payload = json!({
            "team": review.team.as_str(), "triggeredBy": review.trigger.as_str(),
            "reason": review.reason, "orchestrator": review.reviewer.as_str(),
        });
        step.events
            .push(EventDraft::new("murmur.review.created", payload));
        work.create(session, ctx, &root, step)?;
        work.book(Entry::Reviewed {
            team: review.team.clone(),
            task: id.clone(),
            at: ctx.now,
        });
        made.push(action(session, review, Some(&id)));
    }
    Ok(made)
}

/// What would be made, as actions of a dry run.
pub(super) fn foreseen<'a>(
    session: &'a Session,
    reviews: &'a [Review],
) -> impl Iterator<Item = Value> + 'a {
    let reviews = reviews.iter().filter(|_| home(session).is_some());
    reviews.map(|review| action(session, review, None))
}

/// Where reviews are made. A host that was given other projects only leaves them to one that has
/// this one.
fn home(session: &Session) -> Option<&ProjectRoot> {
    session.shelf.root(&ProjectId::parse(INBOX).ok()?)
}

fn title(session: &Session, review: &Review) -> String {
    let team = session.chart.team(&review.team);
    let name = team.map_or(review.team.as_str(), |team| team.name.as_str());
    format!("Orchestration Review: {name}")
}

fn action(session: &Session, review: &Review, task: Option<&TaskId>) -> Value {
    json!({
        "kind": "review", "task": task.map(TaskId::as_str), "title": title(session, review),
        "run": null, "agent": review.reviewer.as_str(), "reason": review.reason,
    })
}

fn metadata(review: &Review) -> Map<String, Value> {
    let fields = [
        ("kind", REVIEW.to_owned()),
        ("murmurTrigger", review.trigger.as_str().to_owned()),
        ("murmurReason", review.reason.clone()),
    ];
    let fields = fields.into_iter();
    fields
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}

/// What the reviewer is given to read.
fn brief(snapshot: &Snapshot<'_>, review: &Review) -> String {
    let team = &review.team;
    let mut text = format!(
        "Look at the work of team `{team}` as a whole: {}.\n\
         Make the tasks that are missing, change or cancel those that are wrong,\n\
         and complete this one with a summary.\n",
        review.reason
    );
    let murmur = snapshot.chart.team(team).and_then(|it| it.murmur.as_ref());
    let wants = |word: &str| murmur.is_some_and(|it| it.context.iter().any(|it| it == word));
    for (word, path) in [("vision", "docs/vision.md"), ("roadmap", "docs/roadmap.md")] {
        if wants(word) {
            text += &format!("\nThe {word} is in `{path}` of the data directory.\n");
        }
    }
    if wants("taskSummary") {
        let reviewed = snapshot.books.reviewed(team);
        let (completed, failed) = reviewed.map_or((0, 0), |it| (it.completed, it.failed));
        text += &format!(
            "\nSince the last review {completed} tasks of the team were completed\n\
             and {failed} failed for good. Now open:\n\n"
        );
        let open = Status::ALL.into_iter().filter(|it| !is_over(*it));
        for status in open {
            let rows = snapshot.index.rows();
            let own = rows.filter(|(_, row)| row.routing.team.as_ref() == Some(team));
            let count = own.filter(|(_, row)| row.status == status).count();
            text += &format!("- {}: {count}\n", status.as_str());
        }
    }
    text
}

impl Work {
    /// A task may be over: that counts for its team's next review.
    pub(crate) fn note_end(&mut self, session: &Session, loaded: &LoadedCard, step: &Step) {
        let card = &step.card;
        let failed = match card.status {
            Status::Done => false,
            Status::Deadletter => true,
            _ => return,
        };
        let is_review = card.metadata.get("kind").and_then(Value::as_str) == Some(REVIEW);
        if is_review || loaded.written_status() == card.status {
            return;
        }
        let lease = loaded.card().lease;
        let agent = lease.as_ref().map(|lease| &lease.agent);
        let team = match agent.or(card.routing.agent.as_ref()) {
            Some(agent) => team_of(&session.chart, &card.routing, agent),
            None => card.routing.team.as_ref(),
        };
        let team = team.and_then(|team| session.chart.team(team));
        if let Some(team) = team.filter(|team| team.murmur.is_some()) {
            let team = team.id.clone();
            self.book(Entry::Ended { team, failed });
        }
    }
}

/// Whether nobody works on it any more.
fn is_over(status: Status) -> bool {
    status.is_terminal() || status == Status::Deadletter
}
