//! What the guest can do to its host: break off, and be replaced.

use aof_host::contract::hooks::{Ending, SessionEnd, SessionStart, Settlement};
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::ErrorKind;
use aof_host::contract::views::{BoardQuery, EventsQuery, OrgLook, OrgQuery};
use aof_host::instance::{CallError, Instance, Limits};

use super::stage::{CountingStore, NOW_MS, ask, config, ctx, guest, open, open_with, tight};

#[test]
fn an_endless_loop_is_stopped_at_the_deadline() {
    let (mut instance, _) = open_with(tight(), None).expect("opens");
    let stopped = ask(&mut instance, "loop").expect_err("stopped");
    assert!(matches!(
        stopped,
        CallError::TooSlow {
            export: "tools.call",
            limit_ms: 100
        }
    ));
    assert_eq!(stopped.code(), "AOF-5011");
}

#[test]
fn an_endless_loop_while_opening_is_stopped_too() {
    let stopped = open_with(tight(), Some("loop")).err().expect("stopped");
    assert!(
        matches!(
            stopped,
            CallError::TooSlow {
                export: "lifecycle.open",
                ..
            }
        ),
        "{stopped}"
    );
}

#[test]
fn memory_beyond_the_limit_is_a_code_and_no_crash() {
    let (mut instance, _) = open_with(tight(), None).expect("opens");
    let broken = ask(&mut instance, "grow").expect_err("refused");
    assert!(
        matches!(broken, CallError::OutOfMemory { limit_bytes, .. } if limit_bytes == 32 << 20)
    );
    assert_eq!(broken.code(), "AOF-5012");
    assert!(instance.memory_bytes() <= 32 << 20);
}

#[test]
fn a_guest_that_takes_no_for_an_answer_lives_on() {
    let (mut instance, _) = open_with(tight(), None).expect("opens");
    assert_eq!(ask(&mut instance, "grow-gently").expect("answer"), "true");
    assert_eq!(ask(&mut instance, "nothing").expect("answer"), "");
}

#[test]
fn a_panic_is_reported_with_its_words() {
    let broken = ask(&mut open(), "panic").expect_err("trap");
    assert!(
        matches!(
            broken,
            CallError::Trapped {
                export: "tools.call",
                ..
            }
        ),
        "{broken}"
    );
    assert!(broken.to_string().contains("the argument"), "{broken}");
    let error = broken.to_error();
    assert_eq!(
        (error.code.as_str(), error.kind),
        ("AOF-5010", ErrorKind::Broken)
    );
    assert!(!error.hint.is_empty());
}

#[test]
fn exit_and_endless_recursion_are_traps() {
    for misdeed in ["exit", "recurse"] {
        let broken = ask(&mut open(), misdeed).expect_err(misdeed);
        assert!(
            matches!(broken, CallError::Trapped { .. }),
            "{misdeed}: {broken}"
        );
    }
}

#[test]
fn after_a_trap_nothing_is_entered_until_recovery() {
    let mut instance = open();
    ask(&mut instance, "panic").expect_err("trap");
    assert!(instance.is_poisoned());
    let refused = ask(&mut instance, "nothing").expect_err("poisoned");
    assert_eq!(refused.code(), "AOF-5013");
    assert!(matches!(instance.next_due(), Err(CallError::Poisoned)));
}

#[test]
fn recovery_keeps_the_store_and_forgets_the_rest() {
    let store = CountingStore::default();
    let boxed = Box::new(store.clone());
    let first = ctx((1, 2));
    let (mut instance, opened) = Instance::open(
        guest(),
        boxed,
        Limits::default(),
        &first,
        &config(Some("{}")),
    )
    .expect("opens");
    assert_eq!(opened.epoch, 1);
    ask(&mut instance, "panic").expect_err("trap");

    let opened = instance.recover(&first).expect("recovers");

    assert_eq!((opened.epoch, store.openings()), (2, 2));
    assert_eq!(opened.settings, "{}");
    assert!(!instance.is_poisoned());
    ask(&mut instance, "nothing").expect("works again");
    ask(&mut instance, "loop-not").expect_err("unknown names are refused, not fatal");
    assert!(
        instance
            .next_due()
            .expect("counter")
            .is_some_and(|calls| calls < 5)
    );
}

#[test]
fn every_export_reaches_the_guest_and_returns() {
    let mut instance = open();
    let now = ctx((1, 2));
    let end = SessionEnd {
        ending: Ending::Exited(3),
        duration_ms: 1,
        output_tail: String::new(),
        usage: None,
    };
    let done = Settlement::Done("{}".to_owned());
    let start = SessionStart {
        run: "r".to_owned(),
        session: "s".to_owned(),
    };

    assert_eq!(instance.list_tools().expect("list").len(), 2);
    assert!(instance.resume(&now, "token", &[]).is_ok());
    let polled = instance.poll(&now, PollMode::DryRun).expect("poll");
    assert!(polled.value.starts_with(&NOW_MS.to_string()));
    assert!(instance.effect_settled(&now, "key", &done).is_ok());
    assert_eq!(
        instance
            .session_started(&now, &[start])
            .expect("started")
            .value,
        "r s"
    );
    assert_eq!(
        instance.session_heartbeat(&now, "r").expect("beat").value,
        "r"
    );
    assert!(
        instance
            .session_ended(&now, "r", &end)
            .expect("ended")
            .value
            .contains('3')
    );
    assert_eq!(
        instance
            .message_received(&now, "a", "b")
            .expect("message")
            .value,
        "a b"
    );
    assert_eq!(instance.agents_seen(&now, &[]).expect("agents").value, "0");
    let held = instance.executor_changed(&now, Some("none"));
    assert_eq!(held.expect("executor").value, "none");
    assert!(instance.store_changed(&now).is_ok());
    assert!(instance.close(&now).is_ok());
}

#[test]
fn every_view_reaches_the_guest_and_returns() {
    let mut instance = open();
    let now = ctx((1, 2));
    let board = BoardQuery {
        project: None,
        limit: 7,
    };
    assert_eq!(instance.board(&now, &board).expect("board"), "7");
    assert_eq!(instance.mailbox(&now, "a").expect("mailbox"), "a");
    assert_eq!(instance.task(&now, "t").expect("task"), "t");
    assert_eq!(instance.run(&now, "t", "r").expect("run"), "t r");
    let events = EventsQuery {
        day: None,
        task: None,
        offset: 0,
        limit: 9,
    };
    assert_eq!(instance.events(&now, &events).expect("events"), "9");
    let org = OrgQuery {
        look: OrgLook::Lint,
        text: None,
        path: None,
        edit: None,
        lenient: true,
        agents: None,
    };
    assert_eq!(instance.org(&now, &org).expect("org"), "true");
    assert_eq!(instance.metrics(&now).expect("metrics"), "");
    assert!(instance.close(&now).is_ok());
}

#[test]
fn a_refusal_passes_unchanged_and_poisons_nothing() {
    let mut instance = open();
    let refused = instance
        .explain(&ctx((1, 2)), "TASK-1")
        .expect_err("refused");
    let error = refused.to_error();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("AOF-1002", "TASK-1")
    );
    assert_eq!(refused.code(), "AOF-1002");
    assert!(!instance.is_poisoned());
}
