//! What is no workflow, no template, no condition: refused with code, place and hint.

use super::super::stand::{Said, Stand, say};
use super::{CHART, ended, file, plain};

/// A workflow of so many hops in a line.
fn line(hops: usize) -> String {
    let hop = |at: usize| match at {
        0 => "- {id: h0, role: r}\n".to_owned(),
        at => format!("- {{id: h{at}, role: r, dependsOn: [h{}]}}\n", at - 1),
    };
    format!(
        "name: line\nhops:\n{}",
        (0..hops).map(hop).collect::<String>()
    )
}

fn error(said: Said) -> (String, Option<String>, String, String) {
    let said = ended(said, 3).json();
    let text = |key: &str| said["error"][key].as_str().map(str::to_owned);
    let (code, message, hint) = (text("code"), text("message"), text("hint"));
    (
        code.unwrap(),
        text("where"),
        message.unwrap(),
        hint.unwrap(),
    )
}

#[test]
fn everything_that_is_wrong_with_a_file_is_told_at_once() {
    let stand = Stand::bare();
    let text = "name: w\nhops:\n- {id: a, role: r, dependsOn: [c]}\n\
                - {id: b, role: r, dependsOn: [a], descripton: red}\n\
                - {id: c, role: r, dependsOn: [b], timeout: soon}\n- {id: d}\n";
    let path = file(&stand, "w.yaml", text);
    let said = ended(stand.aof(&["workflow", "validate", &path]), 6);
    insta::assert_snapshot!(plain(&stand, &said), @r"
    error  w.yaml:4:36: unknown key `hops.descripton`
           [AOF-1161]
           hint did you mean `description`?
    error  w.yaml:5:45: `hops[2].timeout` is `soon`, which is no time
           [AOF-1162]
           hint write a number of minutes, hours or days, as 30m, 2h or 1d, up to a year
    error  w.yaml:6:3: `hops[3].role` is missing: nobody does this hop
           [AOF-1162]
           hint write `role`, `agent` or `team`, or `kind: human`
    w.yaml cannot be used
    ");
    let ring = text
        .replace(", descripton: red", "")
        .replace(", timeout: soon", "");
    let path = file(&stand, "ring.yaml", &ring.replace("- {id: d}\n", ""));
    let said = ended(stand.aof(&["workflow", "validate", &path]), 6);
    insta::assert_snapshot!(plain(&stand, &said), @r"
    error  ring.yaml:3:8: hops wait for each other: a → b → c → a
           [AOF-1163]
           hint take one of these out of a `dependsOn`; a rejection is what sends work back
    ring.yaml cannot be used
    ");
    // Whoever wants to see it is told the first thing.
    for verb in ["show", "render"] {
        let told = error(stand.aof(&["workflow", verb, &path, "--json"]));
        assert_eq!(
            (told.0.as_str(), told.2.as_str()),
            ("AOF-1163", "hops wait for each other: a → b → c → a")
        );
        assert!(told.1.unwrap().ends_with("ring.yaml:3:8"));
    }
}

#[test]
fn what_is_no_file_of_a_workflow_is_refused() {
    let stand = Stand::bare();
    for (name, text, told) in [
        ("empty.yaml", "", "AOF-1160 empty.yaml"),
        ("list.yaml", "- a\n", "AOF-1160 list.yaml:1:1"),
        ("broken.yaml", "name: [\n", "AOF-1160 broken.yaml:2:1"),
        ("bare.yaml", "name: w\n", "AOF-1162 bare.yaml:1:1"),
        ("none.yaml", "name: w\nhops: []\n", "AOF-1162 none.yaml:2:7"),
    ] {
        let path = file(&stand, name, text);
        let said = ended(stand.aof(&["workflow", "validate", &path, "--json"]), 6).json();
        let found = &said["workflow"]["findings"][0];
        let place = found["location"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        assert_eq!(format!("{} {place}", found["code"].as_str().unwrap()), told);
        assert_eq!(said["workflow"]["definition"], serde_json::Value::Null);
    }
    let told = error(stand.aof(&["workflow", "validate", "nowhere.yaml", "--json"]));
    assert_eq!(
        (told.0.as_str(), told.1.as_deref()),
        ("AOF-1602", Some("nowhere.yaml"))
    );
    assert_eq!(told.3, "give a file in UTF-8, PROJECT/TEMPLATE or a task");
    // A file that is too large to be handed over is not read in part.
    let huge = file(
        &stand,
        "huge.yaml",
        &format!("name: w\n# {}\n", "x".repeat(1 << 20)),
    );
    assert_eq!(
        error(stand.aof(&["workflow", "validate", &huge, "--json"])).0,
        "AOF-1009"
    );
}

#[test]
fn a_thousand_hops_are_a_workflow_and_one_more_is_none() {
    let stand = Stand::bare();
    let path = file(&stand, "line.yaml", &line(1_000));
    let said = stand.aof(&["workflow", "validate", &path]).ok();
    assert_eq!(
        plain(&stand, &said),
        "line.yaml can be used: 1000 hops, 1 to begin with, 999 dependencies\n"
    );
    let path = file(&stand, "line.yaml", &line(1_001));
    let said = ended(stand.aof(&["workflow", "validate", &path]), 6);
    insta::assert_snapshot!(plain(&stand, &said), @r"
    error  line.yaml:3:3: `hops` has 1001 entries
           [AOF-1104]
           hint split the workflow
    line.yaml cannot be used
    ");
}

#[test]
fn what_is_no_template_is_refused_with_those_that_there_are() {
    let stand = Stand::new();
    stand.write("org/org-chart.yaml", CHART);
    let hops = "{name: w, hops: [{id: a, role: ada}]}";
    let manifest = format!("id: alpha\nworkflowTemplates:\n  ship: {hops}\n  patch: {hops}\n");
    stand.write("projects/alpha/project.yaml", &manifest);
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for (name, told) in [
        (
            "alpha/shp",
            "AOF-1013 template `alpha` has no workflow `shp` | did you mean `ship`?",
        ),
        (
            "alpha/other",
            "AOF-1013 template `alpha` has no workflow `other` | it has ship, patch",
        ),
        (
            "alpha/",
            "AOF-1013 template `alpha/` names no workflow | write one of its workflows, as \
             alpha/ship",
        ),
        (
            "_inbox/",
            "AOF-1013 template `_inbox/` names no workflow | the project has none",
        ),
        (
            "_inbox/ship",
            "AOF-1013 template `_inbox` has no workflow `ship` | it has none; write them under \
             `workflowTemplates` of its project.yaml",
        ),
        (
            "beta/ship",
            "AOF-1008 project there is no project `beta` | known projects: _inbox, alpha",
        ),
    ] {
        let (code, place, message, hint) =
            error(stand.aof(&["workflow", "validate", name, "--json"]));
        found.push(format!("{code} {} {message} | {hint}", place.unwrap()));
        wanted.push(told);
    }
    assert_eq!(found, wanted);
    let alone = [
        "--project-scope",
        "_inbox",
        "workflow",
        "show",
        "alpha/",
        "--json",
    ];
    let told = error(stand.aof(&alone));
    assert!(
        ["AOF-1008", "AOF-2015"].contains(&told.0.as_str()),
        "{told:?}"
    );
    // Templates need a data directory.
    let told = error(say(&mut Stand::bare().command(&[
        "workflow",
        "show",
        "alpha/ship",
        "--json",
    ])));
    assert_eq!(told.0, "AOF-1601");
}
