//! What kind of failure a text tells of.
//!
//! Looks for known words only, in any case. Source: AOF 1.20, "Error classes", and the platform
//! limit of 0.1.

use crate::verb::FailureClass;

const PERMANENT: [&str; 12] = [
    "agent not found",
    "agent_not_found",
    "no such agent",
    "agent deregistered",
    "permission denied",
    "forbidden",
    "unauthorized",
    "no credentials found",
    "no api key found",
    "missing credentials",
    "missing api key",
    "invalid api key",
];
const RATE_LIMITED: [&str; 6] = [
    "rate limit",
    "rate_limit",
    "too many requests",
    "429",
    "throttled",
    "quota exceeded",
];
const PLATFORM_LIMIT: [&str; 2] = ["max active children for this session", "platform limit"];
/// Bytes of a text that are looked at.
const TEXT_BYTES_MAX: usize = 8_192;

/// The class that a text names. A limit of the platform comes before everything else: the same
/// message may speak of being throttled.
#[must_use]
pub fn classify(text: &str) -> Option<FailureClass> {
    let text = lower(text);
    let names = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if names(&PLATFORM_LIMIT) => Some(FailureClass::Capacity),
        () if names(&PERMANENT) => Some(FailureClass::Permanent),
        () if names(&RATE_LIMITED) => Some(FailureClass::RateLimited),
        () => None,
    }
}

/// How many sessions a platform carries, as its refusal says: `platform limit (3/3)` is 3.
#[must_use]
pub fn platform_limit(text: &str) -> Option<u32> {
    let text = lower(text);
    let at = PLATFORM_LIMIT.iter().find_map(|word| text.find(word))?;
    let (_, rest) = text.get(at..)?.split_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    let (_, limit) = inside.split_once('/')?;
    limit.trim().parse().ok().filter(|limit| *limit > 0)
}

fn lower(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_in_any_case() {
        for (text, class) in [
            ("HTTP 401 Unauthorized", Some(FailureClass::Permanent)),
            ("no API key found for x", Some(FailureClass::Permanent)),
            ("429 Too Many Requests", Some(FailureClass::RateLimited)),
            ("Quota exceeded", Some(FailureClass::RateLimited)),
            ("connection reset", None),
            ("", None),
            (
                "throttled: max active children for this session (3/3)",
                Some(FailureClass::Capacity),
            ),
        ] {
            assert_eq!(classify(text), class, "{text}");
        }
    }

    #[test]
    fn a_platform_says_how_much_it_carries() {
        for (text, limit) in [
            ("Max active children for this session (3/5)", Some(5)),
            ("platform limit (3/3)", Some(3)),
            ("platform limit (3/0)", None),
            ("platform limit (3)", None),
            ("platform limit 3/3", None),
            ("(3/3)", None),
            ("platform limit (3/99999999999)", None),
        ] {
            assert_eq!(platform_limit(text), limit, "{text}");
        }
    }

    #[test]
    fn only_the_first_8192_bytes_of_a_text_are_looked_at() {
        let text = |before: usize| "ä".repeat(before / 2) + "forbidden";
        assert_eq!(classify(&text(8_182)), Some(FailureClass::Permanent));
        assert_eq!(classify(&text(8_184)), None);
        assert_eq!(classify(&("x".to_owned() + &text(8_192))), None);
    }
}
