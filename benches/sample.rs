//! What criterion measured, read back from its files.
//!
//! Never measures. Missing files mean that a bench was not run.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// One bench, in nanoseconds a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The quickest sample: the machine at its least disturbed.
    pub min_ns: f64,
    /// The middle sample.
    pub median_ns: f64,
}

impl Sample {
    /// Reads the last run of `group/function` below criterion's directory.
    #[must_use]
    pub fn read(criterion: &Path, group: &str, function: &str) -> Option<Self> {
        let path = criterion.join(group).join(function).join("new/sample.json");
        Self::parse(&fs::read_to_string(path).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let numbers = |key: &str| -> Option<Vec<f64>> {
            value
                .get(key)?
                .as_array()?
                .iter()
                .map(Value::as_f64)
                .collect()
        };
        let mut each: Vec<f64> = numbers("times")?
            .into_iter()
            .zip(numbers("iters")?)
            .map(|(time, iterations)| time / iterations)
            .collect();
        each.sort_by(f64::total_cmp);
        Some(Self {
            min_ns: *each.first()?,
            median_ns: *each.get(each.len() / 2)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_time_per_iteration() {
        let text = r#"{"sampling_mode":"Flat","iters":[2.0,2.0,4.0],"times":[20.0,10.0,28.0]}"#;
        let expected = Sample {
            min_ns: 5.0,
            median_ns: 7.0,
        };
        assert_eq!(Sample::parse(text), Some(expected));
    }

    #[test]
    fn what_is_no_sample_is_none() {
        for text in [
            "",
            "{}",
            r#"{"iters":[],"times":[]}"#,
            r#"{"iters":[1],"times":"x"}"#,
        ] {
            assert_eq!(Sample::parse(text), None, "{text}");
        }
    }
}
