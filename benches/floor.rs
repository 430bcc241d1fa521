//! The least that the operating system must do for each job, done directly.
//!
//! Knows no card and keeps no promise but durability. Invariant: a durable floor flushes contents
//! before names and names before the log, as the orchestrator must.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, statat};

/// Statuses whose cards are read at opening and swept for edits.
const OPEN: [&str; 6] = [
    "backlog",
    "ready",
    "in-progress",
    "blocked",
    "review",
    "deadletter",
];
const CLOSED: [&str; 2] = ["done", "cancelled"];
const TASKS: [&str; 2] = ["projects/alpha/tasks", "projects/_inbox/tasks"];
/// Watched besides the status directories.
const OTHERS: [&str; 5] = [
    "projects",
    "Projects",
    "org",
    "projects/alpha",
    "projects/_inbox",
];

/// Stats every directory that an open store watches; returns how many are there.
///
/// # Errors
/// If the root cannot be opened.
pub fn stat_directories(root: &File) -> usize {
    let statuses = OPEN.iter().chain(&CLOSED);
    let in_tasks = statuses.flat_map(|status| TASKS.map(|tasks| format!("{tasks}/{status}")));
    let others = OTHERS.iter().map(|dir| (*dir).to_owned());
    in_tasks
        .chain(others)
        .filter(|dir| statat(root, dir.as_str(), AtFlags::SYMLINK_NOFOLLOW).is_ok())
        .count()
}

/// The files of open cards, by directory.
///
/// # Errors
/// What the system says.
pub fn open_cards(root: &Path) -> io::Result<Vec<(File, Vec<String>)>> {
    let mut found = Vec::new();
    for dir in status_dirs(root, &OPEN) {
        let names = names(&dir)?;
        found.push((File::open(&dir)?, names));
    }
    Ok(found)
}

/// Stats every open card; returns how many are there.
#[must_use]
pub fn stat_cards(cards: &[(File, Vec<String>)]) -> usize {
    let stats = cards.iter().map(|(dir, names)| {
        let there = names
            .iter()
            .filter(|name| statat(dir, name.as_str(), AtFlags::SYMLINK_NOFOLLOW).is_ok());
        there.count()
    });
    stats.sum()
}

/// Lists every status directory and reads every open card; returns the bytes read.
///
/// # Errors
/// What the system says.
pub fn read_store(root: &Path) -> io::Result<usize> {
    let mut bytes = 0;
    let mut buffer = Vec::new();
    for dir in status_dirs(root, &CLOSED) {
        bytes += names(&dir)?.len();
    }
    for dir in status_dirs(root, &OPEN) {
        for name in names(&dir)? {
            buffer.clear();
            bytes += File::open(dir.join(name))?.read_to_end(&mut buffer)?;
        }
    }
    Ok(bytes)
}

/// Lists and stats one directory and reads one file of it; returns the bytes read.
///
/// # Errors
/// What the system says.
pub fn take_in_one(dir: &Path, file: &str) -> io::Result<usize> {
    let handle = File::open(dir)?;
    let names = names(dir)?;
    let cards = [(handle, names)];
    Ok(stat_cards(&cards) + fs::read(dir.join(file))?.len())
}

fn status_dirs(root: &Path, statuses: &[&str]) -> Vec<PathBuf> {
    let dirs = statuses
        .iter()
        .flat_map(|status| TASKS.map(|tasks| root.join(tasks).join(status)));
    dirs.filter(|dir| dir.is_dir()).collect()
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    fs::read_dir(dir)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// A directory that is written to as plainly as possible.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    is_durable: bool,
    log: File,
    outbox: File,
    made: u64,
}

impl Writer {
    /// Makes the directories and logs.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(root: &Path, is_durable: bool) -> io::Result<Self> {
        for dir in ["ready", "next", "done", "runs", "work"] {
            fs::create_dir_all(root.join(dir))?;
        }
        let log = |name: &str| {
            let mut options = OpenOptions::new();
            options.create(true).append(true).open(root.join(name))
        };
        Ok(Self {
            root: root.to_owned(),
            is_durable,
            log: log("events.jsonl")?,
            outbox: log("outbox.jsonl")?,
            made: 0,
        })
    }

    /// A new file and a log line: three flushes.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(&mut self, content: &[u8], line: &[u8]) -> io::Result<()> {
        let name = self.name();
        let temp = self.path("ready", &format!(".{name}"));
        self.write(&temp, content)?;
        fs::rename(&temp, self.path("ready", &name))?;
        self.flush_dir("ready")?;
        self.append(line)
    }

    /// A file moves to another directory and gets new content, and a log line: four flushes.
    /// Works on the file of the last `create`.
    ///
    /// # Errors
    /// What the system says.
    pub fn transition(&mut self, content: &[u8], line: &[u8]) -> io::Result<()> {
        let name = format!("{}.md", self.made);
        let temp = self.path("next", &format!(".{name}"));
        self.write(&temp, content)?;
        fs::rename(self.path("ready", &name), self.path("next", &name))?;
        fs::rename(&temp, self.path("next", &name))?;
        self.flush_dir("ready")?;
        self.flush_dir("next")?;
        self.append(line)
    }

    /// Makes a file as `create` does, without flushes.
    ///
    /// # Errors
    /// What the system says.
    pub fn prepare(&mut self, content: &[u8]) -> io::Result<()> {
        let name = self.name();
        fs::write(self.path("ready", &name), content)
    }

    /// Ten files move at once, each with a record in a directory of its own, and two logs.
    /// Works on the last ten files that were made.
    ///
    /// # Errors
    /// What the system says.
    pub fn start_ten(&mut self, content: &[u8], line: &[u8]) -> io::Result<()> {
        let names: Vec<String> = (0..10)
            .map(|back| format!("{}.md", self.made - back))
            .collect();
        for name in &names {
            self.write(&self.path("next", &format!(".{name}")), content)?;
            fs::create_dir(self.path("runs", name))?;
            self.write(&self.path("runs", name).join("run.json"), line)?;
        }
        for name in &names {
            fs::rename(self.path("ready", name), self.path("next", name))?;
            fs::rename(
                self.path("next", &format!(".{name}")),
                self.path("next", name),
            )?;
        }
        for dir in ["ready", "next", "runs"] {
            self.flush_dir(dir)?;
        }
        for name in &names {
            self.flush_dir(&format!("runs/{name}"))?;
        }
        self.append(&line.repeat(10))?;
        self.outbox.write_all(&line.repeat(10))?;
        self.flush(&self.outbox)
    }

    /// A file moves twice and gets new content each time, as one that was made before is worked on;
    /// a record beside it is made and replaced twice, in a directory of its own; there are folders
    /// to work in and a line in both logs each time. What is told of its end is one flushed line
    /// before anything that it speaks of; that of its beginning is flushed with many others, which
    /// is not counted here. Works on the file of the last `prepare`.
    ///
    /// # Errors
    /// What the system says.
    pub fn work_off(&mut self, commit: &[u8], content: &[u8], line: &[u8]) -> io::Result<()> {
        let name = format!("{}.md", self.made);
        let (run, work) = (self.path("runs", &name).join("1"), self.path("work", &name));
        for dir in ["inputs", "work", "outputs"] {
            fs::create_dir_all(work.join(dir))?;
        }
        fs::create_dir_all(&run)?;
        let record = run.join("run.json");
        self.replace(&record, line)?;
        self.move_on(("ready", "next"), &name, content)?;
        self.note(line)?;
        self.replace(&record, line)?;
        self.note(line)?;
        self.append(commit)?;
        self.replace(&record, line)?;
        self.move_on(("next", "done"), &name, content)?;
        self.note(line)
    }

    /// New content in the place of a file, if there is one, whole or not at all.
    fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let temp = path.with_extension("temp");
        File::create_new(&temp)?.write_all(content)?;
        fs::rename(&temp, path)
    }

    fn move_on(&self, (from, to): (&str, &str), name: &str, content: &[u8]) -> io::Result<()> {
        let place = self.path(to, name);
        fs::rename(self.path(from, name), &place)?;
        self.replace(&place, content)
    }

    /// A line in both logs, and the end of a commit in the first: no flush.
    fn note(&mut self, line: &[u8]) -> io::Result<()> {
        self.log.write_all(line)?;
        self.outbox.write_all(line)
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("{}.md", self.made)
    }

    fn path(&self, dir: &str, name: &str) -> PathBuf {
        self.root.join(dir).join(name)
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(content)?;
        self.flush(&file)
    }

    /// A line in a log: one flush.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.log.write_all(line)?;
        self.flush(&self.log)
    }

    fn flush_dir(&self, dir: &str) -> io::Result<()> {
        self.flush(&File::open(self.root.join(dir))?)
    }

    fn flush(&self, file: &File) -> io::Result<()> {
        if self.is_durable {
            file.sync_all()
        } else {
            Ok(())
        }
    }
}
