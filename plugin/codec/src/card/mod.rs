//! Task cards: Markdown files with YAML frontmatter.

mod document;
mod edit;
mod fence;
mod field;
mod flow;
mod form;
pub(crate) mod layout;
mod read;
mod write;

pub use document::CardDocument;
pub use flow::plan_of;
pub use form::card_schema;
pub use read::parse_card;
pub use write::new_card;
