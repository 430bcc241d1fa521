//! The simulated executor against a clock that stands still until it is moved.

use super::*;
use crate::clock::ManualClock;

fn spawn(run: &str, task: &str, agent: &str) -> SpawnEffect {
    SpawnEffect {
        key: run.to_owned(),
        project: "p".to_owned(),
        task: task.to_owned(),
        title: String::new(),
        run: run.to_owned(),
        attempt: 1,
        hop: None,
        agent: agent.to_owned(),
        method: crate::contract::types::Method::Spawn,
        session_key: None,
        card_path: "c".to_owned(),
        work_dir: "w".to_owned(),
        run_dir: "r".to_owned(),
        timeout_ms: 10_000,
        prompt: String::new(),
    }
}

fn told(news: &[News]) -> Vec<String> {
    let one = |item: &News| match item {
        News::Ended { run, end } => format!("{run} {:?} {}", end.ending, end.duration_ms),
        News::Heartbeat { run } => format!("{run} lives"),
        News::Tool {
            run,
            name,
            arguments,
        } => format!("{run} {name} {arguments}"),
    };
    news.iter().map(one).collect()
}

fn stage(script: Script) -> (SimulatedExecutor, ManualClock) {
    let clock = ManualClock::at(1_000);
    (
        SimulatedExecutor::new(script, Arc::new(clock.clone())),
        clock,
    )
}

#[test]
fn a_task_is_completed_when_its_time_has_come() {
    let step = Step::Complete {
        after_ms: 500,
        summary: "ok".to_owned(),
    };
    let (mut executor, clock) = stage(Script::always(step));
    assert_eq!(
        executor.start(&spawn("R1", "T1", "a")).unwrap(),
        "simulated-R1"
    );
    assert_eq!(
        executor.start(&spawn("R1", "T1", "a")).unwrap(),
        "simulated-R1"
    );
    assert_eq!((executor.live(), executor.next_wake_ms()), (1, Some(1_500)));
    clock.advance(499);
    assert!(executor.news().is_empty());
    clock.advance(1);
    assert_eq!(
        told(&executor.news()),
        [
            r#"R1 aof_task_complete {"summary":"ok","taskId":"T1"}"#,
            "R1 Ending::Exited(0) 500"
        ]
    );
    assert_eq!((executor.live(), executor.next_wake_ms()), (0, None));
}

#[test]
fn attempts_consume_steps_and_the_last_one_stays() {
    let silent = |code| Step::ExitSilently { after_ms: 0, code };
    let (mut executor, _clock) = stage(Script::default().agent("a", [silent(1), silent(2)]));
    let mut ends = Vec::new();
    for run in ["R1", "R2", "R3"] {
        executor.start(&spawn(run, "T", "a")).unwrap();
        ends.extend(told(&executor.news()));
    }
    let expected = [
        "R1 Ending::Exited(1) 0",
        "R2 Ending::Exited(2) 0",
        "R3 Ending::Exited(2) 0",
    ];
    assert_eq!(ends, expected);
}

#[test]
fn a_hanging_agent_times_out_or_is_cancelled() {
    let (mut executor, clock) = stage(Script::always(Step::Hang));
    executor.start(&spawn("R1", "T1", "a")).unwrap();
    executor.start(&spawn("R2", "T2", "a")).unwrap();
    executor.cancel("R2", "enough");
    executor.cancel("R9", "unknown");
    assert_eq!(told(&executor.news()), ["R2 Ending::Killed(\"enough\") 0"]);
    clock.advance(10_000);
    assert_eq!(told(&executor.news()), ["R1 Ending::TimedOut 10000"]);
}

#[test]
fn a_start_can_fail_and_the_next_one_succeed() {
    let fail = Step::FailToStart {
        class: FailureClass::Capacity,
        message: "full".to_owned(),
    };
    let (mut executor, _clock) = stage(Script::default().task("T1", [fail, Step::Hang]));
    let failure = executor.start(&spawn("R1", "T1", "a")).unwrap_err();
    assert_eq!(failure.class, FailureClass::Capacity);
    assert!(executor.start(&spawn("R2", "T1", "a")).is_ok());
}

#[test]
fn tools_come_before_the_step_that_ends_the_attempt() {
    let tool = Step::Tool {
        after_ms: 1,
        name: "x".to_owned(),
        arguments: json!({}),
    };
    let end = Step::ExitSilently {
        after_ms: 1,
        code: 0,
    };
    let (mut executor, clock) = stage(Script::default().agent("a", [tool.clone(), tool, end]));
    executor.start(&spawn("R1", "T1", "a")).unwrap();
    clock.advance(3);
    assert_eq!(
        told(&executor.news()),
        ["R1 x {}", "R1 x {}", "R1 Ending::Exited(0) 3"]
    );
}
