//! Spans of time as people write them: `500ms`, `30s`, `5m`, `2h`.
//!
//! Invariant: what cannot be understood is refused, never taken for zero.

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads a number with a unit (`500ms`, `30s`, `5m`, `2h`) as milliseconds.
///
/// # Errors
/// The text is not a whole number with one of the units, or too large.
pub fn parse_ms(text: &str) -> Result<u64, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let refuse = || format!("`{text}` is not a time; write it like 500ms, 30s, 5m or 2h");
    let (_, factor) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(refuse)?;
    let number: u64 = number.parse().map_err(|_| refuse())?;
    match number.checked_mul(*factor) {
        Some(ms) if ms > 0 => Ok(ms),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_a_unit() {
        assert_eq!(parse_ms("30s"), Ok(30_000));
        assert_eq!(parse_ms("5m"), Ok(300_000));
        assert_eq!(parse_ms("500ms"), Ok(500));
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1.5h",
            "0s",
            "1d",
            "30 s",
            "99999999999999999999s",
        ] {
            assert!(parse_ms(text).is_err(), "{text}");
        }
        assert!(parse_ms("18446744073709551615h").is_err());
    }
}
