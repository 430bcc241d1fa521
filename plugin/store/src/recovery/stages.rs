//! Staged files that a crash left behind: finish the commit or take it back.
//!
//! A staged file lies in the directory that its card was on the way to. Is the card there with an
//! older revision, the rename had happened: settle, or merge if the card is not the one that the
//! stage was made from. Otherwise it had not: discard.

use aof_codec::CardDocument;
use aof_core::card::Card;
use aof_core::status::Status;

use crate::layout::{CardPath, ProjectRoot, Stage, parse_stage_name};
use crate::loaded::{CARD_BYTES_MAX, fingerprint};
use crate::port::{Blob, EntryKind, Listing, Op, Stamp, Store, StoreError};
use crate::recovery::{FinishedMove, Mending};

pub(super) fn mend<S: Store>(store: &mut S, listings: &[Listing]) -> Result<Mending, StoreError> {
    let mut mending = Mending::default();
    for listing in listings {
        for entry in &listing.entries {
            if entry.kind != EntryKind::File || !entry.name.starts_with('.') {
                continue;
            }
            let path = format!("{}/{}", listing.dir, entry.name);
            if let Some((id, stage)) = parse_stage_name(&entry.name) {
                let card = format!("{}/{id}.md", listing.dir);
                decide(store, &mut mending, (&path, &stage), &card)?;
            } else if entry.name.ends_with(".put") {
                mending.lines.push(format!(
                    "removed `{path}`, left over from an unfinished write"
                ));
                mending.ops.push(Op::Remove(path));
            }
        }
    }
    Ok(mending)
}

fn decide<S: Store>(
    store: &mut S,
    mending: &mut Mending,
    (path, stage): (&str, &Stage),
    card: &str,
) -> Result<(), StoreError> {
    let blobs = store.read(&[path.to_owned(), card.to_owned()], CARD_BYTES_MAX)?;
    let mut blobs = blobs.into_iter();
    let (Some(staged), Some(present)) = (blobs.next(), blobs.next()) else {
        return Ok(());
    };
    let staged = parse(card, &staged).filter(|staged| staged.card().revision == stage.revision);
    let before = parse(card, &present).map(|present| present.into_card());
    let was_settled = before
        .as_ref()
        .is_some_and(|before| before.revision >= stage.revision);
    match (staged, present) {
        (Some(staged), Blob::Content { bytes, stamp }) if !was_settled => {
            let from = before.map(|before| before.status);
            mending.finished.extend(finished(card, staged.card(), from));
            if fingerprint(&bytes) == stage.made_from {
                mending.settle(path, card);
            } else {
                mending.merge((path, staged), (card, &bytes, stamp), stage.revision);
            }
        }
        _ => mending.take_back(path),
    }
    Ok(())
}

impl Mending {
    /// The card is as the crash left it: the rest of the commit follows.
    fn settle(&mut self, stage: &str, card: &str) {
        self.lines
            .push(format!("finished the change of `{card}` that was cut off"));
        self.ops.push(Op::Rename {
            from: stage.to_owned(),
            to: card.to_owned(),
            expect: None,
            settle: true,
        });
    }

    /// The rename had not happened, or the change was settled already.
    fn take_back(&mut self, stage: &str) {
        self.lines
            .push(format!("took back an unfinished change (`{stage}`)"));
        self.ops.push(Op::Remove(stage.to_owned()));
    }

    /// Somebody edited the card since the crash: what we own of it is written into their version.
    /// A version that cannot be read stays as it is, with ours beside it.
    fn merge(
        &mut self,
        (stage, staged): (&str, CardDocument),
        (card, bytes, stamp): (&str, &[u8], Stamp),
        revision: u64,
    ) {
        match aof_codec::parse_card(card, bytes) {
            Ok(theirs) => {
                let next = merged(theirs.card(), staged.into_card());
                self.lines.push(format!(
                    "finished the change of `{card}` that was cut off; kept what was edited since"
                ));
                self.ops.push(Op::Replace {
                    path: card.to_owned(),
                    content: theirs.render(&next),
                    expect: Some(stamp),
                });
                self.ops.push(Op::Remove(stage.to_owned()));
            }
            Err(_) => {
                let beside = card.strip_suffix(".md").unwrap_or(card);
                let beside = format!("{beside}.conflict-{revision}.md");
                self.lines.push(format!(
                    "`{card}` was edited after a crash and cannot be read; ours is `{beside}`"
                ));
                self.ops.push(Op::Rename {
                    from: stage.to_owned(),
                    to: beside,
                    expect: None,
                    settle: true,
                });
            }
        }
    }
}

/// A person's card with the fields that the scheduler owns.
fn merged(theirs: &Card, ours: Card) -> Card {
    Card {
        status: ours.status,
        lease: ours.lease,
        metadata: ours.metadata,
        updated_at: ours.updated_at,
        last_transition_at: ours.last_transition_at,
        revision: ours.revision,
        content_hash: Some(aof_codec::content_hash(&theirs.body)),
        ..theirs.clone()
    }
}

fn finished(path: &str, after: &Card, before: Option<Status>) -> Option<FinishedMove> {
    let Some(CardPath::Card {
        project,
        status,
        id,
    }) = ProjectRoot::parse_card_path(path)
    else {
        return None;
    };
    Some(FinishedMove {
        project: project.id().clone(),
        task: id,
        from: before?,
        to: status,
        revision: after.revision,
    })
}

fn parse(path: &str, blob: &Blob) -> Option<CardDocument> {
    match blob {
        Blob::Content { bytes, .. } => aof_codec::parse_card(path, bytes).ok(),
        Blob::Absent | Blob::Refused(_) => None,
    }
}
