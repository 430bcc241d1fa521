//! One call: opens the store, calls a tool, closes the store.

use serde_json::Value;

use crate::bindings::aof::orchestrator::lifecycle::{self, Config};
use crate::bindings::aof::orchestrator::tools::{self, Reply};
use crate::bindings::aof::orchestrator::types::{Error, ErrorKind};
use crate::context::{by_caller, by_host};

/// Calls a tool with its arguments, and returns its answer, a JSON object under a noun. A tool that
/// only reads takes no lock and writes nothing.
pub fn visit(tool: &str, arguments: &Value) -> Result<String, Error> {
    call(tool, arguments.to_string())
}

/// The same with the arguments as they came; one that is no tool opens nothing for writing.
pub fn call(tool: &str, arguments: String) -> Result<String, Error> {
    let named = tools::list().into_iter().find(|it| it.name == tool);
    let config = Config {
        read_only: named.is_none_or(|tool| tool.annotations.read_only),
        overrides: None,
        origins: None,
        projects: None,
    };
    lifecycle::open(&by_host(), &config)?;
    let answer = tools::call(&by_caller(), tool, &arguments);
    lifecycle::close(&by_host())?;
    match answer? {
        Reply::Done(outcome) => Ok(outcome.value),
        // No tool of this version waits for the host.
        Reply::Pending(_) => Err(Error {
            code: "AOF-2011".to_owned(),
            kind: ErrorKind::Refused,
            message: format!("`{tool}` needs a host that keeps the store open"),
            hint: "call it through `tools.call`, and `tools.resume` it".to_owned(),
            where_: None,
            retryable: false,
        }),
    }
}
