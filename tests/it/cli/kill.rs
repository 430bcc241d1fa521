//! No chance to say goodbye: the worker is killed in the middle of the demo.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::stand::{Stand, board_of, ls, wait_for};
use crate::daemon::works;

const PACE_S: &str = "0.3";

fn ledger(root: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(root.join("ledger.txt")).unwrap_or_default();
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words.len(), 4, "torn line: {line}");
        (words[0].to_owned(), words[3].to_owned())
    };
    text.lines().map(line).collect()
}

fn done(root: &Path) -> usize {
    ledger(root)
        .iter()
        .filter(|(_, word)| word == "done")
        .count()
}

/// Runs the demo and kills it, and nothing else, once so many tasks are done.
fn kill_after(stand: &Stand, arguments: &[&str], root: &Path, done_min: usize) {
    let mut command = stand.command(arguments);
    command
        .env("NEWSROOM_PACE_S", PACE_S)
        .stdin(std::process::Stdio::null());
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for("the demo to be in the middle", || {
        (done(root) >= done_min).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

fn finish(stand: &Stand, root: &Path) {
    let mut command = stand.command(&["demo", root.to_str().unwrap(), "--json"]);
    let said = super::stand::say(command.env("NEWSROOM_PACE_S", PACE_S));
    assert_eq!(said.code, 0, "{said:?}");
    let told = board_of(&said.json()["run"]["board"]);
    assert_eq!(told, ls(root), "the board and `ls` tell the same");
    assert_eq!(told["done"].len(), 15);
    assert_eq!(told["blocked"], ["TASK-2026-11-20-004"]);
}

/// Nothing ran again after it was done, and nothing was done twice.
fn nothing_was_done_twice(root: &Path) {
    // An agent writes its last line after it was told that its task is done.
    wait_for("the last line of the ledger", || {
        (done(root) >= 15).then_some(())
    });
    let mut finished = BTreeSet::new();
    for (task, word) in ledger(root) {
        match word.as_str() {
            "begins" => assert!(
                !finished.contains(&task),
                "{task} ran again after it was done"
            ),
            "done" => assert!(finished.insert(task.clone()), "{task} was done twice"),
            _ => {}
        }
    }
    assert_eq!(finished.len(), 15);
}

#[test]
fn killed_in_the_middle_the_demo_is_finished_by_the_next_start() {
    let stand = Stand::bare();
    let root = stand.home().join("gazette");
    kill_after(&stand, &["demo", "gazette"], &root, 4);
    finish(&stand, &root);
    nothing_was_done_twice(&root);
}

#[test]
fn killed_again_and_again_it_still_finishes() {
    let stand = Stand::bare();
    let root = stand.home().join("gazette");
    for done_min in [1, 3, 6, 9] {
        kill_after(&stand, &["demo", "gazette"], &root, done_min);
    }
    finish(&stand, &root);
    nothing_was_done_twice(&root);
}

#[test]
fn a_killed_daemon_is_replaced_by_another() {
    let stand = Stand::bare();
    let root = stand.home().join("gazette");
    kill_after(&stand, &["demo", "gazette"], &root, 2);
    kill_after(&stand, &["daemon", "--data-dir", "gazette"], &root, 7);
    finish(&stand, &root);
    nothing_was_done_twice(&root);
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Kills the daemon again and again while it works off so many tasks.
fn kill_loop(count: usize, kills: usize, seed: u64) {
    let mut dice = Dice(seed);
    let stand = works::works();
    let root = stand.data();
    let mut daemon = works::serving(&stand, &[]);
    let tasks = works::create(&stand, count);
    daemon.kill();
    stand.write("org/org-chart.yaml", &works::chart(true));
    let began = Instant::now();
    // So that the last kill still finds work that is not done.
    let stride = (count / kills) as u64 / 2 + 1;
    let mut in_the_middle = 0;
    for _ in 0..kills {
        let goal = works::done(&root) + dice.below(stride) as usize;
        let moment = Duration::from_millis(dice.below(60));
        let mut daemon = stand.start(&["daemon"]);
        let started = Instant::now();
        // The moment counts from the goal, which may be reached before the daemon even serves.
        let mut reached = None;
        wait_for("the moment of the kill", || {
            let is_there = works::done(&root) >= goal.min(count);
            let is_late = started.elapsed() > Duration::from_secs(20);
            if reached.is_none() && (is_there || is_late) {
                reached = Some(Instant::now());
            }
            reached
                .filter(|at: &Instant| at.elapsed() >= moment)
                .map(drop)
        });
        in_the_middle += usize::from(works::done(&root) < count);
        daemon.kill();
    }
    let done_by_then = works::done(&root);
    let said = stand.aof(&["run", "--json"]);
    assert_eq!(said.code, 0, "seed {seed}: {said:?}");
    println!(
        "{kills} kills, {in_the_middle} of them before the last task was done; {count} tasks, \
         {done_by_then} done at the last kill; {} ms",
        began.elapsed().as_millis()
    );
    works::assert_once(&stand, &tasks);
    works::assert_history(&stand, &tasks);
}

#[test]
fn killed_at_any_moment_every_task_is_done_once_and_no_event_is_missing() {
    if works::is_slow() {
        kill_loop(1_000, 200, 2026);
    } else {
        kill_loop(40, 10, 11);
    }
}
