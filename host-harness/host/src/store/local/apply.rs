//! Applies a checked batch in order, with the fewest flushes that keep its promise.
//!
//! Never undoes a visible change: after a failure half way the caller recovers by content.
//! Invariant: contents are flushed before names that show them, names before log lines that tell
//! of them.

use std::collections::{BTreeMap, BTreeSet};

use super::log::Log;
use super::place;
use super::stage::{Stage, Temp};
use super::walk::Walk;
use crate::contract::store::{Stamp, StoreError};
use crate::store::flush::Flusher;
use crate::store::overlay::{self, Ground};
use crate::store::path::RelPath;
use crate::store::stamp::{Node, same};
use crate::store::step::{Rename, Step};

/// Files that are open at once while contents or logs wait for their flush.
const OPEN_FILES_MAX: usize = 64;

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

/// One application of one batch.
pub(super) struct Apply<'a, 'w> {
    walk: &'w Walk<'w>,
    flusher: &'w mut Flusher,
    stage: Stage<'w>,
    staged: BTreeMap<usize, Staged>,
    /// Directories (empty for the root) with names that are not flushed.
    touched: BTreeSet<&'a str>,
    logs: Logs<'a>,
    effects: Vec<Effect>,
}

impl<'a, 'w> Apply<'a, 'w> {
    pub(super) fn new(walk: &'w Walk<'w>, flusher: &'w mut Flusher, stage: Stage<'w>) -> Self {
        Self {
            walk,
            flusher,
            stage,
            staged: BTreeMap::new(),
            touched: BTreeSet::new(),
            logs: Logs::default(),
            effects: Vec::new(),
        }
    }

    /// Runs the batch; on failure its temporary files are removed.
    pub(super) fn run(mut self, steps: &[Step<'a>]) -> Result<Vec<Effect>, StoreError> {
        let outcome = self.run_all(steps);
        if outcome.is_err() {
            self.stage.discard(self.walk);
        }
        outcome.map(|()| self.effects)
    }

    fn run_all(&mut self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        self.stage_all(steps)?;
        if !self.staged.is_empty() {
            // Flushing took a while: what a person did meanwhile still refuses the whole batch.
            overlay::check(self.walk, steps)?;
        }
        for (index, step) in steps.iter().enumerate() {
            self.step(index, step)?;
        }
        self.barrier()
    }

    /// Writes and flushes every content whose directory exists already, before any name changes.
    fn stage_all(&mut self, steps: &[Step<'a>]) -> Result<(), StoreError> {
        let mut waiting: Vec<(RelPath<'a>, Temp)> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let Some((path, content)) = step.put() else {
                continue;
            };
            if self.walk.dir(path.parent()).is_err() {
                continue;
            }
            let temp = self.stage.put(self.walk, path, content)?;
            self.staged.insert(
                index,
                Staged {
                    name: temp.name.clone(),
                    stamp: temp.stamp,
                },
            );
            waiting.push((path, temp));
            if waiting.len() >= OPEN_FILES_MAX {
                self.flush_contents(&mut waiting)?;
            }
        }
        self.flush_contents(&mut waiting)
    }

    fn flush_contents(&mut self, waiting: &mut Vec<(RelPath<'a>, Temp)>) -> Result<(), StoreError> {
        for (path, temp) in waiting.drain(..) {
            self.flusher.file(&temp.file, path.as_str())?;
        }
        Ok(())
    }

    fn step(&mut self, index: usize, step: &Step<'a>) -> Result<(), StoreError> {
        if let Step::Append { path, lines } = step {
            self.logs.push(*path, lines);
            return Ok(());
        }
        if step.paths().iter().any(|path| self.logs.wait_for(*path)) {
            // The log itself is moved or replaced: its lines belong to the file of now.
            self.barrier()?;
        }
        match step {
            Step::Create { path, content } => self.create(index, *path, content),
            Step::Replace {
                path,
                content,
                expect,
            } => {
                let staged = self.staged(index, *path, content)?;
                self.demand_version(*path, expect.as_ref())?;
                place::settle(self.walk, &staged.name, *path)?;
                self.placed(*path, &staged);
                Ok(())
            }
            Step::Rename(rename) => self.rename(rename),
            Step::Remove(path) => self.remove(*path),
            Step::MakeDir(path) => self.make_dir(*path),
            Step::Append { .. } => Ok(()),
        }
    }

    fn create(
        &mut self,
        index: usize,
        path: RelPath<'a>,
        content: &[u8],
    ) -> Result<(), StoreError> {
        let staged = self.staged(index, path, content)?;
        place::publish(self.walk, &staged.name, path)?;
        self.placed(path, &staged);
        Ok(())
    }

    fn rename(&mut self, rename: &Rename<'a>) -> Result<(), StoreError> {
        let stamp = match self.walk.node(rename.from)? {
            Node::File(stamp) => stamp,
            _ => return Err(rename.from.not_found()),
        };
        if rename.expect.is_some_and(|expect| !same(&expect, &stamp)) {
            return Err(StoreError::Conflict(rename.from.as_str().to_owned()));
        }
        place::rename(self.walk, rename.from, rename.to, rename.settle)?;
        self.touch(rename.from);
        self.touch(rename.to);
        if rename.from != rename.to {
            self.effects.push(Effect::Gone {
                path: rename.from.as_str().to_owned(),
            });
        }
        self.effects.push(Effect::File {
            path: rename.to.as_str().to_owned(),
            stamp,
        });
        Ok(())
    }

    fn remove(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        if place::remove(self.walk, path)? {
            self.touch(path);
            self.effects.push(Effect::Gone {
                path: path.as_str().to_owned(),
            });
        }
        Ok(())
    }

    fn make_dir(&mut self, path: RelPath<'a>) -> Result<(), StoreError> {
        for prefix in path.prefixes() {
            if let Some(inode) = place::make_dir(self.walk, prefix)? {
                self.touch(prefix);
                self.effects.push(Effect::Directory {
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
        if let Some(staged) = self.staged.remove(&index) {
            return Ok(staged);
        }
        let temp = self.stage.put(self.walk, path, content)?;
        self.flusher.file(&temp.file, path.as_str())?;
        Ok(Staged {
            name: temp.name,
            stamp: temp.stamp,
        })
    }

    fn placed(&mut self, path: RelPath<'a>, staged: &Staged) {
        self.stage.placed(path, &staged.name);
        self.touch(path);
        let path = path.as_str().to_owned();
        self.effects.push(Effect::File {
            path,
            stamp: staged.stamp,
        });
    }

    /// The last look before a replacement: a version that appeared since the check is kept.
    fn demand_version(&self, path: RelPath<'_>, expect: Option<&Stamp>) -> Result<(), StoreError> {
        let held = match (self.walk.node(path)?, expect) {
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

    fn touch(&mut self, path: RelPath<'a>) {
        self.touched
            .insert(path.parent().map_or("", RelPath::as_str));
    }

    /// Flushes the names changed so far, then appends and flushes the logs.
    fn barrier(&mut self) -> Result<(), StoreError> {
        let mut waiting = std::mem::take(&mut self.logs).lines.into_iter();
        loop {
            let chunk: Vec<_> = waiting.by_ref().take(OPEN_FILES_MAX).collect();
            let mut open = Vec::with_capacity(chunk.len());
            for (path, lines) in chunk {
                let (log, made) = Log::open(self.walk, path)?;
                if made {
                    self.touch(path);
                }
                open.push((log, lines));
            }
            self.flush_names()?;
            if open.is_empty() {
                return Ok(());
            }
            open.into_iter()
                .try_for_each(|(log, lines)| self.append(log, &lines))?;
        }
    }

    fn flush_names(&mut self) -> Result<(), StoreError> {
        for dir in std::mem::take(&mut self.touched) {
            let handle = match RelPath::parse(dir) {
                Ok(path) => self.walk.dir(Some(path)).map_err(|miss| miss.error(path))?,
                Err(_root) => self
                    .walk
                    .dir(None)
                    .map_err(|_| StoreError::NotFound(String::new()))?,
            };
            self.flusher.directory(&*handle, dir)?;
        }
        Ok(())
    }

    fn append(&mut self, mut log: Log<'a>, lines: &[&[String]]) -> Result<(), StoreError> {
        let stamp = log.append(lines)?;
        let path = log.path().as_str();
        self.flusher.file(log.file(), path)?;
        self.effects.push(Effect::File {
            path: path.to_owned(),
            stamp,
        });
        Ok(())
    }
}
