//! The configuration of a data directory, `aof.yaml`, with the host's overrides laid over it.
//!
//! Checks the scheduler's part wholly; of the executor's part only the keys and the kind, the rest
//! is the host's business. Invariant: every number that comes out is within its bounds.

mod origin;

use aof_core::budget::Budget;
use aof_core::settings::{SchedulerSettings, Settings};
use aof_core::sla::Sla;
use serde_json::Value;

use crate::budget::{BUDGETS, budgets};
use crate::check::check_under;
use crate::document::{Parsed, check, tree};
use crate::finding::{Codes, Findings};
use crate::json_schema::of_file;
use crate::schema::Shape::{Any, Boolean, Choice, Integer, Map, Text, Version};
use crate::schema::{Schema, closed, optional};
use crate::sla::{SLA, over, sla};
use crate::yaml::{Kind, Mark, Node};

const CODES: Codes = Codes {
    syntax: "AOF-1130",
    value: "AOF-1132",
    missing: "AOF-1132",
    unknown: "AOF-1131",
};

/// How a place in the overrides is named.
const OVERRIDES: &str = "overrides";

const SETTINGS: Schema = closed(&[
    optional("schemaVersion", Version(1)),
    optional("scheduler", Map(&SCHEDULER)),
    optional("sla", Map(&SLA)),
    optional("budgets", BUDGETS),
    optional("executor", Map(&EXECUTOR)),
]);

const SCHEDULER: Schema = closed(&[
    optional("maxConcurrentDispatches", Integer(1, 1_000)),
    optional("maxDispatchesPerPoll", Integer(1, 1_000)),
    optional("minDispatchIntervalMs", Integer(0, 3_600_000)),
    optional("agingMs", Integer(0, 31_536_000_000)),
    optional("defaultLeaseTtlMs", Integer(1_000, 86_400_000)),
    optional("runTimeoutMs", Integer(1_000, 14_400_000)),
    optional("pollIntervalMs", Integer(100, 3_600_000)),
    optional("retryBaseMs", Integer(0, 900_000)),
    optional("failuresMax", Integer(1, 100)),
    optional("cascadeBlocks", Boolean),
]);

const EXECUTOR: Schema = closed(&[
    optional("kind", Choice(&["command", "simulated"])),
    optional("program", Text),
    optional("arguments", Any),
    optional("environment", Any),
    optional("timeoutMs", Any),
    optional("agents", Any),
    optional("simulated", Any),
]);

/// A JSON Schema of `aof.yaml`.
#[must_use]
pub fn settings_schema() -> Value {
    of_file("The settings of AOF", &SETTINGS)
}

/// What the host lays over a configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'o> {
    /// An object with the same keys; null or none for nothing.
    pub values: Option<&'o Value>,
    /// An object from the path of a value, `scheduler.failuresMax`, to where the host has it from.
    pub names: Option<&'o Value>,
}

impl<'o> From<Option<&'o Value>> for Overrides<'o> {
    fn from(values: Option<&'o Value>) -> Self {
        Overrides {
            values,
            names: None,
        }
    }
}

impl<'o> Overrides<'o> {
    /// Where the host has a value from.
    fn name_of(&self, path: &str) -> Option<&'o str> {
        self.names?.get(path)?.as_str()
    }
}

/// Reads a configuration and lays the overrides over it. An empty file means the defaults. Warnings
/// come with the value.
///
/// # Errors
/// All findings, at most [`crate::FINDINGS_MAX`], at least one of them an error. Those in the
/// overrides have no line; their message names `overrides.…`, or their path is the name that the
/// host gave.
pub fn parse_settings<'o>(
    path: &str,
    bytes: &[u8],
    overrides: impl Into<Overrides<'o>>,
) -> Parsed<Settings> {
    let overrides = overrides.into();
    let mut findings = Findings::new(path, &CODES);
    let file = tree(bytes, &mut findings);
    if let Some(root) = &file {
        check(root, &SETTINGS, &mut findings);
    }
    let over = overrides.values.filter(|value| !value.is_null());
    let over = over.map(Node::from_value);
    if let Some(root) = &over {
        check_under(root, OVERRIDES, &SETTINGS, &mut findings);
    }
    let layers = Layers {
        over: over.as_ref(),
        file: file.as_ref(),
    };
    let executor = executor(&layers, &mut findings);
    let settings = Settings {
        scheduler: scheduler(&layers),
        sla: layers.sla(),
        budgets: layers.budgets(&mut findings),
        executor,
        origins: origin::origins(path, &layers, &overrides),
    };
    let mut parsed = findings.conclude(Some(settings));
    let (Ok((_, told)) | Err(told)) = &mut parsed;
    told.iter_mut()
        .for_each(|finding| origin::name(finding, &overrides));
    parsed
}

/// The sources of a setting, the stronger one first.
struct Layers<'l> {
    over: Option<&'l Node<'l>>,
    file: Option<&'l Node<'l>>,
}

impl Layers<'_> {
    fn sla(&self) -> Sla {
        let section = |root: Option<&Node<'_>>| sla(root.and_then(|root| root.get("sla")));
        over(section(self.over), over(section(self.file), Sla::system()))
    }

    fn budgets(&self, findings: &mut Findings<'_>) -> Vec<Budget> {
        let is_set = |root: &&Node<'_>| root.get("budgets").is_some();
        let layers = [self.over, self.file].into_iter().flatten();
        let strongest = layers.filter(is_set).map(|root| budgets(root, findings));
        strongest.reduce(|stronger, _| stronger).unwrap_or_default()
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        let find = |root: &Node<'_>| root.at(&["scheduler", key])?.boolean();
        let over = self.over.and_then(find);
        over.or_else(|| self.file.and_then(find)).unwrap_or(default)
    }

    fn number<T: TryFrom<u64>>(&self, key: &str, default: T) -> T {
        let find = |root: &Node<'_>| root.at(&["scheduler", key])?.integer();
        let number = self
            .over
            .and_then(find)
            .or_else(|| self.file.and_then(find));
        number
            .and_then(|number| T::try_from(number).ok())
            .unwrap_or(default)
    }
}

fn scheduler(layers: &Layers<'_>) -> SchedulerSettings {
    let default = SchedulerSettings::default();
    SchedulerSettings {
        max_concurrent_dispatches: layers
            .number("maxConcurrentDispatches", default.max_concurrent_dispatches),
        max_dispatches_per_poll: layers
            .number("maxDispatchesPerPoll", default.max_dispatches_per_poll),
        min_dispatch_interval_ms: layers
            .number("minDispatchIntervalMs", default.min_dispatch_interval_ms),
        aging_ms: layers.number("agingMs", default.aging_ms),
        default_lease_ttl_ms: layers.number("defaultLeaseTtlMs", default.default_lease_ttl_ms),
        run_timeout_ms: layers.number("runTimeoutMs", default.run_timeout_ms),
        poll_interval_ms: layers.number("pollIntervalMs", default.poll_interval_ms),
        retry_base_ms: layers.number("retryBaseMs", default.retry_base_ms),
        failures_max: layers.number("failuresMax", default.failures_max),
        cascade_blocks: layers.flag("cascadeBlocks", default.cascade_blocks),
    }
}

fn executor(layers: &Layers<'_>, findings: &mut Findings<'_>) -> Value {
    let section = |root: Option<&Node<'_>>| root?.get("executor").map(Node::to_value);
    let mut merged = section(layers.file).unwrap_or_default();
    if let Some(over) = section(layers.over) {
        lay_over(&mut merged, over);
    }
    let has_kind = merged.get("kind").is_some_and(|kind| !kind.is_null());
    if merged.is_object() && !has_kind {
        let node = layers.file.and_then(|root| root.get("executor"));
        let at = node.filter(|node| matches!(node.kind, Kind::Map(_)));
        let at = at.map_or(Mark::NOWHERE, |node| node.start);
        let message = "`executor.kind` is missing".to_owned();
        findings.error(
            CODES.missing,
            at,
            message,
            "add `kind: command` or `kind: simulated`",
        );
    }
    merged
}

/// Objects are merged key by key; everything else is replaced.
fn lay_over(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests;
