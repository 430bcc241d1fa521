//! A company drawn from a seed: its chart, its projects and its cards, with caps and limits.
//!
//! Only text. Invariant: whatever edition of a file is drawn is one that AOF can use, and names in
//! it are the same in every edition.

use super::lay::{agent, card_id, project, settings};
use super::options::Options;

/// Where the chart lies.
pub(super) const CHART: &str = "org/org-chart.yaml";

/// Urgencies.
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "critical"];
/// What agents can do and tasks want.
const TAGS: [&str; 3] = ["ink", "press", "proof"];
/// What two tasks never use at the same time.
const RESOURCES: [&str; 2] = ["/the/press", "/the/van"];
/// When the world begins.
const DAWN: &str = "2026-01-01T10:00:00.000Z";

/// Path and content of every file.
pub(super) fn files(options: &Options) -> Vec<(String, String)> {
    let mut dice = dice_of(options, 0);
    let mut files = vec![
        ("aof.yaml".to_owned(), knobs(options)),
        (CHART.to_owned(), chart(options, 0)),
    ];
    let manifests = (1..options.projects).map(|number| manifest(options, number, 0));
    files.extend(manifests);
    let cards = (0..options.cards).map(|number| card(options, number, &mut dice));
    files.extend(cards);
    files
}

/// A budget, perhaps, drawn apart from everything else; ` `, or a line's beginning, before it.
fn budgets(options: &Options, salt: u64, before: &str, after: &str) -> String {
    let mut dice = dice_of(options, salt ^ 0xb0d6e7);
    let most = dice.u32(1..=20) * 100;
    let window = dice.choice(["hour", "total", "total"]).unwrap_or("total");
    match dice.u8(0..4) {
        0 => format!("{before}budgets: [{{tokensMax: {most}, window: {window}}}]{after}"),
        _ => String::new(),
    }
}

fn dice_of(options: &Options, edition: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(options.seed ^ 0xfab ^ edition.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn knobs(options: &Options) -> String {
    let mut dice = dice_of(options, 1);
    let mut text = settings(options);
    text.insert_str(0, &budgets(options, 1, "", "\n"));
    if dice.u8(0..4) == 0 {
        text.push_str("  minDispatchIntervalMs: 700\n");
    }
    let policy = dice.choice(["alert", "alert", "block", "deadletter"]);
    text.push_str(&format!(
        "sla: {{defaultMaxQueueMs: 300000, defaultMaxReviewMs: 400000, onViolation: {}, \
         alerting: {{rateLimitMinutes: {}}}}}\n",
        policy.unwrap_or("alert"),
        dice.u8(1..=3),
    ));
    text
}

/// An edition of the chart.
pub(super) fn chart(options: &Options, edition: u64) -> String {
    let mut dice = dice_of(options, edition.wrapping_add(2));
    let mut text = "schemaVersion: 1\nteams:\n".to_owned();
    for number in 0..2 {
        let (lead, share) = (agent(number), share(&mut dice));
        let head = dice.choice(["lead", "orchestrator"]).unwrap_or("lead");
        text.push_str(&format!(
            "  - {{id: team-{number}, name: T, {head}: {lead}, dispatch: {{{share}}}{}}}\n",
            budgets(options, edition ^ (u64::from(number) << 40), ", ", ""),
        ));
    }
    text.push_str("  - {id: headless, name: H}\nagents:\n");
    for number in 0..options.agents {
        text.push_str(&format!(
            "  - {}\n",
            member(
                number,
                &mut dice,
                &budgets(options, edition ^ (u64::from(number + 9) << 40), ", ", "")
            )
        ));
    }
    let all = |from: u32| {
        let names = (from..options.agents).map(agent);
        names.collect::<Vec<_>>().join(", ")
    };
    text.push_str(&format!(
        "roles:\n  press: {{agents: [{}]}}\n  proof: {{agents: [{}]}}\n  \
         boss: {{agents: [{}], requireHuman: true}}\nrouting:\n",
        all(0),
        all(1),
        agent(0)
    ));
    for _ in 0..dice.u8(1..4) {
        text.push_str(&format!("  - {}\n", rule(options, &mut dice)));
    }
    let (first, last) = (agent(0), agent(options.agents - 1));
    let lead = match dice.bool() {
        true => format!(", leadId: {}", agent(1)),
        false => String::new(),
    };
    text.push_str(&format!(
        "orgUnits:\n  - {{id: house, name: H, type: house{lead}}}\n  \
         - {{id: desk, name: D, type: desk, parentId: house, active: {}}}\n\
         groups:\n  - {{id: guild, name: G, memberIds: [{}]}}\nmemberships:\n  \
         - {{agentId: {last}, orgUnitId: desk, role: printer}}\n  \
         - {{agentId: {first}, orgUnitId: house, role: printer, primary: false}}\n",
        dice.u8(0..3) > 0,
        all(1)
    ));
    if dice.bool() {
        let (from, to) = (dice.u32(0..options.agents), dice.u32(0..options.agents));
        let to = agent(if from == to {
            (to + 1) % options.agents
        } else {
            to
        });
        text.push_str(&format!(
            "relationships:\n  - {{fromAgentId: {}, toAgentId: {to}, type: delegates_to}}\n",
            agent(from)
        ));
    }
    text
}

/// How fast somebody is given work.
fn share(dice: &mut fastrand::Rng) -> String {
    let weight = format!("weight: {}", dice.u8(1..=3));
    let most = format!("maxConcurrent: {}", dice.u8(1..=3));
    let pace = format!("minIntervalMs: {}", dice.u16(1..=4) * 500);
    match dice.u8(0..4) {
        0 => weight,
        1 => [most, pace].join(", "),
        2 => [pace, weight].join(", "),
        _ => [most, weight].join(", "),
    }
}

fn member(number: u32, dice: &mut fastrand::Rng, budgets: &str) -> String {
    let name = agent(number);
    let team = ["team-0", "team-1", "headless"];
    let team = dice.choice(team).unwrap_or("headless");
    let is_active = dice.u8(0..4) > 0;
    let tags = some(&TAGS, dice);
    let priorities = match dice.u8(0..4) {
        0 => format!(", allowedPriorities: [normal, {}]", some(&PRIORITIES, dice)),
        _ => String::new(),
    };
    format!(
        "{{id: {name}, name: {name}, team: {team}, active: {is_active}, canDelegate: {}, \
         capabilities: {{concurrency: {}, tags: [{tags}]}}, policies: {{tasking: \
         {{requiresReview: {}, allowSelfAssign: {}{priorities}}}}}{budgets}}}",
        dice.bool(),
        dice.u8(1..=3),
        dice.u8(0..4) == 0,
        dice.bool(),
    )
}

/// Some of these, perhaps none.
fn some(words: &[&'static str], dice: &mut fastrand::Rng) -> String {
    let chosen = words.iter().copied().filter(|_| dice.u8(0..3) == 0);
    chosen.collect::<Vec<_>>().join(", ")
}

fn rule(options: &Options, dice: &mut fastrand::Rng) -> String {
    let mut parts = vec![format!("weight: {}", dice.u8(1..100))];
    if dice.u8(0..3) > 0 {
        parts.push(format!("matchTags: [{}]", some(&TAGS, dice)));
    }
    if dice.u8(0..3) == 0 {
        parts.push(format!("matchPriority: [{}]", some(&PRIORITIES, dice)));
    }
    parts.push(match dice.u8(0..3) {
        0 => format!("targetAgent: {}", agent(dice.u32(0..options.agents))),
        1 => "targetRole: proof".to_owned(),
        _ => "targetTeam: team-1".to_owned(),
    });
    format!("{{{}}}", parts.join(", "))
}

/// An edition of the manifest of a project that is not the inbox.
pub(super) fn manifest(options: &Options, number: u32, edition: u64) -> (String, String) {
    let salt = edition.wrapping_add(1000 + u64::from(number));
    let mut dice = dice_of(options, salt);
    let name = project(number);
    let kind = dice.choice(["swe", "research"]).unwrap_or("swe");
    let status = match dice.u8(0..8) {
        0 => "paused",
        _ => "active",
    };
    let owner = match dice.u8(0..3) {
        0 => format!("owner: {{lead: {}}}\n", agent(dice.u32(0..options.agents))),
        1 => "owner: {team: team-0}\n".to_owned(),
        _ => String::new(),
    };
    let parent = match number {
        2.. if dice.bool() => format!("parentId: {}\n", project(number - 1)),
        _ => String::new(),
    };
    let sla = match dice.u8(0..3) {
        0 => format!(
            "sla: {{defaultMaxInProgressMs: 120000, defaultMaxBlockedMs: 240000, \
             onViolation: {}}}\n",
            dice.choice(["alert", "block", "deadletter"])
                .unwrap_or("alert")
        ),
        _ => String::new(),
    };
    let text = format!(
        "id: {name}\ntitle: P\ntype: {kind}\nstatus: {status}\n{owner}{parent}\
         dispatch: {{{}}}\n{sla}{}",
        share(&mut dice),
        budgets(options, salt, "", "\n"),
    );
    (format!("projects/{name}/project.yaml"), text)
}

/// Whom a card names.
fn routing(options: &Options, dice: &mut fastrand::Rng) -> String {
    let tags = some(&TAGS, dice);
    let target = match dice.u8(0..12) {
        0..5 => format!("agent: {}, ", agent(dice.u32(0..options.agents))),
        5 => "role: press, ".to_owned(),
        6 => "role: printer, ".to_owned(),
        7 => "role: boss, ".to_owned(),
        8 => "team: team-0, ".to_owned(),
        9 => dice
            .choice(["team: headless, ", "team: desk, ", "team: guild, "])
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    };
    format!("{target}tags: [{tags}]")
}

/// The budget of one task, perhaps.
fn budget(options: &Options, number: u32) -> String {
    let mut dice = dice_of(options, 0xca4d ^ u64::from(number));
    match dice.u8(0..6) {
        0 => format!("budget: {{tokensMax: {}}}\n", dice.u32(1..=8) * 100),
        _ => String::new(),
    }
}

fn card(options: &Options, number: u32, dice: &mut fastrand::Rng) -> (String, String) {
    let id = card_id(number);
    let project = project(dice.u32(0..options.projects));
    let depends: Vec<String> = (0..number)
        .filter(|_| dice.u32(0..number.max(1) * 3) == 0)
        .map(card_id)
        .collect();
    let is_ready = depends.is_empty() && dice.u8(0..3) > 0;
    let status = if is_ready { "ready" } else { "backlog" };
    let mut more = String::new();
    if dice.u8(0..4) == 0 {
        let resource = dice.choice(RESOURCES).unwrap_or_default();
        more.push_str(&format!("resource: {resource}\n"));
    }
    if dice.u8(0..4) == 0 {
        let policy = dice.choice(["alert", "block", "deadletter"]);
        more.push_str(&format!(
            "sla: {{maxQueueMs: 60000, maxInProgressMs: 60000, maxReviewMs: 90000, \
             maxBlockedMs: 120000, onViolation: {}}}\n",
            policy.unwrap_or("alert")
        ));
    }
    if dice.u8(0..5) == 0 {
        more.push_str("dependencyPolicy: terminal\n");
    }
    if number > 0 && dice.u8(0..8) == 0 {
        more.push_str(&format!("parentId: {}\n", card_id(dice.u32(0..number))));
    }
    more.push_str(&budget(options, number));
    let timeout = match dice.u8(0..4) {
        0 => format!("{{timeoutMs: {}}}", dice.u32(1..=8) * 4_000),
        _ => "{}".to_owned(),
    };
    let priority = dice.choice(PRIORITIES).unwrap_or("normal");
    let routing = routing(options, dice);
    let text = format!(
        "---\nschemaVersion: 2\nid: {id}\nproject: {project}\ntitle: Task {number}\n\
         status: {status}\npriority: {priority}\nrouting: {{{routing}}}\ndependsOn: [{}]\n{more}\
         createdAt: 2026-01-01T09:{:02}:00.000Z\nupdatedAt: {DAWN}\nlastTransitionAt: {DAWN}\n\
         createdBy: ann\nmetadata: {timeout}\nrevision: 1\n---\n\nDo number {number}.\n",
        depends.join(", "),
        number % 60,
    );
    (format!("projects/{project}/tasks/{status}/{id}.md"), text)
}
