//! Tasks that wait for others: promotion, cascade, cycles, dead ends, parts of a whole.

use serde_json::{Value, json};

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage, actions, human, runner};

const FOUR: &str = "TASK-2026-02-17-004";

fn card(id: &str, status: &str, agent: &str, depends_on: &[&str]) -> CardText {
    let card = CardText::new(id, status).agent(agent);
    if depends_on.is_empty() {
        card
    } else {
        card.line(&format!("dependsOn: [{}]", depends_on.join(", ")))
    }
}

fn with(cards: &[CardText]) -> Stage {
    let files: Vec<String> = cards.iter().map(CardText::fixture).collect();
    Stage::with(&files.concat())
}

fn done(stage: &mut Stage, id: &str) {
    stage.ann("aof_task_complete", json!({"taskId": id}));
}

fn statuses(stage: &mut Stage, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| stage.status(id)).collect()
}

fn promotions(stage: &Stage, id: &str) -> usize {
    let moves = stage.logged(Some(id)).into_iter();
    moves
        .filter(|kind| kind == "task.transitioned ready")
        .count()
}

/// S04.
#[test]
fn a_chain_is_promoted_link_by_link_without_waiting_for_a_poll() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
        card(THREE, "backlog", "judge", &[TWO]),
    ]);
    stage.poll();
    assert_eq!(stage.status(TWO), "backlog");
    let commits = stage.sabotage.commits();
    done(&mut stage, ONE);
    assert_eq!(stage.sabotage.commits(), commits + 1, "one commit for both");
    assert_eq!(statuses(&mut stage, &[TWO, THREE]), ["ready", "backlog"]);
    assert_eq!(
        stage.payloads("dependency.cascaded"),
        [json!({
            "trigger": ONE, "action": "promote", "count": 1, "promoted": [TWO], "skipped": [],
        })]
    );
    done(&mut stage, TWO);
    assert_eq!(stage.status(THREE), "ready");
    assert_eq!(stage.payloads("dependency.cascaded").len(), 2);
}

/// S05.
#[test]
fn a_join_waits_for_all_and_is_promoted_once() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "ready", "reader", &[]),
        card(THREE, "backlog", "judge", &[ONE, TWO]),
    ]);
    done(&mut stage, ONE);
    assert_eq!(stage.status(THREE), "backlog");
    assert!(stage.payloads("dependency.cascaded").is_empty());
    stage.poll();
    assert_eq!(stage.status(THREE), "backlog");
    done(&mut stage, TWO);
    for _ in 0..3 {
        stage.poll();
    }
    assert_eq!(promotions(&stage, THREE), 1);
}

#[test]
fn whoever_stays_is_named_beside_those_who_go() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
        card(THREE, "backlog", "judge", &[ONE, FOUR]),
        card(FOUR, "ready", "printer", &[]),
    ]);
    done(&mut stage, ONE);
    let told = stage.payloads("dependency.cascaded");
    assert_eq!(
        (&told[0]["promoted"], &told[0]["skipped"]),
        (&json!([TWO]), &json!([THREE]))
    );
}

#[test]
fn every_way_to_done_takes_the_dependents_along() {
    type Way = fn(&mut Stage);
    let ways: [(&str, Way); 4] = [
        ("by a person", |stage| done(stage, ONE)),
        ("by its run", |stage| {
            let spawn = stage.spawned();
            let caller = runner(&spawn);
            let answer = stage.tool(&caller, "aof_task_complete", json!({"taskId": ONE}));
            answer.unwrap();
        }),
        ("out of review", |stage| {
            let spawn = stage.spawned();
            let to = |status: &str| json!({"taskId": ONE, "status": status});
            stage
                .tool(&runner(&spawn), "aof_task_update", to("review"))
                .unwrap();
            stage.ann("aof_task_update", to("done"));
        }),
        ("by hand", |stage| {
            let spawn = stage.spawned();
            let review = json!({"taskId": ONE, "status": "review"});
            stage
                .tool(&runner(&spawn), "aof_task_update", review)
                .unwrap();
            let path = |status: &str| format!("projects/alpha/tasks/{status}/{ONE}.md");
            stage.move_by_hand(&path("review"), &path("done")).poll();
        }),
    ];
    for (name, way) in ways {
        let mut stage = with(&[
            card(ONE, "ready", "writer", &[]),
            card(TWO, "backlog", "sleeper", &[ONE]),
        ]);
        way(&mut stage);
        assert_eq!(
            statuses(&mut stage, &[ONE, TWO]),
            ["done", "ready"],
            "{name}"
        );
        assert_eq!(stage.payloads("dependency.cascaded").len(), 1, "{name}");
        assert_eq!(promotions(&stage, TWO), 1, "{name}");
    }
}

#[test]
fn two_that_are_moved_to_done_at_once_promote_what_waits_for_both_once() {
    let mut stage = with(&[
        card(ONE, "review", "writer", &[]),
        card(TWO, "review", "reader", &[]),
        card(THREE, "backlog", "judge", &[ONE, TWO]),
    ]);
    for id in [ONE, TWO] {
        let path = |status: &str| format!("projects/alpha/tasks/{status}/{id}.md");
        stage.move_by_hand(&path("review"), &path("done"));
    }
    stage.poll();
    stage.poll();
    assert_eq!(promotions(&stage, THREE), 1);
    assert_eq!(statuses(&mut stage, &[ONE, TWO]), ["done", "done"]);
}

#[test]
fn a_neighbour_in_trouble_does_not_keep_a_task_from_being_done() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
    ]);
    let in_the_way = format!("projects/alpha/tasks/ready/{TWO}.md");
    stage.put_by_hand(&format!("{in_the_way}/x"), "x");
    done(&mut stage, ONE);
    assert_eq!(stage.status(ONE), "done");
    stage.disk.remove_by_hand(&in_the_way).unwrap();
    stage.later(10_000).poll();
    stage.later(10_000).poll();
    assert_ne!(stage.status(TWO), "backlog");
}

#[test]
fn a_hundred_dependents_move_in_the_commit_and_the_rest_in_the_next_poll() {
    let id = |number: usize| format!("TASK-2026-02-18-{number:03}");
    for (count, at_once) in [(100, 100), (101, 100)] {
        let mut cards = vec![card(ONE, "ready", "sleeper", &[])];
        cards.extend((0..count).map(|number| card(&id(number), "backlog", "sleeper", &[ONE])));
        let mut stage = with(&cards);
        done(&mut stage, ONE);
        assert_eq!(stage.payloads("dependency.cascaded")[0]["count"], at_once);
        assert_eq!(stage.report()["byStatus"]["ready"], at_once);
        stage.poll();
        assert_eq!(stage.report()["byStatus"]["ready"], count);
    }
}

#[test]
fn large_dependents_follow_in_the_next_poll() {
    let id = |number: usize| format!("TASK-2026-02-18-{number:03}");
    let mut cards = vec![card(ONE, "ready", "sleeper", &[]).fixture()];
    for number in 0..9 {
        let text = card(&id(number), "backlog", "sleeper", &[ONE]);
        cards.push(text.fixture() + &"x".repeat(500_000) + "\n");
    }
    let mut stage = Stage::with(&cards.concat());
    done(&mut stage, ONE);
    let at_once = stage.report()["byStatus"]["ready"].as_u64().unwrap();
    assert_eq!(at_once, 8, "four mebibytes hold eight of half a megabyte");
    stage.poll();
    assert_eq!(stage.report()["byStatus"]["ready"], 9);
}

/// S06.
#[test]
fn a_cycle_is_refused_by_the_tools() {
    let mut stage = with(&[
        card(ONE, "backlog", "writer", &[TWO]),
        card(TWO, "backlog", "reader", &[THREE]),
        card(THREE, "ready", "judge", &[]),
    ]);
    let add = |task: &str, blocker: &str| {
        let arguments = json!({"taskId": task, "blockerId": blocker});
        ("aof_task_dep_add", arguments)
    };
    for (task, blocker, circle) in [
        (
            THREE,
            ONE,
            format!("cycle: {ONE} → {TWO} → {THREE} → {ONE}"),
        ),
        (ONE, ONE, format!("cycle: {ONE} → {ONE}")),
    ] {
        let error = stage.tool(&human("ann"), add(task, blocker).0, add(task, blocker).1);
        let message = error.unwrap_err().message;
        let (code, place, _) = stage.refused(&human("ann"), add(task, blocker));
        assert_eq!(
            (code.as_str(), place.as_deref()),
            ("AOF-2023", Some("blockerId"))
        );
        for id in circle.trim_start_matches("cycle: ").split(" → ") {
            assert!(message.contains(id), "{message}");
        }
        assert!(message.contains("cycle: "), "{message}");
    }
    let whole = json!({
        "title": "t", "brief": "b", "agent": "writer", "parentId": THREE, "dependsOn": [ONE],
    });
    let (code, place, _) = stage.refused(&human("ann"), ("aof_dispatch", whole));
    assert_eq!(
        (code.as_str(), place.as_deref()),
        ("AOF-2023", Some("dependsOn"))
    );
    stage.ann(
        "aof_task_dep_add",
        json!({"taskId": ONE, "blockerId": THREE}),
    );
    assert_eq!(stage.task(ONE)["dependsOn"], json!([TWO, THREE]));
}

/// S06.
#[test]
fn a_cycle_that_was_written_by_hand_is_blocked_and_the_others_go_on() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[TWO]),
        card(TWO, "backlog", "reader", &[ONE]),
        card(THREE, "ready", "judge", &[]),
        card(FOUR, "ready", "printer", &[FOUR]),
    ]);
    stage.poll();
    assert_eq!(stage.spawns()[0].task, THREE);
    assert_eq!(
        statuses(&mut stage, &[ONE, TWO, FOUR]),
        ["blocked", "blocked", "blocked"]
    );
    let reason = format!("cycle: {ONE} → {TWO} → {ONE}");
    for id in [ONE, TWO] {
        assert_eq!(stage.task(id)["reason"], reason.as_str());
    }
    assert_eq!(
        stage.task(FOUR)["reason"],
        format!("cycle: {FOUR} → {FOUR}").as_str()
    );
    stage.poll();
    assert!(stage.notices().is_empty(), "told once");
    // A person mends it: the one that waits for nothing goes first, the other follows.
    let remove = json!({"taskId": TWO, "blockerId": ONE});
    stage.ann("aof_task_dep_remove", remove);
    stage.poll();
    assert_eq!(statuses(&mut stage, &[ONE, TWO]), ["blocked", "ready"]);
    done(&mut stage, TWO);
    assert_eq!(stage.status(ONE), "ready");
}

#[test]
fn a_dependency_that_can_not_be_met_blocks_with_one_alert() {
    type End = fn(&mut Stage);
    let ends: [(&str, End); 3] = [
        ("cancelled", |stage| {
            stage.ann("aof_task_cancel", json!({"taskId": ONE}));
        }),
        ("deadletter", |stage| {
            let path = |status: &str| format!("projects/alpha/tasks/{status}/{ONE}.md");
            stage.move_by_hand(&path("ready"), &path("deadletter"));
        }),
        ("not there", |stage| {
            let path = format!("projects/alpha/tasks/ready/{ONE}.md");
            stage.disk.remove_by_hand(&path).unwrap();
        }),
    ];
    for (end, act) in ends {
        let mut stage = with(&[
            card(ONE, "ready", "sleeper", &[]),
            card(TWO, "backlog", "reader", &[ONE]),
            card(THREE, "ready", "judge", &[ONE]),
            card(FOUR, "backlog", "printer", &[TWO]),
        ]);
        act(&mut stage);
        stage.poll();
        let notices = stage.notices();
        let told: Vec<&str> = notices
            .iter()
            .map(|notice| notice.message.as_str())
            .filter(|message| message.starts_with("dependency"))
            .collect();
        let reason = format!("dependency {ONE} is {end}");
        assert_eq!(
            told,
            [format!("{reason}: {TWO}, {THREE} cannot go on")],
            "{end}"
        );
        for id in [TWO, THREE] {
            let task = stage.task(id);
            assert_eq!(
                (&task["status"], &task["reason"]),
                (&json!("blocked"), &json!(reason)),
                "{end}"
            );
        }
        assert_eq!(stage.status(FOUR), "backlog", "{end}: one step only");
        let blocked = stage.payloads("dependency.cascaded");
        assert_eq!(blocked.len(), 1, "{end}");
        assert_eq!(blocked[0]["blocked"], json!([TWO, THREE]), "{end}");
        stage.kill_and_reopen();
        for _ in 0..3 {
            stage.later(3_600_000).poll();
            assert!(stage.notices().is_empty(), "{end}: told once");
        }
    }
}

#[test]
fn a_blocker_that_comes_back_and_is_done_frees_those_who_wait() {
    let mut stage = with(&[
        card(ONE, "deadletter", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
    ]);
    stage.poll();
    assert_eq!(stage.status(TWO), "blocked");
    stage.ann("aof_task_resurrect", json!({"taskId": ONE}));
    stage.poll();
    assert_eq!(stage.status(TWO), "blocked", "not before it is done");
    let reasons = stage.explain(TWO)["reasons"].to_string();
    assert!(
        reasons.contains("by itself") && reasons.contains(ONE),
        "{reasons}"
    );
    done(&mut stage, ONE);
    assert_eq!(stage.status(TWO), "ready");
    let unblocked = stage.payloads("task.unblocked");
    assert_eq!(unblocked, [json!({"by": "dependency"})]);
    assert_eq!(stage.task(TWO)["metadata"]["blockedBy"], Value::Null);
}

#[test]
fn whoever_lost_a_dependency_may_do_without_it() {
    let mut stage = with(&[
        card(ONE, "cancelled", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
    ]);
    stage.poll();
    let remove = json!({"taskId": TWO, "blockerId": ONE});
    stage.ann("aof_task_dep_remove", remove);
    stage.poll();
    assert_eq!(stage.status(TWO), "ready");
    stage.poll();
    assert_eq!(stage.spawns()[0].task, TWO);
}

#[test]
fn a_card_may_be_content_with_any_end() {
    for (policy, end, status) in [
        ("done", "aof_task_cancel", "blocked"),
        ("terminal", "aof_task_cancel", "ready"),
        ("terminal", "aof_task_complete", "ready"),
    ] {
        let mut stage = with(&[card(ONE, "ready", "sleeper", &[])]);
        let made = stage.ann(
            "aof_dispatch",
            json!({
                "title": "t", "brief": "b", "agent": "sleeper", "dependsOn": [ONE],
                "dependencyPolicy": policy,
            }),
        );
        let id = made["task"]["taskId"].as_str().unwrap().to_owned();
        stage.ann(end, json!({"taskId": ONE}));
        if status == "ready" {
            assert_eq!(
                stage.status(&id),
                status,
                "in the same commit: {policy}, {end}"
            );
        }
        stage.poll();
        assert_eq!(stage.status(&id), status, "{policy}, {end}");
    }
    let mut stage = with(&[
        card(ONE, "deadletter", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]).line("dependencyPolicy: terminal"),
    ]);
    stage.poll();
    assert_eq!(stage.status(TWO), "ready", "a dead letter is an end");
    let odd = json!({"title": "t", "brief": "b", "agent": "writer", "dependencyPolicy": "soon"});
    let (code, place, _) = stage.refused(&human("ann"), ("aof_dispatch", odd));
    assert_eq!(
        (code.as_str(), place.as_deref()),
        ("AOF-1004", Some("dependencyPolicy"))
    );
}

#[test]
fn a_whole_waits_for_its_parts() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "ready", "sleeper", &[]).line(&format!("parentId: {ONE}")),
        card(THREE, "review", "judge", &[]).line(&format!("parentId: {ONE}")),
        card(FOUR, "backlog", "writer", &[]),
    ]);
    let report = stage.poll();
    assert!(stage.spawns().iter().all(|spawn| spawn.task != ONE));
    let reason = format!("waits for its parts {TWO} (ready), {THREE} (review)");
    let waiting = report["waiting"].as_array().unwrap();
    let whole = waiting.iter().find(|entry| entry["task"] == ONE).unwrap();
    assert_eq!(whole["reason"], reason.as_str());
    done(&mut stage, THREE);
    stage.ann("aof_task_cancel", json!({"taskId": TWO}));
    done(&mut stage, FOUR);
    assert_eq!(stage.spawned().task, ONE);
}

#[test]
fn the_last_part_promotes_its_whole() {
    let mut stage = with(&[
        card(ONE, "backlog", "writer", &[]),
        card(TWO, "ready", "sleeper", &[]).line(&format!("parentId: {ONE}")),
    ]);
    stage.poll();
    assert_eq!(stage.status(ONE), "backlog");
    done(&mut stage, TWO);
    assert_eq!(stage.status(ONE), "ready");
    assert_eq!(
        stage.payloads("dependency.cascaded")[0]["promoted"],
        json!([ONE])
    );
}

#[test]
fn a_whole_that_was_given_up_is_left_alone() {
    for status in ["cancelled", "deadletter"] {
        let mut stage = with(&[
            card(ONE, status, "writer", &[]),
            card(TWO, "ready", "sleeper", &[]).line(&format!("parentId: {ONE}")),
        ]);
        let path = stage.card_path(ONE);
        let before = stage.file(&path);
        for _ in 0..5 {
            let poll = stage.later(60_000).poll();
            assert!(actions(&poll).iter().all(|(_, task)| task != ONE), "{poll}");
        }
        done(&mut stage, TWO);
        stage.poll();
        assert_eq!(stage.file(&path), before, "{status}");
    }
}

#[test]
fn a_project_waits_for_another() {
    let beta = |text: &str| {
        let card = card(TWO, "backlog", "reader", &[ONE]).text();
        format!("//- projects/beta/tasks/{text}/{TWO}.md\n{card}")
    };
    let alpha = card(ONE, "ready", "writer", &[]).fixture();
    let mut stage = Stage::with(&(alpha + &beta("backlog")));
    done(&mut stage, ONE);
    assert_eq!(
        stage.card_path(TWO),
        format!("projects/beta/tasks/ready/{TWO}.md")
    );
    assert_eq!(stage.spawned().project, "beta");
}

/// S14.
#[test]
fn what_somebody_blocked_for_a_reason_is_not_freed_by_its_dependencies() {
    let mut stage = with(&[
        card(ONE, "ready", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
    ]);
    stage.ann("aof_task_block", json!({"taskId": TWO, "reason": "no ink"}));
    done(&mut stage, ONE);
    for _ in 0..20 {
        stage.later(3_600_000).poll();
        assert!(stage.spawns().is_empty());
    }
    let task = stage.task(TWO);
    assert_eq!(
        (&task["status"], &task["reason"]),
        (&json!("blocked"), &json!("no ink"))
    );
    stage.ann("aof_task_unblock", json!({"taskId": TWO}));
    assert_eq!(stage.spawned().task, TWO);
}

#[test]
fn blocking_goes_on_to_dependents_only_where_it_is_asked_for() {
    for is_asked_for in [false, true] {
        let settings = format!("//- aof.yaml\nscheduler: {{cascadeBlocks: {is_asked_for}}}\n");
        let cards = [
            card(ONE, "ready", "sleeper", &[]),
            card(TWO, "backlog", "reader", &[ONE]),
            card(THREE, "backlog", "judge", &[TWO]),
        ];
        let files: Vec<String> = cards.iter().map(CardText::fixture).collect();
        let mut stage = Stage::with(&(settings + &files.concat()));
        stage.ann("aof_task_block", json!({"taskId": ONE, "reason": "no ink"}));
        let expected = if is_asked_for { "blocked" } else { "backlog" };
        assert_eq!(statuses(&mut stage, &[TWO, THREE]), [expected, "backlog"]);
        let told = stage.payloads("dependency.cascaded");
        assert_eq!(told.len(), usize::from(is_asked_for));
        if is_asked_for {
            let reason = format!("upstream blocked: {ONE}");
            assert_eq!(stage.task(TWO)["reason"], reason.as_str());
            assert_eq!(
                (&told[0]["action"], &told[0]["blocked"]),
                (&json!("block"), &json!([TWO]))
            );
        }
        stage.ann("aof_task_unblock", json!({"taskId": ONE}));
        done(&mut stage, ONE);
        assert_eq!(stage.status(TWO), "ready");
    }
}

#[test]
fn a_promotion_by_hand_follows_the_same_rules_unless_it_is_forced() {
    let mut stage = with(&[
        card(ONE, "ready", "sleeper", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
        CardText::new(THREE, "backlog"),
    ]);
    let promote = |id: &str| ("aof_task_promote", json!({"taskId": id}));
    for (id, why) in [
        (TWO, format!("waits for {ONE} (ready)")),
        (THREE, "names no agent, role or team".to_owned()),
        (ONE, "is ready".to_owned()),
    ] {
        let error = stage.tool(&human("ann"), promote(id).0, promote(id).1);
        let message = error.unwrap_err().message;
        assert!(message.contains(&why), "{message}");
        assert_eq!(stage.refused(&human("ann"), promote(id)).0, "AOF-2021");
    }
    stage.ann("aof_task_promote", json!({"taskId": TWO, "force": true}));
    assert_eq!(stage.spawned().task, TWO, "force is force");
    let mut stage = with(&[
        card(ONE, "cancelled", "writer", &[]),
        card(TWO, "backlog", "reader", &[ONE]),
    ]);
    stage.poll();
    stage.ann("aof_task_promote", json!({"taskId": TWO, "force": true}));
    assert_eq!(stage.spawned().task, TWO, "out of its dead end too");
}

#[test]
fn a_reason_names_ten_tasks_and_counts_the_rest() {
    for (count, more) in [(10, false), (11, true)] {
        let ids: Vec<String> = (0..count)
            .map(|number| format!("TASK-2026-02-18-{number:03}"))
            .collect();
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut cards: Vec<CardText> = names
            .iter()
            .map(|id| card(id, "review", "writer", &[]))
            .collect();
        cards.push(card(ONE, "backlog", "reader", &names));
        let mut stage = with(&cards);
        let reasons = stage.explain(ONE)["reasons"].to_string();
        assert_eq!(reasons.contains("and 1 more"), more, "{reasons}");
        assert!(reasons.contains(&ids[9]), "{reasons}");
    }
}

#[test]
fn a_hundred_dependents_of_a_lost_task_are_one_alert() {
    let id = |number: usize| format!("TASK-2026-02-18-{number:03}");
    let mut cards = vec![card(ONE, "cancelled", "writer", &[])];
    cards.extend((0..101).map(|number| card(&id(number), "backlog", "reader", &[ONE])));
    let mut stage = with(&cards);
    stage.poll();
    let notices = stage.notices();
    assert_eq!(notices.len(), 1);
    assert!(
        notices[0].message.contains("and 96 more"),
        "{}",
        notices[0].message
    );
    let told = &stage.payloads("dependency.cascaded")[0];
    assert_eq!(told["count"], 101);
    assert_eq!(
        told["blocked"].as_array().unwrap().len(),
        100,
        "so many are listed"
    );
}
