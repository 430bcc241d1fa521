//! Answers for scripts and the reasons behind decisions.

use serde_json::Value;

use super::stand::Stand;

#[test]
fn every_looking_command_gives_one_json_object_under_a_noun() {
    let stand = Stand::idle();
    let id = stand.task(&["Something"]);
    let commands: [(&[&str], &str); 8] = [
        (&["board"], "board"),
        (&["task", "list"], "list"),
        (&["task", "show", &id], "task"),
        (&["explain", &id], "decision"),
        (&["events"], "events"),
        (&["usage"], "usage"),
        (&["tools"], "tools"),
        (&["poll", "--dry-run"], "poll"),
    ];
    for (command, noun) in commands {
        let mut arguments = command.to_vec();
        arguments.push("--json");
        let said = stand.aof(&arguments).ok();
        assert!(said.json().get(noun).is_some(), "{command:?}: {}", said.out);
        assert!(said.err.is_empty(), "{command:?}: {}", said.err);
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let stand = Stand::with_agent("exit 0");
    let id = stand.task(&["Something", "-a", "worker"]);
    let before = stand.ls();
    let answer = stand.aof(&["poll", "--dry-run", "--json"]).ok().json();
    assert_eq!(answer["poll"]["dryRun"], true);
    assert_eq!(answer["poll"]["actions"][0]["task"], id.as_str());
    assert_eq!(answer["poll"]["actions"][0]["agent"], "worker");
    assert_eq!(stand.ls(), before);
}

#[test]
fn explain_names_the_open_dependency() {
    let stand = Stand::with_agent("exit 0");
    let first = stand.task(&["First", "-a", "worker"]);
    let second = stand.task(&["Second", "-a", "worker", "--depends-on", &first]);
    let answer = stand.aof(&["explain", &second, "--json"]).ok().json();
    assert_eq!(answer["decision"]["verdict"], "waiting");
    assert_eq!(answer["decision"]["dependencies"][0]["id"], first.as_str());
    let said = stand.aof(&["explain", &second]).ok();
    assert!(said.out.contains("it waits"), "{}", said.out);
    assert!(said.out.contains("DEPENDS ON"), "{}", said.out);
}

#[test]
fn tools_come_with_their_schemas() {
    let answer = Stand::idle().aof(&["tools", "--json"]).ok().json();
    let tools = answer["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 25);
    for tool in tools {
        assert!(tool["name"].as_str().unwrap().starts_with("aof_"));
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert!(tool["annotations"]["readOnlyHint"].is_boolean(), "{tool}");
    }
}

#[test]
fn events_tell_who_did_what() {
    let stand = Stand::idle();
    let id = stand.task(&["Something"]);
    let answer = stand.aof(&["events", "--task", &id, "--json"]).ok().json();
    let kinds: Vec<&str> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["type"].as_str())
        .collect();
    assert!(kinds.contains(&"task.created"), "{kinds:?}");
    assert_eq!(answer["next"], Value::Null);
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let stand = Stand::idle();
    stand.task(&["Something"]);
    let is_coloured = |arguments: &[&str]| stand.aof(arguments).ok().out.contains('\u{1b}');
    assert!(!is_coloured(&["board"]));
    assert!(is_coloured(&["board", "--color", "always"]));
    assert!(!is_coloured(&["board", "--color", "never"]));
    assert!(!is_coloured(&["board", "--color", "always", "--json"]));
}
