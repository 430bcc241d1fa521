//! Names: those that the chart declares, and those that one part uses of another.

use aof_core::id::IdError;

use crate::finding::excerpt;
use crate::yaml::Node;

use super::super::form::{CODES, REFERENCE};
use super::Reader;

impl Reader<'_, '_, '_> {
    /// The identity of an item, which must be a name.
    pub(super) fn own<T>(
        &mut self,
        node: &Node<'_>,
        path: &str,
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let node = node.literal("id")?;
        match parse(node.text()?) {
            Ok(id) => Some(id),
            Err(error) => {
                let message = format!("`{path}`: {error}");
                self.findings
                    .error(CODES.value, node.start, message, error.hint());
                None
            }
        }
    }

    /// A name that the item uses; one that can be no name is nobody's.
    pub(super) fn used<T>(
        &mut self,
        node: Option<&Node<'_>>,
        (path, noun, list): (&str, &str, &str),
        parse: fn(&str) -> Result<T, IdError>,
    ) -> Option<T> {
        let node = node?;
        let text = node.text()?;
        let name = parse(text).ok();
        if name.is_none() {
            self.is_whole = false;
            let name = excerpt(text);
            let message =
                format!("`{path}` names the {noun} `{name}`, which the chart does not have");
            let hint = format!("declare it under `{list}`, or correct the name");
            self.findings.error(REFERENCE, node.start, message, &hint);
        }
        name
    }
}
