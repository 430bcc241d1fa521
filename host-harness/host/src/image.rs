//! The component, compiled once and linked, ready to be instantiated as often as needed.
//!
//! An image never runs guest code and never touches a data root. Invariants: a component that
//! speaks another contract, or asks for anything outside the allow-list, becomes no image; a
//! precompiled artefact is only believed if nobody but the current user could have written it.

mod cache;
mod engine;
mod error;
mod linker;
mod private;
mod ticker;
mod vetting;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

pub use cache::default_cache_dir;
pub use error::ImageError;
pub use vetting::{CONTRACT_VERSION, IMPORTS_ALLOWED};

use crate::contract::OrchestratorPre;
use crate::instance::HostState;
use cache::Cache;
pub(crate) use ticker::{TICK_MS, Ticker};

/// The component that this build carries, as it was built.
pub const EMBEDDED_WASM: &[u8] = include_bytes!(env!("AOF_COMPONENT_WASM"));

const EMBEDDED_SHA256: &str = env!("AOF_COMPONENT_SHA256");

/// Where the machine code of an image came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Compiled just now.
    Compiled,
    /// Loaded from the cache directory.
    Cached,
}

/// A compiled, vetted and linked component; clones share everything.
#[derive(Clone)]
pub struct Image {
    shared: Arc<Shared>,
}

struct Shared {
    pre: OrchestratorPre<HostState>,
    imports: Vec<String>,
    sha256: String,
    source: Source,
    ticker: Ticker,
}

impl Image {
    /// Loads the component that this build carries.
    ///
    /// # Errors
    /// See [`ImageError`]; a cache directory that cannot be used is only logged.
    pub fn embedded(cache_dir: Option<&Path>) -> Result<Self, ImageError> {
        Self::load(EMBEDDED_WASM, EMBEDDED_SHA256, cache_dir)
    }

    /// Loads any component of the same contract.
    ///
    /// # Errors
    /// See [`ImageError`]; a cache directory that cannot be used is only logged.
    pub fn from_bytes(wasm: &[u8], cache_dir: Option<&Path>) -> Result<Self, ImageError> {
        let digest = Sha256::digest(wasm);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::load(wasm, &sha256, cache_dir)
    }

    fn load(wasm: &[u8], sha256: &str, cache_dir: Option<&Path>) -> Result<Self, ImageError> {
        let engine = engine::new()?;
        let (component, source) = machine_code(&engine, wasm, sha256, cache_dir)?;
        let imports = vetting::vet(&engine, &component)?;
        let pre = linker::link(&engine, &component)?;
        let ticker = Ticker::start(&engine)?;
        let shared = Shared {
            pre,
            imports,
            sha256: sha256.to_owned(),
            source,
            ticker,
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Names of everything that the component imports, with versions.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.shared.imports
    }

    /// SHA-256 of the component, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.shared.sha256
    }

    /// Where the machine code came from.
    #[must_use]
    pub fn source(&self) -> Source {
        self.shared.source
    }

    pub(crate) fn pre(&self) -> &OrchestratorPre<HostState> {
        &self.shared.pre
    }

    pub(crate) fn ticker(&self) -> &Ticker {
        &self.shared.ticker
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("sha256", &self.shared.sha256)
            .field("source", &self.shared.source)
            .finish_non_exhaustive()
    }
}

/// From the cache if it is there and trustworthy, else compiled (and left in the cache).
fn machine_code(
    engine: &Engine,
    wasm: &[u8],
    sha256: &str,
    cache_dir: Option<&Path>,
) -> Result<(Component, Source), ImageError> {
    let cache = cache_dir.and_then(|dir| Cache::open(dir, engine, sha256));
    if let Some(component) = cache.as_ref().and_then(|cache| cache.load(engine)) {
        return Ok((component, Source::Cached));
    }
    let component = Component::new(engine, wasm).map_err(|cause| ImageError::Compile {
        sha256: sha256.to_owned(),
        cause,
    })?;
    if let Some(cache) = cache {
        cache.save(&component);
    }
    Ok((component, Source::Compiled))
}
