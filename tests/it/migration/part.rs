//! What becomes of each part of a store.

use std::collections::BTreeMap;

use aof_core::caller::{Caller, Context};
use aof_core::instant::Instant;
use aof_engine::Config;
use aof_tests::native::engine;

use super::stand::{Old, SETTINGS, SHARED, card, files, migrate, planned};

fn migrated() -> BTreeMap<String, String> {
    let disk = Old::new().disk();
    migrate(&disk, usize::MAX).expect("migrates");
    files(&disk)
}

#[test]
fn a_migrated_store_opens_with_nothing_set_aside_but_what_was_broken() {
    let disk = Old::new().disk();
    migrate(&disk, usize::MAX).expect("migrates");
    let mut engine = engine(Box::new(disk.store()));
    let now = Instant::parse("2026-02-02T10:00:00Z").expect("a time");
    let ctx = Context {
        now,
        entropy: (1, 2),
        caller: Caller::Host,
    };
    let opened = engine.open(&ctx, &Config::default()).expect("opens");
    let aside: Vec<_> = opened
        .quarantined
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        aside,
        ["Projects/alpha/tasks/ready/TASK-2026-02-01-nnnnnnnn.md"]
    );
    assert_eq!(opened.repaired, Vec::<String>::new());
}

#[test]
fn tasks_in_progress_are_settled_by_what_their_agents_reported() {
    let files = migrated();
    for (id, project, status) in [
        ("TASK-2026-02-01-bbbbbbbb", "_inbox", "ready"),
        ("TASK-2026-02-01-cccccccc", "alpha", "review"),
        ("TASK-2026-02-01-dddddddd", "alpha", "blocked"),
        ("TASK-2026-02-01-eeeeeeee", "alpha", "ready"),
        ("TASK-2026-02-01-ffffffff", "alpha", "done"),
    ] {
        let path = format!("Projects/{project}/tasks/{status}/{id}.md");
        let card = files
            .get(&path)
            .unwrap_or_else(|| panic!("{path} is missing"));
        assert!(card.contains(&format!("status: {status}\n")), "{card}");
        assert!(!card.contains("lease:"), "{card}");
    }
}

#[test]
fn a_run_becomes_a_record_and_keeps_the_old_ones_beside_it() {
    let files = migrated();
    let of_task = |id: &str| -> Vec<&str> {
        let part = format!("/runs/{id}/");
        let paths = files.keys().filter(|path| path.contains(&part));
        paths
            .filter_map(|path| Some(path.split_once(&part)?.1.split_once('/')?.1))
            .collect()
    };
    let all = [
        "run.json",
        "v1/run.json",
        "v1/run_heartbeat.json",
        "v1/run_result.json",
    ];
    assert_eq!(of_task("TASK-2026-02-01-cccccccc"), all);
    let record = files.iter().find(|(path, _)| {
        path.contains("runs/TASK-2026-02-01-cccccccc/") && !path.contains("/v1/")
    });
    let (_, record) = record.expect("a record");
    assert!(record.contains("\"outcome\": \"completed\""), "{record}");
    assert!(record.contains("\"reason\": \"as told\""), "{record}");
    // and one that belongs to no task is put aside
    assert!(files.contains_key("legacy/v1/state/runs/TASK-2026-02-01-zzzzzzzz/run.json"));
}

#[test]
fn an_id_that_projects_share_is_given_to_one_of_them() {
    let files = migrated();
    // the root's task keeps it, and so do those that depend on it
    assert!(files.contains_key(&format!("Projects/_inbox/tasks/ready/{SHARED}.md")));
    let follower = &files["Projects/_inbox/tasks/backlog/TASK-2026-01-05-002.md"];
    assert!(follower.contains(&format!("- {SHARED}\n")), "{follower}");
    // beta's gets another one, which its follower, its files and its run know
    let from = format!("migratedFrom: Projects/beta/tasks/ready/{SHARED}.md");
    let (path, _) = files
        .iter()
        .find(|(path, card)| path.contains("/tasks/") && card.contains(&from))
        .expect("a renumbered card");
    let new = path
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".md"))
        .expect("a name");
    assert_ne!(new, SHARED);
    let follower = &files["Projects/beta/tasks/backlog/TASK-2026-01-05-003.md"];
    assert!(follower.contains(&format!("- {new}\n")), "{follower}");
    assert!(files.contains_key(&format!("Projects/beta/work/{new}/inputs/brief.md")));
    assert!(
        files
            .keys()
            .any(|path| path.starts_with(&format!("Projects/beta/runs/{new}/")))
    );
}

#[test]
fn what_a_person_wrote_into_a_card_survives() {
    let files = migrated();
    let path = "Projects/beta/tasks/backlog/TASK-2026-01-05-003.md";
    assert!(
        files[path].contains("mine: # a note\n  - kept\n"),
        "{}",
        files[path]
    );
    assert!(files[path].contains("project: beta\n"), "{}", files[path]);
    let original = &files[&format!("state/migrate/original/{path}")];
    assert!(original.contains("project: data\n"), "{original}");
}

#[test]
fn names_that_the_host_gave_become_names_of_the_chart() {
    let files = migrated();
    let card = &files["Projects/alpha/tasks/ready/TASK-2026-02-01-eeeeeeee.md"];
    assert!(card.contains("agent: developer\n"), "{card}");
    assert!(card.contains("attempts: 1\n"), "{card}");
    let done = &files["Projects/_inbox/tasks/done/TASK-2026-02-01-aaaaaaaa.md"];
    assert_eq!(*done, self::card("TASK-2026-02-01-aaaaaaaa", "done", ""));
}

#[test]
fn a_task_that_the_dispatcher_blocked_is_tried_again() {
    let files = migrated();
    let card = &files["Projects/alpha/tasks/blocked/TASK-2026-02-01-gggggggg.md"];
    assert!(
        card.contains("retryAt: \"2026-02-01T09:00:00.000Z\""),
        "{card}"
    );
    let by_hand = &files["Projects/alpha/tasks/blocked/TASK-2026-02-01-hhhhhhhh.md"];
    assert!(!by_hand.contains("retryAt"), "{by_hand}");
    assert!(!by_hand.contains("lease:"), "{by_hand}");
}

#[test]
fn of_two_copies_the_later_one_stays_and_the_other_is_kept() {
    let files = migrated();
    assert!(files.contains_key("Projects/alpha/tasks/review/TASK-2026-02-01-kkkkkkkk.md"));
    assert!(!files.contains_key("Projects/alpha/tasks/ready/TASK-2026-02-01-kkkkkkkk.md"));
    let aside = "legacy/v1/Projects/alpha/tasks/ready/TASK-2026-02-01-kkkkkkkk.md";
    assert!(files.contains_key(aside));
}

#[test]
fn a_card_lies_where_its_frontmatter_says_as_aof_1_has_it() {
    let files = migrated();
    assert!(files.contains_key("Projects/alpha/tasks/ready/TASK-2026-02-01-mmmmmmmm.md"));
}

#[test]
fn files_of_tasks_and_logs_move_and_others_stay() {
    let files = migrated();
    let work = "Projects/_inbox/work/TASK-2026-02-01-aaaaaaaa/outputs";
    assert_eq!(files[&format!("{work}/summary.md")], "what was done");
    assert_eq!(files[&format!("{work}/deep/er.bin")], "bytes");
    assert!(files.contains_key("legacy/v1/events/2026-02-01.jsonl"));
    assert!(files.contains_key("legacy/v1/events/events.jsonl"));
    assert!(files.contains_key("Projects/alpha/views/kanban/ready/x.md"));
    assert!(files.contains_key("memory.db"));
    assert_eq!(files["aof.yaml"], SETTINGS);
}

#[test]
fn nothing_that_somebody_made_is_lost() {
    let before = files(&Old::new().disk());
    let after: Vec<String> = migrated().into_values().collect();
    for (path, content) in before {
        assert!(after.contains(&content), "{path} is nowhere");
    }
}

#[test]
fn a_broken_card_is_reported_with_its_place_and_left_alone() {
    let disk = Old::new().disk();
    let plan = planned(&disk);
    let path = "Projects/alpha/tasks/ready/TASK-2026-02-01-nnnnnnnn.md";
    let want = plan
        .wants
        .iter()
        .find(|want| want.place.starts_with(path))
        .expect("it is told");
    assert!(want.place.len() > path.len(), "no line: {}", want.place);
    assert!(plan.steps.iter().all(|step| step.from != path));
}

#[test]
fn a_store_of_this_version_is_left_alone() {
    let mut old = Old::empty();
    old.put("aof.yaml", SETTINGS);
    // a person works on it herself
    let by_hand = card("TASK-2026-02-01-bbbbbbbb", "in-progress", "");
    old.put(
        "projects/alpha/tasks/in-progress/TASK-2026-02-01-bbbbbbbb.md",
        &by_hand,
    );
    old.put(
        "projects/alpha/work/TASK-2026-02-01-bbbbbbbb/outputs/x",
        "x",
    );
    old.put(
        "events/2026-02-01.jsonl",
        "{\"schema\":1,\"eventId\":\"1\"}\n",
    );
    let plan = planned(&old.disk());
    assert!(
        plan.is_store && plan.is_empty() && plan.wants.is_empty(),
        "{plan:#?}"
    );
}

#[test]
fn a_directory_of_something_else_is_no_store() {
    let mut other = Old::empty();
    other.put("notes/a.md", "a");
    assert!(!planned(&other.disk()).is_store);
}

#[test]
fn a_file_in_the_way_is_not_overwritten() {
    let mut old = Old::new();
    let work = "Projects/_inbox/work/TASK-2026-02-01-aaaaaaaa/outputs/summary.md";
    old.put(work, "somebody else's");
    let disk = old.disk();
    migrate(&disk, usize::MAX).expect("migrates");
    let files = files(&disk);
    assert_eq!(files[work], "somebody else's");
    let aside = "legacy/v1/tasks/done/TASK-2026-02-01-aaaaaaaa/outputs/summary.md";
    assert_eq!(files[aside], "what was done");
}
