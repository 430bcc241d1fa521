//! Decides by its imports and exports alone whether a component may become an image.
//!
//! It never instantiates anything. Invariant: what passes here imports nothing that the linker
//! would have to refuse, and speaks exactly this host's version of the contract.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::ImageError;

/// Version of the contract under `wit/` that this host speaks.
pub const CONTRACT_VERSION: &str = env!("AOF_CONTRACT_VERSION");

/// Everything that a component may import, without versions: our store, and the part of WASI that
/// Rust's standard library may drag in. Each is linked to nothing but the current call's `ctx`.
pub const IMPORTS_ALLOWED: &[&str] = &[
    "aof:orchestrator/store",
    "aof:orchestrator/types",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

const PACKAGE: &str = "aof:orchestrator/";
const FIRST_EXPORT: &str = "aof:orchestrator/lifecycle";

/// Refuses a component of another contract, and one that wants more than it may have. Returns the
/// names of everything that it imports, with versions.
pub(super) fn vet(engine: &Engine, component: &Component) -> Result<Vec<String>, ImageError> {
    let kind = component.component_type();
    let imports: Vec<String> = kind
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    let exports: Vec<String> = kind
        .exports(engine)
        .map(|(name, _)| name.to_owned())
        .collect();
    if !exports.iter().any(|name| split(name).0 == FIRST_EXPORT) {
        return Err(contract(format!("no {FIRST_EXPORT}")));
    }
    for name in imports.iter().chain(&exports) {
        same_contract(name)?;
    }
    let foreign = |import: &&String| !IMPORTS_ALLOWED.contains(&split(import).0);
    match imports.iter().find(foreign).cloned() {
        Some(import) => Err(ImageError::ForeignImport { import }),
        None => Ok(imports),
    }
}

fn same_contract(name: &str) -> Result<(), ImageError> {
    let (interface, version) = split(name);
    if interface.starts_with(PACKAGE) && version != CONTRACT_VERSION {
        return Err(contract(name.to_owned()));
    }
    Ok(())
}

fn contract(found: String) -> ImageError {
    ImageError::Contract {
        found,
        wanted: CONTRACT_VERSION,
    }
}

/// Splits `a:b/c@1.2.3` into name and version; the version is empty if there is none.
fn split(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_the_allow_list_reaches_a_network() {
        for import in IMPORTS_ALLOWED {
            assert!(!import.starts_with("wasi:sockets/") && !import.starts_with("wasi:http/"));
        }
    }

    #[test]
    fn only_the_exact_version_of_the_contract_is_ours() {
        assert!(same_contract(&format!("{PACKAGE}tools@{CONTRACT_VERSION}")).is_ok());
        assert!(same_contract("wasi:cli/exit@0.2.6").is_ok());
        for other in ["tools@0.1.9", "tools@1.0.0", "tools", "tools@"] {
            let refused = same_contract(&format!("{PACKAGE}{other}"));
            assert_eq!(refused.expect_err(other).code(), "AOF-5002");
        }
    }
}
