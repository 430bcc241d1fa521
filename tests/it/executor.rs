//! Real programs under real supervisors, and a daemon that real processes talk to.
//!
//! Nothing here sleeps for a fixed time: every wait is for a condition, with a bound.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aof_host::contract::hooks::{Ending, FailureClass, SessionEnd};
use aof_host::contract::lifecycle::AdoptedRun;
use aof_host::contract::scheduler::PollMode;
use aof_host::contract::types::{Method, SpawnEffect};
use aof_host::daemon::{Finish, ServeOptions, ServeReport, Until, serve};
use aof_host::executor::{
    Adoption, CommandExecutor, Executor, ExecutorSettings, LOG_BYTES_MAX, News, Process,
    ProcessRecord, RunFiles, Supervision, TAIL_BYTES_MAX, read_record,
};
use aof_host::gateway::{Gateway, GatewayOptions};
use aof_host::image::Image;
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// The `aof` binary beside this test's own.
fn aof() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let path = me.ancestors().nth(2).unwrap().join("aof");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p aof` first",
        path.display()
    );
    path
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A data root with one agent program in it.
struct Stage {
    root: TempDir,
}

impl Stage {
    fn with(script: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let stage = Self { root };
        stage.program("agents/a.sh", script);
        stage
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn executor_with(&self, extra: Value) -> CommandExecutor {
        let mut section = json!({"kind": "command", "program": "agents/{agent}.sh"});
        for (key, value) in extra.as_object().unwrap() {
            section[key] = value.clone();
        }
        let ExecutorSettings::Command(settings) = ExecutorSettings::parse(&section).unwrap() else {
            panic!("not a command executor");
        };
        let socket = Some(self.path().join("state/aof.sock"));
        CommandExecutor::new(settings, self.path(), socket, Supervision::by(aof())).unwrap()
    }

    fn executor(&self) -> CommandExecutor {
        self.executor_with(json!({}))
    }

    fn files(&self, run: &str) -> RunFiles {
        RunFiles::new(self.path().join(format!("projects/p/runs/T-1/{run}")))
    }

    fn work(&self, name: &str) -> PathBuf {
        self.path().join("projects/p/work/T-1").join(name)
    }

    fn supervisor(&self, run: &str) -> Process {
        let files = self.files(run);
        until("the supervisor", || {
            read_record::<ProcessRecord>(&files.process())
                .unwrap()?
                .process()
        })
    }
}

fn spawn(run: &str) -> SpawnEffect {
    SpawnEffect {
        key: run.to_owned(),
        project: "p".to_owned(),
        task: "T-1".to_owned(),
        title: "a title".to_owned(),
        run: run.to_owned(),
        attempt: 1,
        hop: None,
        agent: "a".to_owned(),
        method: Method::Spawn,
        session_key: None,
        card_path: "projects/p/tasks/in-progress/T-1.md".to_owned(),
        work_dir: "projects/p/work/T-1".to_owned(),
        run_dir: format!("projects/p/runs/T-1/{run}"),
        timeout_ms: 60_000,
        prompt: "do it".to_owned(),
    }
}

fn adopted(run: &str) -> AdoptedRun {
    let SpawnEffect {
        project,
        task,
        run,
        agent,
        run_dir,
        ..
    } = spawn(run);
    AdoptedRun {
        project,
        task,
        run,
        agent,
        session: None,
        run_dir,
    }
}

fn end_of(executor: &mut CommandExecutor) -> SessionEnd {
    until("the end of the run", || {
        executor.news().into_iter().find_map(|news| match news {
            News::Ended { end, .. } => Some(end),
            _ => None,
        })
    })
}

fn lives(pid_file: &Path) -> bool {
    let pid = std::fs::read_to_string(pid_file).unwrap();
    Process::find(pid.trim().parse().unwrap()).is_some_and(|process| process.lives())
}

fn gone(pid_file: &Path) {
    until("the end of a process", || (!lives(pid_file)).then_some(()));
}

fn written(path: &Path) -> String {
    until("a file of the agent", || {
        std::fs::read_to_string(path)
            .ok()
            .filter(|text| text.ends_with('\n'))
    })
}

#[test]
fn an_agent_runs_in_its_work_directory_and_its_output_is_kept() {
    let stage = Stage::with("pwd; echo \"$1 $2\"; cat \"$AOF_PROMPT_FILE\"; echo oops >&2; exit 7");
    let mut executor = stage.executor_with(json!({"arguments": ["--task={task}", "{run}"]}));
    let session = executor.start(&spawn("R1")).unwrap();
    assert_eq!((session.as_str(), executor.live()), ("command-R1", 1));
    let end = end_of(&mut executor);
    assert!(matches!(end.ending, Ending::Exited(7)), "{end:?}");
    let work = stage.work("").canonicalize().unwrap();
    let expected = format!("{}\n--task=T-1 R1\ndo itoops", work.display());
    assert_eq!(end.output_tail, expected);
    let log = std::fs::read_to_string(stage.files("R1").output()).unwrap();
    assert_eq!(log.trim_end(), expected);
    assert_eq!(executor.live(), 0);
}

#[test]
fn the_environment_holds_what_is_allowed_and_nothing_else() {
    let stage =
        Stage::with("/usr/bin/env -0 | /usr/bin/tr '\\0' '\\n' | /usr/bin/sort >env; echo >>env");
    let mut executor = stage.executor_with(json!({"environment": ["PATH"]}));
    executor.start(&spawn("R1")).unwrap();
    assert!(matches!(end_of(&mut executor).ending, Ending::Exited(0)));
    let text = written(&stage.work("env"));
    let names: Vec<&str> = text
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    // PWD, SHLVL and _ are made by the shell.
    let ours = names
        .into_iter()
        .filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    let expected = [
        "AOF_AGENT_ID",
        "AOF_CARD",
        "AOF_DATA_DIR",
        "AOF_PROJECT",
        "AOF_PROMPT_FILE",
        "AOF_RUN_DIR",
        "AOF_RUN_ID",
        "AOF_SOCKET",
        "AOF_TASK_ID",
        "AOF_WORK_DIR",
        "PATH",
    ];
    assert_eq!(ours.collect::<Vec<_>>(), expected);
    let root = stage.path().canonicalize().unwrap();
    assert!(text.contains(&format!("AOF_DATA_DIR={}\n", root.display())));
    assert!(text.contains("AOF_TASK_ID=T-1\n") && text.contains("AOF_RUN_ID=R1\n"));
    let spec = std::fs::read_to_string(stage.files("R1").spec()).unwrap();
    let path = std::env::var("PATH").unwrap();
    assert!(
        !spec.contains(&path),
        "values of the environment stay off the disk"
    );
}

#[test]
fn a_program_that_cannot_be_run_is_a_permanent_failure_before_anything_starts() {
    let stage = Stage::with("exit 0");
    let refusal = |program: &str| {
        let mut executor = stage.executor_with(json!({"program": program}));
        let failure = executor.start(&spawn("R1")).unwrap_err();
        assert_eq!(
            (failure.class, executor.live()),
            (FailureClass::Permanent, 0)
        );
        failure.message
    };
    assert!(refusal("agents/none.sh").starts_with("agent program `agents/none.sh` not found"));
    assert!(refusal("surely-no-such-program").contains("not found in PATH"));
    assert!(refusal("agents/../agents").contains("is not a file"));
    std::fs::write(stage.path().join("agents/plain"), "x").unwrap();
    assert!(refusal("agents/plain").contains("chmod +x"));
    assert!(!stage.files("R1").process().exists());
    let mut hostile = spawn("R2");
    hostile.agent = "../../bin/sh".to_owned();
    let failure = stage.executor().start(&hostile).unwrap_err();
    assert!(
        failure.message.contains("cannot be part of a path"),
        "{failure}"
    );
}

#[test]
fn a_script_without_an_interpreter_ends_with_a_reason() {
    let stage = Stage::with("");
    std::fs::write(stage.path().join("agents/a.sh"), "#!/no/such/interpreter\n").unwrap();
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    let end = end_of(&mut executor);
    assert!(matches!(end.ending, Ending::Exited(127)), "{end:?}");
    assert!(end.output_tail.contains("cannot start"), "{end:?}");
}

#[test]
fn a_timeout_ends_the_whole_group_even_if_it_resists() {
    let stubborn = "trap '' TERM; (trap '' TERM; echo $$ >/dev/null; sh -c 'echo $PPID' >child; \
                    while :; do sleep 1; done) & echo $$ >me; wait; while :; do sleep 1; done";
    let stage = Stage::with(stubborn);
    let mut executor = stage.executor_with(json!({"timeoutMs": 500}));
    executor.start(&spawn("R1")).unwrap();
    let (me, child) = (stage.work("me"), stage.work("child"));
    written(&me);
    written(&child);
    let end = end_of(&mut executor);
    assert!(matches!(end.ending, Ending::TimedOut), "{end:?}");
    gone(&me);
    gone(&child);
}

#[test]
fn nothing_outlives_its_run_even_in_a_session_of_its_own() {
    let stage =
        Stage::with("setsid sh -c 'echo $$ >far; exec sleep 600' & until [ -s far ]; do :; done");
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    let end = end_of(&mut executor);
    assert!(matches!(end.ending, Ending::Exited(0)), "{end:?}");
    gone(&stage.work("far"));
}

#[test]
fn a_cancelled_run_is_killed_and_says_why() {
    let stage = Stage::with("echo $$ >me; exec sleep 600");
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    written(&stage.work("me"));
    executor.cancel("R1", "not needed any more");
    executor.cancel("R9", "unknown runs are left alone");
    let end = end_of(&mut executor);
    assert!(
        matches!(&end.ending, Ending::Killed(why) if why == "not needed any more"),
        "{end:?}"
    );
    gone(&stage.work("me"));
}

#[test]
fn an_agent_that_dies_by_a_signal_was_killed() {
    let stage = Stage::with("kill -9 $$");
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    let end = end_of(&mut executor);
    assert!(
        matches!(&end.ending, Ending::Killed(why) if why == "by signal 9"),
        "{end:?}"
    );
}

#[test]
fn a_start_is_repeated_without_a_second_process() {
    let stage = Stage::with("echo started >>starts; until [ -e go ]; do sleep 0.01; done");
    let mut first = stage.executor();
    let session = first.start(&spawn("R1")).unwrap();
    assert_eq!(first.start(&spawn("R1")).unwrap(), session);
    // Another host asks for the same while the supervisor may or may not have claimed the run.
    let mut second = stage.executor();
    assert_eq!(second.start(&spawn("R1")).unwrap(), session);
    written(&stage.work("starts"));
    std::fs::write(stage.work("go"), "").unwrap();
    assert!(matches!(end_of(&mut first).ending, Ending::Exited(0)));
    assert!(matches!(end_of(&mut second).ending, Ending::Exited(0)));
    // A third asks after the end.
    let mut third = stage.executor();
    assert_eq!(third.start(&spawn("R1")).unwrap(), session);
    assert!(matches!(end_of(&mut third).ending, Ending::Exited(0)));
    assert_eq!(
        std::fs::read_to_string(stage.work("starts")).unwrap(),
        "started\n"
    );
}

#[test]
fn a_run_survives_its_host_and_is_adopted() {
    let stage =
        Stage::with("echo $$ >me; until [ -e go ]; do sleep 0.01; done; echo finished; exit 3");
    let mut first = stage.executor();
    first.start(&spawn("R1")).unwrap();
    let supervisor = stage.supervisor("R1");
    drop(first);
    assert!(supervisor.lives());
    let mut second = stage.executor();
    assert!(
        matches!(second.adopt(&adopted("R1")), Adoption::Alive(session) if session == "command-R1")
    );
    assert_eq!(second.process_of("R1"), Some(supervisor.pid));
    written(&stage.work("me"));
    std::fs::write(stage.work("go"), "").unwrap();
    let end = end_of(&mut second);
    assert!(matches!(end.ending, Ending::Exited(3)), "{end:?}");
    assert_eq!(end.output_tail, "finished");
    let mut third = stage.executor();
    assert!(matches!(third.adopt(&adopted("R1")), Adoption::Ended(_)));
}

#[test]
fn a_run_that_never_started_is_unknown_and_cannot_start_any_more() {
    let stage = Stage::with("echo started >>starts");
    assert!(
        matches!(stage.executor().adopt(&adopted("R1")), Adoption::Unknown),
        "no directory"
    );
    std::fs::create_dir_all(stage.files("R2").spec().parent().unwrap()).unwrap();
    let mut executor = stage.executor();
    assert!(matches!(executor.adopt(&adopted("R2")), Adoption::Unknown));
    executor.start(&spawn("R2")).unwrap();
    assert!(matches!(end_of(&mut executor).ending, Ending::Lost));
    assert!(!stage.work("starts").exists());
}

#[test]
fn a_killed_supervisor_takes_its_agent_along_and_the_run_is_lost() {
    let stage = Stage::with("echo $$ >me; exec sleep 600");
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    written(&stage.work("me"));
    kill_9(stage.supervisor("R1").pid);
    assert!(matches!(end_of(&mut executor).ending, Ending::Lost));
    gone(&stage.work("me"));
}

fn kill_9(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_flood_of_output_is_cut_and_the_agent_is_not_blocked() {
    let stage = Stage::with("head -c 9000000 /dev/zero | tr '\\0' 'x'; echo; echo the end");
    let mut executor = stage.executor();
    executor.start(&spawn("R1")).unwrap();
    let end = end_of(&mut executor);
    assert!(matches!(end.ending, Ending::Exited(0)), "{end:?}");
    assert!(end.output_tail.ends_with("the end") && end.output_tail.len() <= TAIL_BYTES_MAX);
    let size = std::fs::metadata(stage.files("R1").output()).unwrap().len();
    assert!(size > LOG_BYTES_MAX && size < LOG_BYTES_MAX + 100, "{size}");
}

#[test]
fn directories_outside_the_data_root_are_refused() {
    let stage = Stage::with("exit 0");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), stage.path().join("escape")).unwrap();
    for path in ["../escaped", "/tmp/escaped", "escape/run", ""] {
        let mut effect = spawn("R1");
        effect.run_dir = path.to_owned();
        let failure = stage.executor().start(&effect).unwrap_err();
        assert_eq!(failure.class, FailureClass::Permanent, "{path}: {failure}");
    }
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

const CARD: &str = "---
schemaVersion: 1
id: TASK-2026-01-01-001
project: p
title: A task
status: ready
priority: high
routing:
  agent: a
createdAt: 2026-01-01T00:00:00.000Z
updatedAt: 2026-01-01T00:00:00.000Z
lastTransitionAt: 2026-01-01T00:00:00.000Z
createdBy: ada
---

Do it.
";

impl Stage {
    /// A whole store with one ready task for the agent `a`, whose program is `script`; `$1` is the
    /// `aof` command.
    fn store(script: &str) -> Self {
        let stage = Self::with(script);
        let aof = aof();
        let settings = format!(
            "executor:\n  kind: command\n  program: agents/a.sh\n  arguments: ['{}']\n",
            aof.display()
        );
        stage.file("aof.yaml", &settings);
        let chart = "schemaVersion: 1\nagents:\n  - id: a\n    name: A\n    active: true\n";
        stage.file("org/org-chart.yaml", chart);
        stage.file(
            "projects/p/project.yaml",
            "id: p\ntitle: P\nstatus: active\n",
        );
        stage.file("projects/p/tasks/ready/TASK-2026-01-01-001.md", CARD);
        stage
    }

    fn file(&self, name: &str, text: &str) {
        let text = crate::omit::omitted(name, text);
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn gateway(&self) -> Gateway {
        let cache = aof().with_file_name("aof-test-cache");
        let image = Image::embedded(Some(&cache)).unwrap();
        let mut options = GatewayOptions::at(self.path());
        options.supervision = Some(Supervision::by(aof()));
        options.socket = Some(self.path().join("state/daemon.sock"));
        options.patience_ms = 20_000;
        Gateway::open(&image, options).unwrap().0
    }

    fn served(&self, gateway: &mut Gateway) -> ServeReport {
        let socket = self.path().join("state/daemon.sock");
        let mut options = ServeOptions::new(Some(socket), Until::Idle);
        options.idle_patience_ms = 0;
        serve(gateway, options).unwrap()
    }

    fn status(&self) -> String {
        let statuses = ["ready", "in-progress", "blocked", "review", "done"];
        let card = |status: &&&str| {
            self.path()
                .join(format!("projects/p/tasks/{status}/TASK-2026-01-01-001.md"))
                .is_file()
        };
        let found: Vec<&&str> = statuses.iter().filter(card).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        (*found[0]).to_owned()
    }

    /// Who did what, from the event log.
    fn actors(&self, kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.path().join("events")).unwrap() {
            for line in std::fs::read_to_string(entry.unwrap().path())
                .unwrap()
                .lines()
            {
                let event: Value = serde_json::from_str(line).unwrap();
                if event["type"] == kind {
                    found.push(event["actor"].as_str().unwrap().to_owned());
                }
            }
        }
        found
    }

    fn work_of_card(&self, name: &str) -> PathBuf {
        self.path()
            .join("projects/p/work/TASK-2026-01-01-001")
            .join(name)
    }
}

#[test]
fn an_agent_completes_its_task_through_the_socket() {
    let stage = Stage::store("\"$1\" task complete \"$AOF_TASK_ID\" --summary ok");
    let mut gateway = stage.gateway();
    let report = stage.served(&mut gateway);
    assert_eq!(
        (report.finish, report.started, report.ended),
        (Finish::Idle, 1, 1)
    );
    assert!(report.remaining.is_empty(), "{:?}", report.remaining);
    assert_eq!(stage.status(), "done");
    assert_eq!(stage.actors("task.completed"), ["a"]);
}

#[test]
fn an_agent_cannot_speak_for_another_run_and_cannot_become_a_person() {
    // It claims a foreign run, then forgets its own in an orphan of a session of its own.
    let script = "run=01ARZ3NDEKTSV4RRFFQ69G5FAV
        AOF_RUN_ID=$run \"$1\" task complete \"$AOF_TASK_ID\" 2>foreign
        cat >far.sh <<'END'
\"$1\" task block \"$2\" --reason tired >out 2>&1; echo $? >code
END
        (unset AOF_RUN_ID; setsid sh far.sh \"$1\" \"$AOF_TASK_ID\" &)
        until [ -s code ]; do sleep 0.01; done";
    let stage = Stage::store(script);
    let mut gateway = stage.gateway();
    let report = stage.served(&mut gateway);
    let foreign = std::fs::read_to_string(stage.work_of_card("foreign")).unwrap();
    assert!(foreign.contains("AOF-2902"), "{foreign}");
    let out = std::fs::read_to_string(stage.work_of_card("out")).unwrap();
    assert_eq!(
        std::fs::read_to_string(stage.work_of_card("code")).unwrap(),
        "0\n",
        "{out}"
    );
    assert_eq!(
        (stage.status().as_str(), report.remaining.len()),
        ("blocked", 1)
    );
    assert_eq!(stage.actors("task.blocked"), ["a"]);
}

#[test]
fn an_agent_whose_daemon_died_completes_by_itself_as_itself() {
    let stage = Stage::store(
        "until [ -e go ]; do sleep 0.01; done; unset AOF_RUN_ID
        \"$1\" task complete \"$AOF_TASK_ID\" --summary alone >out 2>&1; echo $? >code",
    );
    let mut gateway = stage.gateway();
    assert_eq!(gateway.poll(PollMode::Act).unwrap().started, 1);
    until("the agent's directory", || {
        stage.work_of_card("").is_dir().then_some(())
    });
    drop(gateway);
    std::fs::write(stage.work_of_card("go"), "").unwrap();
    let code = written(&stage.work_of_card("code"));
    assert_eq!(
        code,
        "0\n",
        "{:?}",
        std::fs::read_to_string(stage.work_of_card("out"))
    );
    assert_eq!(stage.status(), "done");
    assert_eq!(stage.actors("task.completed"), ["a"]);
    let mut next = stage.gateway();
    assert_eq!(stage.served(&mut next).started, 0);
    assert_eq!(stage.actors("task.completed"), ["a"]);
}

#[test]
fn an_agent_that_lives_through_a_restart_is_not_started_again() {
    let stage = Stage::store(
        "echo started >>starts; until [ -e go ]; do sleep 0.01; done
        \"$1\" task complete \"$AOF_TASK_ID\" --summary late",
    );
    let mut gateway = stage.gateway();
    assert_eq!(gateway.poll(PollMode::Act).unwrap().started, 1);
    written(&stage.work_of_card("starts"));
    drop(gateway);
    let mut next = stage.gateway();
    assert_eq!(next.live().len(), 1);
    std::fs::write(stage.work_of_card("go"), "").unwrap();
    let report = stage.served(&mut next);
    assert_eq!(
        (report.started, report.ended, stage.status().as_str()),
        (0, 1, "done")
    );
    let starts = std::fs::read_to_string(stage.work_of_card("starts")).unwrap();
    assert_eq!(starts, "started\n");
}
