//! `aof project`.

use super::stand::{Stand, say};

fn company() -> Stand {
    let stand = Stand::idle();
    stand
        .aof(&["project", "create", "house", "--title", "The house"])
        .ok();
    stand
        .aof(&[
            "project", "create", "desk", "--parent", "house", "--team", "press",
        ])
        .ok();
    stand
}

#[test]
fn projects_are_shown_as_a_tree() {
    let stand = company();
    let said = stand
        .aof(&["project", "create", "shelf", "--parent", "desk"])
        .ok();
    assert_eq!(said.out, "made  projects/shelf\n");
    let said = stand.aof(&["project", "pause", "house"]).ok();
    assert_eq!(said.out, "house is paused\n");
    insta::assert_snapshot!(stand.aof(&["project", "list"]).ok().out, @r"
    PROJECT    TITLE      STATUS  OPEN  DONE  OWNER
    _inbox     Inbox      active  0     0     worker
    house      The house  paused  0     0
      desk     desk       active  0     0     team press  `house` above it is paused
        shelf  shelf      active  0     0                 `house` above it is paused
    ");
    insta::assert_snapshot!(stand.aof(&["project", "show", "desk"]).ok().out, @r"
    desk is active
      nothing of it is dispatched: `house` above it is paused
      title    desk
      owner    team press
      part of  house
      tasks    0 open tasks, 0 finished
      folder   projects/desk
    ");
    let json = stand
        .aof(&["project", "show", "desk", "--json"])
        .ok()
        .json();
    assert_eq!(json["project"]["parentId"], "house");
    let said = stand.aof(&["project", "resume", "house", "--json"]).ok();
    assert_eq!(said.json()["project"]["status"], "active");
    let said = stand.aof(&["project", "archive", "house"]).ok();
    assert_eq!(said.out, "house is archived\n");
}

#[test]
fn lint_ends_with_a_code_of_its_own_if_something_is_wrong() {
    let stand = company();
    let said = stand.aof(&["project", "lint"]).ok();
    assert_eq!(said.out, "0 errors, 0 warnings\n");
    stand.write("projects/house/project.yaml", "id: house\nparentId: desk\n");
    let said = stand.aof(&["project", "lint", "house"]);
    assert_eq!(said.code, 6);
    insta::assert_snapshot!(said.out.replace(": the", ":\nthe"), @r"
    error hierarchy: projects/house/project.yaml `parentId`:
    the project is a part of itself, by way of `desk`
      take one `parentId` of the circle out; until then nothing of it is dispatched
    1 error, 0 warnings
    ");
}

#[test]
fn what_is_refused_says_why() {
    let stand = company();
    let said = stand.aof(&["project", "create", "house", "--title", "Another"]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("AOF-2014"), "{said:?}");
    assert_eq!(stand.aof(&["project", "show", "nowhere"]).code, 3);
}

#[test]
fn a_scope_holds_or_is_refused() {
    let stand = company();
    let list = ["project", "list", "--json", "--project-scope", "desk,house"];
    let listed = stand.aof(&list).ok().json();
    let ids: Vec<&str> = listed["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|project| project["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["desk", "house"]);
    let said = stand.aof(&[
        "task",
        "create",
        "t",
        "--brief",
        "b",
        "--project-scope",
        "desk",
    ]);
    assert_eq!(said.code, 3, "the inbox is outside: {said:?}");
    let _daemon = crate::daemon::works::serving(&stand, &[]);
    let said = say(&mut stand.command(&list));
    assert_eq!(said.code, 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1610");
}
