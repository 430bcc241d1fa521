//! What is told when the work has come to rest: the board, what is left and why, the outputs.

use std::path::{Path, PathBuf};

use aof_host::daemon::{Finish, ServeReport};
use serde_json::{Value, json};

use crate::exit::Ending;
use crate::render;
use crate::render::style::{DIM, HEAD, WARN};
use crate::render::text::{clean, counted};
use crate::shape::{Board, Decision, read};
use crate::work::{Output, list_outputs};

/// Statuses that nothing more has to happen to.
const AT_REST: [&str; 2] = ["done", "cancelled"];

/// The account of one shift.
pub struct Account {
    root: PathBuf,
    report: ServeReport,
    document: Value,
    board: Board,
    outputs: Vec<Output>,
}

impl Account {
    /// Gathers it.
    pub fn new(root: &Path, report: &ServeReport, board: &Value) -> Self {
        let outputs = list_outputs(root);
        let root = root.to_path_buf();
        let (report, document) = (report.clone(), board.clone());
        Account {
            root,
            report,
            board: read(board, "board"),
            document,
            outputs,
        }
    }

    /// Whether every task is done or given up by decision.
    pub fn ending(&self) -> Ending {
        let open = |(status, count): (&String, &u64)| *count > 0 && !AT_REST.contains(&&**status);
        if self.board.counts.iter().any(open) {
            Ending::Unfinished
        } else {
            Ending::Done
        }
    }

    /// Tasks in one status.
    pub fn count(&self, status: &str) -> u64 {
        self.board.counts.get(status).copied().unwrap_or(0)
    }

    /// The account as JSON.
    pub fn document(&self) -> Value {
        let output = |output: &Output| json!({ "path": output.path, "bytes": output.bytes });
        json!({ "run": {
            "dataDir": self.root,
            "finish": if self.report.finish == Finish::Idle { "idle" } else { "stopped" },
            "started": self.report.started,
            "ended": self.report.ended,
            "leftRunning": self.report.left_running,
            "board": self.document.get("board"),
            "remaining": self.report.remaining,
            "outputs": self.outputs.iter().map(output).collect::<Vec<_>>(),
        }})
    }

    /// The account for people.
    pub fn text(&self, width: Option<usize>) -> String {
        let mut text = render::board::board(&self.board, width);
        text += &self.left_over();
        if !self.outputs.is_empty() {
            text += &format!(
                "\n{HEAD}OUTPUTS{HEAD:#} in {}\n",
                clean(&self.root.to_string_lossy())
            );
            for output in &self.outputs {
                let path = clean(&output.path.to_string_lossy());
                text += &format!("  {path}  {DIM}{} bytes{DIM:#}\n", output.bytes);
            }
        }
        text + &format!("\n{}\n", self.last_word())
    }

    fn left_over(&self) -> String {
        let mut text = String::new();
        for explanation in &self.report.remaining {
            let decision: Decision = read(explanation, "decision");
            if decision.task.is_empty() || decision.reasons.is_empty() {
                continue;
            }
            let reasons: Vec<String> = decision.reasons.iter().map(|it| clean(it)).collect();
            let (task, title) = (
                clean(&decision.task),
                clean(decision.title.as_deref().unwrap_or_default()),
            );
            text += &format!(
                "  {task}  {title}\n    {WARN}{}{WARN:#}\n",
                reasons.join("; ")
            );
        }
        if text.is_empty() {
            text
        } else {
            text += self.for_people();
            format!("\n{WARN}NOT DONE{WARN:#}\n{text}")
        }
    }

    /// Where a person finds what waits for her, if something does.
    fn for_people(&self) -> &'static str {
        let verdict = |it: &Value| it.pointer("/decision/verdict") == Some(&"waiting-human".into());
        let waits = self.count("review") > 0 || self.report.remaining.iter().any(verdict);
        match waits {
            true => "  `aof inbox` shows what waits for you\n",
            false => "",
        }
    }

    fn last_word(&self) -> String {
        let still = match self.report.left_running as u64 {
            0 => String::new(),
            count => {
                let noun = if count == 1 {
                    "agent goes"
                } else {
                    "agents go"
                };
                format!("; {count} {noun} on, `aof run` finds what they did")
            }
        };
        let all: u64 = self.board.counts.values().sum();
        let why = if self.report.finish == Finish::Idle {
            "at rest"
        } else {
            "stopped"
        };
        format!(
            "{why}: {} of {} done{still}",
            self.count("done"),
            counted(all, "task")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(counts: &Value) -> Account {
        let report = ServeReport {
            finish: Finish::Idle,
            polls: 3,
            requests: 0,
            started: 2,
            ended: 2,
            left_running: 0,
            remaining: vec![
                json!({"decision": {"task": "TASK-2", "title": "Set", "verdict":
                "waiting", "reasons": ["TASK-1 is blocked"]}}),
                json!("what?"),
            ],
            next_due_ms: None,
        };
        let board = json!({"board": {"counts": counts, "columns": []}});
        Account::new(Path::new("/nowhere"), &report, &board)
    }

    #[test]
    fn what_is_left_is_told_with_its_reason() {
        let account = account(&json!({"done": 3, "blocked": 1}));
        assert_eq!(account.ending(), Ending::Unfinished);
        let text = anstream::adapter::strip_str(&account.text(None)).to_string();
        assert!(
            text.contains("NOT DONE\n  TASK-2  Set\n    TASK-1 is blocked\n"),
            "{text}"
        );
        assert!(text.ends_with("at rest: 3 of 4 tasks done\n"), "{text}");
    }

    #[test]
    fn who_has_to_decide_something_is_told_where() {
        let told = |counts, verdict: &str| {
            let mut account = account(&counts);
            account.report.remaining[0]["decision"]["verdict"] = json!(verdict);
            account
                .text(None)
                .contains("`aof inbox` shows what waits for you\n")
        };
        assert!(told(json!({"done": 3, "review": 1}), "waiting"));
        assert!(told(json!({"done": 3, "ready": 1}), "waiting-human"));
        assert!(!told(
            json!({"done": 3, "ready": 1, "review": 0}),
            "waiting"
        ));
    }

    #[test]
    fn cancelled_tasks_do_not_count_as_left() {
        let account = account(&json!({"done": 3, "cancelled": 2, "ready": 0}));
        assert_eq!(account.ending(), Ending::Done);
    }
}
