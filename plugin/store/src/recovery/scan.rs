//! Finding projects and reading cards, many in one call.

use std::collections::BTreeSet;

use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::gather::gathered;
use aof_core::id::{ProjectId, TaskId};
use aof_core::project::Project;
use aof_core::status::Status;

use crate::layout::{CardPath, EVENTS_DIR, INBOX, ORG_DIR, PROJECT_DIRS, ProjectRoot, STATE_DIR};
use crate::loaded::CARD_BYTES_MAX;
use crate::port::{Blob, Entry, EntryKind, Listing, Op, Store, StoreError};
use crate::recovery::Recovered;
use crate::shelf::Shelf;

/// Cards read in one call: bounds the memory of opening.
const CHUNK: usize = 256;

pub(super) fn find_roots<S: Store>(
    store: &mut S,
    recovered: &mut Recovered,
) -> Result<Vec<ProjectRoot>, StoreError> {
    let mut dirs: Vec<String> = PROJECT_DIRS.iter().map(|dir| (*dir).to_owned()).collect();
    dirs.push(ORG_DIR.to_owned());
    let listings = store.list(&dirs, true)?;
    let mut roots = Vec::new();
    for (parent, listing) in PROJECT_DIRS.into_iter().zip(&listings) {
        for entry in listing
            .entries
            .iter()
            .filter(|entry| entry.kind == EntryKind::Directory)
        {
            let path = format!("{parent}/{}", entry.name);
            let Ok(id) = ProjectId::parse(&entry.name) else {
                let aside = finding("AOF-1144", &path, "is not a project's name");
                recovered.shelf.set_aside(&path, None, vec![aside]);
                continue;
            };
            let root = ProjectRoot::new(parent, id);
            if recovered.shelf.add_root(&root) {
                roots.push(root);
            } else {
                let aside = finding("AOF-1145", &path, "is a second folder of the same project");
                recovered.shelf.set_aside(&path, None, vec![aside]);
            }
        }
    }
    if let Ok(inbox) = ProjectId::parse(INBOX)
        && !roots.iter().any(|root| *root.id() == inbox)
    {
        let root = ProjectRoot::new("projects", inbox);
        recovered.shelf.add_root(&root);
        roots.push(root);
    }
    Ok(roots)
}

/// What is missing, of ours and of the projects. A writer that looks into a directory without
/// watching it clears away what a killed one left there.
pub(super) fn missing_directories<S: Store>(
    store: &mut S,
    roots: &[ProjectRoot],
    statuses: &[Listing],
) -> Result<Vec<Op>, StoreError> {
    let mut dirs = vec![STATE_DIR.to_owned(), EVENTS_DIR.to_owned()];
    dirs.extend(roots.iter().map(ProjectRoot::path));
    let own = store.list(&dirs, false)?;
    let all = own.iter().chain(statuses);
    let absent = all.filter(|listing| !listing.exists);
    Ok(absent
        .map(|listing| Op::MakeDir(listing.dir.clone()))
        .collect())
}

/// Files of the host that a crash left behind.
pub(super) fn leftovers(listings: &[Listing]) -> Vec<String> {
    let paths = listings.iter().flat_map(|listing| {
        let files = listing.entries.iter().filter(|entry| is_leftover(entry));
        files.map(|entry| format!("{}/{}", listing.dir, entry.name))
    });
    paths.collect()
}

pub(super) fn is_leftover(entry: &Entry) -> bool {
    let name = &entry.name;
    entry.kind == EntryKind::File && name.starts_with('.') && name.ends_with(".put")
}

pub(super) fn list_statuses<S: Store>(
    store: &mut S,
    roots: &[ProjectRoot],
) -> Result<Vec<Listing>, StoreError> {
    store.list(&status_dirs(roots), true)
}

fn status_dirs(roots: &[ProjectRoot]) -> Vec<String> {
    let dirs = |root: &ProjectRoot| Status::ALL.map(|status| root.status_dir(status));
    roots.iter().flat_map(dirs).collect()
}

pub(super) fn read_projects<S: Store>(
    store: &mut S,
    roots: &[ProjectRoot],
    recovered: &mut Recovered,
) -> Result<(), StoreError> {
    // Listed so that a manifest that appears or changes later is noticed.
    store.list(
        &roots.iter().map(ProjectRoot::path).collect::<Vec<_>>(),
        true,
    )?;
    let manifests: Vec<String> = roots.iter().map(ProjectRoot::manifest).collect();
    let blobs = store.read(&manifests, CARD_BYTES_MAX)?;
    for (root, blob) in roots.iter().zip(blobs) {
        let project = absorb_project(&mut recovered.shelf, root, &blob);
        recovered.projects.insert(root.id().clone(), project);
    }
    Ok(())
}

/// Reads a manifest. A broken one is set aside and its project rests, so that nothing is dispatched
/// under rules that nobody can read.
pub fn absorb_project(shelf: &mut Shelf, root: &ProjectRoot, blob: &Blob) -> Project {
    let path = root.manifest();
    shelf.quarantine.remove(&path);
    let findings = match blob {
        Blob::Absent => return Project::bare(root.id().clone()),
        Blob::Content { bytes, .. } => match aof_codec::parse_project(&path, bytes) {
            Ok((project, warnings)) => {
                shelf.notice(&path, warnings);
                return project;
            }
            Err(findings) => findings,
        },
        Blob::Refused(why) | Blob::Unreadable(why) => vec![finding("AOF-1120", &path, why)],
    };
    shelf.set_aside(&path, None, findings);
    let resting = aof_core::project::ProjectStatus::Paused;
    Project {
        status: resting,
        ..Project::bare(root.id().clone())
    }
}

/// A project one of whose directories cannot be used rests: what is in the way is a person's.
pub(super) fn rest(path: &str, roots: &[ProjectRoot], recovered: &mut Recovered) {
    let message = "is no directory, and its project rests";
    let hint = "move what lies there away; AOF makes the directory when it starts";
    let why = with_hint(("AOF-1146", path), message, hint);
    recovered.shelf.set_aside(path, None, vec![why]);
    let owner = roots
        .iter()
        .find(|root| path.starts_with(&format!("{}/", root.path())));
    if let Some(project) = owner.and_then(|root| recovered.projects.get_mut(root.id())) {
        project.status = aof_core::project::ProjectStatus::Paused;
    }
}

/// Takes in what lies in listed status directories. A finished card is taken in by its name alone,
/// unless another file claims to be the same task: then both are read.
///
/// # Errors
/// What the store says.
pub fn shelve<S: Store>(
    store: &mut S,
    listings: Vec<Listing>,
    shelf: &mut Shelf,
) -> Result<(), StoreError> {
    let mut cards = BTreeSet::new();
    for listing in &listings {
        if listing.skipped > 0 {
            let count = listing.skipped;
            let message = format!("has {count} entries whose names no path can spell");
            let hint = "rename them to printable UTF-8: `ls -b` shows them";
            let why = with_hint(("AOF-1147", &listing.dir), &message, hint);
            shelf.set_aside(&listing.dir, None, vec![why]);
        }
        let is_finished = is_terminal(listing);
        for entry in &listing.entries {
            let path = || format!("{}/{}", listing.dir, entry.name);
            if entry.kind == EntryKind::Directory && entry.name.ends_with(".md") {
                let hint = "move it out of the status directories";
                let why = with_hint(("AOF-1143", &path()), "is a directory", hint);
                shelf.set_aside(&path(), None, vec![why]);
            }
            if is_served(entry) && !(is_finished && entry.kind == EntryKind::File) {
                cards.insert(path());
            }
        }
    }
    let claimed: BTreeSet<TaskId> = gathered(cards.iter().filter_map(|path| task_of(path)));
    for listing in listings.iter().filter(|listing| is_terminal(listing)) {
        let files = listing.entries.iter();
        for entry in files.filter(|entry| is_served(entry) && entry.kind == EntryKind::File) {
            let path = format!("{}/{}", listing.dir, entry.name);
            if task_of(&path).is_some_and(|id| claimed.contains(&id)) {
                cards.insert(path);
            } else {
                shelf.take_in_finished(&path);
            }
        }
    }
    // A large store is not held twice in memory.
    drop(listings);
    read_cards(store, shelf, &cards.into_iter().collect::<Vec<_>>())
}

fn is_served(entry: &Entry) -> bool {
    !entry.name.starts_with('.') && entry.kind != EntryKind::Directory
}

fn is_terminal(listing: &Listing) -> bool {
    Status::ALL
        .iter()
        .any(|status| status.is_terminal() && listing.dir.ends_with(status.as_str()))
}

fn task_of(path: &str) -> Option<TaskId> {
    match ProjectRoot::parse_card_path(path) {
        Some(CardPath::Card { id, .. }) => Some(id),
        _ => None,
    }
}

/// Reads these files of status directories into the shelf.
///
/// # Errors
/// What the store says.
pub fn read_cards<S: Store>(
    store: &mut S,
    shelf: &mut Shelf,
    paths: &[String],
) -> Result<(), StoreError> {
    for chunk in paths.chunks(CHUNK) {
        let blobs = store.read(chunk, CARD_BYTES_MAX)?;
        shelf.unread.retain(|path| !chunk.contains(path));
        for (path, blob) in chunk.iter().zip(&blobs) {
            shelf.take_in(path, blob);
        }
    }
    Ok(())
}

/// About the name of a project's folder.
fn finding(code: &'static str, path: &str, message: &str) -> Diagnostic {
    let hint = "use 1 to 64 small letters, digits and `-`, each project once";
    with_hint((code, path), message, hint)
}

fn with_hint((code, path): (&'static str, &str), message: &str, hint: &str) -> Diagnostic {
    Diagnostic {
        code,
        level: Level::Error,
        path: path.to_owned(),
        line: 0,
        column: 0,
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}
