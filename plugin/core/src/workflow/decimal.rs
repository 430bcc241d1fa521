//! Numbers of results and definitions, exact to a millionth.
//!
//! Never becomes a float: what two machines compare comes out the same on both.

use std::fmt;

use serde_json::Number;

/// Parts of one.
const ONE: i64 = 1_000_000;
/// Digits behind the point.
const PLACES: i32 = 6;
/// Largest value: 10^12.
const UNITS_BOUND: i64 = ONE * ONE * ONE;

/// A number in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Decimal(i64);

impl Decimal {
    /// One.
    pub const ONE: Decimal = Decimal(ONE);
    /// One half.
    pub const HALF: Decimal = Decimal(ONE / 2);

    /// The number that a text is; none if it is none, is too large or finer than a millionth.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, is_exact) = read(text)?;
        is_exact.then_some(number)
    }

    /// A number of JSON, cut to millionths; none if it is too large.
    #[must_use]
    pub fn of(number: &Number) -> Option<Self> {
        Some(read(&number.to_string())?.0)
    }

    /// So many millionths.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// A sum of millionths divided by a count, cut; a sum that is too large is cut, too.
    #[must_use]
    pub fn mean(units: i128, count: usize) -> Self {
        let bound = i64::MAX;
        let units = i64::try_from(units).unwrap_or(if units < 0 { -bound } else { bound });
        let count = i64::try_from(count).unwrap_or(bound);
        Decimal(units.checked_div(count).unwrap_or_default())
    }

    /// A part of a whole to four digits, half a digit rounded up.
    #[must_use]
    pub fn share(part: i64, whole: i64) -> Self {
        let doubled = part.saturating_mul(20_000).saturating_add(whole);
        let digits = doubled.checked_div(whole.saturating_mul(2));
        Decimal(digits.unwrap_or_default().saturating_mul(ONE / 10_000))
    }

    /// The same for JSON.
    #[must_use]
    pub fn number(self) -> Option<Number> {
        self.to_string().parse().ok()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let one = ONE.unsigned_abs();
        let digits = format!("{sign}{}.{:06}", units / one, units % one);
        f.write_str(digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The number, and whether nothing was cut off.
fn read(text: &str) -> Option<(Decimal, bool)> {
    let (text, is_below) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_plain = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(whole) || !is_plain(part) {
        return None;
    }
    let number: i64 = format!("{whole}{part}").parse().ok()?;
    let places = i32::try_from(part.len()).ok()?;
    let shift = PLACES.checked_sub(places)?.checked_add(power)?;
    let factor = 10_i64.checked_pow(shift.unsigned_abs());
    let (units, rest) = match (factor, shift >= 0) {
        _ if number == 0 => (0, 0),
        (Some(factor), true) => (number.checked_mul(factor)?, 0),
        (Some(factor), false) => (number / factor, number % factor),
        (None, true) => return None,
        (None, false) => (0, number),
    };
    let units = if is_below { -units } else { units };
    (units.abs() <= UNITS_BOUND).then_some((Decimal(units), rest == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_or_none() {
        for (text, units) in [
            ("0", Some(0)),
            ("0.6", Some(600_000)),
            ("-2.5", Some(-2_500_000)),
            ("1e-6", Some(1)),
            ("1.5E3", Some(1_500_000_000)),
            ("0.0000010", Some(1)),
            ("0e99999", Some(0)),
            ("0.0000001", None),
            ("1e-60", None),
            ("1e60", None),
            ("", None),
            ("-", None),
            (".5", None),
            ("5.", None),
            ("+1", None),
            ("1_000", None),
            ("NaN", None),
            ("1e", None),
            ("1e99999999999", None),
            ("0x10", None),
        ] {
            assert_eq!(Decimal::parse(text).map(Decimal::units), units, "{text}");
        }
    }

    #[test]
    fn a_number_goes_up_to_a_million_millions() {
        let most = "1000000000000";
        assert!(Decimal::parse(most).is_some() && Decimal::parse(&format!("-{most}")).is_some());
        assert_eq!(Decimal::parse(&format!("{most}.000001")), None);
        assert_eq!(Decimal::parse("18446744073709551615"), None);
    }

    #[test]
    fn a_number_of_json_is_cut_to_millionths_and_written_as_short_as_it_is() {
        let of = |text: &str| Decimal::of(&text.parse().unwrap()).map(|it| it.to_string());
        for (text, written) in [
            ("0.66666666666", Some("0.666666")),
            ("-0.1", Some("-0.1")),
            ("100", Some("100")),
            ("1e-9", Some("0")),
            ("2.50", Some("2.5")),
            ("1e300", None),
        ] {
            assert_eq!(of(text).as_deref(), written, "{text}");
        }
        assert_eq!(Decimal::HALF.number(), "0.5".parse().ok());
        assert_eq!(Decimal::ONE.number(), Some(1.into()));
    }

    #[test]
    fn a_share_is_rounded_to_four_digits() {
        for (part, whole, written) in [
            (2, 3, "0.6667"),
            (1, 3, "0.3333"),
            (1, 1, "1"),
            (0, 7, "0"),
            (1, 20_000, "0.0001"),
            (1, 0, "0"),
        ] {
            assert_eq!(Decimal::share(part, whole).to_string(), written);
        }
    }
}
