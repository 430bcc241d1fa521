use super::sweep;
use crate::crash::heading;

#[test]
fn a_call_that_fails_costs_one_refusal_and_nothing_else() {
    let rows = sweep(3, 2, |_| ());
    println!("{}", heading());
    for row in &rows {
        println!("{row}");
        for finding in &row.findings {
            println!("    {finding}");
        }
    }
    assert_eq!(rows.iter().map(|row| row.wrong).sum::<u64>(), 0);
}
