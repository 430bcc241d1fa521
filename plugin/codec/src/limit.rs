//! The bounds of everything that is read here.
//!
//! Invariant: each bound is checked before the work that it bounds.

/// Most bytes between the two fences of a card. A workflow of a thousand hops has room there.
pub const FRONTMATTER_BYTES_MAX: usize = 512 * 1024;
/// Most bytes of a whole card.
pub const CARD_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of an org chart, a project manifest or a configuration.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Most collections within one another.
pub const DEPTH_MAX: usize = 32;
/// Most scalars and collections in one document. A hop that is over takes some twenty of a card.
pub const NODES_MAX: usize = 50_000;
