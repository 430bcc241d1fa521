//! What is wrong with a project: its manifest, its structure, what it is a part of, its tasks.
//!
//! Changes nothing, and reads no more than the first cards. Source: AOF 1.20, "Projects".

use aof_core::project::{Above, Project, above};
use aof_core::refusal::Refusal;
use aof_core::status::Status;
use aof_store::layout::ProjectRoot;
use aof_store::loaded::load;
use aof_store::port::{EntryKind, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::session::Session;

/// Open cards of one project that are compared with it.
const CARDS: usize = 256;

/// Everything that was found, manifest first.
///
/// # Errors
/// What the store says.
pub(crate) fn findings<S: Store>(
    store: &mut S,
    session: &Session,
    project: &Project,
) -> Result<Vec<Value>, Refusal> {
    let Some(root) = session.shelf.root(&project.id) else {
        return Ok(Vec::new());
    };
    let mut found = set_aside(session, root);
    found.extend(hierarchy(session, root, project));
    found.extend(structure(store, root)?);
    found.extend(tasks(store, session, root)?);
    Ok(found)
}

fn finding((category, level): (&str, &str), location: &str, message: &str, hint: &str) -> Value {
    json!({
        "category": category, "level": level, "location": location, "message": message,
        "hint": hint,
    })
}

/// What cannot be used of the manifest and of the files in status directories.
fn set_aside(session: &Session, root: &ProjectRoot) -> Vec<Value> {
    let (below, manifest) = (format!("{}/", root.path()), root.manifest());
    let category = |path: &str| {
        if path == manifest {
            "manifest"
        } else {
            "tasks"
        }
    };
    let is_ours = |path: &&String| path.starts_with(&below);
    let mut found = Vec::new();
    let errors = session.shelf.quarantine.iter();
    for (path, held) in errors.filter(|(path, _)| is_ours(path)) {
        found.extend(held.findings.iter().map(|it| {
            finding(
                (category(path), "error"),
                &it.location(),
                &it.message,
                &it.hint,
            )
        }));
    }
    let notices = session.shelf.notices.iter();
    for (path, notices) in notices.filter(|(path, _)| is_ours(path)) {
        found.extend(notices.iter().map(|it| {
            finding(
                (category(path), "warning"),
                &it.location(),
                &it.message,
                &it.hint,
            )
        }));
    }
    found
}

fn hierarchy(session: &Session, root: &ProjectRoot, project: &Project) -> Option<Value> {
    let path = root.manifest();
    if let Some(Above::Circle(by)) = above(project, &session.projects) {
        let message = format!("`parentId`: the project is a part of itself, by way of `{by}`");
        let hint = "take one `parentId` of the circle out; until then nothing of it is dispatched";
        return Some(finding(("hierarchy", "error"), &path, &message, hint));
    }
    let parent = project.parent.as_ref()?;
    if session.projects.contains_key(parent) {
        return None;
    }
    let message = format!("`parentId`: there is no project `{parent}`");
    let hint = "make it, or correct the name; the project works as one without a parent";
    Some(finding(("hierarchy", "warning"), &path, &message, hint))
}

/// Directories that are missing, and those below `tasks/` that are no status.
fn structure<S: Store>(store: &mut S, root: &ProjectRoot) -> Result<Vec<Value>, Refusal> {
    let tasks = format!("{}/tasks", root.path());
    let listings = store.list(&[tasks.clone(), root.path()], false);
    let listings = listings.map_err(|error| refusal_of(&error))?;
    let names = |at: usize| {
        let entries = listings.get(at).map(|listing| listing.entries.iter());
        let dirs = entries.into_iter().flatten();
        dirs.filter(|entry| entry.kind == EntryKind::Directory)
            .map(|entry| entry.name.as_str())
    };
    let mut found = Vec::new();
    for status in Status::ALL {
        if !names(0).any(|name| name == status.as_str()) {
            let path = root.status_dir(status);
            let hint = "AOF makes it when it needs it, and when it opens the store";
            found.push(finding(("structure", "warning"), &path, "is missing", hint));
        }
    }
    for name in names(0).filter(|name| Status::parse(name).is_none()) {
        let path = format!("{tasks}/{name}");
        let hint = "move the cards in it to a status directory: nothing in it is seen";
        found.push(finding(
            ("structure", "warning"),
            &path,
            "is no status",
            hint,
        ));
    }
    Ok(found)
}

/// Open cards that name another project.
fn tasks<S: Store>(
    store: &mut S,
    session: &Session,
    root: &ProjectRoot,
) -> Result<Vec<Value>, Refusal> {
    let rows = session.shelf.index.rows();
    let ours = rows
        .filter(|(_, row)| row.project == *root.id())
        .take(CARDS);
    let places: Result<Vec<_>, _> = ours.map(|(id, _)| session.place(id)).collect();
    let mut found = Vec::new();
    for card in load(store, &places?)?.into_iter().flatten() {
        let (status, card) = (card.status(), card.card());
        if let Some(named) = card.project.filter(|named| named != root.id()) {
            let message = format!("names the project `{named}`, but lies in `{}`", root.id());
            let hint = "correct its `project`, or move it; the folder counts";
            let path = root.card(status, &card.id);
            found.push(finding(("tasks", "error"), &path, &message, hint));
        }
    }
    Ok(found)
}
