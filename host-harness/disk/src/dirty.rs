//! What was touched since a store last looked, shared between the watcher and the store.
//!
//! Only names; nothing here looks at a disk. Invariant: the set is bounded; past the bound it
//! says "everything", which is slower and never wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Names that are remembered before the set says "everything".
pub const NAMES_MAX: usize = 4_096;

/// Tells somebody that there is something to look at.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// What was touched.
#[derive(Debug, Default)]
pub struct Dirty {
    names: BTreeMap<String, BTreeSet<String>>,
    dirs: BTreeSet<String>,
    everything: bool,
    count: usize,
}

impl Dirty {
    /// True if every file of the directory has to be looked at.
    pub fn is_whole(&self, dir: &str) -> bool {
        self.everything || self.dirs.contains(dir)
    }

    /// The names that were touched in a directory, if any.
    pub fn names(&self, dir: &str) -> Option<&BTreeSet<String>> {
        self.names.get(dir)
    }

    /// Adds a name in a directory.
    pub fn touch(&mut self, dir: &str, name: &str) {
        if self.count >= NAMES_MAX {
            return self.touch_everything();
        }
        if let Some(names) = self.names.get_mut(dir) {
            self.count += usize::from(names.insert(name.to_owned()));
        } else {
            self.names
                .insert(dir.to_owned(), BTreeSet::from([name.to_owned()]));
            self.count += 1;
        }
    }

    /// Adds all files of a directory.
    pub fn touch_whole(&mut self, dir: &str) {
        self.dirs.insert(dir.to_owned());
    }

    /// Gives up telling things apart.
    pub fn touch_everything(&mut self) {
        *self = Self {
            everything: true,
            ..Self::default()
        };
    }

    /// True if nothing was touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.names.is_empty() && self.dirs.is_empty()
    }

    fn merge(&mut self, other: Self) {
        if other.everything {
            return self.touch_everything();
        }
        self.dirs.extend(other.dirs);
        for (dir, names) in other.names {
            for name in names {
                self.touch(&dir, &name);
            }
        }
    }
}

#[derive(Default)]
struct Shared {
    dirty: Mutex<Dirty>,
    /// Names touched in the root itself, where no store looks.
    at_root: Mutex<BTreeSet<String>>,
    wanted: Mutex<BTreeSet<String>>,
    on_wanted: Mutex<Option<Wake>>,
    is_dirty: AtomicBool,
    reports: AtomicU64,
}

/// The set; clones are the same set. Without a watcher it stays empty.
#[derive(Clone, Default)]
pub struct DirtySet(Arc<Shared>);

impl std::fmt::Debug for DirtySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirtySet").finish_non_exhaustive()
    }
}

impl DirtySet {
    /// A store looks at this directory, whether it is there yet or not.
    pub fn want(&self, dir: &str) {
        let is_new = locked(&self.0.wanted).insert(dir.to_owned());
        if is_new && let Some(wake) = locked(&self.0.on_wanted).as_ref() {
            wake();
        }
    }

    /// Takes what was touched; it is the taker's from now on.
    pub fn take(&self) -> Dirty {
        if !self.0.is_dirty.swap(false, Ordering::SeqCst) {
            return Dirty::default();
        }
        std::mem::take(&mut *locked(&self.0.dirty))
    }

    /// Takes the names that were touched in the root itself.
    pub fn take_at_root(&self) -> BTreeSet<String> {
        std::mem::take(&mut *locked(&self.0.at_root))
    }

    /// Puts everything back: the taker could not look.
    pub fn touch_everything(&self) {
        locked(&self.0.dirty).touch_everything();
        self.0.is_dirty.store(true, Ordering::SeqCst);
    }

    /// A store found something that others changed.
    pub fn reported(&self) {
        self.0.reports.fetch_add(1, Ordering::SeqCst);
    }

    /// How often something was found.
    pub fn reports(&self) -> u64 {
        self.0.reports.load(Ordering::SeqCst)
    }

    /// Adds what the watcher saw.
    pub fn add(&self, mut seen: Dirty) {
        if let Some(names) = seen.names.remove("") {
            let mut at_root = locked(&self.0.at_root);
            at_root.extend(names);
            while at_root.len() > NAMES_MAX {
                at_root.pop_last();
            }
        }
        locked(&self.0.dirty).merge(seen);
        self.0.is_dirty.store(true, Ordering::SeqCst);
    }

    /// The directories that a store looks at.
    #[must_use]
    pub fn wanted(&self) -> BTreeSet<String> {
        locked(&self.0.wanted).clone()
    }

    /// Chooses who is told of a directory that was not wanted before.
    pub fn on_wanted(&self, wake: Option<Wake>) {
        *locked(&self.0.on_wanted) = wake;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_gone_and_what_was_added_is_merged() {
        let set = DirtySet::default();
        for name in ["a", "b", "a"] {
            let mut seen = Dirty::default();
            seen.touch("d", name);
            set.add(seen);
        }
        let taken = set.take();
        assert_eq!(taken.names("d").unwrap().len(), 2);
        assert!(!taken.is_whole("d"));
        assert!(set.take().is_empty());
    }

    #[test]
    fn more_names_than_the_set_holds_are_everything() {
        let mut seen = Dirty::default();
        for number in 0..NAMES_MAX {
            seen.touch("d", &number.to_string());
        }
        assert!(!seen.is_whole("elsewhere"));
        seen.touch("d", "one more");
        assert!(seen.is_whole("elsewhere"));
        assert!(seen.names("d").is_none());
    }
}
