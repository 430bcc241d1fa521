//! What the environment and the command line lay over `aof.yaml`.
//!
//! Knows which variable stands for which setting and nothing of what a setting means: the component
//! checks the values. Invariant: a flag goes over a variable, and both keep their names for people.

use std::collections::BTreeMap;
use std::ffi::OsString;

use aof_host::gateway::GatewayOptions;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// Variables that stand for a setting.
const SETTINGS: [(&str, &str); 7] = [
    ("AOF_DEFAULT_LEASE_TTL_MS", "scheduler.defaultLeaseTtlMs"),
    ("AOF_RUN_TIMEOUT_MS", "scheduler.runTimeoutMs"),
    ("AOF_MAX_CONCURRENCY", "scheduler.maxConcurrentDispatches"),
    (
        "AOF_MAX_DISPATCHES_PER_POLL",
        "scheduler.maxDispatchesPerPoll",
    ),
    ("AOF_DAEMON_POLL_INTERVAL_MS", "scheduler.pollIntervalMs"),
    ("AOF_RETRY_BASE_MS", "scheduler.retryBaseMs"),
    ("AOF_FAILURES_MAX", "scheduler.failuresMax"),
];

/// Variables of ours that stand for no setting: where to work, and what agents are told.
const OTHERS: [&str; 13] = [
    "AOF_DATA_DIR",
    "AOF_SOCKET",
    "AOF_ANSWER_WITHIN",
    "AOF_RUN_ID",
    "AOF_LOG",
    "AOF_TASK_ID",
    "AOF_AGENT_ID",
    "AOF_PROJECT",
    "AOF_CARD",
    "AOF_WORK_DIR",
    "AOF_PROMPT_FILE",
    "AOF_RUN_DIR",
    "AOF_SLOW_TESTS",
];

const OURS: &str = "AOF_";

/// One `--set KEY=VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    key: String,
    value: Value,
}

impl Setting {
    /// Reads `KEY=VALUE`; the value is JSON, or else text.
    ///
    /// # Errors
    /// There is no key, or no `=`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("write it KEY=VALUE")?;
        if key.split('.').any(str::is_empty) {
            return Err("a key is words with dots between them".to_owned());
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        let key = key.to_owned();
        Ok(Setting { key, value })
    }
}

/// Everything that lies over `aof.yaml`, with the names of where it comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    values: Map<String, Value>,
    names: BTreeMap<String, String>,
    projects: Option<Vec<String>>,
    has_flags: bool,
}

impl Layer {
    /// The variables first, then the flags over them.
    pub fn of(variables: impl Iterator<Item = (OsString, OsString)>, flags: &[Setting]) -> Self {
        let mut layer = Layer {
            has_flags: !flags.is_empty(),
            ..Layer::default()
        };
        for (name, value) in variables {
            let known = SETTINGS.iter().find(|(known, _)| name == *known);
            if let Some((name, key)) = known.filter(|_| !value.is_empty()) {
                let value = value.to_string_lossy();
                let value = value
                    .parse::<u64>()
                    .map_or_else(|_| value.into(), Value::from);
                layer.lay(key, value, &format!("environment variable {name}"));
            }
        }
        for Setting { key, value } in flags {
            layer.lay(key, value.clone(), &format!("flag --set {key}"));
        }
        layer
    }

    /// The same, for some projects only.
    pub fn within(mut self, projects: Option<Vec<String>>) -> Self {
        self.projects = projects;
        self
    }

    /// Opens with it.
    pub fn apply(&self, options: &mut GatewayOptions) {
        if !self.values.is_empty() {
            options.overrides = Some(Value::Object(self.values.clone()).to_string());
            options.origins = serde_json::to_string(&self.names).ok();
        }
        options.projects.clone_from(&self.projects);
    }

    /// Says that a daemon has settings of its own.
    ///
    /// # Errors
    /// `AOF-1610`: only some projects were asked for, and the daemon opened others.
    pub fn suits_daemon(&self) -> Result<(), Failure> {
        if self.has_flags {
            tracing::warn!("--set has no effect: a daemon works here under settings of its own");
        }
        if self.projects.is_none() {
            return Ok(());
        }
        let message = "--project-scope cannot hold: a daemon works here under a scope of its own";
        let hint = "start the daemon with it, or stop the daemon first";
        Err(Failure::refused("AOF-1610", message, hint))
    }

    fn lay(&mut self, key: &str, value: Value, name: &str) {
        self.name(key, &value, name);
        let (parents, last) = key.rsplit_once('.').unwrap_or(("", key));
        let mut at = &mut self.values;
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            let below = at
                .entry(parent)
                .or_insert_with(|| Value::Object(Map::new()));
            if !below.is_object() {
                *below = Value::Object(Map::new());
            }
            let Value::Object(fields) = below else { return };
            at = fields;
        }
        at.insert(last.to_owned(), value);
    }

    fn name(&mut self, key: &str, value: &Value, name: &str) {
        self.names.insert(key.to_owned(), name.to_owned());
        for (field, value) in value.as_object().into_iter().flatten() {
            self.name(&format!("{key}.{field}"), value, name);
        }
    }
}

/// Says which `AOF_*` variables mean nothing here.
pub fn warn_of_unknown(variables: impl Iterator<Item = (OsString, OsString)>) {
    for (name, _) in variables {
        if let Some(warning) = name.to_str().and_then(unknown) {
            tracing::warn!("{warning}");
        }
    }
}

fn unknown(name: &str) -> Option<String> {
    let known = || SETTINGS.iter().map(|(known, _)| *known).chain(OTHERS);
    if !name.starts_with(OURS) || known().any(|known| known == name) {
        return None;
    }
    let shown: String = name.chars().take(80).collect();
    let nearest = known().min_by_key(|known| distance(name, known));
    let hint = nearest.map_or_else(String::new, |known| format!("; the nearest is {known}"));
    Some(format!(
        "the environment variable {shown} is not known{hint}"
    ))
}

/// Levenshtein distance.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.bytes().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (b, cell) in right.bytes().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = replaced.min(*cell + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last()
        .map_or(0, |last| (*last).max(left.len().abs_diff(right.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layer(variables: &[(&str, &str)], flags: &[&str]) -> Layer {
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let flags: Vec<Setting> = flags
            .iter()
            .map(|text| Setting::parse(text).unwrap())
            .collect();
        Layer::of(variables, &flags)
    }

    #[test]
    fn a_flag_goes_over_a_variable() {
        let layer = layer(
            &[
                ("AOF_MAX_CONCURRENCY", "5"),
                ("AOF_FAILURES_MAX", "many"),
                ("AOF_RETRY_BASE_MS", ""),
            ],
            &[
                "scheduler.maxConcurrentDispatches=7",
                "executor={\"kind\": \"command\"}",
            ],
        );
        let expected = json!({
            "scheduler": {"maxConcurrentDispatches": 7, "failuresMax": "many"},
            "executor": {"kind": "command"},
        });
        assert_eq!(Value::Object(layer.values.clone()), expected);
        let name = |key: &str| layer.names.get(key).cloned().unwrap_or_default();
        assert_eq!(
            name("scheduler.maxConcurrentDispatches"),
            "flag --set scheduler.maxConcurrentDispatches"
        );
        assert_eq!(
            name("scheduler.failuresMax"),
            "environment variable AOF_FAILURES_MAX"
        );
        assert_eq!(name("executor.kind"), "flag --set executor");
    }

    #[test]
    fn a_later_flag_wins_whatever_the_former_was() {
        let found = layer(&[], &["a.b=1", "a=2", "a.c=x y"]);
        assert_eq!(Value::Object(found.values), json!({"a": {"c": "x y"}}));
        for text in ["", "a", "=1", "a..b=1", ".=1"] {
            assert!(Setting::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_unknown_variable_is_told_with_the_nearest_one() {
        let warning = unknown("AOF_MAX_CONCURENCY").unwrap();
        assert_eq!(
            warning,
            "the environment variable AOF_MAX_CONCURENCY is not known; the nearest is \
             AOF_MAX_CONCURRENCY"
        );
        for name in [
            "AOF_DATA_DIR",
            "AOF_MAX_CONCURRENCY",
            "PATH",
            "aof_x",
            "OPENCLAW_HOME",
        ] {
            assert_eq!(unknown(name), None, "{name}");
        }
        assert!(unknown(&format!("AOF_{}", "x".repeat(5_000))).is_some());
    }

    #[test]
    fn distances_are_edits() {
        for (left, right, edits) in [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3)] {
            assert_eq!(distance(left, right), edits);
        }
    }
}
