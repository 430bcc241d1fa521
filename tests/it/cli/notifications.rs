//! `aof notifications test`: what a person is told about the rules, and with which exit code.

use super::stand::{Said, Stand, say};

const RULES: &str = "\
rules:
  - match: {eventType: task.blocked, payload: {by: sla}}
    severity: warn
    audience: [team-lead, operator]
    channel: '#aof-alerts'
    template: '{taskId} stands too long: {payload.reason}'
  - match: {eventType: org.*}
    severity: critical
    audience: [operator]
    channel: '#aof-critical'
    template: '{type}'
";

fn stand(rules: &str) -> Stand {
    let stand = Stand::new();
    stand.write("org/notification-rules.yaml", rules);
    stand
}

fn test(stand: &Stand, more: &[&str]) -> Said {
    stand.aof(&[&["notifications", "test"], more].concat())
}

#[test]
fn every_type_of_event_is_tried() {
    insta::assert_snapshot!(test(&stand(RULES), &[]).ok().out, @r#"
    org.chart-accepted by rule 2 (org.*): critical, #aof-critical for operator
      org.chart-accepted
    org.chart-refused by rule 2 (org.*): critical, #aof-critical for operator
      org.chart-refused
    2 rules; nobody is told of 56 of 58 types of events
    "#);
}

#[test]
fn an_event_is_given_by_its_type_as_json_or_on_standard_input() {
    let stand = stand(RULES);
    let event = r#"{"type": "task.blocked", "payload": {"by": "sla", "reason": "since noon"}}"#;
    let told = "task.blocked by rule 1: warn, #aof-alerts for team-lead, operator\n  \
                TASK-2026-01-01-001 stands too long: since noon\n";
    assert_eq!(test(&stand, &["--event", event]).ok().out, told);
    let path = stand.home().join("event.json");
    std::fs::write(&path, event).unwrap();
    let mut command = stand.command(&["notifications", "test", "--event", "-"]);
    let out = command.stdin(std::fs::File::open(path).unwrap()).output();
    assert_eq!(String::from_utf8(out.unwrap().stdout).unwrap(), told);
    let said = test(&stand, &["--event", "task.blocked"]).ok();
    assert_eq!(said.out, "2 rules; nobody is told of task.blocked\n");
    let said = test(&stand, &["--event", "org.chart-refused", "--json"]).ok();
    let event = &said.json()["notifications"]["events"][0];
    assert_eq!(
        (&event["outcome"], &event["rule"]),
        (&"told".into(), &2.into())
    );
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let stand = stand(RULES);
    let said = test(&stand, &["--event", "task.bloked", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (3, &"AOF-1004".into())
    );
    assert_eq!(said.json()["error"]["hint"], "did you mean `task.blocked`?");
    stand.write(
        "org/notification-rules.yaml",
        &RULES.replace("org.*", "orgs.*"),
    );
    let said = test(&stand, &["--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (3, &"AOF-1172".into())
    );
    assert_eq!(
        said.json()["error"]["where"],
        "org/notification-rules.yaml:7:24"
    );
    let elsewhere = Stand::bare();
    let said = say(&mut elsewhere.command(&["notifications", "test"]));
    assert_eq!(said.code, 3, "{said:?}");
}
