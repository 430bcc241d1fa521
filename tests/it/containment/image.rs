//! Which components become images, and which precompiled files are believed.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken stage fails its test"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aof_host::image::{Image, Source};

use super::stage::GUEST_WASM;

/// The bytes with every `from` replaced by a `to` of the same length.
fn patched(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = GUEST_WASM.to_vec();
    let mut at = 0;
    let mut count = 0;
    while let Some(found) = bytes[at..]
        .windows(from.len())
        .position(|is| is == from.as_bytes())
    {
        at += found;
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        count += 1;
    }
    assert!(count > 0, "{from} occurs");
    bytes
}

fn code_of(wasm: &[u8]) -> &'static str {
    Image::from_bytes(wasm, None).expect_err("refused").code()
}

#[test]
fn another_version_of_the_contract_is_refused() {
    for version in ["@0.2.0", "@0.1.9", "@1.1.0"] {
        assert_eq!(
            code_of(&patched("@0.1.0", version)),
            "AOF-5002",
            "{version}"
        );
    }
}

#[test]
fn a_component_without_the_contract_is_refused() {
    assert_eq!(code_of(b"\0asm\x0d\0\x01\0"), "AOF-5002");
}

#[test]
fn an_import_outside_the_allow_list_is_refused_by_name() {
    let wasm = patched("wasi:cli/environment", "wasi:http/outgoing-h");
    let refused = Image::from_bytes(&wasm, None).expect_err("refused");
    assert_eq!(refused.code(), "AOF-5003");
    assert!(
        refused.to_string().contains("wasi:http/outgoing-h@0.2"),
        "{refused}"
    );
}

#[test]
fn what_is_no_component_is_refused() {
    let torn = &GUEST_WASM[..GUEST_WASM.len() / 2];
    for wasm in [b"".as_slice(), b"not wasm at all", b"\0asm\x01\0\0\0", torn] {
        assert_eq!(code_of(wasm), "AOF-5001");
    }
}

fn artefacts(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .expect("list")
        .map(|entry| entry.expect("entry").path())
        .collect()
}

fn load(dir: &Path) -> Source {
    Image::from_bytes(GUEST_WASM, Some(dir))
        .expect("image")
        .source()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
}

#[test]
fn the_second_load_comes_from_the_cache_and_trouble_only_costs_time() {
    let root = tempfile::tempdir().expect("root");
    let dir = root.path().join("cache");
    assert_eq!(load(&dir), Source::Compiled);
    assert_eq!(load(&dir), Source::Cached);
    let [artefact] = artefacts(&dir).try_into().expect("one artefact, no draft");

    let good = fs::read(&artefact).expect("artefact");
    fs::write(&artefact, &good[..good.len() / 2]).expect("tear");
    assert_eq!(
        (load(&dir), load(&dir)),
        (Source::Compiled, Source::Cached),
        "torn"
    );

    set_mode(&artefact, 0o666);
    assert_eq!(
        (load(&dir), load(&dir)),
        (Source::Compiled, Source::Cached),
        "writable by all"
    );

    set_mode(&dir, 0o777);
    assert_eq!(
        (load(&dir), load(&dir)),
        (Source::Compiled, Source::Compiled),
        "open directory"
    );
}

#[test]
fn a_cache_in_an_impossible_place_is_no_error() {
    let file = tempfile::NamedTempFile::new().expect("file");
    assert_eq!(load(file.path()), Source::Compiled);
    assert_eq!(load(&file.path().join("below")), Source::Compiled);
}
