//! A list in declared order that finds an entry by name in logarithmic time.
//!
//! Never changes once it is made. Invariant: of two entries of one name the first is found, and
//! both stay in the list.

use crate::order;
use std::ops::Deref;

/// Something that has a name of its own in the chart.
pub trait Named {
    /// Its name.
    fn name_in_chart(&self) -> &str;
}

/// A list in declared order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster<T> {
    entries: Vec<T>,
    /// Positions in `entries`, by name, then as declared.
    by_name: Vec<usize>,
}

impl<T: Named> Roster<T> {
    /// The first entry of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&T> {
        let name_at = |position: &usize| self.entries.get(*position).map(Named::name_in_chart);
        let at = self
            .by_name
            .partition_point(|position| name_at(position) < Some(name));
        let entry = self.entries.get(*self.by_name.get(at)?)?;
        (entry.name_in_chart() == name).then_some(entry)
    }
}

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Roster {
            entries: Vec::new(),
            by_name: Vec::new(),
        }
    }
}

impl<T: Named> From<Vec<T>> for Roster<T> {
    fn from(entries: Vec<T>) -> Self {
        let names: Vec<&str> = entries.iter().map(Named::name_in_chart).collect();
        let by_name = in_order(&names);
        Roster { entries, by_name }
    }
}

/// Positions by name, then as declared. One sort for all kinds of entries.
fn in_order(names: &[&str]) -> Vec<usize> {
    let mut by_name: Vec<usize> = (0..names.len()).collect();
    order::sort_by_key(&mut by_name, |position| (names.get(*position), *position));
    by_name
}

impl<T: Named> FromIterator<T> for Roster<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Roster::from(entries.into_iter().collect::<Vec<T>>())
    }
}

impl<T> Deref for Roster<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<'a, T> IntoIterator for &'a Roster<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Entry(&'static str, u32);

    impl Named for Entry {
        fn name_in_chart(&self) -> &str {
            self.0
        }
    }

    #[test]
    fn every_name_is_found_and_the_order_stays() {
        let roster: Roster<Entry> = [Entry("m", 0), Entry("a", 1), Entry("z", 2), Entry("a", 3)]
            .into_iter()
            .collect();
        let order: Vec<u32> = roster.iter().map(|entry| entry.1).collect();
        assert_eq!(order, [0, 1, 2, 3]);
        let found = |name| roster.named(name).map(|entry| entry.1);
        assert_eq!(["m", "a", "z"].map(found), [Some(0), Some(1), Some(2)]);
        assert_eq!(["", "b", "zz", "M"].map(found), [None; 4]);
        assert_eq!(Roster::<Entry>::default().named("a"), None);
    }
}
