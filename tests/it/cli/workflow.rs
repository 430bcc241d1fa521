//! `aof workflow`: what people and scripts are told about workflows, and with which exit code.

mod decide;
mod draw;
mod eval;
mod refuse;
mod task;
mod template;
mod upgrade;

use super::stand::{Said, Stand};

/// Whom the examples name.
const CHART: &str = "\
schemaVersion: 1
agents:
  - {id: ada, openclawAgentId: ada, name: Ada, team: core}
teams:
  - {id: core, name: Core, lead: ada}
roles:
  developer: {agents: [ada]}
  reviewer: {agents: [ada]}
";

/// A file beside the data directory, by its path.
fn file(stand: &Stand, name: &str, text: &str) -> String {
    let path = stand.home().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// One of the examples that people may copy.
fn example(name: &str) -> String {
    let path = format!(
        "{}/corpus/workflows/{name}.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    assert!(std::path::Path::new(&path).is_file(), "{path}");
    path
}

/// What was said, without the directories of this test and with its longest lines broken.
fn plain(stand: &Stand, said: &Said) -> String {
    let examples = format!("{}/corpus/workflows/", env!("CARGO_MANIFEST_DIR"));
    let home = format!("{}/", stand.home().display());
    let text = said.out.replace(&home, "").replace(&examples, "");
    text.replace(" [AOF", "\n       [AOF")
}

fn ended(said: Said, code: i32) -> Said {
    assert_eq!(said.code, code, "{said:?}");
    said
}

#[test]
fn a_file_is_checked_without_a_data_directory() {
    let stand = Stand::bare();
    for (name, told) in [
        ("simple-review", "2 hops, 1 to begin with, 1 dependency"),
        ("parallel-review", "4 hops, 1 to begin with, 4 dependencies"),
        (
            "conditional-branching",
            "5 hops, 1 to begin with, 4 dependencies",
        ),
        ("swe-sdlc", "5 hops, 1 to begin with, 5 dependencies"),
        ("sales-pipeline", "5 hops, 1 to begin with, 5 dependencies"),
    ] {
        let said = stand.aof(&["workflow", "validate", &example(name)]).ok();
        assert_eq!(
            plain(&stand, &said),
            format!("{name}.yaml can be used: {told}\n")
        );
    }
    let said = stand
        .aof(&["workflow", "validate", &example("swe-sdlc"), "--json"])
        .ok()
        .json();
    let workflow = &said["workflow"];
    assert_eq!(workflow["usable"], true);
    assert_eq!(workflow["errors"], 0);
    assert_eq!(
        workflow["definition"]["hops"][3]["dependsOn"][1],
        "security-review"
    );
}

#[test]
fn whom_a_file_names_is_looked_up_where_there_is_a_chart() {
    let stand = Stand::new();
    stand.write("org/org-chart.yaml", CHART);
    let text = "name: w\nhops:\n- {id: a, role: develper, timeout: 1h, escalateTo: boss}\n\
                - {id: b, agent: bob, dependsOn: [a]}\n- {id: c, team: cove, dependsOn: [a]}\n\
                - {id: d, role: ada, dependsOn: [a]}\n";
    let path = file(&stand, "w.yaml", text);
    let said = ended(stand.aof(&["workflow", "validate", &path]), 6);
    insta::assert_snapshot!(plain(&stand, &said), @r"
    error  w.yaml:3:17: the workflow asks for the role `develper`, which the chart does not have
           [AOF-1115]
           hint did you mean `developer`?
    error  w.yaml:3:52: the workflow asks for the role `boss`, which the chart does not have
           [AOF-1115]
           hint declare it under `roles` of the org chart, or correct the name
    error  w.yaml:4:18: the workflow asks for the agent `bob`, which the chart does not have
           [AOF-1115]
           hint declare it under `agents` of the org chart, or correct the name
    error  w.yaml:5:17: the workflow asks for the team `cove`, which the chart does not have
           [AOF-1115]
           hint declare it under `teams` of the org chart, or correct the name
    w.yaml cannot be used
    ");
}

#[test]
fn a_workflow_is_told_hop_by_hop() {
    let stand = Stand::bare();
    let text = "name: ship\ndescription: ships it\nhops:\n\
        - {id: build, agent: ada, retries: 2, resource: /bench, description: Build it}\n\
        - {id: look, kind: human, dependsOn: [build], timeout: 2h, escalateTo: lead, canReject: \
        true, rejectionStrategy: predecessors, rejectionsMax: 2}\n\
        - {id: ask, team: core, dependsOn: [{hop: build, on: [failed, odd], when: {op: has_tag, \
        value: x}}], autoAdvance: false, timeout: 1d}\n\
        - {id: end, role: r, dependsOn: [look, ask], joinType: quorum(1), condition: {op: and, \
        conditions: [{op: hop_status, hop: look, status: complete}, {op: not, condition: {op: or, \
        conditions: [{op: has_event, value: stop}, {op: in, field: task.priority, value: [low, \
        normal]}]}}]}}\n";
    let path = file(&stand, "ship.yaml", text);
    let said = stand.aof(&["workflow", "show", &path]).ok();
    insta::assert_snapshot!(plain(&stand, &said), @r#"
    ship  ship.yaml
    ships it

    build  ada
      Build it
      2 retries, uses /bench

    look   a person  after build
      may send back what it depends on, after 2h lead takes over, 2 rejections at most

    ask    team core  after build (on failed or odd, if tag x)
      at most 1d, then a person looks at it

    end    r  after quorum(1) of look, ask
      only if look is complete and not (event stop or task.priority in ["low","normal"])
    "#);
}
