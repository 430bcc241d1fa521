//! Adopting a directory of AOF 1 with the real binary on a real disk.

use super::stand::Stand;

const CARD: &str = "---\nschemaVersion: 1\nid: TASK-2026-11-20-QeWFxTQv\ntitle: Fix it\nstatus: \
                    in-progress\npriority: low\nrouting:\n  agent: main\n  tags: []\nlease:\n  \
                    agent: main\n  acquiredAt: 2026-11-20T11:12:34.255Z\n  expiresAt: \
                    2026-11-20T11:12:34.256Z\n  renewCount: 0\ncreatedAt: \
                    2026-11-20T11:12:33.886Z\nupdatedAt: 2026-11-20T11:12:34.269Z\n\
                    lastTransitionAt: 2026-11-20T11:12:34.269Z\ncreatedBy: main\n---\n\nDo it.\n";
const CHART: &str =
    "schemaVersion: 1\nagents:\n  - {id: lead, name: Lead, openclawAgentId: main}\n";

fn old() -> Stand {
    let stand = Stand::bare();
    stand.write("org/org-chart.yaml", CHART);
    stand.write("tasks/in-progress/TASK-2026-11-20-QeWFxTQv.md", CARD);
    let outputs = "tasks/in-progress/TASK-2026-11-20-QeWFxTQv/outputs/x.md";
    stand.write(outputs, "x");
    stand.write("events/2026-11-20.jsonl", "{\"eventId\":1}\n");
    stand
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let stand = old();
    let said = stand.aof(&["migrate", "--data-dir", ".", "--dry-run"]).ok();
    let shown: Vec<String> = said.text().lines().skip(1).map(str::to_owned).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
  move    tasks/in-progress/TASK-….md → projects/_inbox/tasks/ready/TASK-….md
          status: in-progress → ready
          lease of main removed
          routing.agent: main → lead
  move    tasks/in-progress/TASK-… → projects/_inbox/work/TASK-…
  move    events/2026-11-20.jsonl → legacy/v1/events/2026-11-20.jsonl
  make    aof.yaml

  cards             1  1 ready
  are rewritten     1  the originals are in state/migrate/original/
  were in progress  1  given back, or settled as reported
  work directories  1  now work/<ID>/ of their project
  logs put aside    1  in legacy/v1/

nothing was changed; without --dry-run it will be
");
    assert!(!stand.data().join("state").exists());
    assert!(!stand.data().join("aof.yaml").exists());
}

#[test]
fn a_migrated_directory_shows_its_tasks() {
    let stand = old();
    let answer = stand
        .aof(&["migrate", "--data-dir", ".", "--json"])
        .ok()
        .json();
    assert_eq!(answer["migrate"]["tally"]["released"], 1, "{answer:#}");
    let board = stand.board();
    assert_eq!(board["ready"], ["TASK-2026-11-20-QeWFxTQv"]);
    assert!(!stand.data().join("tasks").exists());
    let work = "projects/_inbox/work/TASK-2026-11-20-QeWFxTQv/outputs/x.md";
    assert_eq!(stand.read(work), "x");
    let again = stand.aof(&["migrate"]).ok();
    assert!(again.out.contains("nothing to do"), "{}", again.out);
}

#[test]
fn a_directory_of_this_version_needs_nothing() {
    let said = Stand::new().aof(&["migrate"]).ok();
    assert!(said.out.ends_with("  nothing to do\n"), "{}", said.out);
}

#[test]
fn a_directory_of_something_else_is_refused() {
    let stand = Stand::bare();
    let said = stand.aof(&["migrate", "--data-dir", ".", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (3, &"AOF-1601".into())
    );
    assert_eq!(std::fs::read_dir(stand.home()).unwrap().count(), 0);
}

#[test]
fn a_living_daemon_of_aof_1_is_not_disturbed() {
    let stand = old();
    stand.write("daemon.pid", &std::process::id().to_string());
    let said = stand.aof(&["migrate", "--data-dir", ".", "--json"]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (4, &"AOF-3602".into())
    );
    assert!(!stand.data().join("aof.yaml").exists());
}
