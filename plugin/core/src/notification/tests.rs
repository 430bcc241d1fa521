//! What is told of events, one by one and in storms.

use serde_json::json;

use super::*;

const NOW: Instant = Instant::from_ms(1_771_322_400_000);

fn rule(event: &str) -> Rule {
    Rule {
        event: event.to_owned(),
        payload: Vec::new(),
        severity: Severity::Warn,
        channel: "#ops".to_owned(),
        audience: "operator".to_owned(),
        template: "{taskId}: {payload.reason}".to_owned(),
        window_ms: 0,
        never_suppress: false,
    }
}

fn event(kind: &str, number: usize) -> Value {
    json!({
        "type": kind, "eventId": format!("e{number}"),
        "taskId": format!("TASK-2026-02-17-{number:03}"), "payload": {"reason": "no ink"},
    })
}

fn desk(rules: Vec<Rule>) -> Desk {
    let mut desk = Desk::default();
    desk.follow(rules);
    desk
}

fn messages(effects: &[Effect]) -> Vec<&str> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(notice.message.as_str()),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_template_takes_fields_of_the_event_and_keeps_what_it_does_not_know() {
    let told = |template: &str, event: &Value| {
        let rule = Rule {
            template: template.to_owned(),
            ..rule("x")
        };
        rule.message(event)
    };
    let event = json!({
        "taskId": null, "payload": {"n": 3, "is": true, "text": "a\u{1b}[31m\nb",
        "in": {"x": "{n}"}},
    });
    for (template, expected) in [
        ("plain", "plain"),
        ("{payload.n} {payload.is}", "3 true"),
        ("<{taskId}>", "<>"),
        ("{payload.text}", "a [31m b"),
        ("{payload.in.x}", "{n}"),
        ("{payload.in}", "{\"x\":\"{n}\"}"),
        ("{payload.m} {} {payload.n", "{payload.m} {} {payload.n"),
        ("{{payload.n}}", "{3}"),
        ("}{", "}{"),
        ("{payload.n.x}", "{payload.n.x}"),
    ] {
        assert_eq!(told(template, &event), expected, "{template}");
    }
}

#[test]
fn a_notice_has_1_000_characters() {
    for (count, is_cut) in [(NOTICE_CHARS_MAX, false), (NOTICE_CHARS_MAX + 1, true)] {
        let text = "ä".repeat(count);
        let rule = Rule {
            template: "{payload.text}".to_owned(),
            ..rule("x")
        };
        let message = rule.message(&json!({"payload": {"text": text}}));
        assert_eq!(message.ends_with('…'), is_cut);
        assert_eq!(
            message.trim_end_matches('…').chars().count(),
            NOTICE_CHARS_MAX
        );
    }
}

#[test]
fn a_thousand_notices_are_remembered() {
    let long = Rule {
        window_ms: WINDOW_MS_MAX,
        ..rule("task.blocked")
    };
    for (count, is_forgotten) in [(TOLD_MAX, false), (TOLD_MAX + 1, true)] {
        let mut desk = desk(vec![long.clone()]);
        let mut at = NOW;
        for number in 0..count {
            desk.tell(&[event("task.blocked", number)], at);
            at = at.plus_ms(STORM_WINDOW_MS);
        }
        let again = desk.tell(&[event("task.blocked", 0)], at);
        assert_eq!(again.out.len(), usize::from(is_forgotten), "{count}");
        assert!(desk.told.len() <= TOLD_MAX);
    }
}

#[test]
fn a_commit_sends_256_urgent_notices() {
    let urgent = Rule {
        never_suppress: true,
        ..rule("task.*")
    };
    let events = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|number| event("task.blocked", number))
            .collect()
    };
    for (count, sent, held) in [
        (URGENT_NOTICES_MAX, URGENT_NOTICES_MAX, 0),
        // A channel has room for some more, as for any others.
        (
            URGENT_NOTICES_MAX + STORM_NOTICES_MAX,
            URGENT_NOTICES_MAX + STORM_NOTICES_MAX,
            0,
        ),
        (
            URGENT_NOTICES_MAX + STORM_NOTICES_MAX + 1,
            URGENT_NOTICES_MAX + STORM_NOTICES_MAX,
            1,
        ),
    ] {
        let notices = desk(vec![urgent.clone()]).tell(&events(count), NOW);
        assert_eq!(
            (notices.out.len(), notices.held.len()),
            (sent, held),
            "{count}"
        );
    }
}

#[test]
fn the_sixth_notice_of_a_channel_within_ten_seconds_waits_for_the_digest() {
    let mut desk = desk(vec![rule("task.*")]);
    for number in 0..STORM_NOTICES_MAX {
        let told = desk.tell(&[event("task.blocked", number)], NOW);
        assert_eq!((told.out.len(), told.held.len()), (1, 0), "{number}");
    }
    assert_eq!(desk.due(), None, "nothing is held back");
    let later = NOW.plus_ms(STORM_WINDOW_MS - 1);
    let sixth = desk.tell(&[event("task.blocked", 6), event("task.logged", 7)], later);
    let digest = ["2 more within 10 s: 1 × task.blocked, 1 × task.logged"];
    assert!(sixth.out.is_empty());
    assert_eq!(
        messages(&sixth.held),
        digest,
        "on record, should the host die"
    );
    let end = NOW.plus_ms(STORM_WINDOW_MS);
    assert_eq!(desk.due(), Some(end));
    assert!(desk.ripe(later).is_empty());
    let mut other = desk.clone();
    assert_eq!(messages(&desk.ripe(end)), digest);
    assert_eq!((desk.due(), desk.ripe(end).len()), (None, 0), "once");
    // Whatever is told next lets the digest go first.
    let next = other.tell(&[event("task.blocked", 8)], end);
    assert_eq!(
        messages(&next.out),
        [digest[0], "TASK-2026-02-17-008: no ink"]
    );
    assert_eq!(other.due(), None);
}

#[test]
fn channels_have_storms_of_their_own_and_digests_are_as_loud_as_the_loudest() {
    let other = Rule {
        channel: "#other".to_owned(),
        severity: Severity::Info,
        ..rule("task.logged")
    };
    let quiet = Rule {
        severity: Severity::Info,
        ..rule("task.updated")
    };
    let mut desk = desk(vec![other, quiet, rule("task.*")]);
    let mut events: Vec<Value> = (0..5).map(|number| event("task.blocked", number)).collect();
    events.extend(["task.logged", "task.updated", "task.blocked"].map(|kind| event(kind, 9)));
    let told = desk.tell(&events, NOW);
    assert_eq!(told.out.len(), 6, "five, and one of the other channel");
    let digest = told.held.first().cloned();
    let Some(Effect::Notify(digest)) = digest else {
        panic!("{told:?}");
    };
    assert_eq!(digest.severity, Severity::Warn);
    let whom = (digest.audience.as_deref(), digest.channel.as_deref());
    assert_eq!(whom, (Some("operator"), Some("#ops")));
}
