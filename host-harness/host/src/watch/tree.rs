//! Which directories are watched, and which should be.
//!
//! A directory that is not there is waited for at the nearest one above it that is. Invariant: a
//! directory that has just begun to be watched is looked at once as a whole, because what happened
//! before that was not seen.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, RecursiveMode, Watcher};

use aof_disk::Dirty;

/// The directories under watch.
pub(super) struct Tree {
    root: PathBuf,
    /// Wanted ones and, where those are missing, what is above them; relative to the root.
    watched: BTreeSet<String>,
    /// Wanted ones that are not there.
    missing: BTreeSet<String>,
    /// Why not everything can be watched; the first reason.
    pub(super) trouble: Option<String>,
}

impl Tree {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            watched: BTreeSet::new(),
            missing: BTreeSet::new(),
            trouble: None,
        }
    }

    /// The path below the root as a store writes it; empty for the root itself.
    pub(super) fn relative<'a>(&self, path: &'a Path) -> Option<&'a str> {
        path.strip_prefix(&self.root).ok()?.to_str()
    }

    pub(super) fn is_watched(&self, dir: &str) -> bool {
        self.watched.contains(dir)
    }

    /// True if something at this path may let a missing directory be watched.
    pub(super) fn may_attach(&self, path: &str) -> bool {
        under(&self.missing, path).next().is_some()
    }

    /// Begins to watch whatever is wanted and not watched yet.
    pub(super) fn attach(
        &mut self,
        watcher: &mut dyn Watcher,
        wanted: &BTreeSet<String>,
        seen: &mut Dirty,
    ) {
        self.attach_one(watcher, "");
        self.missing.clear();
        for dir in wanted {
            if self.watched.contains(dir) {
                continue;
            }
            let mut place = dir.as_str();
            while !self.attach_one(watcher, place) {
                let Some((above, _)) = place.rsplit_once('/') else {
                    break;
                };
                place = above;
            }
            if self.watched.contains(dir) {
                seen.touch_whole(dir);
            } else {
                self.missing.insert(dir.clone());
            }
        }
    }

    /// Forgets a directory, and all below it, that was moved or removed; true if there was one.
    pub(super) fn detach(&mut self, watcher: &mut dyn Watcher, dir: &str) -> bool {
        let gone: Vec<String> = under(&self.watched, dir).cloned().collect();
        for dir in &gone {
            self.watched.remove(dir);
            if let Err(error) = watcher.unwatch(&self.root.join(dir)) {
                tracing::trace!(dir, %error, "was not watched any more");
            }
        }
        !gone.is_empty()
    }

    /// True if the directory is watched now.
    fn attach_one(&mut self, watcher: &mut dyn Watcher, dir: &str) -> bool {
        if self.watched.contains(dir) {
            return true;
        }
        let path = self.root.join(dir);
        let is_real = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        if !is_real {
            return false;
        }
        match watcher.watch(&path, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.watched.insert(dir.to_owned());
                true
            }
            Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => false,
            Err(error) => {
                self.trouble.get_or_insert_with(|| error.to_string());
                false
            }
        }
    }
}

/// The directory itself and all below it.
fn under<'a>(dirs: &'a BTreeSet<String>, dir: &'a str) -> impl Iterator<Item = &'a String> {
    let from = dirs.range::<str, _>((Bound::Included(dir), Bound::Unbounded));
    from.take_while(move |it| it.starts_with(dir))
        .filter(move |it| {
            let rest = it.strip_prefix(dir).unwrap_or_default();
            rest.is_empty() || rest.starts_with('/')
        })
}
