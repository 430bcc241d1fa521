//! Opening a store: configuration, recovery, org chart, outbox, adopted runs.

use std::collections::BTreeMap;

use aof_core::caller::Context;
use aof_core::diagnostic::Diagnostic;
use aof_core::effect::Effect;
use aof_core::event::EventDraft;
use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::org::OrgChart;
use aof_core::refusal::Refusal;
use aof_core::run::{Run, RunState};
use aof_core::settings::Settings;
use aof_core::status::Status;
use aof_store::event_log::{Event, EventLog, PART_BYTES_READ_MAX, Tail, parse_part_name};
use aof_store::layout::{EVENTS_DIR, ORG_CHART, OUTBOX, SETTINGS, event_log};
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::outbox::{COMPACT_BYTES, Outbox};
use aof_store::port::{Blob, Mode, Op, Store};
use aof_store::recovery::{FinishedMove, recover};
use aof_store::refusal::refusal_of;
use aof_store::run_record;
use aof_store::shelf::Shelf;
use serde_json::{Value, json};

use crate::session::{Counters, Live, Session};
use crate::work::{MissingEvent, Work};

/// The outbox is not read beyond this size; cards say which runs were requested.
const OUTBOX_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Config {
    /// Without the writer's lock: views and dry runs only.
    pub read_only: bool,
    /// A JSON object laid over `aof.yaml`.
    pub overrides: Option<String>,
}

/// A file that is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedFile {
    /// Where it lies.
    pub path: String,
    /// What is wrong with it.
    pub error: Refusal,
}

/// A run that a previous host left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedRun {
    /// Project of the task.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// The run.
    pub run: RunId,
    /// Who works.
    pub agent: AgentId,
    /// Its session, if it was reported.
    pub session: Option<String>,
    /// Where its records lie.
    pub run_dir: String,
}

/// What opening found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opened {
    /// Fencing number of this writer.
    pub epoch: u64,
    /// The effective configuration as a JSON object.
    pub settings: String,
    /// What was mended, a line each.
    pub repaired: Vec<String>,
    /// Files that are not served.
    pub quarantined: Vec<QuarantinedFile>,
    /// Runs whose sessions the host should account for.
    pub adopted: Vec<AdoptedRun>,
    /// Effects that were recorded but never settled.
    pub effects: Vec<Effect>,
    /// What happened.
    pub events: Vec<Event>,
}

pub(crate) fn open<S: Store>(
    store: &mut S,
    ctx: &Context,
    config: &Config,
) -> Result<(Session, Opened), Refusal> {
    let mode = if config.read_only {
        Mode::Reader
    } else {
        Mode::Writer
    };
    let stored = |error: &_| refusal_of(error);
    let epoch = store.open(mode).map_err(|error| stored(&error))?;
    let settings = read_settings(store, config.overrides.as_deref())?;
    let writer_epoch = (!config.read_only).then_some(epoch);
    let mut recovered = recover(store, writer_epoch).map_err(|error| stored(&error))?;
    let chart = read_chart(store, &mut recovered.shelf).map_err(|error| stored(&error))?;
    let outbox = read_outbox(store, writer_epoch).map_err(|error| stored(&error))?;
    let (log, tail) = resume_log(store, epoch, ctx).map_err(|error| stored(&error))?;
    let live = read_live_runs(store, &recovered.shelf).map_err(|error| stored(&error))?;
    let mut session = Session {
        epoch,
        is_writer: !config.read_only,
        cursor: 0,
        shelf: recovered.shelf,
        projects: recovered.projects,
        chart: chart.unwrap_or_default(),
        settings,
        outbox,
        log,
        live,
        counters: Counters::default(),
        orphans: Vec::new(),
        announced: BTreeMap::new(),
        idle_report: None,
        is_suspect: false,
        not_before: None,
    };
    let missing = missing_events(&session, &recovered.finished, &tail);
    let events = announce(store, &mut session, ctx, (&recovered.repairs, missing))?;
    let opened = report(&session, recovered.repairs, events);
    Ok((session, opened))
}

fn read_settings<S: Store>(store: &mut S, overrides: Option<&str>) -> Result<Settings, Refusal> {
    let overrides: Option<Value> = overrides.map(parse_overrides).transpose()?;
    let blobs = store
        .read(&[SETTINGS.to_owned()], CARD_BYTES_MAX)
        .map_err(|error| refusal_of(&error))?;
    let bytes = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => bytes,
        Some(Blob::Refused(why)) => {
            return Err(
                Refusal::refused("AOF-1130", why, "replace it by a regular file").at(SETTINGS),
            );
        }
        Some(Blob::Absent) | None => Vec::new(),
    };
    match aof_codec::parse_settings(SETTINGS, &bytes, overrides.as_ref()) {
        Ok((settings, _)) => Ok(settings),
        Err(findings) => Err(first(&findings)),
    }
}

fn parse_overrides(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        Refusal::refused(
            "AOF-1130",
            format!("the overrides are not JSON: {error}"),
            "give an object with the keys of aof.yaml",
        )
        .at("overrides")
    })
}

fn first(findings: &[Diagnostic]) -> Refusal {
    findings.first().map_or_else(
        || {
            Refusal::refused(
                "AOF-1130",
                "the configuration is broken".to_owned(),
                "mend aof.yaml",
            )
        },
        Refusal::from,
    )
}

/// Reads the org chart. None if it is broken, which is then reported through the quarantine.
pub(crate) fn read_chart<S: Store>(
    store: &mut S,
    shelf: &mut Shelf,
) -> Result<Option<OrgChart>, aof_store::port::StoreError> {
    let blobs = store.read(&[ORG_CHART.to_owned()], CARD_BYTES_MAX)?;
    shelf.quarantine.remove(ORG_CHART);
    let findings = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => match aof_codec::parse_org_chart(ORG_CHART, &bytes) {
            Ok((chart, _)) => return Ok(Some(chart)),
            Err(findings) => findings,
        },
        Some(Blob::Refused(why)) => vec![Diagnostic {
            code: "AOF-1110",
            level: aof_core::diagnostic::Level::Error,
            path: ORG_CHART.to_owned(),
            line: 0,
            column: 0,
            message: why,
            hint: "replace it by a regular file".to_owned(),
        }],
        Some(Blob::Absent) | None => return Ok(Some(OrgChart::default())),
    };
    shelf.set_aside(ORG_CHART, None, findings);
    Ok(None)
}

pub(crate) fn read_outbox<S: Store>(
    store: &mut S,
    writer_epoch: Option<u64>,
) -> Result<Outbox, aof_store::port::StoreError> {
    let blobs = store.read(&[OUTBOX.to_owned()], OUTBOX_BYTES_MAX)?;
    let Some(Blob::Content { bytes, stamp }) = blobs.into_iter().next() else {
        return Ok(Outbox::default());
    };
    let outbox = Outbox::read(&bytes);
    if let Some(epoch) = writer_epoch.filter(|_| bytes.len() > COMPACT_BYTES) {
        let content = outbox.compact().into_bytes();
        let path = OUTBOX.to_owned();
        store.commit(
            vec![Op::Replace {
                path,
                content,
                expect: Some(stamp),
            }],
            epoch,
        )?;
    }
    Ok(outbox)
}

/// Where the log goes on, and what its end knows.
fn resume_log<S: Store>(
    store: &mut S,
    epoch: u64,
    ctx: &Context,
) -> Result<(EventLog, Tail), aof_store::port::StoreError> {
    let today = ctx.now.day();
    let listings = store.list(&[EVENTS_DIR.to_owned()], false)?;
    let entries = listings.iter().flat_map(|listing| &listing.entries);
    let last = entries
        .filter_map(|entry| {
            let (day, part) = parse_part_name(&entry.name)?;
            Some((day.to_owned(), part, entry.stamp.size))
        })
        .max();
    let Some((day, part, bytes)) = last else {
        return Ok((EventLog::resume(epoch, today, 0, 0), Tail::default()));
    };
    let blobs = store.read(&[event_log(&day, part)], PART_BYTES_READ_MAX)?;
    let tail = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => Tail::read(&bytes),
        _ => Tail::default(),
    };
    Ok((EventLog::resume(epoch, day, part, bytes), tail))
}

pub(crate) fn read_live_runs<S: Store>(
    store: &mut S,
    shelf: &Shelf,
) -> Result<BTreeMap<RunId, Live>, aof_store::port::StoreError> {
    let mut runs = Vec::new();
    let mut paths = Vec::new();
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
        paths.push(format!("{}/run.json", root.run_dir(task, &run.id)));
        runs.push(run);
    }
    let blobs = store.read(&paths, run_record::BYTES_MAX)?;
    let read = runs.into_iter().zip(blobs).map(|(run, blob)| {
        let recorded = match blob {
            Blob::Content { bytes, .. } => run_record::decode(&bytes),
            Blob::Absent | Blob::Refused(_) => None,
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
    Ok(read.collect())
}

fn announce<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (repairs, missing): (&[String], Vec<MissingEvent>),
) -> Result<Vec<Event>, Refusal> {
    if !session.is_writer {
        return Ok(Vec::new());
    }
    let mut work = Work::default();
    let startup = EventDraft::new("system.startup", json!({"epoch": session.epoch}));
    work.event_of(session, ctx, (None, None), startup);
    for line in repairs {
        let event = EventDraft::new("system.recovered", json!({"what": line}));
        work.event_of(session, ctx, (None, None), event);
    }
    for event in missing {
        work.recovered(session, ctx, event);
    }
    Ok(work.commit(store, session)?.events)
}

/// Changes that were committed but whose events a crash kept out of the log: transitions whose
/// staged file was still there, and cards made since the last event that the log does not know.
fn missing_events(session: &Session, finished: &[FinishedMove], tail: &Tail) -> Vec<MissingEvent> {
    let moved = finished
        .iter()
        .filter(|step| !tail.knows(&step.task, step.revision))
        .map(|step| {
            let payload = json!({
                "from": step.from.as_str(), "to": step.to.as_str(), "recovered": true,
            });
            MissingEvent {
                kind: "task.transitioned",
                project: step.project.clone(),
                task: step.task.clone(),
                revision: step.revision,
                payload,
            }
        });
    let made = session
        .shelf
        .index
        .rows()
        .filter(|(id, row)| {
            let is_recent = tail.last_at.is_none_or(|last| row.created_at >= last);
            row.revision == 1 && is_recent && !tail.knows(id, 1)
        })
        .map(|(id, row)| MissingEvent {
            kind: "task.created",
            project: row.project.clone(),
            task: id.clone(),
            revision: 1,
            payload: json!({
                "title": row.title, "status": row.status.as_str(), "recovered": true,
            }),
        });
    moved.chain(made).collect()
}

fn report(session: &Session, repaired: Vec<String>, events: Vec<Event>) -> Opened {
    let adopted = session.live.values().filter_map(|live| {
        let run = &live.run;
        let root = session.shelf.root(&run.project)?;
        Some(AdoptedRun {
            project: run.project.clone(),
            task: run.task.clone(),
            run: run.id.clone(),
            agent: run.agent.clone(),
            session: run.session.clone(),
            run_dir: root.run_dir(&run.task, &run.id),
        })
    });
    Opened {
        epoch: session.epoch,
        settings: settings_json(&session.settings).to_string(),
        repaired,
        quarantined: quarantined(&session.shelf),
        adopted: adopted.collect(),
        effects: wanted_effects(session),
        events,
    }
}

/// Unsettled effects that still make sense: a spawn only as long as its run holds the lease. A run
/// whose card was committed but whose effect was not gets it from the card.
fn wanted_effects(session: &Session) -> Vec<Effect> {
    let recorded = session
        .outbox
        .open()
        .filter_map(|(_, effect)| match effect {
            Effect::Spawn(spawn) => session
                .live
                .contains_key(&spawn.run)
                .then(|| effect.clone()),
            Effect::Cancel(_) | Effect::Notify(_) => Some(effect.clone()),
        });
    let forgotten = session
        .live
        .values()
        .filter(|live| live.run.state == RunState::Requested)
        .filter(|live| session.outbox.get(live.run.id.as_str()).is_none())
        .filter_map(|live| crate::prompt::spawn_again(session, &live.run));
    recorded.chain(forgotten).collect()
}

/// Files that are not served, for reports.
pub(crate) fn quarantined(shelf: &Shelf) -> Vec<QuarantinedFile> {
    shelf
        .quarantine
        .iter()
        .filter_map(|(path, held)| {
            let error = Refusal::from(held.findings.first()?);
            Some(QuarantinedFile {
                path: path.clone(),
                error,
            })
        })
        .collect()
}

fn settings_json(settings: &Settings) -> Value {
    let scheduler = &settings.scheduler;
    json!({
        "schemaVersion": 1,
        "scheduler": {
            "maxConcurrentDispatches": scheduler.max_concurrent_dispatches,
            "maxDispatchesPerPoll": scheduler.max_dispatches_per_poll,
            "defaultLeaseTtlMs": scheduler.default_lease_ttl_ms,
            "runTimeoutMs": scheduler.run_timeout_ms,
            "pollIntervalMs": scheduler.poll_interval_ms,
            "retryBaseMs": scheduler.retry_base_ms,
            "failuresMax": scheduler.failures_max,
        },
        "executor": settings.executor,
    })
}
