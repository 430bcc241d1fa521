//! What the enumeration of this module finds on the real store.

use super::sweep;
use crate::crash::{Extent, heading, tell};

#[test]
fn a_call_that_fails_costs_one_refusal_and_nothing_else() {
    println!("{}", heading());
    let all = Extent {
        operation: None,
        jobs: 2,
    };
    let rows = sweep(17, all, tell);
    assert_eq!(rows.iter().map(|row| row.wrong).sum::<u64>(), 0);
}
