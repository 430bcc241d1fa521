//! The gateway against a component that breaks on purpose and agents that follow a script.

use std::sync::Arc;

use serde_json::json;

use super::fake::{Act, Fake, adopted, spawn};
use super::{Gateway, OpenReport};
use crate::clock::ManualClock;
use crate::contract::hooks::FailureClass;
use crate::contract::scheduler::PollMode;
use crate::contract::types::{
    Caller, CancelEffect, Effect, ErrorKind, NotifyEffect, SendEffect, Severity, SpawnEffect,
};
use crate::executor::{Adoption, Executor, KnownAgent, Script, SimulatedExecutor, Step, Unset};

fn opened(fake: &Fake, script: Script) -> (Gateway, OpenReport, ManualClock) {
    let clock = ManualClock::at(1_000);
    let executor = SimulatedExecutor::new(script, Arc::new(clock.clone()));
    let (gateway, report) = fake.gateway(executor, &clock);
    (gateway, report, clock)
}

fn start(run: &str) -> Act {
    starts(&[run])
}

fn starts(runs: &[&str]) -> Act {
    let spawns = runs.iter().map(|run| Effect::Spawn(spawn(run)));
    Act::Effects(spawns.collect())
}

fn complete() -> Script {
    Script::always(Step::Complete {
        after_ms: 500,
        summary: "ok".to_owned(),
    })
}

const STARTED: &str = "started R1 simulated-R1";

#[test]
fn a_run_goes_from_the_poll_through_its_tool_to_its_end() {
    let fake = Fake::default().will("poll", [start("R1")]);
    let (mut gateway, _, clock) = opened(&fake, complete());
    let report = gateway.poll(PollMode::Act).unwrap();
    assert_eq!((report.started, report.effects), (1, 1));
    assert_eq!(fake.log(), ["poll PollMode::Act", STARTED]);
    assert_eq!(gateway.next_wake_ms().unwrap(), Some(1_500));
    clock.advance(500);
    let pumped = gateway.pump().unwrap();
    assert_eq!((pumped.news, pumped.ended), (2, 1));
    assert_eq!(
        fake.log(),
        [
            r#"tool aof_task_complete {"summary":"ok","taskId":"T-R1"} by agent a"#,
            "ended R1 Ending::Exited(0)"
        ]
    );
    assert!(!gateway.is_busy());
}

#[test]
fn the_component_is_told_at_the_start_and_after_a_break_which_agents_there_are() {
    let fake = Fake::default();
    let clock = ManualClock::at(1_000);
    let agents = ["a", "b"].map(KnownAgent::bare).to_vec();
    let executor = Unset::because("nothing").knowing(Some(agents));
    let (mut gateway, _) = fake.gateway(executor, &clock);
    assert_eq!(fake.log(), ["agents a b"]);
    gateway.poll(PollMode::Act).unwrap();
    assert!(!fake.log().contains(&"agents a b".to_owned()), "no news");
    let fake = fake.will("poll", [Act::Trap]);
    gateway.poll(PollMode::Act).unwrap_err();
    gateway.poll(PollMode::Act).unwrap();
    let told = fake
        .log()
        .iter()
        .filter(|line| *line == "agents a b")
        .count();
    assert_eq!(told, 1, "a new component knows nothing");
}

#[test]
fn a_dry_run_executes_nothing() {
    let fake = Fake::default();
    let (mut gateway, _, _) = opened(&fake, complete());
    assert_eq!(gateway.poll(PollMode::DryRun).unwrap().effects, 0);
    assert_eq!(fake.log(), ["poll PollMode::DryRun"]);
}

#[test]
fn effects_that_this_host_lacks_are_settled_as_permanent_failures() {
    let send = SendEffect {
        key: "S".to_owned(),
        agent: "a".to_owned(),
        session_key: None,
        message: String::new(),
    };
    let notice = NotifyEffect {
        key: "N".to_owned(),
        severity: Severity::Info,
        audience: String::new(),
        channel: None,
        task: None,
        message: "hello".to_owned(),
    };
    let act = Act::Effects(vec![Effect::Send(send), Effect::Notify(notice)]);
    let fake = Fake::default().will("tool", [act]);
    let (mut gateway, _, _) = opened(&fake, complete());
    let value = gateway
        .tool(Caller::Human("ada".to_owned()), "x", "{}")
        .unwrap();
    assert_eq!(value, json!({"tool": true}));
    let log = fake.log();
    assert_eq!(log[0], "tool x {} by human");
    assert!(
        log[1].ends_with("this host has no way to send messages"),
        "{log:?}"
    );
    assert_eq!(log[2..], ["notice hello", "settled N {\"notified\":true}"]);
}

#[test]
fn a_failed_start_is_settled_with_its_class() {
    let fail = Step::FailToStart {
        class: FailureClass::Capacity,
        message: "full".to_owned(),
    };
    let fake = Fake::default().will("poll", [start("R1")]);
    let (mut gateway, _, _) = opened(&fake, Script::always(fail));
    assert_eq!(gateway.poll(PollMode::Act).unwrap().started, 0);
    assert_eq!(fake.log()[1], "settled R1 FailureClass::Capacity: full");
    assert!(!gateway.is_busy());
}

#[test]
fn the_component_is_told_once_that_nothing_can_be_started() {
    let fake = Fake::default().will("poll", [Act::Effects(Vec::new()), Act::Trap]);
    let clock = ManualClock::at(1_000);
    let (mut gateway, _) = fake.gateway(Unset::because("none"), &clock);
    fake.log();
    gateway.poll(PollMode::DryRun).unwrap();
    gateway.poll(PollMode::Act).unwrap_err();
    gateway.poll(PollMode::Act).unwrap();
    gateway.poll(PollMode::Act).unwrap();
    let log = fake.log();
    let told = log.iter().filter(|line| *line == "executor none");
    assert_eq!(told.count(), 2, "a new component is told anew: {log:?}");
    let (mut gateway, _, _) = opened(&fake, complete());
    fake.log();
    gateway.poll(PollMode::Act).unwrap();
    assert_eq!(
        fake.log(),
        ["poll PollMode::Act"],
        "whoever can start says nothing"
    );
}

#[test]
fn a_start_that_was_decided_before_is_given_back_for_want_of_an_executor() {
    let fake = Fake::default().will("poll", [start("R1")]);
    let clock = ManualClock::at(1_000);
    let (mut gateway, _) = fake.gateway(Unset::because("none"), &clock);
    gateway.poll(PollMode::Act).unwrap();
    let log = fake.log();
    assert!(
        log.contains(&"settled R1 FailureClass::Capacity: none".to_owned()),
        "{log:?}"
    );
}

#[test]
fn a_hook_may_lead_to_more_effects() {
    let cancel = CancelEffect {
        key: "C".to_owned(),
        run: "R1".to_owned(),
        session: None,
        reason: "changed".to_owned(),
    };
    let fake = Fake::default()
        .will("poll", [start("R1")])
        .will("started", [Act::Effects(vec![Effect::Cancel(cancel)])]);
    let (mut gateway, _, _) = opened(&fake, complete());
    gateway.poll(PollMode::Act).unwrap();
    gateway.pump().unwrap();
    let log = fake.log();
    assert_eq!(
        log[1..],
        [
            STARTED,
            "settled C {\"cancelled\":\"R1\"}",
            "ended R1 Ending::Killed(\"changed\")"
        ]
    );
}

#[test]
fn a_session_that_nobody_wants_any_more_is_ended() {
    let fake = Fake::default()
        .will("poll", [start("R1")])
        .will("started", [Act::Refuse("AOF-2002", ErrorKind::Refused)]);
    let (mut gateway, _, _) = opened(&fake, complete());
    gateway.poll(PollMode::Act).unwrap();
    gateway.pump().unwrap();
    let log = fake.log();
    assert_eq!(
        log[2],
        "ended R1 Ending::Killed(\"the run is no longer wanted\")"
    );
}

#[test]
fn sessions_that_began_together_are_told_together() {
    let runs: Vec<String> = (1..=101).map(|number| format!("R{number}")).collect();
    let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
    let fake = Fake::default().will("poll", [starts(&runs)]);
    let (mut gateway, _, _) = opened(&fake, complete());
    assert_eq!(gateway.poll(PollMode::Act).unwrap().started, 101);
    let told = fake.log();
    let told: Vec<usize> = told.iter().map(|line| line.matches(" R").count()).collect();
    assert_eq!(told, [0, 100, 1], "at most a hundred in one commit");
}

#[test]
fn a_start_that_is_refused_does_not_take_others_along() {
    let refused = || Act::Refuse("AOF-1003", ErrorKind::Refused);
    let fake = Fake::default()
        .will("poll", [starts(&["R1", "R2"])])
        .will("started", [refused(), refused()]);
    let (mut gateway, _, _) = opened(&fake, complete());
    gateway.poll(PollMode::Act).unwrap();
    let log = fake.log();
    let told = [
        "started R1 simulated-R1 R2 simulated-R2",
        "started R1 simulated-R1",
        "started R2 simulated-R2",
    ];
    assert_eq!(log[1..], told);
    gateway.pump().unwrap();
    assert_eq!(
        fake.log()[0],
        "ended R1 Ending::Killed(\"the run is no longer wanted\")"
    );
}

#[test]
fn a_start_that_breaks_the_component_does_not_take_others_along() {
    let fake = Fake::default().will("started", [Act::Trap, Act::Trap]);
    // What the component was not told of it hands out again each time it opens.
    fake.0.lock().unwrap().outbox = ["R1", "R2"].map(|run| Effect::Spawn(spawn(run))).to_vec();
    let (mut gateway, _, _) = opened(&fake, Script::always(Step::Hang));
    let mut log = fake.log();
    for _ in 0..3 {
        gateway.pump().unwrap_or_default();
        log.extend(fake.log());
    }
    let told: Vec<&String> = log.iter().filter(|it| it.starts_with("started")).collect();
    let told: Vec<&str> = told.into_iter().map(String::as_str).collect();
    let mut expected = vec!["started R1 simulated-R1 R2 simulated-R2"];
    expected.extend(["started R1 simulated-R1"; 2]);
    expected.push("started R2 simulated-R2");
    assert_eq!(told, expected);
    assert_eq!(gateway.live().len(), 2, "neither was started twice");
}

#[test]
fn runs_that_nobody_knows_are_lost_and_requested_ones_are_started() {
    let fake = Fake::default();
    {
        let mut script = fake.0.lock().unwrap();
        script.adopted = vec![adopted("R1", Some("s")), adopted("R2", None)];
        script.outbox = vec![Effect::Spawn(spawn("R2"))];
    }
    let (gateway, report, _) = opened(&fake, complete());
    assert_eq!(
        fake.log(),
        ["ended R1 Ending::Lost", "started R2 simulated-R2"]
    );
    assert_eq!(
        (report.adopted_alive, report.adopted_ended),
        (vec!["R2".to_owned()], vec!["R1".to_owned()])
    );
    assert_eq!(report.effects_repeated, 1);
    assert_eq!(gateway.live().len(), 1);
}

#[test]
fn a_run_that_lives_is_announced_and_keeps_its_lease() {
    let fake = Fake::default();
    fake.0.lock().unwrap().adopted = vec![adopted("R1", None)];
    let clock = ManualClock::at(1_000);
    let mut executor = SimulatedExecutor::new(Script::always(Step::Hang), Arc::new(clock.clone()));
    executor.start(&spawn("R1")).unwrap();
    assert!(matches!(
        executor.adopt(&adopted("R1", None)),
        Adoption::Alive(_)
    ));
    let (mut gateway, report) = fake.gateway(executor, &clock);
    assert_eq!(report.adopted_alive, ["R1"]);
    gateway.pump().unwrap();
    assert_eq!(fake.log(), ["started R1 simulated-R1", "heartbeat R1"]);
    clock.advance(999);
    gateway.pump().unwrap();
    assert!(fake.log().is_empty());
    assert_eq!(gateway.next_wake_ms().unwrap(), Some(2_000));
    clock.advance(1);
    gateway.pump().unwrap();
    assert_eq!(fake.log(), ["heartbeat R1"]);
}

#[test]
fn after_a_trap_the_next_call_works_and_live_sessions_are_adopted_again() {
    let fake = Fake::default().will("poll", [start("R1"), Act::Trap]);
    let (mut gateway, _, clock) = opened(&fake, complete());
    gateway.poll(PollMode::Act).unwrap();
    fake.0.lock().unwrap().adopted = vec![adopted("R1", Some("simulated-R1"))];
    let error = gateway.poll(PollMode::Act).unwrap_err();
    assert_eq!(error.fault().code, "AOF-5010");
    fake.log();
    clock.advance(500);
    let pumped = gateway.pump().unwrap();
    assert_eq!(pumped.ended, 1);
    assert!(
        fake.log()
            .iter()
            .any(|line| line == "ended R1 Ending::Exited(0)")
    );
    assert!(gateway.poll(PollMode::Act).is_ok());
}

#[test]
fn after_a_failed_flush_the_store_is_opened_anew_and_after_a_full_disk_it_is_not() {
    for (code, openings) in [("AOF-4009", 1), ("AOF-4004", 0)] {
        let refused = Act::Refuse(code, ErrorKind::Broken);
        let fake = Fake::default().will("poll", [refused]);
        let (mut gateway, _, _) = opened(&fake, complete());
        fake.log();
        let error = gateway.poll(PollMode::Act).unwrap_err();
        assert_eq!(error.fault().code, code);
        let log = fake.log();
        let count = log.iter().filter(|line| *line == "recover").count();
        assert_eq!(count, openings, "{code}: {log:?}");
        assert!(gateway.poll(PollMode::Act).is_ok());
    }
}

#[test]
fn an_end_that_could_not_be_told_is_told_again() {
    let fake = Fake::default().will("poll", [start("R1")]).will(
        "ended",
        [Act::Refuse("AOF-4004", ErrorKind::Broken), Act::Trap],
    );
    let silent = Script::always(Step::ExitSilently {
        after_ms: 0,
        code: 1,
    });
    let (mut gateway, _, _) = opened(&fake, silent);
    gateway.poll(PollMode::Act).unwrap();
    assert_eq!(gateway.pump().unwrap_err().fault().code, "AOF-4004");
    assert_eq!(gateway.pump().unwrap_err().fault().code, "AOF-5010");
    assert!(gateway.is_busy());
    gateway.pump().unwrap();
    assert!(!gateway.is_busy());
    let told = fake
        .log()
        .into_iter()
        .filter(|line| line.starts_with("ended"))
        .count();
    assert_eq!(told, 3);
}

#[test]
fn an_effect_that_keeps_breaking_the_component_is_left_alone() {
    let traps = || (0..9).map(|_| Act::Trap);
    let fake = Fake::default()
        .will("poll", [start("R1")])
        .will("started", traps());
    let (mut gateway, _, _) = opened(&fake, Script::always(Step::Hang));
    gateway.poll(PollMode::Act).unwrap();
    // The component would hand it out again each time it opens.
    for way in 0..5 {
        // Whichever way it is started in.
        let key = format!("R1/{way}");
        let again = SpawnEffect { key, ..spawn("R1") };
        gateway.effects.push_back(Effect::Spawn(again));
        if gateway.pump().is_ok() {
            break;
        }
    }
    let tries = fake
        .log()
        .into_iter()
        .filter(|line| line.starts_with("started"))
        .count();
    assert_eq!(tries, super::effect::STRIKES_MAX as usize);
    assert!(gateway.pump().is_ok());
}

#[test]
fn a_full_disk_keeps_effects_for_later() {
    let fake = Fake::default()
        .will("poll", [start("R1")])
        .will("started", [Act::Refuse("AOF-4004", ErrorKind::Broken)]);
    let (mut gateway, _, _) = opened(&fake, Script::always(Step::Hang));
    gateway.poll(PollMode::Act).unwrap();
    fake.log();
    gateway.pump().unwrap();
    assert_eq!(fake.log(), [STARTED]);
}

#[test]
fn one_drain_executes_10_000_effects_and_the_next_one_the_rest() {
    let notice = |number: usize| {
        Effect::Notify(NotifyEffect {
            key: format!("N{number}"),
            severity: Severity::Info,
            audience: String::new(),
            channel: None,
            task: None,
            message: "x".to_owned(),
        })
    };
    let most = super::effect::STEPS_MAX;
    let many = Act::Effects((0..=most).map(notice).collect());
    let fake = Fake::default().will("poll", [many]);
    let (mut gateway, _, _) = opened(&fake, complete());
    assert_eq!(gateway.poll(PollMode::Act).unwrap().effects, most);
    assert_eq!(gateway.pump().unwrap().effects, 1);
}
