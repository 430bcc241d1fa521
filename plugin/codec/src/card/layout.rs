//! Where the top-level keys of a frontmatter, or of a manifest, stand, line by line.
//!
//! Never guesses: a text in which a key does not begin its own line has no layout.
//! Invariant: the lines of two keys do not overlap, and comments between them belong to neither.

use std::ops::Range;

use crate::schema::Schema;
use crate::yaml::{Entry, Kind, Mark, Node, Out, Style, write_entry};

/// Where each top-level key stands in the frontmatter.
pub(crate) struct Layout<'l> {
    text: &'l str,
    indent: usize,
    slots: Vec<Slot<'l>>,
    schema: &'static Schema,
}

/// One key with the lines that belong to it.
pub(crate) struct Slot<'l> {
    /// Key and value.
    pub entry: &'l Entry<'l>,
    /// Whole lines, from the key's to the last one of the value.
    lines: Range<usize>,
    /// The key as written, with its quotes.
    key: &'l str,
    /// A comment behind a value on the key's line, with the spaces before it.
    comment: &'l str,
}

impl<'l> Layout<'l> {
    /// The layout, if every key begins a line of its own.
    pub(crate) fn of(
        text: &'l str,
        root: &'l Node<'l>,
        schema: &'static Schema,
    ) -> Option<Layout<'l>> {
        let Kind::Map(entries) = &root.kind else {
            return None;
        };
        let starts = line_starts(text);
        let indent = usize::try_from(root.start.column).ok()?.checked_sub(1)?;
        let source = Source {
            text,
            starts: &starts,
            indent,
        };
        let slots = entries
            .iter()
            .map(|entry| source.slot(entry))
            .collect::<Option<Vec<_>>>()?;
        Some(Layout {
            text,
            indent,
            slots,
            schema,
        })
    }

    /// The place of a key, if it is there.
    pub(crate) fn slot(&self, key: &str) -> Option<&Slot<'l>> {
        self.slots.iter().find(|slot| slot.entry.key == key)
    }

    /// What to put where, so that a key has a value, or is gone.
    pub(crate) fn edit(
        &self,
        key: &str,
        value: Option<&Out<'_>>,
        eol: &str,
    ) -> Option<(Range<usize>, String)> {
        let slot = self.slot(key);
        let mut new = String::new();
        if let Some(value) = value {
            let key = slot.map_or(key, |slot| slot.key);
            write_entry(&mut new, self.indent, (key, value), eol);
            if let Some(slot) = slot
                && new.lines().count() == 1
            {
                new.insert_str(new.len() - eol.len(), slot.comment);
            }
        }
        let place = match slot {
            Some(slot) => slot.lines.clone(),
            None if new.is_empty() => return None,
            None => self.place_of_new(key),
        };
        Some((place, new))
    }

    /// Behind the nearest key before it in the order of the schema, else before the first key.
    fn place_of_new(&self, key: &str) -> Range<usize> {
        let rank = self
            .schema
            .fields
            .iter()
            .position(|field| field.name == key)
            .unwrap_or_default();
        let before = self.schema.fields.iter().take(rank).rev();
        let nearest = before.filter_map(|field| self.slot(field.name)).next();
        let first = self
            .slots
            .first()
            .map_or(self.text.len(), |slot| slot.lines.start);
        let at = nearest.map_or(first, |slot| slot.lines.end);
        at..at
    }
}

/// The text of the frontmatter, by lines.
struct Source<'l, 's> {
    text: &'l str,
    starts: &'s [usize],
    indent: usize,
}

impl<'l> Source<'l, '_> {
    fn slot(&self, entry: &'l Entry<'l>) -> Option<Slot<'l>> {
        let line = self.line_start(entry.key_start.line)?;
        let (key_start, key_end) = (self.offset(entry.key_start)?, self.offset(entry.key_end)?);
        let before = self.text.get(line..key_start)?;
        let after = self.text.get(key_end..)?.trim_start_matches([' ', '\t']);
        let is_simple = before.len() == self.indent
            && before.bytes().all(|byte| byte == b' ')
            && after.starts_with(':')
            && entry.key_start.line == entry.key_end.line;
        if !is_simple {
            return None;
        }
        let end = self.end_of(entry)?;
        let comment = self.comment_behind(entry).unwrap_or_default();
        let key = self
            .text
            .get(key_start..key_end)?
            .trim_end_matches([' ', '\t']);
        Some(Slot {
            entry,
            lines: line..end,
            key,
            comment,
        })
    }

    /// Start of the line after the last one of the value.
    fn end_of(&self, entry: &Entry<'_>) -> Option<usize> {
        let value = &entry.value;
        if ends_with_block_scalar(value) {
            return self.end_of_block_scalar(entry);
        }
        let last = value.end.line.max(entry.key_end.line);
        self.line_start(last + 1)
    }

    /// A block scalar ends where the next token begins, but comments between belong to nobody.
    fn end_of_block_scalar(&self, entry: &Entry<'_>) -> Option<usize> {
        let end = entry.value.end;
        // Without a line end after its last line, the engine's end lies within that line.
        let last = if end.column > 1 && end.line > entry.key_end.line {
            let offset = self.offset(end)?;
            let line = self.text.get(self.line_start(end.line)?..offset)?;
            end.line + u32::from(!line.trim().is_empty())
        } else {
            end.line
        };
        let is_comment = |line: &u32| {
            let start = self.line_start(*line).unwrap_or(self.text.len());
            let rest = self.text.get(start..).unwrap_or_default();
            let body = rest.trim_start_matches(' ');
            body.starts_with('#') && rest.len() - body.len() <= self.indent
        };
        let first_comment = (entry.key_end.line + 1..last).find(is_comment);
        self.line_start(first_comment.unwrap_or(last))
    }

    /// What follows a scalar on the key's line, if it is a comment.
    fn comment_behind(&self, entry: &Entry<'_>) -> Option<&'l str> {
        let value = &entry.value;
        let Kind::Scalar(_, style) = &value.kind else {
            return None;
        };
        if value.start.line != entry.key_end.line || value.end.line != value.start.line {
            return None;
        }
        let line_end = self.line_start(entry.key_end.line + 1)?;
        let start = self.offset(value.start)?.max(self.offset(entry.key_end)?);
        let rest = self
            .text
            .get(start..line_end)?
            .trim_end_matches(['\r', '\n']);
        // The engine's end of a quoted scalar may lie behind the comment.
        let tail = match style {
            Style::Plain if value.is_null() => rest.find('#').map(|at| with_spaces(rest, at)),
            Style::Plain => self.text.get(self.offset(value.end)?..start + rest.len()),
            Style::Quoted => rest.get(quoted_bytes(rest)?..),
            Style::Block => None,
        }?;
        let comment = tail.trim_start_matches([' ', '\t']);
        (comment.starts_with('#') && comment.len() < tail.len()).then_some(tail)
    }

    fn line_start(&self, line: u32) -> Option<usize> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        Some(self.starts.get(at).copied().unwrap_or(self.text.len()))
    }

    fn offset(&self, mark: Mark) -> Option<usize> {
        let start = self.line_start(mark.line)?;
        let column = usize::try_from(mark.column).ok()?.checked_sub(1)?;
        let rest = self.text.get(start..)?;
        Some(
            rest.char_indices()
                .nth(column)
                .map_or(self.text.len(), |(at, _)| start + at),
        )
    }
}

/// The text from a place on, with the blanks before it.
fn with_spaces(text: &str, at: usize) -> &str {
    let before = text
        .get(..at)
        .unwrap_or_default()
        .trim_end_matches([' ', '\t']);
    text.get(before.len()..).unwrap_or_default()
}

/// Bytes of the quoted scalar that a line begins with, if it ends there.
fn quoted_bytes(line: &str) -> Option<usize> {
    let quote = line.bytes().next()?;
    let mut bytes = line.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        let is_doubled = quote == b'\'' && matches!(bytes.peek(), Some((_, b'\'')));
        if byte == b'\\' && quote == b'"' || byte == quote && is_doubled {
            bytes.next();
        } else if byte == quote {
            return Some(at + 1);
        }
    }
    None
}

fn ends_with_block_scalar(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Scalar(_, style) => *style == Style::Block,
        Kind::List(items) => items.last().is_some_and(ends_with_block_scalar),
        Kind::Map(entries) => entries
            .last()
            .is_some_and(|entry| ends_with_block_scalar(&entry.value)),
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let after = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| *byte == b'\n')
        .map(|(at, _)| at + 1);
    std::iter::once(0).chain(after).collect()
}
