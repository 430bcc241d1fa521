//! What others changed, queued with a growing cursor and handed out in pages.
//!
//! Never looks at a disk. Invariant: an entry is dropped only once a cursor acknowledged it, and
//! cursors never go backward, not even across a reopening.

use std::collections::{BTreeMap, VecDeque};

use crate::contract::{Change, Entry, Page};
use crate::limit::PAGE_CHANGES_MAX;
use crate::stamp::{Known, is_hidden};

/// What a session knows of one directory, without hidden names.
pub(super) type KnownEntries = BTreeMap<String, Known>;

/// The queue of changes.
#[derive(Debug, Default)]
pub(super) struct News {
    queue: VecDeque<Change>,
    /// Cursor of the entry before the queue's first.
    acknowledged: u64,
    /// Cursor of the last entry that a page carried.
    delivered: u64,
}

impl News {
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Forgets everything queued; cursors go on growing.
    pub(super) fn reset(&mut self) {
        self.acknowledged += self.queue.len() as u64;
        self.delivered = self.acknowledged;
        self.queue.clear();
    }

    /// Drops what the cursor covers; a cursor from nowhere covers only what was handed out.
    pub(super) fn acknowledge(&mut self, cursor: u64) {
        let until = cursor.min(self.delivered);
        while self.acknowledged < until && self.queue.pop_front().is_some() {
            self.acknowledged += 1;
        }
    }

    pub(super) fn page(&mut self, limit: u32) -> Page {
        let limit = limit.clamp(1, PAGE_CHANGES_MAX) as usize;
        let changes: Vec<Change> = self.queue.iter().take(limit).cloned().collect();
        let cursor = self.acknowledged + changes.len() as u64;
        self.delivered = self.delivered.max(cursor);
        Page {
            more: changes.len() < self.queue.len(),
            changes,
            cursor,
        }
    }

    pub(super) fn report(&mut self, dir: &str, name: &str, entry: Option<Entry>) {
        self.queue.push_back(Change {
            path: format!("{dir}/{name}"),
            entry,
        });
    }

    /// Reports how a directory differs from what was known of it, and knows it from then on.
    pub(super) fn compare(&mut self, dir: &str, known: &mut KnownEntries, now: Vec<Entry>) {
        let mut before = std::mem::take(known);
        for entry in now.into_iter().filter(|entry| !is_hidden(&entry.name)) {
            let seen = Known::of(&entry);
            let name = entry.name.clone();
            if !before
                .remove(&name)
                .is_some_and(|known| known.matches(&entry))
            {
                self.report(dir, &name, Some(entry));
            }
            known.insert(name, seen);
        }
        for name in before.into_keys() {
            self.report(dir, &name, None);
        }
    }
}

/// What a listing lets a session know.
pub(super) fn known_of(entries: &[Entry]) -> KnownEntries {
    let visible = entries.iter().filter(|entry| !is_hidden(&entry.name));
    visible
        .map(|entry| (entry.name.clone(), Known::of(entry)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: usize) -> News {
        let mut news = News::default();
        for number in 0..count {
            news.report("d", &number.to_string(), None);
        }
        news
    }

    #[test]
    fn the_same_cursor_gives_the_same_page() {
        let mut news = filled(3);
        let first = news.page(2);
        news.acknowledge(0);
        let again = news.page(2);
        assert_eq!((first.cursor, first.more), (2, true));
        assert_eq!((again.cursor, again.changes.len()), (2, 2));
    }

    #[test]
    fn a_cursor_from_nowhere_loses_nothing() {
        let mut news = filled(3);
        news.page(1);
        news.acknowledge(u64::MAX);
        let page = news.page(10);
        assert_eq!((page.changes.len(), page.cursor, page.more), (2, 3, false));
    }

    #[test]
    fn cursors_grow_across_a_reset() {
        let mut news = filled(3);
        news.page(1);
        news.reset();
        assert!(news.is_empty());
        news.report("d", "x", None);
        let page = news.page(0);
        assert_eq!((page.cursor, page.changes.len()), (4, 1));
    }

    #[test]
    fn a_page_has_10_000_changes_at_the_most() {
        let most = PAGE_CHANGES_MAX as usize;
        let page = filled(most).page(u32::MAX);
        assert_eq!((page.changes.len(), page.more), (most, false));
        let page = filled(most + 1).page(u32::MAX);
        assert_eq!((page.changes.len(), page.more), (most, true));
    }
}
