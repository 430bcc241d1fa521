//! What somebody asks AOF for, as the call of a tool.
//!
//! Never judges an answer. Invariant: equal wishes with equal dice are equal calls, as long as the
//! world has the same tasks.

use aof_host::contract::types::Caller;
use serde_json::{Value, json};

use super::lay::{agent, project};
use super::people::lock;
use super::step::Wish;
use super::{Verdict, World};

impl World {
    /// The tool of a wish, its arguments, and the task that it is about.
    pub(super) fn request(
        &self,
        wish: Wish,
        (card, salt): (u32, u64),
    ) -> (&'static str, Value, String) {
        let tasks: Vec<String> = {
            let ledger = lock(&self.ledger);
            let begun = ledger.initial.keys();
            begun.chain(&ledger.created).cloned().collect()
        };
        let of = |number: u64| {
            let number = usize::try_from(number).unwrap_or_default() % tasks.len().max(1);
            tasks.get(number).cloned().unwrap_or_default()
        };
        let (task, other) = (of(card.into()), of(salt >> 8));
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
            newer => of_newer(newer, (&task, &other, &project), salt),
        };
        (name, arguments, task)
    }

    pub(super) fn ask(&mut self, host: u32, wish: Wish, (card, salt): (u32, u64)) -> Verdict {
        let (name, arguments, task) = self.request(wish, (card, salt));
        if wish == Wish::Rewrite {
            // Whether it succeeds or not: the body is no longer the person's concern.
            lock(&self.ledger).marks.retain(|_, mark| mark.task != task);
        }
        let asked = self.with(host, |gateway| {
            let ann = Caller::Human("ann".to_owned());
            gateway.tool(ann, name, &arguments.to_string()).map(|_| ())
        });
        if wish == Wish::Rewrite {
            // Nor is what somebody wrote into it meanwhile.
            lock(&self.ledger).marks.retain(|_, mark| mark.task != task);
        }
        asked
    }
}

/// The tools that only people and agents of a company ask for.
fn of_newer(
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
