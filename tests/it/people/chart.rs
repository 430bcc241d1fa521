//! An org chart that somebody saves half-finished.

use serde_json::Value;

use aof_host::contract::types::Effect;

use super::{ONE, ready};
use crate::stage::{CHART, Stage};

const PATH: &str = "org/org-chart.yaml";
const BROKEN: &str = "schemaVersion: 1\nagents:\n  - {id: writer, name: Writer, team: nowhere}\n";

fn notices(stage: &Stage) -> Vec<String> {
    let notices = stage.effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(notice.message.clone()),
        _ => None,
    });
    notices.collect()
}

fn told(stage: &Stage) -> Vec<Value> {
    let lines = stage.log_lines().into_iter();
    let of_chart = |line: &Value| line["type"].as_str().unwrap().starts_with("org.chart-");
    lines.filter(of_chart).collect()
}

#[test]
fn a_chart_that_cannot_be_used_is_told_once_and_the_last_good_one_works_on() {
    let mut stage = Stage::empty();
    stage.poll();
    stage.put_by_hand(PATH, BROKEN);
    stage.poll();
    let why = "org/org-chart.yaml:3:38: `agents.team` names the team `nowhere`, which the chart \
               does not have [AOF-1113]";
    let message = format!("the org chart cannot be used, the last good one is: {why}");
    assert_eq!(notices(&stage), [message]);
    for _ in 0..3 {
        stage.later(60_000).poll();
        assert_eq!(notices(&stage), [""; 0]);
    }
    let lines = told(&stage);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["type"], "org.chart-refused");
    assert_eq!(lines[0]["payload"]["error"], why);
    assert_eq!(
        stage.report()["quarantined"][0]["path"],
        PATH,
        "the status says so"
    );

    // Saved again, and still broken: nobody is told twice.
    stage.put_by_hand(PATH, &format!("{BROKEN}# more\n"));
    stage.poll();
    assert_eq!((notices(&stage).len(), told(&stage).len()), (0, 1));

    let card = ready(ONE);
    stage.put_by_hand(&card.path(), &card.text());
    assert_eq!(
        stage.spawned().agent,
        "writer",
        "the last good chart is in force"
    );

    stage.put_by_hand(PATH, CHART);
    stage.poll();
    stage.poll();
    assert_eq!(stage.report()["quarantined"], serde_json::json!([]));
    let kinds: Vec<Value> = told(&stage)
        .iter()
        .map(|line| line["type"].clone())
        .collect();
    assert_eq!(kinds, ["org.chart-refused", "org.chart-accepted"]);

    stage.put_by_hand(PATH, BROKEN);
    stage.poll();
    assert_eq!(notices(&stage).len(), 1, "it was in order meanwhile");
}

#[test]
fn a_dry_run_tells_nobody() {
    let mut stage = Stage::empty();
    stage.put_by_hand(PATH, BROKEN);
    stage.dry_run();
    assert_eq!((notices(&stage).len(), told(&stage).len()), (0, 0));
}
