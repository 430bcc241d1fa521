//! Trees from YAML: positions, bounds, and what is refused by design.

use serde_json::{Value, json};

use super::*;
use crate::finding::Codes;

const CODES: Codes = Codes {
    syntax: "S",
    value: "V",
    missing: "M",
    unknown: "U",
};

fn value_of(text: &str) -> Value {
    let mut findings = Findings::new("x", &CODES);
    let node = compose(text, &mut findings).map(|node| node.to_value());
    assert!(!findings.has_errors(), "{text:?}: {findings:?}");
    node.unwrap_or_default()
}

/// `code line:column` of each finding.
fn refusals(text: &str) -> Vec<String> {
    let mut findings = Findings::new("x", &CODES);
    compose(text, &mut findings);
    let all = findings.conclude(Some(())).err().unwrap_or_default();
    all.iter()
        .map(|f| format!("{} {}:{}", f.code, f.line, f.column))
        .collect()
}

#[test]
fn all_layouts_make_the_same_tree() {
    let expected = json!({"a": 1, "b": [1, {"c": "x"}], "d": null});
    for text in [
        "a: 1\nb:\n  - 1\n  - c: x\nd:\n",
        "a: 1\nb:\n- 1\n-\n  c: x\nd: ~\n",
        "{a: 1, b: [1, {c: x}], d: }\n",
        "\"a\": 1\n'b': [1, c: x]\n? d\n: null\n",
        "a: 1\r\nb:\r\n  - 1\r\n  - c: |-\r\n      x\r\nd:\r\n",
        "# c\n  a: 1 # d\n\n  b: # e\n  - 1\n  # f\n  - c: 'x'\n  d: # g\n# h\n",
    ] {
        assert_eq!(value_of(text), expected, "{text:?}");
    }
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "\n\n", "# only a comment\n"] {
        assert_eq!(value_of(text), Value::Null, "{text:?}");
    }
}

#[test]
fn yaml_with_hidden_meaning_is_refused() {
    for (text, expected) in [
        ("a: &x 1\nb: *x\n", vec!["E 1:4", "E 2:4"]),
        (
            "a: !!str 1\nb: !x [1]\nc: !y {}\n",
            vec!["E 1:4", "E 2:4", "E 3:4"],
        ),
        ("a: &l\n  - 1\n", vec!["E 1:4"]),
        ("<<: {a: 1}\n", vec!["E 1:1"]),
        ("a:\n  <<: b\n", vec!["E 2:3"]),
        ("a: 1\nb: 2\na: 3\n\"a\": 4\n", vec!["E 3:1", "E 4:1"]),
        ("a: {b: 1, b: 2}\n", vec!["E 1:11"]),
        ("a: 1\n---\nb: 2\n", vec!["E 2:1"]),
        ("a: 1\n...\nb: 2\n", vec!["E 3:1"]),
        ("[a, b]: c\n", vec!["S 1:1"]),
        ("? {a: b}\n: c\n", vec!["S 1:3"]),
        ("{{a: b}: c}\n", vec!["S 1:2"]),
        ("%YAML 1.1\n---\na: 1\n", vec![]),
        ("\"<<\": a\n", vec![]),
    ] {
        let expected: Vec<String> = expected
            .iter()
            .map(|line| line.replace('E', FORBIDDEN))
            .collect();
        assert_eq!(refusals(text), expected, "{text:?}");
    }
}

#[test]
fn broken_yaml_is_refused_where_it_breaks() {
    for (text, expected) in [
        ("a: x: y\n", "S 1:5"),
        ("a: 'x\n", "S 1:4"),
        ("a: [1, 2\n", "S 2:1"),
        ("a:\n  - b\n c: d\n", "S 3:2"),
        ("a: @x\n", "S 1:4"),
        ("a: \"\\q\"\n", "S 1:4"),
        ("a\u{1}: 1\n", "S 1:2"),
        ("*x : 1\n", "S 1:1"),
    ] {
        assert_eq!(refusals(text), [expected], "{text:?}");
    }
}

#[test]
fn depth_is_limited_exactly() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(refusals(&nested(DEPTH_MAX)), [""; 0]);
    assert_eq!(refusals(&nested(DEPTH_MAX + 1)), [format!("{LIMIT} 1:33")]);
    assert_eq!(refusals(&nested(30_000)).len(), 1);
    assert_eq!(refusals(&"- ".repeat(30_000)), [format!("{LIMIT} 1:65")]);
    assert_eq!(refusals(&"? ".repeat(30_000)).len(), 1);
    assert_eq!(refusals(&"{a: ".repeat(30_000)).len(), 1);
}

#[test]
fn the_number_of_nodes_is_limited_exactly() {
    let list = |items: usize| format!("[{}]", "a,".repeat(items));
    assert_eq!(refusals(&list(NODES_MAX - 1)), [""; 0]);
    assert_eq!(
        refusals(&list(NODES_MAX)),
        [format!("{LIMIT} 1:{}", NODES_MAX * 2)]
    );
}

#[test]
fn alias_bombs_are_refused_without_expanding() {
    let mut bomb = "a: &a [x, x]\n".to_owned();
    for level in 0..40 {
        let name = char::from(b'a' + level % 26);
        bomb.push_str(&format!("b{level}: &n{level} [*{name}, *{name}]\n"));
    }
    assert!(refusals(&bomb).len() <= crate::finding::FINDINGS_MAX);
}

#[test]
fn hostile_bytes_never_panic() {
    let alphabet: Vec<char> = "ab:-?[]{}&*!|>'\"%@#,~\n\r\t  01<=é\u{feff}"
        .chars()
        .collect();
    let mut state = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..(state >> 40) % 40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap() % alphabet.len();
            text.push(alphabet[at]);
        }
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut findings = Findings::new("x", &CODES);
        compose(&text, &mut findings);
    }
}
