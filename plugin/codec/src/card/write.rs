//! From a card to the text of a new file.

use aof_core::card::Card;

use crate::yaml::write_entry;

use super::field::{Before, owned};

/// Writes a card that has no file yet: all fields in the order of the schema, then the body.
#[must_use]
pub fn new_card(card: &Card) -> String {
    let mut text = String::with_capacity(card.body.len() + 1024);
    text.push_str("---\n");
    for field in owned() {
        if let Some(value) = (field.write)(card, &Before::NOTHING) {
            write_entry(&mut text, 0, (field.key, &value), "\n");
        }
    }
    text.push_str("---\n\n");
    text.push_str(&card.body);
    text
}
