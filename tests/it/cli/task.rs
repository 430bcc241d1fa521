//! Tasks from the command line, with nobody working.

use super::stand::{Stand, say};

#[test]
fn a_task_goes_from_creation_to_done() {
    let stand = Stand::idle();
    let said = stand
        .aof(&["task", "create", "Count the letters", "-p", "high"])
        .ok();
    insta::assert_snapshot!(said.text(), @r"
    TASK-… is ready
    projects/_inbox/tasks/ready/TASK-….md
    ");
    let id = stand.ls()["ready"][0].clone();
    let said = stand
        .aof(&["task", "complete", &id, "--summary", "there are 26"])
        .ok();
    assert_eq!(said.text(), "TASK-… is done\n");
    assert_eq!(stand.ls()["done"], [id.as_str()]);
    assert!(
        stand
            .read(&format!("projects/_inbox/tasks/done/{id}.md"))
            .contains("there are 26")
    );
}

#[test]
fn a_unique_beginning_of_an_id_is_enough() {
    let stand = Stand::idle();
    let id = stand.task(&["One"]);
    let said = stand.aof(&["task", "show", &id[..18], "--json"]).ok();
    assert_eq!(said.json()["task"]["id"], id.as_str());
}

#[test]
fn blocking_needs_a_reason_and_unblocking_forgets_it() {
    let stand = Stand::idle();
    let id = stand.task(&["Find the key"]);
    let said = stand
        .aof(&["task", "block", &id, "--reason", "the key is at sea"])
        .ok();
    assert_eq!(said.text(), "TASK-… is blocked: the key is at sea\n");
    assert_eq!(
        stand.state(&id),
        ("blocked".to_owned(), "the key is at sea".to_owned())
    );
    stand.aof(&["task", "unblock", &id]).ok();
    assert_eq!(stand.state(&id), ("ready".to_owned(), String::new()));
}

#[test]
fn a_task_with_an_open_dependency_waits_in_the_backlog() {
    let stand = Stand::idle();
    let first = stand.task(&["First"]);
    let second = stand.task(&["Second", "--depends-on", &first]);
    assert_eq!(stand.state(&second).0, "backlog");
    stand.aof(&["task", "complete", &first]).ok();
    assert_eq!(stand.state(&second).0, "ready", "no poll is needed");
}

#[test]
fn a_task_is_promoted_in_time_or_by_force() {
    let stand = Stand::idle();
    let first = stand.task(&["First"]);
    let second = stand.task(&["Second", "--depends-on", &first]);
    let said = stand.aof(&["task", "promote", &second]);
    assert_eq!(said.code, 3);
    let told = super::stand::redact(&said.err);
    let first_line = told.lines().next().unwrap_or_default();
    insta::assert_snapshot!(
        first_line,
        @"error [AOF-2021] TASK-… cannot be promoted: waits for TASK-… (ready)"
    );
    let said = stand.aof(&["task", "promote", &second, "--force"]).ok();
    assert_eq!(said.text(), "TASK-… is ready\n");
}

#[test]
fn dependencies_come_and_go_but_not_in_circles() {
    let stand = Stand::idle();
    let first = stand.task(&["First"]);
    let second = stand.task(&["Second", "--depends-on", &first]);
    let said = stand.aof(&["task", "dep", "add", &first, &second]);
    assert_eq!(said.code, 3);
    assert!(
        said.err.contains("AOF-2023") && said.err.contains("cycle: "),
        "{said:?}"
    );
    stand.aof(&["task", "dep", "remove", &second, &first]).ok();
    stand.aof(&["task", "dep", "add", &first, &second]).ok();
    stand.aof(&["poll"]).ok();
    assert_eq!(stand.state(&second).0, "ready");
}

#[test]
fn a_task_may_wait_for_any_end() {
    let stand = Stand::idle();
    let first = stand.task(&["First"]);
    let policy = ["--dependency-policy", "terminal"];
    let second = stand.task(&["Clean up", "--depends-on", &first, policy[0], policy[1]]);
    stand.aof(&["task", "cancel", &first]).ok();
    assert_eq!(stand.state(&second).0, "ready");
}

#[test]
fn a_dead_letter_is_brought_back() {
    let stand = Stand::with_agent("exit 1");
    let id = stand.task(&["Hopeless", "-a", "worker"]);
    stand.aof(&["run"]);
    assert_eq!(stand.state(&id).0, "deadletter");
    let said = stand.aof(&["task", "resurrect", &id]).ok();
    assert_eq!(said.text(), "TASK-… is ready\n");
    let said = stand.aof(&["task", "resurrect", &id, "--json"]);
    assert_eq!(said.json()["error"]["code"], "AOF-2022");
}

#[test]
fn a_cancelled_task_stays_cancelled() {
    let stand = Stand::idle();
    let id = stand.task(&["Never mind"]);
    stand
        .aof(&["task", "cancel", &id, "--reason", "abandoned: nobody asked"])
        .ok();
    let said = stand.aof(&["task", "complete", &id, "--json"]);
    assert_eq!(said.code, 3);
    let code = said.json()["error"]["code"].as_str().unwrap().to_owned();
    assert!(code.starts_with("AOF-2"), "{code}");
    assert_eq!(stand.ls()["cancelled"], [id]);
}

#[test]
fn an_unknown_task_is_refused_with_code_and_hint() {
    let said = Stand::idle().aof(&["task", "show", "TASK-2026-01-01-001", "--json"]);
    assert_eq!(said.code, 3);
    let error = &said.json()["error"];
    assert!(
        error["code"].as_str().unwrap().starts_with("AOF-"),
        "{error}"
    );
    assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
}

#[test]
fn a_brief_comes_from_a_file_or_standard_input() {
    let stand = Stand::idle();
    stand.write("brief.md", "## Objective\n\nCount every letter.\n");
    let id = stand.task(&["Count", "--brief-file", "brief.md"]);
    let shown = stand.aof(&["task", "show", &id]).ok();
    assert!(shown.out.contains("Count every letter."), "{}", shown.out);
    let said = stand.aof(&[
        "task",
        "create",
        "Count",
        "--brief-file",
        "gone.md",
        "--json",
    ]);
    assert_eq!(said.code, 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1602");
    assert_eq!(said.json()["error"]["where"], "gone.md");
}

/// A card as a person would type it.
fn card(stand: &Stand, status: &str, number: u32, title: &str, more: &str) {
    let id = format!("TASK-2026-11-20-{number:03}");
    let text = format!(
        "---\nschemaVersion: 1\nid: {id}\ntitle: {title}\nstatus: {status}\n{more}---\nDo it.\n"
    );
    stand.write(&format!("projects/_inbox/tasks/{status}/{id}.md"), &text);
}

#[test]
fn the_list_is_filtered_and_the_board_grouped() {
    let stand = Stand::idle();
    card(
        &stand,
        "ready",
        1,
        "First",
        "priority: critical\nrouting: { role: doer }\n",
    );
    card(
        &stand,
        "backlog",
        2,
        "Second",
        "dependsOn: [TASK-2026-11-20-001]\n",
    );
    card(&stand, "done", 3, "Third", "routing: { team: crew }\n");
    let said = stand.aof(&["task", "list", "--status", "ready"]).ok();
    insta::assert_snapshot!(said.out, @r"
    ID                   TITLE  STATUS  PRIORITY  FOR
    TASK-2026-11-20-001  First  ready   critical  role doer
    1 of 3 tasks
    ");
    let said = stand.aof(&["board"]).ok();
    insta::assert_snapshot!(said.out, @r"
    1 backlog · 1 ready · 1 done

    BACKLOG 1
      TASK-2026-11-20-002  Second  normal  waits for TASK-2026-11-20-001 (ready)

    READY 1
      TASK-2026-11-20-001  First  critical  role doer  agent `worker` is not active

    DONE 1
      TASK-2026-11-20-003  Third  normal  team crew
    ");
    assert_eq!(stand.board(), stand.ls());
}

#[test]
fn a_card_that_cannot_be_understood_is_shown_and_left_alone() {
    let stand = Stand::idle();
    let good = stand.task(&["Good"]);
    let broken = "---\nschemaVersion: 1\nid: TASK-2026-11-20-007\nstatus: ready\n---\nno title\n";
    stand.write("projects/_inbox/tasks/ready/TASK-2026-11-20-007.md", broken);
    let said = stand.aof(&["board"]).ok();
    assert!(
        said.out.contains("NOT UNDERSTOOD 1 file, left as they are"),
        "{}",
        said.out
    );
    assert!(said.out.contains("TASK-2026-11-20-007.md"), "{}", said.out);
    assert!(said.out.contains("title"), "{}", said.out);
    stand.aof(&["task", "complete", &good]).ok();
    assert_eq!(
        stand.read("projects/_inbox/tasks/ready/TASK-2026-11-20-007.md"),
        broken
    );
}

#[test]
fn a_title_cannot_move_the_cursor() {
    let stand = Stand::idle();
    let card = "---\nschemaVersion: 1\nid: TASK-2026-11-20-008\nstatus: ready\n\
                title: \"red \\e[31m alert\"\n---\n";
    stand.write("projects/_inbox/tasks/ready/TASK-2026-11-20-008.md", card);
    let said = stand.aof(&["board", "--color", "never"]).ok();
    assert!(!said.out.contains('\u{1b}'), "{:?}", said.out);
}

#[test]
fn many_commands_at_once_all_get_through() {
    let stand = Stand::idle();
    let started: Vec<_> = (0..6)
        .map(|at| stand.command(&["task", "create", &format!("{at}")]).spawn())
        .collect();
    for child in started {
        assert!(child.unwrap().wait().unwrap().success());
    }
    assert_eq!(stand.ls()["ready"].len(), 6);
}

#[test]
fn an_agent_is_subscribed_and_the_subscription_taken_back() {
    let stand = Stand::idle();
    let id = stand.task(&["Count the letters"]);
    let said = stand
        .aof(&["task", "subscribe", &id, "--agent", "worker"])
        .ok();
    assert!(
        said.text()
            .starts_with("worker is told how TASK-… ends (subscription "),
        "{said:?}"
    );
    let mut as_agent = stand.command(&["task", "subscribe", &id, "--json"]);
    let again = say(as_agent.env("AOF_AGENT_ID", "worker")).ok().json();
    let subscription = again["task"]["subscriptionId"].as_str().unwrap();
    assert!(said.out.contains(subscription), "the same one: {said:?}");
    let status = || {
        let task = stand.aof(&["task", "show", &id, "--json"]).ok().json();
        task["task"]["metadata"]["subscriptions"][0]["status"].clone()
    };
    assert_eq!(status(), "active");
    let said = stand.aof(&["task", "unsubscribe", &id, subscription]).ok();
    assert!(
        said.text()
            .starts_with("nobody is told of TASK-… by subscription "),
        "{said:?}"
    );
    assert_eq!(status(), "cancelled");
}

#[test]
fn nobody_but_an_agent_of_the_chart_is_subscribed() {
    let stand = Stand::idle();
    let id = stand.task(&["Count the letters"]);
    let code = |arguments: &[&str]| {
        let said = stand.aof(&[arguments, &["--json"]].concat());
        (
            said.code,
            said.json()["error"]["code"].as_str().unwrap().to_owned(),
        )
    };
    let refused = (3, "AOF-1004".to_owned());
    assert_eq!(code(&["task", "subscribe", &id, "-a", "nobody"]), refused);
    assert_eq!(code(&["task", "unsubscribe", &id, "none"]), refused);
    assert_eq!(code(&["task", "create", "One", "--subscribe"]), refused);
    assert_eq!(
        code(&["task", "subscribe", &id]),
        (2, "AOF-1600".to_owned()),
        "a person says who is told"
    );
}
