//! Agents that do well, and agents that do not.

use super::stand::Stand;

#[test]
fn an_agent_reads_its_card_and_completes_its_task() {
    let stand = Stand::with_agent(
        "mkdir -p outputs && grep -c . \"$AOF_CARD\" >outputs/lines.txt && pwd >outputs/where.txt\n\
         aof task complete \"$AOF_TASK_ID\" --summary 'counted'",
    );
    let id = stand.task(&["Count the lines", "-a", "worker"]);
    let said = stand.aof(&["run", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stand.state(&id).0, "done");
    let work = format!("projects/_inbox/work/{id}");
    assert!(
        stand
            .read(&format!("{work}/outputs/lines.txt"))
            .trim()
            .parse::<u32>()
            .unwrap()
            > 5
    );
    assert!(
        stand
            .read(&format!("{work}/outputs/where.txt"))
            .trim()
            .ends_with(&work)
    );
    let outputs = said.json()["run"]["outputs"].as_array().unwrap().len();
    assert_eq!(outputs, 2);
}

#[test]
fn role_and_team_find_the_agent() {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\" --summary \"$AOF_AGENT_ID\"");
    stand.task(&["By role", "-r", "doer"]);
    stand.task(&["By team", "-t", "crew"]);
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(stand.ls()["done"].len(), 2);
    assert!(
        said.out.ends_with("at rest: 2 of 2 tasks done\n"),
        "{}",
        said.out
    );
}

#[test]
fn a_missing_program_is_named_and_nothing_hangs() {
    let stand = Stand::with_agent("exit 0");
    stand.settings("agents/nobody-{agent}.sh", 1);
    let id = stand.task(&["Hopeless", "-a", "worker"]);
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 5, "{said:?}");
    let (status, reason) = stand.state(&id);
    assert!(
        ["blocked", "deadletter"].contains(&status.as_str()),
        "{status}: {reason}"
    );
    assert!(reason.contains("nobody-worker.sh"), "{reason}");
    assert!(said.out.contains("nobody-worker.sh"), "{}", said.out);
}

#[test]
fn an_agent_that_exits_without_completing_is_given_up_after_its_chances() {
    let script = "echo \"$AOF_RUN_ID\" >>\"$AOF_DATA_DIR/ledger\"; echo sorry; exit 0";
    let stand = Stand::with_agent(script);
    stand.settings("agents/{agent}.sh", 2);
    let id = stand.task(&["Silent", "-a", "worker"]);
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 5, "{said:?}");
    let (status, reason) = stand.state(&id);
    assert_eq!(status, "deadletter", "{reason}");
    assert!(!reason.is_empty());
    assert_eq!(
        stand.read("ledger").lines().count(),
        2,
        "one run for each chance"
    );
}

#[test]
fn an_agent_that_shows_no_work_at_all_has_one_chance() {
    let stand = Stand::with_agent("echo \"$AOF_RUN_ID\" >>\"$AOF_DATA_DIR/ledger\"; exit 0");
    stand.settings("agents/{agent}.sh", 2);
    let id = stand.task(&["Silent", "-a", "worker"]);
    stand.aof(&["run"]);
    let (status, reason) = stand.state(&id);
    assert_eq!(status, "deadletter", "{reason}");
    assert!(reason.contains("model_silent_failure"), "{reason}");
    assert_eq!(stand.read("ledger").lines().count(), 1);
}

#[test]
fn an_agent_that_outlives_its_timeout_is_ended() {
    let stand = Stand::with_agent("echo $$ >\"$AOF_DATA_DIR/pid\"; sleep 300; touch survived");
    let id = stand.task(&["Endless", "-a", "worker", "--timeout", "1s"]);
    let said = stand.aof(&["run"]);
    assert_eq!(said.code, 5, "{said:?}");
    let (status, reason) = stand.state(&id);
    assert_eq!(status, "deadletter", "{reason}");
    assert!(reason.contains("limit"), "{reason}");
    let pid = stand.read("pid").trim().to_owned();
    assert!(
        !std::path::Path::new("/proc").join(pid).exists(),
        "the agent still runs"
    );
}

#[test]
fn an_agent_cannot_finish_the_task_of_another() {
    let stand = Stand::with_agent(
        "aof task complete \"$(cat \"$AOF_DATA_DIR/other\")\" --json >\"$AOF_DATA_DIR/said\"\n\
         echo $? >\"$AOF_DATA_DIR/code\"\n\
         aof task complete \"$AOF_TASK_ID\"",
    );
    let other = stand.task(&["Somebody else's"]);
    stand.write("other", &other);
    stand
        .aof(&["task", "block", &other, "--reason", "not now"])
        .ok();
    stand.task(&["Mine", "-a", "worker"]);
    stand.aof(&["run"]);
    assert_eq!(stand.read("code").trim(), "3", "{}", stand.read("said"));
    assert!(
        stand.read("said").contains("\"AOF-2"),
        "{}",
        stand.read("said")
    );
    assert_eq!(stand.state(&other).0, "blocked");
}

#[test]
fn an_agent_gets_nothing_of_the_environment_but_what_is_listed() {
    let stand = Stand::with_agent("env >\"$AOF_DATA_DIR/env\"; aof task complete \"$AOF_TASK_ID\"");
    stand.task(&["Look around", "-a", "worker"]);
    super::stand::say(stand.command(&["run"]).env("SECRET_TOKEN", "hush")).ok();
    let env = stand.read("env");
    assert!(
        env.contains("AOF_AGENT_ID=worker") && env.contains("AOF_SOCKET="),
        "{env}"
    );
    assert!(!env.contains("SECRET_TOKEN"), "{env}");
}

#[test]
fn without_a_daemon_poll_after_poll_gets_the_work_done() {
    let stand = Stand::with_agent("aof task complete \"$AOF_TASK_ID\" --summary alone");
    let id = stand.task(&["By hand", "-a", "worker"]);
    let answer = stand.aof(&["poll", "--json"]).ok().json();
    assert_eq!(answer["poll"]["actions"][0]["kind"], "dispatch");
    super::stand::wait_for("the agent to finish without a daemon", || {
        stand.ls().contains_key("done").then_some(())
    });
    assert_eq!(stand.state(&id).0, "done");
}

#[test]
fn what_a_program_leaves_in_its_run_directory_is_counted_and_shown() {
    let stand = Stand::with_agent(
        "echo '{\"model\": \"large\", \"inputTokens\": 1200, \"outputTokens\": 80, \
          \"costMicros\": 45000}' >\"$AOF_RUN_DIR/usage.json\"\n\
         aof task complete \"$AOF_TASK_ID\" --summary 'counted'",
    );
    let id = stand.task(&["Count", "-a", "worker"]);
    assert_eq!(stand.aof(&["run"]).code, 0);
    insta::assert_snapshot!(stand.aof(&["usage"]).ok().out, @r"
    USAGE in all
      AGENT   RUNS  INPUT  OUTPUT  COST
      worker  1     1200   80      0.045000
      total   1     1200   80      0.045000
    ");
    let by = ["usage", "--by", "model", "--since", "month", "--json"];
    let answer = stand.aof(&by).ok().json();
    assert_eq!(answer["usage"]["rows"][0]["name"], "large");
    assert_eq!(answer["usage"]["window"], "month");
    for command in [&["task", "show", &id][..], &["explain", &id]] {
        let said = stand.aof(command).ok().out;
        let used = "1200 tokens read, 80 written, cost 0.045000";
        assert!(said.contains(used), "{said}");
    }
    let wrong = stand.aof(&["usage", "--by", "agnet"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
}
