//! Who may do what: every tool by every role in every relation to the task.

use std::collections::BTreeMap;

use aof_host::contract::types::Caller;
use serde_json::{Value, json};

use super::rule::SUBSCRIBED;
use super::{ONE, TWO, with};
use crate::stage::{CHART, CardText, Stage, agent, human, runner};

/// What can be done, with the arguments that do it.
const OPERATIONS: [(&str, &str); 26] = [
    ("aof_dispatch", ""),
    ("aof_task_get", ""),
    ("aof_task_update", "body"),
    ("aof_task_update", "status"),
    ("aof_task_complete", ""),
    ("aof_task_block", ""),
    ("aof_task_unblock", ""),
    ("aof_task_cancel", ""),
    ("aof_task_promote", ""),
    ("aof_task_resurrect", ""),
    ("aof_task_dep_add", ""),
    ("aof_task_dep_remove", ""),
    ("aof_task_subscribe", ""),
    ("aof_task_unsubscribe", ""),
    ("aof_task_edit", ""),
    ("aof_task_log", ""),
    ("aof_task_heartbeat", ""),
    ("aof_task_list", ""),
    ("aof_explain", ""),
    ("aof_org_show", ""),
    ("aof_workflow_upgrade", ""),
    ("aof_workflow_check", ""),
    ("aof_status_report", ""),
    ("aof_project_create", ""),
    ("aof_project_list", ""),
    ("aof_project_status", ""),
];

const RELATIONS: [&str; 5] = ["holder", "team-lead", "assignee", "creator", "none"];

/// Codes of denials.
const DENIED: [&str; 2] = ["AOF-2005", "AOF-2012"];

/// Somebody of each role: `writer` leads a team that `printer` is in, `reader` leads none, `ghost`
/// is in no chart.
fn caller_of(role: &str) -> Caller {
    match role {
        "admin" => human("ann"),
        "host" => Caller::Host,
        "orchestrator" => agent("writer"),
        "worker" => agent("reader"),
        _ => agent("ghost"),
    }
}

fn name_of(caller: &Caller) -> &str {
    match caller {
        Caller::Agent(agent) => &agent.agent,
        _ => "nobody",
    }
}

/// Relations that somebody of this role can have.
fn relations_of(role: &str) -> &'static [&'static str] {
    match role {
        "admin" | "host" => &["none"],
        "orchestrator" => &RELATIONS,
        _ => &["holder", "assignee", "creator", "none"],
    }
}

/// A store with one task that the caller has this relation to, and the caller with its run.
fn scene(caller: &Caller, relation: &str, status: &str) -> (Stage, Caller) {
    let name = name_of(caller);
    let (routed, maker) = match relation {
        "holder" | "assignee" => (name, "ann"),
        "team-lead" => ("printer", "ann"),
        "creator" => ("judge", name),
        _ => ("judge", "ann"),
    };
    let status = if relation == "holder" {
        "ready"
    } else {
        status
    };
    let card = CardText::new(ONE, status).agent(routed);
    let card = card.line(&format!("createdBy: {maker}")).line(SUBSCRIBED);
    let other = CardText::new(TWO, "done");
    let mut stage = Stage::with(&[card.fixture(), other.fixture()].concat());
    if relation != "holder" {
        return (stage, caller.clone());
    }
    let with_ghost = CHART.replace("agents:\n", "agents:\n  - {id: ghost, name: Ghost}\n");
    stage.put_by_hand("org/org-chart.yaml", &with_ghost);
    let spawn = stage.spawned();
    stage.started(&spawn);
    // Whoever is unknown was known when the run began.
    stage.put_by_hand("org/org-chart.yaml", CHART);
    (stage, runner(&spawn))
}

fn arguments(operation: (&str, &str), relation: &str, name: &str) -> Value {
    match operation {
        ("aof_dispatch", _) => {
            let target = match relation {
                "assignee" => name,
                "team-lead" => "printer",
                _ => "judge",
            };
            json!({"title": "t", "brief": "b", "agent": target})
        }
        ("aof_task_update", "body") => with(ONE, "body", json!("b")),
        ("aof_task_update", _) => with(ONE, "status", json!("ready")),
        ("aof_task_block", _) => with(ONE, "reason", json!("r")),
        ("aof_task_dep_add" | "aof_task_dep_remove", _) => with(ONE, "blockerId", json!(TWO)),
        ("aof_task_subscribe", _) => with(ONE, "subscriberId", json!("judge")),
        ("aof_task_unsubscribe", _) => {
            with(ONE, "subscriptionId", json!("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        }
        ("aof_task_edit", _) => with(ONE, "title", json!("t")),
        ("aof_task_log", _) => with(ONE, "text", json!("t")),
        ("aof_status_report" | "aof_project_list" | "aof_task_list" | "aof_org_show", _) => {
            json!({})
        }
        ("aof_workflow_check", _) => json!({"project": "alpha"}),
        ("aof_project_create", _) => json!({"id": "beta"}),
        ("aof_project_status", _) => json!({"project": "alpha", "status": "paused"}),
        _ => json!({"taskId": ONE}),
    }
}

/// Whether the component lets this pass. What is denied changes no file and is told once.
fn is_allowed(operation: (&str, &str), role: &str, relation: &str) -> bool {
    let status = match operation {
        ("aof_task_unblock", _) | (_, "status") => "blocked",
        ("aof_task_promote", _) => "backlog",
        ("aof_task_resurrect", _) => "deadletter",
        _ => "ready",
    };
    let (mut stage, caller) = scene(&caller_of(role), relation, status);
    let arguments = arguments(operation, relation, name_of(&caller));
    let before = stage.log_lines().len();
    let place = format!("{operation:?} {role} {relation}");
    match stage.tool(&caller, operation.0, arguments.clone()) {
        Ok(_) => return true,
        // A task in progress is not blocked: that is no question of who asks.
        Err(error) if ["AOF-2003", "AOF-2033", "AOF-2043"].contains(&error.code.as_str()) => {
            return true;
        }
        Err(error) => assert!(DENIED.contains(&error.code.as_str()), "{place} {error:?}"),
    }
    let told: Vec<Value> = stage.log_lines().split_off(before);
    let told: Vec<&Value> = told
        .iter()
        .filter(|line| line["type"] != "lease.renewed")
        .collect();
    assert_eq!(told.len(), 1, "{place}");
    let payload = json!({
        "tool": operation.0, "actor": name_of(&caller), "role": role, "relation": relation,
    });
    assert_eq!(told[0]["type"], "access.denied", "{place}");
    assert_eq!(told[0]["payload"], payload, "{place}");
    assert_eq!(told[0]["actor"], name_of(&caller), "{place}");
    stage.refused(&caller, (operation.0, arguments));
    false
}

fn cell(operation: (&str, &str), role: &str) -> String {
    if (operation.0, role) == ("aof_dispatch", "worker") {
        // See `a_worker_makes_tasks_as_its_policies_say`.
        return "by policy".to_owned();
    }
    let possible = relations_of(role);
    if operation.0.starts_with("aof_project") {
        let allowed = is_allowed(operation, role, "none");
        return if allowed { "always" } else { "never" }.to_owned();
    }
    // A task that is being made has no holder and was made by nobody yet.
    let is_new = operation.0 == "aof_dispatch";
    let possible = possible
        .iter()
        .filter(|relation| !is_new || !["holder", "creator"].contains(relation));
    let possible: Vec<&str> = possible.copied().collect();
    let allowed = possible
        .iter()
        .filter(|relation| is_allowed(operation, role, relation));
    let allowed: Vec<&str> = allowed.copied().collect();
    match allowed.len() {
        0 => "never".to_owned(),
        count if count == possible.len() => "always".to_owned(),
        _ => allowed.join(", "),
    }
}

fn row(operation: (&str, &str)) -> String {
    let roles = ["host", "admin", "orchestrator", "worker", "unknown"];
    let cells: Vec<String> = roles.iter().map(|role| cell(operation, role)).collect();
    let (tool, part) = operation;
    let part = if part.is_empty() {
        String::new()
    } else {
        format!(" ({part})")
    };
    format!("| `{tool}`{part} | {} |", cells.join(" | "))
}

/// The table as the component applies it.
fn table() -> String {
    OPERATIONS.map(row).join("\n")
}

#[test]
fn every_tool_is_judged_by_role_and_relation() {
    let table = table();
    insta::assert_snapshot!(table.replace("| always ", "|+"), @r"
    | `aof_dispatch` |+|+|+| by policy | never |
    | `aof_task_get` |+|+|+|+|+|
    | `aof_task_update` (body) |+|+| holder, team-lead, creator | holder, creator | holder |
    | `aof_task_update` (status) |+|+| holder, team-lead | holder | holder |
    | `aof_task_complete` |+|+| holder, team-lead | holder | holder |
    | `aof_task_block` |+|+| holder, team-lead, assignee | holder, assignee | holder |
    | `aof_task_unblock` |+|+| holder, team-lead, creator | holder, creator | holder |
    | `aof_task_cancel` |+|+| holder, team-lead, creator | holder, creator | holder |
    | `aof_task_promote` |+|+| team-lead | never | never |
    | `aof_task_resurrect` |+|+| team-lead | never | never |
    | `aof_task_dep_add` |+|+| team-lead, creator | creator | never |
    | `aof_task_dep_remove` |+|+| team-lead, creator | creator | never |
    | `aof_task_subscribe` |+|+| holder, team-lead, creator | holder, creator | never |
    | `aof_task_unsubscribe` |+|+| holder, team-lead, creator | holder, creator | never |
    | `aof_task_edit` |+|+| team-lead, creator | creator | never |
    | `aof_task_log` |+|+| holder, team-lead, creator | holder, creator | holder |
    | `aof_task_heartbeat` |+|+| holder | holder | holder |
    | `aof_task_list` |+|+|+|+|+|
    | `aof_explain` |+|+|+|+|+|
    | `aof_org_show` |+|+|+|+|+|
    | `aof_workflow_upgrade` |+|+| team-lead, creator | creator | never |
    | `aof_workflow_check` |+|+|+|+|+|
    | `aof_status_report` |+|+|+|+|+|
    | `aof_project_create` |+|+|+| never | never |
    | `aof_project_list` |+|+|+|+|+|
    | `aof_project_status` |+|+| never | never | never |
    ");
    let page = include_str!("../../../docs/permissions.md");
    for row in table.lines() {
        assert!(page.contains(row), "docs/permissions.md lacks: {row}");
    }
}

#[test]
fn every_tool_is_in_the_table() {
    let listed = Stage::empty().instance().list_tools().unwrap();
    let listed: Vec<String> = listed.into_iter().map(|tool| tool.name).collect();
    let mut known: Vec<&str> = OPERATIONS.iter().map(|(tool, _)| *tool).collect();
    known.dedup();
    assert_eq!(listed, known);
}

#[test]
fn nobody_becomes_more_by_his_name() {
    let call = ("aof_task_cancel", json!({"taskId": ONE}));
    for name in [
        "main",
        "human-x",
        "human",
        "ann",
        "scheduler",
        "host",
        "admin",
        "operator",
    ] {
        let (mut stage, _) = scene(&agent("reader"), "none", "ready");
        let before = stage.refused(&agent(name), call.clone());
        assert_eq!(before.0, "AOF-2005", "{name} is unknown");
        let named = CHART.replace(
            "agents:\n",
            &format!("agents:\n  - {{id: {name}, name: N}}\n"),
        );
        stage.put_by_hand("org/org-chart.yaml", &named);
        let card = CardText::new(ONE, "ready")
            .agent("judge")
            .line("createdBy: bob");
        stage.put_by_hand(&card.path(), &card.text());
        stage.refused(&agent(name), call.clone());
        let told = stage.log_lines().pop().unwrap();
        assert_eq!(told["payload"]["role"], "worker", "{name}");
    }
}

/// The chart, with these fields for `reader`.
fn reader_with(fields: &str) -> Stage {
    let chart = CHART.replace(
        "team: eye, capabilities",
        &format!("{fields} team: eye, capabilities"),
    );
    let mut stage = Stage::empty();
    stage.put_by_hand("org/org-chart.yaml", &chart);
    stage
}

#[test]
fn a_worker_makes_tasks_as_its_policies_say() {
    const ITSELF: &str = "policies: {tasking: {allowSelfAssign: true}},";
    const OTHERS: &str = "canDelegate: true,";
    let targets = [
        (json!({"agent": "reader"}), true),
        (json!({"agent": "judge"}), false),
        (json!({"role": "press"}), false),
        (json!({"team": "eye"}), false),
    ];
    for fields in ["", ITSELF, OTHERS, &format!("{ITSELF} {OTHERS}")] {
        for (target, is_itself) in &targets {
            let mut arguments = json!({"title": "t", "brief": "b"});
            for (key, value) in target.as_object().unwrap() {
                arguments[key] = value.clone();
            }
            let needed = if *is_itself { ITSELF } else { OTHERS };
            let mut stage = reader_with(fields);
            if fields.contains(needed) {
                stage
                    .tool(&agent("reader"), "aof_dispatch", arguments)
                    .unwrap();
                continue;
            }
            let call = ("aof_dispatch", arguments);
            let (code, at, hint) = stage.refused(&agent("reader"), call);
            assert_eq!((code.as_str(), at.as_deref()), ("AOF-2012", Some("agent")));
            assert!(hint.contains("canDelegate"), "{hint}");
            let told = stage.log_lines().pop().unwrap();
            let relation = if *is_itself { "assignee" } else { "none" };
            assert_eq!(told["payload"]["relation"], relation, "{fields} {target}");
        }
    }
}

/// The chart, with `reader` handing work on to these only.
fn reader_delegating_to(fields: &str, targets: &[&str]) -> Stage {
    let mut stage = reader_with(fields);
    let mut chart = stage.tree()["org/org-chart.yaml"].clone();
    chart += "groups:\n  - {id: pair, name: Pair, memberIds: [judge, printer]}\n  \
              - {id: trio, name: Trio, memberIds: [judge, printer, writer]}\nrelationships:\n";
    for target in targets {
        chart += &format!("  - {{fromAgentId: reader, toAgentId: {target}, type: delegates_to}}\n");
    }
    chart += "  - {fromAgentId: reader, toAgentId: writer, type: delegates_to, active: false}\n  \
              - {fromAgentId: reader, toAgentId: writer, type: consults_with}\n  \
              - {fromAgentId: writer, toAgentId: judge, type: delegates_to}\n";
    stage.put_by_hand("org/org-chart.yaml", &chart);
    stage
}

fn to(key: &str, target: &str) -> Value {
    json!({"title": "t", "brief": "b", key: target})
}

#[test]
fn who_has_delegates_hands_work_on_to_them_only() {
    for (key, target, is_allowed) in [
        ("agent", "judge", true),
        ("agent", "printer", true),
        ("agent", "writer", false),
        ("agent", "reader", false),
        ("agent", "ghost", false),
        ("team", "pair", true),
        ("team", "trio", false),
        ("team", "ink", false),
        ("team", "ghosts", false),
        ("role", "press", false),
        ("role", "judge", true),
        ("role", "owner", false),
    ] {
        let mut stage = reader_delegating_to("canDelegate: true,", &["judge", "printer"]);
        let arguments = to(key, target);
        if is_allowed {
            stage
                .tool(&agent("reader"), "aof_dispatch", arguments)
                .unwrap();
            continue;
        }
        let (code, at, hint) = stage.refused(&agent("reader"), ("aof_dispatch", arguments));
        assert_eq!(
            (code.as_str(), at.as_deref()),
            ("AOF-2012", Some(key)),
            "{target}"
        );
        let is_itself = target == "reader";
        assert_eq!(hint.contains("name judge, printer"), !is_itself, "{hint}");
        assert_eq!(stage.log_lines().pop().unwrap()["type"], "access.denied");
    }
}

#[test]
fn a_task_that_names_nobody_may_lead_past_the_delegates() {
    let mut stage = reader_delegating_to("canDelegate: true,", &["judge"]);
    let call = json!({"title": "t", "brief": "b", "tags": ["proof"]});
    let (code, at, _) = stage.refused(&agent("reader"), ("aof_dispatch", call.clone()));
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2012", Some("agent")));
    let mut free = reader_delegating_to("canDelegate: true,", &[]);
    free.tool(&agent("reader"), "aof_dispatch", call).unwrap();
    free.tool(&agent("reader"), "aof_dispatch", to("agent", "writer"))
        .unwrap();
}

#[test]
fn delegates_give_no_right_to_delegate() {
    let mut stage = reader_delegating_to("", &["judge"]);
    let call = ("aof_dispatch", to("agent", "judge"));
    let (code, _, hint) = stage.refused(&agent("reader"), call);
    assert_eq!(code, "AOF-2012");
    assert!(hint.contains("canDelegate"), "{hint}");
    let itself = "policies: {tasking: {allowSelfAssign: true}}, canDelegate: true,";
    let mut stage = reader_delegating_to(itself, &["judge"]);
    let call = to("agent", "reader");
    stage.tool(&agent("reader"), "aof_dispatch", call).unwrap();
}

#[test]
fn an_orchestrator_is_not_bound_by_its_delegates() {
    let mut stage = reader_delegating_to("", &[]);
    for target in ["judge", "printer", "reader"] {
        let call = to("agent", target);
        stage.tool(&agent("writer"), "aof_dispatch", call).unwrap();
    }
}

#[test]
fn work_is_given_to_somebody_else_within_the_delegates_only() {
    let mut stage = reader_delegating_to("canDelegate: true,", &["judge", "printer"]);
    let made = stage.tool(&agent("reader"), "aof_dispatch", to("agent", "judge"));
    let id = made.unwrap()["task"]["taskId"].as_str().unwrap().to_owned();
    let change = |target: &str| json!({"taskId": id, "agent": target});
    let call = ("aof_task_edit", change("writer"));
    let (code, at, hint) = stage.refused(&agent("reader"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2012", Some("agent")));
    assert!(hint.contains("judge, printer"), "{hint}");
    stage
        .tool(&agent("reader"), "aof_task_edit", change("printer"))
        .unwrap();
}

/// Tags choose among the members of a group, and who has none of them may have others.
#[test]
fn the_tags_of_a_task_lead_it_to_the_delegates_only() {
    let mut stage = reader_delegating_to("canDelegate: true,", &["judge", "printer"]);
    let chart = stage.tree()["org/org-chart.yaml"].replace(
        "'agent:main:judge'}",
        "'agent:main:judge'}, capabilities: {tags: [law]}",
    );
    stage.put_by_hand("org/org-chart.yaml", &chart);
    let mut call = to("team", "trio");
    call["tags"] = json!(["law"]);
    let made = stage.tool(&agent("reader"), "aof_dispatch", call).unwrap();
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    let change = |tags: Value| json!({"taskId": id, "tags": tags});
    let call = ("aof_task_edit", change(json!([])));
    let (code, at, hint) = stage.refused(&agent("reader"), call);
    assert_eq!((code.as_str(), at.as_deref()), ("AOF-2012", Some("team")));
    assert!(hint.contains("judge, printer"), "{hint}");
    assert_eq!(stage.task(&id)["tags"], json!(["law"]));
    let same = change(json!(["law"]));
    stage.tool(&agent("reader"), "aof_task_edit", same).unwrap();
    stage.ann("aof_task_edit", change(json!([])));
}

#[test]
fn a_refusal_tells_ten_delegates_and_counts_the_rest() {
    let hint = |count: usize| {
        let mut stage = Stage::empty();
        let mut agents =
            CHART.replace("team: eye, capabilities", "canDelegate: true, capabilities");
        let others: String = (10..10 + count)
            .map(|at| format!("  - {{id: a{at}, name: A}}\n"))
            .collect();
        agents = agents.replace("roles:\n", &format!("{others}roles:\n"));
        agents += "relationships:\n";
        for at in 10..10 + count {
            agents +=
                &format!("  - {{fromAgentId: reader, toAgentId: a{at}, type: delegates_to}}\n");
        }
        stage.put_by_hand("org/org-chart.yaml", &agents);
        stage
            .refused(&agent("reader"), ("aof_dispatch", to("agent", "writer")))
            .2
    };
    assert!(hint(10).contains("a19, to whom"), "{}", hint(10));
    assert!(hint(11).contains("a19 and 1 more, to whom"), "{}", hint(11));
}

#[test]
fn nobody_makes_tasks_above_its_priorities() {
    for (allowed, most) in [
        ("[critical]", 0),
        ("[low, high]", 1),
        ("[medium, low]", 2),
        ("[low]", 3),
        ("[]", 4),
    ] {
        let tasking = format!("policies: {{tasking: {{allowedPriorities: {allowed}}}}},");
        let mut stage = reader_with(&format!("canDelegate: true, {tasking}"));
        for (at, priority) in ["critical", "high", "normal", "low"]
            .into_iter()
            .enumerate()
        {
            let arguments =
                json!({"title": "t", "brief": "b", "agent": "judge", "priority": priority});
            if at >= most {
                stage
                    .tool(&agent("reader"), "aof_dispatch", arguments)
                    .unwrap();
                continue;
            }
            let (code, place, _) = stage.refused(&agent("reader"), ("aof_dispatch", arguments));
            let found = (code.as_str(), place.as_deref());
            assert_eq!(
                found,
                ("AOF-2012", Some("priority")),
                "{allowed} {priority}"
            );
        }
    }
}

#[test]
fn nobody_raises_a_task_above_its_priorities() {
    let tasking = "policies: {tasking: {allowedPriorities: [normal, low]}},";
    let mut stage = reader_with(&format!("canDelegate: true, {tasking}"));
    let made = stage.tool(&agent("reader"), "aof_dispatch", to("agent", "judge"));
    let id = made.unwrap()["task"]["taskId"].as_str().unwrap().to_owned();
    let to_be = |priority: &str| json!({"taskId": id, "priority": priority});
    for priority in ["critical", "high"] {
        let before = stage.tree();
        let call = ("aof_task_edit", to_be(priority));
        let (code, place, hint) = stage.refused(&agent("reader"), call);
        assert_eq!(
            (code.as_str(), place.as_deref()),
            ("AOF-2012", Some("priority"))
        );
        assert!(hint.contains("end at `normal`"), "{hint}");
        assert_eq!(stage.log_lines().pop().unwrap()["type"], "access.denied");
        let is_card = |(path, _): &(&String, &String)| path.ends_with(".md");
        let now = stage.tree();
        assert!(now.iter().filter(is_card).eq(before.iter().filter(is_card)));
    }
    for priority in ["low", "normal"] {
        stage
            .tool(&agent("reader"), "aof_task_edit", to_be(priority))
            .unwrap();
    }
    // What a person has made urgent may become less so, and not more so again.
    stage.ann("aof_task_edit", to_be("critical"));
    stage
        .tool(&agent("reader"), "aof_task_edit", to_be("high"))
        .unwrap();
    let call = ("aof_task_edit", to_be("critical"));
    assert_eq!(stage.refused(&agent("reader"), call).0, "AOF-2012");
}

#[test]
fn the_lead_of_a_unit_leads_whoever_is_in_it_or_below() {
    let units = "\
orgUnits:
  - {id: house, name: House, type: company, leadId: reader, parentId: shed}
  - {id: desk, name: Desk, type: squad, parentId: house}
  - {id: old, name: Old, type: squad, leadId: reader, active: false}
  - {id: shed, name: Shed, type: squad, parentId: house}
memberships:
  - {agentId: printer, orgUnitId: desk}
  - {agentId: writer, orgUnitId: old}
";
    for (agent_of_card, is_led) in [
        ("printer", true),
        ("writer", false),
        ("judge", false),
        ("reader", false),
    ] {
        let card = CardText::new(ONE, "ready").agent(agent_of_card);
        let mut stage = Stage::with(&card.fixture());
        stage.put_by_hand("org/org-chart.yaml", &format!("{CHART}{units}"));
        let call = ("aof_task_cancel", json!({"taskId": ONE}));
        if is_led {
            stage.tool(&agent("reader"), call.0, call.1).unwrap();
        } else {
            assert_eq!(
                stage.refused(&agent("reader"), call).0,
                "AOF-2005",
                "{agent_of_card}"
            );
        }
    }
}

#[test]
fn a_project_that_is_there_already_is_not_made_by_a_worker_either() {
    let mut stage = Stage::empty();
    let beta = json!({"id": "beta"});
    stage.ann("aof_project_create", beta.clone());
    stage.ann("aof_project_create", beta.clone());
    let call = ("aof_project_create", beta);
    assert_eq!(stage.refused(&agent("reader"), call).0, "AOF-2012");
}

#[test]
fn an_argument_makes_nobody_anybody_else() {
    let (mut stage, _) = scene(&agent("reader"), "none", "ready");
    for actor in ["ann", "writer", "scheduler"] {
        let call = ("aof_task_cancel", json!({"taskId": ONE, "actor": actor}));
        assert_eq!(
            stage.refused(&agent("reader"), call).0,
            "AOF-2006",
            "{actor}"
        );
    }
}

#[test]
fn an_orchestrator_is_a_lead_of_its_team_and_of_no_other() {
    let chart = CHART.replace(
        "{id: eye, name: Eye}",
        "{id: eye, name: Eye, orchestrator: reader}",
    );
    for (routing, is_led) in [
        ("{agent: judge}", true),
        ("{team: eye}", true),
        ("{agent: judge, team: ink}", false),
        ("{agent: printer}", false),
        ("{team: ink}", false),
        ("{role: press}", false),
        // Its own task is nobody's but its run's.
        ("{agent: reader}", false),
    ] {
        let card = CardText::new(ONE, "ready").line(&format!("routing: {routing}"));
        let mut stage = Stage::with(&card.fixture());
        stage.put_by_hand("org/org-chart.yaml", &chart);
        let call = ("aof_task_cancel", json!({"taskId": ONE}));
        if is_led {
            stage.tool(&agent("reader"), call.0, call.1).unwrap();
        } else {
            assert_eq!(
                stage.refused(&agent("reader"), call).0,
                "AOF-2005",
                "{routing}"
            );
        }
    }
}

#[test]
fn a_project_without_other_routing_belongs_to_its_owners_team() {
    for (owner, is_led) in [("ink", true), ("eye", false)] {
        let manifest =
            format!("//- projects/alpha/project.yaml\nid: alpha\nowner: {{team: {owner}}}\n");
        let mut stage = Stage::with(&(manifest + &CardText::new(ONE, "ready").fixture()));
        let done = stage.tool(&agent("writer"), "aof_task_cancel", json!({"taskId": ONE}));
        assert_eq!(done.is_ok(), is_led, "{owner}");
    }
}

#[test]
fn a_lead_who_ends_a_task_of_its_team_ends_the_session_too() {
    for (tool, more) in [
        ("aof_task_complete", json!({})),
        ("aof_task_block", json!({"reason": "r"})),
        ("aof_task_update", json!({"status": "ready"})),
        ("aof_task_cancel", json!({})),
    ] {
        let card = CardText::new(ONE, "ready").agent("printer");
        let mut stage = Stage::with(&card.fixture());
        let spawn = stage.spawned();
        stage.started(&spawn);
        let mut arguments = json!({"taskId": ONE});
        for (key, value) in more.as_object().unwrap() {
            arguments[key] = value.clone();
        }
        stage.tool(&agent("writer"), tool, arguments).unwrap();
        let ended: Vec<String> = stage.cancels().into_iter().map(|it| it.run).collect();
        assert_eq!(ended, std::slice::from_ref(&spawn.run), "{tool}");
        let late = stage.tool(&runner(&spawn), "aof_task_complete", json!({"taskId": ONE}));
        assert_eq!(late.unwrap_err().code, "AOF-2004", "{tool}");
    }
}

#[test]
fn a_run_that_is_over_has_no_other_way_to_its_task() {
    let made = CardText::new(ONE, "ready")
        .agent("reader")
        .line("createdBy: reader");
    let mut stage = Stage::with(&made.fixture());
    let spawn = stage.spawned();
    stage.started(&spawn);
    stage.ann("aof_task_update", json!({"taskId": ONE, "status": "ready"}));
    for (tool, arguments) in [
        ("aof_task_block", with(ONE, "reason", json!("r"))),
        ("aof_task_cancel", json!({"taskId": ONE})),
        ("aof_task_update", with(ONE, "body", json!("b"))),
    ] {
        let error = stage
            .tool(&runner(&spawn), tool, arguments.clone())
            .unwrap_err();
        assert_eq!(error.code, "AOF-2004", "{tool}");
    }
    assert_eq!(stage.status(ONE), "ready");
}

#[test]
fn a_denial_says_who_asked_for_what_and_who_may() {
    let (mut stage, _) = scene(&agent("reader"), "none", "ready");
    let mut said = BTreeMap::new();
    for (name, call) in [
        ("reader", ("aof_task_cancel", json!({"taskId": ONE}))),
        (
            "ghost",
            (
                "aof_dispatch",
                json!({"title": "t", "brief": "b", "agent": "judge"}),
            ),
        ),
    ] {
        let error = stage.tool(&agent(name), call.0, call.1).unwrap_err();
        let place = error.where_.unwrap_or_default();
        let text = format!(
            "{} {}\n  at {place}\n  {}",
            error.code, error.message, error.hint
        );
        said.insert(name, text);
    }
    let said = said.into_values().collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(said.replace(ONE, "[id]"), @r"
    AOF-2012 ghost may not make this task (role: unknown, relation: none)
      at agent
      this role never may: ask a person or an orchestrator; see docs/permissions.md
    AOF-2005 reader may not use aof_task_cancel on [id] (role: worker, relation: none)
      at taskId
      this role may as holder, creator; see docs/permissions.md
    ");
}

#[test]
fn a_part_holds_up_the_whole_and_takes_a_right_to_it() {
    let whole = CardText::new(ONE, "ready").agent("judge");
    let whole = whole.line("createdBy: ann").fixture();
    let part = json!({"title": "p", "brief": "b", "agent": "writer", "parentId": ONE});
    let mut stage = reader_with("canDelegate: true,");
    let (path, text) = whole.trim_start_matches("//- ").split_once('\n').unwrap();
    stage.put_by_hand(path, text);
    let call = ("aof_dispatch", part.clone());
    let (code, at, _) = stage.refused(&agent("reader"), call);
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-2005", Some("parentId"))
    );
    let spawn = stage.spawned();
    assert_eq!(spawn.task, ONE);
    let chart =
        stage.tree()["org/org-chart.yaml"].replace("{id: judge,", "{id: judge, canDelegate: true,");
    stage.put_by_hand("org/org-chart.yaml", &chart);
    let made = stage.tool(&runner(&spawn), "aof_dispatch", part).unwrap();
    assert_eq!(made["task"]["status"], "ready", "its holder may split it");
}
