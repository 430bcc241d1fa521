//! Reading org charts: names, limits, references, and what has no effect.

use aof_core::id::{AgentId, RoleId, TeamId};
use aof_core::org::{Adapter, ContextBudget, Method, RelationshipKind, Rule, Tier, TriggerKind};
use aof_core::priority::Priority;
use aof_core::share::Share;

use super::super::form::DUPLICATE;
use super::*;

const CHART: &str = "\
schemaVersion: 1
teams:
  - {id: core, name: Core, lead: ada, orchestrator: max}
agents:
  - id: ada
    name: Ada
    team: core
    capabilities: {tags: [rust, 42], concurrency: 5, model: m}
    policies: {tasking: {maxConcurrent: 2}}
    comms: {sessionKey: 'agent:main:ada'}
  - {id: max, name: no, active: false}
roles:
  builder: {agents: [max, ada]}
  owner: {agents: [ada], requireHuman: true}
";

fn parse(text: &str) -> Parsed<OrgChart> {
    parse_org_chart("org/org-chart.yaml", text.as_bytes())
}

fn refusals(text: &str) -> Vec<String> {
    let findings = parse(text).unwrap_err();
    findings
        .iter()
        .map(|f| {
            format!(
                "{} {}:{} {} | {}",
                f.code, f.line, f.column, f.message, f.hint
            )
        })
        .collect()
}

fn warnings(text: &str) -> Vec<String> {
    let (_, warnings) = parse(text).unwrap();
    warnings
        .iter()
        .map(|f| format!("{} {} {}", f.code, f.line, f.message))
        .collect()
}

#[test]
fn a_chart_is_read() {
    let (chart, warnings) = parse(CHART).unwrap();
    assert_eq!(warnings, []);
    let id = |name| AgentId::parse(name).unwrap();
    let ada = chart.agent(&id("ada")).unwrap();
    assert_eq!(
        (ada.name.as_str(), ada.is_active, ada.concurrency_max),
        ("Ada", true, 2)
    );
    assert_eq!(ada.tags, ["rust", "42"]);
    assert_eq!(ada.comms.session_key.as_deref(), Some("agent:main:ada"));
    let max = chart.agent(&id("max")).unwrap();
    assert_eq!(
        (max.name.as_str(), max.is_active, max.concurrency_max),
        ("no", false, 1)
    );
    let core = chart.team(ada.team.as_ref().unwrap()).unwrap();
    assert_eq!(
        (core.lead.clone(), core.orchestrator.clone()),
        (Some(id("ada")), Some(id("max")))
    );
    let builder = &chart.roles[&RoleId::parse("builder").unwrap()];
    assert_eq!(
        (builder.agents.clone(), builder.requires_human),
        (vec![id("max"), id("ada")], false)
    );
    assert!(chart.roles[&RoleId::parse("owner").unwrap()].requires_human);
}

const WHOLE: &str = "\
schemaVersion: 2
template: full
defaults:
  capabilities: {tags: [any], concurrency: 4, model: small, provider: anyone}
  policies:
    tasking: {maxConcurrent: 3, requiresReview: true, allowedPriorities: [medium, low]}
    memory: {scope: [shared], tiers: [hot]}
    context: {target: 1, warn: 2, critical: 3}
agents:
  - id: ada
    name: Ada
    description: builds
    openclawAgentId: main
    canDelegate: true
    capabilities: {tags: [rust], model: large}
    comms: {preferred: spawn, fallbacks: [cli]}
    policies:
      tasking: {maxConcurrent: 2, requiresReview: false}
      memory: {scope: [own], tiers: [warm, cold], readOnly: true}
      communication: {allowedChannels: [c], requiresApproval: true, restrictedAgents: [max]}
  - {id: max, name: Max, reportsTo: ada, capabilities: {tags: []}}
teams:
  - id: core
    name: Core
    description: the core
    technicalLead: ada
    dispatch: {maxConcurrent: 5, minIntervalMs: 500}
    murmur: {triggers: [{kind: queueEmpty}, {kind: interval, intervalMs: 9}], context: [vision]}
roles: {builder: {agents: [ada], description: builds}}
routing:
  - {matchTags: [late], targetAgent: ada}
  - {matchPriority: [critical, medium], targetTeam: core, weight: 7}
  - {targetRole: builder, weight: 7}
orgUnits:
  - {id: all, name: All, type: company}
  - {id: dev, name: Dev, type: squad, parentId: all, leadId: ada, active: false}
groups: [{id: g, name: G, description: d, memberIds: [max, ada]}]
memberships: [{agentId: ada, orgUnitId: dev, role: engineer}]
relationships: [{fromAgentId: max, toAgentId: ada, type: escalates_to, active: false}]
memoryPools:
  hot: {path: memory/hot, agents: [ada]}
  warm: [{id: w, path: memory/warm, roles: ['*']}]
  cold: [memory/cold]
  adapter: lancedb
memoryCuration: {policyPath: p.yaml, role: builder}
metadata: {anything: true}
";

#[test]
fn every_part_of_a_chart_is_read() {
    let (chart, _) = parse(WHOLE).unwrap();
    let id = |name| AgentId::parse(name).unwrap();
    let ada = chart.agent(&id("ada")).unwrap();
    assert_eq!(
        (ada.description.as_deref(), ada.can_delegate),
        (Some("builds"), true)
    );
    assert_eq!(
        (ada.gateway_name(), chart.agents[1].gateway_name()),
        ("main", "max")
    );
    assert_eq!(
        (ada.comms.preferred(), ada.comms.fallbacks()),
        (Method::Spawn, &[Method::Cli][..])
    );
    let talk = ada.communication.as_ref().unwrap();
    assert_eq!(
        (talk.allowed_channels.len(), talk.requires_approval),
        (1, true)
    );
    assert_eq!(chart.agents[1].reports_to, Some(id("ada")));
    let team = &chart.teams[0];
    assert_eq!(team.technical_lead, Some(id("ada")));
    let caps = Share {
        max_concurrent: Some(5),
        min_interval_ms: Some(500),
        weight: 1,
    };
    assert_eq!(team.dispatch, caps);
    let murmur = team.murmur.as_ref().unwrap();
    let kinds: Vec<_> = murmur
        .triggers
        .iter()
        .map(|it| (it.kind, it.interval_ms))
        .collect();
    assert_eq!(
        kinds,
        [
            (TriggerKind::QueueEmpty, None),
            (TriggerKind::Interval, Some(9))
        ]
    );
    assert_eq!(murmur.context, ["vision"]);
    let dev = chart.units.named("dev").unwrap();
    assert_eq!(
        (dev.kind.as_str(), dev.lead.clone(), dev.is_active),
        ("squad", Some(id("ada")), false)
    );
    assert_eq!(dev.parent, Some(chart.units[0].id.clone()));
    assert_eq!(chart.groups[0].members, [id("max"), id("ada")]);
    assert!(chart.memberships[0].is_primary);
    let relationship = &chart.relationships[0];
    assert_eq!(
        (relationship.kind, relationship.is_active),
        (RelationshipKind::EscalatesTo, false)
    );
    let pools = chart.pools.as_ref().unwrap();
    assert_eq!((pools.adapter, pools.cold.len()), (Adapter::Lancedb, 1));
    assert_eq!(pools.warm[0].roles, ["*"]);
    assert_eq!(chart.curation.unwrap().role, "builder");
    assert_eq!(chart.template.as_deref(), Some("full"));
}

#[test]
fn rules_are_in_the_order_in_which_they_are_tried() {
    let (chart, _) = parse(WHOLE).unwrap();
    let order: Vec<_> = chart
        .routing
        .iter()
        .map(|rule| (rule.weight, rule.position))
        .collect();
    assert_eq!(order, [(7, 1), (7, 2), (100, 0)]);
    let first = Rule {
        position: 1,
        match_tags: Vec::new(),
        match_priority: vec![Priority::Critical, Priority::Normal],
        target_role: None,
        target_team: Some(TeamId::parse("core").unwrap()),
        target_agent: None,
        weight: 7,
    };
    assert_eq!(chart.routing[0], first);
    assert!(chart.routing[1].is_catch_all());
}

#[test]
fn what_an_agent_does_not_say_comes_from_the_defaults() {
    let (chart, _) = parse(WHOLE).unwrap();
    let [ada, max] = [&chart.agents[0], &chart.agents[1]];
    assert_eq!((ada.concurrency_max, max.concurrency_max), (2, 3));
    assert_eq!(
        (ada.tags.as_slice(), max.tags.len()),
        (&["rust".to_owned()][..], 0)
    );
    let served = |agent: &aof_core::org::Agent| (agent.model.clone(), agent.provider.clone());
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(served(ada), (some("large"), some("anyone")));
    assert_eq!(served(max), (some("small"), some("anyone")));
    assert_eq!(
        (ada.tasking.requires_review, max.tasking.requires_review),
        (false, true)
    );
    let priorities = Some(vec![Priority::Normal, Priority::Low]);
    assert_eq!(ada.tasking.allowed_priorities, priorities);
    assert_eq!(max.tasking.allowed_priorities, priorities);
    let tiers = |agent: &aof_core::org::Agent| agent.memory.clone().unwrap().tiers;
    assert_eq!(
        (tiers(ada), tiers(max)),
        (vec![Tier::Warm, Tier::Cold], vec![Tier::Hot])
    );
    let budget = ContextBudget {
        target: Some(1),
        warn: Some(2),
        critical: Some(3),
    };
    assert_eq!((ada.context, max.context), (Some(budget), Some(budget)));
    assert_eq!(max.communication, None);
}

#[test]
fn words_that_mean_nothing_are_refused() {
    for (text, word) in [
        ("routing: [{matchPriority: [urgent]}]", "urgent"),
        (
            "teams: [{id: t, name: T, murmur: {triggers: [{kind: fullMoon}]}}]",
            "fullMoon",
        ),
        (
            "defaults: {policies: {tasking: {allowedPriorities: [soon]}}}",
            "soon",
        ),
        (
            "relationships: [{fromAgentId: a, toAgentId: a, type: likes}]",
            "likes",
        ),
    ] {
        let found = refusals(&format!(
            "schemaVersion: 1\nagents: [{{id: a, name: A}}]\n{text}\n"
        ));
        assert!(
            found[0].starts_with("AOF-1112 3:") && found[0].contains(word),
            "{found:?}"
        );
    }
}

#[test]
fn the_smaller_of_two_limits_counts() {
    for (fields, expected) in [
        ("", 1),
        ("capabilities: {concurrency: 3}", 3),
        ("policies: {tasking: {maxConcurrent: 4}}", 4),
        (
            "capabilities: {concurrency: 3}, policies: {tasking: {maxConcurrent: 4}}",
            3,
        ),
        (
            "capabilities: {concurrency: 5}, policies: {tasking: {maxConcurrent: 4}}",
            4,
        ),
    ] {
        let text = format!("schemaVersion: 2\nagents: [{{id: a, name: A, {fields}}}]\n");
        assert_eq!(
            parse(&text).unwrap().0.agents[0].concurrency_max,
            expected,
            "{fields}"
        );
    }
}

#[test]
fn an_empty_list_of_agents_is_a_chart() {
    let (chart, _) = parse("schemaVersion: 1\nagents: []\n").unwrap();
    assert_eq!(chart, OrgChart::default());
}

#[test]
fn fields_without_effect_are_named_once_for_each_top_level_key() {
    let text = "schemaVersion: 1\nagents:\n  - {id: a, name: A, canDelegate: true, reportsTo: b, \
                comms: {preferred: cli}}\n  - {id: b, name: B, canDelegate: true, \
                policies: {memory: {readOnly: true}}}\n  - {id: c, name: C, canDelegate: false}\n\
                routing:\n  - {matchTags: [x], targetAgent: a, weight: 1}\n\
                memoryCuration: {policyPath: p, role: r}\nmemoryPools: {}\n";
    assert_eq!(
        warnings(text),
        [
            "AOF-1190 4 kept, has no effect in this version: `agents.policies.memory`",
            "AOF-1190 8 kept, has no effect in this version: `memoryCuration`",
        ]
    );
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion() {
    let text = "schemaVersion: 1\nteam: []\nagents:\n  - {id: a, name: A, capabilites: {}}\n\
                routing: [{matchTag: [x], targetAgent: a}]\n";
    assert_eq!(
        refusals(text),
        [
            "AOF-1111 2:1 unknown key `team` | did you mean `teams`?",
            "AOF-1111 4:22 unknown key `agents.capabilites` | did you mean `capabilities`?",
            "AOF-1111 5:12 unknown key `routing.matchTag` | did you mean `matchTags`?",
        ]
    );
}

#[test]
fn names_that_are_not_declared_are_refused() {
    let text = "schemaVersion: 1\nagents:\n  - {id: ada, name: A, team: cor}\nteams:\n  - id: \
    core\n    \
                name: C\n    lead: adda\n    orchestrator: zed\nroles:\n  r: {agents: [ada, \
                bob]}\n";
    let declare = "declare it under `agents`, or correct the name";
    assert_eq!(
        refusals(text),
        [
            "AOF-1113 3:30 `agents.team` names the team `cor`, which the chart does not have | did \
             you mean `core`?"
                .to_owned(),
            "AOF-1113 7:11 `teams.lead` names the agent `adda`, which the chart does not have | \
             did \
             you mean `ada`?"
                .to_owned(),
            format!(
                "AOF-1113 8:19 `teams.orchestrator` names the agent `zed`, which the chart does \
                 not \
                 have | {declare}"
            ),
            format!(
                "AOF-1113 10:21 `roles.r.agents` names the agent `bob`, which the chart does not \
                 have | {declare}"
            ),
        ]
    );
}

#[test]
fn what_is_declared_twice_is_refused() {
    let text = "schemaVersion: 1\nagents: [{id: a, name: A}, {id: a, name: B}]\n\
                teams: [{id: t, name: T}, {id: t, name: T}]\n";
    let codes: Vec<_> = parse(text)
        .unwrap_err()
        .iter()
        .map(|f| (f.code, f.line, f.column))
        .collect();
    assert_eq!(codes, [(DUPLICATE, 2, 33), (DUPLICATE, 3, 32)]);
}

#[test]
fn wrong_values_are_refused_with_their_place() {
    for (text, expected) in [
        (
            "",
            "AOF-1110 0:0 there is nothing in the file | write the required fields",
        ),
        (
            "[]",
            "AOF-1110 1:1 expected `key: value` lines, but found a list | write `key: value` lines",
        ),
        (
            "agents: []",
            "AOF-1112 1:1 `schemaVersion` is missing | add `schemaVersion: …`, for \
          example 1",
        ),
        (
            "schemaVersion: 1\nagents: {}",
            "AOF-1112 2:9 `agents` must be a list, but is a mapping | \
          write one `- item` per line",
        ),
        (
            "schemaVersion: 1\nagents: [{name: A}]",
            "AOF-1112 2:10 `agents.id` is missing | add `id: …`",
        ),
        (
            "schemaVersion: 1\nagents: [{id: a, name: A, active: yes}]",
            "AOF-1112 2:35 `agents.active` \
          must be true or false, but is `yes` | write `true` or `false` without quotes",
        ),
        (
            "schemaVersion: 1\nagents: [{id: a, name: A, capabilities: {concurrency: 0}}]",
            "AOF-1112 2:55 `agents.capabilities.concurrency` must be a whole number from 1 to \
             1000, but \
          is `0` | write decimal digits without quotes",
        ),
        (
            "schemaVersion: 1\nagents: []\nroles: {r: {agents: []}}",
            "AOF-1112 3:21 `roles.r.agents` is \
          empty | name at least one agent",
        ),
        (
            "schemaVersion: 1\nagents: []\nteams: [&x]",
            "AOF-1105 3:9 anchors (`&name`) are not \
          accepted | write the value out where it is needed",
        ),
    ] {
        assert_eq!(
            refusals(text).first().map(String::as_str),
            Some(expected),
            "{text:?}"
        );
    }
}

#[test]
fn an_id_that_is_no_name_is_refused_once() {
    let text = "schemaVersion: 1\nagents: [{id: ../x, name: A}, {id: ~, name: B}]\n";
    assert_eq!(refusals(text).len(), 2);
}

#[test]
fn the_size_of_a_chart_is_limited_exactly() {
    let head = "schemaVersion: 1\nagents: []\n#";
    let chart = |bytes: usize| format!("{head}{}", "x".repeat(bytes - head.len()));
    assert!(parse(&chart(crate::DOCUMENT_BYTES_MAX)).is_ok());
    assert!(refusals(&chart(crate::DOCUMENT_BYTES_MAX + 1))[0].starts_with("AOF-1104"));
}
