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
use aof_core::status::Status;
use aof_store::layout::ProjectRoot;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Op, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::session::Session;
use crate::work::{Committed, Work};

/// Makes a project: its folders, its manifest, the event.
///
/// # Errors
/// What the store says; then there is no such project, or one that was made whole.
pub(crate) fn create<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    project: &Project,
) -> Result<(ProjectRoot, Committed), Refusal> {
    let root = ProjectRoot::new("projects", project.id.clone());
    let dirs = Status::ALL.iter().map(|status| root.status_dir(*status));
    let mut ops: Vec<Op> = dirs.map(Op::MakeDir).collect();
    ops.push(Op::Create {
        path: root.manifest(),
        content: aof_codec::new_project(project),
    });
    change(store, session, ops)?;
    session
        .take_in_project(store, &root)
        .map_err(|error| refusal_of(&error))?;
    let payload = json!({"title": project.title, "status": project.status.as_str()});
    let event = EventDraft::new("project.created", payload);
    let committed = tell(store, session, ctx, (&project.id, event))?;
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
    let op = match blobs.into_iter().next() {
        Some(Blob::Absent) | None => Op::Create {
            path,
            content: aof_codec::new_project(&Project {
                status,
                ..known.clone()
            }),
        },
        Some(Blob::Content { bytes, stamp }) => Op::Replace {
            content: edited(&path, &bytes, status)?,
            path,
            expect: Some(stamp),
        },
        Some(Blob::Refused(_) | Blob::Unreadable(_)) => return Err(by_hand(&path)),
    };
    change(store, session, vec![op])?;
    session
        .take_in_project(store, &root)
        .map_err(|error| refusal_of(&error))?;
    let payload = json!({"from": known.status.as_str(), "to": status.as_str()});
    let event = EventDraft::new("project.status", payload);
    tell(store, session, ctx, (id, event))
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

fn change<S: Store>(store: &mut S, session: &mut Session, mut ops: Vec<Op>) -> Result<(), Refusal> {
    ops.push(Op::Sync);
    match store.commit(ops, session.opening.epoch) {
        Ok(cursor) => {
            session.cursor = cursor;
            session.idle_report = None;
            Ok(())
        }
        Err(error) => {
            session.refused(store, &error);
            Err(refusal_of(&error))
        }
    }
}

fn tell<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (id, event): (&ProjectId, EventDraft),
) -> Result<Committed, Refusal> {
    let mut work = Work::default();
    work.event_of(session, ctx, (Some(id.clone()), None), event);
    work.commit(store, session)
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
