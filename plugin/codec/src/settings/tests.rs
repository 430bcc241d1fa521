//! Reading settings: defaults, bounds, and overrides laid over the file.

use serde_json::json;

use super::*;
use aof_core::sla::{Limits, Policy};

fn parse(text: &str, overrides: Option<&Value>) -> Parsed<Settings> {
    parse_settings("aof.yaml", text.as_bytes(), overrides)
}

fn refusals(text: &str, overrides: Option<&Value>) -> Vec<String> {
    let findings = parse(text, overrides).unwrap_err();
    findings
        .iter()
        .map(|f| format!("{} {}:{} {}", f.code, f.line, f.column, f.message))
        .collect()
}

#[test]
fn an_empty_file_means_the_defaults() {
    for text in [
        "",
        "# nothing\n",
        "schemaVersion: 1\n",
        "scheduler:\nexecutor: ~\n",
        "{}",
    ] {
        assert_eq!(
            parse(text, None),
            Ok((Settings::default(), Vec::new())),
            "{text:?}"
        );
    }
    assert_eq!(
        parse("", Some(&json!(null))),
        Ok((Settings::default(), Vec::new()))
    );
}

#[test]
fn every_knob_turns() {
    let text = "schemaVersion: 1\nscheduler:\n  maxConcurrentDispatches: 1\n  \
    maxDispatchesPerPoll: 2\n  minDispatchIntervalMs: 3\n  agingMs: 4\n  \
                defaultLeaseTtlMs: 1000\n  runTimeoutMs: 14400000\n  pollIntervalMs: 100\n  \
                retryBaseMs: 0\n  failuresMax: 100\n  cascadeBlocks: true\n";
    let expected = SchedulerSettings {
        max_concurrent_dispatches: 1,
        max_dispatches_per_poll: 2,
        min_dispatch_interval_ms: 3,
        aging_ms: 4,
        default_lease_ttl_ms: 1_000,
        run_timeout_ms: 14_400_000,
        poll_interval_ms: 100,
        retry_base_ms: 0,
        failures_max: 100,
        cascade_blocks: true,
    };
    assert_eq!(parse(text, None).unwrap().0.scheduler, expected);
}

#[test]
fn overrides_win_key_by_key() {
    let text = "scheduler: {failuresMax: 5, pollIntervalMs: 500}\n\
                executor: {kind: command, program: /bin/a, environment: {A: 1, B: x}}\n";
    let over = json!({
        "scheduler": {"failuresMax": 7},
        "executor": {"environment": {"B": "y", "C": true}, "arguments": ["{task}"]},
    });
    let (settings, _) = parse(text, Some(&over)).unwrap();
    assert_eq!(
        (
            settings.scheduler.failures_max,
            settings.scheduler.poll_interval_ms
        ),
        (7, 500)
    );
    assert_eq!(
        settings.executor,
        json!({
            "kind": "command",
            "program": "/bin/a",
            "environment": {"A": 1, "B": "y", "C": true},
            "arguments": ["{task}"],
        })
    );
}

#[test]
fn bounds_are_exact() {
    for (key, min, max) in [
        ("maxConcurrentDispatches", 1_u64, 1_000_u64),
        ("maxDispatchesPerPoll", 1, 1_000),
        ("defaultLeaseTtlMs", 1_000, 86_400_000),
        ("runTimeoutMs", 1_000, 14_400_000),
        ("pollIntervalMs", 100, 3_600_000),
        ("retryBaseMs", 0, 900_000),
        ("failuresMax", 1, 100),
    ] {
        let accepts = |n: u64| parse(&format!("scheduler: {{{key}: {n}}}"), None).is_ok();
        assert!(accepts(min) && accepts(max) && !accepts(max + 1), "{key}");
        assert!(min == 0 || !accepts(min - 1), "{key}");
    }
}

#[test]
fn what_is_wrong_in_the_file_has_a_place() {
    for (text, expected) in [
        (
            "schemaVersion: 2",
            "AOF-1132 1:16 `schemaVersion` is 2: made by a newer aof, this one reads up to 1",
        ),
        (
            "- 1",
            "AOF-1130 1:1 expected `key: value` lines, but found a list",
        ),
        ("schedule: {}", "AOF-1131 1:1 unknown key `schedule`"),
        (
            "scheduler:\n  failuresMax: '3'",
            "AOF-1132 2:16 `scheduler.failuresMax` must be a whole \
          number from 1 to 100, but is the text `3`",
        ),
        (
            "executor:\n  program: x",
            "AOF-1132 2:3 `executor.kind` is missing",
        ),
        (
            "executor: {kind: shell}",
            "AOF-1132 1:18 `executor.kind` must be command or simulated, but \
          is `shell`",
        ),
        (
            "executor: {kind: command, shell: x}",
            "AOF-1131 1:27 unknown key `executor.shell`",
        ),
        (
            "a: b: c",
            "AOF-1130 1:5 the YAML cannot be read: mapping values are not allowed in this \
          context",
        ),
    ] {
        assert_eq!(refusals(text, None), [expected], "{text:?}");
    }
}

#[test]
fn what_is_wrong_in_the_overrides_has_a_path() {
    for (over, expected) in [
        (
            json!([]),
            "AOF-1132 0:0 `overrides` must be a mapping, but is a list",
        ),
        (
            json!({"scheduler": {"failuresMax": 0}}),
            "AOF-1132 0:0 `overrides.scheduler.failuresMax` \
          must be a whole number from 1 to 100, but is `0`",
        ),
        (
            json!({"scheduler": {"x": 0}}),
            "AOF-1131 0:0 unknown key `overrides.scheduler.x`",
        ),
        (
            json!({"executor": {"program": "x"}}),
            "AOF-1132 0:0 `executor.kind` is missing",
        ),
    ] {
        assert_eq!(refusals("", Some(&over)), [expected], "{over}");
    }
}

#[test]
fn every_value_that_is_set_knows_where_it_comes_from() {
    let text = "scheduler:\n  failuresMax: 5\n  retryBaseMs: 7\nexecutor:\n  kind: command\n  \
                program: a\n  environment: {A: 1, B: 2}\n  agents: {x: {program: y}}\n";
    let values = json!({
        "scheduler": {"failuresMax": 7, "runTimeoutMs": null},
        "executor": {"environment": ["A"], "agents": {"x": {"program": "z"}}},
    });
    let names = json!({"scheduler.failuresMax": "AOF_FAILURES_MAX"});
    let overrides = Overrides {
        values: Some(&values),
        names: Some(&names),
    };
    let (settings, _) = parse_settings("aof.yaml", text.as_bytes(), overrides).unwrap();
    let origins: Vec<String> = settings
        .origins
        .iter()
        .map(|(key, origin)| format!("{key} = {origin}"))
        .collect();
    assert_eq!(
        origins,
        [
            "executor.agents.x.program = override",
            "executor.environment = override",
            "executor.kind = aof.yaml:5",
            "executor.program = aof.yaml:6",
            "scheduler.failuresMax = AOF_FAILURES_MAX",
            "scheduler.retryBaseMs = aof.yaml:3",
        ]
    );
}

#[test]
fn what_is_wrong_in_a_named_override_is_told_by_its_name() {
    let values = json!({"scheduler": {"failuresMax": "x", "failureMax": 1}});
    let names =
        json!({"scheduler.failuresMax": "AOF_FAILURES_MAX", "scheduler.failureMax": "--set"});
    let overrides = Overrides {
        values: Some(&values),
        names: Some(&names),
    };
    let findings = parse_settings("aof.yaml", b"scheduler: {x: 1}", overrides).unwrap_err();
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!(
                "{} {} ({})",
                finding.location(),
                finding.message,
                finding.hint
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "--set unknown key `scheduler.failureMax` (did you mean `failuresMax`?)",
            "AOF_FAILURES_MAX `scheduler.failuresMax` must be a whole number from 1 to 100, but is \
             the text `x` (write decimal digits without quotes)",
            "aof.yaml:1:13 unknown key `scheduler.x` (known keys are maxConcurrentDispatches, \
             maxDispatchesPerPoll, minDispatchIntervalMs, agingMs, defaultLeaseTtlMs, \
             runTimeoutMs, pollIntervalMs, retryBaseMs, failuresMax or cascadeBlocks)",
        ]
    );
}

#[test]
fn limits_of_time_are_laid_over_the_defaults() {
    let text = "sla: {defaultMaxQueueMs: 60000, onViolation: block, alerting: {channel: ops}}\n";
    let over = json!({"sla": {"defaultMaxQueueMs": 86_400_000, "researchMaxInProgressMs": 90_000}});
    let (settings, warnings) = parse(text, Some(&over)).unwrap();
    assert_eq!(warnings, Vec::new());
    let system = Sla::system();
    let expected = Sla {
        limits: Limits {
            queue_ms: Some(86_400_000),
            ..system.limits
        },
        research_in_progress_ms: Some(90_000),
        on_violation: Some(Policy::Block),
        channel: Some("ops".to_owned()),
        ..system
    };
    assert_eq!(settings.sla, expected);
}

#[test]
fn a_limit_of_time_is_a_minute_to_a_day() {
    for (limit, is_refused) in [
        ("defaultMaxInProgressMs: 59999", true),
        ("defaultMaxInProgressMs: 60000", false),
        ("defaultMaxReviewMs: 86400000", false),
        ("defaultMaxReviewMs: 86400001", true),
        ("alerting: {rateLimitMinutes: 0}", true),
        ("alerting: {rateLimitMinutes: 1}", false),
        ("alerting: {rateLimitMinutes: 1440}", false),
        ("alerting: {rateLimitMinutes: 1441}", true),
        ("onViolation: shout", true),
    ] {
        let answer = parse(&format!("sla: {{{limit}}}\n"), None);
        assert_eq!(answer.is_err(), is_refused, "{limit}: {answer:?}");
    }
}
