//! Where the data directory is, and where things lie in it.
//!
//! Reads the environment and looks at directories; never makes one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exit::Failure;
use crate::layer::Layer;

/// The file that marks a data directory.
pub const MARK: &str = "aof.yaml";
/// There is no data directory where one was looked for.
pub const NO_DATA: &str = "AOF-1601";

/// A directory that holds tasks.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    socket: Option<PathBuf>,
    answer_within: Option<Duration>,
    layer: Layer,
}

impl DataDir {
    /// The directory that was asked for, else the nearest marked one upwards from here, else the
    /// one in the home directory.
    ///
    /// # Errors
    /// `AOF-1601` if it is not a data directory.
    pub fn find(asked: Option<&Path>) -> Result<Self, Failure> {
        let root = Self::anywhere(asked)?;
        let marks = [MARK, "org/org-chart.yaml", "projects", "Projects"];
        if !marks.iter().any(|mark| root.join(mark).exists()) {
            return Err(Self::unmarked(&root));
        }
        Ok(DataDir {
            root,
            socket: None,
            layer: Layer::default(),
            answer_within: None,
        })
    }

    /// The same directory, whatever it holds.
    ///
    /// # Errors
    /// `AOF-1601` if it is not there.
    pub fn anywhere(asked: Option<&Path>) -> Result<PathBuf, Failure> {
        let root = match asked {
            Some(root) => root.to_path_buf(),
            None => nearest()
                .or_else(at_home)
                .ok_or_else(|| missing(Path::new("~/.aof/data")))?,
        };
        if !root.is_dir() {
            return Err(missing(&root));
        }
        std::path::absolute(&root).map_err(|_| missing(&root))
    }

    /// The error for a directory that holds no tasks.
    pub fn unmarked(root: &Path) -> Failure {
        let root = root.display();
        Failure::refused(
            NO_DATA,
            format!("{root} is not a data directory: it has no {MARK}"),
            format!("make it one with `aof init {root}`, or name another with --data-dir"),
        )
    }

    /// The same directory, served on another socket.
    pub fn served_on(mut self, socket: Option<PathBuf>) -> Self {
        self.socket = socket.filter(|socket| !socket.as_os_str().is_empty());
        self
    }

    /// The same directory, whose daemon has so long for an answer.
    pub fn answering_within(mut self, ms: Option<u64>) -> Self {
        self.answer_within = ms.map(Duration::from_millis);
        self
    }

    /// How long the daemon's answer is waited for, if that was said.
    pub fn answer_within(&self) -> Option<Duration> {
        self.answer_within
    }

    /// The same directory, opened with this over its settings.
    pub fn under(mut self, layer: Layer) -> Self {
        self.layer = layer;
        self
    }

    /// What lies over its settings.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The socket on which this directory is served: the one that was asked for, else its own.
    pub fn socket(&self) -> PathBuf {
        match &self.socket {
            Some(socket) => socket.clone(),
            None => self.root.join("state").join("daemon.sock"),
        }
    }
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors()
        .find(|dir| dir.join(MARK).is_file())
        .map(Path::to_path_buf)
}

fn at_home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".aof").join("data"))
}

fn missing(root: &Path) -> Failure {
    let root = root.display();
    Failure::refused(
        NO_DATA,
        format!("there is no data directory at {root}"),
        format!("make one with `aof init {root}`, or name another with --data-dir"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_without_a_mark_is_refused_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        let failure = DataDir::find(Some(dir.path())).unwrap_err();
        assert_eq!(failure.fault().code, "AOF-1601");
        assert!(failure.fault().hint.contains("aof init"));
    }

    #[test]
    fn a_marked_directory_is_found() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(MARK), "").unwrap();
        assert_eq!(DataDir::find(Some(dir.path())).unwrap().root(), dir.path());
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let failure = DataDir::find(Some(Path::new("/nowhere/at/all"))).unwrap_err();
        assert!(failure.fault().message.contains("/nowhere/at/all"));
    }
}
