//! Results, field by field, at their bounds and one past them.

use serde_json::json;

use super::*;

fn read(value: &Value) -> Result<HopResult, Vec<String>> {
    let wrong = |it: Wrong| format!("{} {} | {}", it.path, it.message, it.hint);
    HopResult::parse(value.as_object().unwrap()).map_err(|all| all.into_iter().map(wrong).collect())
}

#[test]
fn a_result_is_read_and_written_again() {
    let whole = json!({
        "outcome": "done",
        "verdict": "approve",
        "confidence": 0.8,
        "payload": {"plan": [{"id": "a"}], "score": 1.5},
        "flags": {"fast": true, "count": 3, "name": "x"},
        "events": ["test_failed"],
        "notes": "two lines\nof them",
        "artifacts": ["report.md", "logs/build.txt"],
    });
    let result = read(&whole).unwrap();
    assert_eq!(Value::Object(result.to_map()), whole);
    assert_eq!(HopResult::parse(&result.to_map()), Ok(result));
    for empty in [
        json!({}),
        json!({"outcome": null, "flags": {}, "events": [], "notes": null}),
    ] {
        let result = read(&empty).unwrap();
        assert_eq!(result, HopResult::default());
        assert!(result.to_map().is_empty());
    }
}

#[test]
fn what_is_wrong_with_a_result_is_told_with_its_field() {
    for (value, expected) in [
        (
            json!({"outcom": "x"}),
            "outcom is no field of a result | did you mean `outcome`?",
        ),
        (
            json!({"colour": 1}),
            "colour is no field of a result | fields are outcome, verdict, confidence, payload, \
             flags, events, notes, artifacts; own data goes into payload",
        ),
        (
            json!({"outcome": "not good"}),
            "outcome is no word | write done, needs_review, blocked, partial or a word of your own",
        ),
        (json!({"outcome": ""}), "outcome is no word"),
        (
            json!({"verdict": true}),
            "verdict is no text | write it in quotes",
        ),
        (
            json!({"confidence": 1.01}),
            "confidence is no number from 0 to 1",
        ),
        (
            json!({"confidence": -0.1}),
            "confidence is no number from 0 to 1",
        ),
        (
            json!({"confidence": "1"}),
            "confidence is no number from 0 to 1 | write it like 0.8",
        ),
        (json!({"flags": []}), "flags is no mapping"),
        (json!({"flags": {"a b": 1}}), "flags.a b is no name"),
        (
            json!({"flags": {"a": [1]}}),
            "flags.a is no short value | write true, false, a number or up to 512 bytes",
        ),
        (json!({"events": "x"}), "events is no list"),
        (
            json!({"events": ["a", "b c"]}),
            "events[1] is none | write a word, as test_failed",
        ),
        (
            json!({"artifacts": ["/etc/passwd"]}),
            "artifacts[0] is none | write a path below the directory of the hop, without `..`",
        ),
        (json!({"artifacts": ["a/../b"]}), "artifacts[0] is none"),
        (json!({"artifacts": ["a\\b"]}), "artifacts[0] is none"),
        (json!({"artifacts": [3]}), "artifacts[0] is none"),
    ] {
        let wrong = read(&value).unwrap_err();
        assert_eq!(wrong.len(), 1, "{value}: {wrong:?}");
        assert!(wrong[0].starts_with(expected), "{value}: {wrong:?}");
    }
    let all = read(&json!({"outcome": 1, "events": 1, "notes": 1})).unwrap_err();
    assert_eq!(all.len(), 3);
}

#[test]
fn every_field_of_a_result_has_its_bound() {
    let text = |bytes: usize| "x".repeat(bytes);
    let words = |count: usize| vec!["x"; count];
    let flags = |count: usize| {
        let flags = (0..count).map(|at| (format!("f{at}"), json!(at)));
        Value::Object(flags.collect())
    };
    type Of = (&'static str, usize, Box<dyn Fn(usize) -> Value>);
    let bounds: [Of; 8] = [
        ("verdict", 512, Box::new(move |n| json!(text(n)))),
        ("notes", 8_192, Box::new(move |n| json!(text(n)))),
        // With its quotes.
        ("payload", 32_768, Box::new(move |n| json!(text(n - 2)))),
        ("flags", 32, Box::new(flags)),
        ("flags", 512, Box::new(move |n| json!({"f": text(n)}))),
        ("events", 32, Box::new(move |n| json!(words(n)))),
        ("artifacts", 64, Box::new(move |n| json!(words(n)))),
        ("artifacts", 512, Box::new(move |n| json!([text(n)]))),
    ];
    for (key, most, value) in &bounds {
        assert!(read(&json!({*key: value(*most)})).is_ok(), "{key} {most}");
        let wrong = read(&json!({*key: value(most + 1)})).unwrap_err();
        assert_eq!(wrong.len(), 1, "{key} {most}: {wrong:?}");
    }
}

#[test]
fn a_field_lies_at_the_end_of_a_path() {
    let value = json!({"a": {"b": 1, "c": null}, "d": [1]});
    assert_eq!(field(&value, "a.b"), Some(&json!(1)));
    for none in ["a.c", "a.x", "d.0", "", "a."] {
        assert_eq!(field(&value, none), None, "{none}");
    }
}
