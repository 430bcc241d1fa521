//! The way of every YAML file that is not a card: bytes, text, tree, check, value.

use aof_core::diagnostic::Diagnostic;
use aof_core::order;

use crate::check::{Idle, check_under};
use crate::finding::{Findings, NO_EFFECT};
use crate::limit::DOCUMENT_BYTES_MAX;
use crate::schema::Schema;
use crate::yaml::{Node, compose, decode};

/// A value with the warnings of its file, or what prevents its use.
pub(crate) type Parsed<T> = Result<(T, Vec<Diagnostic>), Vec<Diagnostic>>;

/// The tree of a file; none with findings if it is refused, none without if it is empty.
pub(crate) fn tree<'b>(bytes: &'b [u8], findings: &mut Findings<'_>) -> Option<Node<'b>> {
    let text = decode(bytes, DOCUMENT_BYTES_MAX, findings)?;
    compose(text.strip_prefix('\u{FEFF}').unwrap_or(text), findings)
}

/// Checks the tree of a file and warns once for each top-level key that sets something without
/// effect.
pub(crate) fn check(root: &Node<'_>, schema: &'static Schema, findings: &mut Findings<'_>) {
    check_part(root, "", schema, findings);
}

/// The same for a part of a file that is known to people by this path.
pub(crate) fn check_part(
    node: &Node<'_>,
    path: &str,
    schema: &'static Schema,
    findings: &mut Findings<'_>,
) {
    let idle = check_under(node, path, schema, findings);
    for field in schema.fields {
        let mut of_field = idle.iter().filter(|idle| idle.top == field.name);
        if let Some(first) = of_field.next() {
            warn_idle(first, of_field, findings);
        }
    }
}

fn warn_idle<'i>(
    first: &'i Idle,
    others: impl Iterator<Item = &'i Idle>,
    findings: &mut Findings<'_>,
) {
    let mut paths = vec![first.path.as_str()];
    paths.extend(others.map(|idle| idle.path.as_str()));
    order::sort_by(&mut paths, &|left, right| left.cmp(right));
    paths.dedup();
    let message = format!(
        "kept, has no effect in this version: `{}`",
        paths.join("`, `")
    );
    let hint = "remove it, or leave it for a version that uses it";
    findings.warn(NO_EFFECT, first.at, message, hint);
}
