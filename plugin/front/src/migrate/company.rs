//! What AOF 1 kept beside its cards: the files of a task, records of runs, logs.
//!
//! Moves files only, never rewrites one. Invariant: no move lands on a file that is there.

use std::collections::{BTreeMap, BTreeSet};

use aof_core::id::TaskId;
use aof_core::status::Status;
use aof_store::layout::ProjectRoot;
use aof_store::port::Op;

use super::LEGACY;
use super::plan::{Draft, Want};
use super::run::RunOfOne;
use super::step::{Kind, Step};
use super::survey::Home;

/// The task that a directory of AOF 1 belongs to, and where its project lies.
type Owner = (ProjectRoot, TaskId);

impl Draft<'_> {
    /// Moves `tasks/<status>/<ID>/…` to `work/<ID>/…`.
    pub(super) fn work(&mut self) {
        for (home, found) in self.survey.homes.iter().enumerate() {
            let statuses = Status::ALL.map(|status| found.path(&format!("tasks/{status}")));
            let groups: Vec<_> = statuses.iter().flat_map(|dir| self.groups(dir)).collect();
            for (dir, files) in groups {
                let Some((root, id)) = self.owner(home, &dir) else {
                    let message = "belongs to no task; it stays where it is".to_owned();
                    let hint = "move what you need into work/<task id>/ of its project";
                    self.want("AOF-1606", &dir, message, hint);
                    continue;
                };
                let to = root.work_dir(&id);
                self.tally.work += 1;
                let ops = self.moves(&dir, &to, &files);
                self.push(Kind::Work, (&dir, &to), Vec::new(), ops);
            }
        }
    }

    /// Makes records of this version out of `state/runs/<ID>/`, and keeps the old ones beside them.
    pub(super) fn runs(&mut self) {
        for (home, found) in self.survey.homes.iter().enumerate() {
            for (dir, files) in self.groups(&found.path("state/runs")) {
                let run = RunOfOne::read(&dir, &self.survey.records);
                let Some(((root, id), run)) = self.owner(home, &dir).zip(run) else {
                    let to = format!("{LEGACY}/{dir}");
                    self.tally.aside += 1;
                    let ops = self.moves(&dir, &to, &files);
                    self.push(Kind::Aside, (&dir, &to), Vec::new(), ops);
                    continue;
                };
                let to = root.run_dir(&id, &run.id);
                let record = format!("{to}/run.json");
                let mut ops = vec![Op::MakeDir(to.clone())];
                if self.taken.insert(record.clone()) {
                    let content = run.record(root.id(), &id);
                    ops.push(Op::Create {
                        path: record,
                        content,
                    });
                }
                // The record that the new one is made from goes last: as long as it is there, the
                // same run is found again.
                let (last, rest): (Vec<_>, Vec<_>) = files
                    .into_iter()
                    .partition(|file| file.ends_with("/run.json"));
                let files = [rest, last].concat();
                ops.extend(self.moves(&dir, &format!("{to}/v1"), &files));
                self.tally.runs += 1;
                self.push(Kind::Run, (&dir, &to), Vec::new(), ops);
            }
        }
    }

    /// Puts logs of AOF 1 aside: their event ids begin anew with each process.
    pub(super) fn logs(&mut self) {
        for path in &self.survey.foreign_logs {
            self.tally.logs += 1;
            self.aside(Kind::Log, path, Vec::new());
        }
    }

    /// Moves one file below `legacy/v1/`, to a name that is free.
    pub(super) fn aside(&mut self, kind: Kind, path: &str, changes: Vec<String>) {
        let to = self.free(&format!("{LEGACY}/{path}"));
        let ops = vec![Op::MakeDir(parent(&to).to_owned()), self.rename(path, &to)];
        self.push(kind, (path, &to), changes, ops);
    }

    /// Files below a directory by the directory of a task that they lie in.
    fn groups(&self, dir: &str) -> BTreeMap<String, Vec<String>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let prefix = format!("{dir}/");
        let below = self.survey.files.range(prefix.clone()..);
        for (path, _) in below.take_while(|(path, _)| path.starts_with(&prefix)) {
            let rest = path.get(prefix.len()..).unwrap_or_default();
            if let Some((name, _)) = rest.split_once('/')
                && TaskId::parse(name).is_ok()
            {
                groups
                    .entry(format!("{dir}/{name}"))
                    .or_default()
                    .push(path.clone());
            }
        }
        groups
    }

    /// Whose a directory is that is named like a task.
    fn owner(&self, home: usize, dir: &str) -> Option<Owner> {
        let old = TaskId::parse(dir.rsplit('/').next()?).ok()?;
        let found: &Home = self.survey.homes.get(home)?;
        let new = self
            .twins
            .names
            .get(&home)
            .and_then(|names| names.get(&old));
        let id = new.unwrap_or(&old);
        // Tasks of the unscoped store belong to the inbox from now on.
        let homes = self.survey.homes.iter().enumerate();
        let same: BTreeSet<usize> = homes
            .filter(|(_, other)| other.root == found.root)
            .map(|(at, _)| at)
            .collect();
        let is_there = self
            .survey
            .cards
            .iter()
            .any(|file| (file.id == *id || file.id == old) && same.contains(&file.home));
        is_there.then(|| (found.root.clone(), id.clone()))
    }

    /// Moves files from below one directory to below another one; what is taken there is put aside.
    fn moves(&mut self, from: &str, to: &str, files: &[String]) -> Vec<Op> {
        let mut ops = Vec::new();
        let mut made = BTreeSet::new();
        for file in files {
            let rest = file.strip_prefix(from).unwrap_or(file);
            let mut target = format!("{to}{rest}");
            if self.taken.contains(&target) {
                target = self.free(&format!("{LEGACY}/{file}"));
                let message = format!("is in the way; `{file}` was put aside to `{target}`");
                let hint = "compare the two and keep the one that is wanted";
                let place = format!("{to}{rest}");
                self.want("AOF-1606", &place, message, hint);
            }
            if made.insert(parent(&target).to_owned()) {
                ops.push(Op::MakeDir(parent(&target).to_owned()));
            }
            ops.push(self.rename(file, &target));
        }
        ops
    }

    /// A name that no file has.
    pub(super) fn free(&self, path: &str) -> String {
        let mut numbers = 2_u32..;
        let mut name = path.to_owned();
        while self.taken.contains(&name) {
            name = format!("{path}.{}", numbers.next().unwrap_or_default());
        }
        name
    }

    /// Moves a file as it is now.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> Op {
        self.taken.remove(from);
        self.taken.insert(to.to_owned());
        Op::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
            expect: self.survey.files.get(from).copied(),
        }
    }

    /// Adds a step.
    pub(super) fn push(
        &mut self,
        kind: Kind,
        (from, to): (&str, &str),
        changes: Vec<String>,
        ops: Vec<Op>,
    ) {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.steps.push(Step {
            kind,
            from,
            to,
            changes,
            ops,
        });
    }

    /// Adds something that only a person can decide.
    pub(super) fn want(&mut self, code: &'static str, place: &str, message: String, hint: &str) {
        let (place, hint) = (place.to_owned(), hint.to_owned());
        self.wants.push(Want {
            code,
            place,
            message,
            hint,
        });
    }
}

/// The directory that a path lies in.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
