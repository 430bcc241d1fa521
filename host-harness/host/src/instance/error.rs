//! Why a call has no answer. Every variant has a stable code, and reads as an error of the
//! contract.

use wasmtime::Trap;

use super::{Call, HostState};
use crate::contract::types::{Error, ErrorKind};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component understood and said no; nothing is wrong with it.
    #[error("{}: {}", .0.code, .0.message)]
    Refused(Error),
    /// The component broke off.
    #[error("component trapped in {export}: {reason}")]
    Trapped {
        /// `interface.function`.
        export: &'static str,
        /// What wasmtime said, and the last that the component printed.
        reason: String,
    },
    /// The component took too long and was stopped.
    #[error("component did not return from {export} within {limit_ms} ms")]
    TooSlow {
        /// `interface.function`.
        export: &'static str,
        /// The time it had.
        limit_ms: u64,
    },
    /// The component wanted more memory than it may have, and broke off.
    #[error("component needs more than {limit_bytes} bytes of memory in {export}")]
    OutOfMemory {
        /// `interface.function`.
        export: &'static str,
        /// The memory it had.
        limit_bytes: usize,
    },
    /// An earlier call failed; `recover` first.
    #[error("component has failed in an earlier call and was not recovered")]
    Poisoned,
}

impl CallError {
    /// The stable code; see `docs/errors/`.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(error) => &error.code,
            Self::Trapped { .. } => "AOF-5010",
            Self::TooSlow { .. } => "AOF-5011",
            Self::OutOfMemory { .. } => "AOF-5012",
            Self::Poisoned => "AOF-5013",
        }
    }

    /// The same as an error of the contract, for callers that speak only that.
    #[must_use]
    pub fn to_error(&self) -> Error {
        if let Self::Refused(error) = self {
            return error.clone();
        }
        Error {
            code: self.code().to_owned(),
            kind: ErrorKind::Broken,
            message: self.to_string(),
            hint: self.hint().to_owned(),
            where_: None,
            retryable: matches!(self, Self::TooSlow { .. } | Self::Poisoned),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Refused(_) => "",
            Self::Trapped { .. } => "the store is intact and reopened; report this as a bug",
            Self::TooSlow { .. } => {
                "the store is intact and reopened; retry, or raise the call limit"
            }
            Self::OutOfMemory { .. } => "raise the memory limit, or archive finished work",
            Self::Poisoned => "recover the instance, or restart the host",
        }
    }

    pub(super) fn classify(call: &Call<'_>, cause: &wasmtime::Error, state: &HostState) -> Self {
        let export = call.export;
        tracing::debug!(export, error = ?cause, "component failed");
        if cause.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            return Self::TooSlow {
                export,
                limit_ms: call.ms_max,
            };
        }
        if state.memory.was_denied() {
            return Self::OutOfMemory {
                export,
                limit_bytes: state.memory.limit_bytes(),
            };
        }
        let mut reason = cause.root_cause().to_string();
        if let Some(said) = state.output.last_words() {
            reason = format!("{reason}; it said: {said}");
        }
        Self::Trapped { export, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_code_of_its_own_and_a_hint() {
        let export = "scheduler.poll";
        let failures = [
            CallError::Trapped {
                export,
                reason: "unreachable".to_owned(),
            },
            CallError::TooSlow {
                export,
                limit_ms: 10,
            },
            CallError::OutOfMemory {
                export,
                limit_bytes: 10,
            },
            CallError::Poisoned,
        ];
        let codes: std::collections::BTreeSet<_> = failures.iter().map(CallError::code).collect();
        assert_eq!(codes.len(), failures.len());
        for failure in &failures {
            let error = failure.to_error();
            assert_eq!(error.kind, ErrorKind::Broken);
            assert_eq!(error.code, failure.code());
            assert!(!error.hint.is_empty() && !error.message.is_empty());
        }
    }
}
