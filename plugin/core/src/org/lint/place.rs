//! Where in a chart something stands: a path of keys and items.

use std::fmt;

/// One step into a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To the value under a key.
    Key(String),
    /// To an item of a list.
    Item {
        /// Its position, from 0.
        at: usize,
        /// Its name, if items of that list have names.
        name: Option<String>,
    },
}

/// A path from the root of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place(Vec<Step>);

impl Place {
    /// The steps from the root.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The value under a key at the top.
    pub(super) fn top(key: &str) -> Self {
        Place::default().key(key)
    }

    /// The value under a key of what stands here.
    pub(super) fn key(mut self, key: &str) -> Self {
        self.0.push(Step::Key(key.to_owned()));
        self
    }

    /// An item without a name.
    pub(super) fn item(mut self, at: usize) -> Self {
        self.0.push(Step::Item { at, name: None });
        self
    }

    /// An item with a name.
    pub(super) fn named(mut self, at: usize, name: &str) -> Self {
        let name = Some(super::excerpt(name));
        self.0.push(Step::Item { at, name });
        self
    }
}

impl fmt::Display for Place {
    /// `agents.ada.reportsTo`, `routing[0].targetAgent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Item { at, name: None } => write!(f, "[{at}]")?,
                Step::Key(name)
                | Step::Item {
                    name: Some(name), ..
                } => {
                    let dot = if position == 0 { "" } else { "." };
                    write!(f, "{dot}{name}")?;
                }
            }
        }
        Ok(())
    }
}
