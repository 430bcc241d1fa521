//! Reviews of a team's work as a whole: one at a time, when its chart says so.

use serde_json::{Value, json};

use crate::stage::{CHART, CardText, DAWN_MS, Stage};

fn id(number: usize) -> String {
    format!("TASK-2026-02-17-{number:03}")
}

/// Team `ink` with this occasion for a review and tasks of its own in these states.
fn team(murmur: &str, tasks: &[&str]) -> Stage {
    let team = format!("name: Ink, orchestrator: judge, murmur: {{{murmur}}}");
    let chart = CHART.replace("name: Ink", &team);
    let cards = tasks.iter().enumerate().map(|(at, status)| {
        let card = CardText::new(&id(at + 1), status);
        card.line("routing: {team: ink}").fixture()
    });
    let cards: String = cards.collect();
    Stage::with(&format!("//- org/org-chart.yaml\n{chart}{cards}"))
}

fn complete(stage: &mut Stage, number: usize) {
    stage.ann("aof_task_complete", json!({"taskId": id(number)}));
}

/// Tasks that review something, that were made so far.
fn reviews(stage: &Stage) -> Vec<Value> {
    stage.payloads("murmur.review.created")
}

/// The open task of a review.
fn open_review(stage: &mut Stage) -> Value {
    let list = stage.ann("aof_task_list", json!({"title": "Orchestration Review"}));
    let tasks = list["list"]["tasks"].as_array().unwrap().clone();
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let id = tasks[0]["id"].as_str().unwrap().to_owned();
    stage.task(&id)
}

const THREE: &str = "triggers: [{kind: completionBatch, threshold: 3}]";

/// S7.
#[test]
fn so_many_completions_by_whatever_way_make_one_review() {
    let mut stage = team(
        THREE,
        &["ready", "review", "ready", "ready", "ready", "ready"],
    );
    complete(&mut stage, 1);
    let (from, to) = (stage.card_path(&id(2)), "projects/alpha/tasks/done/");
    stage.move_by_hand(&from, &format!("{to}{}.md", id(2)));
    stage.poll();
    assert_eq!(reviews(&stage).len(), 0);
    complete(&mut stage, 3);
    let in_report = |poll: &Value| {
        let actions = poll["actions"].as_array().unwrap().iter();
        let reviews: Vec<&Value> = actions.filter(|it| it["kind"] == "review").collect();
        assert_eq!(reviews.len(), 1, "{poll}");
        reviews[0].clone()
    };
    let foreseen = in_report(&stage.dry_run());
    assert_eq!(reviews(&stage).len(), 0, "it was a dry run");
    let mut done = in_report(&stage.poll());
    done["task"].take();
    assert_eq!(foreseen, done);
    let made = reviews(&stage);
    assert_eq!(made.len(), 1);
    assert_eq!(
        made[0],
        json!({
            "team": "ink", "triggeredBy": "completionBatch", "orchestrator": "judge",
            "reason": "3 tasks were completed",
        })
    );
    let review = open_review(&mut stage);
    assert_eq!(review["title"], "Orchestration Review: Ink");
    assert_eq!(review["priority"], "high");
    assert_eq!(review["agent"], "judge");
    assert_eq!(review["metadata"]["kind"], "orchestration_review");
    assert_eq!(review["metadata"]["murmurTrigger"], "completionBatch");

    // While it is open there is no second one, but what is done counts for the next.
    for number in 4..=6 {
        complete(&mut stage, number);
    }
    stage.poll();
    assert_eq!(reviews(&stage).len(), 1);
    let review = review["id"].as_str().unwrap().to_owned();
    stage.ann("aof_task_complete", json!({"taskId": review}));
    stage.poll();
    assert_eq!(reviews(&stage).len(), 2);
    stage.poll();
    assert_eq!(
        reviews(&stage).len(),
        2,
        "the review itself counts for nothing"
    );
}

#[test]
fn counts_outlive_a_crash_and_a_loss_of_power() {
    let mut stage = team(THREE, &["ready"; 4]);
    complete(&mut stage, 1);
    stage.kill_and_reopen();
    complete(&mut stage, 2);
    stage.start_machine_anew();
    complete(&mut stage, 3);
    stage.poll();
    stage.kill_and_reopen();
    stage.poll();
    assert_eq!(reviews(&stage).len(), 1);
}

#[test]
fn dead_letters_make_a_review_of_their_own() {
    let mut stage = team(
        "triggers: [{kind: failureBatch, threshold: 2}]",
        &["blocked", "blocked", "ready"],
    );
    complete(&mut stage, 3);
    for number in 1..=2 {
        let (from, to) = (
            stage.card_path(&id(number)),
            "projects/alpha/tasks/deadletter/",
        );
        stage.move_by_hand(&from, &format!("{to}{}.md", id(number)));
        stage.poll();
    }
    let made = reviews(&stage);
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["reason"], "2 tasks failed for good");
}

#[test]
fn a_team_with_nothing_left_to_do_is_reviewed_once() {
    let mut stage = team("triggers: [{kind: queueEmpty}]", &["ready"; 2]);
    complete(&mut stage, 1);
    stage.poll();
    assert_eq!(reviews(&stage).len(), 0, "one is ready still");
    complete(&mut stage, 2);
    stage.poll();
    assert_eq!(reviews(&stage).len(), 1);
    let review = open_review(&mut stage)["id"].as_str().unwrap().to_owned();
    stage.ann("aof_task_complete", json!({"taskId": review}));
    for _ in 0..5 {
        stage.later(60_000);
        stage.poll();
    }
    assert_eq!(reviews(&stage).len(), 1, "nothing was done since");
}

#[test]
fn an_interval_runs_from_the_last_review() {
    let mut stage = team("triggers: [{kind: interval, intervalMs: 3600000}]", &[]);
    stage.poll();
    assert_eq!(reviews(&stage)[0]["reason"], "it was never reviewed");
    let review = open_review(&mut stage)["id"].as_str().unwrap().to_owned();
    stage.ann("aof_task_complete", json!({"taskId": review}));
    stage.poll();
    let due = DAWN_MS + 3_600_000;
    assert_eq!(stage.next_due(), Some(due));
    stage.now_ms = due - 1;
    stage.poll();
    assert_eq!(reviews(&stage).len(), 1);
    stage.now_ms = due;
    stage.poll();
    assert_eq!(reviews(&stage).len(), 2);
}

#[test]
fn the_reviewer_is_given_what_the_chart_says() {
    let context = format!("{THREE}, context: [vision, taskSummary]");
    let mut stage = team(&context, &["ready"; 4]);
    for number in 1..=3 {
        complete(&mut stage, number);
    }
    stage.poll();
    let review = open_review(&mut stage);
    insta::assert_snapshot!(review["body"].as_str().unwrap().trim(), @r"
    Look at the work of team `ink` as a whole: 3 tasks were completed.
    Make the tasks that are missing, change or cancel those that are wrong,
    and complete this one with a summary.

    The vision is in `docs/vision.md` of the data directory.

    Since the last review 3 tasks of the team were completed
    and 0 failed for good. Now open:

    - backlog: 0
    - ready: 1
    - in-progress: 0
    - blocked: 0
    - review: 0
    ");
}

#[test]
fn a_host_without_the_inbox_makes_no_review() {
    let mut stage = team(THREE, &["ready"; 3]);
    stage.narrow_to(&["alpha"]).kill_and_reopen();
    for number in 1..=3 {
        complete(&mut stage, number);
    }
    stage.poll();
    assert_eq!(reviews(&stage).len(), 0);
    stage.narrow_to(&["alpha", "_inbox"]).kill_and_reopen();
    stage.poll();
    assert_eq!(reviews(&stage).len(), 1);
}
