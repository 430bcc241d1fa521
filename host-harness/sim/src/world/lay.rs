//! The files that a world begins with.
//!
//! Invariant: every file is one that AOF reads without a complaint.

use super::options::{Options, Profile};
use super::{company, flow};

/// How long a machine has run before anything happens; the cards were made in that time.
pub const DAWN_AFTER_MS: u64 = 10 * 3_600_000;

/// The name of an agent.
#[must_use]
pub fn agent(number: u32) -> String {
    format!("agent-{number}")
}

/// The name of a project; the inbox is the first.
#[must_use]
pub fn project(number: u32) -> String {
    match number {
        0 => "_inbox".to_owned(),
        other => format!("project-{other}"),
    }
}

/// Path and content of every file.
pub fn files(options: &Options) -> Vec<(String, String)> {
    if options.profile == Profile::Fabric {
        return company::files(options);
    }
    let mut dice = fastrand::Rng::with_seed(options.seed ^ 0xf11e5);
    let mut files = vec![
        ("aof.yaml".to_owned(), settings(options)),
        ("org/org-chart.yaml".to_owned(), chart(options, &mut dice)),
    ];
    for number in 1..options.projects {
        let name = project(number);
        let text = format!("id: {name}\ntitle: Project {number}\n");
        files.push((format!("projects/{name}/project.yaml"), text));
    }
    for number in 0..options.cards {
        let (path, text) = card(options, number, &mut dice);
        let text = match options.profile {
            Profile::Flows => flow::carrying(text, options, &mut dice),
            _ => text,
        };
        files.push((path, text));
    }
    files
}

pub(super) fn settings(options: &Options) -> String {
    format!(
        "scheduler:\n  maxConcurrentDispatches: {}\n  defaultLeaseTtlMs: {}\n  failuresMax: {}\n  \
         retryBaseMs: {}\n  runTimeoutMs: {}\n",
        options.runs_max,
        options.lease_ttl_ms,
        options.failures_max,
        options.retry_base_ms,
        options.run_timeout_ms,
    )
}

fn chart(options: &Options, dice: &mut fastrand::Rng) -> String {
    let mut text = "schemaVersion: 1\nteams:\n  - {id: team, name: Team}\nagents:\n".to_owned();
    for number in 0..options.agents {
        let (name, most) = (agent(number), dice.u32(1..=2));
        let line = format!(
            "{{id: {name}, name: {name}, team: team, canDelegate: true, \
             capabilities: {{concurrency: {most}}}}}"
        );
        text.push_str(&format!("  - {line}\n"));
    }
    let name = agent(0);
    text.push_str(&format!("roles:\n  press: {{agents: [{name}]}}\n"));
    text
}

/// The id of the card of a number.
#[must_use]
pub fn card_id(number: u32) -> String {
    format!("TASK-2026-01-01-{:03}", number + 1)
}

fn card(options: &Options, number: u32, dice: &mut fastrand::Rng) -> (String, String) {
    let id = card_id(number);
    let project = project(dice.u32(0..options.projects));
    let depends: Vec<String> = (0..number)
        .filter(|_| dice.u32(0..number.max(1) * 2) == 0)
        .map(card_id)
        .collect();
    let status = if depends.is_empty() && dice.bool() {
        "ready"
    } else {
        "backlog"
    };
    let priority = dice.choice(["low", "normal", "high", "critical"]);
    let routing = match dice.u8(0..8) {
        0 => "role: press".to_owned(),
        1 => "team: team".to_owned(),
        _ => format!("agent: {}", agent(dice.u32(0..options.agents))),
    };
    let resource = if dice.u8(0..5) == 0 {
        "resource: /the/press\n"
    } else {
        ""
    };
    let text = format!(
        "---\nschemaVersion: 2\nid: {id}\nproject: {project}\ntitle: Task {number}\n\
         status: {status}\npriority: {}\nrouting: {{{routing}}}\ndependsOn: [{}]\n{resource}\
         createdAt: 2026-01-01T09:{:02}:00.000Z\nupdatedAt: 2026-01-01T09:00:00.000Z\n\
         lastTransitionAt: 2026-01-01T09:00:00.000Z\ncreatedBy: ann\nmetadata: {{}}\n\
         revision: 1\n---\n\nDo number {number}.\n",
        priority.unwrap_or("normal"),
        depends.join(", "),
        number % 60,
    );
    (format!("projects/{project}/tasks/{status}/{id}.md"), text)
}
