//! The store as a gateway of Node has it: its component over Node's system, in a process of its
//! own.
//!
//! Needs `AOF_NODE`, the program (24.16 or later), and `AOF_NODE_STORE`, the folder with the
//! transpiled component of the store (`disk.js`); a build without them ignores these tests, and
//! says so. Invariant: a process ends with the backend that it serves.

mod wire;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aof_disk::StoreBackend;
use aof_host::contract::store::{Blob, IoFailure, Listing, Mode, Op, Page, Session, StoreError};
use serde_json::{Value, json};

const VERSION_MIN: [u32; 2] = [24, 16];
const DRIVER: &str = "../plugin/openclaw/test/driver/store.mjs";

/// What is needed to start one.
struct Node {
    program: PathBuf,
    component: PathBuf,
}

impl Node {
    /// What the variables name, looked at once.
    fn found() -> &'static Self {
        static NODE: OnceLock<Node> = OnceLock::new();
        NODE.get_or_init(|| {
            let path = |name: &str| match std::env::var_os(name) {
                Some(path) => PathBuf::from(path),
                None => panic!("{name} is not set any more"),
            };
            let node = Self {
                program: path("AOF_NODE"),
                component: path("AOF_NODE_STORE"),
            };
            let version = node.version();
            let is_new = version >= VERSION_MIN;
            assert!(is_new, "AOF_NODE is {version:?}, before {VERSION_MIN:?}");
            let entry = node.component.join("disk.js");
            assert!(
                entry.is_file(),
                "AOF_NODE_STORE: no file {}",
                entry.display()
            );
            node
        })
    }

    fn version(&self) -> [u32; 2] {
        let said = Command::new(&self.program).arg("--version").output();
        let said = said.unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let text = String::from_utf8(said.stdout).unwrap();
        let mut numbers = text.trim_start_matches('v').split('.').map(str::parse);
        [(); 2].map(|()| numbers.next().unwrap().unwrap())
    }

    fn start(&self, root: &Path) -> Child {
        let options = json!({"root": root, "sweepIntervalMs": 0});
        Command::new(&self.program)
            .arg("--disable-warning=ExperimentalWarning")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(DRIVER))
            .arg(&self.component)
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

struct Line {
    child: Child,
    /// None once the process was told to end.
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Line {
    fn exchange(&mut self, request: &Value) -> std::io::Result<String> {
        let mut answer = String::new();
        if let Some(requests) = &mut self.requests {
            requests.write_all(format!("{request}\n").as_bytes())?;
            self.answers.read_line(&mut answer)?;
        }
        Ok(answer)
    }
}

/// A process that serves one store; clones are the same.
#[derive(Clone)]
pub struct Process(Arc<Mutex<Line>>);

impl Process {
    /// Starts one over a directory, which nobody has opened yet.
    pub fn start(root: &Path) -> Self {
        let mut child = Node::found().start(root);
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self(Arc::new(Mutex::new(Line {
            child,
            requests,
            answers,
        })))
    }

    pub fn pid(&self) -> u32 {
        self.line().child.id()
    }

    /// Lets it die at a point from now on, counted from 1.
    pub fn die_at(&self, point: u64) {
        let told = self.ask(&json!({"call": "die", "at": point}));
        told.expect("it lives");
    }

    /// Lets the call at a point fail, counted from 1, and those after it go on.
    pub fn fail_at(&self, point: u64, errno: &str) {
        let told = self.ask(&json!({"call": "fail", "at": point, "errno": errno}));
        told.expect("it lives");
    }

    /// Lets a person put a file in a place at a point from now on, counted from 1.
    pub fn meddle_at(&self, point: u64, file: &str, text: &str) {
        let request = json!({"call": "meddle", "at": point, "file": file, "text": text});
        self.ask(&request).expect("it lives");
    }

    /// Lets somebody in the process open the lock file and close it: at a point, or at once if 0.
    pub fn unlock_at(&self, point: u64) {
        let told = self.ask(&json!({"call": "unlock", "at": point}));
        told.expect("it lives");
    }

    /// Whether it has come to the point.
    pub fn has_reached_it(&self) -> bool {
        self.ask(&json!({"call": "reached"})).expect("it lives") == true
    }

    /// Opens the store once more in the same process.
    pub fn rival(&self) -> Result<Session, StoreError> {
        let answer = self.ask(&json!({"call": "rival"}))?;
        Ok(wire::session(&answer))
    }

    /// Kills it, and returns when it is gone.
    pub fn kill(&self) {
        let mut line = self.line();
        line.child.kill().unwrap();
        line.child.wait().unwrap();
    }

    /// Ends its input, and returns when it has ended by itself.
    pub fn dismiss(&self) {
        let mut line = self.line();
        line.requests = None;
        let status = line.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: &Value) -> Result<Value, StoreError> {
        let answer = self.line().exchange(request).unwrap_or_default();
        if answer.is_empty() {
            return Err(dead());
        }
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        match answer.get("err") {
            Some(error) => Err(wire::error(error)),
            None => Ok(answer["ok"].take()),
        }
    }
}

fn dead() -> StoreError {
    StoreError::Io(IoFailure {
        path: String::new(),
        message: "the process is dead".to_owned(),
    })
}

/// The backend that a process serves.
pub struct NodeStore(Process);

impl NodeStore {
    /// The only one that a process has.
    pub fn of(process: Process) -> Self {
        Self(process)
    }
}

impl Drop for NodeStore {
    fn drop(&mut self) {
        self.0.kill();
    }
}

impl StoreBackend for NodeStore {
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError> {
        let mode = match mode {
            Mode::Writer => "writer",
            Mode::Reader => "reader",
        };
        let answer = self.0.ask(&json!({"call": "open", "mode": mode}))?;
        Ok(wire::session(&answer))
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        let request = json!({"call": "changes", "cursor": cursor.to_string(), "limit": limit});
        Ok(wire::page(&self.0.ask(&request)?))
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        let request = json!({"call": "list", "dirs": dirs, "watch": watch});
        Ok(wire::each(&self.0.ask(&request)?, wire::listing))
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let bytes_max = bytes_max.to_string();
        let request = json!({"call": "read", "paths": paths, "bytesMax": bytes_max});
        Ok(wire::each(&self.0.ask(&request)?, wire::blob))
    }

    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError> {
        let batch: Vec<Value> = batch.iter().map(wire::operation).collect();
        let request = json!({"call": "commit", "batch": batch, "epoch": epoch.to_string()});
        Ok(wire::number(&self.0.ask(&request)?))
    }
}
