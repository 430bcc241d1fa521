//! What the enumeration of this module finds on the real store.

use super::{Depth, Row, enumerate, heading};

pub(crate) fn tell(row: &Row) {
    println!("{row}");
    for finding in &row.findings {
        println!("    {finding}");
    }
}

#[test]
fn no_operation_can_be_cut_off_so_that_anything_is_lost_or_half_done() {
    println!("{}", heading());
    let rows = enumerate(Depth::quick(), 2, tell);
    assert_eq!(rows.iter().map(|row| row.wrong).sum::<u64>(), 0);
    assert!(rows.iter().all(|row| row.states > row.points));
}
