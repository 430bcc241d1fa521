//! The card of a hop: what whoever does it needs to know.
//!
//! Invariant: it stands alone, so that a person or an agent needs no other file to begin.

use serde_json::{Map, Value};

use crate::card::Card;
use crate::id::TaskId;
use crate::metadata;
use crate::status::Status;
use crate::verb::{Draft, Step, create};
use crate::workflow::advance::Maker;
use crate::workflow::flow::{Flow, HopOf, HopRecord};
use crate::workflow::outcome::NOTES;
use crate::workflow::{Hop, Kind, State};

/// Bytes of the task's own text that the card of a hop repeats.
const BRIEF_BYTES_MAX: usize = 16 * 1024;
/// Characters of a hop's notes that the cards of later hops repeat.
const NOTES_CHARS_MAX: usize = 2_000;

/// Makes the card of the hop at a position.
pub(super) fn make(
    (card, flow): (&Card, &Flow),
    (at, id): (usize, TaskId),
    maker: &Maker<'_>,
) -> Option<Step> {
    let hop = flow.graph().hop(at)?;
    let record = flow.state.hops.get(at)?;
    let duty = &hop.duty;
    // Of what is computed only a person is asked.
    let is_human = duty.is_human || hop.kind != Kind::Work;
    let body = body((card, flow), (hop, record));
    // Whoever the definition names does it, whatever tags the task has.
    let routing = duty.doer.as_ref().map(maker.route).unwrap_or_default();
    let mut own = Map::new();
    let limit = card.metadata.get(metadata::TIMEOUT_MS);
    own.extend(limit.map(|limit| (metadata::TIMEOUT_MS.to_owned(), limit.clone())));
    let draft = Draft {
        id,
        project: maker.project.clone(),
        status: match is_human {
            true => Status::Review,
            false => Status::Ready,
        },
        title: format!("{}: {}", hop.id, card.title),
        priority: card.priority,
        routing,
        depends_on: Vec::new(),
        dependency_policy: card.dependency_policy,
        parent_id: None,
        resource: duty.resource.clone().or_else(|| card.resource.clone()),
        metadata: own,
        created_by: card.created_by.clone(),
        body,
    };
    let hash = (maker.hash)(&draft.body);
    let mut step = create(draft, hash, maker.now);
    step.card.sla = duty.sla;
    step.card.budget = duty.budget;
    step.card.hop = Some(Box::new(HopOf {
        of: card.id.clone(),
        id: hop.id.clone(),
        pass: record.pass,
        is_human,
        waits_for_review: duty.waits_for_review,
        can_reject: hop.can_reject || hop.kind != Kind::Work,
        timeout_ms: duty.timeout_ms,
        escalate_to: duty.escalate_to.clone(),
        escalated_at: record.is_escalated.then_some(maker.now),
        timed_out_at: None,
        retries: duty.retries,
        result: None,
    }));
    Some(step)
}

fn body((card, flow): (&Card, &Flow), (hop, record): (&Hop, &HopRecord)) -> String {
    let mut text = String::new();
    if let Some(description) = &hop.duty.description {
        section(&mut text, "", description);
    }
    let Flow { definition, .. } = flow;
    let name = &definition.name;
    let intro = format!(
        "This is the hop `{}` of the workflow `{name}`, which {} carries: {}",
        hop.id, card.id, card.title
    );
    section(&mut text, "", &intro);
    if let Some(review) = &record.review {
        section(&mut text, "Sent back", &sent_back(review));
    }
    section(&mut text, "The task", brief(card));
    let before: Vec<String> = upstream(flow, hop, card).collect();
    section(&mut text, "What was done before", &before.join("\n"));
    if let Some(why) = asked(record) {
        section(&mut text, "What is suggested", why);
    }
    let how = match (hop.duty.is_human, hop.can_reject) {
        _ if hop.kind != Kind::Work => {
            "A person decides: `aof approve` takes what is suggested, `aof choose` another answer \
             by the name of its hop, `aof reject` none of them."
        }
        (true, true) => {
            "A person decides: `aof approve` lets the workflow go on, `aof reject --notes …` sends \
             the work back."
        }
        (true, false) => "A person decides: `aof approve` lets the workflow go on.",
        (false, true) => {
            "Complete this task with outcome `success`, or with outcome `rejected` and notes to \
             send the work back."
        }
        (false, false) => "Complete this task with outcome `success`, or `failed` and notes.",
    };
    section(&mut text, "How it ends", how);
    text
}

/// What led to a decision that a person looks at.
fn asked(record: &HopRecord) -> Option<&str> {
    record.result.as_ref()?.get("explanation")?.as_str()
}

fn section(text: &mut String, heading: &str, content: &str) {
    let content = content.trim();
    if content.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    if !heading.is_empty() {
        text.push_str(&format!("## {heading}\n\n"));
    }
    text.push_str(content);
    text.push('\n');
}

fn sent_back(review: &Map<String, Value>) -> String {
    let text = |key: &str| review.get(key).and_then(Value::as_str);
    let count = review.get("count").and_then(Value::as_u64);
    format!(
        "`{}` sent the work back (for the {}. time): {}",
        text("hop").unwrap_or("a hop"),
        count.unwrap_or(1),
        text("notes").unwrap_or("no reason was given")
    )
}

fn brief(card: &Card) -> &str {
    match card.body.len() > BRIEF_BYTES_MAX {
        true => "Its text is long: read the card of the task itself.",
        false => &card.body,
    }
}

/// A line for each hop that this one depends on and that came to an end.
fn upstream<'a>(flow: &'a Flow, hop: &'a Hop, card: &'a Card) -> impl Iterator<Item = String> + 'a {
    hop.edges.iter().filter_map(move |edge| {
        let from = flow.graph().hop(edge.from)?;
        let record = flow.state.hops.get(edge.from)?;
        let state = match &record.standing.state {
            State::Complete(outcome) => format!("complete, {outcome}"),
            other => other.as_str().to_owned(),
        };
        let by = record.by.as_ref().map(|by| format!(" by {by}"));
        let notes = record
            .result
            .as_ref()
            .and_then(|it| it.get(NOTES)?.as_str());
        let notes = notes.map(|notes| {
            let short: String = notes.chars().take(NOTES_CHARS_MAX).collect();
            format!(": {}", short.replace('\n', " "))
        });
        Some(format!(
            "- `{}` ({state}{}), files in work/{}/work/{}{}",
            from.id,
            by.unwrap_or_default(),
            card.id,
            from.id,
            notes.unwrap_or_default()
        ))
    })
}
