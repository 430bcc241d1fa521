//! Rules that hold after recovery, whatever the protocol.
//!
//! Never repairs anything. Invariant: an acknowledged move is there with content, event and effect;
//! one that was not acknowledged is there with all of them or with none.

use super::toy::{Card, EFFECTS, EVENTS, Shelf, parse_line};
use crate::machine::Machine;

/// What is wrong after recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A card is nowhere.
    CardLost,
    /// A card is in more than one place.
    CardDoubled,
    /// A card is not whole, or not where its content says.
    CardTorn,
    /// An acknowledged move is gone.
    MoveForgotten,
    /// A move that nobody began.
    MoveInvented,
    /// A move without its event.
    EventMissing,
    /// An event twice, without its move, or torn.
    EventWrong,
    /// A move without its effect.
    EffectMissing,
    /// An effect twice, without its move, or torn.
    EffectWrong,
    /// A file that recovery should have put away.
    Leftover,
    /// Recovery gave up.
    RecoveryFailed,
}

/// Judges the disk when so many moves of each card had been acknowledged and one more may have
/// happened.
pub(super) fn judge(machine: &Machine, cards: usize, acknowledged: u64) -> Vec<Violation> {
    let hand = machine.hand();
    let mut wrong = Vec::new();
    let mut places: Vec<Vec<(Shelf, Option<Card>)>> = vec![Vec::new(); cards];
    for shelf in Shelf::ALL {
        for name in hand.ls(shelf.name()).unwrap_or_default() {
            let id = name
                .strip_prefix('x')
                .and_then(|rest| rest.split('.').next());
            let place = id.and_then(|id| places.get_mut(id.parse::<usize>().ok()?));
            let bytes = hand.read(&format!("{}/{name}", shelf.name()));
            match place {
                Some(place) => place.push((shelf, Card::parse(&bytes.unwrap_or_default()))),
                None => wrong.push(Violation::Leftover),
            }
        }
    }
    let events = log(machine, EVENTS);
    let effects = log(machine, EFFECTS);
    for (id, copies) in places.iter().enumerate() {
        let card = match copies.as_slice() {
            [] => Err(Violation::CardLost),
            [(shelf, Some(card))] if card.id == id && Shelf::of(card.revision) == *shelf => {
                Ok(*card)
            }
            [_] => Err(Violation::CardTorn),
            _ => Err(Violation::CardDoubled),
        };
        match card {
            Err(violation) => wrong.push(violation),
            Ok(card) => {
                wrong.extend(revision(card, acknowledged));
                wrong.extend(lines(
                    card,
                    &events,
                    Violation::EventMissing,
                    Violation::EventWrong,
                ));
                let (missing, doubled) = (Violation::EffectMissing, Violation::EffectWrong);
                wrong.extend(lines(card, &effects, missing, doubled));
            }
        }
    }
    wrong
}

fn revision(card: Card, acknowledged: u64) -> Option<Violation> {
    if card.revision < acknowledged + 1 {
        return Some(Violation::MoveForgotten);
    }
    (card.revision > acknowledged + 2).then_some(Violation::MoveInvented)
}

fn lines(
    card: Card,
    log: &[Option<Card>],
    missing: Violation,
    doubled: Violation,
) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let count = |revision| {
        let wanted = Some(Card { revision, ..card });
        log.iter().filter(|line| **line == wanted).count()
    };
    for revision in 2..=card.revision {
        match count(revision) {
            0 => wrong.push(missing),
            1 => {}
            _ => wrong.push(doubled),
        }
    }
    if count(card.revision + 1) > 0 || log.contains(&None) {
        wrong.push(doubled);
    }
    wrong
}

fn log(machine: &Machine, name: &str) -> Vec<Option<Card>> {
    let bytes = machine.hand().read(name).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.lines().map(parse_line).collect()
}
