//! The whole chart: a heading for each part that it has.

use std::collections::{BTreeMap, BTreeSet};

use crate::render::style::{BAD, DIM, GOOD, HEAD};
use crate::render::table::{Table, cell, styled};
use crate::render::text::{clean, counted, money};
use crate::shape::org::{Agent, Budget, Chart, Membership, Pool, Rule, Team, Trigger, Unit};

/// Units within one another that are drawn.
const DEPTH: usize = 32;

/// The chart.
pub fn chart(chart: &Chart, width: Option<usize>) -> String {
    let mut text = format!("{HEAD}{}{HEAD:#}", clean(&chart.path));
    if let Some(template) = &chart.template {
        text += &format!(" {DIM}template {}{DIM:#}", clean(template));
    }
    text.push('\n');
    for (head, body) in [
        ("TEAMS", teams(chart)),
        ("AGENTS", agents(chart, width)),
        ("UNITS", units(chart)),
        ("GROUPS", groups(chart, width)),
        ("ROLES", roles(chart, width)),
        ("ROUTING", routing(chart, width)),
        ("RELATIONSHIPS", relationships(chart, width)),
        ("BUDGETS", budgets(chart)),
        ("MURMUR", murmurs(chart)),
        ("MEMORY", memory(chart, width)),
    ] {
        if !body.is_empty() {
            text += &format!("\n{HEAD}{head}{HEAD:#}\n{body}");
        }
    }
    text
}

fn teams(chart: &Chart) -> String {
    chart.teams.iter().map(team).collect()
}

fn team(team: &Team) -> String {
    let heads = [
        ("orchestrator", &team.orchestrator),
        ("lead", &team.lead),
        ("technical lead", &team.technical_lead),
    ];
    let heads = heads
        .into_iter()
        .filter_map(|(what, who)| Some(format!("{what} {}", clean(who.as_deref()?))));
    let caps = [
        team.dispatch
            .max_concurrent
            .map(|most| format!("at most {} at a time", counted(most, "run"))),
        team.dispatch
            .min_interval_ms
            .map(|least| format!("{least} ms between two starts")),
    ];
    let facts: Vec<String> = heads.chain(caps.into_iter().flatten()).collect();
    let mut text = format!("  {}  {}\n", clean(&team.id), clean(&team.name));
    if let Some(description) = &team.description {
        text += &format!("    {DIM}{}{DIM:#}\n", clean(description));
    }
    if !facts.is_empty() {
        text += &format!("    {}\n", facts.join(" · "));
    }
    text
}

fn agents(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[6, 2]);
    for agent in &chart.agents {
        let (dot, style) = if agent.active {
            ("●", GOOD)
        } else {
            ("○", BAD)
        };
        table.row(vec![
            styled(dot, style),
            cell(&agent.id),
            cell(&agent.name),
            cell(agent.team.as_deref().unwrap_or_default()),
            cell(&arrow(agent.reports_to.as_deref())),
            cell(&format!("×{}", agent.concurrency)),
            styled(&agent.tags.join(" "), DIM),
            styled(&served(agent), DIM),
        ]);
    }
    table.render(width)
}

fn arrow(to: Option<&str>) -> String {
    to.map_or(String::new(), |to| format!("→ {to}"))
}

fn served(agent: &Agent) -> String {
    let parts = [&agent.model, &agent.provider];
    let parts: Vec<&str> = parts
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    let served = parts.join(" at ");
    let reached = agent.comms.reached_by.as_ref();
    let reached = reached.map(|ways| format!("by {}", clean(ways)));
    let parts = [Some(served).filter(|text| !text.is_empty()), reached];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Units as a tree; those that hang in no root come last.
fn units(chart: &Chart) -> String {
    let mut below: BTreeMap<Option<&str>, Vec<&Unit>> = BTreeMap::new();
    for unit in &chart.org_units {
        below
            .entry(unit.parent_id.as_deref())
            .or_default()
            .push(unit);
    }
    let mut members: BTreeMap<&str, Vec<&Membership>> = BTreeMap::new();
    for membership in &chart.memberships {
        members
            .entry(&membership.org_unit_id)
            .or_default()
            .push(membership);
    }
    let mut forest = Forest {
        below,
        members,
        drawn: BTreeSet::new(),
        text: String::new(),
    };
    for unit in forest.below.get(&None).cloned().unwrap_or_default() {
        forest.draw(unit, 1);
    }
    for unit in &chart.org_units {
        if !forest.drawn.contains(unit.id.as_str()) {
            forest.draw(unit, 1);
        }
    }
    forest.text
}

struct Forest<'c> {
    below: BTreeMap<Option<&'c str>, Vec<&'c Unit>>,
    members: BTreeMap<&'c str, Vec<&'c Membership>>,
    drawn: BTreeSet<&'c str>,
    text: String,
}

impl<'c> Forest<'c> {
    fn draw(&mut self, unit: &'c Unit, depth: usize) {
        if depth > DEPTH || !self.drawn.insert(&unit.id) {
            return;
        }
        let indent = "  ".repeat(depth);
        let (id, name, kind) = (clean(&unit.id), clean(&unit.name), clean(&unit.kind));
        self.text += &format!("{indent}{id}  {name} {DIM}({kind}){DIM:#}");
        if let Some(lead) = &unit.lead_id {
            self.text += &format!(" lead {}", clean(lead));
        }
        if !unit.active {
            self.text += &format!(" {BAD}not active{BAD:#}");
        }
        self.text.push('\n');
        for membership in self.members.get(unit.id.as_str()).into_iter().flatten() {
            let role = membership.role.as_deref().unwrap_or_default();
            let also = if membership.primary {
                ""
            } else {
                " also elsewhere"
            };
            let line = format!("- {} {}{also}", clean(&membership.agent_id), clean(role));
            self.text += &format!("{indent}  {}\n", line.trim_end());
        }
        for child in self
            .below
            .get(&Some(unit.id.as_str()))
            .cloned()
            .unwrap_or_default()
        {
            self.draw(child, depth + 1);
        }
    }
}

fn groups(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[2]);
    for group in &chart.groups {
        table.row(vec![
            cell(&group.id),
            cell(&group.name),
            cell(&group.member_ids.join(", ")),
        ]);
    }
    table.render(width)
}

fn roles(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[3, 1]);
    for (name, role) in &chart.roles {
        let person = if role.require_human { "a person" } else { "" };
        table.row(vec![
            cell(name),
            cell(&role.agents.join(", ")),
            cell(person),
            styled(role.description.as_deref().unwrap_or_default(), DIM),
        ]);
    }
    table.render(width)
}

/// Rules in the order in which they are tried.
fn routing(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[1]);
    for (at, rule) in chart.routing.iter().enumerate() {
        table.row(vec![
            cell(&format!("{}.", at + 1)),
            cell(&matched(rule)),
            cell(&arrow(Some(&target(rule)))),
            styled(&format!("weight {}", rule.weight), DIM),
        ]);
    }
    table.render(width)
}

fn matched(rule: &Rule) -> String {
    let tags =
        (!rule.match_tags.is_empty()).then(|| format!("tags {}", rule.match_tags.join(", ")));
    let urgency = (!rule.match_priority.is_empty())
        .then(|| format!("priority {}", rule.match_priority.join(" or ")));
    let parts: Vec<String> = [tags, urgency].into_iter().flatten().collect();
    if parts.is_empty() {
        "anything".to_owned()
    } else {
        parts.join(", ")
    }
}

fn target(rule: &Rule) -> String {
    let targets = [
        ("agent", &rule.target_agent),
        ("role", &rule.target_role),
        ("team", &rule.target_team),
    ];
    let parts: Vec<String> = targets
        .into_iter()
        .filter_map(|(what, who)| Some(format!("{what} {}", who.as_deref()?)))
        .collect();
    if parts.is_empty() {
        "nobody".to_owned()
    } else {
        parts.join(", ")
    }
}

fn relationships(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[]);
    for it in &chart.relationships {
        table.row(vec![
            cell(&it.from_agent_id),
            cell(&it.kind.replace('_', " ")),
            cell(&it.to_agent_id),
            styled(if it.active { "" } else { "not active" }, BAD),
        ]);
    }
    table.render(width)
}

fn budgets(chart: &Chart) -> String {
    let teams = chart.teams.iter().map(|it| ("team", &it.id, &it.budgets));
    let agents = chart.agents.iter().map(|it| ("agent", &it.id, &it.budgets));
    let mut table = Table::new(2, &[2]);
    for (kind, id, budgets) in teams.chain(agents) {
        for budget in budgets {
            let told = format!("told at {} %", budget.alert_at_percent);
            let whose = vec![styled(kind, DIM), cell(id)];
            let what = vec![cell(&limits(budget)), styled(&told, DIM)];
            table.row([whose, what].concat());
        }
    }
    table.render(None)
}

fn limits(budget: &Budget) -> String {
    let cost = budget
        .cost_micros_max
        .map(|most| format!("cost {}", money(most)));
    let tokens = budget.tokens_max.map(|most| counted(most, "token"));
    let limits: Vec<String> = [cost, tokens].into_iter().flatten().collect();
    let limits = limits.join(" · ");
    match budget.window.as_str() {
        "total" => format!("{limits} in all"),
        window => format!("{limits} a {}", clean(window)),
    }
}

fn murmurs(chart: &Chart) -> String {
    let mut text = String::new();
    for team in &chart.teams {
        let Some(murmur) = &team.murmur else { continue };
        let triggers: Vec<String> = murmur.triggers.iter().map(trigger).collect();
        text += &format!("  {}  {}\n", clean(&team.id), triggers.join(" · "));
        if !murmur.context.is_empty() {
            text += &format!(
                "    {DIM}with {}{DIM:#}\n",
                clean(&murmur.context.join(", "))
            );
        }
    }
    text
}

fn trigger(trigger: &Trigger) -> String {
    let kind = clean(&trigger.kind);
    match (trigger.threshold, trigger.interval_ms) {
        (Some(count), _) => format!("{kind} of {count}"),
        (None, Some(ms)) => format!("{kind} of {ms} ms"),
        (None, None) => kind,
    }
}

fn memory(chart: &Chart, width: Option<usize>) -> String {
    let mut table = Table::new(2, &[3]);
    if let Some(pools) = &chart.memory_pools {
        let row = |tier: &str, pool: &Pool, who: String| {
            vec![cell(tier), cell(&pool.id), cell(&pool.path), cell(&who)]
        };
        if let Some(hot) = &pools.hot {
            table.row(row("hot", hot, everybody_or(&hot.agents)));
        }
        for warm in &pools.warm {
            table.row(row("warm", warm, everybody_or(&warm.roles)));
        }
        for path in &pools.cold {
            table.row(vec![cell("cold"), cell(""), cell(path), cell("")]);
        }
    }
    let mut text = table.render(width);
    if let Some(pools) = &chart.memory_pools {
        text += &format!("  {DIM}stored in {}{DIM:#}\n", clean(&pools.adapter));
    }
    if let Some(curation) = &chart.memory_curation {
        let (role, policy) = (clean(&curation.role), clean(&curation.policy_path));
        text += &format!("  tidied up by {role} {DIM}as {policy} says{DIM:#}\n");
    }
    text
}

fn everybody_or(names: &[String]) -> String {
    if names.is_empty() {
        "everybody".to_owned()
    } else {
        names.join(", ")
    }
}
