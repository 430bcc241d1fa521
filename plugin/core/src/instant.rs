//! Moments and spans of time, as numbers handed in from outside.
//!
//! Never reads a clock.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

const DAY_MS: u64 = 86_400_000;

/// A moment: whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The last moment that RFC 3339 can write with a four-digit year.
    pub const MAX: Instant = Instant(253_402_300_799_999);

    /// From milliseconds since the epoch; later than the year 9999 is cut to its end.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        if ms > Self::MAX.0 {
            Self::MAX
        } else {
            Instant(ms)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// Reads RFC 3339, any offset. Moments before 1970 are refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = DateTime::parse_from_rfc3339(text).ok()?;
        u64::try_from(moment.timestamp_millis())
            .ok()
            .map(Instant::from_ms)
    }

    /// The moment this long afterwards.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; 0 if it is not earlier.
    #[must_use]
    pub const fn since_ms(self, earlier: Instant) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The UTC day, `YYYY-MM-DD`.
    #[must_use]
    pub fn day(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// Midnight before the first of the UTC month.
    #[must_use]
    pub fn month_start(self) -> Self {
        let days = u64::from(self.utc().day0());
        Instant((self.0 - self.0 % DAY_MS).saturating_sub(days * DAY_MS))
    }

    fn utc(self) -> DateTime<Utc> {
        i64::try_from(self.0)
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .unwrap_or_default()
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC with milliseconds: `2026-11-20T11:12:34.537Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_agree() {
        let instant = Instant::parse("2026-11-20T11:12:34.537Z").unwrap();
        assert_eq!(instant.to_string(), "2026-11-20T11:12:34.537Z");
        assert_eq!(instant.day(), "2026-11-20");
        assert_eq!(
            Instant::parse("2026-11-20T12:12:34.537+01:00"),
            Some(instant)
        );
    }

    #[test]
    fn the_ends_of_time_hold() {
        assert_eq!(Instant::from_ms(u64::MAX), Instant::MAX);
        assert_eq!(Instant::MAX.plus_ms(u64::MAX), Instant::MAX);
        assert_eq!(Instant::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Instant::parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(Instant::from_ms(5).since_ms(Instant::from_ms(9)), 0);
    }
}
