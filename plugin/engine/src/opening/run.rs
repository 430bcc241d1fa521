//! Runs that hold a lease, from the cards in progress and their records.

use std::collections::BTreeMap;

use aof_core::gather::gathered;
use aof_core::id::RunId;
use aof_core::run::{Run, RunState};
use aof_core::status::Status;
use aof_store::port::{Blob, Store, StoreError};
use aof_store::run_record;
use aof_store::shelf::Shelf;

use crate::session::Live;

/// Reads the record of every run that holds a lease. A writer also has their directories cleared of
/// what a killed one left before its commit was in the journal.
pub(crate) fn read_live_runs<S: Store>(
    store: &mut S,
    shelf: &Shelf,
    is_writer: bool,
) -> Result<BTreeMap<RunId, Live>, StoreError> {
    let mut runs = Vec::new();
    let mut dirs = Vec::new();
    for (task, row) in shelf
        .index
        .rows()
        .filter(|(_, row)| row.status == Status::InProgress)
    {
        let Some((lease, root)) = row.lease.as_ref().zip(shelf.root(&row.project)) else {
            continue;
        };
        let Some(run) = Run::requested(row.project.clone(), task.clone(), lease) else {
            continue;
        };
        dirs.push(root.run_dir(task, &run.id));
        runs.push(run);
    }
    if is_writer {
        store.list(&dirs, false)?;
    }
    let paths: Vec<String> = dirs.iter().map(|dir| format!("{dir}/run.json")).collect();
    let blobs = store.read(&paths, run_record::BYTES_MAX)?;
    let read = runs.into_iter().zip(blobs).map(|(run, blob)| {
        let recorded = match blob {
            Blob::Content { bytes, .. } => run_record::decode(&bytes),
            Blob::Absent | Blob::Refused(_) | Blob::Unreadable(_) => None,
        };
        // The card says that the run goes on; a record that says otherwise was not committed with
        // it and only lends its session.
        let session = recorded.as_ref().and_then(|record| record.session.clone());
        let run = recorded.filter(|record| record.id == run.id).unwrap_or(run);
        let state = if session.is_some() {
            RunState::Started
        } else {
            RunState::Requested
        };
        let run = Run {
            state,
            session,
            ended_at: None,
            outcome: None,
            ..run
        };
        (
            run.id.clone(),
            Live {
                renewed_at: run.requested_at,
                run,
            },
        )
    });
    Ok(gathered(read))
}
