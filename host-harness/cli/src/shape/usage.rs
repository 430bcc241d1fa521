//! What the component says of usage and budgets.

use serde::Deserialize;

/// What several runs used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sum {
    /// Runs whose usage is known.
    pub runs: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost in millionths.
    pub cost_micros: u64,
}

/// What one name used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsageRow {
    /// Who; none for runs without.
    pub name: Option<String>,
    /// Runs whose usage is known.
    pub runs: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost in millionths.
    pub cost_micros: u64,
}

impl UsageRow {
    /// What was used.
    pub fn sum(&self) -> Sum {
        Sum {
            runs: self.runs,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cost_micros: self.cost_micros,
        }
    }
}

/// One limit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Budget {
    /// How much of it is used.
    pub percent: u64,
    /// People were told.
    pub is_near: bool,
    /// Nothing more is started.
    pub is_spent: bool,
    /// In words.
    pub message: String,
}

/// What was used.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// By what it is summed.
    pub by: String,
    /// Within which time.
    pub window: String,
    /// When that began.
    pub since: Option<String>,
    /// The largest first.
    pub rows: Vec<UsageRow>,
    /// Those who have no row of their own.
    pub rest: Option<Sum>,
    /// All.
    pub total: Sum,
    /// Every limit.
    pub budgets: Vec<Budget>,
}
