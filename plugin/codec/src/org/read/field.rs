//! Plain values of fields, after the check: what has another type is as if it were not there.

use crate::yaml::Node;

/// A text.
pub(super) fn text(node: &Node<'_>, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(str::to_owned)
}

/// A list of texts; empty if there is none.
pub(super) fn texts(node: Option<&Node<'_>>) -> Vec<String> {
    let items = node.map(Node::items).unwrap_or_default();
    let texts = items.iter().filter_map(Node::text);
    texts.map(str::to_owned).collect()
}

/// A list of words that mean something; empty if there is none.
pub(super) fn words<T>(node: &Node<'_>, parse: fn(&str) -> Option<T>) -> Vec<T> {
    let texts = node.items().iter().filter_map(Node::text);
    texts.filter_map(parse).collect()
}

/// A choice between yes and no.
pub(super) fn flag(node: &Node<'_>, key: &str, default: bool) -> bool {
    node.get(key).and_then(Node::boolean).unwrap_or(default)
}

/// A number.
pub(super) fn number(node: &Node<'_>, key: &str) -> Option<u64> {
    node.get(key).and_then(Node::integer)
}
