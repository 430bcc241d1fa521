//! The socket file: made so that nobody else can ever connect, removed by its maker only.
//!
//! Invariant: when the first connection can be made, the file has mode 0600.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen};

/// What the operating system's address holds.
pub const PATH_BYTES_MAX: usize = 107;
const BACKLOG: i32 = 64;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The path does not fit into an address.
    #[error("the socket's path has {bytes} bytes, {PATH_BYTES_MAX} at the most: {path}")]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// Somebody listens there.
    #[error("another process listens on {path}")]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// Something else is there.
    #[error("{path} is not a socket of ours")]
    Foreign {
        /// The path.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot make the socket {path}: {source}")]
    Io {
        /// The path.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
}

impl SocketError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PathTooLong { .. } => "AOF-5301",
            Self::InUse { .. } => "AOF-5302",
            Self::Foreign { .. } => "AOF-5303",
            Self::Io { .. } => "AOF-5304",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PathTooLong { .. } => "choose a shorter path with --socket or AOF_SOCKET",
            Self::InUse { .. } => "choose another path with --socket, or stop that process",
            Self::Foreign { .. } => "choose another path with --socket; nothing was removed",
            Self::Io { .. } => "check that the directory exists and may be written",
        }
    }
}

/// A listening socket; its file goes when it goes.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    inode: u64,
}

impl Socket {
    /// Makes the socket. The caller holds the writer's lock, so a file that nobody listens on is
    /// stale.
    ///
    /// # Errors
    /// The path is too long, taken, or cannot be made.
    pub fn make(path: &Path) -> Result<Self, SocketError> {
        let path = path.to_owned();
        let bytes = path.as_os_str().as_bytes().len();
        if bytes > PATH_BYTES_MAX {
            return Err(SocketError::PathTooLong { path, bytes });
        }
        clear(&path)?;
        let made = open(&path).and_then(|listener| {
            let inode = std::fs::symlink_metadata(&path)?.ino();
            Ok((listener, inode))
        });
        match made {
            Ok((listener, inode)) => Ok(Self {
                listener,
                path,
                inode,
            }),
            Err(source) => Err(SocketError::Io { path, source }),
        }
    }

    /// Another handle of the listener.
    ///
    /// # Errors
    /// No more file descriptors.
    pub fn listener(&self) -> std::io::Result<UnixListener> {
        self.listener.try_clone()
    }

    /// Ends listening; whoever waits for a connection is woken.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn shut(&self) -> std::io::Result<()> {
        Ok(rustix::net::shutdown(
            &self.listener,
            rustix::net::Shutdown::Both,
        )?)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let is_ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.ino() == self.inode && found.file_type().is_socket());
        if is_ours && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket's file stays");
        }
    }
}

/// Nobody can connect between `bind` and `listen`, which is when the mode is set.
fn open(path: &Path) -> std::io::Result<UnixListener> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    listen(&socket, BACKLOG)?;
    Ok(UnixListener::from(socket))
}

fn clear(path: &Path) -> Result<(), SocketError> {
    let io = |source| SocketError::Io {
        path: path.to_owned(),
        source,
    };
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(io)?,
    };
    let is_ours = found.uid() == rustix::process::geteuid().as_raw();
    if !found.file_type().is_socket() || !is_ours {
        return Err(SocketError::Foreign {
            path: path.to_owned(),
        });
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(io)
        }
        _ => Err(SocketError::InUse {
            path: path.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path) -> &'static str {
        Socket::make(path).unwrap_err().code()
    }

    #[test]
    fn the_socket_is_private_and_goes_with_its_maker() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let socket = Socket::make(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(code(&path), "AOF-5302");
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced_and_anything_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(Socket::make(&path).is_ok());
        std::fs::write(&path, "precious").unwrap();
        assert_eq!(code(&path), "AOF-5303");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn a_path_that_does_not_fit_is_refused_with_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let room = PATH_BYTES_MAX - dir.path().as_os_str().len() - 1;
        assert!(Socket::make(&dir.path().join("x".repeat(room))).is_ok());
        assert_eq!(code(&dir.path().join("x".repeat(room + 1))), "AOF-5301");
        assert_eq!(code(Path::new("/nowhere/at/all")), "AOF-5304");
    }

    #[test]
    fn a_successor_keeps_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let socket = Socket::make(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "another").unwrap();
        drop(socket);
        assert!(path.exists());
    }
}
