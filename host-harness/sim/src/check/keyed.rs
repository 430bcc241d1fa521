//! I18: a call with a key is made once.
//!
//! Remembers what callers were answered. Invariant: a task that a person's hand took part in is
//! nobody's promise.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Violation;

/// A caller, its tool and its key.
pub type Key = (String, &'static str, String);

/// A call that was answered.
#[derive(Debug)]
struct Made {
    arguments: Value,
    task: String,
}

/// What came of a call with a key.
#[derive(Debug)]
pub struct Answered<'a> {
    /// With these arguments.
    pub arguments: &'a Value,
    /// The task that it was answered with; none if it was refused.
    pub task: Option<String>,
    /// Nothing but logs has changed.
    pub is_idle: bool,
}

/// Calls with keys.
#[derive(Debug, Default)]
pub struct Keyed(BTreeMap<Key, Made>);

impl Keyed {
    /// Whether this call was answered before: then the same answer gives nothing away, whatever
    /// the caller may do now.
    #[must_use]
    pub fn is_made(&self, key: &Key, arguments: &Value) -> bool {
        let made = self.0.get(key);
        made.is_some_and(|made| made.arguments == *arguments)
    }

    /// Judges an answer, and remembers it. `is_ours` tells of tasks that no hand has touched.
    ///
    /// # Errors
    /// What does not hold.
    pub fn judge(
        &mut self,
        key: Key,
        answered: &Answered<'_>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<(), Violation> {
        let (caller, tool, name) = &key;
        let wrong = |found: &str| {
            let found = format!("{caller} called {tool} with key {name} again, {found}");
            Err(Violation::new("I18", found))
        };
        let (Some(made), task) = (self.0.get(&key), &answered.task) else {
            if let Some(task) = answered.task.clone() {
                let arguments = answered.arguments.clone();
                self.0.insert(key, Made { arguments, task });
            }
            return Ok(());
        };
        let is_same = made.arguments == *answered.arguments;
        match task {
            Some(_) if !is_same => wrong("with other arguments, and got it"),
            Some(task) if *task != made.task => {
                wrong(&format!("and got {task} instead of {}", made.task))
            }
            Some(_) if !answered.is_idle => wrong("and something has changed"),
            None if is_same && is_ours(&made.task) => wrong("and was refused"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is found when a call that was answered with `T1` comes again.
    fn again(title: &str, task: Option<&str>, (is_idle, is_ours): (bool, bool)) -> String {
        let mut keyed = Keyed::default();
        let mut call = |title: &str, task: Option<&str>, is_idle| {
            let answered = Answered {
                arguments: &json!({"title": title}),
                task: task.map(str::to_owned),
                is_idle,
            };
            let key = ("ann".to_owned(), "aof_dispatch", "k".to_owned());
            keyed.judge(key, &answered, |_| is_ours)
        };
        assert_eq!(call("t", Some("T1"), false), Ok(()));
        let found = call(title, task, is_idle);
        found.map_or_else(|violation| violation.message, |()| "nothing".to_owned())
    }

    #[test]
    fn a_call_with_a_key_is_answered_the_same_and_does_nothing() {
        assert_eq!(again("t", Some("T1"), (true, true)), "nothing");
        assert_eq!(again("other", None, (true, true)), "nothing");
        assert_eq!(again("t", None, (true, false)), "nothing");
    }

    #[test]
    fn a_call_with_a_key_that_is_made_again_is_noticed() {
        for (title, task, is_idle, found) in [
            ("t", Some("T2"), true, "got T2 instead of T1"),
            ("t", Some("T1"), false, "something has changed"),
            ("t", None, true, "was refused"),
            (
                "other",
                Some("T1"),
                true,
                "with other arguments, and got it",
            ),
        ] {
            let said = again(title, task, (is_idle, true));
            assert!(said.ends_with(found), "{said}");
        }
    }
}
