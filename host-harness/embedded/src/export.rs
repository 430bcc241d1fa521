//! What is exported: one tool each.

use serde_json::{Value, json};

use crate::bindings::exports::aof::orchestrator::tasks::{Error, Guest, NewTask, Priority, Status};
use crate::visit::{call, visit};

struct Front;

impl Guest for Front {
    fn dispatch(task: NewTask) -> Result<String, Error> {
        let mut arguments = json!({
            "title": task.title,
            "brief": task.brief,
            "dependsOn": task.depends_on,
        });
        let named = [
            ("priority", task.priority.map(priority).map(str::to_owned)),
            ("agent", task.agent),
            ("project", task.project),
        ];
        if let Value::Object(arguments) = &mut arguments {
            for (name, value) in named {
                arguments.extend(value.map(|value| (name.to_owned(), Value::String(value))));
            }
        }
        visit("aof_dispatch", &arguments)
    }

    fn get(task: String) -> Result<String, Error> {
        visit("aof_task_get", &json!({"taskId": task}))
    }

    fn list(statuses: Vec<Status>) -> Result<String, Error> {
        let statuses: Vec<&str> = statuses.into_iter().map(status).collect();
        visit("aof_task_list", &json!({"status": statuses}))
    }

    fn complete(task: String, summary: String) -> Result<String, Error> {
        visit(
            "aof_task_complete",
            &json!({"taskId": task, "summary": summary}),
        )
    }

    fn block(task: String, reason: String) -> Result<String, Error> {
        visit("aof_task_block", &json!({"taskId": task, "reason": reason}))
    }

    fn unblock(task: String) -> Result<String, Error> {
        visit("aof_task_unblock", &json!({"taskId": task}))
    }

    fn cancel(task: String, reason: String) -> Result<String, Error> {
        visit(
            "aof_task_cancel",
            &json!({"taskId": task, "reason": reason}),
        )
    }

    fn call(tool: String, arguments: String) -> Result<String, Error> {
        call(&tool, arguments)
    }
}

fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "critical",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Backlog => "backlog",
        Status::Ready => "ready",
        Status::InProgress => "in-progress",
        Status::Blocked => "blocked",
        Status::Review => "review",
        Status::Done => "done",
        Status::Cancelled => "cancelled",
        Status::Deadletter => "deadletter",
    }
}

crate::bindings::export!(Front with_types_in crate::bindings);
