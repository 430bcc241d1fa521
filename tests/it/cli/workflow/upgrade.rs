//! `aof workflow upgrade`: what a person sees before and after a task goes on with another
//! definition.

use super::super::stand::Stand;
use super::{CHART, file};

const OLD: &str = "\
name: ship
hops:
- {id: build, agent: ada}
- {id: look, agent: ada, dependsOn: [build]}
";

fn upgrade(stand: &Stand, task: &str, more: &[&str]) -> String {
    let said = stand.aof(&[&["workflow", "upgrade", task], more].concat());
    said.ok().out.replace(task, "TASK")
}

#[test]
fn what_would_be_different_is_told_and_with_yes_it_is_done() {
    let stand = Stand::new();
    stand.write("org/org-chart.yaml", CHART);
    let old = file(&stand, "old.yaml", OLD);
    let new = OLD.replace("look, agent", "check, agent") + "rejectionsMax: 2\n";
    let new = file(&stand, "new.yaml", &new);
    let made = stand.aof(&["task", "create", "Ship", "--workflow", &old, "--json"]);
    let made = made.ok().json();
    let task = made["task"]["taskId"].as_str().unwrap();
    insta::assert_snapshot!(
        upgrade(&stand, task, &["--workflow", &old]),
        @"TASK has this very workflow already"
    );
    insta::assert_snapshot!(upgrade(&stand, task, &["--workflow", &new]), @r#"
    TASK would go on with a new definition; --yes does it
      added: check
      removed: look
      of the workflow itself: rejectionsMax
    "#);
    insta::assert_snapshot!(upgrade(&stand, task, &["--workflow", &new, "--yes"]), @r#"
    TASK goes on with the new definition
      added: check
      removed: look
      of the workflow itself: rejectionsMax
    "#);
    insta::assert_snapshot!(
        upgrade(&stand, task, &["--workflow", &new, "--yes"]),
        @"TASK has this very workflow already"
    );
}
