//! The port: what every store backend does for the component, as `wit/store.wit` states it.
//!
//! Never holds state of its own. Invariant: the five calls here are the five calls of the contract.

use crate::contract::{Blob, Listing, Mode, Op, Page, Session, StoreError};

/// A directory of files behind the contract's `store` interface.
///
/// A backend that was never opened behaves as a reader. Dropping it releases the writer's lock.
pub trait StoreBackend: Send {
    /// Opens the root, or opens it again after the component was lost.
    ///
    /// A writer takes the lock (or keeps the one it has) and a new epoch; every directory watched
    /// so far is forgotten. A reader takes neither.
    ///
    /// # Errors
    /// `busy` with the owner's identity, `read-only` if the root cannot be written, `io`.
    fn open(&mut self, mode: Mode) -> Result<Session, StoreError>;

    /// One page of what others changed in the watched directories.
    ///
    /// Entries up to `cursor` are acknowledged and dropped; the same cursor gives the same page.
    ///
    /// # Errors
    /// `io` if a watched directory cannot be read.
    fn changes(&mut self, cursor: u64, limit: u32) -> Result<Page, StoreError>;

    /// Lists directories; with `watch`, changes in them are news from now on, absent ones too.
    /// Without it, a directory that is watched already stays so.
    ///
    /// # Errors
    /// `bad-path`, `too-large` for more entries than a listing holds, `io`.
    fn list(&mut self, dirs: &[String], watch: bool) -> Result<Vec<Listing>, StoreError>;

    /// Reads files, one blob per path and in order.
    ///
    /// # Errors
    /// `bad-path` for a path that is not canonical, `too-large` if the sum is over the limit of a
    /// call. What is wrong with one file is said in its blob.
    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError>;

    /// Flushes the journal lines of a batch, applies the rest in order, and returns the cursor of
    /// the last page handed out: nothing that was not yet read is skipped by continuing from it.
    ///
    /// # Errors
    /// `conflict`, `exists`, `not-found`, `bad-path`, `too-large` and `stale-epoch` only with
    /// nothing changed and no line left in the journal; `io`, `no-space` and `read-only` also half
    /// way, and then the lines are there.
    fn commit(&mut self, batch: &[Op], epoch: u64) -> Result<u64, StoreError>;
}
