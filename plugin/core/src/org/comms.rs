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

/// The ways to try for one agent, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ways {
    /// Those that can be tried, in order.
    pub methods: Vec<Method>,
    /// `send` is asked for, and there is no session to send to.
    pub is_send_skipped: bool,
}

impl Ways {
    /// Why `send` is skipped.
    pub const NO_SESSION: &'static str = "`comms.sessionKey` is not set";
}

impl fmt::Display for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.methods.iter().map(|it| it.as_str()).collect();
        f.write_str(&names.join(", then "))?;
        if self.is_send_skipped {
            write!(f, " (send is skipped: {})", Ways::NO_SESSION)?;
        }
        Ok(())
    }
}

impl Comms {
    /// Whether the chart says anything about how the agent is reached. Where it does not, the host
    /// starts a session.
    #[must_use]
    pub const fn is_declared(&self) -> bool {
        self.preferred.is_some() || self.session_key.is_some() || self.fallbacks.is_some()
    }

    /// The ways to try, where the chart says anything about them.
    #[must_use]
    pub fn ways(&self) -> Option<Ways> {
        if !self.is_declared() {
            return None;
        }
        let mut methods = Vec::new();
        for method in self.usable() {
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Some(Ways {
            methods,
            is_send_skipped: self.session_key.is_none()
                && self.wanted().any(|method| method == Method::Send),
        })
    }

    /// Whether there is any way to the agent.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.is_declared() || self.usable().next().is_some()
    }

    /// Whether tasks are offered to the agent and no session is asked for.
    #[must_use]
    pub fn is_offered(&self) -> bool {
        self.is_declared() && self.usable().next() == Some(Method::Cli)
    }

    fn wanted(&self) -> impl Iterator<Item = Method> {
        std::iter::once(self.preferred()).chain(self.fallbacks().iter().copied())
    }

    fn usable(&self) -> impl Iterator<Item = Method> {
        let has_session = self.session_key.is_some();
        self.wanted()
            .filter(move |method| has_session || *method != Method::Send)
    }

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
