//! Making a data directory, and not having one.

use std::os::unix::process::CommandExt;

use super::stand::{Stand, binary, say};

#[test]
fn init_says_what_it_made() {
    let stand = Stand::bare();
    let said = stand.aof(&["init", "data"]).ok();
    insta::assert_snapshot!(said.out, @r"
    data
      made  org/
      made  events/
      made  state/
      made  projects/_inbox/work/
      made  projects/_inbox/runs/
      made  projects/_inbox/tasks/backlog/
      made  projects/_inbox/tasks/ready/
      made  projects/_inbox/tasks/in-progress/
      made  projects/_inbox/tasks/blocked/
      made  projects/_inbox/tasks/review/
      made  projects/_inbox/tasks/done/
      made  projects/_inbox/tasks/cancelled/
      made  projects/_inbox/tasks/deadletter/
      made  org/org-chart.yaml
      made  projects/_inbox/project.yaml
      made  aof.yaml

    next: say who works in org/org-chart.yaml and how they are started in aof.yaml,
    then `aof task create TITLE` and `aof run`; or see it all at work with `aof demo`
    ");
}

#[test]
fn every_template_is_in_order() {
    for template in ["minimal", "full", "sdlc"] {
        let stand = Stand::bare();
        stand
            .aof(&["init", "data", "--template", template, "--yes"])
            .ok();
        let document = stand.aof(&["org", "lint", "--json"]).ok().json();
        let lint = &document["lint"];
        assert_eq!(lint["template"], template);
        let findings = lint["findings"].as_array().unwrap();
        let broken: Vec<_> = findings
            .iter()
            .filter(|it| it["rule"] != "no-effect")
            .collect();
        assert!(broken.is_empty(), "{template}: {broken:?}");
        assert!(lint["counts"]["agents"].as_u64().unwrap() > 0);
    }
}

#[test]
fn a_chart_is_made_of_the_gateways_agents() {
    let stand = Stand::bare();
    let list = stand.home().join("agents.json");
    let agents = r#"note: x
        [{"id": "main", "identityName": "Main: \"M\"", "model": "m"},
         {"id": "agent:two/2", "active": false}, {"id": "agent-two-2"}]"#;
    std::fs::write(&list, agents).unwrap();
    let list = list.to_str().unwrap();
    stand.aof(&["init", "data", "--agents", list]).ok();
    insta::assert_snapshot!(stand.read("org/org-chart.yaml"), @r#"
    # Made of the agents that the gateway listed. Say in which teams and roles they work;
    # `aof init --prompt` prints a text with which one of them helps you.
    schemaVersion: 1

    agents:
      - id: main
        openclawAgentId: "main"
        name: "Main: \"M\""
        team: everybody
        capabilities:
          model: "m"

      - id: agent-two-2
        openclawAgentId: "agent:two/2"
        name: "agent:two/2"
        team: everybody
        active: false

      - id: agent-two-2-2
        openclawAgentId: "agent-two-2"
        name: "agent-two-2"
        team: everybody

    teams:
      - id: everybody
        name: Everybody
        lead: main
    "#);
    assert_eq!(
        stand.aof(&["org", "lint"]).ok().out,
        "org/org-chart.yaml: 0 errors, 0 warnings\n"
    );
    let said = stand.aof(&["org", "drift", "--fixture", list]);
    assert!(said.out.starts_with("no drift"), "{said:?}");
    let none = stand.home().join("none.json");
    std::fs::write(&none, "{}").unwrap();
    let said = stand.aof(&[
        "init",
        "other",
        "--agents",
        none.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(
        (said.code, &said.json()["error"]["code"]),
        (3, &"AOF-1602".into())
    );
    assert!(!stand.data().join("other").exists());
}

#[test]
fn the_prompt_is_printed_and_nothing_is_made() {
    let stand = Stand::bare();
    let said = stand.aof(&["init", "--prompt"]).ok();
    assert!(said.out.contains("org/org-chart.yaml") && said.out.contains("wait for my yes"));
    assert_eq!(std::fs::read_dir(stand.home()).unwrap().count(), 0);
}

#[test]
fn init_never_overwrites() {
    let stand = Stand::new();
    stand.write("aof.yaml", "schemaVersion: 1 # mine\n");
    let answer = stand.aof(&["init", ".", "--json"]).ok().json();
    assert_eq!(answer["init"]["made"].as_array().unwrap().len(), 0);
    assert_eq!(answer["init"]["kept"].as_array().unwrap().len(), 16);
    assert_eq!(stand.read("aof.yaml"), "schemaVersion: 1 # mine\n");
}

#[test]
fn what_init_makes_is_accepted() {
    let said = Stand::new().aof(&["board"]).ok();
    insta::assert_snapshot!(said.out, @r"
    no tasks

    no tasks yet; make one with `aof task create TITLE`
    ");
}

#[test]
fn a_missing_data_directory_is_refused_with_a_hint() {
    let stand = Stand::bare();
    let said = stand.aof(&["board", "--data-dir", "/nowhere/data"]);
    assert_eq!((said.code, said.out.as_str()), (3, ""));
    insta::assert_snapshot!(said.err, @r"
    error [AOF-1601] there is no data directory at /nowhere/data
      hint make one with `aof init /nowhere/data`, or name another with --data-dir
    ");
}

#[test]
fn a_directory_without_data_is_refused_and_stays_empty() {
    let stand = Stand::bare();
    let said = stand.aof(&["task", "create", "x", "--data-dir", ".", "--json"]);
    assert_eq!(said.code, 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1601");
    assert_eq!(std::fs::read_dir(stand.home()).unwrap().count(), 0);
}

#[test]
fn the_data_directory_is_found_from_below() {
    let stand = Stand::new();
    let below = stand.data().join("projects/_inbox/tasks");
    say(stand.command(&["board"]).current_dir(below)).ok();
}

#[test]
fn init_names_the_file_that_is_in_the_way() {
    let stand = Stand::bare();
    std::fs::write(stand.home().join("file"), "").unwrap();
    let said = stand.aof(&["init", "file/data", "--json"]);
    assert_eq!(said.code, 3);
    assert_eq!(said.json()["error"]["code"], "AOF-1603");
}

#[test]
fn a_read_only_directory_can_be_looked_at_but_not_changed() {
    let stand = Stand::idle();
    let task = stand.task(&["Look at me"]);
    let Some(frozen) = Frozen::new(&stand) else {
        return;
    };
    let board = frozen.aof(&["board", "--json"]).ok();
    assert!(board.out.contains(&task));
    let said = frozen.aof(&["task", "cancel", &task, "--json"]);
    assert_ne!(said.code, 0);
    let error = &said.json()["error"];
    assert!(
        error["code"].as_str().unwrap().starts_with("AOF-4"),
        "{error}"
    );
    assert!(!error["hint"].as_str().unwrap().is_empty(), "{error}");
    drop(frozen);
    assert_eq!(stand.state(&task).0, "ready");
}

/// A data directory that cannot be written, seen by a user who is not root.
struct Frozen<'a>(&'a Stand);

impl<'a> Frozen<'a> {
    /// None where that cannot be had: the binary lies where only root can execute it.
    fn new(stand: &'a Stand) -> Option<Self> {
        let frozen = Frozen(stand);
        chmod(stand, "a+rX,a-w");
        let mut probe = frozen.command(&["--version"]);
        let can_execute = probe.output().is_ok_and(|out| out.status.success());
        if !can_execute {
            eprintln!(
                "skipped: {} cannot be executed by others",
                binary().display()
            );
        }
        can_execute.then_some(frozen)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.0.command(arguments);
        if rustix::process::geteuid().is_root() {
            command
                .uid(65_534)
                .gid(65_534)
                .env("XDG_CACHE_HOME", "/nonexistent");
        }
        command
    }

    fn aof(&self, arguments: &[&str]) -> super::stand::Said {
        say(&mut self.command(arguments))
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        chmod(self.0, "u+w");
    }
}

fn chmod(stand: &Stand, mode: &str) {
    let mut command = std::process::Command::new("chmod");
    let done = command
        .args(["-R", mode])
        .arg(stand.home())
        .status()
        .unwrap();
    assert!(done.success());
}
