//! Templates of projects, and the gates that are taken for one.

use super::super::stand::Stand;
use super::{CHART, ended};

const MANIFEST: &str = "\
id: alpha
defaultWorkflow: ship
workflowTemplates:
  ship:
    name: ship
    hops:
      - {id: build, role: developer}
      - {id: review, role: reviewer, dependsOn: [build], canReject: true}
  patch:
    name: a patch
    hops:
      - {id: build, agent: ada}
";

const GATES: &str = "\
id: alpha
workflow:
  name: old-way
  rejectionStrategy: origin
  gates:
    - {id: build, role: developer, timeout: 90m, escalateTo: reviewer}
    - {id: review, role: reviewer, canReject: true, description: Read it}
    - {id: sign, role: reviewer, requireHuman: true}
";

fn stand(manifest: &str) -> Stand {
    let stand = Stand::new();
    stand.write("org/org-chart.yaml", CHART);
    stand.write("projects/alpha/project.yaml", manifest);
    stand
}

/// With a manifest of which one part is another.
fn with(from: &str, to: &str) -> Stand {
    assert!(MANIFEST.contains(from) || GATES.contains(from), "{from}");
    let whole = if MANIFEST.contains(from) {
        MANIFEST
    } else {
        GATES
    };
    stand(&whole.replace(from, to))
}

/// What `aof workflow validate` finds in the manifest, the first finding in one line.
fn first(stand: &Stand) -> String {
    let said = ended(
        stand.aof(&["workflow", "validate", "alpha/ship", "--json"]),
        6,
    )
    .json();
    let found = &said["workflow"]["findings"][0];
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    let place = text("location").replace("projects/alpha/project.yaml", "P");
    format!(
        "{} {place} {} | {}",
        text("code"),
        text("message"),
        text("hint")
    )
}

#[test]
fn templates_are_listed_and_one_is_the_default() {
    // The manifest says `workflowTemplates` and `defaultWorkflow`.
    let stand = stand(MANIFEST);
    let said = stand.aof(&["workflow", "show", "alpha/"]).ok();
    assert_eq!(said.out, "ship  default\npatch\n");
    let said = stand.aof(&["workflow", "show", "alpha/ship"]).ok();
    insta::assert_snapshot!(said.out, @r"
    ship  projects/alpha/project.yaml, default
    
    build   developer
    
    review  reviewer  after build
      may send everything back
    ");
    let said = stand.aof(&["workflow", "validate", "alpha/patch"]).ok();
    let told = "patch of projects/alpha/project.yaml can be used: 1 hop, 1 to begin with, 0 \
                dependencies\n";
    assert_eq!(said.out, told);
    let said = stand
        .aof(&["workflow", "show", "alpha/", "--json"])
        .ok()
        .json();
    assert_eq!(
        said["workflow"]["templates"],
        serde_json::json!(["ship", "patch"])
    );
    assert_eq!(said["workflow"]["default"], "ship");
    let said = stand.aof(&["workflow", "show", "_inbox/"]).ok();
    assert_eq!(said.out, "projects/_inbox/project.yaml has no workflows\n");
    let board = stand.aof(&["board"]).ok();
    assert!(!board.out.contains("AOF-1190"), "{board:?}");
}

#[test]
fn gates_are_taken_for_a_template_of_their_name() {
    // The manifest says `workflow`.
    let stand = stand(GATES);
    assert_eq!(
        stand.aof(&["workflow", "show", "alpha/"]).ok().out,
        "old-way\n"
    );
    let said = stand.aof(&["workflow", "show", "alpha/old-way"]).ok();
    insta::assert_snapshot!(said.out, @r"
    old-way  projects/alpha/project.yaml

    build   developer
      after 90m reviewer takes over

    review  reviewer  after build
      Read it
      may send everything back

    sign    reviewer, a person  after review
    ");
    let json = stand
        .aof(&["workflow", "show", "alpha/old-way", "--json"])
        .ok()
        .json();
    let hops = &json["workflow"]["definition"]["hops"];
    assert_eq!(
        hops[1],
        serde_json::json!({
            "id": "review", "role": "reviewer", "canReject": true, "description": "Read it",
            "dependsOn": ["build"], "rejectionStrategy": "origin",
        })
    );
    stand.aof(&["workflow", "validate", "alpha/old-way"]).ok();
}

#[test]
fn a_gate_that_cannot_be_kept_is_refused_with_its_place() {
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for (from, to, told) in [
        (
            "canReject: true,",
            "when: \"tags.includes('auth')\",",
            "AOF-1122 P:7:42 `workflow.gates[1].when` is JavaScript, which is not run: \
             `tags.includes(\\'auth\\')` | write the gates as hops under `workflowTemplates`, and \
             here `condition: {op: has_tag, value: auth}`; docs/workflows.md has all operators",
        ),
        (
            "canReject: true,",
            "when: 1 + 1,",
            "AOF-1122 P:7:42 `workflow.gates[1].when` is JavaScript, which is not run: `1 + 1` | \
             write the gates as hops under `workflowTemplates`, and here `condition: {op: \
             has_tag, value: …}`; docs/workflows.md has all operators",
        ),
        (
            "timeout: 90m",
            "canReject: true, timeout: 90m",
            "AOF-1162 P:6:47 `workflow.gates[0].canReject` is of a hop with nothing before it | \
             only a hop that depends on others can send work back to them",
        ),
        (
            "{id: sign",
            "{id: build",
            "AOF-1162 P:8:12 `workflow.gates[2].id` is `build`, as workflow.gates[0] is | give \
             each hop a name of its own",
        ),
        (
            "90m",
            "90s",
            "AOF-1162 P:6:45 `workflow.gates[0].timeout` is `90s`, which is no time | write a \
             number of minutes, hours or days, as 30m, 2h or 1d, up to a year",
        ),
        (
            "requireHuman",
            "requiresHuman",
            "AOF-1121 P:8:34 unknown key `workflow.gates.requiresHuman` | did you mean \
             `requireHuman`?",
        ),
        (
            "old-way",
            "Old Way",
            "AOF-1122 P:3:9 `workflow.name`: `Old Way` is no name of a workflow | use 1 to 64 \
             characters: small letters, digits, `-`; begin with a letter or a digit",
        ),
        (
            "rejectionStrategy: origin",
            "rejectionStrategy: predecessors",
            "AOF-1122 P:4:22 `workflow.rejectionStrategy` must be origin, but is `predecessors` | \
             write origin",
        ),
    ] {
        found.push(first(&with(from, to)));
        wanted.push(told);
    }
    assert_eq!(found, wanted);
    let outcomes = with("  rejectionStrategy: origin", "  outcomes: [complete]");
    let board = outcomes.aof(&["board"]).ok();
    assert!(
        board
            .out
            .contains("has no effect in this version: `workflow.outcomes`"),
        "{board:?}"
    );
}

#[test]
fn a_broken_template_sets_the_manifest_aside_and_the_project_rests() {
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for (from, to, told) in [
        (
            "dependsOn: [build]",
            "dependsOn: [bild]",
            "AOF-1162 P:8:50 `workflowTemplates.ship.hops[1].dependsOn[0]` is `bild`, which is no \
             hop | did you mean `build`?",
        ),
        (
            "{id: build, role: developer}",
            "{id: build, role: developer, dependsOn: [review]}",
            "AOF-1163 P:7:14 hops wait for each other: build → review → build | take one of these \
             out of a `dependsOn`; a rejection is what sends work back",
        ),
        (
            "canReject: true",
            "canRejct: true",
            "AOF-1161 P:8:58 unknown key `workflowTemplates.ship.hops.canRejct` | did you mean \
             `canReject`?",
        ),
        (
            "canReject: true",
            "condition: {op: has_tags}",
            "AOF-1162 P:8:74 `workflowTemplates.ship.hops[1].condition.op` is `has_tags`, which \
             is no operator | did you mean `has_tag`?",
        ),
        (
            "  patch:",
            "  Patch:",
            "AOF-1122 P:9:3 `workflowTemplates.Patch`: `Patch` is no name of a workflow | use 1 \
             to 64 characters: small letters, digits, `-`; begin with a letter or a digit",
        ),
        (
            "defaultWorkflow: ship",
            "defaultWorkflow: shipp",
            "AOF-1122 P:2:18 `defaultWorkflow` is `shipp`, which is no workflow here | write ship \
             or patch",
        ),
        (
            "id: alpha",
            "id: alpha\nworkflow: {name: patch, gates: [{id: a, role: r}]}",
            "AOF-1122 P:2:18 `workflow.name` is `patch`, as a template is | take one of the two \
             out",
        ),
    ] {
        let stand = with(from, to);
        found.push(first(&stand));
        wanted.push(told);
        let before = stand.read("projects/alpha/project.yaml");
        let task = stand.task(&["T", "--project", "alpha", "--agent", "ada"]);
        let said = stand.aof(&["explain", &task, "--json"]).ok().out;
        assert!(said.contains("paused"), "{said}");
        assert_eq!(stand.read("projects/alpha/project.yaml"), before);
    }
    assert_eq!(found, wanted);
}

#[test]
fn a_default_without_templates_says_where_to_write_one() {
    let stand = stand("id: alpha\ndefaultWorkflow: ship\n");
    let told = "AOF-1122 P:2:18 `defaultWorkflow` is `ship`, which is no workflow here | add it \
                under `workflowTemplates`";
    assert_eq!(first(&stand), told);
}
