//! What is wrong in a file, and where.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The file is used, without the part that the finding names.
    Warning,
    /// The file is not used.
    Error,
}

/// One finding in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, `AOF-1xxx`.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Path relative to the data root.
    pub path: String,
    /// Line, from 1; 0 if the finding is about the file as a whole.
    pub line: u32,
    /// Column, from 1, in characters; 0 if unknown.
    pub column: u32,
    /// What is wrong: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Diagnostic {
    /// `path:line:column`, as editors understand it.
    #[must_use]
    pub fn location(&self) -> String {
        match (self.line, self.column) {
            (0, _) => self.path.clone(),
            (line, 0) => format!("{}:{line}", self.path),
            (line, column) => format!("{}:{line}:{column}", self.path),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.location(), self.message, self.code)
    }
}
