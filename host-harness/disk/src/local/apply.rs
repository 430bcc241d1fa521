//! Applies a checked batch: its journal line first, then everything that the line tells of.
//!
//! Never undoes a visible change: after a failure half way the caller recovers from the journal.
//! Invariant: nothing of a batch is visible before its journal lines are on stable storage, and
//! they are taken back if nothing of it became visible.

use std::collections::BTreeMap;

use rustix::io::Errno;

use super::lock::WriterLock;
use super::log::Log;
use super::place;
use super::stage::Stage;
use super::system::System;
use super::walk::Walk;
use crate::contract::{IoFailure, Stamp, StoreError};
use crate::flush::{Flush, Flusher};
use crate::overlay::{self, Ground};
use crate::path::RelPath;
use crate::stamp::{Node, same};
use crate::step::{Rename, Step};

/// A visible change made by a batch, as far as a watched directory is concerned.
#[derive(Debug)]
pub(super) enum Effect {
    File { path: String, stamp: Stamp },
    Gone { path: String },
    Directory { path: String, inode: u64 },
}

/// A content that waits under a temporary name.
struct Staged {
    name: String,
    stamp: Stamp,
}

/// Lines that wait for the names, each log once and in the order of its first line.
#[derive(Default)]
struct Logs<'a> {
    lines: Vec<(RelPath<'a>, Vec<&'a [String]>)>,
    places: BTreeMap<RelPath<'a>, usize>,
}

impl<'a> Logs<'a> {
    fn push(&mut self, path: RelPath<'a>, lines: &'a [String]) {
        let place = *self.places.entry(path).or_insert(self.lines.len());
        match self.lines.get_mut(place) {
            Some((_, waiting)) => waiting.push(lines),
            None => self.lines.push((path, vec![lines])),
        }
    }

    fn wait_for(&self, path: RelPath<'_>) -> bool {
        self.places.contains_key(&path)
    }
}

/// What one application of a batch stands on.
#[derive(Debug)]
pub(super) struct Site<'w, S: System> {
    pub(super) walk: &'w Walk<'w, S>,
    pub(super) lock: &'w WriterLock<S::File>,
}

/// One application of one batch.
pub(super) struct Apply<'a, 'w, S: System> {
    site: Site<'w, S>,
    flusher: &'w mut Flusher,
    stage: Stage<'w>,
    staged: BTreeMap<usize, Staged>,
    journals: Vec<Log<'a, 'w, S>>,
    logs: Logs<'a>,
    /// True once anything of the batch can be seen.
    visible: bool,
    effects: Vec<Effect>,
}

impl<'a, 'w, S: System> Apply<'a, 'w, S> {
    pub(super) fn new(site: Site<'w, S>, flusher: &'w mut Flusher, stage: Stage<'w>) -> Self {
        Self {
            site,
            flusher,
            stage,
            staged: BTreeMap::new(),
            journals: Vec::new(),
            logs: Logs::default(),
            visible: false,
            effects: Vec::new(),
        }
    }

    /// Runs the batch; on failure its temporary files are removed.
    pub(super) fn run(mut self, steps: &[Step<'a>]) -> Result<Vec<Effect>, StoreError> {
        let Err(error) = self.run_all(steps) else {
            return Ok(self.effects);
        };
        self.stage.discard(self.site.walk);
        if self.visible {
            return Err(half_done(error));
        }
        self.take_back();
        Err(error)
    }

    fn run_all(&mut self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        self.stage_all(steps)?;
        self.write_journals(steps)?;
        if !self.journals.is_empty() || !self.staged.is_empty() {
            // Flushing took a while: what others did meanwhile still refuses the whole batch.
            self.check_again(steps)?;
        }
        for (index, step) in steps.iter().enumerate() {
            self.step(index, step)?;
        }
        self.append_logs()
    }

    /// Writes every content whose directory exists already, before any name changes.
    fn stage_all(&mut self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        let mut origins: BTreeMap<RelPath<'a>, RelPath<'a>> = BTreeMap::new();
        for (index, step) in steps.iter().enumerate() {
            if let Step::Rename(rename) = step {
                let origin = origins.remove(&rename.from).unwrap_or(rename.from);
                origins.insert(rename.to, origin);
            }
            let Some((path, content)) = step.put() else {
                continue;
            };
            if self.site.walk.dir(path.parent()).is_ok() {
                let like = origins.get(&path).copied().unwrap_or(path);
                let staged = self.put(path, content, like)?;
                self.staged.insert(index, staged);
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        path: RelPath<'a>,
        content: &[u8],
        like: RelPath<'a>,
    ) -> Result<Staged, StoreError> {
        let temp = self.stage.put(self.site.walk, path, content, like)?;
        Ok(Staged {
            name: temp.name,
            stamp: temp.stamp,
        })
    }

    /// Appends and flushes the lines from which all else can be done again.
    fn write_journals(&mut self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        for step in steps {
            let Step::Journal { path, lines } = step else {
                continue;
            };
            let Some(log) = Log::open(self.site.walk, *path)? else {
                return Err(self.stale());
            };
            let appended = log.append(&[lines]);
            self.journals.push(log);
            let stamp = appended?;
            self.effects.push(Effect::File {
                path: path.as_str().to_owned(),
                stamp,
            });
            if let Some(log) = self.journals.last() {
                self.flusher
                    .flush(Flush::Journal, path.as_str(), || log.flush())?;
            }
        }
        Ok(())
    }

    fn check_again(&self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        let walk = self.site.walk;
        walk.forget();
        if !self.site.lock.is_current(walk) {
            return Err(self.stale());
        }
        overlay::check(walk, steps)
    }

    fn stale(&self) -> StoreError {
        StoreError::StaleEpoch(self.site.walk.epoch())
    }

    /// Takes the journal lines of a refused batch away for good: a loss of power must not bring
    /// back what the caller was told did not happen.
    fn take_back(&mut self) {
        while let Some(log) = self.journals.pop() {
            let path = log.path().as_str();
            let cut = log.take_back().and_then(|()| {
                if self.flusher.has_failed() {
                    return Ok(());
                }
                self.flusher.flush(Flush::Journal, path, || log.flush())
            });
            if let Err(error) = cut {
                self.flusher.give_up();
                tracing::warn!(path, ?error, "journal lines of a refused batch stay behind");
            }
        }
    }

    fn step(&mut self, index: usize, step: &Step<'a>) -> Result<(), StoreError> {
        if step.paths().iter().any(|path| self.logs.wait_for(*path))
            && !matches!(step, Step::Append { .. })
        {
            // The log itself is moved or replaced: its lines belong to the file of now.
            self.append_logs()?;
        }
        match step {
            Step::Create { path, content } => {
                let staged = self.staged(index, *path, content)?;
                place::publish(self.site.walk, &staged.name, *path)?;
                self.placed(*path, &staged);
                Ok(())
            }
            Step::Replace {
                path,
                content,
                expect,
            } => {
                let staged = self.staged(index, *path, content)?;
                self.demand_version(*path, expect.as_ref())?;
                place::settle(self.site.walk, &staged.name, *path)?;
                self.placed(*path, &staged);
                Ok(())
            }
            Step::Rename(rename) => self.rename(rename),
            Step::Remove(path) => self.remove(*path),
            Step::MakeDir(path) => self.make_dir(*path),
            Step::Append { path, lines } => {
                self.logs.push(*path, lines);
                Ok(())
            }
            Step::Journal { .. } => Ok(()),
            Step::Sync => self.sync(),
        }
    }

    fn rename(&mut self, rename: &Rename<'a>) -> Result<(), StoreError> {
        let stamp = match self.site.walk.node(rename.from)? {
            Node::File(stamp) => stamp,
            _ => return Err(rename.from.not_found()),
        };
        if rename.expect.is_some_and(|expect| !same(&expect, &stamp)) {
            return Err(StoreError::Conflict(rename.from.as_str().to_owned()));
        }
        place::rename(self.site.walk, rename.from, rename.to)?;
        self.shown(Effect::Gone {
            path: rename.from.as_str().to_owned(),
        });
        self.shown(Effect::File {
            path: rename.to.as_str().to_owned(),
            stamp,
        });
        Ok(())
    }

    fn remove(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        if place::remove(self.site.walk, path)? {
            self.shown(Effect::Gone {
                path: path.as_str().to_owned(),
            });
        }
        Ok(())
    }

    fn make_dir(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        for prefix in path.prefixes() {
            // Most are there, and open since the check.
            if self.site.walk.dir(Some(prefix)).is_ok() {
                continue;
            }
            if let Some(inode) = place::make_dir(self.site.walk, prefix)? {
                self.shown(Effect::Directory {
                    path: prefix.as_str().to_owned(),
                    inode,
                });
            }
        }
        Ok(())
    }

    /// The content of a step, staged now if its directory did not exist before.
    fn staged(
        &mut self,
        index: usize,
        path: RelPath<'a>,
        content: &[u8],
    ) -> Result<Staged, StoreError> {
        match self.staged.remove(&index) {
            Some(staged) => Ok(staged),
            None => self.put(path, content, path),
        }
    }

    fn placed(&mut self, path: RelPath<'a>, staged: &Staged) {
        self.stage.placed(path, &staged.name);
        self.shown(Effect::File {
            path: path.as_str().to_owned(),
            stamp: staged.stamp,
        });
    }

    fn shown(&mut self, effect: Effect) {
        self.visible = true;
        self.effects.push(effect);
    }

    /// The last look before a replacement: a version that appeared since the check is kept.
    fn demand_version(&self, path: RelPath<'_>, expect: Option<&Stamp>) -> Result<(), StoreError> {
        let held = match (self.site.walk.node(path)?, expect) {
            (Node::File(stamp), Some(expect)) => same(&stamp, expect),
            (Node::File(_) | Node::Absent, None) => true,
            _ => false,
        };
        if held {
            Ok(())
        } else {
            Err(StoreError::Conflict(path.as_str().to_owned()))
        }
    }

    fn append_logs(&mut self) -> Result<(), StoreError> {
        for (path, lines) in std::mem::take(&mut self.logs).lines {
            let log = Log::open_or_make(self.site.walk, path)?;
            self.visible = true;
            let stamp = log.append(&lines)?;
            self.effects.push(Effect::File {
                path: path.as_str().to_owned(),
                stamp,
            });
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.append_logs()?;
        let system = self.site.walk.system();
        self.flusher.flush(Flush::Sync, "", || system.sync_all())
    }
}

/// A condition that stopped holding half way is no refusal: something has changed already.
fn half_done(error: StoreError) -> StoreError {
    let (path, errno) = match error {
        StoreError::Conflict(path) => (path, Errno::STALE),
        StoreError::Exists(path) => (path, Errno::EXIST),
        StoreError::NotFound(path) => (path, Errno::NOENT),
        StoreError::BadPath(path) => (path, Errno::LOOP),
        other => return other,
    };
    let message = format!("was changed by someone while a batch was applied ({errno})");
    StoreError::Io(IoFailure { path, message })
}
