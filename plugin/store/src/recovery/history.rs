//! What the journal knows of one card.
//!
//! Never looks at a disk. Invariant: a file counts as ours only if its bytes are ones that a record
//! names, or what a crash can make of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use aof_codec::CardDocument;
use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::status::Status;

use crate::journal::{CardChange, Record};
use crate::layout::{CardPath, ProjectRoot};
use crate::loaded::fingerprint;
use crate::port::{Blob, Stamp};

/// A torn file has lost whole blocks of this size.
const BLOCK_BYTES: usize = 512;

/// What a file of the card turned out to be.
#[derive(Debug)]
pub(super) enum Kind {
    /// It has the last recorded change, or more.
    Current,
    /// Something older that we wrote or wrote over, or a torn piece of it.
    Image,
    /// Somebody's version without the change.
    Edited(Box<Version>),
    /// Somebody's file that is no card.
    Broken,
}

/// A person's version of the card.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) document: CardDocument,
    pub(super) fingerprint: String,
}

/// A file of the card as it is on disk.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) status: Status,
    pub(super) stamp: Option<Stamp>,
    pub(super) kind: Kind,
}

/// Where our version goes if it cannot become the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Beside {
    /// To a path where nothing lies.
    Free(String),
    /// Over a piece of it: recovery itself was cut off before that was flushed.
    Torn(String, Stamp),
    /// It lies there already.
    Kept,
}

/// What the journal knows of one card.
#[derive(Debug)]
pub(super) struct History<'a> {
    pub(super) root: ProjectRoot,
    pub(super) id: TaskId,
    /// Where the last change puts the card.
    pub(super) to: Status,
    /// The last change.
    pub(super) last: &'a CardChange,
    /// Whether the card was made by what is to be done again.
    pub(super) is_new: bool,
    /// Whether anything is to be done again.
    is_wanted: bool,
    places: BTreeSet<Status>,
    images: BTreeSet<String>,
    contents: Vec<&'a str>,
}

/// A card by the folder of its project and its id.
pub(super) type Histories<'a> = BTreeMap<(ProjectRoot, TaskId), History<'a>>;

/// Gathers the cards of the records that are to be done again, with all that the journal knows of
/// them.
pub(super) fn gather<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    is_wanted: impl Fn(&Record) -> bool,
) -> Histories<'a> {
    let mut histories = Histories::new();
    for record in records {
        let is_wanted = is_wanted(record);
        for change in &record.cards {
            note(&mut histories, change, is_wanted);
        }
    }
    histories.retain(|_, history| history.is_wanted);
    histories
}

fn note<'a>(histories: &mut Histories<'a>, change: &'a CardChange, is_wanted: bool) {
    let Some(CardPath::Card {
        project,
        status,
        id,
    }) = ProjectRoot::parse_card_path(&change.to)
    else {
        return;
    };
    let key = (project.clone(), id.clone());
    let history = histories.entry(key).or_insert_with(|| History {
        root: project,
        id,
        to: status,
        last: change,
        is_new: false,
        is_wanted: false,
        places: BTreeSet::new(),
        images: BTreeSet::new(),
        contents: Vec::new(),
    });
    (history.to, history.last) = (status, change);
    history.is_new |= is_wanted && change.from.is_none();
    history.is_wanted |= is_wanted;
    history.places.insert(status);
    let from = change
        .from
        .as_deref()
        .and_then(ProjectRoot::parse_card_path);
    if let Some(CardPath::Card { status, .. }) = from {
        history.places.insert(status);
    }
    history.images.extend(change.made_from.clone());
    history
        .images
        .insert(fingerprint(change.content.as_bytes()));
    history.contents.push(&change.content);
}

impl History<'_> {
    /// The path of the card in a status.
    pub(super) fn path(&self, status: Status) -> String {
        self.root.card(status, &self.id)
    }

    /// Every path where the card may lie, and the first one of our version beside it.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        let places = Status::ALL.into_iter().map(|status| self.path(status));
        places.chain([self.conflict_path(1)])
    }

    /// Where our version goes if a person's is in the way, and as many are there already.
    pub(super) fn conflict_path(&self, number: usize) -> String {
        let revision = self.last.revision;
        self.root.conflict(self.to, &self.id, (revision, number))
    }

    /// Whether a record names this place. A file elsewhere was put there by a person.
    pub(super) fn is_known_place(&self, status: Status) -> bool {
        self.places.contains(&status)
    }

    /// Tells what lies in a status. None if nothing does.
    pub(super) fn look(&self, status: Status, blob: &Blob, may_be_torn: bool) -> Option<Copy> {
        let (kind, stamp) = match blob {
            Blob::Absent => return None,
            Blob::Refused(_) | Blob::Unreadable(_) => (Kind::Broken, None),
            Blob::Content { bytes, stamp } => (self.kind(status, bytes, may_be_torn), Some(*stamp)),
        };
        Some(Copy {
            status,
            stamp,
            kind,
        })
    }

    /// Whether our version can go to the path with this number, where this lies. None if it has to
    /// be the next one.
    pub(super) fn look_beside(
        &self,
        (number, blob): (usize, &Blob),
        may_be_torn: bool,
    ) -> Option<Beside> {
        match blob {
            Blob::Absent => Some(Beside::Free(self.conflict_path(number))),
            Blob::Content { bytes, .. } if bytes == self.last.content.as_bytes() => {
                Some(Beside::Kept)
            }
            Blob::Content { bytes, stamp }
                if may_be_torn
                    && !self.images.contains(&fingerprint(bytes))
                    && self.is_torn(bytes) =>
            {
                Some(Beside::Torn(self.conflict_path(number), *stamp))
            }
            _ => None,
        }
    }

    fn kind(&self, status: Status, bytes: &[u8], may_be_torn: bool) -> Kind {
        if bytes == self.last.content.as_bytes() {
            return Kind::Current;
        }
        let fingerprint = fingerprint(bytes);
        if self.images.contains(&fingerprint) || (may_be_torn && self.is_torn(bytes)) {
            return Kind::Image;
        }
        match aof_codec::parse_card(&self.path(status), bytes) {
            // A later edit, of which the power may have left a piece.
            Ok(_) if may_be_torn && is_cut(bytes) => Kind::Broken,
            Ok(document) if self.came_before(document.card()) => Kind::Current,
            Ok(document) => Kind::Edited(Box::new(Version {
                document,
                fingerprint,
            })),
            Err(_) => Kind::Broken,
        }
    }

    /// Whether the last change came before this version. A higher revision does not say so by
    /// itself: people restore cards of old, we count on from theirs, and the power brings back what
    /// was there before.
    fn came_before(&self, card: &Card) -> bool {
        let ours = aof_codec::parse_card(&self.last.to, self.last.content.as_bytes());
        let changed_at = ours.map(|document| document.card().updated_at);
        match card.revision.cmp(&self.last.revision) {
            Ordering::Less => false,
            Ordering::Equal => changed_at.is_ok_and(|at| card.updated_at == at),
            Ordering::Greater => changed_at.is_ok_and(|at| card.updated_at >= at),
        }
    }

    /// The revision of a card that no record and no crash can have made. None if it is ours, or no
    /// card at all. People do not count revisions: a later one is of a commit that never was.
    pub(super) fn revision_of_stranger(&self, bytes: &[u8]) -> Option<u64> {
        let is_ours = self.images.contains(&fingerprint(bytes)) || self.is_torn(bytes);
        if is_ours {
            return None;
        }
        let document = aof_codec::parse_card(&self.path(self.to), bytes).ok()?;
        let revision = document.card().revision;
        (revision <= self.last.revision).then_some(revision)
    }

    fn is_torn(&self, bytes: &[u8]) -> bool {
        let is_blank = bytes.iter().all(|byte| *byte == 0);
        let mut contents = self.contents.iter();
        is_blank || contents.any(|content| is_torn_from(bytes, content.as_bytes()))
    }
}

/// Whether a file ends where a crash can have cut it off.
fn is_cut(bytes: &[u8]) -> bool {
    bytes.len().is_multiple_of(BLOCK_BYTES)
}

/// Whether a crash can have left `bytes` of `content`: blocks that are missing at the end or were
/// never written.
fn is_torn_from(bytes: &[u8], content: &[u8]) -> bool {
    let is_cut = bytes.len() < content.len() && is_cut(bytes);
    let mut blocks = bytes.chunks(BLOCK_BYTES).zip(content.chunks(BLOCK_BYTES));
    (is_cut || bytes.len() == content.len())
        && blocks.all(|(block, ours)| {
            block == ours.get(..block.len()).unwrap_or_default()
                || block.iter().all(|byte| *byte == 0)
        })
}
