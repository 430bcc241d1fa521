//! A card as it is on disk right now, ready to be changed.
//!
//! Invariant: every change starts from a fresh reading; the commit is refused if the file has
//! changed since.

use aof_codec::CardDocument;
use aof_core::card::Card;
use aof_core::diagnostic::Diagnostic;
use aof_core::id::TaskId;
use aof_core::refusal::Refusal;
use aof_core::status::Status;

use crate::layout::ProjectRoot;
use crate::port::{Blob, Stamp, Store};
use crate::refusal::refusal_of;

/// Cards larger than this are not read. The codec has the same limit.
pub const CARD_BYTES_MAX: u64 = 1024 * 1024;

/// A card, its version, and where it lies.
#[derive(Debug)]
pub struct LoadedCard {
    root: ProjectRoot,
    status: Status,
    stamp: Stamp,
    fingerprint: String,
    document: CardDocument,
}

impl LoadedCard {
    /// The project's folder.
    #[must_use]
    pub fn root(&self) -> &ProjectRoot {
        &self.root
    }

    /// The directory that it lies in, which is its status whatever the frontmatter says.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The version that was read.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// A hash of the whole file as it was read.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The card, with the status of its directory. A lease that a person's move left behind is
    /// void: only a card in progress has one.
    #[must_use]
    pub fn card(&self) -> Card {
        let card = self.document.card().clone();
        let lease = card.lease.filter(|_| self.status == Status::InProgress);
        Card {
            status: self.status,
            lease,
            ..card
        }
    }

    /// The status that the frontmatter says; after a move by hand it is not the directory's.
    #[must_use]
    pub fn written_status(&self) -> Status {
        self.document.card().status
    }

    /// What the codec had to say about it.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        self.document.warnings()
    }

    /// The file's next content.
    ///
    /// # Errors
    /// Why it could not be read again.
    pub fn render(&self, path: &str, next: &Card) -> Result<String, Vec<Diagnostic>> {
        self.document.render(path, next)
    }
}

/// Where a card is said to lie.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its project's folder.
    pub root: ProjectRoot,
    /// Its directory.
    pub status: Status,
    /// Its id.
    pub id: TaskId,
}

/// Reads cards, one answer per place, in order.
///
/// # Errors
/// What the store says; a card that is gone or broken is an error of its own place only.
pub fn load<S: Store>(
    store: &mut S,
    places: &[Place],
) -> Result<Vec<Result<LoadedCard, Refusal>>, Refusal> {
    let paths: Vec<String> = places
        .iter()
        .map(|place| place.root.card(place.status, &place.id))
        .collect();
    let blobs = store
        .read(&paths, CARD_BYTES_MAX)
        .map_err(|error| refusal_of(&error))?;
    Ok(places
        .iter()
        .zip(paths.iter().zip(blobs))
        .map(|(place, (path, blob))| understand(place, path, blob))
        .collect())
}

fn understand(place: &Place, path: &str, blob: Blob) -> Result<LoadedCard, Refusal> {
    let (bytes, stamp) = match blob {
        Blob::Content { bytes, stamp } => (bytes, stamp),
        Blob::Absent => {
            return Err(Refusal::conflict(
                "AOF-3003",
                format!("`{path}` is not there any more"),
                "the file was moved or deleted; repeat the call",
            )
            .at(path));
        }
        Blob::Refused(why) | Blob::Unreadable(why) => {
            return Err(Refusal::refused("AOF-1143", why, "replace it by a regular file").at(path));
        }
    };
    let document = aof_codec::parse_card(path, &bytes).map_err(|findings| {
        findings.first().map_or_else(
            || Refusal::refused("AOF-1100", format!("`{path}` is no card"), "mend the file"),
            Refusal::from,
        )
    })?;
    Ok(LoadedCard {
        root: place.root.clone(),
        status: place.status,
        stamp,
        fingerprint: fingerprint(&bytes),
        document,
    })
}

/// A hash of a whole file, 16 hexadecimal digits.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    aof_codec::content_hash(&String::from_utf8_lossy(bytes))
}
