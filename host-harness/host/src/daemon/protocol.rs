//! The words on the socket: one JSON object per line, in both directions.
//!
//! It reads no more of a line than the limit, and refuses what it does not know.
//! Invariant: every line that arrives gets exactly one answer.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::gateway::Fault;

/// Version of the protocol.
pub const PROTOCOL_VERSION: u32 = 1;
/// Bytes of one request.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;
/// Bytes of a request that are read only to find its end.
const EXCESS_BYTES_MAX: u64 = 64 << 20;

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Version of the protocol: 1.
    pub v: u32,
    /// Repeated in the answer.
    pub id: String,
    /// `tool`, `poll`, `explain`, `view`, `status`, `stop`, `hold`, `release` or `tools`.
    pub method: String,
    /// Depends on the method.
    #[serde(default)]
    pub params: Value,
    /// The run that the caller says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// One answer: a result or an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The request's; none if it could not be read.
    pub id: Option<String>,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
}

impl Answer {
    /// The answer to a request.
    pub fn to(id: Option<String>, result: Result<Value, Box<Fault>>) -> Self {
        match result {
            Ok(value) => Self {
                id,
                result: Some(value),
                error: None,
            },
            Err(fault) => Self {
                id,
                result: None,
                error: Some(*fault),
            },
        }
    }

    /// The answer as a line.
    pub fn line(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).unwrap_or_else(|_| b"{\"id\":null}".to_vec());
        line.push(b'\n');
        line
    }
}

/// What arrived on a connection.
#[derive(Debug, PartialEq)]
pub enum Arrival {
    /// A request.
    Request(Request),
    /// Something that deserves an error, and the id if there is one.
    Wrong(Option<String>, Fault),
    /// Nothing more.
    End,
}

/// Reads one line and what it means.
///
/// # Errors
/// The connection failed.
pub fn arrival(source: &mut impl BufRead) -> std::io::Result<Arrival> {
    let mut line = Vec::new();
    source
        .by_ref()
        .take(REQUEST_BYTES_MAX as u64 + 1)
        .read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(Arrival::End);
    }
    if line.len() > REQUEST_BYTES_MAX && line.last() != Some(&b'\n') {
        return skip_line(source).map(|()| Arrival::Wrong(None, too_long()));
    }
    Ok(parse(&line))
}

fn parse(line: &[u8]) -> Arrival {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => return Arrival::Wrong(None, malformed(&error.to_string())),
    };
    let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
    match Request::deserialize(value) {
        Ok(request) if request.v != PROTOCOL_VERSION => {
            let message = format!("protocol version {} is not spoken here", request.v);
            let hint = "use the same version of `aof` on both ends";
            Arrival::Wrong(id, Fault::refused("AOF-1905", message, hint))
        }
        Ok(request) => Arrival::Request(request),
        Err(error) => Arrival::Wrong(id, malformed(&error.to_string())),
    }
}

/// Reads to the end of the line, so that the peer, which is still writing, can read the answer.
fn skip_line(source: &mut impl BufRead) -> std::io::Result<()> {
    let mut rest = source.by_ref().take(EXCESS_BYTES_MAX + 1);
    rest.skip_until(b'\n')?;
    if rest.limit() > 0 {
        return Ok(());
    }
    Err(std::io::Error::new(
        std::io::ErrorKind::FileTooLarge,
        "endless request",
    ))
}

fn malformed(reason: &str) -> Fault {
    let hint = "send one JSON object per line: {\"v\":1,\"id\":…,\"method\":…,\"params\":{…}}";
    Fault::refused("AOF-1901", format!("not a request: {reason}"), hint)
}

fn too_long() -> Fault {
    let message = format!("a request has {REQUEST_BYTES_MAX} bytes at the most");
    Fault::refused(
        "AOF-1902",
        message,
        "put large content into files and name them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(input: &[u8]) -> Vec<String> {
        let mut source = std::io::BufReader::new(input);
        let mut found = Vec::new();
        loop {
            match arrival(&mut source).unwrap() {
                Arrival::Request(request) => found.push(request.method),
                Arrival::Wrong(id, fault) => {
                    found.push(format!("{} {}", fault.code, id.unwrap_or_default()));
                }
                Arrival::End => return found,
            }
        }
    }

    const GOOD: &str = r#"{"v":1,"id":"1","method":"status"}"#;

    #[test]
    fn a_wrong_line_is_answered_and_the_next_one_is_read() {
        let input = format!("{{\n\n[]\n{{\"id\":\"7\"}}\n\u{7f}\n{GOOD}\n");
        let wrong = [
            "AOF-1901 ",
            "AOF-1901 ",
            "AOF-1901 ",
            "AOF-1901 7",
            "AOF-1901 ",
            "status",
        ];
        assert_eq!(codes(input.as_bytes()), wrong);
        assert_eq!(codes(b"\xff\xfe\n"), ["AOF-1901 "]);
        assert!(codes(b"").is_empty());
    }

    #[test]
    fn unknown_fields_and_versions_are_refused() {
        assert_eq!(
            codes(GOOD.replace("method", "verb").as_bytes()),
            ["AOF-1901 1"]
        );
        assert_eq!(
            codes(GOOD.replace("\"v\":1", "\"v\":2").as_bytes()),
            ["AOF-1905 1"]
        );
    }

    #[test]
    fn a_request_at_the_limit_is_read_and_one_past_it_is_skipped() {
        let sized = |size: usize| {
            let filler = "x".repeat(size - GOOD.len());
            GOOD.replace("\"1\"", &format!("\"1{filler}\""))
        };
        let input = format!("{}\n{GOOD}\n", sized(REQUEST_BYTES_MAX));
        assert_eq!(codes(input.as_bytes()), ["status", "status"]);
        let input = format!("{}\n{GOOD}\n", sized(REQUEST_BYTES_MAX + 1));
        assert_eq!(codes(input.as_bytes()), ["AOF-1902 ", "status"]);
        assert_eq!(
            codes(sized(REQUEST_BYTES_MAX + 9).as_bytes()),
            ["AOF-1902 "],
            "cut off"
        );
    }

    #[test]
    fn an_endless_request_ends_the_connection() {
        let endless = std::io::repeat(b'x');
        assert!(arrival(&mut std::io::BufReader::new(endless)).is_err());
    }

    #[test]
    fn the_rest_of_a_long_request_is_skipped_up_to_64_mib() {
        let with_rest = |bytes: u64| {
            let line = std::io::repeat(b'x').take(REQUEST_BYTES_MAX as u64 + bytes);
            let next = format!("\n{GOOD}\n");
            let mut source = std::io::BufReader::new(line.chain(next.as_bytes()));
            arrival(&mut source).and_then(|_| arrival(&mut source))
        };
        let next = with_rest(EXCESS_BYTES_MAX).unwrap();
        assert!(matches!(next, Arrival::Request(request) if request.method == "status"));
        assert!(with_rest(EXCESS_BYTES_MAX + 1).is_err());
    }
}
