//! Projects: made, listed, paused, put away, and opened one by one.

use aof_host::contract::types::Caller;
use aof_host::contract::views::{BoardQuery, EventsQuery};
use serde_json::{Value, json};

use super::{ONE, THREE, TWO};
use crate::stage::{CardText, Stage, human};

fn manifest(id: &str, more: &str) -> String {
    format!("//- projects/{id}/project.yaml\nid: {id}\n{more}")
}

fn listed(stage: &mut Stage, arguments: Value) -> Vec<Value> {
    let answer = stage.ann("aof_project_list", arguments);
    answer["projects"].as_array().unwrap().clone()
}

fn task_in(stage: &mut Stage, project: &str) -> String {
    let arguments = json!({"title": "t", "brief": "b", "agent": "writer", "project": project});
    let made = stage.ann("aof_dispatch", arguments);
    made["task"]["taskId"].as_str().unwrap().to_owned()
}

#[test]
fn a_new_project_takes_tasks_at_once() {
    let mut stage = Stage::empty();
    let arguments = json!({"id": "beta", "title": "Beta: 1", "team": "ink", "lead": "judge"});
    let made = stage.ann("aof_project_create", arguments);
    assert_eq!(made["project"]["path"], "projects/beta");
    assert_eq!(
        stage.file("projects/beta/project.yaml").unwrap(),
        "id: beta\ntitle: \"Beta: 1\"\nstatus: active\nowner:\n  team: ink\n  lead: judge\n"
    );
    let brief = json!({"title": "t", "brief": "b", "project": "beta"});
    stage.ann("aof_dispatch", brief);
    assert_eq!(stage.spawned().agent, "judge", "its owner");
    let child = json!({"id": "gamma", "parentId": "beta"});
    stage.ann("aof_project_create", child);
    stage.kill_and_reopen();
    let ids: Vec<String> = listed(&mut stage, json!({}))
        .iter()
        .map(|it| format!("{} < {}", it["id"], it["parentId"]))
        .collect();
    assert_eq!(
        ids,
        [
            "\"_inbox\" < null",
            "\"beta\" < null",
            "\"gamma\" < \"beta\""
        ]
    );
    let made = stage
        .log_lines()
        .into_iter()
        .filter(|it| it["type"] == "project.created");
    assert_eq!(made.count(), 2);
}

#[test]
fn what_cannot_be_a_project_is_refused_and_leaves_nothing() {
    let mut stage = Stage::with(&manifest("alpha", ""));
    for (arguments, code, place) in [
        (json!({"id": "alpha", "title": "Other"}), "AOF-2014", "id"),
        (json!({"id": "_inbox"}), "AOF-2014", "id"),
        (json!({"id": "_config"}), "AOF-1003", "id"),
        (json!({"id": "_system"}), "AOF-1003", "id"),
        (json!({"id": ".."}), "AOF-1003", "id"),
        (json!({"id": "Beta"}), "AOF-1003", "id"),
        (json!({"id": "be_ta"}), "AOF-1003", "id"),
        (json!({"id": "a".repeat(65)}), "AOF-1003", "id"),
        (
            json!({"id": "beta", "parentId": "nowhere"}),
            "AOF-1008",
            "parentId",
        ),
        (json!({"id": "beta", "title": "a\nb"}), "AOF-1004", "title"),
        (json!({"id": "beta", "team": "a b"}), "AOF-1003", "team"),
    ] {
        let (found, at, _) = stage.refused(&human("ann"), ("aof_project_create", arguments));
        assert_eq!((found.as_str(), at.as_deref()), (code, Some(place)));
    }
    stage.ann("aof_project_create", json!({"id": "a".repeat(64)}));
}

#[test]
fn a_pause_touches_one_line_and_holds_what_is_below_back() {
    let text = "# ours\nstatus: active   # for now\nowner: {lead: writer}\n";
    let mut stage =
        Stage::with(&[manifest("top", text), manifest("sub", "parentId: top\n")].concat());
    let (of_top, of_sub) = (task_in(&mut stage, "top"), task_in(&mut stage, "sub"));
    let pause = |stage: &mut Stage, status: &str| {
        let arguments = json!({"project": "top", "status": status});
        stage.ann("aof_project_status", arguments)["project"].take()
    };
    assert_eq!(pause(&mut stage, "paused")["status"], "paused");
    assert_eq!(
        stage.file("projects/top/project.yaml").unwrap(),
        "id: top\n# ours\nstatus: paused   # for now\nowner: {lead: writer}\n"
    );
    stage.later(1).poll();
    assert!(stage.spawns().is_empty());
    let why = |stage: &mut Stage, task: &str| stage.explain(task)["reasons"][0].clone();
    assert_eq!(why(&mut stage, &of_top), "project `top` is paused");
    let expected = "project `top`, which `sub` is a part of, is paused";
    assert_eq!(why(&mut stage, &of_sub), expected);
    assert_eq!(
        listed(&mut stage, json!({"project": "sub"}))[0]["restsBecause"],
        "`top` above it is paused"
    );
    pause(&mut stage, "archived");
    stage.later(1).poll();
    assert!(stage.spawns().is_empty());
    pause(&mut stage, "active");
    stage.later(1).poll();
    assert_eq!(stage.spawns().len(), 1, "the writer takes one at a time");
    let told = stage
        .log_lines()
        .into_iter()
        .filter(|it| it["type"] == "project.status");
    assert_eq!(
        told.map(|it| it["payload"]["to"].clone())
            .collect::<Vec<_>>(),
        ["paused", "archived", "active"]
    );
}

#[test]
fn what_a_manifest_says_for_people_is_shown_or_kept() {
    let text = "schemaVersion: 2\ntitle: The alphabet\ndescription: all of it\nlinks:\n  \
                repo: over there\n  dashboards: [one]\n  docs: [two]\n\
                metadata: {colour: red}\n";
    let mut stage = Stage::with(&manifest("alpha", text));
    let before = stage.file("projects/alpha/project.yaml").unwrap();
    assert_eq!(before, format!("id: alpha\n{text}"));
    let project = listed(&mut stage, json!({"project": "alpha"})).remove(0);
    assert_eq!(project["title"], "The alphabet");
    let pause = json!({"project": "alpha", "status": "paused"});
    stage.ann("aof_project_status", pause);
    let after = stage.file("projects/alpha/project.yaml").unwrap();
    assert_eq!(after.replace("status: paused\n", ""), before);
    assert_ne!(after, before);
}

#[test]
fn a_manifest_that_has_no_line_for_it_is_left_to_a_person() {
    let mut stage = Stage::with("//- projects/alpha/project.yaml\n{id: alpha, status: active}\n");
    let call = (
        "aof_project_status",
        json!({"project": "alpha", "status": "paused"}),
    );
    assert_eq!(stage.refused(&human("ann"), call).0, "AOF-2013");
    let call = (
        "aof_project_status",
        json!({"project": "nowhere", "status": "paused"}),
    );
    assert_eq!(stage.refused(&human("ann"), call).0, "AOF-1008");
    let call = (
        "aof_project_status",
        json!({"project": "alpha", "status": "asleep"}),
    );
    assert_eq!(stage.refused(&human("ann"), call).0, "AOF-1004");
    stage.ann(
        "aof_project_status",
        json!({"project": "_inbox", "status": "paused"}),
    );
    assert!(
        stage
            .file("projects/_inbox/project.yaml")
            .unwrap()
            .contains("status: paused")
    );
}

#[test]
fn a_circle_rests_and_a_missing_parent_does_not() {
    let mut stage = Stage::with(
        &[
            manifest("one", "parentId: two\n"),
            manifest("two", "parentId: one\n"),
            manifest("orphan", "parentId: nowhere\n"),
        ]
        .concat(),
    );
    let (held, free) = (task_in(&mut stage, "one"), task_in(&mut stage, "orphan"));
    assert_eq!(stage.spawned().task, free);
    let why = stage.explain(&held);
    assert_eq!(why["verdict"], "waiting-human", "{why}");
    assert_eq!(
        why["reasons"][0],
        "project `one` is a part of itself: mend `parentId`"
    );
    let found = listed(&mut stage, json!({"lint": true}));
    let of = |id: &str| {
        let project = found.iter().find(|it| it["id"] == id).unwrap();
        let findings = project["findings"].as_array().unwrap().iter();
        let of_tree = findings.filter(|it| it["category"] == "hierarchy");
        of_tree.map(|it| it["level"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("one"), of("orphan"), of("_inbox")),
        (vec![json!("error")], vec![json!("warning")], vec![])
    );
}

#[test]
fn lint_names_what_is_wrong_in_each_category() {
    let stray = CardText::new(ONE, "ready")
        .agent("writer")
        .line("project: beta");
    let files = [
        manifest("alpha", "parentId: nowhere\n"),
        manifest("broken", "status: asleep\n"),
        stray.fixture(),
        "//- projects/alpha/tasks/ready/notes.md\nx\n".to_owned(),
        "//- projects/alpha/tasks/waiting/x.md\nx\n".to_owned(),
    ];
    let mut stage = Stage::with(&files.concat());
    let before = stage.tree();
    let mut lines = Vec::new();
    for project in listed(&mut stage, json!({"lint": true})) {
        for it in project["findings"].as_array().unwrap() {
            let text = |key: &str| it[key].as_str().unwrap().replace(ONE, "[id]");
            let (level, category) = (text("level"), text("category"));
            lines.push(format!(
                "{level} {category} {}: {}",
                text("location"),
                text("message")
            ));
        }
    }
    assert_eq!(stage.tree(), before);
    insta::assert_snapshot!(lines.join("\n").replace(": ", ":\n  "), @r"
    error tasks projects/alpha/tasks/ready/notes.md:
      is not named like a card
    warning hierarchy projects/alpha/project.yaml:
      `parentId`:
      there is no project `nowhere`
    warning structure projects/alpha/tasks/waiting:
      is no status
    error tasks projects/alpha/tasks/ready/[id].md:
      names the project `beta`, but lies in `alpha`
    error manifest projects/broken/project.yaml:2:9:
      `status` must be active, paused or archived, but is `asleep`
    ");
}

/// Two projects with a card each, opened with the first one only; and what lies in the other.
fn narrowed() -> (Stage, Vec<(String, String)>) {
    let card = |id: &str, project: &str| {
        let path = format!("projects/{project}/tasks/ready/{id}.md");
        let text = CardText::new(id, "ready").agent("writer").text();
        format!("//- {path}\n{text}")
    };
    let files = [
        manifest("alpha", ""),
        manifest("beta", ""),
        card(ONE, "alpha"),
        card(TWO, "beta"),
    ];
    let mut stage = Stage::with(&files.concat());
    let known = json!({"taskId": TWO, "body": "known to the log"});
    stage.ann("aof_task_update", known);
    stage.narrow_to(&["alpha"]).kill_and_reopen();
    let theirs = theirs(&stage);
    (stage, theirs)
}

fn theirs(stage: &Stage) -> Vec<(String, String)> {
    let tree = stage.tree().into_iter();
    tree.filter(|(path, _)| path.starts_with("projects/beta"))
        .collect()
}

#[test]
fn a_session_of_some_projects_touches_no_other() {
    let (mut stage, before) = narrowed();
    let task = |project: Option<&str>, on: &[&str]| {
        let mut arguments = json!({"title": "t", "brief": "b", "agent": "writer"});
        arguments["project"] = json!(project);
        arguments["dependsOn"] = json!(on);
        arguments
    };
    for (tool, arguments, code) in [
        ("aof_task_get", json!({"taskId": TWO}), "AOF-1005"),
        ("aof_task_cancel", json!({"taskId": TWO}), "AOF-1005"),
        (
            "aof_task_update",
            json!({"taskId": TWO, "body": "b"}),
            "AOF-1005",
        ),
        ("aof_dispatch", task(Some("beta"), &[]), "AOF-1008"),
        ("aof_dispatch", task(None, &[]), "AOF-1008"),
        ("aof_dispatch", task(Some("alpha"), &[TWO]), "AOF-1005"),
        ("aof_status_report", json!({"project": "beta"}), "AOF-1008"),
        ("aof_project_list", json!({"project": "beta"}), "AOF-1008"),
        (
            "aof_project_status",
            json!({"project": "beta", "status": "paused"}),
            "AOF-1008",
        ),
        ("aof_project_create", json!({"id": "gamma"}), "AOF-2015"),
        ("aof_project_create", json!({"id": "beta"}), "AOF-2015"),
    ] {
        let (found, ..) = stage.refused(&human("ann"), (tool, arguments));
        assert_eq!(found, code, "{tool}");
    }
    assert_eq!(stage.spawned().task, ONE);
    assert_eq!(theirs(&stage), before);
}

#[test]
fn a_session_of_some_projects_sees_no_other() {
    let (mut stage, _) = narrowed();
    let seen = |stage: &mut Stage| {
        let ctx = stage.ctx(Caller::Host);
        let (day, task) = (None, None);
        let query = EventsQuery {
            day,
            task,
            offset: 0,
            limit: 100,
        };
        let events = stage.instance().events(&ctx, &query).unwrap();
        let query = BoardQuery {
            project: None,
            limit: 100,
        };
        let board = stage.instance().board(&ctx, &query).unwrap();
        let audit = stage.instance().audit(&ctx, 0).unwrap();
        let report = stage.report().to_string();
        let listed = listed(stage, json!({"lint": true}));
        let all = [events, board, audit, report, json!(listed).to_string()].concat();
        assert!(all.contains(ONE) && all.contains("alpha"));
        for word in [TWO, THREE, "beta", "delta", "notes.md"] {
            assert!(!all.contains(word), "{word}: {all}");
        }
    };
    seen(&mut stage);
    // Nor what comes later.
    let later = CardText::new(THREE, "ready").agent("judge").text();
    stage.put_by_hand(&format!("projects/beta/tasks/ready/{THREE}.md"), &later);
    stage.put_by_hand("projects/delta/project.yaml", "id: delta\n");
    stage.put_by_hand("projects/beta/tasks/ready/notes.md", "x");
    assert_eq!(stage.spawned().task, ONE);
    seen(&mut stage);
}

#[test]
fn what_lies_outside_is_waited_for_and_not_given_up() {
    let waits = CardText::new(ONE, "ready").agent("writer");
    let waits = waits.line(&format!("dependsOn: [{TWO}]")).fixture();
    let outside = CardText::new(TWO, "ready").agent("sleeper").fixture();
    let outside = outside.replace("projects/alpha", "projects/beta");
    let mut stage = Stage::with(&[waits, outside].concat());
    stage.narrow_to(&["alpha"]).kill_and_reopen();
    stage.poll();
    assert_eq!(
        stage.status(ONE),
        "ready",
        "the other task may well be on its way"
    );
    let reason = stage.explain(ONE)["reasons"][0].to_string();
    assert!(reason.contains(TWO), "{reason}");
}
