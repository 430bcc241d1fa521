//! `aof org`: what people and scripts are told about the chart, and with which exit code.

use super::stand::{Said, Stand, wait_for};

const SOUND: &str = "\
schemaVersion: 1
template: small
agents:
  - {id: ada, openclawAgentId: gw-ada, name: Ada, team: core,
     capabilities: {tags: [rust], model: large}}
  - {id: max, openclawAgentId: gw-max, name: Max, team: core, reportsTo: ada, active: false}
teams:
  - id: core
    name: Core
    description: builds everything
    lead: ada
    technicalLead: ada
roles:
  builder: {agents: [ada, max], description: builds}
  owner: {agents: [ada]}
orgUnits:
  - {id: house, type: company, name: House, leadId: ada}
  - {id: floor, type: department, name: Floor, parentId: house}
  - {id: bench, type: squad, name: Bench, parentId: floor, active: false}
groups:
  - {id: night, name: Night, memberIds: [ada, max]}
memberships:
  - {agentId: ada, orgUnitId: bench, role: engineer}
  - {agentId: ada, orgUnitId: floor, primary: false}
";

const UNSOUND: &str = "\
schemaVersion: 1
agents:
  - {id: ada, name: Ada, team: cor, reportsTo: max}
  - {id: max, openclawAgentId: gw-max, name: Max, team: core, reportsTo: ada}
teams:
  - {id: core, name: Core}
";

const AGENTS: &str = "config warnings: none
[{\"id\": \"gw-ada\", \"name\": \"Ada\", \"model\": \"small\"},
 {\"id\": \"gw-eve\", \"name\": \"Eve\"},
 {\"id\": \"gw-off\", \"name\": \"Off\", \"active\": false}]";

fn stand(chart: &str) -> Stand {
    let stand = Stand::new();
    stand.write("org/org-chart.yaml", chart);
    stand
}

/// The text with its longest lines broken.
fn folded(said: &Said) -> String {
    let text = said.out.replace("org/org-chart.yaml", "CHART");
    let text = text.replace("projects/_inbox/project.yaml", "MANIFEST");
    text.replace(" [", "\n       [")
}

fn failed(said: Said, code: i32) -> Said {
    assert_eq!(said.code, code, "{said:?}");
    said
}

#[test]
fn a_sound_chart_is_told_in_one_line() {
    let stand = stand(SOUND);
    insta::assert_snapshot!(stand.aof(&["org", "validate"]).ok().out, @r"
    org/org-chart.yaml can be used: 2 agents, 1 team, 2 roles, 0 routing rules
    template small
    ");
    let said = stand.aof(&["org", "lint"]).ok();
    assert_eq!(said.out, "org/org-chart.yaml: 0 errors, 0 warnings\n");
    let document = stand.aof(&["org", "validate", "--json"]).ok().json();
    assert_eq!(document["validate"]["ok"], true);
    assert_eq!(document["validate"]["counts"]["orgUnits"], 3);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let stand = stand(UNSOUND);
    insta::assert_snapshot!(folded(&failed(stand.aof(&["org", "lint"]), 6)), @r"
    error  CHART:3:32: `agents.team` names the team `cor`, which the chart does not have
           [valid-agent-team, AOF-1113]
           hint did you mean `core`?
    error  CHART:3:48: reports go round in a ring: ada → max → ada
           [no-circular-reports, AOF-1115]
           hint let one of them report to somebody outside, or to nobody
    warn   CHART:3:5: `ada` does not say what the gateway calls it
           [missing-openclaw-agent-id, AOF-1115]
           hint add `openclawAgentId`; until then it is taken to be `ada`
    CHART: 2 errors, 1 warning
    ");
    insta::assert_snapshot!(folded(&failed(stand.aof(&["org", "validate"]), 6)), @r"
    error  CHART:3:32: `agents.team` names the team `cor`, which the chart does not have
           [valid-agent-team, AOF-1113]
           hint did you mean `core`?
    CHART cannot be used
    ");
    let document = failed(stand.aof(&["org", "lint", "--json"]), 6).json();
    let finding = &document["lint"]["findings"][0];
    assert_eq!(finding["rule"], "valid-agent-team");
    assert_eq!(
        (&finding["line"], &finding["field"]),
        (&3.into(), &"agents.ada.team".into())
    );
    assert_eq!(document["lint"]["usable"], false);
    stand.write(
        "org/org-chart.yaml",
        &UNSOUND
            .replace("cor,", "core,")
            .replace(", reportsTo: max", ""),
    );
    assert!(
        stand
            .aof(&["org", "lint"])
            .ok()
            .out
            .ends_with("0 errors, 1 warning\n")
    );
}

#[test]
fn a_chart_that_only_contradicts_itself_can_be_used() {
    let stand = stand(&UNSOUND.replace("team: cor,", "team: core,"));
    let said = stand.aof(&["org", "validate"]).ok();
    assert!(
        said.out.starts_with("org/org-chart.yaml can be used: "),
        "{said:?}"
    );
    failed(stand.aof(&["org", "lint"]), 6);
    let board = stand.aof(&["board"]).ok();
    assert!(
        board.out.contains("reports go round in a ring"),
        "{board:?}"
    );
}

#[test]
fn another_file_is_checked_wherever_it_lies() {
    let stand = stand(SOUND);
    let other = stand.home().join("other.yaml");
    std::fs::write(&other, SOUND.replace("team: core, r", "teem: core, r")).unwrap();
    let path = other.to_str().unwrap();
    let said = failed(stand.aof(&["org", "lint", path]), 6);
    assert!(
        said.out
            .contains("other.yaml:6:51: unknown key `agents.teem`"),
        "{said:?}"
    );
    let said = stand.aof(&["org", "lint", "--lenient", path]).ok();
    assert!(said.out.contains("unknown key `agents.teem`"), "{said:?}");
    stand.aof(&["org", "validate", "--lenient", path]).ok();
    let said = failed(stand.aof(&["org", "show", "nowhere.yaml", "--json"]), 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1602");
}

#[test]
fn a_chart_file_needs_no_data_directory() {
    let stand = Stand::bare();
    let write = |name: &str, text: &str| std::fs::write(stand.home().join(name), text).unwrap();
    write("sound.yaml", SOUND);
    write("unsound.yaml", UNSOUND);
    write("agents.json", AGENTS);
    let before = names(stand.home());
    let said = stand.aof(&["org", "lint", "sound.yaml"]).ok();
    assert_eq!(said.out, "sound.yaml: 0 errors, 0 warnings\n");
    let said = stand.aof(&["org", "validate", "--json", "sound.yaml"]).ok();
    assert_eq!(said.json()["validate"]["ok"], true);
    let said = failed(stand.aof(&["org", "lint", "unsound.yaml"]), 6);
    assert!(said.out.ends_with("2 errors, 1 warning\n"), "{said:?}");
    let said = failed(stand.aof(&["org", "validate", "unsound.yaml"]), 6);
    assert!(said.out.contains("unsound.yaml:3:32: "), "{said:?}");
    let said = stand.aof(&["org", "show", "sound.yaml"]).ok();
    assert!(
        said.out.starts_with("sound.yaml template small"),
        "{said:?}"
    );
    let drift = ["org", "drift", "sound.yaml", "--json"];
    let said = failed(
        stand.aof(&[&drift[..], &["--fixture", "agents.json"]].concat()),
        6,
    );
    assert_eq!(said.json()["drift"]["summary"]["hasDrift"], true);
    let said = failed(stand.aof(&drift), 3);
    assert_eq!(
        said.json()["error"]["code"],
        "AOF-2031",
        "no gateway told anything"
    );
    assert_eq!(names(stand.home()), before, "nothing is made");
}

#[test]
fn a_data_directory_that_is_named_must_be_there() {
    let stand = Stand::bare();
    std::fs::write(stand.home().join("sound.yaml"), SOUND).unwrap();
    for arguments in [
        &["org", "lint", "sound.yaml", "--data-dir", "nowhere"][..],
        &["org", "lint"],
        &["org", "show"],
        &["org", "set", "agents.ada.name", "Ade"],
    ] {
        let said = failed(stand.aof(&[arguments, &["--json"]].concat()), 3);
        assert_eq!(said.json()["error"]["code"], "AOF-1601", "{arguments:?}");
    }
}

fn names(dir: &std::path::Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn without_a_chart_nothing_is_checked() {
    let stand = Stand::new();
    std::fs::remove_file(stand.data().join("org/org-chart.yaml")).unwrap();
    let said = failed(stand.aof(&["org", "lint", "--json"]), 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1005");
}

#[test]
fn the_whole_chart_is_shown() {
    let stand = stand(SOUND);
    insta::assert_snapshot!(stand.aof(&["org", "show"]).ok().out, @r"
    org/org-chart.yaml template small

    TEAMS
      core  Core
        builds everything
        lead ada · technical lead ada

    AGENTS
      ●  ada  Ada  core         ×1  rust  large
      ○  max  Max  core  → ada  ×1

    UNITS
      house  House (company) lead ada
        floor  Floor (department)
          - ada  also elsewhere
          bench  Bench (squad) not active
            - ada engineer

    GROUPS
      night  Night  ada, max

    ROLES
      builder  ada, max  builds
      owner    ada
    ");
    let document = stand.aof(&["org", "show", "--json"]).ok().json();
    assert_eq!(document["chart"]["agents"][0]["openclawAgentId"], "gw-ada");
    assert_eq!(document["chart"]["orgUnits"][2]["parentId"], "floor");
}

#[test]
fn what_works_together_with_tasks_and_memory_is_shown_too() {
    let rich = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/charts/rich.yaml");
    let shown = stand(SOUND).aof(&["org", "show", rich]).ok().out;
    let shown = &shown[shown.find("ROUTING").unwrap()..];
    insta::assert_snapshot!(shown, @r"
    ROUTING
      1.  tags bug, critical  → role builder-1  weight 10
      2.  priority critical   → team workshop   weight 20
      3.  anything            → role builder    weight 100

    RELATIONSHIPS
      builder-1  escalates to  chief
      builder-2  escalates to  chief
      chief      delegates to  builder-1

    MURMUR
      workshop  queueEmpty · completionBatch of 10 · interval of 3600000 ms · failureBatch of 2
        with vision, roadmap, taskSummary

    MEMORY
      hot                  memory/hot            everybody
      warm  workshop-warm  memory/warm/workshop  builder, approver
      warm  per-agent      memory/warm/agents    *
      cold                 memory/cold/archive
      cold                 memory/cold/docs
      stored in filesystem
      tidied up by builder as org/curation.yaml says
    ");
}

/// What the chart says for people and about the gateway, and what other programs keep in it.
const TALKATIVE: &str = "\
schemaVersion: 1
defaults: {capabilities: {model: small, provider: house}}
agents:
  - {id: ada, name: Ada, description: plans, capabilities: {model: large, provider: other}}
  - {id: eve, name: Eve}
teams:
  - {id: core, name: Core, description: builds, technicalLead: eve}
roles:
  boss: {agents: [ada], description: decides}
orgUnits:
  - {id: house, type: company, name: House, description: all, metadata: {colour: red}}
groups:
  - {id: night, name: Night, description: late, memberIds: [ada], metadata: {colour: blue}}
relationships:
  - {fromAgentId: ada, toAgentId: eve, type: consults_with, metadata: {colour: green}}
metadata: {colour: grey}
";

#[test]
fn what_is_said_for_people_is_shown() {
    let document = stand(TALKATIVE).aof(&["org", "show", "--json"]).ok().json();
    for (path, expected) in [
        ("/agents/0/name", "Ada"),
        ("/agents/0/description", "plans"),
        ("/agents/0/model", "large"),
        ("/agents/0/provider", "other"),
        ("/agents/1/model", "small"),
        ("/agents/1/provider", "house"),
        ("/teams/0/name", "Core"),
        ("/teams/0/description", "builds"),
        ("/teams/0/technicalLead", "eve"),
        ("/roles/boss/description", "decides"),
        ("/orgUnits/0/name", "House"),
        ("/orgUnits/0/type", "company"),
        ("/orgUnits/0/description", "all"),
        ("/groups/0/name", "Night"),
        ("/groups/0/description", "late"),
    ] {
        let shown = document["chart"].pointer(path);
        assert_eq!(shown, Some(&expected.into()), "{path}");
    }
}

#[test]
fn budgets_of_teams_and_agents_are_shown() {
    let chart = TALKATIVE
        .replace(
            "technicalLead: eve",
            "technicalLead: eve, budgets: [{tokensMax: 5, costMicrosMax: 2500000}]",
        )
        .replace(
            "name: Eve",
            "name: Eve, budgets: [{tokensMax: 1, window: day, alertAtPercent: 50}]",
        );
    let shown = stand(&chart).aof(&["org", "show"]).ok().out;
    let shown = &shown[shown.find("BUDGETS").unwrap()..];
    insta::assert_snapshot!(shown, @r"
    BUDGETS
      team   core  cost 2.50 · 5 tokens in all  told at 80 %
      agent  eve   1 token a day                told at 50 %
    ");
}

#[test]
fn what_other_programs_keep_in_a_chart_stays() {
    let stand = stand(TALKATIVE);
    stand.aof(&["org", "set", "agents.ada.name", "Ade"]).ok();
    let after = stand.read("org/org-chart.yaml");
    assert_eq!(after, TALKATIVE.replace("name: Ada", "name: Ade"));
}

#[test]
fn a_chart_that_cannot_be_used_is_not_shown() {
    let said = failed(stand(UNSOUND).aof(&["org", "show", "--json"]), 3);
    let error = &said.json()["error"];
    assert_eq!(
        (&error["code"], &error["where"]),
        (&"AOF-1113".into(), &"org/org-chart.yaml:3:32".into())
    );
}

#[test]
fn the_gateway_is_compared_with_the_chart() {
    let stand = stand(&SOUND.replace(", active: false}\nteams", "}\nteams"));
    let agents = stand.home().join("agents.json");
    std::fs::write(&agents, AGENTS).unwrap();
    let arguments = ["org", "drift", "--fixture", agents.to_str().unwrap()];
    insta::assert_snapshot!(failed(stand.aof(&arguments), 6).out, @r"
    MISSING 1
      max (gw-max in the gateway) is not in the gateway
      hint make the agent in the gateway, correct `openclawAgentId`, or say `active: false`

    EXTRA 1
      gw-eve is not in the chart
      hint add it to the chart, or switch it off in the gateway

    MISMATCH 1
      ada (gw-ada in the gateway) model is `large` in the chart, `small` in the gateway
      hint let one follow the other

    3 differences: the chart and the agents of the list, 3
    ");
    let document = failed(stand.aof(&[&arguments[..], &["--json"]].concat()), 6).json();
    let summary = &document["drift"]["summary"];
    assert_eq!(
        (&summary["totalIssues"], &summary["hasDrift"]),
        (&3.into(), &true.into())
    );
    assert_eq!(summary["categories"]["needs-permission-profile"], 0);
}

#[test]
fn a_gateway_that_is_as_the_chart_says_is_no_drift() {
    let stand = stand(SOUND);
    let agents = stand.home().join("agents.json");
    std::fs::write(
        &agents,
        "[{\"id\": \"gw-ada\", \"name\": \"Ada\", \"model\": \"large\"}]",
    )
    .unwrap();
    let said = stand
        .aof(&["org", "drift", "--fixture", agents.to_str().unwrap()])
        .ok();
    insta::assert_snapshot!(said.out, @"no drift: the chart and the agents of the list, 1");
}

#[test]
fn without_a_list_the_gateway_must_have_told_its_agents() {
    let stand = stand(SOUND);
    let said = failed(stand.aof(&["org", "drift", "--json"]), 3);
    assert_eq!(said.json()["error"]["code"], "AOF-2031");
    let agents = stand.home().join("agents.json");
    std::fs::write(&agents, "{\"agents\": 3}").unwrap();
    let arguments = [
        "org",
        "drift",
        "--json",
        "--fixture",
        agents.to_str().unwrap(),
    ];
    assert_eq!(
        failed(stand.aof(&arguments), 3).json()["error"]["code"],
        "AOF-1002"
    );
}

/// These agents have a program of their own.
fn executor_with(stand: &Stand, general: &str, agents: &[&str]) {
    let each = agents
        .iter()
        .map(|id| format!("    {id}: {{program: /bin/true}}\n"));
    let each: String = each.collect();
    let text = format!("schemaVersion: 1\nexecutor:\n  kind: command\n{general}  agents:\n{each}");
    stand.write("aof.yaml", &text);
}

const TWO: &str = "\
schemaVersion: 1
agents:
  - {id: ada, name: Ada}
  - {id: max, name: Max}
";

#[test]
fn without_a_list_the_chart_is_compared_with_what_the_executor_knows() {
    let stand = stand(TWO);
    executor_with(&stand, "", &["ada", "eve"]);
    let said = failed(stand.aof(&["org", "drift"]), 6);
    let (items, summary) = said.out.rsplit_once("\n\n").unwrap();
    insta::assert_snapshot!(items, @r"
    MISSING 1
      max is not in the gateway
      hint make the agent in the gateway, correct `openclawAgentId`, or say `active: false`

    EXTRA 1
      eve is not in the chart
      hint add it to the chart, or switch it off in the gateway
    ");
    let about = "the chart and the gateway's agents as of ";
    assert!(
        summary.starts_with(&format!("2 differences: {about}")),
        "{summary}"
    );
    executor_with(&stand, "", &["ada", "max"]);
    let said = stand.aof(&["org", "drift"]).ok();
    assert!(
        said.out.starts_with(&format!("no drift: {about}")),
        "{said:?}"
    );
    executor_with(&stand, "  program: /bin/true\n", &["ada", "max"]);
    let said = failed(stand.aof(&["org", "drift", "--json"]), 3);
    assert_eq!(said.json()["error"]["code"], "AOF-2031");
}

#[test]
fn a_daemon_compares_with_what_its_executor_knows() {
    let stand = stand(TWO);
    executor_with(&stand, "", &["ada"]);
    let mut daemon = stand.start(&["daemon"]);
    let socket = stand.data().join("state/daemon.sock");
    wait_for("the daemon's socket", || {
        std::os::unix::net::UnixStream::connect(&socket).ok()
    });
    // The executor's settings wait for a restart, so this is not what the daemon knows.
    executor_with(&stand, "", &["ada", "max"]);
    let document = failed(stand.aof(&["org", "drift", "--json"]), 6).json();
    let drift = &document["drift"];
    assert_eq!(
        (&drift["source"], &drift["items"][0]["agent"]),
        (&"gateway".into(), &"max".into())
    );
    assert!(daemon.is_alive());
}

const PLAIN: &str = "\
# Who works here.
schemaVersion: 1
agents:
  - id: ada # the first
    name: Ada
";

#[test]
fn one_value_is_set_and_everything_else_stays() {
    let stand = stand(PLAIN);
    let set = ["org", "set", "agents.ada.capabilities.concurrency", "3"];
    let said = stand.aof(&[&set[..], &["--dry-run"]].concat()).ok();
    insta::assert_snapshot!(said.out, @r"
       6 +     capabilities:
       7 +       concurrency: 3
    nothing was saved
    ");
    assert_eq!(stand.read("org/org-chart.yaml"), PLAIN);
    assert!(stand.aof(&set).ok().out.ends_with("\nsaved\n"));
    let changed = format!("{PLAIN}    capabilities:\n      concurrency: 3\n");
    assert_eq!(stand.read("org/org-chart.yaml"), changed);
    let again = stand.aof(&set).ok();
    assert_eq!(again.out, "nothing to change\n");
    let said = stand
        .aof(&["org", "set", "agents.ada.name", "'7'", "--json"])
        .ok();
    let document = &said.json()["org"];
    assert_eq!(
        (&document["saved"], &document["diff"][1]["text"]),
        (&true.into(), &"    name: \"7\"".into())
    );
    assert_eq!(
        std::fs::read_dir(stand.data().join("org")).unwrap().count(),
        1
    );
}

#[test]
fn a_value_that_breaks_the_chart_is_not_saved() {
    let stand = stand(PLAIN);
    for (path, value, code) in [
        ("agents.ada.team", "nobody", "AOF-1116"),
        ("agents.ada.activ", "true", "AOF-1116"),
        ("agents.ada.reportsTo", "ada", "AOF-1116"),
        ("agents.9.name", "x", "AOF-1117"),
    ] {
        let said = failed(stand.aof(&["org", "set", path, value, "--json"]), 3);
        assert_eq!(said.json()["error"]["code"], code, "{path}");
        assert_eq!(stand.read("org/org-chart.yaml"), PLAIN);
    }
    let said = failed(stand.aof(&["org", "set", "agents.ada.team", "nobody"]), 3);
    assert!(said.err.contains("valid-agent-team"), "{said:?}");
}

fn edited(stand: &Stand, script: &str) -> Said {
    let mut command = stand.command(&["org", "edit"]);
    super::stand::say(command.env("EDITOR", script))
}

#[test]
fn what_the_editor_leaves_is_saved_if_it_is_in_order() {
    let stand = stand(PLAIN);
    assert_eq!(edited(&stand, "true").ok().out, "nothing to change\n");
    insta::assert_snapshot!(edited(&stand, "sed -i s/Ada/Eve/").ok().out, @r"
       5 -     name: Ada
       5 +     name: Eve
    saved
    ");
    assert_eq!(
        stand.read("org/org-chart.yaml"),
        PLAIN.replace("Ada", "Eve")
    );
    let said = failed(edited(&stand, "sed -i s/schemaVersion/version/"), 3);
    assert!(
        said.err.contains("AOF-1116") && said.err.contains("your text is in"),
        "{said:?}"
    );
    assert_eq!(
        stand.read("org/org-chart.yaml"),
        PLAIN.replace("Ada", "Eve")
    );
    failed(edited(&stand, "false"), 3);
}

#[test]
fn a_chart_that_changed_under_the_editor_is_not_overwritten() {
    let stand = stand(PLAIN);
    let chart = stand.data().join("org/org-chart.yaml");
    let script = format!("echo '# mine' >> {} && sed -i s/Ada/Eve/", chart.display());
    let said = failed(edited(&stand, &script), 4);
    assert!(
        said.err.contains("AOF-3001") && said.err.contains("your text is in"),
        "{said:?}"
    );
    assert_eq!(stand.read("org/org-chart.yaml"), format!("{PLAIN}# mine\n"));
}

#[test]
fn editors_get_a_schema_without_a_data_directory() {
    let stand = Stand::bare();
    let schema = stand.aof(&["schema", "org-chart"]).ok().json();
    assert_eq!(
        schema["properties"]["agents"]["items"]["required"],
        serde_json::json!(["id", "name"])
    );
    let json = stand.aof(&["schema", "org-chart", "--json"]).ok().json();
    assert_eq!(json, schema);
    let schema = stand.aof(&["schema", "notification-rules"]).ok().json();
    assert_eq!(schema["required"], serde_json::json!(["rules"]));
    let schema = stand.aof(&["schema", "workflow"]).ok().json();
    assert_eq!(schema["required"], serde_json::json!(["name", "hops"]));
    assert_eq!(stand.aof(&["schema", "weather"]).code, 2);
}

#[test]
fn roles_of_workflows_are_looked_up_in_the_chart() {
    let stand = stand(SOUND);
    let manifest =
        "id: _inbox\nworkflowTemplates:\n  ship:\n    hops:\n      - {id: a, role: bilder}\n";
    stand.write("projects/_inbox/project.yaml", manifest);
    insta::assert_snapshot!(folded(&failed(stand.aof(&["org", "lint"]), 6)), @r"
    error  MANIFEST:5:23: the workflow asks for the role `bilder`, which the chart does not have
           [workflow-role-defined, AOF-1115]
           hint did you mean `builder`?
    CHART: 1 error, 0 warnings
    ");
}
