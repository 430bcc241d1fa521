//! Works the differences between two cards into the text of a file.
//!
//! Touches only the lines of keys whose values differ. Invariant: the result was read again, and
//! reads as `next`; where the layout of the frontmatter does not allow that line by line, the
//! frontmatter is written anew, with its unknown keys.

use std::ops::Range;

use aof_core::card::Card;
use aof_core::diagnostic::Diagnostic;
use aof_core::order;
use serde_json::Value;

use crate::finding::Findings;
use crate::yaml::{Entry, Node, Out, compose, write_entry};

use super::fence::Parts;
use super::field::{Before, owned};
use super::form::{CARD, CODES};
use super::layout::Layout;
use super::read::read_back;
use super::write::new_card;

/// The text of the file with `next` in it.
pub(crate) fn render(
    path: &str,
    text: &str,
    (card, next): (&Card, &Card),
) -> Result<String, Vec<Diagnostic>> {
    if is_same(card, next) {
        return Ok(text.to_owned());
    }
    let mut findings = Findings::new("", &CODES);
    let parts = Parts::find(text);
    let root = parts.and_then(|parts| compose(parts.frontmatter, &mut findings));
    let (Some(parts), Some(root)) = (parts, root) else {
        // The text was parsed before, so this does not happen; a new file is the best answer.
        return readable(path, new_card(next));
    };
    let change = Change {
        parts,
        root: &root,
        card,
        next,
    };
    let says_it = |edited: &String| {
        let found = read_back(path, edited);
        found.is_ok_and(|(card, found)| is_same(&card, next) && others(&found).eq(others(&root)))
    };
    match change.edited().filter(says_it) {
        Some(edited) => Ok(edited),
        None => readable(path, change.whole(change.written_anew())),
    }
}

/// Whether two cards are the same as far as a card decides.
fn is_same(one: &Card, other: &Card) -> bool {
    one.body == other.body && owned().all(|field| (field.is_same)(one, other))
}

fn readable(path: &str, text: String) -> Result<String, Vec<Diagnostic>> {
    read_back(path, &text).map(drop)?;
    Ok(text)
}

/// The keys that a card does not decide, with their values.
fn others<'n>(root: &'n Node<'_>) -> impl Iterator<Item = (&'n str, Value)> {
    let is_other = |entry: &&Entry<'_>| owned().all(|field| field.key != entry.key);
    let entries = root.entries().iter().filter(is_other);
    entries.map(|entry| (entry.key.as_ref(), entry.value.to_value()))
}

/// A file, what it says and what it shall say.
struct Change<'c> {
    parts: Parts<'c>,
    root: &'c Node<'c>,
    card: &'c Card,
    next: &'c Card,
}

impl Change<'_> {
    /// Puts the file together around a new frontmatter.
    fn whole(&self, frontmatter: String) -> String {
        let Parts {
            head,
            fence,
            separator,
            body,
            ..
        } = self.parts;
        let size = head.len() + frontmatter.len() + self.next.body.len() + 16;
        let mut text = String::with_capacity(size);
        text.push_str(head);
        text.push_str(&frontmatter);
        if self.card.body == self.next.body {
            text.extend([fence, separator, body]);
        } else {
            self.parts.push_body(&mut text, &self.next.body);
        }
        text
    }

    /// The file with single keys replaced, inserted and deleted; none if the layout forbids it.
    fn edited(&self) -> Option<String> {
        let layout = Layout::of(self.parts.frontmatter, self.root, &CARD)?;
        let mut edits = Vec::new();
        for field in owned().filter(|field| !(field.is_same)(self.card, self.next)) {
            let slot = layout.slot(field.key);
            let before = Before {
                node: slot.map(|slot| &slot.entry.value),
                card: Some(self.card),
            };
            let value = (field.write)(self.next, &before);
            if let Some(edit) = layout.edit(field.key, value.as_ref(), self.parts.eol) {
                edits.push(edit);
            }
        }
        apply(self.parts.frontmatter, edits).map(|frontmatter| self.whole(frontmatter))
    }

    /// The frontmatter in block style: owned keys in order of the schema, then the others.
    fn written_anew(&self) -> String {
        let mut text = String::new();
        let mut write = |key: &str, value: &Out<'_>| {
            write_entry(&mut text, 0, (key, value), self.parts.eol);
        };
        for field in owned() {
            let node = self.root.get(field.key);
            let before = Before {
                node,
                card: Some(self.card),
            };
            if let Some(value) = (field.write)(self.next, &before) {
                write(field.key, &value);
            }
        }
        for entry in self.root.entries() {
            if !owned().any(|field| field.key == entry.key) {
                write(&Out::key(entry), &Out::node(&entry.value));
            }
        }
        text
    }
}

/// Replaces ranges of a text; ranges must not overlap.
fn apply(text: &str, mut edits: Vec<(Range<usize>, String)>) -> Option<String> {
    // Stable: insertions at one place stay in order, before a replacement that begins there.
    order::sort_by_key(&mut edits, |(range, _)| (range.start, range.end));
    let mut result = String::with_capacity(text.len() + 256);
    let mut done = 0;
    for (range, new) in edits {
        result.push_str(text.get(done..range.start)?);
        result.push_str(&new);
        done = range.end;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

#[cfg(test)]
mod tests;
