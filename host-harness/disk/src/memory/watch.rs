//! Notices what others changed on the disk in memory, by comparing directories that ticked.
//!
//! Never reports what this backend's own commits did. Invariant: an idle look costs one tick per
//! watched directory.

use std::collections::BTreeMap;

use super::disk::Disk;
use crate::contract::{Entry, Page, StoreError};
use crate::limit;
use crate::news::{KnownEntries, News, known_of};
use crate::overlay::Ground;
use crate::path::RelPath;
use crate::stamp::{Known, is_hidden};
use crate::step::Step;

#[derive(Debug, Default)]
struct Watched {
    /// None while the directory is absent.
    tick: Option<(u64, u64)>,
    known: KnownEntries,
}

/// The watched directories and the news of them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    directories: BTreeMap<String, Watched>,
    news: News,
}

impl Watch {
    pub(super) fn reset(&mut self) {
        self.directories.clear();
        self.news.reset();
    }

    pub(super) fn delivered(&self) -> u64 {
        self.news.delivered()
    }

    pub(super) fn listed(
        &mut self,
        disk: &Disk,
        path: RelPath<'_>,
        found: Option<&[Entry]>,
    ) -> Result<(), StoreError> {
        let dir = path.as_str();
        let fresh = usize::from(!self.directories.contains_key(dir));
        limit::admit_watched(path, self.directories.len() + fresh)?;
        let known = found.map(known_of).unwrap_or_default();
        let watched = Watched {
            tick: disk.tick_of(path),
            known,
        };
        self.directories.insert(dir.to_owned(), watched);
        Ok(())
    }

    pub(super) fn changes(
        &mut self,
        disk: &Disk,
        cursor: u64,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.news.acknowledge(cursor);
        if self.news.is_empty() {
            for (dir, watched) in &mut self.directories {
                let path = RelPath::parse(dir)?;
                let tick = disk.tick_of(path);
                if tick != watched.tick {
                    let now = disk.list(path)?.unwrap_or_default();
                    self.news.compare(dir, &mut watched.known, now);
                    watched.tick = tick;
                }
            }
        }
        Ok(self.news.page(limit))
    }

    pub(super) fn clean_before(&self, disk: &Disk, steps: &[Step<'_>]) -> Vec<String> {
        let mut clean = Vec::new();
        for path in steps
            .iter()
            .flat_map(Step::paths)
            .flat_map(|path| [path.parent(), Some(path)])
        {
            let Some(path) = path else { continue };
            let Some(watched) = self.directories.get(path.as_str()) else {
                continue;
            };
            if disk.tick_of(path) == watched.tick {
                clean.push(path.as_str().to_owned());
            }
        }
        clean
    }

    /// Knows what an own batch did, and keeps its clean directories clean.
    pub(super) fn absorb(&mut self, disk: &Disk, clean: &[String], steps: &[Step<'_>]) {
        for path in steps.iter().flat_map(Step::paths) {
            let Some(parent) = path.parent() else {
                continue;
            };
            let Some(watched) = self.directories.get_mut(parent.as_str()) else {
                continue;
            };
            let node = disk.node(path).ok();
            match node.and_then(|node| node.entry(path.name())) {
                Some(entry) if !is_hidden(&entry.name) => {
                    watched.known.insert(entry.name.clone(), Known::of(&entry));
                }
                _ => drop(watched.known.remove(path.name())),
            }
        }
        for dir in clean {
            let Ok(path) = RelPath::parse(dir) else {
                continue;
            };
            if let Some(watched) = self.directories.get_mut(dir) {
                watched.tick = disk.tick_of(path);
            }
        }
    }
}
