//! A store as AOF 1 leaves it, and migrations of it.

use std::collections::BTreeMap;

use aof_disk::MemoryDisk;
use aof_front::migrate::{Plan, carry_out, plan, survey};
use aof_front::port::{Blob, Listing, Mode, Op, Opening, Page, Store, StoreError};
use aof_tests::native::{NativePort, port};

pub(super) const SETTINGS: &str = "schemaVersion: 1\n";
/// Two projects and the root each have a task of this id.
pub(super) const SHARED: &str = "TASK-2026-01-05-001";
const TIME: &str = "2026-02-01T10:00:00.000Z";
const LEASE: &str = "lease:\n  agent: swe-backend\n  acquiredAt: 2026-02-01T10:00:00.000Z\n  \
                     expiresAt: 2099-02-01T10:10:00.000Z\n  renewCount: 0\n";

/// A card in the manner of AOF 1; `more` is further frontmatter.
pub(super) fn card(id: &str, status: &str, more: &str) -> String {
    let metadata = if more.contains("metadata:") {
        ""
    } else {
        "metadata: {}\n"
    };
    format!(
        "---\nschemaVersion: 1\nid: {id}\ntitle: \"About: {id}\"\nstatus: {status}\npriority: \
         normal\nrouting:\n  agent: swe-backend\n  tags: []\n{more}createdAt: {TIME}\nupdatedAt: \
         {TIME}\nlastTransitionAt: {TIME}\ncreatedBy: main\n{metadata}gateHistory: []\ntests: \
         []\n---\n\n# Objective\n\nDo it.\n"
    )
}

fn run(id: &str, result: Option<&str>) -> Vec<(&'static str, String)> {
    let record = format!(
        "{{\"taskId\":\"{id}\",\"agentId\":\"swe-backend\",\"startedAt\":\"{TIME}\",\"status\":\
         \"running\",\"artifactPaths\":{{}},\"metadata\":{{}}}}"
    );
    let beat = format!(
        "{{\"taskId\":\"{id}\",\"agentId\":\"swe-backend\",\"lastHeartbeat\":\"{TIME}\",\
         \"beatCount\":0}}"
    );
    let result = result.map(|outcome| {
        let text = format!(
            "{{\"taskId\":\"{id}\",\"agentId\":\"swe-backend\",\"completedAt\":\
             \"2026-02-01T10:05:00.000Z\",\"outcome\":\"{outcome}\",\"notes\":\"as told\"}}"
        );
        ("run_result.json", text)
    });
    let files = [("run.json", record), ("run_heartbeat.json", beat)];
    files.into_iter().chain(result).collect()
}

/// A store with every form of leftover that AOF 1 makes.
pub(super) struct Old {
    files: BTreeMap<String, String>,
}

impl Old {
    pub(super) fn new() -> Self {
        let mut old = Old {
            files: BTreeMap::new(),
        };
        old.surroundings();
        old.unscoped();
        old.alpha();
        old.beta();
        old
    }

    pub(super) fn empty() -> Self {
        Old {
            files: BTreeMap::new(),
        }
    }

    pub(super) fn put(&mut self, path: &str, content: &str) {
        self.files.insert(path.to_owned(), content.to_owned());
    }

    pub(super) fn task(&mut self, home: &str, (status, id): (&str, &str), more: &str) {
        let path = format!("{home}tasks/{status}/{id}.md");
        self.put(&path, &card(id, status, more));
    }

    pub(super) fn ran(&mut self, home: &str, id: &str, result: Option<&str>) {
        for (name, content) in run(id, result) {
            self.put(&format!("{home}state/runs/{id}/{name}"), &content);
        }
    }

    fn surroundings(&mut self) {
        let chart = "schemaVersion: 1\nteams:\n  - {id: crew, name: Crew, lead: lead}\nagents:\n  \
                     - {id: lead, name: Lead, openclawAgentId: main, team: crew}\n  - {id: \
                     developer, name: Developer, openclawAgentId: swe-backend, team: crew}\n";
        self.put("org/org-chart.yaml", chart);
        for project in ["_inbox", "alpha", "beta"] {
            let text = format!(
                "id: {project}\ntitle: P\nstatus: active\ntype: swe\nowner:\n  team: crew\n  \
                 lead: lead\n"
            );
            self.put(&format!("Projects/{project}/project.yaml"), &text);
        }
        let event = "{\"eventId\":1,\"type\":\"task.created\",\"timestamp\":\
                     \"2026-02-01T10:00:00.000Z\",\"actor\":\"main\",\"payload\":{}}\n";
        self.put("events/2026-02-01.jsonl", event);
        self.put("events/events.jsonl", "2026-02-01.jsonl");
        self.put("Projects/alpha/views/kanban/ready/x.md", "a view");
        self.put("memory.db", "not ours to judge");
    }

    fn unscoped(&mut self) {
        let deps = format!("dependsOn:\n  - {SHARED}\n");
        self.task("", ("ready", SHARED), "");
        self.task("", ("backlog", "TASK-2026-01-05-002"), &deps);
        self.task("", ("done", "TASK-2026-02-01-aaaaaaaa"), "");
        let outputs = "tasks/done/TASK-2026-02-01-aaaaaaaa/outputs";
        self.put(&format!("{outputs}/summary.md"), "what was done");
        self.put(&format!("{outputs}/deep/er.bin"), "bytes");
        self.task("", ("in-progress", "TASK-2026-02-01-bbbbbbbb"), LEASE);
        self.ran("", "TASK-2026-02-01-bbbbbbbb", None);
        self.ran("", "TASK-2026-02-01-zzzzzzzz", None);
    }

    fn alpha(&mut self) {
        let home = "Projects/alpha/";
        self.task(home, ("ready", SHARED), "project: alpha\n");
        for (id, result) in [
            ("TASK-2026-02-01-cccccccc", Some("done")),
            ("TASK-2026-02-01-dddddddd", Some("blocked")),
            ("TASK-2026-02-01-eeeeeeee", None),
        ] {
            self.task(
                home,
                ("in-progress", id),
                &format!("project: alpha\n{LEASE}"),
            );
            self.ran(home, id, result);
        }
        let trusted = format!("{LEASE}metadata:\n  reviewRequired: false\n");
        self.task(home, ("in-progress", "TASK-2026-02-01-ffffffff"), &trusted);
        self.ran(home, "TASK-2026-02-01-ffffffff", Some("done"));
        let failed = "metadata:\n  blockReason: \"spawn_failed: no route\"\n  retryCount: 1\n  \
                      lastBlockedAt: 2026-02-01T09:00:00.000Z\n";
        self.task(home, ("blocked", "TASK-2026-02-01-gggggggg"), failed);
        self.task(home, ("blocked", "TASK-2026-02-01-hhhhhhhh"), LEASE);
        // A crash of AOF 1 between writing the new card and removing the old one.
        let newer = card("TASK-2026-02-01-kkkkkkkk", "review", "");
        let newer = newer.replace("updatedAt: 2026-02-01T10", "updatedAt: 2026-02-01T11");
        self.put(
            "Projects/alpha/tasks/review/TASK-2026-02-01-kkkkkkkk.md",
            &newer,
        );
        self.task(home, ("ready", "TASK-2026-02-01-kkkkkkkk"), "");
        let strayed = card("TASK-2026-02-01-mmmmmmmm", "ready", "");
        self.put(
            "Projects/alpha/tasks/done/TASK-2026-02-01-mmmmmmmm.md",
            &strayed,
        );
        let broken = "---\nid: TASK-2026-02-01-nnnnnnnn\ntitle: [\n---\n";
        self.put(
            "Projects/alpha/tasks/ready/TASK-2026-02-01-nnnnnnnn.md",
            broken,
        );
    }

    fn beta(&mut self) {
        let home = "Projects/beta/";
        let deps = format!("project: data\ndependsOn:\n  - {SHARED}\nmine: # a note\n  - kept\n");
        self.task(home, ("ready", SHARED), LEASE);
        self.task(home, ("backlog", "TASK-2026-01-05-003"), &deps);
        self.put(
            &format!("{home}tasks/ready/{SHARED}/inputs/brief.md"),
            "brief",
        );
        self.ran(home, SHARED, None);
    }

    pub(super) fn disk(&self) -> MemoryDisk {
        let disk = MemoryDisk::new();
        for (path, content) in &self.files {
            disk.put_by_hand(path, content.as_bytes()).expect("written");
        }
        disk
    }
}

/// What would be done.
pub(super) fn planned(disk: &MemoryDisk) -> Plan {
    let mut store = port(Box::new(disk.store()));
    store.open(Mode::Reader).expect("opens");
    plan(&survey(&mut store).expect("can be surveyed"), SETTINGS)
}

/// Migrates until the end, or until so many operations are done. Returns how many were.
pub(super) fn migrate(disk: &MemoryDisk, ops_max: usize) -> Result<usize, StoreError> {
    let mut store = Stopping::over(disk, ops_max);
    let epoch = store.open(Mode::Writer)?.epoch;
    let found = survey(&mut store)?;
    carry_out(&mut store, epoch, plan(&found, SETTINGS))?;
    Ok(ops_max - store.left)
}

/// Everything on the disk but who opened it last.
pub(super) fn files(disk: &MemoryDisk) -> BTreeMap<String, String> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let files = disk
        .files()
        .into_iter()
        .map(|(path, bytes)| (path, text(bytes)));
    files
        .filter(|(path, _)| {
            !["state/lock", "state/epoch", "state/owner.json"].contains(&path.as_str())
        })
        .collect()
}

/// A store that notes what is committed, and whose host dies after so many operations.
pub(super) struct Stopping {
    inner: NativePort,
    left: usize,
    /// Every batch that was committed.
    pub(super) batches: Vec<Vec<Op>>,
}

impl Stopping {
    pub(super) fn over(disk: &MemoryDisk, left: usize) -> Self {
        Stopping {
            inner: port(Box::new(disk.store())),
            left,
            batches: Vec::new(),
        }
    }
}

impl Store for Stopping {
    fn open(&mut self, mode: Mode) -> Result<Opening, StoreError> {
        self.inner.open(mode)
    }

    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError> {
        self.inner.changes(cursor, limit)
    }

    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError> {
        self.inner.list(dirs, watch)
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        self.inner.read(paths, bytes_max)
    }

    fn commit(&mut self, mut batch: Vec<Op>, epoch: u64) -> Result<u64, StoreError> {
        if batch.len() <= self.left {
            self.left -= batch.len();
            self.batches.push(batch.clone());
            return self.inner.commit(batch, epoch);
        }
        batch.truncate(self.left);
        self.inner.commit(batch, epoch)?;
        let message = "the host died".to_owned();
        Err(StoreError::Io {
            path: String::new(),
            message,
        })
    }
}
