//! The event log as a reader folds it.
//!
//! Never repairs. Invariant: lines that are not JSON are passed over, as readers are told to.

use std::collections::BTreeMap;
use std::sync::Arc;

use aof_core::status::Status;
use serde_json::Value;

use super::disk::Files;

/// What the log says of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Where it stands.
    pub status: Option<Status>,
    /// Its revision.
    pub revision: u64,
    /// The first thing in its history that cannot be.
    pub flaw: Option<String>,
    /// A move that the table does not have.
    pub illegal: Option<String>,
    /// It was given to an agent after it had been finished.
    pub restarted: Option<String>,
    is_finished: bool,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Sorts in the order of writing.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// To which task.
    pub task: Option<String>,
    /// In which run.
    pub run: Option<String>,
    /// By whom.
    pub actor: String,
    /// In which project.
    pub project: Option<String>,
    /// Where a task is after it.
    pub(super) to: Option<Status>,
    /// What else it says, of the kinds that rules look into.
    payload: Value,
    order: Order,
    revision: Option<u64>,
    /// Where it was before.
    pub(super) from: Option<Status>,
}

impl Line {
    /// When it was written, by the clock of its host.
    #[must_use]
    pub fn ms(&self) -> u64 {
        self.order.2
    }

    /// A text that it says.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.payload.get(key)?.as_str()
    }

    /// A list that it gives.
    #[must_use]
    pub fn list(&self, key: &str) -> &[Value] {
        let list = self.payload.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// A number that it says.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.payload.get(key)?.as_u64()
    }
}

/// Epoch, counter and milliseconds: the order of writing, also where a clock was set back.
type Order = (u64, u64, u64);

/// How many lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// That a task stands too long where it is.
    pub alerts: usize,
    /// Everything else.
    pub others: usize,
}

/// The log, folded as far as it has been read.
#[derive(Debug, Default)]
pub struct History {
    files: BTreeMap<String, (Arc<Vec<u8>>, Vec<Line>)>,
    /// By id.
    lines: BTreeMap<String, Line>,
    /// The order of the last line that was folded.
    last: Order,
    tasks: BTreeMap<String, Folded>,
    initial: BTreeMap<String, (Status, u64)>,
    /// Something about the log as a whole.
    pub flaw: Option<String>,
    /// Ids of lines that were folded since the last look.
    pub fresh: Vec<String>,
}

impl History {
    /// A log that begins over these cards.
    #[must_use]
    pub fn new(initial: BTreeMap<String, (Status, u64)>) -> Self {
        let mut history = Self {
            initial,
            ..Self::default()
        };
        history.restart();
        history
    }

    /// Reads what is new.
    pub fn look(&mut self, files: &Files) {
        self.fresh.clear();
        let mut lost = false;
        let logs = files.range("events/".to_owned().."events0".to_owned());
        let mut fresh = Vec::new();
        let mut paths = 0;
        for (path, content) in logs.filter(|(path, _)| path.ends_with(".jsonl")) {
            paths += 1;
            let known = self.files.get(path);
            if known.is_some_and(|(bytes, _)| Arc::ptr_eq(bytes, content) || bytes == content) {
                continue;
            }
            let known = self.files.remove(path);
            let is_known = known.is_some();
            let kept = known.filter(|(bytes, _)| is_grown(bytes, content));
            lost |= kept.is_none() && is_known;
            let (from, mut lines) =
                kept.map_or_else(|| (0, Vec::new()), |(bytes, lines)| (bytes.len(), lines));
            let new = read(content.get(from..).unwrap_or_default());
            fresh.extend(new.iter().cloned());
            lines.extend(new);
            self.files
                .insert(path.clone(), (Arc::clone(content), lines));
        }
        let known = self.files.len();
        self.files.retain(|path, _| files.contains_key(path));
        lost |= known != paths;
        let in_order = fresh.iter().all(|line| line.order > self.last);
        if lost || !in_order {
            self.restart();
            fresh = self
                .files
                .values()
                .flat_map(|(_, lines)| lines.clone())
                .collect();
        }
        if !fresh.is_empty() {
            self.judge_order();
        }
        fresh.sort_by_key(|line| line.order);
        for line in fresh {
            self.take(line);
        }
    }

    /// What the log says of a task.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<&Folded> {
        self.tasks.get(id)
    }

    /// How much happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let alerts = self.lines.values();
        let alerts = alerts.filter(|line| line.kind == "sla.violation").count();
        let others = self.lines.len() - alerts;
        Counts { alerts, others }
    }

    /// Every task.
    pub fn tasks(&self) -> impl Iterator<Item = (&String, &Folded)> {
        self.tasks.iter()
    }

    /// The line of an id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.get(id)
    }

    /// The task was given to this run.
    #[must_use]
    pub fn is_assigned(&self, task: &str, run: &str) -> bool {
        let mut lines = self.lines.values();
        lines.any(|line| {
            line.kind == "task.assigned"
                && line.task.as_deref() == Some(task)
                && line.run.as_deref() == Some(run)
        })
    }

    /// The last lines, as they would be told to people.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<String> {
        let mut last: Vec<&Line> = self.lines.values().collect();
        last.sort_by_key(|line| std::cmp::Reverse(line.order));
        last.truncate(count);
        let tell = |line: &&Line| {
            let status = |status: Option<Status>| status.map_or("", Status::as_str);
            format!(
                "{} {} {} {}>{}",
                line.id,
                line.kind,
                line.task.as_deref().unwrap_or("-"),
                status(line.from),
                status(line.to),
            )
        };
        last.iter().rev().map(tell).collect()
    }

    fn restart(&mut self) {
        self.lines.clear();
        self.last = Order::default();
        self.flaw = None;
        let begun = |(id, (status, revision)): (&String, &(Status, u64))| {
            let folded = Folded {
                status: Some(*status),
                revision: *revision,
                ..Folded::default()
            };
            (id.clone(), folded)
        };
        self.tasks = self.initial.iter().map(begun).collect();
    }

    fn judge_order(&mut self) {
        for (path, (_, lines)) in &self.files {
            for (before, line) in lines.iter().zip(lines.iter().skip(1)) {
                if line.order <= before.order {
                    let found = format!("{path}: {} comes after {}", line.id, before.id);
                    self.flaw.get_or_insert(found);
                }
            }
        }
    }

    fn take(&mut self, line: Line) {
        self.fresh.push(line.id.clone());
        self.last = self.last.max(line.order);
        if let Some(task) = &line.task {
            let folded = self.tasks.entry(task.clone()).or_default();
            folded.take(&line);
        }
        self.lines.insert(line.id.clone(), line);
    }
}

impl Folded {
    fn take(&mut self, line: &Line) {
        match line.kind.as_str() {
            "task.created" => self.status = line.to,
            "task.transitioned" => {
                if let (Some(from), Some(to)) = (line.from, line.to)
                    && !from.may_become(to)
                {
                    self.illegal
                        .get_or_insert_with(|| format!("{}: from {from} to {to}", line.id));
                }
                if self.status != line.from {
                    let was = self.status.map_or("nowhere", Status::as_str);
                    let from = line.from.map_or("nowhere", Status::as_str);
                    self.flaw
                        .get_or_insert_with(|| format!("{}: left {from} but was {was}", line.id));
                }
                self.status = line.to;
                self.is_finished |= line.to == Some(Status::Done);
            }
            // Nothing is ever opened again.
            "task.assigned" if self.is_finished => {
                self.restarted.get_or_insert_with(|| line.id.clone());
            }
            _ => {}
        }
        self.revision = self.revision.max(line.revision.unwrap_or_default());
    }
}

fn order(id: &str) -> Order {
    let mut numbers = id.split('-').map(|part| part.parse().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    let (ms, epoch, counter) = (next(), next(), next());
    (epoch, counter, ms)
}

fn is_grown(before: &[u8], after: &[u8]) -> bool {
    after.starts_with(before) && before.last().is_none_or(|byte| *byte == b'\n')
}

fn read(bytes: &[u8]) -> Vec<Line> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(line_of).collect()
}

fn line_of(bytes: &[u8]) -> Option<Line> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = text("type")?;
    let status = |key: &str| {
        let name = value.get("payload")?.get(key)?.as_str()?;
        Status::parse(name)
    };
    let to = if kind == "task.created" {
        status("status")
    } else {
        status("to")
    };
    let id = text("eventId")?;
    let is_looked_into = matches!(
        kind.as_str(),
        "task.assigned"
            | "task.blocked"
            | "task.logged"
            | "sla.violation"
            | "usage.recorded"
            | "dag.hop_rejected"
    );
    let mut line = Line {
        project: text("project"),
        payload: Value::Null,
        order: order(&id),
        id,
        task: text("taskId"),
        run: text("runId"),
        actor: text("actor").unwrap_or_default(),
        revision: value.get("revision").and_then(Value::as_u64),
        from: status("from"),
        to,
        kind,
    };
    if is_looked_into {
        line.payload = value["payload"].take();
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(lines: &[&str]) -> Folded {
        let text = lines.join("\n") + "\n";
        let files = Files::from([("events/2026-01-01.jsonl".to_owned(), Arc::new(text.into()))]);
        let mut history = History::new(BTreeMap::new());
        history.look(&files);
        history.task("T").cloned().unwrap_or_default()
    }

    fn line(number: u32, kind: &str, payload: &str) -> String {
        format!(
            r#"{{"eventId":"1-1-{number:06}","type":"{kind}","taskId":"T","payload":{payload}}}"#
        )
    }

    #[test]
    fn a_task_that_is_given_away_after_it_was_finished_is_noticed() {
        let given = line(1, "task.assigned", "{}");
        let done = line(2, "task.transitioned", r#"{"from":"review","to":"done"}"#);
        let again = line(3, "task.assigned", "{}");
        assert_eq!(folded(&[&given, &done]).restarted, None);
        let found = folded(&[&given, &done, &again]).restarted;
        assert_eq!(found.as_deref(), Some("1-1-000003"));
    }
}
