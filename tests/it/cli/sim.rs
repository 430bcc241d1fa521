//! `aof sim` as a person sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::stand::{Stand, wait_for};

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

#[test]
fn seeds_end_with_the_largest_number() {
    let stand = Stand::bare();
    let last = u64::MAX.to_string();
    let line = ["sim", "--steps", "1", "--profile", "calm", "--seed", &last];
    stand.aof(&line).ok();
    let said = stand.aof(&[&line[..], &["--seeds", "2"]].concat());
    assert_eq!(said.code, 3, "{said:?}");
    insta::assert_snapshot!(said.err.replace(&last, "LAST"), @r"
    error [AOF-1600] there are no 2 seeds from LAST on: the last one is LAST
      hint ask for 1 at the most, or begin earlier
    ");
}

#[test]
fn an_interruption_tells_what_was_lived_through() {
    let stand = Stand::bare();
    let line = [
        "sim",
        "--seeds",
        "1000000",
        "--steps",
        "1",
        "--profile",
        "calm",
    ];
    let mut command = stand.command(&line);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.stderr(Stdio::null()).spawn().unwrap();
    wait_for("the worlds to begin", || {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:\t"))?;
        let caught = u64::from_str_radix(caught, 16).ok()?;
        // SIGINT is the second of the bits.
        (caught & 2 == 2).then_some(())
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(130), "{said:?}");
    let out = String::from_utf8(said.stdout).unwrap();
    assert!(
        out.contains("interrupted: 1000000 worlds were asked for\n"),
        "{out}"
    );
    assert!(out.ends_with("every invariant held\n"), "{out}");
}
