//! The other end of the socket.
//!
//! Invariant: a client waits for the answer to its own request and reads nothing else.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::gateway::Fault;

use super::protocol::{Answer, PROTOCOL_VERSION, REQUEST_BYTES_MAX, Request};
use super::socket::PATH_BYTES_MAX;

/// How long an answer is waited for unless told; longer than any pause of the daemon.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Why a request got no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon answered with an error.
    #[error("{}", .0.message)]
    Fault(Box<Fault>),
    /// Nothing came.
    #[error("the daemon has not answered for {}", span(*.0))]
    Silent(Duration),
    /// The connection failed.
    #[error("the daemon's socket failed: {0}")]
    Io(#[from] std::io::Error),
    /// The other end does not speak the protocol.
    #[error("the daemon answered with something else: {0}")]
    Answer(String),
}

impl ClientError {
    /// The error as people see it.
    pub fn fault(&self) -> Fault {
        let hint = "see whether the daemon runs; repeat the command";
        match self {
            Self::Fault(fault) => (**fault).clone(),
            Self::Silent(_) => Fault::broken(
                "AOF-5310",
                self.to_string(),
                "it may have been stopped: `kill -CONT` lets it go on, `kill` ends it",
            ),
            Self::Io(_) => Fault {
                retryable: true,
                ..Fault::broken("AOF-5310", self.to_string(), hint)
            },
            Self::Answer(_) => Fault::broken(
                "AOF-5311",
                self.to_string(),
                "use the same version of `aof` on both ends",
            ),
        }
    }
}

/// Whole seconds as such, anything else in milliseconds.
fn span(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (seconds, 0) => format!("{seconds} s"),
        _ => format!("{} ms", time.as_millis()),
    }
}

/// A connection to a running daemon.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<UnixStream>,
    answer_within: Duration,
    asked: u64,
}

impl Client {
    /// Connects; none if no daemon listens there.
    ///
    /// # Errors
    /// The socket is there but cannot be used.
    pub fn connect(socket: &Path) -> Result<Option<Self>, ClientError> {
        Self::connect_patiently(socket, ANSWER_WITHIN)
    }

    /// The same, and each answer is waited for so long.
    ///
    /// # Errors
    /// The socket is there but cannot be used; a wait of nothing is no wait.
    pub fn connect_patiently(
        socket: &Path,
        answer_within: Duration,
    ) -> Result<Option<Self>, ClientError> {
        if socket.as_os_str().as_bytes().len() > PATH_BYTES_MAX {
            return Ok(None);
        }
        let stream = match UnixStream::connect(socket) {
            Ok(stream) => stream,
            Err(error) => {
                return match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => Ok(None),
                    _ => Err(error.into()),
                };
            }
        };
        stream.set_read_timeout(Some(answer_within))?;
        stream.set_write_timeout(Some(answer_within))?;
        Ok(Some(Self {
            reader: BufReader::new(stream),
            answer_within,
            asked: 0,
        }))
    }

    /// Asks for one thing and waits for the answer.
    ///
    /// # Errors
    /// The daemon's error, or the connection's.
    pub fn request(
        &mut self,
        method: &str,
        params: Value,
        run: Option<&str>,
    ) -> Result<Value, ClientError> {
        self.asked += 1;
        let request = Request {
            v: PROTOCOL_VERSION,
            id: self.asked.to_string(),
            method: method.to_owned(),
            params,
            run: run.map(str::to_owned),
        };
        let mut line = serde_json::to_vec(&request).map_err(std::io::Error::other)?;
        if line.len() > REQUEST_BYTES_MAX {
            let message = format!(
                "the request has {} bytes, {REQUEST_BYTES_MAX} at the most",
                line.len()
            );
            let hint = "put large content into files and name them";
            return Err(ClientError::Fault(Box::new(Fault::refused(
                "AOF-1902", message, hint,
            ))));
        }
        line.push(b'\n');
        let sent = self.reader.get_mut().write_all(&line);
        self.answer(&request.id)
            .map_err(|error| match (error, sent) {
                // An answer without a request says more than the broken pipe that came with it.
                (ClientError::Answer(_) | ClientError::Io(_), Err(broken)) => broken.into(),
                (error, _) => error,
            })
    }

    fn answer(&mut self, id: &str) -> Result<Value, ClientError> {
        let mut line = Vec::new();
        self.reader
            .by_ref()
            .take(ANSWER_BYTES_MAX)
            .read_until(b'\n', &mut line)
            .map_err(|error| match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    ClientError::Silent(self.answer_within)
                }
                _ => ClientError::Io(error),
            })?;
        if line.is_empty() {
            return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into());
        }
        let answer: Answer = serde_json::from_slice(&line)
            .map_err(|error| ClientError::Answer(error.to_string()))?;
        match (answer.id, answer.result, answer.error) {
            (_, None, Some(fault)) => Err(ClientError::Fault(Box::new(fault))),
            (Some(of), Some(result), None) if of == id => Ok(result),
            _ => Err(ClientError::Answer(
                "neither a result nor an error".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(bytes: usize) -> Result<Value, ClientError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let blank = " ".repeat(bytes - GOOD.len());
                let answer = GOOD.replace("7", &format!("7{blank}"));
                // Who is told too much hangs up.
                drop(stream.write_all(format!("{answer}\n").as_bytes()));
            });
            let mut client = Client::connect(&path).unwrap().unwrap();
            client.request("status", Value::Null, None)
        })
    }

    const GOOD: &str = r#"{"id":"1","result":7}"#;

    #[test]
    fn an_answer_has_64_mib_at_the_most() {
        let most = usize::try_from(ANSWER_BYTES_MAX).unwrap();
        assert_eq!(answered(most).unwrap(), 7);
        assert!(matches!(answered(most + 1), Err(ClientError::Answer(_))));
    }
}
