//! Notices what others changed in the directories that were listed.
//!
//! Never reports what this backend's own commits did. Invariant: an idle look costs one stat per
//! watched directory; files are looked at only in a changed directory or by the periodic sweep.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::apply::Effect;
use super::failure;
use super::listing::{Mark, Scan, scan};
use super::system::System;
use super::walk::Walk;
use crate::contract::{EntryKind, Page, Stamp, StoreError};
use crate::dirty::{Dirty, DirtySet};
use crate::limit;
use crate::news::{KnownEntries, News, known_of};
use crate::path::RelPath;
use crate::stamp::{Known, is_hidden};
use crate::step::Step;

/// Directories whose files are history: not swept for edits in place.
const TERMINAL_NAMES: [&str; 2] = ["done", "cancelled"];

/// A directory of at most this many entries is listed again after own commits in it.
const SMALL_ENTRIES_MAX: usize = 256;

/// What takes long comes less often: sweeps may take one part of this many of the time, and so may
/// the listings after own commits.
const SHARE: u32 = 50;

/// Sweeps after which a larger one is listed again, if own commits happened in it.
const SWEEPS_PER_REVIEW: u32 = 30;

#[derive(Debug, Default)]
struct Watched {
    /// None while the directory is absent.
    mark: Option<Mark>,
    /// The mark may hide a change that came with it: list again.
    doubtful: bool,
    /// The mark was taken after an own commit, which may hide a change made during it.
    unreviewed: bool,
    known: KnownEntries,
}

/// The watched directories and the news of them.
#[derive(Debug)]
pub(super) struct Watch {
    directories: BTreeMap<String, Watched>,
    news: News,
    sweep_interval: Duration,
    swept: Round,
    /// Small directories were listed again because of own commits.
    relisted: Round,
    reviewed: Round,
    /// What a watcher saw; empty without one.
    dirty: DirtySet,
    #[cfg(test)]
    pub(super) scans: u64,
}

impl Watch {
    pub(super) fn new(system: &impl System, sweep_interval: Duration) -> Self {
        let now = now(system);
        Self {
            directories: BTreeMap::new(),
            news: News::default(),
            sweep_interval,
            swept: Round::at(now),
            relisted: Round::at(now),
            reviewed: Round::at(now),
            dirty: DirtySet::default(),
            #[cfg(test)]
            scans: 0,
        }
    }

    pub(super) fn told_by(&mut self, dirty: DirtySet) {
        self.dirty = dirty;
    }

    pub(super) fn reset(&mut self) {
        self.directories.clear();
        self.news.reset();
    }

    pub(super) fn delivered(&self) -> u64 {
        self.news.delivered()
    }

    /// Takes note of a listing that the session was given.
    pub(super) fn listed(
        &mut self,
        path: RelPath<'_>,
        found: Option<&Scan>,
    ) -> Result<(), StoreError> {
        let dir = path.as_str();
        let fresh = usize::from(!self.directories.contains_key(dir));
        limit::admit_watched(path, self.directories.len() + fresh)?;
        let watched = found.map_or_else(Watched::default, |scan| Watched {
            mark: Some(scan.mark),
            doubtful: scan.racy,
            unreviewed: false,
            known: known_of(&scan.entries),
        });
        self.directories.insert(dir.to_owned(), watched);
        self.dirty.want(dir);
        Ok(())
    }

    /// One page of news; looks at the disk only once the queue is read up.
    pub(super) fn changes<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        cursor: u64,
        limit: u32,
    ) -> Result<Page, StoreError> {
        self.news.acknowledge(cursor);
        if self.news.is_empty() {
            let dirty = self.dirty.take();
            let looked = self.look_around(walk, &dirty);
            if looked.is_err() {
                self.dirty.touch_everything();
            }
            looked?;
            if !self.news.is_empty() {
                self.dirty.reported();
            }
        }
        Ok(self.news.page(limit))
    }

    fn look_around<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        dirty: &Dirty,
    ) -> Result<(), StoreError> {
        let now = now(walk.system());
        let look = Look {
            sweep: self
                .swept
                .begins(now, self.pause(self.swept, self.sweep_interval)),
            relist: self
                .relisted
                .is_due(now, self.pause(self.relisted, Duration::ZERO)),
            review: self
                .reviewed
                .begins(now, self.sweep_interval.saturating_mul(SWEEPS_PER_REVIEW)),
        };
        let mut relisting = Duration::ZERO;
        let names: Vec<&str> = self.directories.keys().map(String::as_str).collect();
        let marks = marks_now(walk, &names);
        for ((dir, watched), mark) in self.directories.iter_mut().zip(marks) {
            let path = RelPath::parse(dir)?;
            let look = Look {
                sweep: look.sweep || dirty.is_whole(dir),
                ..look
            };
            let is_doubted = watched.is_doubted(look);
            let mut is_stale = is_doubted || mark != watched.mark;
            if let Some(names) = dirty.names(dir).filter(|_| !is_stale) {
                is_stale = watched.touched(walk, path, names, &mut self.news)?;
            }
            if is_stale {
                #[cfg(test)]
                {
                    self.scans += 1;
                }
                let begun = self::now(walk.system());
                watched.rescan(walk, path, &mut self.news)?;
                if is_doubted {
                    relisting += self::now(walk.system()).saturating_sub(begun);
                }
            } else if look.sweep && !is_terminal(path) {
                watched.sweep(walk, path, &mut self.news)?;
            }
        }
        if look.sweep {
            self.swept.took = self::now(walk.system()).saturating_sub(now);
        }
        if !relisting.is_zero() {
            self.relisted = Round {
                at: now,
                took: relisting,
            };
        }
        Ok(())
    }

    /// How long after a round the next one may begin: at once in a store that looks at everything
    /// each time.
    fn pause(&self, last: Round, least: Duration) -> Duration {
        if self.sweep_interval.is_zero() {
            return Duration::ZERO;
        }
        least.max(last.took.saturating_mul(SHARE))
    }

    /// The watched directories of a batch that are as they were last seen, as far as they show it.
    pub(super) fn clean_before<S: System>(
        &self,
        walk: &Walk<'_, S>,
        steps: &[Step<'_>],
    ) -> Vec<String> {
        let clean = |dir: RelPath<'_>| {
            let watched = self.directories.get(dir.as_str())?;
            let clean = watched.mark == mark_now(walk, dir);
            clean.then(|| dir.as_str().to_owned())
        };
        let mut clean: Vec<String> = directories_of(steps)
            .into_iter()
            .filter_map(clean)
            .collect();
        clean.dedup();
        clean
    }

    /// Knows what an own batch did, and keeps its clean directories clean.
    pub(super) fn absorb<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        clean: &[String],
        effects: Vec<Effect>,
    ) {
        for effect in effects {
            self.absorb_one(walk, effect);
        }
        for dir in clean {
            let Ok(path) = RelPath::parse(dir) else {
                continue;
            };
            if let Some(watched) = self.directories.get_mut(dir) {
                watched.mark = mark_now(walk, path);
                watched.unreviewed = watched.mark.is_some();
            }
        }
    }

    /// Lists the directories of a batch again: it failed somewhere half way.
    pub(super) fn doubt(&mut self, steps: &[Step<'_>]) {
        for dir in directories_of(steps) {
            if let Some(watched) = self.directories.get_mut(dir.as_str()) {
                watched.doubtful = true;
            }
        }
    }

    fn absorb_one<S: System>(&mut self, walk: &Walk<'_, S>, effect: Effect) {
        match effect {
            Effect::File { path, stamp } => {
                self.know(
                    &path,
                    Some(Known {
                        kind: EntryKind::File,
                        stamp,
                    }),
                );
            }
            Effect::Gone { path } => self.know(&path, None),
            Effect::Directory { path, inode } => {
                let stamp = Stamp {
                    mtime_ns: 0,
                    size: 0,
                    inode,
                };
                self.know(
                    &path,
                    Some(Known {
                        kind: EntryKind::Directory,
                        stamp,
                    }),
                );
                let Ok(made) = RelPath::parse(&path) else {
                    return;
                };
                if let Some(watched) = self.directories.get_mut(&path) {
                    let mark = mark_now(walk, made).filter(|mark| mark.inode == inode);
                    // Known to be empty when it was made; anything in it since is news.
                    *watched = Watched {
                        mark,
                        doubtful: true,
                        ..Watched::default()
                    };
                }
            }
        }
    }

    fn know(&mut self, path: &str, known: Option<Known>) {
        let Some((dir, name)) = path.rsplit_once('/') else {
            return;
        };
        let Some(watched) = self.directories.get_mut(dir) else {
            return;
        };
        match known {
            Some(known) if !is_hidden(name) => watched.known.insert(name.to_owned(), known),
            _ => watched.known.remove(name),
        };
    }
}

/// One looking through files or directories, on the system's clock that never goes backward.
#[derive(Debug, Clone, Copy)]
struct Round {
    at: Duration,
    took: Duration,
}

impl Round {
    fn at(now: Duration) -> Self {
        let took = Duration::ZERO;
        Self { at: now, took }
    }

    fn is_due(self, now: Duration, interval: Duration) -> bool {
        now.saturating_sub(self.at) >= interval
    }

    /// Begins the next one if it is due.
    fn begins(&mut self, now: Duration, interval: Duration) -> bool {
        let due = self.is_due(now, interval);
        if due {
            self.at = now;
        }
        due
    }
}

/// What this look around is for besides marks.
#[derive(Debug, Clone, Copy)]
struct Look {
    sweep: bool,
    /// Small directories that are in doubt.
    relist: bool,
    review: bool,
}

impl Watched {
    /// A small directory is listed again at every doubt, unless that takes too large a part of the
    /// time; a larger one only with the next sweep or review, or a burst of own commits would list
    /// it each time.
    fn is_doubted(&self, look: Look) -> bool {
        let small = look.relist && self.known.len() <= SMALL_ENTRIES_MAX;
        let unreviewed = self.unreviewed && (look.review || small);
        let doubtful = self.doubtful && (look.sweep || small);
        unreviewed || doubtful
    }

    fn rescan<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
        news: &mut News,
    ) -> Result<(), StoreError> {
        let trusted = is_terminal(path).then_some(&self.known);
        let found = scan(walk, path, trusted)?;
        self.unreviewed = false;
        self.doubtful = found.as_ref().is_some_and(|scan| scan.racy);
        self.mark = found.as_ref().map(|scan| scan.mark);
        let entries = found.map(|scan| scan.entries).unwrap_or_default();
        news.compare(path.as_str(), &mut self.known, entries);
        Ok(())
    }

    /// Looks at single files; true if the directory has to be listed again.
    fn touched<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
        names: &BTreeSet<String>,
        news: &mut News,
    ) -> Result<bool, StoreError> {
        let Ok(dir) = walk.dir(Some(path)) else {
            return Ok(true);
        };
        for name in names.iter().filter(|name| !is_hidden(name)) {
            let node = walk
                .look(&dir, name)
                .map_err(|errno| failure::broken(path.as_str(), errno.to_string()))?;
            match (self.known.get_mut(name), node.entry(name)) {
                (None, None) => {}
                (Some(known), Some(entry)) if known.matches(&entry) => {}
                (Some(known), Some(entry))
                    if (known.kind, entry.kind) == (EntryKind::File, EntryKind::File) =>
                {
                    *known = Known::of(&entry);
                    news.report(path.as_str(), name, Some(entry));
                }
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Looks for edits in place, which leave the directory as it was.
    fn sweep<S: System>(
        &mut self,
        walk: &Walk<'_, S>,
        path: RelPath<'_>,
        news: &mut News,
    ) -> Result<(), StoreError> {
        let Ok(dir) = walk.dir(Some(path)) else {
            return Ok(());
        };
        let files = self
            .known
            .iter_mut()
            .filter(|(_, known)| known.kind == EntryKind::File);
        for (name, known) in files {
            let node = walk
                .look(&dir, name)
                .map_err(|errno| failure::broken(path.as_str(), errno.to_string()))?;
            // One that is gone has changed the directory, too: the next look reports it.
            let Some(entry) = node.entry(name) else {
                continue;
            };
            if !known.matches(&entry) {
                *known = Known::of(&entry);
                news.report(path.as_str(), name, Some(entry));
            }
        }
        Ok(())
    }
}

fn now(system: &impl System) -> Duration {
    Duration::from_nanos(system.monotonic_ns())
}

fn mark_now<S: System>(walk: &Walk<'_, S>, path: RelPath<'_>) -> Option<Mark> {
    marks_now(walk, &[path.as_str()]).pop().flatten()
}

/// The marks of directories, in order; none for what is no directory.
fn marks_now<S: System>(walk: &Walk<'_, S>, paths: &[&str]) -> Vec<Option<Mark>> {
    let stamps = walk.glances(paths).into_iter();
    stamps.map(|stamp| stamp.as_ref().map(Mark::of)).collect()
}

fn is_terminal(path: RelPath<'_>) -> bool {
    TERMINAL_NAMES.contains(&path.name())
}

fn directories_of<'a>(steps: &[Step<'a>]) -> Vec<RelPath<'a>> {
    let paths = steps.iter().flat_map(Step::paths);
    let mut directories: Vec<_> = paths.filter_map(RelPath::parent).collect();
    directories.sort_unstable();
    directories.dedup();
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_comes_less_often() {
        let root = tempfile::TempDir::new().unwrap();
        let system = super::super::Native::open(root.path()).unwrap();
        let mut watch = Watch::new(&system, Duration::from_secs(1));
        let round = |ms| Round {
            took: Duration::from_millis(ms),
            ..Round::at(Duration::ZERO)
        };
        let sweeps = |watch: &Watch, ms| watch.pause(round(ms), watch.sweep_interval).as_millis();
        assert_eq!((sweeps(&watch, 0), sweeps(&watch, 200)), (1_000, 10_000));
        let listings = watch.pause(round(1), Duration::ZERO).as_millis();
        assert_eq!(listings, 50, "own commits in a small directory");
        watch.sweep_interval = Duration::ZERO;
        assert_eq!(sweeps(&watch, 200), 0);
    }

    #[test]
    fn a_burst_of_own_commits_lists_a_directory_for_a_fiftieth_of_the_time() {
        let root = tempfile::TempDir::new().unwrap();
        std::fs::create_dir(root.path().join("d")).unwrap();
        let system = super::super::Native::open(root.path()).unwrap();
        let walk = Walk::new(&system);
        let mut watch = Watch::new(&system, Duration::from_secs(3_600));
        let path = RelPath::parse("d").unwrap();
        let found = scan(&walk, path, None).unwrap();
        watch.listed(path, found.as_ref()).unwrap();
        // Given a file that appears while one of them runs: its mark already covers it.
        std::fs::write(root.path().join("d/by-hand"), "").unwrap();
        watch.absorb(&walk, &["d".to_owned()], Vec::new());
        watch.relisted.took = Duration::from_secs(3_600);
        assert!(watch.changes(&walk, 0, 10).unwrap().changes.is_empty());
        assert_eq!(watch.scans, 0, "the last listing took too long for another");
        watch.relisted.took = Duration::ZERO;
        assert_eq!(watch.changes(&walk, 0, 10).unwrap().changes.len(), 1);
        assert_eq!(watch.scans, 1);
        assert!(!watch.relisted.took.is_zero());
    }

    #[test]
    fn a_sweep_is_due_once_per_interval() {
        let start = Duration::from_secs(60);
        let mut last = Round::at(start);
        let interval = Duration::from_secs(1);
        let early = start + Duration::from_millis(999);
        assert!(!last.begins(early, interval));
        assert!(last.begins(start + interval, interval));
        assert!(!last.begins(start + interval, interval));
        assert!(last.begins(start + interval, Duration::ZERO));
    }
}
