//! An answer other than yes: what was wrong, where, and what to do next.

use crate::diagnostic::Diagnostic;
use crate::id::IdError;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request is wrong; repeating it unchanged fails again.
    Refused,
    /// Something changed meanwhile; read again and retry.
    Conflict,
    /// The store or the host failed.
    Broken,
}

/// One refused or failed request. Each code has a page under `docs/errors/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} [{code}]")]
pub struct Refusal {
    /// Stable code, `AOF-1001`.
    pub code: &'static str,
    /// Whose fault it is.
    pub kind: Kind,
    /// What was wrong: a lower-case fragment.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// `path:line:column` or a field path.
    pub location: Option<String>,
}

impl Refusal {
    /// The caller's fault.
    #[must_use]
    pub fn refused(code: &'static str, message: String, hint: &str) -> Self {
        Refusal {
            code,
            kind: Kind::Refused,
            message,
            hint: hint.to_owned(),
            location: None,
        }
    }

    /// Somebody was faster.
    #[must_use]
    pub fn conflict(code: &'static str, message: String, hint: &str) -> Self {
        Refusal {
            kind: Kind::Conflict,
            ..Refusal::refused(code, message, hint)
        }
    }

    /// The store or the host failed.
    #[must_use]
    pub fn broken(code: &'static str, message: String, hint: &str) -> Self {
        Refusal {
            kind: Kind::Broken,
            ..Refusal::refused(code, message, hint)
        }
    }

    /// The same refusal, pointing at a place.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Whether repeating the request can help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind != Kind::Refused
    }
}

impl From<&Diagnostic> for Refusal {
    fn from(finding: &Diagnostic) -> Self {
        Refusal::refused(finding.code, finding.message.clone(), &finding.hint)
            .at(finding.location())
    }
}

impl Refusal {
    /// A name in an argument that is no name.
    #[must_use]
    pub fn bad_id(error: &IdError, field: &str) -> Self {
        Refusal::refused("AOF-1003", error.to_string(), error.hint()).at(field)
    }
}
