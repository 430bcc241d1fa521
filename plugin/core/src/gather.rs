//! Sets and maps that are filled entry by entry.
//!
//! Never sorts: `collect` into a sorted collection brings a sort of its own for each type, four to
//! five kilobytes of the component each time, for collections that are small or sorted already.

/// A collection of all items; of two with one key the last stays.
pub fn gathered<C, I>(items: I) -> C
where
    C: Default + Extend<I::Item>,
    I: IntoIterator,
{
    let mut all = C::default();
    all.extend(items);
    all
}
