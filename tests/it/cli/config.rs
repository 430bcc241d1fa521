//! `aof config`: one schema from the file, the environment and the flags.

use serde_json::{Value, json};

use super::stand::{Said, Stand, say};

fn stand() -> Stand {
    let stand = Stand::idle();
    stand.write(
        "aof.yaml",
        "schemaVersion: 1\nscheduler:\n  failuresMax: 5\n  retryBaseMs: 7\n",
    );
    stand
}

fn with(stand: &Stand, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut command = stand.command(arguments);
    say(command.envs(variables.iter().copied()))
}

#[test]
fn every_value_says_where_it_comes_from() {
    let stand = stand();
    let variables = [("AOF_MAX_CONCURRENCY", "9"), ("AOF_RETRY_BASE_MS", "8")];
    let flags = ["config", "show", "--set", "scheduler.retryBaseMs=9"];
    insta::assert_snapshot!(with(&stand, &variables, &flags).ok().out, @r"
    SETTING                            VALUE  FROM
    scheduler.failuresMax              5      aof.yaml:3
    scheduler.maxConcurrentDispatches  9      environment variable AOF_MAX_CONCURRENCY
    scheduler.retryBaseMs              9      flag --set scheduler.retryBaseMs
    ");
    let shown = with(&stand, &[], &["config", "show", "--effective"])
        .ok()
        .out;
    insta::assert_snapshot!(shown, @r"
    SETTING                            VALUE     FROM
    budgets                            []        default
    executor                           null      default
    scheduler.agingMs                  86400000  default
    scheduler.cascadeBlocks            false     default
    scheduler.defaultLeaseTtlMs        600000    default
    scheduler.failuresMax              5         aof.yaml:3
    scheduler.maxConcurrentDispatches  3         default
    scheduler.maxDispatchesPerPoll     10        default
    scheduler.minDispatchIntervalMs    0         default
    scheduler.pollIntervalMs           30000     default
    scheduler.retryBaseMs              7         aof.yaml:4
    scheduler.runTimeoutMs             300000    default
    sla.alerting.channel               null      default
    sla.alerting.rateLimitMinutes      15        default
    sla.defaultMaxBlockedMs            null      default
    sla.defaultMaxInProgressMs         3600000   default
    sla.defaultMaxQueueMs              null      default
    sla.defaultMaxReviewMs             null      default
    sla.onViolation                    alert     default
    sla.researchMaxInProgressMs        14400000  default
    ");
}

#[test]
fn the_same_as_json_for_programs() {
    let stand = stand();
    let said = with(
        &stand,
        &[("AOF_FAILURES_MAX", "6")],
        &["config", "show", "--json"],
    )
    .ok();
    let answer: Value = said.json();
    assert_eq!(
        answer["settings"]["values"],
        json!([
            {"key": "scheduler.failuresMax", "value": 6,
             "origin": "environment variable AOF_FAILURES_MAX"},
            {"key": "scheduler.retryBaseMs", "value": 7, "origin": "aof.yaml:4"},
        ])
    );
    assert_eq!(
        answer["settings"]["effective"]["scheduler"]["failuresMax"],
        6
    );
}

#[test]
fn nothing_set_is_said_so() {
    let stand = Stand::idle();
    stand.write("aof.yaml", "");
    let said = with(&stand, &[], &["config", "show"]).ok();
    assert_eq!(said.out, "every setting has its default\n");
}

#[test]
fn everything_that_is_wrong_is_told_in_one_refusal() {
    let stand = stand();
    stand.write("aof.yaml", "scheduler:\n  failureMax: 5\n");
    let variables = [("AOF_MAX_CONCURRENCY", "many"), ("AOF_RUN_TIMEOUT_MS", "1")];
    let flags = [
        "config",
        "validate",
        "--json",
        "--set",
        "scheduler.pollIntervalMs=x",
    ];
    let said = with(&stand, &variables, &flags);
    assert_eq!(said.code, 3, "{said:?}");
    let error = said.json()["error"].clone();
    let message = error["message"].as_str().unwrap().to_owned();
    for part in [
        "4 settings are wrong",
        "environment variable AOF_MAX_CONCURRENCY",
        "environment variable AOF_RUN_TIMEOUT_MS",
        "flag --set scheduler.pollIntervalMs",
        "aof.yaml:2:3",
        "did you mean `failuresMax`?",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let said = with(&stand, &variables, &["board"]);
    assert_eq!(said.code, 3, "nothing works under wrong settings");
}

#[test]
fn what_is_well_is_said_so() {
    let stand = stand();
    let said = with(&stand, &[], &["config", "validate"]).ok();
    assert_eq!(said.out, "the settings can be used\n");
}

#[test]
fn an_unknown_variable_is_told_with_the_nearest_one() {
    let stand = stand();
    let said = with(&stand, &[("AOF_MAX_CONCURENCY", "1")], &["board"]).ok();
    let expected = "AOF_MAX_CONCURENCY is not known; the nearest is AOF_MAX_CONCURRENCY";
    assert!(said.err.contains(expected), "{said:?}");
    for known in [("AOF_MAX_CONCURRENCY", "1"), ("AOF_ANSWER_WITHIN", "5s")] {
        let said = with(&stand, &[known], &["board"]).ok();
        assert_eq!(said.err, "", "{known:?}");
    }
}

#[test]
fn a_flag_without_a_value_is_no_flag() {
    let stand = stand();
    for text in ["x", "=1", "a..b=1"] {
        assert_eq!(
            with(&stand, &[], &["board", "--set", text]).code,
            2,
            "{text}"
        );
    }
}
