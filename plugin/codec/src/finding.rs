//! Collects what is wrong in one file.
//!
//! Never stops at the first finding and never floods: at most [`FINDINGS_MAX`] are handed out.
//! Invariant: if there is an error, it is among those handed out.

use aof_core::diagnostic::{Diagnostic, Level};
use aof_core::order;

use crate::yaml::{Mark, Node};

/// Most findings that are reported for one file.
pub const FINDINGS_MAX: usize = 20;

/// Longest piece of a file that a message repeats, in characters.
const EXCERPT_CHARS_MAX: usize = 60;

/// The codes that one kind of file uses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    /// The file cannot be read at all.
    pub syntax: &'static str,
    /// A field has the wrong type or value.
    pub value: &'static str,
    /// A required field is missing.
    pub missing: &'static str,
    /// A key that the format does not know.
    pub unknown: &'static str,
}

/// A limit is exceeded; the same for every kind of file.
pub(crate) const LIMIT: &str = "AOF-1104";
/// YAML that is refused by design; the same for every kind of file.
pub(crate) const FORBIDDEN: &str = "AOF-1105";
/// A field that is kept and has no effect; the same for every kind of file.
pub(crate) const NO_EFFECT: &str = "AOF-1190";

/// The findings of one file, in the making.
#[derive(Debug)]
pub(crate) struct Findings<'p> {
    path: &'p str,
    /// The codes of this kind of file.
    pub codes: &'static Codes,
    /// Lines of the file before the YAML begins.
    line_offset: u32,
    /// Most findings of each kind that are kept.
    most: usize,
    /// How bad a key is that the format does not know.
    unknown_keys: Level,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl<'p> Findings<'p> {
    /// No findings yet.
    pub(crate) fn new(path: &'p str, codes: &'static Codes) -> Self {
        Findings {
            path,
            codes,
            line_offset: 0,
            most: FINDINGS_MAX,
            unknown_keys: Level::Error,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Keeps so many findings of each kind.
    pub(crate) fn keep(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Takes keys that the format does not know for that bad.
    pub(crate) fn judge_unknown_keys(mut self, level: Level) -> Self {
        self.unknown_keys = level;
        self
    }

    /// From here on, places count from the line after so many lines of the file.
    pub(crate) fn begin_after_lines(&mut self, lines: u32) {
        self.line_offset = lines;
    }

    /// Whether the file is unusable.
    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Reports an error.
    pub(crate) fn error(&mut self, code: &'static str, at: Mark, message: String, hint: &str) {
        if self.errors.len() < self.most {
            let finding = self.finding(code, at, message, hint);
            self.errors.push(Diagnostic {
                level: Level::Error,
                ..finding
            });
        }
    }

    /// Reports a warning.
    pub(crate) fn warn(&mut self, code: &'static str, at: Mark, message: String, hint: &str) {
        if self.warnings.len() < self.most {
            let finding = self.finding(code, at, message, hint);
            self.warnings.push(finding);
        }
    }

    /// Reports a key that the format does not know.
    pub(crate) fn unknown_key(&mut self, at: Mark, message: String, hint: &str) {
        match self.unknown_keys {
            Level::Error => self.error(self.codes.unknown, at, message, hint),
            Level::Warning => self.warn(self.codes.unknown, at, message, hint),
        }
    }

    /// Reports a field whose value is not what it should be.
    pub(crate) fn bad_value(&mut self, field: &str, node: &Node<'_>, wanted: &str, hint: &str) {
        let found = node.describe();
        let message = format!("`{field}` must be {wanted}, but is {found}");
        self.error(self.codes.value, node.start, message, hint);
    }

    /// The value with its warnings, or what prevents it from being used: errors first, each kind
    /// in file order.
    pub(crate) fn conclude<T>(
        mut self,
        value: Option<T>,
    ) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
        if value.is_none() {
            self.expect_error();
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok((value, sorted(self.warnings))),
            _ => {
                let mut all = self.into_all();
                all.truncate(FINDINGS_MAX);
                Err(all)
            }
        }
    }

    /// There must be an error, as there is no value; if none was found, the file is empty.
    pub(crate) fn expect_error(&mut self) {
        if self.errors.is_empty() {
            let message = "there is nothing in the file".to_owned();
            let (code, hint) = (self.codes.syntax, "write the required fields");
            self.error(code, Mark::NOWHERE, message, hint);
        }
    }

    /// Everything that was found: errors first, each kind in file order.
    pub(crate) fn into_all(self) -> Vec<Diagnostic> {
        let mut all = sorted(self.errors);
        all.extend(sorted(self.warnings));
        all
    }

    /// The line of the file that a place in its YAML is in.
    pub(crate) fn line_of(&self, at: Mark) -> u32 {
        if at.line == 0 {
            0
        } else {
            at.line.saturating_add(self.line_offset)
        }
    }

    fn finding(&self, code: &'static str, at: Mark, message: String, hint: &str) -> Diagnostic {
        Diagnostic {
            code,
            level: Level::Warning,
            path: self.path.to_owned(),
            line: self.line_of(at),
            column: at.column,
            message,
            hint: hint.to_owned(),
        }
    }
}

fn sorted(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    order::sort_by_key(&mut findings, |finding| (finding.line, finding.column));
    findings
}

/// A piece of the file, cut and made harmless, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(EXCERPT_CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(EXCERPT_CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

/// A list of words for a hint: `a, b or c`.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}
