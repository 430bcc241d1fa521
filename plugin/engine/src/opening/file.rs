//! The files that opening reads besides cards and configuration: org chart, rules, outbox.

use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::notification::Rule;
use aof_core::org::OrgChart;
use aof_store::layout::{NOTIFICATION_RULES, ORG_CHART, OUTBOX};
use aof_store::loaded::CARD_BYTES_MAX;
use aof_store::outbox::{BYTES_READ_MAX, Outbox};
use aof_store::port::{Blob, Store, StoreError};
use aof_store::shelf::Shelf;

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
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => {
            vec![irregular("AOF-1110", ORG_CHART, why)]
        }
        Some(Blob::Absent) | None => return Ok(Some(OrgChart::default())),
    };
    shelf.set_aside(ORG_CHART, None, findings);
    Ok(None)
}

/// Reads the rules by which people are told of what happens. None if they are broken, which is then
/// reported through the quarantine.
pub(crate) fn read_rules<S: Store>(
    store: &mut S,
    shelf: &mut Shelf,
) -> Result<Option<Vec<Rule>>, StoreError> {
    let path = NOTIFICATION_RULES;
    let blobs = store.read(&[path.to_owned()], CARD_BYTES_MAX)?;
    shelf.quarantine.remove(path);
    let parsed = match blobs.into_iter().next() {
        Some(Blob::Content { bytes, .. }) => aof_codec::parse_notification_rules(path, &bytes),
        Some(Blob::Refused(why) | Blob::Unreadable(why)) => {
            Err(vec![irregular("AOF-1170", path, why)])
        }
        Some(Blob::Absent) | None => Ok((Vec::new(), Vec::new())),
    };
    Ok(match parsed {
        Ok((rules, warnings)) => {
            shelf.notice(path, warnings);
            Some(rules)
        }
        Err(findings) => {
            shelf.set_aside(path, None, findings);
            None
        }
    })
}

/// What is no file, or too large for one.
fn irregular(code: &'static str, path: &str, why: String) -> Diagnostic {
    Diagnostic {
        code,
        level: Level::Error,
        path: path.to_owned(),
        line: 0,
        column: 0,
        message: why,
        hint: "replace it by a regular file".to_owned(),
    }
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
