//! What an agent is told when its session starts, and the effect that starts it.

use aof_core::card::Card;
use aof_core::effect::{Effect, Spawn};
use aof_core::run::Run;
use aof_core::status::Status;
use aof_store::layout::ProjectRoot;

use crate::session::Session;

/// The effect that starts the session of a run.
pub(crate) fn spawn(session: &Session, root: &ProjectRoot, card: &Card, run: &Run) -> Effect {
    effect(session, root, (&card.title, card.timeout_ms()), run)
}

/// The same effect from what the index still knows, after a crash between the card and the outbox.
pub(crate) fn spawn_again(session: &Session, run: &Run) -> Option<Effect> {
    let root = session.shelf.root(&run.project)?;
    let row = session.shelf.index.row(&run.task)?;
    Some(effect(session, root, (&row.title, row.timeout_ms), run))
}

fn effect(
    session: &Session,
    root: &ProjectRoot,
    (title, timeout_ms): (&str, Option<u64>),
    run: &Run,
) -> Effect {
    let card_path = root.card(Status::InProgress, &run.task);
    let work_dir = root.work_dir(&run.task);
    let agent = session.chart.agent(&run.agent);
    Effect::Spawn(Box::new(Spawn {
        project: run.project.clone(),
        task: run.task.clone(),
        title: title.to_owned(),
        run: run.id.clone(),
        attempt: run.attempt,
        agent: run.agent.clone(),
        session_key: agent.and_then(|agent| agent.comms.session_key.clone()),
        prompt: text(run, title, &card_path, &work_dir),
        run_dir: root.run_dir(&run.task, &run.id),
        card_path,
        work_dir,
        timeout_ms: timeout_ms.unwrap_or(session.settings.scheduler.run_timeout_ms),
    }))
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
