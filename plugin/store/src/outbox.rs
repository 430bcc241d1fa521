//! Effects that were decided but not yet reported as done.
//!
//! A log of two kinds of lines, `issued` and `settled`. Invariant: an effect is in the log before
//! it is handed out, so that it survives a crash of either side.

use std::collections::BTreeMap;

use aof_core::effect::{Cancel, Effect, Notify, Severity, Spawn};
use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use aof_core::json::ToLine as _;
use aof_core::org::Method;
use serde::Serialize;
use serde_json::Value;

use crate::ledger::{Line, number, text};
use crate::request::{Request, RequestKey, Requests, Subject};

/// The log is rewritten at a checkpoint when it is larger than this.
pub const COMPACT_BYTES: u64 = 256 * 1024;
/// The log is not read beyond this size; cards say which runs were requested.
pub const BYTES_READ_MAX: u64 = 16 * 1024 * 1024;
const SCHEMA: u32 = 1;

/// What is still to be done.
#[derive(Debug, Default)]
pub struct Outbox {
    open: BTreeMap<String, Effect>,
    /// Calls that can be repeated without harm: their answers go out, too.
    pub requests: Requests,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "line")]
enum Written {
    Issued {
        schema: u32,
        key: String,
        effect: Box<EffectRecord>,
    },
    Settled {
        schema: u32,
        key: String,
    },
    Asked {
        schema: u32,
        caller: String,
        tool: String,
        key: String,
        digest: String,
        at: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        project: Option<String>,
    },
}

#[derive(Debug, Serialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "kind"
)]
enum EffectRecord {
    Spawn {
        project: String,
        task: String,
        title: String,
        run: String,
        attempt: u32,
        agent: String,
        session_key: Option<String>,
        card_path: String,
        work_dir: String,
        run_dir: String,
        timeout_ms: u64,
        prompt: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        methods: Vec<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        passed: Vec<String>,
    },
    Cancel {
        run: String,
        session: Option<String>,
        reason: String,
    },
    Notify {
        key: String,
        severity: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<String>,
        task: Option<String>,
        message: String,
    },
}

impl Outbox {
    /// Reads the log. Lines that make no sense, such as a torn last one, are passed over: the cards
    /// themselves say which runs were requested.
    #[must_use]
    pub fn read(log: &[u8]) -> Self {
        let mut outbox = Outbox::default();
        for line in log.split(|byte| *byte == b'\n') {
            let parsed: Option<Line> = serde_json::from_slice(line).ok();
            if let Some(line) = parsed {
                // What makes no sense is passed over.
                outbox.take(&line).unwrap_or_default();
            }
        }
        outbox
    }

    fn take(&mut self, line: &Line) -> Option<()> {
        let key = text(line, "key")?;
        number(line, "schema")?;
        match text(line, "line")? {
            "issued" => {
                // Under another key than its own nobody could settle it.
                let effect = effect_of(line.get("effect")?.as_object()?)?;
                if effect.key() == key {
                    self.open.insert(key.to_owned(), effect);
                }
            }
            "settled" => {
                self.open.remove(key);
            }
            "asked" => {
                let (key, request) = request_of(line)?;
                self.requests.note(key, request);
            }
            _ => {}
        }
        Some(())
    }

    /// Effects that are not settled, by key.
    pub fn open(&self) -> impl Iterator<Item = (&str, &Effect)> {
        self.open.iter().map(|(key, effect)| (key.as_str(), effect))
    }

    /// Effects that are not settled and whose keys begin so, by key.
    pub fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &Effect)> {
        let open = self.open.range(prefix.to_owned()..);
        let open = open.map(|(key, effect)| (key.as_str(), effect));
        open.take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The effect of that key, if it is not settled.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Effect> {
        self.open.get(key)
    }

    /// The effect that reaches the agent of this run, if it is not settled, and its key: one at
    /// most, whatever way it is at.
    #[must_use]
    pub fn start_of(&self, run: &RunId) -> Option<(&str, &Spawn)> {
        let (key, effect) = self.open.range(run.to_string()..).next()?;
        match effect {
            Effect::Spawn(spawn) if spawn.run == *run => Some((key, spawn)),
            _ => None,
        }
    }

    /// Notes that these effects were recorded.
    pub fn issue(&mut self, effects: &[Effect]) {
        self.open
            .extend(effects.iter().map(|effect| (effect.key(), effect.clone())));
    }

    /// Notes that an effect was reported as done, or is no longer wanted.
    pub fn settle(&mut self, key: &str) {
        self.open.remove(key);
    }

    /// The whole log, with nothing in it but what is open, and the calls that are remembered.
    #[must_use]
    pub fn compact(&self) -> String {
        let open = self.open.values().map(issued_line);
        let requests = self.requests.all();
        let asked = requests.map(|(key, request)| asked_line(key, request));
        open.chain(asked).map(|line| line + "\n").collect()
    }
}

/// The line that records an effect.
#[must_use]
pub fn issued_line(effect: &Effect) -> String {
    let record = EffectRecord::of(effect);
    Written::Issued {
        schema: SCHEMA,
        key: effect.key(),
        effect: Box::new(record),
    }
    .to_line()
}

/// The line that records that an effect is done.
#[must_use]
pub fn settled_line(key: &str) -> String {
    Written::Settled {
        schema: SCHEMA,
        key: key.to_owned(),
    }
    .to_line()
}

/// The line that records that a call was made.
#[must_use]
pub fn asked_line(key: &RequestKey, request: &Request) -> String {
    let (task, project) = match &request.subject {
        Subject::Task(task) => (Some(task.to_string()), None),
        Subject::Project(project) => (None, Some(project.to_string())),
    };
    Written::Asked {
        schema: SCHEMA,
        caller: key.caller.clone(),
        tool: key.tool.clone(),
        key: key.key.clone(),
        digest: request.digest.clone(),
        at: request.at.ms(),
        task,
        project,
    }
    .to_line()
}

fn request_of(line: &Line) -> Option<(RequestKey, Request)> {
    let own = |key| text(line, key).map(str::to_owned);
    let subject = match text(line, "task") {
        Some(task) => Subject::Task(TaskId::parse(task).ok()?),
        None => Subject::Project(ProjectId::parse(text(line, "project")?).ok()?),
    };
    let request = Request {
        digest: own("digest")?,
        at: Instant::from_ms(number(line, "at")?),
        subject,
    };
    let key = RequestKey {
        caller: own("caller")?,
        tool: own("tool")?,
        key: own("key")?,
    };
    Some((key, request))
}

impl EffectRecord {
    fn of(effect: &Effect) -> Self {
        match effect {
            Effect::Spawn(spawn) => EffectRecord::Spawn {
                project: spawn.project.to_string(),
                task: spawn.task.to_string(),
                title: spawn.title.clone(),
                run: spawn.run.to_string(),
                attempt: spawn.attempt,
                agent: spawn.agent.to_string(),
                session_key: spawn.session_key.clone(),
                card_path: spawn.card_path.clone(),
                work_dir: spawn.work_dir.clone(),
                run_dir: spawn.run_dir.clone(),
                timeout_ms: spawn.timeout_ms,
                prompt: spawn.prompt.clone(),
                methods: spawn.methods.iter().map(ToString::to_string).collect(),
                passed: spawn.passed.clone(),
            },
            Effect::Cancel(cancel) => EffectRecord::Cancel {
                run: cancel.run.to_string(),
                session: cancel.session.clone(),
                reason: cancel.reason.clone(),
            },
            Effect::Notify(notify) => EffectRecord::Notify {
                key: notify.key.clone(),
                severity: notify.severity.as_str().to_owned(),
                audience: notify.audience.clone(),
                channel: notify.channel.clone(),
                task: notify.task.as_ref().map(ToString::to_string),
                message: notify.message.clone(),
            },
        }
    }
}

/// The effect that a line records.
fn effect_of(record: &Line) -> Option<Effect> {
    let own = |key| text(record, key).map(str::to_owned);
    let run = || RunId::parse(text(record, "run")?).ok();
    Some(match text(record, "kind")? {
        "spawn" => Effect::Spawn(Box::new(Spawn {
            project: ProjectId::parse(text(record, "project")?).ok()?,
            task: TaskId::parse(text(record, "task")?).ok()?,
            title: own("title")?,
            run: run()?,
            attempt: u32::try_from(number(record, "attempt")?).ok()?,
            agent: AgentId::parse(text(record, "agent")?).ok()?,
            session_key: own("sessionKey"),
            card_path: own("cardPath")?,
            work_dir: own("workDir")?,
            run_dir: own("runDir")?,
            timeout_ms: number(record, "timeoutMs")?,
            prompt: own("prompt")?,
            methods: list(record, "methods", &Method::parse)?,
            passed: list(record, "passed", &|way| Some(way.to_owned()))?,
        })),
        "cancel" => Effect::Cancel(Cancel {
            run: run()?,
            session: own("session"),
            reason: own("reason")?,
        }),
        "notify" => Effect::Notify(Notify {
            key: own("key")?,
            severity: severity_of(text(record, "severity")?),
            audience: own("audience"),
            channel: own("channel"),
            task: text(record, "task").and_then(|task| TaskId::parse(task).ok()),
            message: own("message")?,
        }),
        _ => return None,
    })
}

/// The items of a list, which may be absent; none if one of them is wrong.
fn list<T>(record: &Line, key: &str, item: &dyn Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let items = record.get(key).and_then(Value::as_array);
    let mut read = Vec::new();
    for text in items.into_iter().flatten() {
        read.push(item(text.as_str()?)?);
    }
    Some(read)
}

fn severity_of(name: &str) -> Severity {
    match name {
        "info" => Severity::Info,
        "critical" => Severity::Critical,
        _ => Severity::Warn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(key: &str) -> Effect {
        Effect::Notify(Notify {
            key: key.to_owned(),
            severity: Severity::Critical,
            audience: Some("ops".to_owned()),
            channel: Some("#alerts".to_owned()),
            task: None,
            message: "look".to_owned(),
        })
    }

    #[test]
    fn what_is_settled_is_not_issued_again() {
        let run = RunId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
        let cancel = Effect::Cancel(Cancel {
            run,
            session: None,
            reason: "r".to_owned(),
        });
        let log = [
            issued_line(&notice("a")),
            issued_line(&cancel),
            settled_line("a"),
            issued_line(&notice("b")),
            "{\"line\":\"issued\",\"schema\":1,\"ke".to_owned(),
        ]
        .join("\n");
        let outbox = Outbox::read(log.as_bytes());
        let open: Vec<Effect> = outbox.open().map(|(_, effect)| effect.clone()).collect();
        assert_eq!(open, [notice("b"), cancel]);
        let again = Outbox::read(outbox.compact().as_bytes());
        assert_eq!(again.open().count(), 2);
    }

    #[test]
    fn a_call_survives_the_log_and_its_rewriting() {
        let key = RequestKey {
            caller: "agent:writer".to_owned(),
            tool: "aof_dispatch".to_owned(),
            key: "k".to_owned(),
        };
        let of = |subject| Request {
            digest: "d".to_owned(),
            at: Instant::from_ms(7),
            subject,
        };
        for subject in [
            Subject::Task(TaskId::parse("TASK-2026-02-17-001").unwrap()),
            Subject::Project(ProjectId::parse("alpha").unwrap()),
        ] {
            let request = of(subject);
            let outbox = Outbox::read(asked_line(&key, &request).as_bytes());
            let again = Outbox::read(outbox.compact().as_bytes());
            assert_eq!(again.requests.get(&key, request.at), Some(&request));
        }
        for broken in [("TASK-2026-02-17-001", "x"), ("\"task\"", "\"tusk\"")] {
            let task = Subject::Task(TaskId::parse("TASK-2026-02-17-001").unwrap());
            let line = asked_line(&key, &of(task)).replace(broken.0, broken.1);
            assert_eq!(Outbox::read(line.as_bytes()).requests.all().count(), 0);
        }
    }

    #[test]
    fn an_effect_under_a_key_that_is_not_its_own_is_passed_over() {
        let line = issued_line(&notice("a"));
        let foreign = line.replacen("\"key\":\"a\"", "\"key\":\"b\"", 1);
        assert_ne!(line, foreign);
        assert_eq!(Outbox::read(foreign.as_bytes()).open().count(), 0);
        let both = format!("{foreign}\n{line}");
        let outbox = Outbox::read(both.as_bytes());
        let keys: Vec<&str> = outbox.open().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a"]);
    }
}
