//! Where memory lies, and who tidies it up.
//!
//! Never opens a path.

use std::fmt;

/// All pools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pools {
    /// What everybody has at hand.
    pub hot: Option<HotPool>,
    /// What some have at hand.
    pub warm: Vec<WarmPool>,
    /// Paths of what is put away.
    pub cold: Vec<String>,
    /// How it is stored.
    pub adapter: Adapter,
}

/// What everybody has at hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HotPool {
    /// Its directory.
    pub path: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Who has it; nobody named means everybody.
    pub agents: Vec<String>,
}

/// What some have at hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WarmPool {
    /// Identity.
    pub id: String,
    /// Its directory.
    pub path: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Roles and agents that have it, or patterns of their names.
    pub roles: Vec<String>,
}

/// How memory is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adapter {
    /// As files.
    #[default]
    Filesystem,
    /// In LanceDB.
    Lancedb,
}

impl Adapter {
    /// The name as written in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Adapter::Filesystem => "filesystem",
            Adapter::Lancedb => "lancedb",
        }
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who tidies memory up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curation {
    /// Path of the policy.
    pub policy_path: String,
    /// The role that does it.
    pub role: String,
}
