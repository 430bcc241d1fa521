//! `aof backup`: copies a data directory, also while a daemon works in it.
//!
//! What AOF owns (cards, run records, logs, settings) is copied while nothing is committed, so that
//! it belongs together; what agents write is copied afterwards, as it is found. Invariant: a backup
//! has its name only once it is whole, with a checksum of every file.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::exit::{Ending, Failure};
use crate::render::style::{DIM, GOOD, WARN};
use crate::render::text::{clean, counted};

use super::Session;

pub mod manifest;
pub mod quiet;
mod sink;
mod tree;

use quiet::Quiet;
use sink::Sink;
pub use sink::sync_parent;
use tree::{Kind, Tree};

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The backup to make: a name ending in .tar for one file, else a directory
    #[arg(value_name = "TARGET")]
    target: PathBuf,
}

/// Copies.
///
/// # Errors
/// `AOF-1607` if the target is taken or lies within, `AOF-5601` if copying fails.
pub fn run(args: &Args, session: &Session<'_>) -> anyhow::Result<Ending> {
    let data = session.data()?;
    let target = std::path::absolute(&args.target)?;
    refuse_target(&target, data.root())?;
    let mut sink = Sink::open(&target)?;
    let copied = copy(data.root(), &mut sink, || Quiet::begin(&data));
    let copied = match copied {
        Ok(tree) => sink.finish(&tree).map(|manifest| (tree, manifest)),
        Err(failure) => Err(failure),
    };
    let (tree, manifest) = copied.inspect_err(|_| Sink::discard(&target))?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let files = manifest.files.len() as u64;
    let document = json!({ "backup": {
        "target": target, "dataDir": data.root(), "files": files, "bytes": bytes,
        "skipped": tree.skipped,
    }});
    session.console.show(&document, |_| {
        let mut text = String::new();
        for skipped in &tree.skipped {
            let (path, why) = (clean(&skipped.path), clean(&skipped.why));
            text += &format!("{WARN}skipped{WARN:#}  {path}  {DIM}{why}{DIM:#}\n");
        }
        let place = clean(&target.to_string_lossy());
        let count = counted(files, "file");
        text + &format!("{GOOD}copied{GOOD:#}   {count}, {bytes} bytes → {place}\n")
    })?;
    Ok(Ending::Done)
}

/// Ours while nothing is committed, the rest afterwards.
fn copy(
    root: &Path,
    sink: &mut Sink,
    quieten: impl FnOnce() -> Result<Quiet, Failure>,
) -> Result<Tree, Failure> {
    let quiet = quieten()?;
    let tree = Tree::walk(root)?;
    for entry in tree.entries.iter().filter(|entry| entry.is_ours) {
        match entry.kind {
            Kind::Directory => sink.directory(&entry.path)?,
            Kind::File => sink.steady_file(root, &entry.path)?,
        }
    }
    quiet.end()?;
    for entry in tree.entries.iter().filter(|entry| !entry.is_ours) {
        match entry.kind {
            Kind::Directory => sink.directory(&entry.path)?,
            Kind::File => sink.growing_file(root, &entry.path)?,
        }
    }
    Ok(tree)
}

fn refuse_target(target: &Path, root: &Path) -> Result<(), Failure> {
    let parent = target
        .parent()
        .and_then(|parent| parent.canonicalize().ok());
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let message = match parent {
        None => "the directory to put it in is not there",
        Some(parent) if parent.starts_with(&root) => "it lies in the data directory itself",
        Some(_) if target.symlink_metadata().is_ok() => "it is there already",
        Some(_) => return Ok(()),
    };
    let hint = "name a new file or directory outside the data directory";
    let message = format!("the backup cannot be made there: {message}");
    Err(Failure::refused("AOF-1607", message, hint).at(target.display().to_string()))
}

/// Copying failed.
pub fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot copy {}: {error}", path.display());
    Failure::broken("AOF-5601", message, "mend the cause and repeat the command")
}
