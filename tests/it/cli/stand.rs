//! A data directory of its own for each test, and the binary that works on it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::omit::omitted;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("not one JSON document ({error}): {self:?}"))
    }

    /// Standard output without what differs from run to run.
    pub fn text(&self) -> String {
        redact(&self.out)
    }

    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// The binary that cargo built beside this test.
pub fn binary() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let aof = me.parent().and_then(Path::parent).unwrap().join("aof");
    assert!(
        aof.is_file(),
        "{} is missing: run `cargo test` for the workspace, or `cargo build -p aof` first",
        aof.display()
    );
    aof
}

/// A command with an environment of its own. The compiled component is shared between tests.
pub fn aof(home: &Path) -> Command {
    let cache = binary().parent().unwrap().join("test-cache");
    let mut command = Command::new(binary());
    command
        .env_clear()
        .env("HOME", home)
        .env("XDG_CACHE_HOME", cache);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .env("TMPDIR", home)
        .env("NEWSROOM_PACE_S", "0")
        .current_dir(home);
    command
}

pub fn say(command: &mut Command) -> Said {
    let out = command.stdin(Stdio::null()).output().unwrap();
    Said {
        code: out.status.code().unwrap_or(-1),
        out: String::from_utf8(out.stdout).unwrap(),
        err: String::from_utf8(out.stderr).unwrap(),
    }
}

/// A data directory.
pub struct Stand {
    home: tempfile::TempDir,
}

impl Stand {
    /// Not initialised.
    pub fn bare() -> Self {
        Stand {
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// Initialised, with nobody in it.
    pub fn new() -> Self {
        let stand = Stand::bare();
        stand.aof(&["init", "data"]).ok();
        stand
    }

    /// Initialised, with a worker who is away: tasks wait.
    pub fn idle() -> Self {
        let stand = Stand::new();
        stand.write(
            "org/org-chart.yaml",
            &CHART.replace("active: true", "active: false"),
        );
        stand.write("projects/_inbox/project.yaml", INBOX);
        stand
    }

    /// With an agent `worker` whose program is this shell script.
    pub fn with_agent(script: &str) -> Self {
        let stand = Stand::new();
        stand.write("org/org-chart.yaml", CHART);
        stand.write("projects/_inbox/project.yaml", INBOX);
        stand.write("agents/worker.sh", &format!("#!/bin/sh\n{script}\n"));
        stand.make_executable("agents/worker.sh");
        stand.settings("agents/{agent}.sh", 1);
        stand
    }

    /// Replaces the settings: this program, and so many failures at most.
    pub fn settings(&self, program: &str, failures_max: u32) {
        let text = format!(
            "schemaVersion: 1\nscheduler:\n  retryBaseMs: 0\n  failuresMax: {failures_max}\n\
             executor:\n  kind: command\n  program: {program}\n  environment: [PATH, HOME, \
             XDG_CACHE_HOME]\n"
        );
        self.write("aof.yaml", &text);
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub fn write(&self, path: &str, content: &str) {
        let content = omitted(path, content);
        let path = self.data().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.data().join(path)).unwrap_or_default()
    }

    fn make_executable(&self, path: &str) {
        fs::set_permissions(self.data().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = aof(self.home());
        if self.data().is_dir() {
            command.current_dir(self.data());
        }
        command.args(arguments);
        command
    }

    pub fn aof(&self, arguments: &[&str]) -> Said {
        say(&mut self.command(arguments))
    }

    /// Creates a task and gives its id.
    pub fn task(&self, arguments: &[&str]) -> String {
        let mut all = vec!["task", "create", "--json"];
        all.extend(arguments);
        let answer = self.aof(&all).ok().json();
        answer["task"]["taskId"].as_str().unwrap().to_owned()
    }

    /// Status and reason of a task, from `aof task show`.
    pub fn state(&self, task: &str) -> (String, String) {
        let answer = self.aof(&["task", "show", task, "--json"]).ok().json();
        let text = |name: &str| answer["task"][name].as_str().unwrap_or_default().to_owned();
        (text("status"), text("reason"))
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }

    /// Cards per status, as `ls` tells it.
    pub fn ls(&self) -> BTreeMap<String, Vec<String>> {
        ls(&self.data())
    }

    /// Cards per status, as `aof board` tells it.
    pub fn board(&self) -> BTreeMap<String, Vec<String>> {
        let answer = self
            .aof(&["board", "--json", "--limit", "1000"])
            .ok()
            .json();
        board_of(&answer["board"])
    }
}

/// Ids per status on a board.
pub fn board_of(board: &Value) -> BTreeMap<String, Vec<String>> {
    let mut columns = BTreeMap::new();
    for column in board["columns"].as_array().unwrap() {
        let ids = column["cards"].as_array().unwrap().iter();
        let mut ids: Vec<String> = ids.map(|c| c["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        if !ids.is_empty() {
            columns.insert(column["status"].as_str().unwrap().to_owned(), ids);
        }
    }
    columns
}

/// Ids per status directory.
pub fn ls(data: &Path) -> BTreeMap<String, Vec<String>> {
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for project in fs::read_dir(data.join("projects")).unwrap().flatten() {
        for status in fs::read_dir(project.path().join("tasks"))
            .unwrap()
            .flatten()
        {
            for card in fs::read_dir(status.path()).unwrap().flatten() {
                let name = card.file_name().into_string().unwrap();
                let Some(id) = name.strip_suffix(".md") else {
                    continue;
                };
                let status = status.file_name().into_string().unwrap();
                columns.entry(status).or_default().push(id.to_owned());
            }
        }
    }
    for ids in columns.values_mut() {
        ids.sort();
    }
    columns
}

/// A process that is killed when the test ends, and no other.
pub struct Running(Child);

impl Running {
    pub fn of(child: Child) -> Self {
        Running(child)
    }

    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    pub fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    pub fn code(&mut self) -> i32 {
        wait_for("the process to end", || self.0.try_wait().unwrap())
            .code()
            .unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_alive() {
            self.kill();
        }
    }
}

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Replaces ids, times and durations, which differ from run to run.
pub fn redact(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words = line.split_inclusive(|c: char| !(c.is_alphanumeric() || "-:.".contains(c)));
        for word in words {
            out += &redact_word(word);
        }
        out.push('\n');
    }
    out
}

fn redact_word(word: &str) -> String {
    let core = word.trim_end_matches(|c: char| !(c.is_alphanumeric() || "-:.".contains(c)));
    let rest = &word[core.len()..];
    let bare = core.trim_end_matches(['.', ':']);
    let tail = &core[bare.len()..];
    let is_date = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    let body = bare.strip_suffix(".md").unwrap_or(bare);
    let md = &bare[body.len()..];
    let shown = match body.strip_prefix("TASK-") {
        Some(id) if id.len() == 19 && is_date(&id[..10]) => format!("TASK-…{md}"),
        _ if is_date(body) => "DATE".to_owned(),
        _ if body.len() == 8 && body.matches(':').count() == 2 => "TIME".to_owned(),
        _ if body.len() == 26 && body.starts_with("01") => "RUN".to_owned(),
        _ => bare.to_owned(),
    };
    format!("{shown}{tail}{rest}")
}

const CHART: &str = "\
schemaVersion: 1
teams:
  - id: crew
    name: Crew
    lead: worker
agents:
  - id: worker
    name: Worker
    team: crew
    active: true
    capabilities:
      tags: []
      concurrency: 2
roles:
  doer:
    agents: [worker]
";

const INBOX: &str = "\
id: _inbox
title: Inbox
status: active
owner:
  team: crew
  lead: worker
";
