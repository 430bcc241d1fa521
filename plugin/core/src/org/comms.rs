//! How a task reaches an agent.
//!
//! Never sends anything; it says which ways are to be tried, and in which order.

use std::fmt;

/// One way to reach an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A session of its own for every task.
    Spawn,
    /// A message to a session that the agent has already.
    Send,
    /// A person reads it on the command line.
    Cli,
}

impl Method {
    /// All three, as the format lists them.
    pub const ALL: [Method; 3] = [Method::Spawn, Method::Send, Method::Cli];

    /// The name as written in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Spawn => "spawn",
            Method::Send => "send",
            Method::Cli => "cli",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Method::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the chart says about reaching one agent. None where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comms {
    /// The way to try first.
    pub preferred: Option<Method>,
    /// Session that `send` uses.
    pub session_key: Option<String>,
    /// The ways to try after it, in order.
    pub fallbacks: Option<Vec<Method>>,
}

impl Comms {
    /// The way to try first. Default: AOF 1.20.
    #[must_use]
    pub fn preferred(&self) -> Method {
        self.preferred.unwrap_or(Method::Send)
    }

    /// The ways to try after it, in order. Default: AOF 1.20.
    #[must_use]
    pub fn fallbacks(&self) -> &[Method] {
        const DEFAULT: &[Method] = &[Method::Send, Method::Cli];
        self.fallbacks.as_deref().unwrap_or(DEFAULT)
    }
}
