//! Two daemons on one directory: nothing is started twice, whoever dies.

use std::time::Instant;

use rustix::process::Signal;

use super::works::{
    assert_history, assert_once, chart, create, done, is_slow, ledger, serving, works,
};
use crate::cli::stand::wait_for;

#[test]
fn a_successor_starts_nothing_that_the_first_had_started() {
    let count = if is_slow() { 500 } else { 40 };
    let stand = works();
    let mut first = serving(&stand, &[]);
    let tasks = create(&stand, count);
    let mut second = stand.start(&["daemon", "--standby"]);
    let began = Instant::now();
    stand.write("org/org-chart.yaml", &chart(true));
    wait_for("the middle", || {
        (ledger(&stand.data()).len() >= count).then_some(())
    });
    first.kill();
    let at_death = done(&stand.data());
    wait_for("some more to be done", || {
        (done(&stand.data()) > at_death).then_some(())
    });
    let mut seen = 0;
    while seen < count {
        // Each step has the whole patience of a wait; the sum is not bounded by it.
        seen = wait_for("another task to be done", || {
            let now = done(&stand.data());
            (now > seen).then_some(now)
        });
    }
    assert!(second.is_alive());
    wait_for("the last result to be written", || {
        (stand.ls().get("done").map_or(0, Vec::len) == count).then_some(())
    });
    // Not killed: the card of the last task is in its place a moment before its event is.
    second.signal(Signal::TERM);
    assert_eq!(second.code(), 0);
    println!(
        "{count} tasks, {at_death} done when the first died, {} ms",
        began.elapsed().as_millis()
    );
    assert_once(&stand, &tasks);
    assert_history(&stand, &tasks);
}
