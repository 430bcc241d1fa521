//! Text with placeholders, such as `--task={task}`.
//!
//! It never passes through a shell. Only `{word}` in lower-case letters is a placeholder; every
//! other brace stands for itself, so that JSON can be an argument.
//! Invariant: a parsed template contains known placeholders only.

use std::fmt;

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Task,
    Run,
    Agent,
    Project,
    Card,
    Work,
    Data,
}

const SLOTS: [(&str, Slot); 7] = [
    ("task", Slot::Task),
    ("run", Slot::Run),
    ("agent", Slot::Agent),
    ("project", Slot::Project),
    ("card", Slot::Card),
    ("work", Slot::Work),
    ("data", Slot::Data),
];

/// A placeholder that nothing fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPlaceholder(String);

impl fmt::Display for UnknownPlaceholder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "unknown placeholder `{{{}}}`; known are", self.0)?;
        SLOTS
            .iter()
            .try_for_each(|(name, _)| write!(out, " {{{name}}}"))
    }
}

impl std::error::Error for UnknownPlaceholder {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(Slot),
}

/// What the placeholders stand for in one run.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// `{task}`
    pub task: String,
    /// `{run}`
    pub run: String,
    /// `{agent}`
    pub agent: String,
    /// `{project}`
    pub project: String,
    /// `{card}`, absolute path
    pub card: String,
    /// `{work}`, absolute path
    pub work: String,
    /// `{data}`, absolute path
    pub data: String,
}

impl Values {
    fn of(&self, slot: Slot) -> &str {
        match slot {
            Slot::Task => &self.task,
            Slot::Run => &self.run,
            Slot::Agent => &self.agent,
            Slot::Project => &self.project,
            Slot::Card => &self.card,
            Slot::Work => &self.work,
            Slot::Data => &self.data,
        }
    }

    /// The first name that could turn a path into another one, if there is one.
    pub fn path_breaker(&self) -> Option<&str> {
        let names = [&self.task, &self.run, &self.agent, &self.project];
        let breaks = |name: &str| name.contains(['/', '\0']) || name == "." || name == "..";
        names
            .into_iter()
            .map(String::as_str)
            .find(|name| breaks(name))
    }
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// Names the first placeholder that is not known.
    pub fn parse(text: &str) -> Result<Self, UnknownPlaceholder> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match placeholder(after) {
                Some((name, beyond)) => {
                    let known = SLOTS.iter().find(|(known, _)| *known == name);
                    let (_, slot) = known.ok_or_else(|| UnknownPlaceholder(name.to_owned()))?;
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(Piece::Slot(*slot));
                    rest = beyond;
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self { pieces })
    }

    /// The text with its placeholders filled.
    pub fn fill(&self, values: &Values) -> String {
        let part = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Slot(slot) => values.of(*slot).to_owned(),
        };
        self.pieces.iter().map(part).collect()
    }
}

fn placeholder(after_brace: &str) -> Option<(&str, &str)> {
    let (name, beyond) = after_brace.split_once('}')?;
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word.then_some((name, beyond))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let values = Values {
            task: "T-1".to_owned(),
            agent: "{run}".to_owned(),
            ..Values::default()
        };
        Template::parse(text).unwrap().fill(&values)
    }

    #[test]
    fn placeholders_are_filled_once() {
        assert_eq!(filled("--task={task}/{task}"), "--task=T-1/T-1");
        assert_eq!(filled("{agent}"), "{run}", "a value is not a template");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn other_braces_stand_for_themselves() {
        for text in [
            "{",
            "}",
            "{}",
            "{\"a\":{\"b\":1}}",
            "{Task}",
            "{task",
            "{ta sk}",
        ] {
            assert_eq!(filled(text), text);
        }
        assert_eq!(filled("{\"t\":\"{task}\"}"), "{\"t\":\"T-1\"}");
    }

    #[test]
    fn an_unknown_placeholder_is_refused() {
        let refusal = Template::parse("a {task} b {tasks}").unwrap_err();
        assert!(
            refusal
                .to_string()
                .starts_with("unknown placeholder `{tasks}`")
        );
    }

    #[test]
    fn names_that_would_leave_a_directory_are_found() {
        let values = |agent: &str| Values {
            agent: agent.to_owned(),
            ..Values::default()
        };
        assert_eq!(values("a.b").path_breaker(), None);
        for bad in ["..", ".", "a/b", "../x"] {
            assert_eq!(values(bad).path_breaker(), Some(bad));
        }
    }
}
