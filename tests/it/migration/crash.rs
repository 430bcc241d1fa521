//! Dying at every operation, and going on.

use aof_front::port::StoreError;

use super::stand::{Old, files, migrate, planned};

#[test]
fn a_stop_at_every_operation_ends_with_the_same_bytes() {
    // given an undisturbed migration
    let undisturbed = Old::new().disk();
    let ops = migrate(&undisturbed, usize::MAX).expect("migrates");
    let expected = files(&undisturbed);
    assert!(ops > 60, "only {ops} operations");
    for stop in 0..ops {
        // when the host dies after each operation and migration is run again
        let disk = Old::new().disk();
        migrate(&disk, stop).expect_err("dies");
        migrate(&disk, usize::MAX).expect("goes on");
        // then nothing tells that it was disturbed
        assert_same(&files(&disk), &expected, &format!("{stop} of {ops}"));
    }
}

#[test]
fn dying_again_and_again_ends_with_the_same_bytes() {
    let undisturbed = Old::new().disk();
    migrate(&undisturbed, usize::MAX).expect("migrates");
    for step in [1, 2, 3, 5, 7] {
        let disk = Old::new().disk();
        // Each attempt writes its journal at most, and comes a few operations further.
        let mut attempts = 0;
        while let Err(error) = migrate(&disk, 2 + step) {
            assert!(matches!(error, StoreError::Io { .. }), "{error}");
            attempts += 1;
            assert!(attempts < 1_000, "never ends");
        }
        assert_same(
            &files(&disk),
            &files(&undisturbed),
            &format!("{step} at a time"),
        );
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let disk = Old::new().disk();
    let before = files(&disk);
    assert!(!planned(&disk).steps.is_empty());
    assert_eq!(files(&disk), before);
}

#[test]
fn a_second_migration_has_nothing_to_do() {
    let disk = Old::new().disk();
    migrate(&disk, usize::MAX).expect("migrates");
    let after = files(&disk);
    let again = planned(&disk);
    assert!(again.is_empty(), "{:#?}", again.steps);
    migrate(&disk, usize::MAX).expect("migrates");
    assert_eq!(files(&disk), after);
}

fn assert_same(
    found: &std::collections::BTreeMap<String, String>,
    expected: &std::collections::BTreeMap<String, String>,
    when: &str,
) {
    for (path, content) in expected {
        assert_eq!(
            found.get(path),
            Some(content),
            "{path}, stopped after {when}"
        );
    }
    let more: Vec<_> = found
        .keys()
        .filter(|path| !expected.contains_key(*path))
        .collect();
    assert!(more.is_empty(), "{more:?}, stopped after {when}");
}
