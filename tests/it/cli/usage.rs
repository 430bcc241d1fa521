//! Command lines that cannot be understood, and help.

use super::stand::Stand;

#[test]
fn an_unknown_command_is_exit_code_2_and_says_where_help_is() {
    let said = Stand::bare().aof(&["frobnicate"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(
        said.err.contains("unrecognized subcommand 'frobnicate'"),
        "{}",
        said.err
    );
}

#[test]
fn usage_errors_are_one_json_document_too() {
    let said = Stand::bare().aof(&["task", "block", "TASK-1", "--json"]);
    assert_eq!(said.code, 2);
    let error = &said.json()["error"];
    assert_eq!(error["code"], "AOF-1600");
    assert_eq!(error["hint"], "see `aof task block --help`");
    assert!(said.err.is_empty(), "{}", said.err);
}

#[test]
fn the_help_lists_the_exit_codes() {
    let said = Stand::bare().aof(&["--help"]).ok();
    for code in [
        "  0  done",
        "  2  the command line",
        "  4  conflict",
        "  5  `run` and `demo`",
    ] {
        assert!(said.out.contains(code), "{code}: {}", said.out);
    }
    assert!(!said.out.contains("__supervise"));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = Stand::bare().aof(&["completions", shell]).ok();
        assert!(said.out.contains("explain"), "{shell}");
    }
}

#[test]
fn times_without_a_unit_are_refused() {
    let said = Stand::bare().aof(&["run", "--timeout", "30"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("write it like 500ms, 30s, 5m or 2h"),
        "{}",
        said.err
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let stand = Stand::bare();
    let script = "\"$0\" completions bash | head -n 1 >/dev/null; exit ${PIPESTATUS:-0}";
    let mut command = std::process::Command::new("sh");
    command
        .arg("-c")
        .arg(script)
        .arg(super::stand::binary())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(stand.home());
    let said = super::stand::say(&mut command);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
