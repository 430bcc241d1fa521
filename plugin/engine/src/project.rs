//! Projects as a whole: what they are a part of, and how their manifests are made and changed.
//!
//! A manifest is a person's file: only the line that is meant is touched. Invariant: a manifest is
//! replaced only if it is the one that was read.

pub(crate) mod lint;

use aof_core::caller::Context;
use aof_core::event::EventDraft;
use aof_core::id::ProjectId;
use aof_core::project::{Above, Project, ProjectStatus, above};
use aof_core::refusal::Refusal;
use aof_store::layout::ProjectRoot;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Stamp, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::session::Session;
use crate::work::{Committed, Work};

/// Makes a project: its folders, its manifest, the event.
///
/// # Errors
/// `AOF-2014` if there is a manifest already; what the store says: then there is none, or the next
/// look at the store finishes it.
pub(crate) fn create<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    project: &Project,
) -> Result<(ProjectRoot, Committed), Refusal> {
    let known = session.shelf.root(&project.id).cloned();
    let root = known.unwrap_or_else(|| ProjectRoot::new("projects", project.id.clone()));
    // A person may have been faster.
    let there = store.read(&[root.manifest()], CARD_BYTES_MAX);
    let there = there.map_err(|error| refusal_of(&error))?;
    if !matches!(there.as_slice(), [Blob::Absent]) {
        let message = format!("`{}` is there already", root.manifest());
        let hint = "`aof project list` shows the projects; choose another id";
        return Err(Refusal::refused("AOF-2014", message, hint).at("id"));
    }
    let content = aof_codec::new_project(project);
    let payload = json!({"title": project.title, "status": project.status.as_str()});
    let event = EventDraft::new("project.created", payload);
    let committed = change(store, session, ctx, (&root, (content, None), event))?;
    Ok((root, committed))
}

/// Gives a project another status, in the one line of its manifest that says so.
///
/// # Errors
/// `AOF-2013` if the manifest cannot be changed line by line; what the store says.
pub(crate) fn set_status<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (id, status): (&ProjectId, ProjectStatus),
) -> Result<Committed, Refusal> {
    let root = session.root(id)?.clone();
    let path = root.manifest();
    let blobs = store.read(std::slice::from_ref(&path), CARD_BYTES_MAX);
    let blobs = blobs.map_err(|error| refusal_of(&error))?;
    let known = session.projects.get(id).cloned();
    let known = known.unwrap_or_else(|| Project::bare(id.clone()));
    let next = match blobs.into_iter().next() {
        Some(Blob::Absent) | None => {
            let made = Project {
                status,
                ..known.clone()
            };
            (aof_codec::new_project(&made), None)
        }
        Some(Blob::Content { bytes, stamp }) => (edited(&path, &bytes, status)?, Some(stamp)),
        Some(Blob::Refused(_) | Blob::Unreadable(_)) => return Err(by_hand(&path)),
    };
    let payload = json!({"from": known.status.as_str(), "to": status.as_str()});
    let event = EventDraft::new("project.status", payload);
    change(store, session, ctx, (&root, next, event))
}

/// The manifest with another status, if it then says so and nothing else is wrong with it.
fn edited(path: &str, bytes: &[u8], status: ProjectStatus) -> Result<Vec<u8>, Refusal> {
    let edited = aof_codec::with_status(bytes, status).ok_or_else(|| by_hand(path))?;
    match aof_codec::parse_project(path, &edited) {
        Ok((project, _)) if project.status == status => Ok(edited),
        _ => Err(by_hand(path)),
    }
}

fn by_hand(path: &str) -> Refusal {
    let message = format!("`{path}` cannot be changed line by line");
    Refusal::refused("AOF-2013", message, "set its `status` with an editor").at(path)
}

/// Commits the manifest and its event as one, and lets the journal begin anew: what a person makes
/// of the file from now on is nothing that recovery may undo.
fn change<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (root, (content, read), event): (&ProjectRoot, (Vec<u8>, Option<Stamp>), EventDraft),
) -> Result<Committed, Refusal> {
    let content = String::from_utf8(content).map_err(|_| by_hand(&root.manifest()))?;
    let mut work = Work::default();
    work.manifest(root, content, read);
    work.event_of(session, ctx, (Some(root.id().clone()), None), event);
    let committed = work.commit(store, session)?;
    let taken_in = session
        .checkpoint(store)
        .and_then(|()| session.take_in_project(store, root));
    // It is done; what could not be looked at is looked at by the next call.
    session.is_suspect |= taken_in.is_err();
    Ok(committed)
}

/// One project for lists, with what keeps it back.
pub(crate) fn summary(session: &Session, project: &Project) -> Value {
    let index = &session.shelf.index;
    let rows = index.rows().filter(|(_, row)| row.project == project.id);
    let finished = index.finished().filter(|(_, it)| it.project == project.id);
    json!({
        "id": project.id.as_str(),
        "title": project.title,
        "status": project.status.as_str(),
        "parentId": project.parent.as_ref().map(ProjectId::as_str),
        "team": project.team.as_ref().map(ToString::to_string),
        "lead": project.lead.as_ref().map(ToString::to_string),
        "open": rows.count(),
        "finished": finished.count(),
        "path": session.shelf.root(&project.id).map(ProjectRoot::path),
        "restsBecause": rests_because(session, project),
    })
}

fn rests_because(session: &Session, project: &Project) -> Option<String> {
    match above(project, &session.projects)? {
        Above::Resting(id, status) => Some(format!("`{id}` above it is {}", status.as_str())),
        Above::Circle(id) => Some(format!("it is a part of itself, by way of `{id}`")),
    }
}
