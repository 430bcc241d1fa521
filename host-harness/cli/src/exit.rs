//! How the command ends: errors for people and scripts, and the exit code.
//!
//! Invariant: every error has a code, a message and an exit code, and is told exactly once.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use aof_host::gateway::Fault;
use clap::error::{ContextKind, ErrorKind};
use serde_json::json;

use crate::render::style;

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ending {
    /// As asked.
    Done,
    /// The work came to rest, but not every task is done.
    Unfinished,
    /// A check found errors.
    Unsound,
    /// Another program's exit code, passed on.
    Code(ExitCode),
}

/// An error that is ready to be shown.
#[derive(Debug, Clone)]
pub struct Failure(Box<Fault>);

impl Failure {
    /// Wraps an error of the host.
    pub fn of(fault: Fault) -> Self {
        Failure(Box::new(fault))
    }

    /// The caller's fault.
    pub fn refused(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, "refused", message.into(), hint.into())
    }

    /// Somebody else was faster or holds what is needed.
    pub fn conflict(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, "conflict", message.into(), hint.into())
    }

    /// The machine's fault.
    pub fn broken(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, "broken", message.into(), hint.into())
    }

    fn new(code: &str, kind: &str, message: String, hint: String) -> Self {
        let retryable = kind == "conflict";
        let (code, kind) = (code.to_owned(), kind.to_owned());
        Failure(Box::new(Fault {
            code,
            kind,
            message,
            hint,
            place: None,
            retryable,
        }))
    }

    /// Names the file or argument that is meant.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place = Some(place.into());
        self
    }

    /// The error itself.
    pub fn fault(&self) -> &Fault {
        &self.0
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

/// Ends a command: tells its error, if any, and gives the exit code.
pub fn of_result(result: anyhow::Result<Ending>, as_json: bool) -> ExitCode {
    match result {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Unfinished) => ExitCode::from(5),
        Ok(Ending::Unsound) => ExitCode::from(6),
        Ok(Ending::Code(code)) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let fault = fault_of(&error);
            tell(&fault, as_json);
            exit_code(&fault)
        }
    }
}

/// Ends a command whose command line was not understood, or that asked for help.
pub fn of_usage(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return said(error.print());
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let message = message.trim_end_matches(':').to_owned();
        let hint = format!("see `{} --help`", usage_of(error));
        tell(Failure::refused("AOF-1600", message, hint).fault(), true);
    } else if error.print().is_err() {
        return ExitCode::FAILURE;
    }
    ExitCode::from(2)
}

fn usage_of(error: &clap::Error) -> String {
    let usage = error
        .get(ContextKind::Usage)
        .map(ToString::to_string)
        .unwrap_or_default();
    let words = usage.split_whitespace().skip_while(|word| *word != "aof");
    let words: Vec<&str> = words
        .take_while(|word| !word.starts_with(['[', '<', '-']))
        .collect();
    if words.is_empty() {
        "aof".to_owned()
    } else {
        words.join(" ")
    }
}

fn said(result: io::Result<()>) -> ExitCode {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn fault_of(error: &anyhow::Error) -> Fault {
    match error.downcast_ref::<Failure>() {
        Some(failure) => failure.fault().clone(),
        None => {
            let hint = "this should not happen; run again with -v and report it";
            Failure::broken("AOF-5600", format!("{error:#}"), hint)
                .fault()
                .clone()
        }
    }
}

fn exit_code(fault: &Fault) -> ExitCode {
    match fault.kind.as_str() {
        "refused" => ExitCode::from(3),
        "conflict" => ExitCode::from(4),
        _ => ExitCode::FAILURE,
    }
}

fn tell(fault: &Fault, as_json: bool) {
    let told = if as_json {
        writeln!(io::stdout(), "{:#}", json!({ "error": fault }))
    } else {
        anstream::stderr().write_all(error_text(fault).as_bytes())
    };
    if told.is_err() {
        tracing::debug!(code = fault.code, "nobody is left to tell the error to");
    }
}

/// The error for people, a line for each part that there is.
pub fn error_text(fault: &Fault) -> String {
    let (bad, dim, good) = (style::BAD, style::DIM, style::GOOD);
    let clean = |text: &str| crate::render::text::clean_lines(text);
    let code = &fault.code;
    let mut text = format!(
        "{bad}error{bad:#} {dim}[{code}]{dim:#} {}\n",
        clean(&fault.message)
    );
    if let Some(place) = &fault.place {
        text += &format!("  {dim}at{dim:#}   {}\n", clean(place));
    }
    if !fault.hint.is_empty() {
        text += &format!("  {good}hint{good:#} {}\n", clean(&fault.hint));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(fault: &Fault) -> String {
        anstream::adapter::strip_str(&error_text(fault)).to_string()
    }

    #[test]
    fn people_see_code_place_and_hint() {
        let failure = Failure::refused("AOF-1602", "cannot read the brief", "check the path");
        insta::assert_snapshot!(plain(failure.at("x.md").fault()), @r"
        error [AOF-1602] cannot read the brief
          at   x.md
          hint check the path
        ");
    }

    #[test]
    fn a_message_cannot_send_commands_to_the_terminal() {
        let failure = Failure::refused("AOF-1", "a\u{1b}[2Jb\nc", "");
        assert!(!error_text(failure.fault()).contains("\u{1b}[2J"));
        assert_eq!(plain(failure.fault()).lines().count(), 2);
    }

    #[test]
    fn an_error_without_a_code_gets_one() {
        let fault = fault_of(&anyhow::anyhow!("disk on fire").context("while writing"));
        assert_eq!(fault.code, "AOF-5600");
        assert_eq!(fault.message, "while writing: disk on fire");
    }

    #[test]
    fn a_closed_pipe_is_not_an_error() {
        let error = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_broken_pipe(&error.context("writing")));
    }
}
