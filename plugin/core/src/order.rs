//! Lists in order, sorted by one routine for all types.
//!
//! Never used where it is hot: the comparison is called through a pointer. The library's own sorts
//! bring four to six kilobytes of the component for each type that they sort, and what is sorted
//! here are short lists. Invariant: items that compare as equal stay in their order.

use std::cmp::Ordering;

/// Sorts a list.
pub fn sort_by<T>(items: &mut Vec<T>, compare: &dyn Fn(&T, &T) -> Ordering) {
    let before = |left: usize, right: usize| match (items.get(left), items.get(right)) {
        (Some(one), Some(other)) => compare(one, other).then(left.cmp(&right)).is_lt(),
        _ => false,
    };
    let places = ordered(items.len(), &before);
    let mut left: Vec<Option<T>> = items.drain(..).map(Some).collect();
    let sorted = places.iter().filter_map(|at| left.get_mut(*at)?.take());
    items.extend(sorted);
}

/// Sorts a list by what is made of each item.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    sort_by(items, &|left, right| key(left).cmp(&key(right)));
}

/// The places from 0 to `count` in order: merged from runs that double in length.
fn ordered(count: usize, before: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    let mut width = 1;
    while width < count {
        let mut merged = Vec::with_capacity(count);
        for pair in places.chunks(2 * width) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge((left, right), before, &mut merged);
        }
        places = merged;
        width *= 2;
    }
    places
}

fn merge(
    (left, right): (&[usize], &[usize]),
    before: &dyn Fn(usize, usize) -> bool,
    merged: &mut Vec<usize>,
) {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(one), Some(other)) if before(**other, **one) => right.next(),
            (Some(_), _) => left.next(),
            _ => right.next(),
        };
        match next {
            Some(place) => merged.push(*place),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_library_does() {
        let mut dice = 7_u64;
        for count in 0..70 {
            let mut items: Vec<(u64, usize)> = Vec::new();
            for at in 0..count {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                items.push((dice >> 61, at));
            }
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut items, |(key, _)| *key);
            assert_eq!(items, expected, "{count}");
        }
    }
}
