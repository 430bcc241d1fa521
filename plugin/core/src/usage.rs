//! What runs used: tokens and money, as whole numbers.
//!
//! Never holds a fraction: money is counted in millionths of the currency. Invariant: sums saturate
//! instead of wrapping around, and a usage that was checked is within its bounds.

/// Tokens that one run can have read, or written: more than any run does.
pub const TOKENS_MAX: u64 = 1_000_000_000_000;
/// Cost of one run in millionths: a million of the currency.
pub const COST_MICROS_MAX: u64 = 1_000_000_000_000;
/// Characters of a model's name.
pub const MODEL_CHARS_MAX: usize = 100;

/// What one run used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// The model.
    pub model: Option<String>,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost in millionths of the currency.
    pub cost_micros: u64,
}

/// Why a usage cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The field that is wrong.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Usage {
    /// The usage, if every number and the name are within their bounds.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn checked(self) -> Result<Self, Flaw> {
        let numbers = [
            ("inputTokens", self.input_tokens, TOKENS_MAX),
            ("outputTokens", self.output_tokens, TOKENS_MAX),
            ("costMicros", self.cost_micros, COST_MICROS_MAX),
        ];
        for (field, number, most) in numbers {
            if number > most {
                let message = format!("`{field}` is {number}, over {most}");
                return Err(Flaw { field, message });
            }
        }
        let name = self.model.as_deref().unwrap_or("-");
        let chars = name.chars().count();
        if chars == 0 || chars > MODEL_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Flaw {
                field: "model",
                message: format!(
                    "`model` is not a name of 1 to {MODEL_CHARS_MAX} printable characters"
                ),
            });
        }
        Ok(self)
    }
}

/// What several runs used together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Runs whose usage is known.
    pub runs: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Cost in millionths of the currency.
    pub cost_micros: u64,
}

impl Sum {
    /// One run.
    #[must_use]
    pub const fn of(usage: &Usage) -> Self {
        Sum {
            runs: 1,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: usage.cost_micros,
        }
    }

    /// Both together; what exceeds a number of 64 bits is cut.
    #[must_use]
    pub const fn plus(self, other: Sum) -> Self {
        Sum {
            runs: self.runs.saturating_add(other.runs),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost_micros: self.cost_micros.saturating_add(other.cost_micros),
        }
    }

    /// Without what was counted before.
    #[must_use]
    pub const fn minus(self, other: Sum) -> Self {
        Sum {
            runs: self.runs.saturating_sub(other.runs),
            input_tokens: self.input_tokens.saturating_sub(other.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(other.output_tokens),
            cost_micros: self.cost_micros.saturating_sub(other.cost_micros),
        }
    }

    /// Tokens of both kinds.
    #[must_use]
    pub const fn tokens(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_has_its_bounds() {
        let fine = Usage {
            model: Some("m".repeat(100)),
            input_tokens: 1_000_000_000_000,
            output_tokens: 1_000_000_000_000,
            cost_micros: 1_000_000_000_000,
        };
        assert_eq!(fine.clone().checked(), Ok(fine.clone()));
        assert_eq!(Usage::default().checked(), Ok(Usage::default()));
        let named = |model: &str| Usage {
            model: Some(model.to_owned()),
            ..Usage::default()
        };
        let (mut read, mut written, mut cost) = (fine.clone(), fine.clone(), fine);
        read.input_tokens += 1;
        written.output_tokens += 1;
        cost.cost_micros += 1;
        for (usage, field) in [
            (read, "inputTokens"),
            (written, "outputTokens"),
            (cost, "costMicros"),
            (named(&"m".repeat(101)), "model"),
            (named(""), "model"),
            (named("a\nb"), "model"),
        ] {
            assert_eq!(usage.checked().map_err(|flaw| flaw.field), Err(field));
        }
    }

    #[test]
    fn sums_saturate() {
        let most = Sum {
            runs: u64::MAX,
            input_tokens: u64::MAX,
            output_tokens: u64::MAX,
            cost_micros: u64::MAX,
        };
        let one = Sum::of(&Usage {
            input_tokens: 1,
            output_tokens: 1,
            cost_micros: 1,
            ..Usage::default()
        });
        assert_eq!(most.plus(one), most);
        assert_eq!(most.tokens(), u64::MAX);
        assert_eq!(one.minus(most), Sum::default());
        assert_eq!(one.plus(one).minus(one), one);
    }
}
