//! Paths inside a store: validated once, then trusted to stay beneath the root.
//!
//! Never touches a disk; symlinks are the backend's business. Invariant: a `RelPath` has one
//! spelling only, so equal files have equal paths.

use crate::contract::StoreError;
use crate::limit::{PATH_BYTES_MAX, PATH_SEGMENTS_MAX, SEGMENT_BYTES_MAX};

const SHOWN_CHARS_MAX: usize = 200;

/// A canonical path relative to the data root, `/`-separated, at least one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath<'a>(&'a str);

impl<'a> RelPath<'a> {
    /// Validates a path as the contract spells it.
    ///
    /// # Errors `bad-path` (with the path, escaped and shortened) for an empty, `.` or `..`
    /// segment, a leading or trailing `/`, a backslash, a control character, or a path over the
    /// limits.
    pub fn parse(text: &'a str) -> Result<Self, StoreError> {
        let short = text.len() <= PATH_BYTES_MAX && text.split('/').count() <= PATH_SEGMENTS_MAX;
        let plain = !text.chars().any(|c| c == '\\' || c.is_control());
        if short && plain && text.split('/').all(is_segment) {
            Ok(Self(text))
        } else {
            Err(StoreError::BadPath(shown(text)))
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The last segment.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.0.rsplit_once('/').map_or(self.0, |(_, name)| name)
    }

    /// The directory that holds this entry; none if that is the root.
    #[must_use]
    pub fn parent(self) -> Option<RelPath<'a>> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent))
    }

    /// Every prefix of whole segments, the shortest first, the path itself last.
    pub fn prefixes(self) -> impl Iterator<Item = RelPath<'a>> {
        let inner = self.0.match_indices('/').map(|(at, _)| at);
        inner
            .chain([self.0.len()])
            .filter_map(|at| self.0.get(..at))
            .map(Self)
    }

    /// The error for writing where this path leads.
    pub(super) fn bad(self) -> StoreError {
        StoreError::BadPath(self.0.to_owned())
    }

    /// The error for a missing file or directory.
    pub(super) fn not_found(self) -> StoreError {
        StoreError::NotFound(self.0.to_owned())
    }
}

fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && segment.len() <= SEGMENT_BYTES_MAX
}

fn shown(text: &str) -> String {
    let mut rest = text.escape_debug();
    let mut shown: String = rest.by_ref().take(SHOWN_CHARS_MAX).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_are_accepted() {
        for text in [
            "a",
            ".hidden",
            "a/b/c.md",
            "projects/x/tasks/ready/.X.md.3.tmp",
            "ä/日本 1",
        ] {
            assert!(RelPath::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn paths_that_could_leave_the_root_are_refused() {
        let hostile = [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "a/./b", "a\\b", "a\0b", "a\nb",
        ];
        for text in hostile {
            assert!(
                matches!(RelPath::parse(text), Err(StoreError::BadPath(_))),
                "{text:?}"
            );
        }
    }

    #[test]
    fn limits_hold_at_and_one_past() {
        let deep = vec!["d"; PATH_SEGMENTS_MAX].join("/");
        assert!(RelPath::parse(&deep).is_ok());
        assert!(RelPath::parse(&format!("{deep}/d")).is_err());
        let wide = "n".repeat(SEGMENT_BYTES_MAX);
        assert!(RelPath::parse(&wide).is_ok());
        assert!(RelPath::parse(&format!("{wide}n")).is_err());
        let long = [wide.as_str(), &wide, &wide, "p", &"m".repeat(254)].join("/");
        assert_eq!(long.len(), PATH_BYTES_MAX);
        assert!(RelPath::parse(&long).is_ok());
        assert!(RelPath::parse(&format!("{long}m")).is_err());
    }

    #[test]
    fn a_refused_path_is_shown_escaped_and_short() {
        let text = format!("a\u{1b}[31m{}", "b".repeat(5_000));
        let Err(StoreError::BadPath(shown)) = RelPath::parse(&text) else {
            panic!("accepted")
        };
        assert!(shown.starts_with("a\\u{1b}[31m") && shown.chars().count() <= 201);
    }

    #[test]
    fn parents_and_prefixes_follow_segments() {
        let path = RelPath::parse("a/b/c").unwrap();
        let prefixes: Vec<_> = path.prefixes().map(RelPath::as_str).collect();
        assert_eq!(prefixes, ["a", "a/b", "a/b/c"]);
        assert_eq!((path.name(), path.parent().unwrap().as_str()), ("c", "a/b"));
        assert!(RelPath::parse("a").unwrap().parent().is_none());
    }

    #[test]
    fn a_refused_path_is_shown_up_to_200_characters() {
        let most = "\u{e4}".repeat(SHOWN_CHARS_MAX);
        assert_eq!(shown(&most), most);
        assert_eq!(shown(&format!("{most}x")), format!("{most}…"));
        let escaped = shown(&"\n".repeat(SHOWN_CHARS_MAX));
        assert_eq!(escaped, "\\n".repeat(SHOWN_CHARS_MAX / 2) + "…");
    }
}
