//! A card together with the text that it was read from.
//!
//! Invariant: rendering the card unchanged gives the very same bytes.

use aof_core::card::Card;
use aof_core::diagnostic::Diagnostic;

use super::edit;

/// A card that was read from a file and can be written back with few changes to the text.
#[derive(Debug, Clone, PartialEq)]
pub struct CardDocument {
    text: String,
    card: Card,
    warnings: Vec<Diagnostic>,
}

impl CardDocument {
    pub(crate) fn new(text: &str, card: Card, warnings: Vec<Diagnostic>) -> Self {
        CardDocument {
            text: text.to_owned(),
            card,
            warnings,
        }
    }

    /// The card.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The card alone, without its text.
    #[must_use]
    pub fn into_card(self) -> Card {
        self.card
    }

    /// What is odd in the file but does not prevent its use.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The line of a key at the beginning of a line of the frontmatter, counted from 1; 0 if none
    /// begins so.
    #[must_use]
    pub fn line_of(&self, key: &str) -> u32 {
        let is_of = |line: &str| line.strip_prefix(key).is_some_and(|it| it.starts_with(':'));
        let lines = (1..).zip(self.text.lines());
        let mut inside = lines
            .skip(1)
            .take_while(|(_, line)| line.trim_end() != "---");
        inside.find(|(_, line)| is_of(line)).map_or(0, |(at, _)| at)
    }

    /// The file with the differences between this card and `next` worked in; everything that is
    /// the same stays byte for byte: comments, order, unknown keys, quotes, line ends.
    ///
    /// `next` decides about all fields except [`Card::sla`] and [`Card::budget`], which stay as
    /// they are.
    ///
    /// # Errors
    /// Why the file at `path` could not be read again: it would be too large, for instance.
    pub fn render(&self, path: &str, next: &Card) -> Result<String, Vec<Diagnostic>> {
        edit::render(path, &self.text, (&self.card, next))
    }
}
