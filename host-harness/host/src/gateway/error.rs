//! What can go wrong between a caller and the component, each with its code.
//!
//! Never loses an error of the component: it is passed on as it is.
//! Invariant: every variant has a `Fault`, which is what callers see on the wire.

use serde::{Deserialize, Serialize};

use crate::contract::types::{Error as Refusal, ErrorKind};
use crate::executor::BuildError;
use crate::instance::CallError;
use aof_disk::LocalStoreError;

/// An error as it crosses a boundary: stable code, message, hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Stable code, such as `AOF-1001`.
    pub code: String,
    /// `refused`, `conflict` or `broken`.
    pub kind: String,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub hint: String,
    /// `path:line:column` of a file, or a field path of an argument.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Whether repeating the request may help.
    #[serde(default)]
    pub retryable: bool,
}

impl Fault {
    /// The caller's fault.
    pub fn refused(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of("refused", code, message, hint)
    }

    /// The store's or the host's fault.
    pub fn broken(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of("broken", code, message, hint)
    }

    /// Names the file, field or argument that is meant.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.place = Some(place.to_owned());
        self
    }

    fn of(kind: &str, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            kind: kind.to_owned(),
            message: message.into(),
            hint: hint.into(),
            place: None,
            retryable: false,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(error: Refusal) -> Self {
        let kind = match error.kind {
            ErrorKind::Refused => "refused",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Broken => "broken",
        };
        Self {
            code: error.code,
            kind: kind.to_owned(),
            message: error.message,
            hint: error.hint,
            place: error.where_,
            retryable: error.retryable,
        }
    }
}

/// What can go wrong at the gateway.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The component refused or failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The data root cannot be used.
    #[error(transparent)]
    Store(#[from] LocalStoreError),
    /// The executor's settings are wrong, or it cannot be made.
    #[error(transparent)]
    Executor(#[from] BuildError),
    /// The component answered with something that is no JSON.
    #[error("the component's answer to {call} is not JSON: {reason}")]
    Answer {
        /// What was asked.
        call: &'static str,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A poll committed something, which was carried out, and then could not go on.
    #[error("{}", .0.message)]
    BrokenOff(Box<Fault>),
    /// The tool needs something of the host that this host does not do.
    #[error("tool `{tool}` waits for the host, and this host cannot serve it")]
    Pending {
        /// The tool.
        tool: String,
    },
}

impl GatewayError {
    /// The error as callers see it.
    pub fn fault(&self) -> Fault {
        let message = self.to_string();
        match self {
            Self::Call(error) => error.to_error().into(),
            Self::Store(error) => Fault::broken(
                error.code(),
                message,
                "check the path, or make a store with `aof init`",
            ),
            Self::Executor(error) => Fault::refused(error.code(), message, error.hint()),
            Self::Answer { .. } => Fault::broken(
                "AOF-5201",
                message,
                "the component does not keep the contract; use the one this host was built with",
            ),
            Self::BrokenOff(fault) => fault.as_ref().clone(),
            Self::Pending { .. } => Fault::broken(
                "AOF-5202",
                message,
                "use a host that can do what the tool needs",
            ),
        }
    }

    /// True if the component could not do it just now and is whole.
    pub(super) fn is_for_later(&self) -> bool {
        matches!(self, Self::Call(CallError::Refused(_))) && !self.is_refusal()
    }

    /// True if the caller's request was wrong, and nothing else.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Call(CallError::Refused(error)) => error.kind == ErrorKind::Refused,
            Self::BrokenOff(fault) => fault.kind == "refused",
            _ => false,
        }
    }
}
