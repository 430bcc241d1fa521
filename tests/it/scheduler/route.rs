//! Who gets a task: names, rules, tags, owners.

use serde_json::{Value, json};

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage, human, runner};

const COMPANY: &str = "\
//- aof.yaml
scheduler: {maxConcurrentDispatches: 20, maxDispatchesPerPoll: 20}
//- org/org-chart.yaml
schemaVersion: 1
teams:
  - {id: core, name: Core, orchestrator: pm, lead: arch}
  - {id: loose, name: Loose}
agents:
  - {id: pm, name: Pm, team: core, active: false}
  - {id: arch, name: Arch, team: core, capabilities: {concurrency: 9}}
  - {id: ada, name: Ada, team: loose, capabilities: {tags: [rust, api]}}
  - {id: bob, name: Bob, team: loose, capabilities: {tags: [rust]}}
  - {id: cy, name: Cy, policies: {tasking: {allowedPriorities: [critical, high]}}}
  - {id: gone, name: Gone, active: false}
roles:
  dev: {agents: [ada, bob]}
  boss: {agents: [arch], requireHuman: true}
routing:
  - {targetAgent: arch, weight: 900}
  - {matchTags: [bug, urgent], targetRole: dev, weight: 10}
  - {matchPriority: [critical], targetTeam: core, weight: 20}
  - {matchTags: [ghost], targetAgent: gone, weight: 5}
  - {matchTags: [sign], targetRole: boss, weight: 30}
orgUnits:
  - {id: product, name: Product, type: department}
  - {id: squad, name: Squad, type: squad, parentId: product}
  - {id: closed, name: Closed, type: squad, parentId: product, active: false}
  - {id: led, name: Led, type: squad, parentId: product, leadId: cy}
groups:
  - {id: guild, name: Guild, memberIds: [bob, gone]}
memberships:
  - {agentId: bob, orgUnitId: squad, role: builder, primary: false}
  - {agentId: ada, orgUnitId: squad, role: builder}
";

fn company(cards: &[String]) -> Stage {
    Stage::with(&format!("{COMPANY}{}", cards.concat()))
}

fn card(id: &str, lines: &[&str]) -> String {
    let card = CardText::new(id, "ready");
    lines
        .iter()
        .fold(card, |card, line| card.line(line))
        .fixture()
}

/// Who gets a card with these lines, and what led there.
fn gets(lines: &[&str]) -> (String, Value) {
    let mut stage = company(&[card(ONE, lines)]);
    let said = stage.explain(ONE);
    stage.poll();
    let spawns = stage.spawns();
    let agent = spawns.first().map_or("nobody", |spawn| &spawn.agent);
    let told = said["agent"].as_str().unwrap_or("nobody");
    assert_eq!(told, agent, "an explanation is what the poll does: {said}");
    (agent.to_owned(), said)
}

/// S4.
#[test]
fn the_lightest_rule_that_matches_decides() {
    let rule = |lines: &[&str]| {
        let (agent, said) = gets(lines);
        (agent, said["rule"].as_u64())
    };
    let of = |agent: &str, rule| (agent.to_owned(), rule);
    assert_eq!(
        rule(&["routing: {tags: [bug, urgent]}"]),
        of("ada", Some(1))
    );
    assert_eq!(rule(&["priority: critical"]), of("arch", Some(2)));
    assert_eq!(rule(&["priority: normal"]), of("arch", Some(0)));
    assert_eq!(rule(&["routing: {tags: [bug]}"]), of("arch", Some(0)));
    let both = ["routing: {tags: [urgent, bug, x]}", "priority: critical"];
    assert_eq!(rule(&both), of("ada", Some(1)));
    let named = ["routing: {agent: bob, tags: [bug, urgent]}"];
    assert_eq!(rule(&named), of("bob", None));
}

#[test]
fn a_rule_that_leads_to_nobody_is_passed_over_and_told() {
    let (agent, said) = gets(&["routing: {tags: [ghost]}"]);
    assert_eq!(agent, "arch");
    let first = &said["candidates"][0];
    assert_eq!(
        (&first["agent"], &first["verdict"], &first["reason"]),
        (&json!("gone"), &json!("rejected"), &json!("is not active"))
    );
    assert_eq!(said["via"], "routing[0], weight 900");
}

#[test]
fn the_decision_is_in_the_event() {
    let mut stage = company(&[card(ONE, &["routing: {tags: [bug, urgent]}"])]);
    stage.poll();
    let lines = stage.log_lines();
    let assigned = lines.iter().find(|line| line["type"] == "task.assigned");
    let decision = &assigned.unwrap()["payload"]["decision"];
    assert_eq!(decision["rule"], 1);
    assert_eq!(decision["via"], "routing[1], weight 10");
    assert_eq!(decision["considered"], 2);
    assert_eq!(decision["candidates"][0]["agent"], "ada");
    assert_eq!(decision["candidates"][1]["verdict"], "eligible");
}

/// S5.
#[test]
fn a_role_rotates_among_its_agents() {
    let role = ["routing: {role: dev}"];
    let cards = [ONE, TWO, THREE].map(|id| card(id, &role));
    let mut stage = company(&cards);
    stage.poll();
    let spawns = stage.spawns();
    let agents: Vec<&str> = spawns.iter().map(|spawn| spawn.agent.as_str()).collect();
    assert_eq!(agents, ["ada", "bob"]);
    let done = json!({"taskId": ONE});
    stage
        .tool(&runner(&spawns[0]), "aof_task_complete", done)
        .unwrap();
    assert_eq!(stage.spawned().agent, "ada");
    let chart = stage.tree()["org/org-chart.yaml"].clone();
    let chart = chart.replace("{id: bob,", "{id: bob, active: false,");
    stage.put_by_hand("org/org-chart.yaml", &chart);
    let four = card("TASK-2026-02-17-004", &role);
    let (path, text) = four.trim_start_matches("//- ").split_once('\n').unwrap();
    stage.put_by_hand(path, text);
    let done = json!({"taskId": THREE});
    stage.ann("aof_task_complete", done);
    assert_eq!(stage.spawned().agent, "ada", "bob is switched off");
}

#[test]
fn a_team_is_its_active_head_or_whoever_has_the_tags() {
    assert_eq!(
        gets(&["routing: {team: core}"]).0,
        "arch",
        "pm is not active"
    );
    assert_eq!(gets(&["routing: {team: loose, tags: [api]}"]).0, "ada");
    assert_eq!(gets(&["routing: {team: loose}"]).0, "ada");
    let (nobody, said) = gets(&["routing: {team: loose, tags: [cobol]}"]);
    assert_eq!(nobody, "nobody");
    assert!(said["reasons"][0].as_str().unwrap().contains("no member"));
}

#[test]
fn what_a_team_is_given_goes_to_its_lead_however_free_others_are() {
    let chart = "//- org/org-chart.yaml\nschemaVersion: 1\nteams:\n\
                 - {id: t, name: T, lead: boss}\nagents:\n- {id: ada, name: Ada, team: t}\n\
                 - {id: boss, name: Boss, team: t}\n";
    let card = CardText::new(ONE, "ready").line("routing: {team: t}");
    let mut stage = Stage::with(&format!("{chart}{}", card.fixture()));
    assert_eq!(stage.spawned().agent, "boss");
}

#[test]
fn units_groups_and_memberships_are_targets() {
    assert_eq!(
        gets(&["routing: {team: led}"]).0,
        "nobody",
        "cy takes no normal tasks"
    );
    assert_eq!(gets(&["routing: {team: led}", "priority: high"]).0, "cy");
    assert_eq!(
        gets(&["routing: {team: product}"]).0,
        "ada",
        "in a unit of the unit, and mainly there"
    );
    assert_eq!(gets(&["routing: {team: guild}"]).0, "bob");
    assert_eq!(gets(&["routing: {role: builder}"]).0, "ada");
    let (nobody, said) = gets(&["routing: {team: closed}"]);
    assert_eq!(nobody, "nobody");
    assert_eq!(said["reasons"][0], "unit `closed` is not active");
}

#[test]
fn urgencies_that_an_agent_does_not_take_pass_it_by() {
    let (nobody, said) = gets(&["routing: {agent: cy}", "priority: low"]);
    assert_eq!(nobody, "nobody");
    assert_eq!(
        said["reasons"][0],
        "agent `cy` takes no low tasks (policies.tasking.allowedPriorities)"
    );
    assert_eq!(gets(&["routing: {agent: cy}", "priority: high"]).0, "cy");
}

#[test]
fn a_role_of_people_starts_nothing_even_by_a_rule() {
    let (nobody, said) = gets(&["routing: {tags: [sign]}"]);
    assert_eq!(
        (nobody.as_str(), &said["verdict"]),
        ("nobody", &json!("waiting-human"))
    );
}

#[test]
fn tags_find_an_agent_where_no_rule_does() {
    let chart = "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n\
                 - {id: ada, name: Ada, capabilities: {tags: [rust, api]}}\n\
                 - {id: bob, name: Bob, capabilities: {tags: [rust]}}\n";
    let card = |tags: &str| {
        let routing = format!("routing: {{tags: [{tags}]}}");
        CardText::new(ONE, "ready").line(&routing).fixture()
    };
    let agent = |tags: &str| {
        let mut stage = Stage::with(&format!("{chart}{}", card(tags)));
        stage.poll();
        stage.spawns().first().map(|spawn| spawn.agent.clone())
    };
    assert_eq!(agent("rust, api").as_deref(), Some("ada"));
    assert_eq!(agent("rust").as_deref(), Some("ada"));
    assert_eq!(agent("cobol"), None);
}

#[test]
fn a_task_that_names_nobody_is_taken_if_anybody_can_be_found() {
    let mut stage = company(&[]);
    let draft = json!({"title": "t", "brief": "b", "tags": ["bug", "urgent"]});
    let made = stage.ann("aof_dispatch", draft);
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    let card = stage.tree()[&stage.card_path(&id)].clone();
    assert!(!card.contains("role: dev"), "decided later");
    assert_eq!(stage.spawned().agent, "ada");
    let mut bare = Stage::empty();
    let draft = json!({"title": "t", "brief": "b", "tags": ["nobody-has-this"]});
    let error = bare.tool(&human("ann"), "aof_dispatch", draft).unwrap_err();
    assert_eq!(error.code, "AOF-1011");
}

#[test]
fn what_waited_for_others_is_promoted_if_a_rule_finds_somebody() {
    let waits = CardText::new(TWO, "backlog").line(&format!("dependsOn: [{ONE}]"));
    let kept = CardText::new(THREE, "backlog");
    let done = CardText::new(ONE, "done");
    let cards = [waits.fixture(), kept.fixture(), done.fixture()];
    let mut stage = company(&cards);
    stage.poll();
    stage.poll();
    assert_eq!(stage.status(TWO), "in-progress");
    assert_eq!(stage.status(THREE), "backlog", "put there to be kept");
}

#[test]
fn an_agent_is_told_whom_it_works_with() {
    let chart = "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n\
                 - {id: ada, name: Ada, reportsTo: bob}\n- {id: bob, name: Bob}\n\
                 - {id: cy, name: Cy}\nrelationships:\n\
                 - {fromAgentId: ada, toAgentId: cy, type: escalates_to}\n\
                 - {fromAgentId: ada, toAgentId: cy, type: consults_with}\n\
                 - {fromAgentId: ada, toAgentId: bob, type: consults_with}\n\
                 - {fromAgentId: ada, toAgentId: bob, type: delegates_to, active: false}\n";
    let prompt = |agent: &str| {
        let card = CardText::new(ONE, "ready").agent(agent).fixture();
        Stage::with(&format!("{chart}{card}")).spawned().prompt
    };
    let told = prompt("ada");
    let (_, told) = told.split_once("say so.\n").unwrap();
    assert_eq!(
        told,
        "You report to bob.\nWhen you are stuck, turn to cy.\nYou may ask bob, cy."
    );
    assert!(prompt("bob").ends_with("say so."));
}

#[test]
fn an_agent_is_told_to_whom_it_may_hand_work_on_if_it_may() {
    let prompt = |fields: &str| {
        let card = CardText::new(ONE, "ready").agent("ada").fixture();
        let chart = format!(
            "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n- {{id: ada, name: Ada{fields}}}\n\
             - {{id: bob, name: Bob}}\nrelationships:\n\
             - {{fromAgentId: ada, toAgentId: bob, type: delegates_to}}\n"
        );
        Stage::with(&format!("{chart}{card}")).spawned().prompt
    };
    assert!(prompt(", canDelegate: true").ends_with("\nYou may hand work on to bob."));
    assert!(prompt("").ends_with("say so."));
}

#[test]
fn a_unit_reaches_32_units_deep() {
    let gets = |depth: usize| {
        let mut chart = "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n\
                         - {id: ada, name: Ada}\nmemberships:\n"
            .to_owned();
        chart += &format!("- {{agentId: ada, orgUnitId: u{depth}}}\norgUnits:\n");
        chart += "- {id: u1, name: U, type: unit}\n";
        for number in 2..=depth {
            let parent = number - 1;
            chart += &format!("- {{id: u{number}, name: U, type: unit, parentId: u{parent}}}\n");
        }
        let card = CardText::new(ONE, "ready").line("routing: {team: u1}");
        let mut stage = Stage::with(&format!("{chart}{}", card.fixture()));
        stage.poll();
        stage.spawns().len()
    };
    assert_eq!((gets(1), gets(32), gets(33)), (1, 1, 0));
}

#[test]
fn the_event_of_a_dispatch_tells_20_candidates() {
    let told = |count: usize| {
        let mut chart = "//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n".to_owned();
        for number in 0..count {
            chart += &format!("- {{id: a{number}, name: A, capabilities: {{tags: [x]}}}}\n");
        }
        let card = CardText::new(ONE, "ready").line("routing: {tags: [x]}");
        let mut stage = Stage::with(&format!("{chart}{}", card.fixture()));
        stage.poll();
        let lines = stage.log_lines();
        let assigned = lines.iter().find(|line| line["type"] == "task.assigned");
        let decision = &assigned.unwrap()["payload"]["decision"];
        let candidates = decision["candidates"].as_array().unwrap().len();
        (candidates, decision["considered"].as_u64().unwrap())
    };
    assert_eq!((told(20), told(21)), ((20, 20), (20, 21)));
}
