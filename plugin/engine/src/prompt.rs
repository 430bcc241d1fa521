//! What an agent is told when a run reaches it, and the effect that does.

use std::collections::BTreeSet;

use aof_core::card::Card;
use aof_core::effect::Spawn;
use aof_core::gather::gathered;
use aof_core::id::AgentId;
use aof_core::org::{OrgChart, RelationshipKind};
use aof_core::permission::{delegates, may_delegate};
use aof_core::run::Run;
use aof_core::status::Status;
use aof_store::layout::ProjectRoot;

use crate::session::Session;

/// The effect that reaches the agent of a run.
pub(crate) fn spawn(session: &Session, root: &ProjectRoot, card: &Card, run: &Run) -> Spawn {
    let dir = match card.hop.as_deref() {
        Some(hop) => root.hop_dir(&hop.of, &hop.id),
        None => root.work_dir(&card.id),
    };
    made(session, root, (&card.title, card.timeout_ms(), dir), run)
}

/// The same effect from what the index still knows, after a crash between the card and the outbox.
/// It goes on by the way that the run was at.
pub(crate) fn spawn_again(session: &Session, run: &Run) -> Option<Spawn> {
    let root = session.shelf.root(&run.project)?;
    let row = session.shelf.index.row(&run.task)?;
    let dir = match row.hop.as_deref() {
        Some(hop) => root.hop_dir(&hop.of, &hop.id),
        None => root.work_dir(&run.task),
    };
    let mut spawn = made(session, root, (&row.title, row.timeout_ms, dir), run);
    let before = spawn
        .methods
        .iter()
        .take_while(|it| Some(**it) != run.method);
    if spawn.methods.iter().any(|it| Some(*it) == run.method) {
        spawn.passed = before.map(|it| format!("{it}: tried before")).collect();
    }
    Some(spawn)
}

fn made(
    session: &Session,
    root: &ProjectRoot,
    (title, timeout_ms, work_dir): (&str, Option<u64>, String),
    run: &Run,
) -> Spawn {
    let card_path = root.card(Status::InProgress, &run.task);
    let agent = session.chart.agent(&run.agent);
    let ways = agent.and_then(|agent| agent.comms.ways());
    Spawn {
        project: run.project.clone(),
        task: run.task.clone(),
        title: title.to_owned(),
        run: run.id.clone(),
        attempt: run.attempt,
        agent: run.agent.clone(),
        session_key: agent.and_then(|agent| agent.comms.session_key.clone()),
        prompt: text(run, title, &card_path, &work_dir) + &colleagues(&session.chart, &run.agent),
        run_dir: root.run_dir(&run.task, &run.id),
        card_path,
        work_dir,
        timeout_ms: timeout_ms.unwrap_or(session.settings.scheduler.run_timeout_ms),
        methods: ways.map(|ways| ways.methods).unwrap_or_default(),
        passed: Vec::new(),
    }
}

fn text(run: &Run, title: &str, card_path: &str, work_dir: &str) -> String {
    format!(
        "You are {agent}. Task {task} of project {project} is yours: {title}\n\
         Read the card {card_path}; work in {work_dir} and leave results in {work_dir}/outputs.\n\
         When the work is done, call aof_task_complete with taskId {task} and a summary. If you \
         cannot do it, call aof_task_block with taskId {task} and the reason. A session that ends \
         without either counts as failed.\n\
         If you have no such tools, stop and say so.",
        agent = run.agent,
        task = run.task,
        project = run.project,
    )
}

/// Whom the agent reports to, asks and turns to, as the chart has it.
fn colleagues(chart: &OrgChart, agent: &AgentId) -> String {
    let related = |kind| {
        let own = chart.relationships.iter();
        let own = own.filter(|it| it.from == *agent && it.kind == kind && it.is_active);
        gathered::<BTreeSet<_>, _>(own.map(|it| &it.to))
    };
    let head = chart.agent(agent).and_then(|it| it.reports_to.as_ref());
    let heads = head.into_iter();
    let heads = gathered(heads.chain(related(RelationshipKind::ReportsTo)));
    let handed = match may_delegate(agent, chart) {
        true => delegates(agent, chart),
        false => BTreeSet::new(),
    };
    let lines = [
        ("You report to", heads),
        (
            "When you are stuck, turn to",
            related(RelationshipKind::EscalatesTo),
        ),
        ("You may ask", related(RelationshipKind::ConsultsWith)),
        ("You may hand work on to", handed),
    ];
    let told = lines.into_iter().filter(|(_, names)| !names.is_empty());
    told.map(|(what, names)| format!("\n{what} {}.", listed(names)))
        .collect()
}

fn listed(names: BTreeSet<&AgentId>) -> String {
    let names: Vec<&str> = names.into_iter().map(AgentId::as_str).collect();
    names.join(", ")
}
