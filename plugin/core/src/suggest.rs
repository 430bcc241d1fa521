//! Guesses which known word a mistyped one was meant to be, for hints only.
//!
//! Never changes what is read.

/// Most edits between a mistyped word and the one that is suggested.
const EDITS_MAX: usize = 2;
/// Words up to this length get a suggestion only for a single edit.
const SHORT_BYTES: usize = 4;
/// Longer words are nobody's typing error.
const WORD_BYTES_MAX: usize = 40;

/// The nearest of the known words, if it is near enough.
#[must_use]
pub fn nearest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let edits_max = if word.len() <= SHORT_BYTES {
        1
    } else {
        EDITS_MAX
    };
    known
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= edits_max)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, without regard to the case of ASCII letters.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.bytes().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (b, cell) in right.bytes().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = *cell;
            before = replaced.min(*cell + 1).min(before + 1);
            *cell = before;
        }
    }
    row.pop()
        .unwrap_or_default()
        .max(left.len().abs_diff(right.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["title", "status", "createdAt", "id"];

    #[test]
    fn near_words_are_suggested() {
        for (word, expected) in [
            ("titel", "title"),
            ("created_at", "createdAt"),
            ("Status", "status"),
            ("ids", "id"),
        ] {
            assert_eq!(nearest(word, KNOWN.into_iter()), Some(expected), "{word}");
        }
    }

    #[test]
    fn far_words_are_not() {
        for word in ["", "x", "notes", "stats-of-me", &"t".repeat(5_000)] {
            assert_eq!(nearest(word, KNOWN.into_iter()), None, "{word}");
        }
    }

    #[test]
    fn the_distance_counts_edits() {
        for (left, right, edits) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(left, right), edits, "{left} {right}");
        }
    }
}
