//! `aof inbox`: what waits for a person, and the commands that decide it.

use serde_json::Value;

use super::stand::{Stand, redact};

/// A person's role, an agent whose work is looked at, and one whose work is not.
const CHART: &str = "\
schemaVersion: 1
agents:
  - {id: worker, name: Worker}
  - {id: junior, name: Junior, policies: {tasking: {requiresReview: true}}}
roles:
  boss: {agents: [worker], requireHuman: true}
routing:
  - {matchTags: [law], targetRole: boss}
";

/// A vote of a person, and what a person decides by the votes.
const PANEL: &str = "\
name: panel
hops:
- {id: ada, kind: human}
- {id: bob, kind: human}
- id: verdict
  kind: decide
  dependsOn: [ada, bob]
  decide: {consensus: human_review, options: [approve, reject]}
";

const PICK: &str = "\
name: paint
hops:
- {id: look, kind: human}
- {id: pick, kind: human, role: boss, dependsOn: [look], canReject: true,
   description: Which colour shall it have?}
- {id: red, kind: human, dependsOn: [{hop: pick, on: [dark-red]}]}
- {id: blue, kind: human, dependsOn: [{hop: pick, on: [blue, success]}]}
";

fn stand() -> Stand {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\" --summary 'It is built.'");
    std::fs::copy(
        stand.data().join("agents/worker.sh"),
        stand.data().join("agents/junior.sh"),
    )
    .unwrap();
    stand.write("org/org-chart.yaml", CHART);
    stand
}

/// A task with this workflow, which has begun.
fn carries(stand: &Stand, title: &str, workflow: &str) -> String {
    let path = stand.home().join("w.yaml");
    std::fs::write(&path, workflow).unwrap();
    let task = stand.task(&[title, "--workflow", path.to_str().unwrap()]);
    stand.aof(&["poll"]).ok();
    task
}

/// The card of a hop.
fn card(stand: &Stand, task: &str, hop: usize) -> String {
    let shown = stand.aof(&["task", "show", task, "--json"]).ok().json();
    let card = shown["task"]["workflow"]["hops"][hop]["task"].as_str();
    card.unwrap().to_owned()
}

fn inbox(stand: &Stand) -> Value {
    stand.aof(&["inbox", "--json"]).ok().json()["inbox"].clone()
}

/// What is shown, each task by its number in the list of them.
fn shown(stand: &Stand, tasks: &[&str]) -> String {
    let mut text = stand.aof(&["inbox"]).ok().out;
    for (number, task) in tasks.iter().enumerate() {
        text = text.replace(task, &format!("T{number}"));
    }
    if let Some(who) = inbox(stand)["items"][0]["before"][0]["by"].as_str() {
        text = text.replace(&format!("  {who}"), "  SOMEBODY");
    }
    redact(&text)
}

/// Carries out a command as it is shown.
fn carry_out(stand: &Stand, command: &str) {
    let command = command.replace("TEXT", "'it is so'");
    let aof = super::stand::binary();
    let script = command.replace("aof ", &format!("{} ", aof.display()));
    let mut shell = std::process::Command::new("sh");
    let own = stand.command(&[]);
    shell.env_clear();
    for (name, value) in own.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell.arg("-c").arg(script).current_dir(stand.data());
    let said = super::stand::say(&mut shell);
    assert_eq!(said.code, 0, "{command}: {said:?}");
}

#[test]
fn where_nothing_waits_that_is_said() {
    let stand = Stand::idle();
    stand.task(&["Somebody else's", "--role", "doer"]);
    assert_eq!(
        stand.aof(&["inbox"]).ok().out,
        "nothing waits for a person\n"
    );
    assert_eq!(inbox(&stand), serde_json::json!({"count": 0, "items": []}));
}

#[test]
fn questions_are_shown_with_what_is_known_and_the_answers_there_are() {
    let stand = stand();
    let task = carries(&stand, "Paint it", PICK);
    carry_out(&stand, &format!("aof approve {task} --notes 'It is grey.'"));
    let pick = card(&stand, &task, 1);
    insta::assert_snapshot!(shown(&stand, &[&task, &pick]), @r"
    1 task waits for a person

    T1  pick: Paint it
      since DATE TIME  role boss decides: hop pick of T0
      Which colour shall it have?
      look  success  SOMEBODY  It is grey.
        aof approve T1
        aof reject T1 --notes TEXT
        aof choose T1 blue
        aof choose T1 dark-red
    ");
    // And a decision with the votes
    carry_out(&stand, &format!("aof choose {pick} dark-red"));
    carry_out(&stand, &format!("aof task cancel {task} --reason TEXT"));
    let task = carries(&stand, "Judge it", PANEL);
    let (ada, bob) = (card(&stand, &task, 0), card(&stand, &task, 1));
    let vote = "{\"verdict\": \"approve\", \"confidence\": 0.9}";
    carry_out(
        &stand,
        &format!("echo '{vote}' | aof task complete {ada} --notes 'I like it.' --result -"),
    );
    let vote = "{\"verdict\": \"reject\", \"confidence\": 0.5}";
    carry_out(
        &stand,
        &format!("echo '{vote}' | aof task complete {bob} --result -"),
    );
    let verdict = card(&stand, &task, 2);
    insta::assert_snapshot!(shown(&stand, &[&task, &verdict]), @r"
    1 task waits for a person

    T1  verdict: Judge it
      since DATE TIME  a decision: hop verdict of T0
      a person decides, led by ada (0.7)
      ada  success  SOMEBODY  approve (0.9)  I like it.
      bob  success  SOMEBODY  reject (0.5)
        aof approve T1
        aof reject T1 --notes TEXT
        aof choose T1 ada
        aof choose T1 bob
    ");
    carry_out(&stand, &format!("aof choose {verdict} bob"));
    assert_eq!(stand.state(&task).0, "done");
    assert_eq!(inbox(&stand)["count"], 0);
}

#[test]
fn what_was_handed_in_and_what_no_agent_may_take_is_shown_the_oldest_first() {
    let stand = stand();
    let first = stand.task(&["Weigh the pig", "--agent", "junior"]);
    stand.aof(&["run"]);
    let task = carries(
        &stand,
        "Build it",
        "name: b\nhops:\n- {id: make, agent: worker, autoAdvance: false, description: Make it.}\n",
    );
    let run = stand.aof(&["run"]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(
        run.out
            .contains("\n  `aof inbox` shows what waits for you\n"),
        "{}",
        run.out
    );
    let signed = stand.task(&["Sign it", "--role", "boss"]);
    let law = stand.task(&["Read the law", "--tag", "law"]);
    let make = card(&stand, &task, 0);
    insta::assert_snapshot!(shown(&stand, &[&first, &task, &make, &signed, &law]), @r"
    4 tasks wait for a person, the oldest first

    T0  Weigh the pig
      since DATE TIME  handed in by junior, to be looked at
      projects/_inbox/work/T0
        aof task complete T0
        aof task block T0 --reason TEXT && aof task unblock T0

    T2  make: Build it
      since DATE TIME  handed in by worker, to be looked at: hop make of T1
      Make it.
      It is built.
      projects/_inbox/work/T1/work/make
        aof approve T2
        aof reject T2 --notes TEXT

    T3  Sign it
      since DATE TIME  for role boss, and no agent does it
        aof task complete T3 --summary TEXT
        aof task block T3 --reason TEXT

    T4  Read the law
      since DATE TIME  no agent does it
        aof task complete T4 --summary TEXT
        aof task block T4 --reason TEXT
    ");
    // And every command does what it is shown for
    let items = inbox(&stand)["items"].as_array().cloned().unwrap();
    let last = |item: &Value| item["commands"].as_array().unwrap().last().unwrap().clone();
    for item in &items {
        carry_out(&stand, last(item).as_str().unwrap());
    }
    assert_eq!(stand.state(&first).0, "ready");
    assert_eq!(stand.state(&make).0, "done");
    assert_eq!(stand.state(&signed).1, "it is so");
    stand.aof(&["run"]);
    for task in [&signed, &law] {
        stand.aof(&["task", "unblock", task]).ok();
    }
    let items = inbox(&stand)["items"].as_array().cloned().unwrap();
    assert_eq!(items.len(), 4);
    for item in &items {
        carry_out(&stand, item["commands"][0].as_str().unwrap());
    }
    assert_eq!(inbox(&stand)["count"], 0);
    assert!(!stand.aof(&["run"]).out.contains("aof inbox"));
}

#[test]
fn it_shows_as_many_as_are_asked_for_of_the_project_that_is_asked_for() {
    let stand = stand();
    stand.aof(&["project", "create", "press"]).ok();
    let other = stand.task(&["Elsewhere", "--role", "boss", "--project", "press"]);
    let first = stand.task(&["First", "--role", "boss"]);
    stand.task(&["Second", "--role", "boss"]);
    let ids = |arguments: &[&str]| {
        let shown = stand
            .aof(&[&["inbox", "--json"], arguments].concat())
            .ok()
            .json();
        let items = shown["inbox"]["items"].as_array().cloned().unwrap();
        let ids = items
            .iter()
            .map(|it| it["task"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>(), shown["inbox"]["count"].clone())
    };
    assert_eq!(
        ids(&["--limit", "2"]),
        (vec![other.clone(), first], 3.into())
    );
    assert_eq!(ids(&["--project", "press"]), (vec![other], 1.into()));
    assert_eq!(stand.aof(&["inbox", "--project", "nowhere"]).code, 3);
    assert_eq!(stand.aof(&["inbox", "--limit", "0"]).code, 2);
}

/// Its task cannot be read: the question is shown all the same.
#[test]
fn a_hop_of_a_card_that_cannot_be_read_is_shown_without_its_question() {
    let stand = stand();
    let task = carries(&stand, "Paint it", PICK);
    carry_out(&stand, &format!("aof approve {task}"));
    let pick = card(&stand, &task, 1);
    let path = format!("projects/_inbox/tasks/in-progress/{task}.md");
    let text = stand.read(&path);
    stand.write(&path, &text.replace("status: in-progress", "status: [oh"));
    let items = inbox(&stand)["items"].as_array().cloned().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["task"], Value::from(pick.as_str()));
    assert_eq!(items[0]["question"], Value::Null);
    assert_eq!(
        items[0]["commands"],
        serde_json::json!([format!("aof approve {pick}")])
    );
}
