//! Tasks that are there twice.
//!
//! AOF 1 could leave two copies of a card in one task store, and numbered tasks in each store for
//! itself; here an id is one task in the whole data directory. Pure. Invariant: who keeps its id
//! does not depend on how far a migration has come.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::card::Card;
use aof_core::id::TaskId;
use aof_core::instant::Instant;
use serde_json::Value;

use super::card::MIGRATED_FROM;
use super::run::number;
use super::survey::{CardFile, Survey};

/// New ids of tasks, by the store that they were in and their former ids.
pub(super) type Names = BTreeMap<usize, BTreeMap<TaskId, TaskId>>;

/// Cards of one id, by task store.
type Copies<'s> = BTreeMap<usize, Vec<(&'s CardFile, &'s Card)>>;

/// What is to be done about tasks that are there twice.
#[derive(Debug, Default)]
pub(super) struct Twins {
    /// Copies that are put aside, with the copy that stays.
    pub copies: BTreeMap<String, String>,
    /// Cards that get another id.
    pub renumbered: BTreeMap<String, TaskId>,
    /// Cards that have got one, and whose former files were not removed yet.
    pub leftovers: BTreeSet<String>,
    /// All new ids, of this plan and of earlier ones.
    pub names: Names,
}

impl Twins {
    /// Finds them.
    pub(super) fn find(survey: &Survey) -> Self {
        let mut twins = Twins::default();
        let former = twins.former(survey);
        let readable = survey
            .cards
            .iter()
            .filter_map(|file| Some((file, card(file)?)));
        let mut by_id: BTreeMap<&TaskId, Copies<'_>> = BTreeMap::new();
        for (file, card) in readable {
            let is_leftover = former.contains(&file.path)
                && survey.originals.get(&file.path) == Some(&file.bytes);
            if is_leftover {
                twins.leftovers.insert(file.path.clone());
                continue;
            }
            let homes = by_id.entry(&file.id).or_default();
            homes.entry(file.home).or_default().push((file, card));
        }
        for (id, homes) in by_id {
            for (at, (home, mut copies)) in homes.into_iter().enumerate() {
                copies.sort_by_key(|(file, card)| rank(file, card));
                let Some((stays, _)) = copies.pop() else {
                    continue;
                };
                for (file, _) in copies {
                    twins.copies.insert(file.path.clone(), stays.path.clone());
                }
                if at > 0 {
                    let new = another(id, &stays.path);
                    twins.renumbered.insert(stays.path.clone(), new.clone());
                    twins.names.entry(home).or_default().insert(id.clone(), new);
                }
            }
        }
        twins
    }

    /// New ids of a task store.
    pub(super) fn names_of(&self, home: usize) -> BTreeMap<TaskId, TaskId> {
        self.names.get(&home).cloned().unwrap_or_default()
    }

    /// Takes in ids that were given before. Returns where those cards lay.
    fn former(&mut self, survey: &Survey) -> BTreeSet<String> {
        let mut former = BTreeSet::new();
        for file in &survey.cards {
            let metadata = card(file).map(|card| &card.metadata);
            let from = metadata
                .and_then(|it| it.get(MIGRATED_FROM))
                .and_then(Value::as_str);
            let Some(from) = from else { continue };
            let name = from
                .rsplit('/')
                .next()
                .and_then(|name| name.strip_suffix(".md"));
            let Some(old) = name.and_then(|name| TaskId::parse(name).ok()) else {
                continue;
            };
            let home = survey
                .homes
                .iter()
                .position(|home| from.starts_with(&home.path("tasks/")));
            if let Some(home) = home {
                let names = self.names.entry(home).or_default();
                names.insert(old, file.id.clone());
                former.insert(from.to_owned());
            }
        }
        former
    }
}

/// The card of a file that can be read.
pub(super) fn card(file: &CardFile) -> Option<&Card> {
    file.card.as_ref().ok().map(aof_codec::CardDocument::card)
}

/// Which copy stays: a finished one, then the one that was changed last.
fn rank(file: &CardFile, card: &Card) -> (bool, Instant, bool, std::cmp::Reverse<String>) {
    let is_placed = card.status == file.status;
    let path = std::cmp::Reverse(file.path.clone());
    (card.status.is_terminal(), card.updated_at, is_placed, path)
}

/// Another id of the same day, made from where the card lies.
fn another(id: &TaskId, path: &str) -> TaskId {
    let day = id.as_str().get(5..15).unwrap_or_default();
    let at = Instant::parse(&format!("{day}T00:00:00Z")).unwrap_or(Instant::from_ms(0));
    TaskId::generate(at, number(&aof_codec::content_hash(path)))
}
