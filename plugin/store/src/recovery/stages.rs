//! Staged files that a crash left behind: finish the commit or take it back.
//!
//! A staged file lies in the directory that its card was on the way to. Is the card there with an
//! older revision, the rename had happened: settle. Otherwise it had not: discard.

use aof_core::card::Card;

use crate::layout::{CardPath, ProjectRoot, parse_stage_name};
use crate::loaded::CARD_BYTES_MAX;
use crate::port::{Blob, EntryKind, Listing, Op, Store, StoreError};
use crate::recovery::{FinishedMove, Mending};

pub(super) fn mend<S: Store>(store: &mut S, listings: &[Listing]) -> Result<Mending, StoreError> {
    let mut mending = Mending::default();
    for listing in listings {
        for entry in &listing.entries {
            if entry.kind != EntryKind::File || !entry.name.starts_with('.') {
                continue;
            }
            let path = format!("{}/{}", listing.dir, entry.name);
            if let Some((id, revision)) = parse_stage_name(&entry.name) {
                let card = format!("{}/{id}.md", listing.dir);
                decide(store, &mut mending, &path, &card, revision)?;
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
    stage: &str,
    card: &str,
    staged_revision: u64,
) -> Result<(), StoreError> {
    let blobs = store.read(&[stage.to_owned(), card.to_owned()], CARD_BYTES_MAX)?;
    let mut blobs = blobs.into_iter();
    let (Some(staged), Some(present)) = (blobs.next(), blobs.next()) else {
        return Ok(());
    };
    let staged_is_whole =
        parse(card, &staged).is_some_and(|staged| staged.revision == staged_revision);
    let present = parse(card, &present).filter(|present| present.revision < staged_revision);
    match present.filter(|_| staged_is_whole) {
        Some(present) => {
            mending
                .lines
                .push(format!("finished the change of `{card}` that was cut off"));
            mending.ops.push(Op::Rename {
                from: stage.to_owned(),
                to: card.to_owned(),
                expect: None,
                settle: true,
            });
            mending
                .finished
                .extend(finished(card, &present, staged_revision));
        }
        None => {
            mending
                .lines
                .push(format!("took back an unfinished change (`{stage}`)"));
            mending.ops.push(Op::Remove(stage.to_owned()));
        }
    }
    Ok(())
}

fn finished(path: &str, before: &Card, revision: u64) -> Option<FinishedMove> {
    let Some(CardPath::Card {
        project,
        status,
        id,
    }) = ProjectRoot::parse_card_path(path)
    else {
        return None;
    };
    let project = project.id().clone();
    Some(FinishedMove {
        project,
        task: id,
        from: before.status,
        to: status,
        revision,
    })
}

fn parse(path: &str, blob: &Blob) -> Option<Card> {
    match blob {
        Blob::Content { bytes, .. } => aof_codec::parse_card(path, bytes)
            .ok()
            .map(aof_codec::CardDocument::into_card),
        Blob::Absent | Blob::Refused(_) => None,
    }
}
