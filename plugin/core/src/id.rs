//! Names of things: tasks, runs, agents, projects. Each is checked once, where it enters.
//!
//! Never guesses or repairs a name; what does not parse is refused.

use std::cmp::Ordering;
use std::fmt;

use crate::instant::Instant;

/// Letters and digits of a task id's suffix: none that are mistaken for one another.
///
/// Source: AOF 1.20, "Identifier".
const SUFFIX_ALPHABET: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const SUFFIX_CHARS: usize = 8;
/// Length of the longest form.
const TASK_ID_BYTES_MAX: usize = 24;
const NAME_CHARS_MAX: usize = 64;
/// Crockford's base 32, which ULIDs are written in.
const CROCKFORD: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_CHARS: usize = 26;
/// The characters of an ULID that tell the time.
const ULID_TIME_CHARS: usize = 10;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a task id of either form.
    #[error("`{0}` is not a task id")]
    Task(String),
    /// Not a run id.
    #[error("`{0}` is not a run id")]
    Run(String),
    /// Not a name of an agent, team or role.
    #[error("`{0}` is not a valid name")]
    Name(String),
    /// Not a name of a project.
    #[error("`{0}` is not a project's name")]
    Project(String),
}

impl IdError {
    /// What a valid name looks like.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            IdError::Task(_) => {
                "a task id is TASK-YYYY-MM-DD- followed by 8 letters and digits, \
                 or by 3 digits and optionally -NN"
            }
            IdError::Run(_) => {
                "a run id is a ULID: 26 characters of 0-9 and A-Z without I, L, O, U"
            }
            IdError::Name(_) => {
                "use 1 to 64 characters: letters, digits, `-`, `_`, `.`; \
                 begin with a letter, a digit or `_`"
            }
            IdError::Project(_) => {
                "use `_inbox`, or 1 to 64 characters: small letters, digits, `-`; \
                 begin with a letter or a digit"
            }
        }
    }
}

/// Identifier of a task: `TASK-2026-02-17-k7Qm2xYz`, or the legacy `TASK-2026-02-17-001[-02]`.
///
/// Kept inline as words, padded with zeros up to the longest form: an index of many tasks compares
/// ids that have most of their bytes in common, all the time.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TaskId([[u8; 8]; TASK_ID_BYTES_MAX / 8]);

impl TaskId {
    /// Sorts before every id and is none itself: where a range of them begins.
    pub(crate) const LEAST: TaskId = TaskId([[0; 8]; TASK_ID_BYTES_MAX / 8]);

    /// Checks a task id.
    ///
    /// # Errors
    /// [`IdError::Task`] unless the text has one of the two forms, with a real calendar date.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let refuse = || IdError::Task(clip(text));
        let rest = text.strip_prefix("TASK-").ok_or_else(refuse)?;
        let (date, suffix) = rest.split_at_checked(10).ok_or_else(refuse)?;
        let suffix = suffix.strip_prefix('-').ok_or_else(refuse)?;
        let dated = is_date(date);
        if dated && (is_random_suffix(suffix) || is_legacy_suffix(suffix)) {
            TaskId::inline(text).ok_or_else(refuse)
        } else {
            Err(refuse())
        }
    }

    /// Makes a new id for a task created at `now`, from 64 random bits.
    #[must_use]
    pub fn generate(now: Instant, mut random: u64) -> Self {
        let base = SUFFIX_ALPHABET.len() as u64;
        let mut text = format!("TASK-{}-", now.day());
        for _ in 0..SUFFIX_CHARS {
            let digit = usize::try_from(random % base).unwrap_or_default();
            text.push(
                SUFFIX_ALPHABET
                    .get(digit)
                    .map_or('2', |byte| char::from(*byte)),
            );
            random /= base;
        }
        TaskId::inline(&text).unwrap_or(TaskId([[b'-'; 8]; TASK_ID_BYTES_MAX / 8]))
    }

    fn inline(text: &str) -> Option<Self> {
        let mut id = TaskId::LEAST;
        let bytes = id.0.as_flattened_mut().get_mut(..text.len())?;
        bytes.copy_from_slice(text.as_bytes());
        Some(id)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.0.as_flattened();
        let end = bytes.iter().position(|byte| *byte == 0);
        let bytes = bytes.get(..end.unwrap_or(bytes.len()));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Ord for TaskId {
    /// As the text: by the first words that differ, which nearly always are the last ones.
    fn cmp(&self, other: &Self) -> Ordering {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        let (one, another) = if a != x {
            (a, x)
        } else if b != y {
            (b, y)
        } else {
            (c, z)
        };
        u64::from_be_bytes(one).cmp(&u64::from_be_bytes(another))
    }
}

impl PartialOrd for TaskId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskId({})", self.as_str())
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `YYYY-MM-DD`, a day that the calendar has.
fn is_date(text: &str) -> bool {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else {
        return false;
    };
    let number = |digits: &[u8]| {
        let value = |sum: u32, digit: &u8| sum * 10 + u32::from(*digit - b'0');
        let fits = digits.iter().all(u8::is_ascii_digit);
        fits.then(|| digits.iter().fold(0, value))
    };
    let year = number(&[*y0, *y1, *y2, *y3]).and_then(|year| i32::try_from(year).ok());
    match (year, number(&[*m0, *m1]), number(&[*d0, *d1])) {
        (Some(year), Some(month), Some(day)) => {
            chrono::NaiveDate::from_ymd_opt(year, month, day).is_some()
        }
        _ => false,
    }
}

fn is_random_suffix(suffix: &str) -> bool {
    suffix.len() == SUFFIX_CHARS && suffix.bytes().all(|byte| SUFFIX_ALPHABET.contains(&byte))
}

fn is_legacy_suffix(suffix: &str) -> bool {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    match suffix.split_once('-') {
        None => digits(suffix, 3),
        Some((number, subtask)) => digits(number, 3) && digits(subtask, 2),
    }
}

/// Identifier of one attempt of one agent at one task: a ULID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Box<str>);

impl RunId {
    /// Checks a run id.
    ///
    /// # Errors
    /// [`IdError::Run`] unless the text is a ULID in upper case.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = text.len() == ULID_CHARS
            && text.bytes().all(|byte| CROCKFORD.contains(&byte))
            && text.as_bytes().first().is_some_and(|byte| *byte <= b'7');
        if fits {
            Ok(RunId(text.into()))
        } else {
            Err(IdError::Run(clip(text)))
        }
    }

    /// Makes a run id: 48 bits of `now`, 80 random bits.
    #[must_use]
    pub fn generate(now: Instant, entropy: (u64, u64)) -> Self {
        let time = u128::from(now.ms() & 0xFFFF_FFFF_FFFF) << 80;
        let random = (u128::from(entropy.0) << 64 | u128::from(entropy.1)) & ((1 << 80) - 1);
        let value = time | random;
        let text: String = (0..ULID_CHARS)
            .rev()
            .map(|place| {
                let digit = usize::try_from((value >> (place * 5)) & 31).unwrap_or_default();
                CROCKFORD.get(digit).map_or('0', |byte| char::from(*byte))
            })
            .collect();
        RunId(text.into())
    }

    /// When it was made.
    #[must_use]
    pub fn made_at(&self) -> Instant {
        let time = self.0.bytes().take(ULID_TIME_CHARS).fold(0, |time, byte| {
            let digit = CROCKFORD.iter().position(|known| *known == byte);
            time << 5
                | digit
                    .and_then(|it| u64::try_from(it).ok())
                    .unwrap_or_default()
        });
        Instant::from_ms(time)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $fits:ident, $error:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the name.
            ///
            /// # Errors
            #[doc = concat!("[`IdError::", stringify!($error), "`] unless it is one.")]
            pub fn parse(text: &str) -> Result<Self, IdError> {
                if $fits(text) { Ok(Self(text.into())) } else { Err(IdError::$error(clip(text))) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Name of an agent in the org chart; it equals the gateway's agent id unless the chart says
    /// otherwise.
    AgentId, is_name, Name
);
name!(
    /// Name of a project: its folder under `projects/`.
    ProjectId, is_project, Project
);
name!(
    /// Name of a team in the org chart.
    TeamId, is_name, Name
);
name!(
    /// Name of a role in the org chart.
    RoleId, is_name, Name
);
name!(
    /// Name of a unit in the org chart's tree of departments, squads and the like.
    UnitId, is_name, Name
);
name!(
    /// Name of a group in the org chart, across its units.
    GroupId, is_name, Name
);

name!(
    /// Name of a hop in a workflow; also a directory below the task's work.
    HopId, is_name, Name
);

/// The project that always exists; no other name begins with `_`.
const INBOX: &str = "_inbox";

fn is_project(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_plain = (1..=NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-');
    is_plain || text == INBOX
}

/// 1 to 64 characters out of letters, digits, `-`, `_` and `.`, not beginning with `-` or `.` and
/// not ending with `.`.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with(['-', '.'])
        && !text.ends_with('.')
}

/// Keeps hostile names from flooding messages.
fn clip(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_task_ids_are_accepted() {
        for text in [
            "TASK-2026-02-17-k7Qm2xYz",
            "TASK-2026-02-17-001",
            "TASK-2026-02-17-001-02",
        ] {
            assert_eq!(TaskId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_no_task_id_is_refused() {
        for text in [
            "",
            "TASK-",
            "task-2026-02-17-001",
            "TASK-2026-02-30-001",
            "TASK-2026-02-17-1",
            "TASK-2026-02-17-0001",
            "TASK-2026-02-17-../../ab",
            "TASK-2026-02-17-k7Qm2xY",
            "TASK-2026-02-17-k7Qm2xYl",
            "TASK-2026-02-17-001-2",
            "TASK-2026-+2-17-001",
            "TASK-2026-02-17-001\0",
            "TASK-2026-02-17-äöüß",
        ] {
            assert!(TaskId::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn generated_ids_parse_again() {
        let now = Instant::from_ms(1_771_286_400_000);
        for random in [0, 1, u64::MAX, 0x1234_5678_9ABC_DEF0] {
            let id = TaskId::generate(now, random);
            assert_eq!(TaskId::parse(id.as_str()), Ok(id));
            let run = RunId::generate(now, (random, random));
            assert_eq!(run.made_at(), now);
            assert_eq!(RunId::parse(run.as_str()), Ok(run));
        }
    }

    #[test]
    fn task_ids_sort_as_their_texts_do() {
        let texts = [
            "TASK-2026-02-16-zzzzzzzz",
            "TASK-2026-02-17-001",
            "TASK-2026-02-17-001-02",
            "TASK-2026-02-17-002",
            "TASK-2026-02-17-222222aa",
            "TASK-2026-02-17-k7Qm2xYz",
        ];
        let ids = texts.map(|text| TaskId::parse(text).unwrap());
        assert!(texts.is_sorted() && ids.is_sorted());
        assert_eq!(ids.map(|id| id.to_string()), texts);
    }

    #[test]
    fn run_ids_sort_by_time() {
        let early = RunId::generate(Instant::from_ms(1_000), (u64::MAX, u64::MAX));
        let late = RunId::generate(Instant::from_ms(1_001), (0, 0));
        assert!(early < late);
    }

    #[test]
    fn names_never_leave_their_directory() {
        for text in [
            "",
            "..",
            ".",
            "a/b",
            "a\\b",
            "-x",
            "a\0",
            "a b",
            "x.",
            &"a".repeat(65),
        ] {
            assert!(ProjectId::parse(text).is_err(), "{text}");
            assert!(TeamId::parse(text).is_err(), "{text}");
        }
        for text in [
            "_config",
            "_system",
            "_",
            "A",
            "v1.2",
            "my_project",
            "a-Z",
            "ä",
        ] {
            assert!(ProjectId::parse(text).is_err(), "{text}");
        }
        for text in ["_inbox", "swe-backend", "1", "a", &"a".repeat(64)] {
            assert!(ProjectId::parse(text).is_ok(), "{text}");
            assert!(TeamId::parse(text).is_ok(), "{text}");
        }
    }
}
