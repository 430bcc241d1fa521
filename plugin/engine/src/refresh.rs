//! Taking in what others changed on disk: people with editors, restores, other tools.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::gather::gathered;
use aof_core::id::{ProjectId, RunId};
use aof_core::project::Project;
use aof_core::sla::Terms;
use aof_core::status::Status;
use aof_store::layout::{NOTIFICATION_RULES, ORG_CHART, PROJECT_DIRS, ProjectRoot, SETTINGS};
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Change, EntryKind, Store, StoreError};
use aof_store::recovery::{absorb_project, read_cards, recover, shelve};

use crate::opening::{
    read_books, read_chart, read_live_runs, read_outbox, read_rules, recall_books,
};
use crate::session::{Live, Session};
use crate::subscribe;

/// Changes taken in one page.
const PAGE: u32 = 4_096;

impl Session {
    /// Takes in every change since the last call.
    pub(crate) fn refresh<S: Store>(&mut self, store: &mut S) -> Result<(), StoreError> {
        if self.is_suspect {
            self.look_again(store)?;
        }
        loop {
            let page = store.changes(self.cursor, PAGE)?;
            if !page.changes.is_empty() || !self.shelf.unread.is_empty() {
                self.idle_report = None;
                self.take_in(store, &page.changes)?;
            }
            // Not before: what could not be taken in is told again.
            self.cursor = page.cursor;
            if !page.more {
                self.shelf.index.find_cycles();
                return Ok(());
            }
        }
    }

    /// Mends and reads everything as opening does, after a commit that failed half way: what its
    /// record says is done now, and its notices go out with the next poll. A run whose effect was
    /// not handed out starts again when its lease lapses.
    fn look_again<S: Store>(&mut self, store: &mut S) -> Result<(), StoreError> {
        let mut recovered = recover(store, self.is_writer.then_some(self.opening))?;
        let settings = self.shelf.notices.remove(SETTINGS).unwrap_or_default();
        recovered.shelf.notice(SETTINGS, settings);
        self.scope.narrow(&mut recovered);
        let rejected = self.shelf.quarantine.remove_entry(SETTINGS);
        recovered.shelf.quarantine.extend(rejected);
        (self.shelf, self.projects) = (recovered.shelf, recovered.projects);
        if let Some(chart) = read_chart(store, &mut self.shelf)? {
            self.chart = chart;
        }
        self.read_rules(store)?;
        let former = std::mem::replace(&mut self.outbox, read_outbox(store)?);
        subscribe::recall(self, &former);
        let seq = self.books.seq();
        // A line that is torn is mended by the next opening.
        self.books = read_books(store)?.0;
        self.books.skip_to(seq);
        // A run that the half-done commit ended has a session that nobody was told to end.
        for (run, live) in read_live_runs(store, &self.shelf, self.is_writer)? {
            let is_new = !self.live.contains_key(&run);
            let given = live.run.clone();
            self.live.insert(run, live);
            if is_new {
                // Given out by the half-done commit: it counts against whatever remembers.
                self.serve(&given);
                self.quiet.push(given.id);
            }
        }
        self.sort_out_runs();
        recall_books(store, self)?;
        self.take_terms();
        self.idle_report = None;
        self.obstructed.clear();
        if self.is_writer {
            self.checkpoint(store)?;
        }
        self.is_suspect = false;
        Ok(())
    }

    /// Removals first: a file that was moved must leave its old place before it is met in the new.
    fn take_in<S: Store>(&mut self, store: &mut S, changes: &[Change]) -> Result<(), StoreError> {
        let mut ours = Vec::new();
        let changes = if self.scope.is_narrow() {
            let is_ours = |change: &&Change| self.scope.has_path(&change.path);
            ours.extend(changes.iter().filter(is_ours).cloned());
            ours.as_slice()
        } else {
            changes
        };
        let mut again = BTreeSet::new();
        for change in changes.iter().filter(|change| change.entry.is_none()) {
            again.extend(self.shelf.gone(&change.path));
        }
        again.extend(self.shelf.unread.iter().cloned());
        self.obstructed
            .retain(|_, path| changes.iter().all(|change| change.path != *path));
        let (mut reads_chart, mut reads_rules) = (false, false);
        let mut manifests = BTreeSet::new();
        for change in changes {
            if change.path == ORG_CHART {
                reads_chart = true;
            } else if change.path == NOTIFICATION_RULES {
                reads_rules = true;
            } else if let Some(root) = manifest_of(&change.path) {
                manifests.insert(root);
            } else if let Some(entry) = &change.entry {
                match (entry.kind, new_project(&change.path)) {
                    (EntryKind::Directory, Some(root)) => {
                        self.add_project(store, &root)?;
                        manifests.insert(root);
                    }
                    (EntryKind::Directory, None) => {}
                    _ if is_card_place(&change.path) => {
                        again.insert(change.path.clone());
                    }
                    _ => {}
                }
            }
        }
        let again: Vec<String> = again.into_iter().collect();
        read_cards(store, &mut self.shelf, &again)?;
        if !manifests.is_empty() {
            self.read_manifests(store, &manifests)?;
            self.take_terms();
        }
        if reads_chart && let Some(chart) = read_chart(store, &mut self.shelf)? {
            self.chart = chart;
        }
        if reads_rules {
            self.read_rules(store)?;
        }
        self.sort_out_runs();
        Ok(())
    }

    /// Lets the rules hold that people are told by; the last good ones if they cannot be used.
    pub(crate) fn read_rules<S: Store>(&mut self, store: &mut S) -> Result<(), StoreError> {
        if let Some(rules) = read_rules(store, &mut self.shelf)? {
            self.desk.follow(rules);
        }
        Ok(())
    }

    /// Lets what settings and projects say about limits of time hold from now on.
    pub(crate) fn take_terms(&mut self) {
        let of = |project: &Project| Terms::of(&self.settings.sla, project);
        let projects = self.projects.iter();
        let terms = projects.map(|(id, project)| (id.clone(), of(project)));
        self.shelf.index.set_terms(gathered(terms));
    }

    /// Takes in a project whose folder or manifest was just written here.
    pub(crate) fn take_in_project<S: Store>(
        &mut self,
        store: &mut S,
        root: &ProjectRoot,
    ) -> Result<(), StoreError> {
        self.add_project(store, root)?;
        self.read_manifests(store, &gathered([root.clone()]))?;
        self.take_terms();
        Ok(())
    }

    fn add_project<S: Store>(
        &mut self,
        store: &mut S,
        root: &ProjectRoot,
    ) -> Result<(), StoreError> {
        if !self.shelf.add_root(root) {
            return Ok(());
        }
        let dirs: Vec<String> = Status::ALL
            .iter()
            .map(|status| root.status_dir(*status))
            .collect();
        let listings = store.list(&dirs, true)?;
        store.list(&[root.path()], true)?;
        shelve(store, listings, &mut self.shelf)
    }

    fn read_manifests<S: Store>(
        &mut self,
        store: &mut S,
        roots: &BTreeSet<ProjectRoot>,
    ) -> Result<(), StoreError> {
        let served: Vec<&ProjectRoot> = roots
            .iter()
            .filter(|root| self.shelf.root(root.id()) == Some(*root))
            .collect();
        let paths: Vec<String> = served.iter().map(|root| root.manifest()).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let blobs = store.read(&paths, CARD_BYTES_MAX)?;
        for (root, blob) in served.into_iter().zip(&blobs) {
            let project = absorb_project(&mut self.shelf, root, blob);
            self.projects.insert(root.id().clone(), project);
        }
        Ok(())
    }

    /// A person may have moved a card away from under its run; the next poll ends its session. If
    /// the card is back before that, the run goes on: some editors save by moving the file aside.
    fn sort_out_runs(&mut self) {
        let index = &self.shelf.index;
        let orphans = std::mem::take(&mut self.orphans).into_iter();
        let orphans = orphans.map(|orphan| (orphan.run.id.clone(), orphan));
        let known = orphans.chain(std::mem::take(&mut self.live));
        let (live, ended): (BTreeMap<RunId, Live>, BTreeMap<RunId, Live>) =
            known.partition(|(run, _)| index.live_run(run).is_some());
        self.live = live;
        self.orphans = ended.into_values().collect();
    }
}

fn manifest_of(path: &str) -> Option<ProjectRoot> {
    new_project(path.strip_suffix("/project.yaml")?)
}

fn new_project(path: &str) -> Option<ProjectRoot> {
    let (parent, name) = path.split_once('/')?;
    let parent = PROJECT_DIRS.into_iter().find(|known| *known == parent)?;
    Some(ProjectRoot::new(parent, ProjectId::parse(name).ok()?))
}

fn is_card_place(path: &str) -> bool {
    ProjectRoot::parse_card_path(path).is_some()
}
