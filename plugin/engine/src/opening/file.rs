//! The files that opening reads besides cards: configuration, org chart, outbox.

use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::org::OrgChart;
use aof_core::refusal::Refusal;
use aof_core::settings::Settings;
use aof_store::layout::{ORG_CHART, OUTBOX, SETTINGS};
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::outbox::{BYTES_READ_MAX, Outbox};
use aof_store::port::{Blob, Store, StoreError};
use aof_store::refusal::refusal_of;
use aof_store::shelf::Shelf;
use serde_json::{Value, json};

/// Reads the configuration and lays the host's overrides over it.
pub(super) fn read_settings<S: Store>(
    store: &mut S,
    overrides: Option<&str>,
) -> Result<(Settings, Vec<Diagnostic>), Refusal> {
    let overrides: Option<Value> = overrides.map(parse_overrides).transpose()?;
    let blobs = store
        .read(&[SETTINGS.to_owned()], CARD_BYTES_MAX)
        .map_err(|error| refusal_of(&error))?;
    let bytes = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => bytes,
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => {
            return Err(
                Refusal::refused("AOF-1130", why, "replace it by a regular file").at(SETTINGS),
            );
        }
        Some(Blob::Absent) | None => Vec::new(),
    };
    aof_codec::parse_settings(SETTINGS, &bytes, overrides.as_ref())
        .map_err(|findings| first(&findings))
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
) -> Result<Option<OrgChart>, StoreError> {
    let blobs = store.read(&[ORG_CHART.to_owned()], CARD_BYTES_MAX)?;
    shelf.quarantine.remove(ORG_CHART);
    let findings = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => match aof_codec::parse_org_chart(ORG_CHART, &bytes) {
            Ok((chart, warnings)) => {
                shelf.notice(ORG_CHART, warnings);
                return Ok(Some(chart));
            }
            Err(findings) => findings,
        },
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => vec![Diagnostic {
            code: "AOF-1110",
            level: Level::Error,
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

/// Reads the outbox.
pub(crate) fn read_outbox<S: Store>(store: &mut S) -> Result<Outbox, StoreError> {
    let blobs = store.read(&[OUTBOX.to_owned()], BYTES_READ_MAX)?;
    let blob = blobs.into_iter().next();
    Ok(match blob.map(|it| it.certain(OUTBOX)).transpose()? {
        Some(Blob::Content { bytes, .. }) => Outbox::read(&bytes),
        _ => Outbox::default(),
    })
}

/// The effective configuration, with the section for the host.
pub(super) fn settings_json(settings: &Settings) -> Value {
    let Settings { scheduler, sla, .. } = settings;
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
        "executor": settings.executor,
    })
}
