//! `aof sim` as a person sees it.

use std::fs;
use std::path::{Path, PathBuf};

use super::stand::Stand;

fn case(name: &str) -> PathBuf {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/seeds");
    corpus.join(format!("{name}.json"))
}

#[test]
fn worlds_in_which_all_holds_say_so() {
    let said = Stand::bare()
        .aof(&["sim", "--seeds", "2", "--steps", "20", "--profile", "calm"])
        .ok();
    assert!(said.out.starts_with("2 worlds in "), "{}", said.out);
    assert!(said.out.ends_with("every invariant held\n"), "{}", said.out);
}

#[test]
fn a_world_that_fails_is_told_with_everything_that_repeats_it() {
    let path = case("overwrite-edit");
    let path = path.to_str().expect("a path");
    let stand = Stand::bare();
    let defect = ["--defect", "overwrite-edit"];
    let said = stand.aof(&[&["sim", "--replay", path], &defect[..]].concat());
    assert_eq!(said.code, 1, "{said:?}");
    let told = said.out.replace(path, "CASE");
    for part in [
        "1 worlds in ",
        "\nseed 16: I9: a person wrote `hand-",
        "  after step ",
        " task.transitioned ",
        concat!("  aof ", env!("CARGO_PKG_VERSION"), ", commit "),
        ", world {\"seed\":16,",
        "  again: aof sim --replay CASE --defect overwrite-edit\n",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    stand.aof(&["sim", "--replay", path]).ok();
}

#[test]
fn a_mistake_that_is_noticed_is_told_with_its_invariant_and_kept() {
    let stand = Stand::bare();
    let dir = stand.home().join("found");
    let dir = dir.to_str().expect("a path");
    let line = ["sim", "--defect", "skip-sync", "--seed", "0"];
    let said = stand.aof(&[&line[..], &["--save", dir]].concat()).ok();
    assert_eq!(
        said.out,
        "defect               profile worlds   seed  noticed by\n\
         skip-sync            disk         1      0  I1\n\
         all 1 were noticed\n"
    );
    let kept = fs::read_to_string(format!("{dir}/skip-sync.json")).expect("the case");
    assert!(kept.contains("\"found\": \"skip-sync: I1: "), "{kept}");
    let said = stand.aof(&[&line[..], &["--json"]].concat()).ok();
    assert_eq!(said.json()["sim"]["missed"], 0);
    assert_eq!(
        said.json()["sim"]["defects"][0]["violation"]["invariant"],
        "I1"
    );
}

#[test]
fn worlds_are_lived_through_twice_and_one_operation_can_be_repeated() {
    let stand = Stand::bare();
    let line = [
        "sim",
        "--seeds",
        "2",
        "--steps",
        "20",
        "--profile",
        "calm",
        "--twice",
    ];
    let said = stand.aof(&line).ok();
    assert!(said.out.ends_with("every invariant held\n"), "{}", said.out);
    let line = ["sim", "--faults", "--operation", "late result"];
    let said = stand.aof(&line).ok();
    let rows = said.out.lines().count();
    assert_eq!(rows, 3, "heading, one row, sum: {}", said.out);
    for wrong in [
        &["sim", "--operation", "create"][..],
        &["sim", "--faults", "--operation", "nothing"],
        &["sim", "--twice", "--defects"],
        &["sim", "--seeds", "0"],
    ] {
        assert_eq!(stand.aof(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn an_unknown_mistake_and_a_missing_case_are_refused() {
    let stand = Stand::bare();
    let said = stand.aof(&["sim", "--defect", "all"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("one of skip-journal-flush, skip-sync"),
        "{}",
        said.err
    );
    let said = stand.aof(&["sim", "--replay", "nowhere.json"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.err.contains("nowhere.json: cannot be read"),
        "{}",
        said.err
    );
}
