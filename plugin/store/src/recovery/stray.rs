//! What a person wrote into a card whose name the power took.
//!
//! A content is put in place by a rename that nobody flushes. Whoever then edits the card in place
//! and flushes it has flushed a file that, after a loss of power, may be back under its temporary
//! name. Never removes anything. Invariant: what is no content of ours, torn or whole, is set aside
//! beside the card before temporary names are cleared away.

use std::collections::BTreeSet;

use aof_core::gather::gathered;
use aof_core::id::TaskId;
use aof_core::status::Status;

use crate::layout::conflict_name;
use crate::loaded::CARD_BYTES_MAX;
use crate::port::{Blob, Listing, Op, Store, StoreError};
use crate::recovery::Mending;
use crate::recovery::history::{Histories, History};
use crate::recovery::scan::is_leftover;

/// Finds such versions of the cards and sets them aside.
///
/// # Errors
/// What the store says.
pub(super) fn set_aside<S: Store>(
    store: &mut S,
    histories: &Histories<'_>,
) -> Result<Mending, StoreError> {
    let mut mending = Mending::default();
    let dirs: BTreeSet<String> = gathered(histories.values().flat_map(known_dirs));
    // A listing that is not watched would clear temporary names away.
    let listings = store.list(&dirs.into_iter().collect::<Vec<_>>(), true)?;
    for listing in &listings {
        for entry in listing.entries.iter().filter(|entry| is_leftover(entry)) {
            let Some(history) = owner(&entry.name, &listing.dir, histories) else {
                continue;
            };
            let path = format!("{}/{}", listing.dir, entry.name);
            let blobs = store.read(std::slice::from_ref(&path), CARD_BYTES_MAX)?;
            for blob in blobs {
                mending.keep(history, listing, (&path, &blob.certain(&path)?));
            }
        }
    }
    Ok(mending)
}

/// The card that a temporary name is one of.
fn owner<'a, 'h>(name: &str, dir: &str, histories: &'a Histories<'h>) -> Option<&'a History<'h>> {
    let (id, _) = name.strip_prefix('.')?.split_once(".md.")?;
    let id = TaskId::parse(id).ok()?;
    let mut all = histories.values();
    all.find(|history| history.id == id && known_dirs(history).any(|known| known == dir))
}

fn known_dirs(history: &History<'_>) -> impl Iterator<Item = String> {
    let places = Status::ALL.into_iter();
    let places = places.filter(|status| history.is_known_place(*status));
    places.map(|status| history.root.status_dir(status))
}

impl Mending {
    fn keep(&mut self, history: &History<'_>, listing: &Listing, (path, blob): (&str, &Blob)) {
        let Blob::Content { bytes, stamp } = blob else {
            return;
        };
        let Some(revision) = history.revision_of_stranger(bytes) else {
            return;
        };
        let is_free = |name: &String| {
            let taken = listing.entries.iter().any(|entry| entry.name == *name);
            let to = format!("{}/{name}", listing.dir);
            let is_target = |op: &Op| matches!(op, Op::Rename { to: other, .. } if *other == to);
            !taken && !self.ops.iter().any(is_target)
        };
        let id = &history.id;
        // One more than can be taken: a free one is among them.
        let names_max = listing.entries.len() + self.ops.len() + 1;
        let mut names = (1..=names_max).map(|number| conflict_name(id, (revision, number)));
        let Some(name) = names.find(is_free) else {
            return;
        };
        let to = format!("{}/{name}", listing.dir);
        self.lines.push(format!(
            "an edit of {id} had lost its name with the power; it is `{to}`"
        ));
        self.ops.push(Op::Rename {
            from: path.to_owned(),
            to,
            expect: Some(*stamp),
        });
    }
}
