//! What somebody asks AOF for, as the call of a tool, and what is answered.
//!
//! Invariant: equal wishes with equal dice are equal calls, as long as the world has the same
//! tasks.

use aof_host::contract::types::Caller;
use serde_json::{Value, json};

use super::flow;
use super::lay::{agent, card_id, project};
use super::people::lock;
use super::step::Wish;
use super::{Verdict, World};
use crate::check::{Answered, Files, Key, Violation, is_whole};

/// Pages of one list.
const PAGES_MAX: usize = 200;
/// Keys that callers use.
const KEYS: u64 = 5;

/// A call of a tool.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) wish: Wish,
    pub(super) name: &'static str,
    pub(super) arguments: Value,
    /// The task that it is about.
    pub(super) task: String,
}

impl Request {
    /// Under which key it is remembered, if it has one.
    pub(super) fn key(&self, caller: &Caller) -> Key {
        let caller = match caller {
            Caller::Agent(agent) => &agent.agent,
            Caller::Human(name) => name,
            Caller::Host => "host",
        };
        let key = self.arguments["idempotencyKey"].as_str();
        let key = key.unwrap_or_default().to_owned();
        (caller.to_owned(), self.name, key)
    }
}

/// What was answered; none if no host runs, or if its call broke.
pub(super) type Answer = Option<Result<Value, String>>;

impl World {
    pub(super) fn request(&self, wish: Wish, (card, salt): (u32, u64)) -> Request {
        let tasks: Vec<String> = {
            let ledger = lock(&self.ledger);
            let begun = ledger.initial.keys();
            begun.chain(&ledger.created).cloned().collect()
        };
        let of = |number: u64| {
            let number = usize::try_from(number).unwrap_or_default() % tasks.len().max(1);
            tasks.get(number).cloned().unwrap_or_default()
        };
        let (mut task, other) = (of(card.into()), of(salt >> 8));
        let agent = agent(u32::try_from(salt % 97).unwrap_or_default() % self.options.agents);
        let project = project(card % self.options.projects);
        let (name, arguments) = match wish {
            Wish::Create => (
                "aof_dispatch",
                json!({"title": "from a person", "brief": "Do it.", "agent": agent,
                    "project": project}),
            ),
            Wish::Block => ("aof_task_block", json!({"taskId": task, "reason": "wait"})),
            Wish::Unblock => ("aof_task_unblock", json!({"taskId": task})),
            Wish::Cancel => ("aof_task_cancel", json!({"taskId": task})),
            Wish::Complete => ("aof_task_complete", json!({"taskId": task})),
            Wish::Rewrite => (
                "aof_task_update",
                json!({"taskId": task, "body": format!("Rewritten {salt}.\n")}),
            ),
            Wish::Ready => (
                "aof_task_update",
                json!({"taskId": task, "status": "ready"}),
            ),
            Wish::Amend => ("aof_task_edit", amendment(&task, &agent, salt)),
            Wish::Log => (
                "aof_task_log",
                json!({"taskId": task, "text": format!("entry-{salt:016x}")}),
            ),
            Wish::Beat => ("aof_task_heartbeat", json!({"taskId": task})),
            Wish::List => ("aof_task_list", filter(&agent, salt)),
            Wish::Plan => (
                "aof_dispatch",
                json!({"title": "of several hops", "brief": "Do it.", "project": project,
                    "metadata": {"tags": [if salt.is_multiple_of(2) { "fast" } else { "slow" }]},
                    "workflow": flow::of_people(&self.options, salt)}),
            ),
            Wish::Decide => self.decision(salt),
            Wish::Change => self.change(salt),
            Wish::Again => {
                let (name, arguments) = self.keyed(salt);
                let about = arguments["taskId"].as_str();
                task = about.unwrap_or_default().to_owned();
                (name, arguments)
            }
            newer => of_company(newer, (&task, &other, &project), salt),
        };
        Request {
            wish,
            name,
            arguments,
            task,
        }
    }

    /// A call with a key: whoever uses that key again mostly asks for the very same.
    fn keyed(&self, salt: u64) -> (&'static str, Value) {
        let number = salt % KEYS;
        let key = format!("key-{number}");
        let small = u32::try_from(number).unwrap_or_default();
        let other = if (salt >> 4).is_multiple_of(8) {
            " other"
        } else {
            ""
        };
        let title = format!("once{other}");
        if number.is_multiple_of(2) {
            let (agent, project) = (
                agent(small % self.options.agents),
                project(small % self.options.projects),
            );
            let arguments = json!({"title": title, "brief": "Do it once.", "agent": agent,
                "project": project, "idempotencyKey": key});
            return ("aof_dispatch", arguments);
        }
        let task = card_id(small % self.options.cards);
        let arguments = json!({"taskId": task, "text": title, "idempotencyKey": key});
        ("aof_task_log", arguments)
    }

    /// A person asks.
    pub(super) fn ask(&mut self, host: u32, wish: Wish, dice: (u32, u64)) -> Verdict {
        let request = self.request(wish, dice);
        let ann = Caller::Human("ann".to_owned());
        if self.company.is_none() {
            return self.call(host, &ann, &request).map(drop);
        }
        let before = self.files();
        let answer = self.call(host, &ann, &request)?;
        self.judge_answer((host, &ann), &request, (&answer, &before))
    }

    /// Calls a tool.
    pub(super) fn call(
        &mut self,
        host: u32,
        caller: &Caller,
        request: &Request,
    ) -> Result<Answer, Violation> {
        let forgets = request.wish == Wish::Rewrite;
        if forgets {
            // Whether it succeeds or not: the body is no longer the person's concern.
            self.forget_marks(&request.task);
        }
        let mut answer = None;
        let called = self.with(host, |gateway| {
            let arguments = request.arguments.to_string();
            let said = gateway.tool(caller.clone(), request.name, &arguments);
            answer = match &said {
                Ok(value) => Some(Ok(value.clone())),
                Err(error) => Some(Err(error.fault().code)),
            };
            said.map(drop)
        });
        if forgets {
            // Nor is what somebody wrote into it meanwhile.
            self.forget_marks(&request.task);
        }
        called.map(|()| answer)
    }

    fn forget_marks(&self, task: &str) {
        lock(&self.ledger).marks.retain(|_, mark| mark.task != task);
    }

    /// Whether what is answered is so: calls with a key, and lists.
    pub(super) fn judge_answer(
        &mut self,
        (host, caller): (u32, &Caller),
        request: &Request,
        (answer, before): (&Answer, &Files),
    ) -> Verdict {
        match (request.wish, answer) {
            (Wish::Again, Some(answer)) => self.is_made_once(caller, request, (answer, before)),
            (Wish::List, Some(Ok(first))) => self.is_listed((host, caller), request, first),
            (Wish::List, Some(Err(code))) => {
                let found = format!("a list by {} is refused: {code}", request.arguments);
                Err(Violation::new("I20", found))
            }
            _ => Ok(()),
        }
    }

    fn is_made_once(
        &mut self,
        caller: &Caller,
        request: &Request,
        (answer, before): (&Result<Value, String>, &Files),
    ) -> Verdict {
        let task = answer.as_ref().ok().map(|value| &value["task"]["taskId"]);
        let answered = Answered {
            arguments: &request.arguments,
            task: task.and_then(Value::as_str).map(str::to_owned),
            is_idle: unchanged(before, &self.files()).is_ok(),
        };
        let ledger = lock(&self.ledger);
        let is_ours = |task: &str| ledger.is_ours(task);
        self.keyed.judge(request.key(caller), &answered, is_ours)
    }

    fn is_listed(
        &mut self,
        (host, caller): (u32, &Caller),
        request: &Request,
        first: &Value,
    ) -> Verdict {
        let mut page = first["list"].clone();
        let mut listed = Vec::new();
        for _ in 0..PAGES_MAX {
            let tasks = page["tasks"].as_array().into_iter().flatten();
            listed.extend(tasks.filter_map(|it| it["id"].as_str().map(str::to_owned)));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            let mut request = request.clone();
            request.arguments["cursor"] = json!(next);
            page = match self.call(host, caller, &request)? {
                Some(Ok(value)) => value["list"].clone(),
                _ => break,
            };
        }
        let ledger = lock(&self.ledger);
        is_whole(&self.checker.disk, &ledger, &request.arguments, &listed)
    }
}

/// The first file that is not as before, but for logs and what is ours alone.
pub(super) fn unchanged(before: &Files, after: &Files) -> Result<(), String> {
    let is_theirs = |path: &str| !path.starts_with("events/") && !path.starts_with("state/");
    let all = before.keys().chain(after.keys());
    let changed = all
        .filter(|path| is_theirs(path))
        .find(|path| before.get(*path) != after.get(*path));
    changed.map_or(Ok(()), |path| Err(path.clone()))
}

/// What a task is, changed in one thing.
fn amendment(task: &str, agent: &str, salt: u64) -> Value {
    let choice = |of: &[&str]| {
        let number = usize::try_from((salt >> 16) % of.len() as u64).unwrap_or_default();
        of.get(number).copied().unwrap_or_default().to_owned()
    };
    let mut arguments = json!({"taskId": task});
    let (field, value) = match salt % 6 {
        0 => ("title", json!(format!("Edited {salt}"))),
        1 => {
            let priority = choice(&["low", "normal", "high", "critical"]);
            ("priority", json!(priority))
        }
        2 => ("agent", json!(agent)),
        3 => ("tags", json!([choice(&["ink", "press", "proof"])])),
        4 => ("resource", json!(choice(&["/the/press", "/the/van", ""]))),
        _ => ("timeoutMs", json!(4_000 + salt % 60_000)),
    };
    arguments[field] = value;
    arguments
}

/// Which tasks a list is of, in pages of a few.
fn filter(agent: &str, salt: u64) -> Value {
    let mut filter = json!({"limit": 1 + (salt >> 16) % 7});
    match salt % 5 {
        0 => filter["agent"] = json!(agent),
        1 => filter["tag"] = json!("ink"),
        2 => filter["priority"] = json!("high"),
        3 => filter["status"] = json!(["ready", "blocked", "done", "deadletter"]),
        _ => {}
    }
    filter
}

/// What else only a company asks for.
fn of_company(
    wish: Wish,
    (task, other, project): (&str, &str, &str),
    salt: u64,
) -> (&'static str, Value) {
    let is_paused = salt.is_multiple_of(3);
    let status = if is_paused { "paused" } else { "active" };
    match wish {
        Wish::Depend => (
            "aof_task_dep_add",
            json!({"taskId": task, "blockerId": other}),
        ),
        Wish::Undepend => (
            "aof_task_dep_remove",
            json!({"taskId": task, "blockerId": other}),
        ),
        Wish::Promote => (
            "aof_task_promote",
            json!({"taskId": task, "force": salt.is_multiple_of(4)}),
        ),
        Wish::Resurrect => ("aof_task_resurrect", json!({"taskId": task})),
        Wish::Found => (
            "aof_project_create",
            json!({"id": format!("new-{}", salt % 3), "parentId": project}),
        ),
        Wish::Rest => (
            "aof_project_status",
            json!({"project": project, "status": status}),
        ),
        _ => ("aof_status_report", json!({})),
    }
}
