//! What kind of agent it is, and what it therefore does in one session.
//!
//! Never acts itself: a character only writes down deeds and the times at which they are done.

use aof_host::contract::hooks::{Ending, FailureClass};
use serde_json::{Map, Value, json};

/// How an agent behaves in most of its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Character {
    /// Completes its task.
    Diligent,
    /// Cannot be started.
    Absent,
    /// Exits without a word.
    Silent,
    /// Does nothing until it is ended.
    Hanging,
    /// Completes a task that is not its own.
    Liar,
    /// Takes far longer than a lease lasts, and does not hear when it is told to end.
    Late,
    /// Completes its task twice.
    Twice,
    /// Is killed from outside.
    Dying,
    /// Blocks its task.
    Blocking,
    /// Makes a task for somebody else before it completes its own.
    Delegating,
}

/// All of them, to draw from.
const ALL: [Character; 10] = [
    Character::Diligent,
    Character::Absent,
    Character::Silent,
    Character::Hanging,
    Character::Liar,
    Character::Late,
    Character::Twice,
    Character::Dying,
    Character::Blocking,
    Character::Delegating,
];

/// One thing that a session does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Calls a tool.
    Call {
        name: &'static str,
        arguments: String,
    },
    /// Is over.
    End(Ending),
}

/// What the session is about.
pub(super) struct Duty<'a> {
    pub(super) task: &'a str,
    /// A task that it was not given.
    pub(super) other: Option<&'a str>,
    /// Somebody to give work to.
    pub(super) colleague: &'a str,
    pub(super) lease_ttl_ms: u64,
}

impl Character {
    /// Draws one; half of all agents are diligent.
    pub fn draw(dice: &mut fastrand::Rng) -> Self {
        if dice.bool() {
            return Character::Diligent;
        }
        dice.choice(ALL).unwrap_or(Character::Diligent)
    }

    /// How it fails to start, if it does.
    pub(super) fn absence(self, dice: &mut fastrand::Rng) -> Option<FailureClass> {
        let classes = [
            FailureClass::Permanent,
            FailureClass::RateLimited,
            FailureClass::Transient,
            FailureClass::Capacity,
        ];
        (self == Character::Absent)
            .then(|| dice.choice(classes))
            .flatten()
    }

    /// What it does, each deed with its delay after the beginning.
    pub(super) fn deeds(self, duty: &Duty<'_>, dice: &mut fastrand::Rng) -> Vec<(u64, Deed)> {
        let at = dice.u64(1..=duty.lease_ttl_ms * 2);
        let exit = |code| Deed::End(Ending::Exited(code));
        match self {
            Character::Diligent => vec![(at, complete(duty.task)), (at, exit(0))],
            Character::Absent | Character::Silent => vec![(at, exit(i32::from(dice.bool())))],
            Character::Hanging => Vec::new(),
            Character::Liar => vec![
                (at, complete(duty.other.unwrap_or(duty.task))),
                (at, exit(0)),
            ],
            Character::Late => {
                let late = duty.lease_ttl_ms * dice.u64(3..=8);
                vec![(late, complete(duty.task)), (late + 1, exit(0))]
            }
            Character::Twice => vec![
                (at, complete(duty.task)),
                (at + 5, complete(duty.task)),
                (at + 9, exit(0)),
            ],
            Character::Dying => vec![(at, Deed::End(Ending::Killed("out of memory".to_owned())))],
            Character::Blocking => vec![(at, block(duty.task)), (at, exit(0))],
            Character::Delegating => vec![
                (at / 2, delegate(duty)),
                (at, complete(duty.task)),
                (at, exit(0)),
            ],
        }
    }
}

fn complete(task: &str) -> Deed {
    call(
        "aof_task_complete",
        &json!({"taskId": task, "summary": "did it"}),
    )
}

fn block(task: &str) -> Deed {
    call(
        "aof_task_block",
        &json!({"taskId": task, "reason": "a question is open"}),
    )
}

/// Some agents say with their result what they used; they know it less well than their hosts do.
pub(super) fn say_usage(deed: &mut Deed, number: u64) {
    if let Deed::Call { name, arguments } = deed
        && *name == "aof_task_complete"
        && number.is_multiple_of(2)
        && let Ok(mut fields) = serde_json::from_str::<serde_json::Value>(arguments)
    {
        fields["usage"] = json!({"inputTokens": 90 + number % 50});
        *arguments = fields.to_string();
    }
}

/// Every other task that is given away carries a workflow.
pub(super) fn give_plans(deeds: &mut [(u64, Deed)], plans: &[Value], dice: &mut fastrand::Rng) {
    let number = dice.usize(..);
    let Some(plan) = plans.get(number % (2 * plans.len())) else {
        return;
    };
    for (_, deed) in deeds {
        change(deed, "aof_dispatch", |fields| {
            fields.remove("agent");
            // Nobody in the team has it.
            fields.remove("tags");
            fields.insert("workflow".to_owned(), plan.clone());
        });
    }
}

/// Changes what a call of this tool says.
pub(super) fn change(deed: &mut Deed, tool: &str, with: impl FnOnce(&mut Map<String, Value>)) {
    if let Deed::Call { name, arguments } = deed
        && *name == tool
        && let Ok(mut fields) = serde_json::from_str(arguments)
    {
        with(&mut fields);
        *arguments = Value::Object(fields).to_string();
    }
}

/// An entry in the work log.
pub(super) fn note(task: &str, run: &str) -> Deed {
    let text = format!("begun in {run}");
    call("aof_task_log", &json!({"taskId": task, "text": text}))
}

/// A sign of life.
pub(super) fn beat(task: &str) -> Deed {
    call("aof_task_heartbeat", &json!({"taskId": task}))
}

fn delegate(duty: &Duty<'_>) -> Deed {
    call(
        "aof_dispatch",
        &json!({
            "title": "a part of it", "brief": "Do this part.", "agent": duty.colleague,
            "parentId": duty.task, "tags": ["part"],
        }),
    )
}

pub(super) fn call(name: &'static str, arguments: &serde_json::Value) -> Deed {
    Deed::Call {
        name,
        arguments: arguments.to_string(),
    }
}
