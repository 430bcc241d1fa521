//! Names as text, and paths made of them.

use aof_core::id::{AgentId, ProjectId, RunId, TaskId};
use aof_core::instant::Instant;
use aof_store::event_log::parse_part_name;
use aof_store::layout::{CardPath, ProjectRoot, event_log};

/// What is taken as a name is written as it was read, and stays below its directory.
///
/// # Panics
/// If that does not hold.
pub fn ids(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    if let Ok(id) = TaskId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert_plain(text, 24);
    }
    if let Ok(id) = RunId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert_plain(text, 26);
    }
    if let Ok(id) = AgentId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert_plain(text, 64);
    }
    if let Ok(id) = ProjectId::parse(text) {
        assert_plain(text, 64);
        let root = ProjectRoot::new("projects", id);
        assert_eq!(root.path(), format!("projects/{text}"));
    }
    if let Some(at) = Instant::parse(text) {
        assert_eq!(Instant::parse(&at.to_string()), Some(at));
        assert_eq!(at.day().len(), 10);
    }
    if let Some(CardPath::Card {
        project,
        status,
        id,
    }) = ProjectRoot::parse_card_path(text)
    {
        assert_eq!(project.card(status, &id), text, "a card has one path");
    }
    // The name of an entry of a directory: it never has a slash.
    if let Some((day, part)) = parse_part_name(text) {
        assert!(event_log(day, part).starts_with("events/"));
    }
}

fn assert_plain(name: &str, bytes_max: usize) {
    assert!((1..=bytes_max).contains(&name.len()), "{name:?}");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    assert!(name.bytes().all(is_plain), "{name:?}");
    assert!(
        !name.starts_with(['.', '-']) && !name.ends_with('.'),
        "{name:?}"
    );
}
