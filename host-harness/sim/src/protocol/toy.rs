//! The toy: cards that go to and fro between two directories, each time with an event and an
//! effect.
//!
//! Never says how a move is made safe. Invariant: a card is readable only if it is whole.

use aof_disk::Errno;

use crate::machine::Process;

/// Bytes of a card: more than a block, so that it can be torn.
const CARD_BYTES: usize = 900;

/// The log of events.
pub(super) const EVENTS: &str = "events";
/// The log of effects.
pub(super) const EFFECTS: &str = "effects";

/// A way to make moves that survive crashes.
pub trait Protocol {
    /// Lays out cards of revision 1 in the first directory; what it leaves is flushed afterwards.
    ///
    /// # Errors
    /// What the system says.
    fn lay_out(&self, process: &Process, cards: usize) -> Result<(), Errno>;

    /// Makes moves. `Ok` is the acknowledgement.
    ///
    /// # Errors
    /// What the system says; then nobody was told that a move happened.
    fn commit(&self, process: &Process, moves: &[Move]) -> Result<(), Errno>;

    /// Brings everything in order after a crash.
    ///
    /// # Errors
    /// What the system says.
    fn recover(&self, process: &Process) -> Result<(), Errno>;
}

/// A directory of cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shelf {
    /// Where cards of odd revisions are.
    A,
    /// Where cards of even revisions are.
    B,
}

impl Shelf {
    pub(super) const ALL: [Self; 2] = [Self::A, Self::B];

    /// Its name on disk.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }

    /// Where a card of a revision belongs.
    #[must_use]
    pub fn of(revision: u64) -> Self {
        if revision.is_multiple_of(2) {
            Self::B
        } else {
            Self::A
        }
    }
}

/// A card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Card {
    /// Its number.
    pub id: usize,
    /// Counts its changes, from 1.
    pub revision: u64,
}

impl Card {
    /// Its file name.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("x{}", self.id)
    }

    /// Its whole content.
    #[must_use]
    pub fn render(&self) -> Vec<u8> {
        let head = format!("{} {}\n", self.id, self.revision);
        let fill = format!("{}-{} ", self.id, self.revision);
        let times = CARD_BYTES / fill.len();
        (head + &fill.repeat(times)).into_bytes()
    }

    /// A card, if the bytes are all of one.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let head = bytes.split(|byte| *byte == b'\n').next()?;
        let (id, revision) = std::str::from_utf8(head).ok()?.split_once(' ')?;
        let card = Self {
            id: id.parse().ok()?,
            revision: revision.parse().ok()?,
        };
        (card.render() == bytes).then_some(card)
    }
}

/// The move of a card to its next revision and the other directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// The card as it becomes.
    pub card: Card,
}

impl Move {
    /// Where the card is before.
    #[must_use]
    pub fn from(&self) -> Shelf {
        Shelf::of(self.card.revision + 1)
    }

    /// Where it goes.
    #[must_use]
    pub fn to(&self) -> Shelf {
        Shelf::of(self.card.revision)
    }

    /// The card as it was.
    #[must_use]
    pub fn before(&self) -> Card {
        Card {
            revision: self.card.revision - 1,
            ..self.card
        }
    }
}

/// The line that a log has for a revision of a card.
pub(super) fn line(card: &Card) -> String {
    format!("{} {} done", card.id, card.revision)
}

/// The card of a line of a log; `None` if it is not a whole line.
pub(super) fn parse_line(text: &str) -> Option<Card> {
    let (id, rest) = text.split_once(' ')?;
    let revision = rest.strip_suffix(" done")?;
    Some(Card {
        id: id.parse().ok()?,
        revision: revision.parse().ok()?,
    })
}
