//! The binary starts at once. It also makes cargo build the binary for the tests in `tests/`.

use std::process::Command;

#[test]
fn the_version_is_told_without_a_data_directory() {
    let mut aof = Command::new(env!("CARGO_BIN_EXE_aof"));
    let out = aof
        .arg("--version")
        .env_clear()
        .current_dir("/")
        .output()
        .unwrap();
    assert!(out.status.success());
    let said = String::from_utf8_lossy(&out.stdout);
    assert_eq!(said.trim(), concat!("aof ", env!("CARGO_PKG_VERSION")));
}
