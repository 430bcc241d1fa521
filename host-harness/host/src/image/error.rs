//! Why a component did not become an image. Every variant has a stable code.

/// Why a component did not become an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes are not a component that this engine can compile.
    #[error("component {sha256} cannot be compiled: {cause:#}")]
    Compile {
        /// Of the refused bytes.
        sha256: String,
        /// What the compiler said.
        cause: wasmtime::Error,
    },
    /// The component speaks another version of the contract, or none.
    #[error("component speaks `{found}`, this host speaks version {wanted} of the contract")]
    Contract {
        /// The name that gave it away, with its version.
        found: String,
        /// The version of this host.
        wanted: &'static str,
    },
    /// The component asks for something that no component gets.
    #[error("component imports `{import}`, which is not on the allow-list")]
    ForeignImport {
        /// The import, with its version.
        import: String,
    },
    /// Names and versions fit, but types do not.
    #[error("component does not fit the contract: {cause:#}")]
    Link {
        /// The first difference.
        cause: wasmtime::Error,
    },
    /// This machine cannot run WebAssembly with the wanted settings.
    #[error("engine cannot start: {cause:#}")]
    Engine {
        /// What is missing.
        cause: wasmtime::Error,
    },
}

impl ImageError {
    /// The stable code; see `docs/errors/`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Compile { .. } => "AOF-5001",
            Self::Contract { .. } => "AOF-5002",
            Self::ForeignImport { .. } => "AOF-5003",
            Self::Link { .. } => "AOF-5004",
            Self::Engine { .. } => "AOF-5005",
        }
    }
}
