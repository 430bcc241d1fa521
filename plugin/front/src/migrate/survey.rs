//! What lies in a data directory, as far as adopting it is concerned.
//!
//! Only reads. Never follows a link and never looks into what agents made. Invariant: every path
//! in a survey is one that the store port accepts.

use std::collections::{BTreeMap, BTreeSet};

use aof_codec::CardDocument;
use aof_core::diagnostic::Diagnostic;
use aof_core::id::{ProjectId, TaskId};
use aof_core::status::Status;
use aof_store::event_log::parse_part_name;
use aof_store::layout::{
    EVENTS_DIR, INBOX, ORG_CHART, OUTBOX, PROJECT_DIRS, ProjectRoot, SETTINGS,
};
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, EntryKind, Stamp, Store, StoreError};

use super::card::MIGRATED_FROM;
use super::{JOURNAL, LEGACY, ORIGINALS};

/// A run's record, its result or its heartbeat.
const RECORD_BYTES_MAX: u64 = 256 * 1024;
/// Logs of ours are closed before they are as large as this; larger ones are somebody else's.
const LOG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The journal of a very large store.
const JOURNAL_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Directories within one another that are walked.
const DEPTH_MAX: usize = 24;
/// Cards read in one call.
const CHUNK: usize = 128;

/// A link that AOF 1 keeps beside its logs.
const LINK_OF_THE_DAY: &str = "events.jsonl";

/// Why a survey cannot be made.
pub type SurveyError = StoreError;

/// A task store of AOF 1: the root's own (no project), or a project's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// The folder that has `tasks/`: empty for the root's own.
    pub folder: String,
    /// The project that its tasks belong to from now on.
    pub root: ProjectRoot,
}

impl Home {
    /// A path below it.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        if self.folder.is_empty() {
            rest.to_owned()
        } else {
            format!("{}/{rest}", self.folder)
        }
    }

    /// Whether it is the root's own.
    #[must_use]
    pub fn is_unscoped(&self) -> bool {
        self.folder.is_empty()
    }
}

/// A file that is named like a card.
#[derive(Debug, Clone)]
pub struct CardFile {
    /// Where it lies.
    pub path: String,
    /// Index of its task store.
    pub home: usize,
    /// The directory that it lies in.
    pub status: Status,
    /// The task that its name says.
    pub id: TaskId,
    /// Its version.
    pub stamp: Stamp,
    /// Its content, none if it could not be read.
    pub bytes: Vec<u8>,
    /// The card, or why it is none.
    pub card: Result<CardDocument, Vec<Diagnostic>>,
}

/// A data directory.
#[derive(Debug, Default)]
pub struct Survey {
    /// Task stores: the root's own first, then the inbox, then the others by name.
    pub homes: Vec<Home>,
    /// Regular files by path, with their versions.
    pub files: BTreeMap<String, Stamp>,
    /// Directories of AOF 1 and of the journal.
    pub dirs: BTreeSet<String>,
    /// What is neither file nor directory, or has a name that cannot be used.
    pub odd: BTreeSet<String>,
    /// Cards by path.
    pub cards: Vec<CardFile>,
    /// Content of records of runs.
    pub records: BTreeMap<String, Vec<u8>>,
    /// Cards as they were before they were rewritten, by their former paths.
    pub originals: BTreeMap<String, Vec<u8>>,
    /// Logs that AOF 1 wrote.
    pub foreign_logs: BTreeSet<String>,
    /// The journal of a migration, if there was one.
    pub journal: Vec<u8>,
    /// The org chart.
    pub chart: Option<Vec<u8>>,
    /// Manifests of projects that are there.
    pub manifests: BTreeMap<String, Vec<u8>>,
    /// Whether this version's settings or outbox are there.
    pub is_ours: bool,
    /// Whether the settings are there.
    pub has_settings: bool,
}

/// Looks at everything that matters.
///
/// # Errors
/// What the store says.
pub fn survey<S: Store>(store: &mut S) -> Result<Survey, SurveyError> {
    let mut found = Survey::default();
    let mut walk = Walk {
        store,
        found: &mut found,
    };
    walk.homes()?;
    walk.tree(LEGACY, 0)?;
    walk.tree(ORIGINALS, 0)?;
    for home in walk.found.homes.clone() {
        walk.tree(&home.path("tasks"), 0)?;
        walk.tree(&home.path("state/runs"), 0)?;
    }
    walk.cards()?;
    walk.destinations()?;
    walk.records()?;
    walk.logs()?;
    walk.singles()?;
    Ok(found)
}

struct Walk<'w, S> {
    store: &'w mut S,
    found: &'w mut Survey,
}

impl<S: Store> Walk<'_, S> {
    /// Finds the task stores.
    fn homes(&mut self) -> Result<(), StoreError> {
        let dirs = PROJECT_DIRS.map(str::to_owned);
        let listings = self.store.list(&dirs, false)?;
        let mut roots: Vec<ProjectRoot> = Vec::new();
        let mut spelling = PROJECT_DIRS.first().copied().unwrap_or_default();
        for (parent, listing) in PROJECT_DIRS.into_iter().zip(&listings) {
            if listing.exists {
                spelling = parent;
            }
            for entry in &listing.entries {
                let id = ProjectId::parse(&entry.name).ok();
                let id = id.filter(|_| entry.kind == EntryKind::Directory);
                let fresh = id.filter(|id| roots.iter().all(|root| root.id() != id));
                roots.extend(fresh.map(|id| ProjectRoot::new(parent, id)));
            }
        }
        roots.sort_by_key(|root| (root.id().as_str() != INBOX, root.id().clone()));
        let inbox = match roots.first().filter(|root| root.id().as_str() == INBOX) {
            Some(root) => Some(root.clone()),
            None => ProjectId::parse(INBOX)
                .ok()
                .map(|id| ProjectRoot::new(spelling, id)),
        };
        let unscoped = inbox.map(|root| Home {
            folder: String::new(),
            root,
        });
        let scoped = roots.into_iter().map(|root| Home {
            folder: root.path(),
            root,
        });
        self.found.homes = unscoped.into_iter().chain(scoped).collect();
        Ok(())
    }

    /// Takes in everything below a directory.
    fn tree(&mut self, dir: &str, depth: usize) -> Result<(), StoreError> {
        let listings = self.store.list(&[dir.to_owned()], false)?;
        let Some(listing) = listings.into_iter().next().filter(|listing| listing.exists) else {
            return Ok(());
        };
        self.found.dirs.insert(dir.to_owned());
        if listing.skipped > 0 {
            self.found.odd.insert(format!("{dir}/?"));
        }
        for entry in listing.entries {
            let path = format!("{dir}/{}", entry.name);
            let is_usable = !entry.name.chars().any(|c| c == '\\' || c.is_control());
            match entry.kind {
                EntryKind::File if is_usable => {
                    self.found.files.insert(path, entry.stamp);
                }
                EntryKind::Directory if is_usable && depth < DEPTH_MAX => {
                    self.tree(&path, depth + 1)?;
                }
                _ => {
                    self.found.odd.insert(path);
                }
            }
        }
        Ok(())
    }

    /// What lies where files of AOF 1 would go.
    fn destinations(&mut self) -> Result<(), StoreError> {
        let mut wanted = BTreeSet::new();
        for home in &self.found.homes {
            let (tasks, runs) = (home.path("tasks/"), home.path("state/runs/"));
            for path in self.found.files.keys() {
                let in_tasks = path
                    .strip_prefix(&tasks)
                    .and_then(|rest| rest.split_once('/'));
                let below = in_tasks
                    .map(|(_, rest)| rest)
                    .or_else(|| path.strip_prefix(&runs));
                let task = below.and_then(|rest| rest.split_once('/'));
                if let Some(id) = task.and_then(|(name, _)| TaskId::parse(name).ok()) {
                    wanted.insert(home.root.work_dir(&id));
                    wanted.insert(home.root.runs_dir(&id));
                }
            }
        }
        // A card that got another id has its files under that one.
        let renumbered = self.found.cards.iter().filter(|file| {
            let card = file.card.as_ref().ok();
            card.is_some_and(|it| it.card().metadata.contains_key(MIGRATED_FROM))
        });
        for file in renumbered {
            if let Some(home) = self.found.homes.get(file.home) {
                wanted.insert(home.root.work_dir(&file.id));
                wanted.insert(home.root.runs_dir(&file.id));
            }
        }
        wanted.iter().try_for_each(|dir| self.tree(dir, 0))
    }

    fn cards(&mut self) -> Result<(), StoreError> {
        let mut places = Vec::new();
        for (home, found) in self.found.homes.iter().enumerate() {
            let tasks = found.path("tasks/");
            for path in self.found.files.keys() {
                let rest = path
                    .strip_prefix(&tasks)
                    .and_then(|rest| rest.split_once('/'));
                let Some((status, name)) = rest else { continue };
                let id = name
                    .strip_suffix(".md")
                    .and_then(|stem| TaskId::parse(stem).ok());
                if let Some((status, id)) = Status::parse(status).zip(id) {
                    places.push((path.clone(), home, status, id));
                }
            }
        }
        for chunk in places.chunks(CHUNK) {
            let paths: Vec<String> = chunk.iter().map(|(path, ..)| path.clone()).collect();
            let blobs = self.store.read(&paths, CARD_BYTES_MAX)?;
            for ((path, home, status, id), blob) in chunk.iter().zip(blobs) {
                let Some((bytes, stamp, card)) = understand(path, blob) else {
                    continue;
                };
                let (path, home, status, id) = (path.clone(), *home, *status, id.clone());
                let card = CardFile {
                    path,
                    home,
                    status,
                    id,
                    stamp,
                    bytes,
                    card,
                };
                self.found.cards.push(card);
            }
        }
        Ok(())
    }

    fn records(&mut self) -> Result<(), StoreError> {
        let is_record = |path: &&String| {
            path.contains("state/runs/")
                && ["/run.json", "/run_result.json", "/run_heartbeat.json"]
                    .iter()
                    .any(|name| path.ends_with(name))
        };
        let mut paths: Vec<String> = self.found.files.keys().filter(is_record).cloned().collect();
        let keep = format!("{ORIGINALS}/");
        paths.retain(|path| !path.starts_with(LEGACY));
        self.found.records = self.contents(&paths, RECORD_BYTES_MAX)?;
        let kept = self
            .found
            .files
            .keys()
            .filter(|path| path.starts_with(&keep));
        let kept: Vec<String> = kept.cloned().collect();
        let originals = self.contents(&kept, CARD_BYTES_MAX)?;
        let former = |path: &str| path.strip_prefix(&keep).map(str::to_owned);
        self.found.originals = originals
            .into_iter()
            .filter_map(|(path, bytes)| former(&path).zip(Some(bytes)))
            .collect();
        Ok(())
    }

    /// Tells logs of AOF 1 from ours: ours name their schema in every line.
    fn logs(&mut self) -> Result<(), StoreError> {
        let listings = self.store.list(&[EVENTS_DIR.to_owned()], false)?;
        for entry in listings.into_iter().flat_map(|listing| listing.entries) {
            let path = format!("{EVENTS_DIR}/{}", entry.name);
            if entry.kind != EntryKind::File {
                // AOF 1 keeps a link to the log of the day; nobody reads it here.
                if entry.name != LINK_OF_THE_DAY {
                    self.found.odd.insert(path);
                }
                continue;
            }
            let blob = self
                .store
                .read(std::slice::from_ref(&path), LOG_BYTES_MAX)?
                .pop();
            let is_named_so = parse_part_name(&entry.name).is_some();
            let is_foreign = match blob {
                Some(Blob::Content { bytes, .. }) => !is_of_ours(&bytes, is_named_so),
                Some(Blob::Refused(_) | Blob::Unreadable(_)) => true,
                Some(Blob::Absent) | None => false,
            };
            if is_foreign && entry.name.ends_with(".jsonl") {
                self.found.files.insert(path.clone(), entry.stamp);
                self.found.foreign_logs.insert(path);
            }
        }
        Ok(())
    }

    fn singles(&mut self) -> Result<(), StoreError> {
        let names = [JOURNAL, ORG_CHART, SETTINGS, OUTBOX].map(str::to_owned);
        let mut found = self.contents(&names, JOURNAL_BYTES_MAX)?;
        self.found.journal = found.remove(JOURNAL).unwrap_or_default();
        self.found.chart = found.remove(ORG_CHART);
        self.found.has_settings = found.contains_key(SETTINGS);
        self.found.is_ours = self.found.has_settings || found.contains_key(OUTBOX);
        let scoped = self.found.homes.iter().filter(|home| !home.is_unscoped());
        let manifests: Vec<String> = scoped.map(|home| home.root.manifest()).collect();
        self.found.manifests = self.contents(&manifests, CARD_BYTES_MAX)?;
        Ok(())
    }

    fn contents(
        &mut self,
        paths: &[String],
        bytes_max: u64,
    ) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let mut found = BTreeMap::new();
        for chunk in paths.chunks(CHUNK) {
            let blobs = self.store.read(chunk, bytes_max)?;
            for (path, blob) in chunk.iter().zip(blobs) {
                if let Blob::Content { bytes, .. } = blob {
                    found.insert(path.clone(), bytes);
                }
            }
        }
        Ok(found)
    }
}

type Understood = (Vec<u8>, Stamp, Result<CardDocument, Vec<Diagnostic>>);

/// Reads a card; none if the file is gone again.
fn understand(path: &str, blob: Blob) -> Option<Understood> {
    match blob {
        Blob::Content { bytes, stamp } => {
            let card = aof_codec::parse_card(path, &bytes);
            Some((bytes, stamp, card))
        }
        Blob::Refused(why) | Blob::Unreadable(why) => {
            let finding = Diagnostic {
                code: "AOF-1143",
                level: aof_core::diagnostic::Level::Error,
                path: path.to_owned(),
                line: 0,
                column: 0,
                message: why,
                hint: "replace it by a regular file of readable size".to_owned(),
            };
            let stamp = Stamp {
                mtime_ns: 0,
                size: 0,
                inode: 0,
            };
            Some((Vec::new(), stamp, Err(vec![finding])))
        }
        Blob::Absent => None,
    }
}

/// Whether a log is one of ours: its first line that is JSON names the schema of the line.
fn is_of_ours(log: &[u8], is_named_so: bool) -> bool {
    let mut lines = log.split(|byte| *byte == b'\n');
    let first = lines.find_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    first.map_or(is_named_so, |event| event.get("schema").is_some())
}
