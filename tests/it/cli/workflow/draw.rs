//! `aof workflow render`: pictures.

use super::super::stand::Stand;
use super::{example, file, plain};

fn render(name: &str, more: &[&str]) -> String {
    let stand = Stand::bare();
    let path = example(name);
    let said = stand
        .aof(&[&["workflow", "render", &path], more].concat())
        .ok();
    plain(&stand, &said)
}

#[test]
fn branches_and_joins_are_drawn_with_characters() {
    insta::assert_snapshot!(render("parallel-review", &[]), @r"
    parallel-review

                 ┌───────────┐
                 │ implement │
                 │ developer │
                 └─────┬─────┘
            ┌──────────┴──────────┐
    ┌───────▼───────┐   ┌─────────▼─────────┐
    │ code-review ↰ │   │ security-review ↰ │
    │ architect     │   │ security          │
    └───────┬───────┘   └─────────┬─────────┘
            └────────┐   ┌────────┘
                  ┌──▼───▼──┐
                  │ deploy  │
                  │ sre     │
                  └─────────┘

    ↰ code-review: may send everything back
    ↰ security-review: may send everything back
    ");
    insta::assert_snapshot!(render("swe-sdlc", &[]), @r"
    swe-sdlc

             ┌───────────┐
             │ implement │
             │ developer │
             └─────┬─────┘
         ┌─────────┴─────────┐
    ┌────▼────┐   ┌──────────▼──────────┐
    │ test ↰  │   │ security-review ◇ ↰ │
    │ qa      │   │ security            │
    └────┬────┘   └──────────┬──────────┘
         └───────┐   ┌───────┘
             ┌───▼───▼───┐
             │ review ↰  │
             │ architect │
             └─────┬─────┘
                   │
              ┌────▼────┐
              │ deploy  │
              │ sre     │
              └─────────┘

    ↰ test: may send everything back
    ◇ security-review: only if tag security or tag auth
    ↰ security-review: may send everything back
    ↰ review: may send everything back
    ");
}

#[test]
fn a_line_goes_past_a_layer_beside_its_boxes() {
    insta::assert_snapshot!(render("sales-pipeline", &[]), @r"
    sales-pipeline

                 ┌─────────┐
                 │ qualify │
                 │ bdr     │
                 └────┬────┘
                      │
                ┌─────▼─────┐
                │ propose ↰ │
                │ ae        │
                └─────┬─────┘
              ┌───────┴──────┐
    ┌─────────▼─────────┐    │
    │ legal-review ◇ ↰  │    │
    │ legal             │    │
    └─────────┬─────────┘    │
              └─────┐   ┌────┘
               ┌────▼───▼────┐
               │ negotiate ↰ │
               │ ae          │
               └──────┬──────┘
                      │
                ┌─────▼─────┐
                │ close     │
                │ vp-sales  │
                └───────────┘

    ↰ propose: may send everything back
    ◇ legal-review: only if tag enterprise or tag contract
    ↰ legal-review: may send everything back
    ↰ negotiate: may send everything back
    ");
}

#[test]
fn a_workflow_that_is_too_wide_is_listed_by_layers() {
    let stand = Stand::bare();
    let many =
        (0..30).map(|at| format!("- {{id: many-{at}, role: builder, dependsOn: [start]}}\n"));
    let text = format!(
        "name: wide\nhops:\n- {{id: start, role: r}}\n{}",
        many.collect::<String>()
    );
    let path = file(&stand, "wide.yaml", &text);
    let said = stand.aof(&["workflow", "render", &path]).ok();
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 2 + 31, "{said:?}");
    assert_eq!(
        lines[2..5],
        [
            "   1  start    r",
            "   2  many-0   builder  after start",
            "      many-1   builder  after start",
        ]
    );
}

#[test]
fn graphviz_gets_nodes_edges_and_words() {
    let stand = Stand::bare();
    let text = "name: 'say \"hi\"'\nhops:\n- {id: a, role: r}\n- {id: b, kind: human, dependsOn: \
                [{hop: a, on: [failed], when: {op: eq, field: task.title, value: '\"x\\'}}]}\n";
    let path = file(&stand, "w.yaml", text);
    let said = stand
        .aof(&["workflow", "render", &path, "--format", "dot"])
        .ok();
    insta::assert_snapshot!(plain(&stand, &said), @r#"
    digraph "say \"hi\"" {
      rankdir=TB;
      node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];
      edge [fontname="sans-serif", fontsize=10];
      "a" [label="a\nr"];
      "b" [label="b\na person", peripheries=2];
      "a" -> "b" [label="on failed, if task.title = \"\\\"x\\\\\""];
    }
    "#);
}

#[test]
fn documents_get_a_picture_without_markup_from_the_file() {
    let stand = Stand::bare();
    let text = "name: '<script>&'\nhops:\n- {id: a, role: r}\n- {id: b, kind: human, dependsOn: \
                [{hop: a, on: [failed]}], description: 'a \"<b>\"'}\n";
    let path = file(&stand, "w.yaml", text);
    let said = stand
        .aof(&["workflow", "render", &path, "--format", "svg"])
        .ok();
    let breaks = [
        "viewBox",
        "font-size",
        "refX",
        "orient",
        "width",
        "fill",
        "stroke=",
        "rx",
    ];
    let folded = breaks.iter().fold(plain(&stand, &said), |text, key| {
        text.replace(&format!(" {key}"), &format!("\n   {key}"))
    });
    insta::assert_snapshot!(folded, @r##"
    <svg xmlns="http://www.w3.org/2000/svg"
       width="136" height="166"
       viewBox="0 0 136 166" font-family="ui-monospace, monospace"
       font-size="13">
    <title>&lt;script&gt;&amp;</title>
    <rect
       width="136" height="166"
       fill="#ffffff"/>
    <defs><marker id="tip"
       viewBox="0 0 8 8"
       refX="7" refY="4" markerWidth="7" markerHeight="7"
       orient="auto"><path d="M0 0 L8 4 L0 8 Z"
       fill="#666666"/></marker></defs>
    <path d="M68 60 C68 83 68 83 68 106"
       fill="none"
       stroke="#666666" marker-end="url(#tip)"/>
    <text x="68" y="87"
       font-size="11" text-anchor="middle"
       stroke="#ffffff" stroke-width="4">on failed</text>
    <text x="68" y="87"
       font-size="11" text-anchor="middle"
       fill="#444444">on failed</text>
    <g><title>a</title><rect x="48" y="16"
       width="40" height="44"
       rx="7"
       fill="#ffffff"
       stroke="#444444"/>
    <text x="68" y="33" text-anchor="middle" font-weight="bold">a</text>
    <text x="68" y="50" text-anchor="middle"
       fill="#444444">r</text>
    </g>
    <g><title>b; a &quot;&lt;b&gt;&quot;; after a (on failed)</title><rect x="16" y="106"
       width="104" height="44"
       rx="0"
       fill="#ffffff"
       stroke="#444444"/>
    <text x="68" y="123" text-anchor="middle" font-weight="bold">b</text>
    <text x="68" y="140" text-anchor="middle"
       fill="#444444">a person</text>
    </g>
    </svg>
    "##);
}

#[test]
fn a_picture_is_a_part_of_a_document_as_well() {
    let stand = Stand::bare();
    for format in ["text", "dot", "svg"] {
        let call = [
            "workflow",
            "render",
            &example("swe-sdlc"),
            "--format",
            format,
        ];
        let said = stand.aof(&call).ok();
        let json = stand.aof(&[&call[..], &["--json"]].concat()).ok().json();
        assert_eq!(json["render"]["format"], format);
        assert_eq!(json["render"]["name"], "swe-sdlc");
        assert_eq!(json["render"]["text"].as_str().unwrap(), said.out);
    }
}
