//! `aof.yaml`: read at the opening, and again by each poll after it was changed.
//!
//! Never lets a file that cannot be understood take effect: the last good one stays in force, that
//! is said once, and the file is shown as set aside. Invariant: what only the host can apply, the
//! section `executor`, stays as it was at the opening.

use aof_codec::Overrides;
use aof_core::budget::Budget;
use aof_core::caller::Context;
use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::effect::{Effect, Notify, Severity};
use aof_core::event::EventDraft;
use aof_core::refusal::Refusal;
use aof_core::settings::Settings;
use aof_store::layout::SETTINGS;
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::port::{Blob, Stamp, Store};
use aof_store::refusal::refusal_of;
use serde_json::{Value, json};

use crate::opening::Config;
use crate::session::Session;
use crate::work::{Committed, Work};

/// Says how to read the file, and sets nothing.
const VERSION: &str = "schemaVersion";
/// The section that the host reads at the opening.
const EXECUTOR: &str = "executor";

/// What the settings are made of besides the file.
#[derive(Debug)]
pub(crate) struct Source {
    values: Option<Value>,
    names: Option<Value>,
    seen: Seen,
    /// The file asks for another `executor` than the one in force.
    pub(crate) awaits_restart: bool,
}

/// The version of the file that was last judged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Absent,
    File(Stamp),
    Unusable,
}

type Judged = Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>>;

/// Reads the file for the first time and lays the host's overrides over it.
///
/// # Errors
/// One refusal with everything that is wrong; what the store says.
pub(crate) fn read<S: Store>(
    store: &mut S,
    config: &Config,
) -> Result<(Source, Settings, Vec<Diagnostic>), Refusal> {
    let values = config.overrides.as_deref();
    let names = config.origins.as_deref();
    let mut source = Source {
        values: values.map(|text| parse(text, "overrides")).transpose()?,
        names: names.map(|text| parse(text, "origins")).transpose()?,
        seen: Seen::Absent,
        awaits_restart: false,
    };
    let blob = look(store)?;
    source.seen = seen(&blob);
    let judged = match blob {
        Blob::Absent => source.judge(&[]),
        blob => source.judge_blob(&blob),
    };
    let (settings, warnings) = judged.map_err(|findings| all_of(&findings))?;
    Ok((source, settings, warnings))
}

/// Takes a change of the file in.
///
/// # Errors
/// What the store says; then nothing has changed.
pub(crate) fn reload<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
) -> Result<Committed, Refusal> {
    let blob = look(store)?;
    let seen = seen(&blob);
    // What cannot be read just now is no news; a later poll reads it.
    if seen == session.source.seen || matches!(blob, Blob::Unreadable(_)) {
        return Ok(Committed::default());
    }
    let committed = match session.source.judge_blob(&blob) {
        Ok(judged) => accept(store, session, ctx, judged),
        Err(findings) => reject(store, session, ctx, findings),
    }?;
    session.source.seen = seen;
    session.idle_report = None;
    Ok(committed)
}

impl Source {
    fn judge(&self, bytes: &[u8]) -> Judged {
        let overrides = Overrides {
            values: self.values.as_ref(),
            names: self.names.as_ref(),
        };
        aof_codec::parse_settings(SETTINGS, bytes, overrides)
    }

    fn judge_blob(&self, blob: &Blob) -> Judged {
        match blob {
            Blob::Content { bytes, .. } => self.judge(bytes),
            Blob::Absent => {
                let hint = "put it back, or start AOF anew to go on with the defaults";
                Err(vec![unusable("is gone", hint)])
            }
            Blob::Refused(why) | Blob::Unreadable(why) => {
                Err(vec![unusable(why, "replace it by a regular file")])
            }
        }
    }
}

fn accept<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    (mut next, mut warnings): (Settings, Vec<Diagnostic>),
) -> Result<Committed, Refusal> {
    let awaits_restart = next.executor != session.settings.executor;
    if awaits_restart {
        warnings.push(restart_needed(&next));
    }
    next.executor = session.settings.executor.clone();
    next.origins.retain(|key, _| !is_of_executor(key));
    let of_host = session.settings.origins.iter();
    let of_host = of_host.filter(|(key, _)| is_of_executor(key));
    next.origins
        .extend(of_host.map(|(key, origin)| (key.clone(), origin.clone())));
    let changed = changed(&session.settings, &next);
    let mut work = Work::default();
    let is_new_wish = awaits_restart && !session.source.awaits_restart;
    let was_rejected = session.shelf.quarantine.contains_key(SETTINGS);
    if !changed.is_empty() || is_new_wish || was_rejected {
        let restart: &[&str] = if awaits_restart { &[EXECUTOR] } else { &[] };
        let payload = json!({"changed": changed, "restart": restart});
        let event = EventDraft::new("config.reloaded", payload);
        work.event_of(session, ctx, (None, None), event);
    }
    if is_new_wish {
        let message = "`executor` in aof.yaml was changed: start AOF anew to apply it";
        work.effect(notice(ctx, message.to_owned()));
    }
    let committed = commit(store, session, work)?;
    session.settings = next;
    session.take_terms();
    session.source.awaits_restart = awaits_restart;
    session.shelf.quarantine.remove(SETTINGS);
    session.shelf.notice(SETTINGS, warnings);
    Ok(committed)
}

fn reject<S: Store>(
    store: &mut S,
    session: &mut Session,
    ctx: &Context,
    findings: Vec<Diagnostic>,
) -> Result<Committed, Refusal> {
    let mut work = Work::default();
    if !session.shelf.quarantine.contains_key(SETTINGS) {
        let why = all_of(&findings);
        let payload = json!({"code": why.code, "error": why.message});
        let event = EventDraft::new("config.rejected", payload);
        work.event_of(session, ctx, (None, None), event);
        let message = format!("the last good settings stay in force: {}", why.message);
        work.effect(notice(ctx, message));
    }
    let committed = commit(store, session, work)?;
    session.shelf.set_aside(SETTINGS, None, findings);
    Ok(committed)
}

fn commit<S: Store>(
    store: &mut S,
    session: &mut Session,
    work: Work,
) -> Result<Committed, Refusal> {
    if work.is_empty() {
        return Ok(Committed::default());
    }
    work.commit(store, session)
}

fn notice(ctx: &Context, message: String) -> Effect {
    Effect::Notify(Notify {
        key: format!("config:{}", ctx.now.ms()),
        severity: Severity::Warn,
        audience: None,
        channel: None,
        task: None,
        message,
    })
}

fn is_of_executor(key: &str) -> bool {
    key.split('.').next() == Some(EXECUTOR)
}

/// Paths of the values that differ.
fn changed(now: &Settings, next: &Settings) -> Vec<String> {
    let (now, next) = (values(now), values(next));
    let differs = |(key, value): &(String, Value)| !now.contains(&(key.clone(), value.clone()));
    let changed = next.iter().filter(|entry| differs(entry));
    changed.map(|(key, _)| key.clone()).collect()
}

/// Every value by its path.
pub(crate) fn values(settings: &Settings) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let effective = effective(settings);
    let sections = effective.as_object().into_iter().flatten();
    for (section, value) in sections.filter(|(section, _)| *section != VERSION) {
        flatten(value, section, &mut found);
    }
    found
}

fn flatten(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value.as_object() {
        Some(fields) => {
            for (key, value) in fields {
                flatten(value, &format!("{path}.{key}"), found);
            }
        }
        None => found.push((path.to_owned(), value.clone())),
    }
}

fn look<S: Store>(store: &mut S) -> Result<Blob, Refusal> {
    let blobs = store.read(&[SETTINGS.to_owned()], CARD_BYTES_MAX);
    let blobs = blobs.map_err(|error| refusal_of(&error))?;
    Ok(blobs.into_iter().next().unwrap_or(Blob::Absent))
}

fn seen(blob: &Blob) -> Seen {
    match blob {
        Blob::Content { stamp, .. } => Seen::File(*stamp),
        Blob::Absent => Seen::Absent,
        Blob::Refused(_) | Blob::Unreadable(_) => Seen::Unusable,
    }
}

fn parse(text: &str, what: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        Refusal::refused(
            "AOF-1130",
            format!("the {what} are not JSON: {error}"),
            "give an object with the keys of aof.yaml",
        )
        .at(what)
    })
}

fn unusable(message: &str, hint: &str) -> Diagnostic {
    about_file(("AOF-1130", Level::Error), message.to_owned(), hint)
}

fn restart_needed(next: &Settings) -> Diagnostic {
    let message = "`executor` was changed; the one that was read at the start stays in force";
    let warning = ("AOF-1133", Level::Warning);
    let finding = about_file(warning, message.to_owned(), "start AOF anew to apply it");
    let of_section = next.origins.iter().filter(|(key, _)| is_of_executor(key));
    let lines = of_section.filter_map(|(_, at)| at.strip_prefix("aof.yaml:")?.parse().ok());
    Diagnostic {
        line: lines.min().unwrap_or_default(),
        ..finding
    }
}

fn about_file((code, level): (&'static str, Level), message: String, hint: &str) -> Diagnostic {
    Diagnostic {
        code,
        level,
        path: SETTINGS.to_owned(),
        line: 0,
        column: 0,
        message,
        hint: hint.to_owned(),
    }
}

/// Everything that is wrong as one refusal.
fn all_of(findings: &[Diagnostic]) -> Refusal {
    let errors = findings.iter().filter(|it| it.level == Level::Error);
    let errors: Vec<&Diagnostic> = errors.collect();
    match errors.as_slice() {
        [] => Refusal::from(&unusable("cannot be used", "mend it")),
        [only] => Refusal::from(*only),
        [first, ..] => {
            let told =
                |it: &&Diagnostic| format!("{}: {} ({})", it.location(), it.message, it.hint);
            let told: Vec<String> = errors.iter().map(told).collect();
            let message = format!("{} settings are wrong: {}", told.len(), told.join("; "));
            Refusal::refused(first.code, message, "mend them all; nothing was taken over")
                .at(first.location())
        }
    }
}

/// The effective configuration, with the section for the host.
pub(crate) fn effective(settings: &Settings) -> Value {
    let Settings {
        scheduler,
        sla,
        budgets,
        ..
    } = settings;
    json!({
        "schemaVersion": 1,
        "scheduler": {
            "maxConcurrentDispatches": scheduler.max_concurrent_dispatches,
            "maxDispatchesPerPoll": scheduler.max_dispatches_per_poll,
            "minDispatchIntervalMs": scheduler.min_dispatch_interval_ms,
            "agingMs": scheduler.aging_ms,
            "defaultLeaseTtlMs": scheduler.default_lease_ttl_ms,
            "runTimeoutMs": scheduler.run_timeout_ms,
            "pollIntervalMs": scheduler.poll_interval_ms,
            "retryBaseMs": scheduler.retry_base_ms,
            "failuresMax": scheduler.failures_max,
            "cascadeBlocks": scheduler.cascade_blocks,
        },
        "sla": {
            "defaultMaxInProgressMs": sla.limits.in_progress_ms,
            "researchMaxInProgressMs": sla.research_in_progress_ms,
            "defaultMaxQueueMs": sla.limits.queue_ms,
            "defaultMaxReviewMs": sla.limits.review_ms,
            "defaultMaxBlockedMs": sla.limits.blocked_ms,
            "onViolation": sla.on_violation.unwrap_or_default().as_str(),
            "alerting": {
                "channel": sla.channel,
                "rateLimitMinutes": sla.rate_limit_minutes,
            },
        },
        "budgets": budgets.iter().map(budget_json).collect::<Vec<_>>(),
        "executor": settings.executor,
    })
}

/// A budget, with the keys of the files.
pub(crate) fn budget_json(budget: &Budget) -> Value {
    json!({
        "tokensMax": budget.tokens_max,
        "costMicrosMax": budget.cost_micros_max,
        "window": budget.window.as_str(),
        "alertAtPercent": budget.alert_at_percent,
    })
}
