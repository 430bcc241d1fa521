//! Precompiled artefacts on disk, so that only the first start pays for compilation.
//!
//! A cache is an optimisation: nothing here fails a start, every trouble is logged and the
//! component is compiled instead. Invariants: an artefact is written under a private name and
//! renamed; it is loaded only if its directory and itself belong to the current user and nobody
//! else may write them, because loading machine code means running it; the directory holds a
//! bounded number.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::private;

const EXTENSION: &str = "cwasm";
/// Artefacts kept at the most: a few versions side by side, not every one ever run.
const ARTEFACTS_MAX: usize = 8;
const ARTEFACT_BYTES_MAX: u64 = 256 << 20;

/// Where artefacts lie unless told otherwise: `$XDG_CACHE_HOME/aof`, else `$HOME/.cache/aof`.
#[must_use]
pub fn default_cache_dir() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|dir| dir.join("aof"))
}

/// The place of one artefact.
pub(super) struct Cache {
    dir: PathBuf,
    artefact: PathBuf,
}

impl Cache {
    /// Makes sure of a private directory; none, with a line in the log, if there cannot be one.
    pub(super) fn open(dir: &Path, engine: &Engine, sha256: &str) -> Option<Self> {
        match private::ensure_dir(dir) {
            Ok(()) => Some(Self {
                dir: dir.to_owned(),
                artefact: dir.join(format!(
                    "{sha256}-{:016x}.{EXTENSION}",
                    compatibility(engine)
                )),
            }),
            Err(error) => {
                tracing::warn!(dir = %dir.display(), %error, "compiling without a cache");
                None
            }
        }
    }

    /// The artefact, if it is there and can be trusted; one that does not load is removed.
    pub(super) fn load(&self, engine: &Engine) -> Option<Component> {
        let bytes = match private::read(&self.artefact, ARTEFACT_BYTES_MAX).and_then(unsealed) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return self.discard(&error),
        };
        // SAFETY: wasmtime demands that the bytes are an artefact which it wrote itself. They come
        // from a file in a directory, both of the current user and closed to all others for writing
        // (checked on the open file); damage by accident was caught by the seal.
        match unsafe { Component::deserialize(engine, &bytes) } {
            Ok(component) => Some(component),
            Err(error) => self.discard(&error),
        }
    }

    /// Leaves the artefact for the next start.
    pub(super) fn save(&self, component: &Component) {
        let saved = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|bytes| {
                private::write(&self.artefact, &sealed(bytes))?;
                self.prune()
            });
        if let Err(error) = saved {
            tracing::warn!(path = %self.artefact.display(), %error, "artefact not cached");
        }
    }

    fn discard(&self, error: &dyn std::fmt::Display) -> Option<Component> {
        tracing::warn!(path = %self.artefact.display(), %error, "cached artefact discarded");
        if let Err(error) = fs::remove_file(&self.artefact) {
            tracing::warn!(path = %self.artefact.display(), %error, "artefact not removed");
        }
        None
    }

    /// Removes the oldest artefacts beyond the limit. A process that uses one is not disturbed.
    fn prune(&self) -> io::Result<()> {
        let mut others: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let ours = path
                .extension()
                .is_some_and(|is| is == EXTENSION || is == "tmp");
            if ours && path != self.artefact {
                others.push((fs::symlink_metadata(&path)?.modified()?, path));
            }
        }
        others.sort_unstable_by(|a, b| b.cmp(a));
        others
            .iter()
            .skip(ARTEFACTS_MAX - 1)
            .try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// One number for "same wasmtime, same settings, same processor features".
fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// The artefact with its hash behind it. The hash guards against accidents, the rights of the file
/// against people.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let seal = seal(&bytes);
    bytes.extend_from_slice(&seal);
    bytes
}

fn unsealed(mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let body = bytes.len().saturating_sub(size_of::<u64>());
    let found = bytes.split_off(body);
    if found == seal(&bytes) {
        return Ok(bytes);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "damaged artefact",
    ))
}

fn seal(bytes: &[u8]) -> [u8; 8] {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_short_artefact_is_recognised() {
        let good = sealed(b"machine code".to_vec());
        assert_eq!(unsealed(good.clone()).expect("intact"), b"machine code");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(unsealed(bad).is_err(), "byte {at}");
            assert!(unsealed(good[..at].to_vec()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn old_artefacts_make_room() {
        let dir = tempfile::tempdir().expect("dir");
        let engine = super::super::engine::new().expect("engine");
        let cache = Cache::open(dir.path(), &engine, "abc").expect("cache");
        for number in 0..2 * ARTEFACTS_MAX {
            fs::write(dir.path().join(format!("{number}.{EXTENSION}")), b"old").expect("old");
        }
        fs::write(dir.path().join("unrelated"), b"kept").expect("unrelated");
        let component = Component::new(&engine, b"\0asm\x0d\0\x01\0").expect("empty component");

        cache.save(&component);

        let left = fs::read_dir(dir.path()).expect("list").count();
        assert_eq!(left, ARTEFACTS_MAX + 1);
        assert!(cache.load(&engine).is_some());
        assert!(dir.path().join("unrelated").exists());
    }

    #[test]
    fn an_artefact_that_does_not_load_is_removed() {
        let dir = tempfile::tempdir().expect("dir");
        let engine = super::super::engine::new().expect("engine");
        let cache = Cache::open(dir.path(), &engine, "abc").expect("cache");
        for bad in [
            b"".to_vec(),
            b"short".to_vec(),
            sealed(b"sealed but no machine code".into()),
        ] {
            private::write(&cache.artefact, &bad).expect("plant");
            assert!(cache.load(&engine).is_none());
            assert!(!cache.artefact.exists());
        }
    }
}
