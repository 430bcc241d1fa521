//! Whoever asked for it is told once how a task ended.
//!
//! What a hold without an executor does to the tasks themselves is in `hold`.

use aof_host::contract::hooks::{Failure, FailureClass, Settlement};
use aof_host::contract::types::{Caller, NotifyEffect};
use serde_json::{Value, json};

use super::{ONE, one};
use crate::stage::{CardText, Stage, agent, human, runner};

const NONE: &str = "no executor is configured";
const PAUSE_MS: u64 = 30_000;

/// How a task comes to its end.
type End = fn(&mut Stage);

/// Asks that an agent be told, and returns the name of the subscription.
fn subscribe(stage: &mut Stage, task: &str, subscriber: &str) -> String {
    let arguments = json!({"taskId": task, "subscriberId": subscriber});
    let answer = stage.ann("aof_task_subscribe", arguments);
    let id = answer["task"]["subscriptionId"].as_str();
    id.expect("a name").to_owned()
}

fn done() -> Settlement {
    Settlement::Done("{}".to_owned())
}

fn failed() -> Settlement {
    Settlement::Failed(Failure {
        class: FailureClass::Transient,
        message: "nobody listens".to_owned(),
    })
}

fn complete(stage: &mut Stage) {
    let arguments = json!({"taskId": ONE, "summary": "It rhymes."});
    stage.ann("aof_task_complete", arguments);
}

/// What the last call told a subscriber.
fn told(stage: &Stage) -> Vec<NotifyEffect> {
    let mut notices = stage.notices();
    notices.retain(|notice| notice.key.starts_with("subscription:"));
    notices
}

fn only(stage: &Stage) -> NotifyEffect {
    let mut told = told(stage);
    assert_eq!(told.len(), 1, "{told:?}");
    told.remove(0)
}

/// `subscriber`, `status` and `attempts` of each subscription on the card.
fn kept(stage: &mut Stage) -> Vec<Value> {
    let task = stage.task(ONE);
    let list = task["metadata"]["subscriptions"].as_array().cloned();
    let of = |it: &Value| json!([it["subscriber"], it["status"], it["attempts"]]);
    list.unwrap_or_default().iter().map(of).collect()
}

fn kinds(stage: &Stage) -> Vec<String> {
    let mut kinds = stage.logged(Some(ONE));
    kinds.retain(|kind| kind.starts_with("subscription."));
    kinds
}

/// S13.
#[test]
fn a_subscription_made_while_nothing_can_start_is_delivered_exactly_once() {
    let mut stage = one();
    stage.executor(Some(NONE));
    let id = subscribe(&mut stage, ONE, "judge");
    for _ in 0..5 {
        stage.later(30_000).poll();
        assert!(stage.spawns().is_empty() && told(&stage).is_empty());
    }
    stage.executor(None);
    let spawn = stage.spawned();
    stage.started(&spawn);
    let arguments = json!({"taskId": ONE, "summary": "It rhymes."});
    let run = runner(&spawn);
    stage.tool(&run, "aof_task_complete", arguments).unwrap();
    let first = only(&stage);
    assert_eq!(
        (first.audience.as_str(), first.task.as_deref()),
        ("judge", Some(ONE))
    );
    let expected = format!(
        "{ONE} (Title of {ONE}) is done: It rhymes.\n\nYou asked to be told. It has ended as \
         `done`: do not do it again, and do not complete it. Read it with aof_task_get."
    );
    assert_eq!(first.message, expected);
    stage.settle(&first.key, failed());
    assert_eq!(kept(&mut stage), [json!(["judge", "active", 1])]);
    stage.later(PAUSE_MS - 1).poll();
    assert!(told(&stage).is_empty(), "not before its time");
    assert_eq!(
        stage.next_due(),
        Some(stage.now_ms + 1),
        "the host is woken"
    );
    stage.later(1).poll();
    let second = only(&stage);
    assert_ne!(second.key, first.key);
    assert_eq!(second.message, first.message);
    stage.poll();
    assert!(told(&stage).is_empty(), "handed out once");
    stage.settle(&second.key, done());
    assert_eq!(kept(&mut stage), [json!(["judge", "delivered", 2])]);
    for _ in 0..3 {
        stage.later(PAUSE_MS).poll();
        assert!(told(&stage).is_empty());
        stage.kill_and_reopen();
        assert!(told(&stage).is_empty());
    }
    stage.poll();
    assert_eq!(stage.next_due(), None);
    assert_eq!(
        kinds(&stage),
        [
            "subscription.created",
            "subscription.delivery_attempted",
            "subscription.delivery_attempted",
            "subscription.delivered"
        ]
    );
    assert_eq!(
        stage.payloads("subscription.delivered"),
        [json!({
            "subscriptionId": id, "subscriber": "judge", "attempts": 2, "success": true,
            "error": null,
        })]
    );
}

#[test]
fn after_three_tries_nobody_is_told_any_more() {
    let mut stage = one();
    subscribe(&mut stage, ONE, "judge");
    complete(&mut stage);
    for attempts in 1..=3 {
        let notice = only(&stage);
        stage.settle(&notice.key, failed());
        let status = if attempts == 3 { "failed" } else { "active" };
        assert_eq!(kept(&mut stage), [json!(["judge", status, attempts])]);
        // Reported once more, as the host did not hear the answer.
        stage.settle(&notice.key, failed());
        assert_eq!(kept(&mut stage), [json!(["judge", status, attempts])]);
        stage.later(PAUSE_MS).poll();
    }
    assert!(told(&stage).is_empty(), "no fourth one");
    let given_up = stage.payloads("subscription.delivery_failed");
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0]["attempts"], 3);
    assert_eq!(given_up[0]["error"], "nobody listens");
    assert_eq!(stage.payloads("subscription.delivery_attempted").len(), 3);
    stage.kill_and_reopen();
    stage.later(PAUSE_MS).poll();
    assert!(told(&stage).is_empty());
}

#[test]
fn a_crash_before_the_settlement_repeats_the_same_effect_and_none_after_it() {
    let mut stage = one();
    subscribe(&mut stage, ONE, "judge");
    complete(&mut stage);
    let first = only(&stage);
    for _ in 0..2 {
        stage.kill_and_reopen();
        assert_eq!(only(&stage).key, first.key, "the very same effect");
        stage.poll();
        assert!(told(&stage).is_empty(), "and no other beside it");
    }
    stage.settle(&first.key, failed());
    stage.later(PAUSE_MS / 2).kill_and_reopen();
    assert!(told(&stage).is_empty(), "a restart shortens no pause");
    stage.later(PAUSE_MS / 2).poll();
    let second = only(&stage);
    stage.kill_and_reopen();
    assert_eq!(only(&stage).key, second.key);
    stage.settle(&second.key, done());
    stage.kill_and_reopen();
    assert!(told(&stage).is_empty());
    assert_eq!(kept(&mut stage), [json!(["judge", "delivered", 2])]);
}

#[test]
fn a_crash_anywhere_in_a_commit_leaves_the_end_and_its_telling_or_neither() {
    let before = || {
        let mut stage = one();
        subscribe(&mut stage, ONE, "judge");
        stage
    };
    let ops = {
        let mut stage = before();
        complete(&mut stage);
        stage.sabotage.last_batch().len()
    };
    for cut in 0..ops {
        let mut stage = before();
        stage.sabotage.cut_after(cut);
        let arguments = json!({"taskId": ONE});
        let died = stage.tool(&human("ann"), "aof_task_complete", arguments);
        assert_eq!(died.unwrap_err().code, "AOF-4007");
        stage.kill_and_reopen();
        let is_done = stage.status(ONE) == "done";
        assert_eq!(told(&stage).len(), usize::from(is_done), "cut after {cut}");
        if !is_done {
            complete(&mut stage);
        }
        let notice = only(&stage);
        stage.sabotage.cut_after(cut % 3);
        let ctx = stage.ctx(aof_host::contract::types::Caller::Host);
        let settled = stage.instance().effect_settled(&ctx, &notice.key, &done());
        assert!(settled.is_err(), "the machine dies again");
        stage.kill_and_reopen();
        for again in told(&stage) {
            assert_eq!(again.key, notice.key);
            stage.settle(&again.key, done());
        }
        assert_eq!(kept(&mut stage), [json!(["judge", "delivered", 1])]);
        assert_eq!(stage.payloads("subscription.delivered").len(), 1);
    }
}

#[test]
fn however_a_task_ends_its_subscribers_are_told() {
    let ends: [(&str, &str, End); 6] = [
        ("done", "is done.", |stage| {
            stage.ann("aof_task_complete", json!({"taskId": ONE}));
        }),
        ("cancelled", "was cancelled: no need", |stage| {
            let arguments = json!({"taskId": ONE, "reason": "no need"});
            stage.ann("aof_task_cancel", arguments);
        }),
        ("deadletter", "was given up: ", |stage| {
            let spawn = stage.spawned();
            stage.failed(&spawn, FailureClass::Permanent, "no such program");
        }),
        ("cancelled", "was cancelled.", |stage| {
            let from = stage.card_path(ONE);
            stage.move_by_hand(&from, &from.replace("ready", "cancelled"));
            stage.poll();
        }),
        ("deadletter", "was given up", |stage| {
            let from = stage.card_path(ONE);
            stage.move_by_hand(&from, &from.replace("ready", "deadletter"));
            stage.kill_and_reopen().poll();
        }),
        ("done", "is done.", |stage| {
            // Moved, and edited at the same time: nothing is left to adopt.
            let from = stage.card_path(ONE);
            let text = stage.file(&from).unwrap();
            stage.disk.remove_by_hand(&from).unwrap();
            let text = text.replace("status: ready", "status: done");
            stage.put_by_hand(&from.replace("/ready/", "/done/"), &text);
            stage.poll();
        }),
    ];
    for (place, (status, said, end)) in ends.into_iter().enumerate() {
        let mut stage = one();
        subscribe(&mut stage, ONE, "judge");
        subscribe(&mut stage, ONE, "reader");
        end(&mut stage);
        let notices = told(&stage);
        let whom: Vec<&str> = notices.iter().map(|it| it.audience.as_str()).collect();
        assert_eq!(whom, ["judge", "reader"], "{place}");
        for notice in &notices {
            assert!(notice.message.contains(said), "{place}: {}", notice.message);
            stage.settle(&notice.key, done());
        }
        assert_eq!(stage.status(ONE), status, "{place}");
        stage.poll();
        assert!(told(&stage).is_empty(), "{place}");
        stage.kill_and_reopen().poll();
        assert!(told(&stage).is_empty(), "{place}");
        assert_eq!(
            kept(&mut stage),
            [
                json!(["judge", "delivered", 1]),
                json!(["reader", "delivered", 1])
            ],
            "{place}"
        );
    }
}

#[test]
fn a_dead_letter_that_is_brought_back_is_told_of_when_it_ends_again() {
    let card = CardText::new(ONE, "ready").agent("writer");
    let mut stage = Stage::with(&card.fixture());
    subscribe(&mut stage, ONE, "judge");
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Permanent, "no such program");
    let notice = only(&stage);
    stage.ann("aof_task_resurrect", json!({"taskId": ONE}));
    stage.kill_and_reopen();
    assert!(told(&stage).is_empty(), "it is no end any more");
    stage.settle(&notice.key, done());
    assert_eq!(kept(&mut stage), [json!(["judge", "active", 0])]);
    complete(&mut stage);
    assert!(only(&stage).message.contains("is done"));
}

/// A task that `maker` makes, and of which it wants to be told.
fn ordered(stage: &mut Stage, maker: &Caller) -> (String, Value) {
    let arguments = json!({
        "title": "A verse", "brief": "Four lines.", "agent": "judge", "subscribe": "completion",
    });
    let made = stage.tool(maker, "aof_dispatch", arguments).unwrap();
    let id = made["task"]["taskId"].as_str().unwrap().to_owned();
    (id, made["task"].clone())
}

#[test]
fn whoever_makes_a_task_is_told_of_its_end_if_it_says_so_at_once() {
    let mut stage = one();
    let (id, made) = ordered(&mut stage, &agent("writer"));
    assert_eq!(
        stage.logged(Some(&id)),
        ["task.created", "subscription.created"]
    );
    let card = stage.task(&id);
    let kept = &card["metadata"]["subscriptions"][0];
    assert_eq!(kept["subscriber"], "writer");
    assert_eq!(kept["id"], made["subscriptionId"], "it can be taken back");
    assert_eq!(card["revision"], 1, "in the commit that makes the task");
    stage.kill_and_reopen();
    stage.ann("aof_task_complete", json!({"taskId": id, "summary": "s"}));
    let notice = only(&stage);
    assert_eq!(
        (notice.audience.as_str(), notice.task.as_deref()),
        ("writer", Some(id.as_str()))
    );
}

#[test]
fn a_task_and_the_subscription_of_its_maker_are_made_both_or_neither() {
    let mut stage = one();
    let made = |stage: &mut Stage| {
        let tasks = stage.report()["tasks"].as_array().cloned();
        tasks.unwrap_or_default().len()
    };
    let before = made(&mut stage);
    for cut in 0..12 {
        let key = format!("key-{cut}");
        let arguments = json!({
            "title": "t", "brief": "b", "agent": "judge", "subscribe": "completion",
            "idempotencyKey": key,
        });
        stage.sabotage.cut_after(cut);
        let first = stage.tool(&agent("writer"), "aof_dispatch", arguments.clone());
        stage.kill_and_reopen();
        let again = stage.tool(&agent("writer"), "aof_dispatch", arguments);
        let id = again.unwrap()["task"]["taskId"]
            .as_str()
            .unwrap()
            .to_owned();
        let kept = stage.task(&id)["metadata"]["subscriptions"].clone();
        assert_eq!(kept.as_array().map(Vec::len), Some(1), "{cut}: {first:?}");
    }
    assert_eq!(made(&mut stage), before + 12, "each once");
}

#[test]
fn only_an_agent_of_the_chart_is_told_of_what_it_makes() {
    let mut stage = one();
    let arguments = |granularity: &str| {
        let brief = "Four lines.";
        json!({"title": "t", "brief": brief, "agent": "judge", "subscribe": granularity})
    };
    for (caller, granularity, hint) in [
        (
            human("ann"),
            "completion",
            "leave `subscribe` out, and name an agent with aof_task_subscribe",
        ),
        (agent("writer"), "all", "use completion, or leave it out"),
        (agent("writer"), "", "use completion, or leave it out"),
    ] {
        let before = stage.tree();
        let (code, at, told) = stage.refused(&caller, ("aof_dispatch", arguments(granularity)));
        assert_eq!(
            (code.as_str(), at.as_deref(), told.as_str()),
            ("AOF-1004", Some("subscribe"), hint)
        );
        assert_eq!(stage.tree(), before, "no task either");
    }
}

#[test]
fn asking_again_changes_nothing() {
    let mut stage = one();
    let id = subscribe(&mut stage, ONE, "judge");
    assert_eq!(subscribe(&mut stage, ONE, "judge"), id);
    assert_ne!(subscribe(&mut stage, ONE, "reader"), id);
    assert_eq!(kept(&mut stage).len(), 2);
    assert_eq!(stage.payloads("subscription.created").len(), 2);
}

#[test]
fn only_an_agent_of_the_chart_subscribes_and_only_to_the_end() {
    let mut stage = one();
    for (arguments, at, hint) in [
        (
            json!({"taskId": ONE, "subscriberId": "juge"}),
            "subscriberId",
            "did you mean `judge`?",
        ),
        (
            json!({"taskId": ONE, "subscriberId": "nobody-at-all"}),
            "subscriberId",
            "`aof_org_show` shows the agents",
        ),
        (
            json!({"taskId": ONE, "subscriberId": "judge", "granularity": "all"}),
            "granularity",
            "use completion, or leave it out",
        ),
    ] {
        let (code, place, told) = stage.refused(&human("ann"), ("aof_task_subscribe", arguments));
        assert_eq!(
            (code.as_str(), place.as_deref(), told.as_str()),
            ("AOF-1004", Some(at), hint)
        );
    }
    complete(&mut stage);
    let late = json!({"taskId": ONE, "subscriberId": "judge"});
    let (code, ..) = stage.refused(&human("ann"), ("aof_task_subscribe", late));
    assert_eq!(code, "AOF-2002");
}

#[test]
fn nobody_is_told_by_a_subscription_that_was_taken_back() {
    let mut stage = one();
    let id = subscribe(&mut stage, ONE, "judge");
    let arguments = json!({"taskId": ONE, "subscriptionId": id});
    for _ in 0..2 {
        let answer = stage.ann("aof_task_unsubscribe", arguments.clone());
        assert_eq!(answer["task"]["subscriptionId"], id.as_str());
    }
    assert_eq!(kept(&mut stage), [json!(["judge", "cancelled", 0])]);
    assert_eq!(stage.payloads("subscription.cancelled").len(), 1);
    let again = subscribe(&mut stage, ONE, "judge");
    assert_ne!(again, id, "another one");
    let unknown = json!({"taskId": ONE, "subscriptionId": "01ARZ3NDEKTSV4RRFFQ69G5FAV"});
    let call = ("aof_task_unsubscribe", unknown);
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1004", Some("subscriptionId"))
    );
    stage.ann(
        "aof_task_unsubscribe",
        json!({"taskId": ONE, "subscriptionId": again}),
    );
    complete(&mut stage);
    assert!(told(&stage).is_empty());
}

#[test]
fn a_delivery_under_way_for_a_dead_letter_is_taken_back_with_its_subscription() {
    let mut stage = one();
    let id = subscribe(&mut stage, ONE, "judge");
    let spawn = stage.spawned();
    stage.failed(&spawn, FailureClass::Permanent, "no such program");
    stage.settle(&only(&stage).key, failed());
    stage.ann(
        "aof_task_unsubscribe",
        json!({"taskId": ONE, "subscriptionId": id}),
    );
    stage.later(PAUSE_MS).poll();
    assert!(told(&stage).is_empty());
    stage.kill_and_reopen();
    assert!(told(&stage).is_empty());
}

#[test]
fn a_task_has_16_subscriptions_and_one_that_is_over_makes_room() {
    let agents: String = (1..=18)
        .map(|number| format!("  - {{id: a{number}, name: A}}\n"))
        .collect();
    let card = CardText::new(ONE, "ready").agent("a1").fixture();
    let chart = format!("//- org/org-chart.yaml\nschemaVersion: 1\nagents:\n{agents}");
    let mut stage = Stage::with(&(chart + &card));
    let ids: Vec<String> = (1..=16)
        .map(|number| subscribe(&mut stage, ONE, &format!("a{number}")))
        .collect();
    let beyond = json!({"taskId": ONE, "subscriberId": "a17"});
    let call = ("aof_task_subscribe", beyond);
    let (code, at, _) = stage.refused(&human("ann"), call);
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1009", Some("subscriberId"))
    );
    assert_eq!(subscribe(&mut stage, ONE, "a16"), ids[15], "it has one");
    stage.ann(
        "aof_task_unsubscribe",
        json!({"taskId": ONE, "subscriptionId": ids[3]}),
    );
    subscribe(&mut stage, ONE, "a17");
    assert_eq!(kept(&mut stage).len(), 16);
    complete(&mut stage);
    assert_eq!(told(&stage).len(), 16);
}

#[test]
fn entries_that_make_no_sense_are_nobodys_and_stay() {
    let entries = "[5, {id: x, subscriber: judge, status: active}, \
                   {id: 01ARZ3NDEKTSV4RRFFQ69G5FAV, subscriber: 'no agent', status: active}, \
                   {id: 01ARZ3NDEKTSV4RRFFQ69G5FAW, subscriber: judge, status: active, \
                   attempts: 9}]";
    let card = CardText::new(ONE, "ready").agent("writer");
    let card = card.line(&format!("metadata: {{subscriptions: {entries}}}"));
    let mut stage = Stage::with(&card.fixture());
    let before = stage.task(ONE)["metadata"]["subscriptions"].clone();
    complete(&mut stage);
    assert!(told(&stage).is_empty());
    assert_eq!(stage.task(ONE)["metadata"]["subscriptions"], before);
    let card = CardText::new(ONE, "ready").agent("writer");
    let mut stage = Stage::with(&card.line("metadata: {subscriptions: none}").fixture());
    let call = json!({"taskId": ONE, "subscriberId": "judge"});
    let (code, at, _) = stage.refused(&human("ann"), ("aof_task_subscribe", call));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1004", Some("metadata.subscriptions"))
    );
    complete(&mut stage);
    assert!(told(&stage).is_empty());
    assert_eq!(stage.task(ONE)["metadata"]["subscriptions"], "none");
}

/// As a person may write them.
fn with_entries(entries: &[(&str, &str)]) -> Stage {
    let entries: Vec<String> = entries
        .iter()
        .map(|(id, status)| format!("{{id: {id}, subscriber: judge, status: {status}}}"))
        .collect();
    let entries = format!("metadata: {{subscriptions: [{}]}}", entries.join(", "));
    let card = CardText::new(ONE, "ready").agent("writer");
    Stage::with(&card.line(&entries).fixture())
}

#[test]
fn however_many_entries_are_over_a_new_one_is_heard() {
    let over = [("01ARZ3NDEKTSV4RRFFQ69G5FAV", "delivered"); 20];
    let mut stage = with_entries(&over);
    subscribe(&mut stage, ONE, "judge");
    assert_eq!(kept(&mut stage).len(), 16);
    complete(&mut stage);
    stage.settle(&only(&stage).key, done());
    assert_eq!(
        kept(&mut stage).pop(),
        Some(json!(["judge", "delivered", 1]))
    );
}

#[test]
fn of_two_entries_with_one_id_the_active_one_is_told() {
    let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let mut stage = with_entries(&[(id, "cancelled"), (id, "active")]);
    complete(&mut stage);
    stage.settle(&only(&stage).key, done());
    assert_eq!(
        kept(&mut stage),
        [
            json!(["judge", "cancelled", null]),
            json!(["judge", "delivered", 1])
        ]
    );
    stage.kill_and_reopen();
    assert!(told(&stage).is_empty());
}

#[test]
fn a_clock_that_is_set_back_does_not_put_the_next_try_off() {
    let mut stage = one();
    subscribe(&mut stage, ONE, "judge");
    complete(&mut stage);
    stage.settle(&only(&stage).key, failed());
    stage.now_ms -= 3_600_000;
    stage.poll();
    assert!(told(&stage).is_empty());
    stage.later(30_000).poll();
    only(&stage);
}

#[test]
fn a_long_summary_is_told_up_to_500_characters() {
    let mut stage = one();
    subscribe(&mut stage, ONE, "judge");
    let summary = "ä".repeat(501);
    let arguments = json!({"taskId": ONE, "summary": summary});
    stage.ann("aof_task_complete", arguments);
    let said = only(&stage).message.matches('ä').count();
    assert_eq!(said, 500);
}

#[test]
fn nobody_puts_subscriptions_into_the_metadata_of_a_task() {
    let mut stage = one();
    let arguments = json!({"taskId": ONE, "metadata": {"subscriptions": []}});
    let (code, at, _) = stage.refused(&human("ann"), ("aof_task_edit", arguments));
    assert_eq!(
        (code.as_str(), at.as_deref()),
        ("AOF-1004", Some("metadata.subscriptions"))
    );
}

#[test]
fn where_nobody_subscribed_nothing_is_told_or_kept() {
    let mut stage = one();
    complete(&mut stage);
    assert!(stage.notices().is_empty());
    assert!(stage.task(ONE)["metadata"]["subscriptions"].is_null());
    stage.poll();
    assert_eq!(stage.next_due(), None);
}
