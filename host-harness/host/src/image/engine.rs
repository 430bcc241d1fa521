//! Settings of the WebAssembly engine. Whatever could make two machines disagree is switched off.

use wasmtime::{Config, Engine, Strategy};

use super::ImageError;

/// Makes an engine whose results do not depend on the machine and whose guests can be interrupted.
pub(super) fn new() -> Result<Engine, ImageError> {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .parallel_compilation(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true);
    Engine::new(&config).map_err(|cause| ImageError::Engine { cause })
}
