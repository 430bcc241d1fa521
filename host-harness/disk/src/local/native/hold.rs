//! The kernel's lock on a whole file: it belongs to the open file and goes with it, and so with its
//! process.
//!
//! Never waits. Invariant: what is taken here excludes what SQLite takes on the same file, because
//! that is the only lock of the kernel that Node offers (`node:sqlite`). So it is a lock on a range
//! of bytes, of the open file rather than of the process: one of the process would be lost when
//! anybody in it opened and closed the file. See fcntl(2), "Open file description locks".

use std::fs::File;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{F_RDLCK, F_UNLCK, F_WRLCK, SEEK_SET, c_int, flock};
use rustix::io::Errno;

/// Whom a hold keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Whoever wants it exclusively; the file must be open for reading.
    Shared,
    /// Everybody; the file must be open for writing.
    Exclusive,
}

impl Hold {
    /// Takes it, until the file is closed.
    ///
    /// # Errors
    /// `EWOULDBLOCK` if another hold is in the way.
    pub fn take(self, file: &File) -> Result<(), Errno> {
        match fcntl(file, FcntlArg::F_OFD_SETLK(&self.range()?)) {
            Ok(_) => Ok(()),
            Err(nix::errno::Errno::EACCES) => Err(Errno::WOULDBLOCK),
            Err(errno) => Err(Errno::from_raw_os_error(errno as i32)),
        }
    }

    /// True if it could not be taken now. Nobody else notices the question.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn is_refused(self, file: &File) -> Result<bool, Errno> {
        let mut range = self.range()?;
        fcntl(file, FcntlArg::F_OFD_GETLK(&mut range))
            .map_err(|errno| Errno::from_raw_os_error(errno as i32))?;
        Ok(c_int::from(range.l_type) != F_UNLCK)
    }

    /// From the first byte to wherever the file will ever end.
    fn range(self) -> Result<flock, Errno> {
        let kind = match self {
            Self::Shared => F_RDLCK,
            Self::Exclusive => F_WRLCK,
        };
        let word = |number: c_int| number.try_into().map_err(|_| Errno::INVAL);
        Ok(flock {
            l_type: word(kind)?,
            l_whence: word(SEEK_SET)?,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_keeps_others_out_until_its_file_is_closed() {
        let named = tempfile::NamedTempFile::new().unwrap();
        let open = || named.reopen().unwrap();
        let (first, second) = (open(), open());
        assert_eq!(Hold::Exclusive.take(&first), Ok(()));
        assert_eq!(Hold::Exclusive.take(&second), Err(Errno::WOULDBLOCK));
        assert_eq!(Hold::Shared.take(&second), Err(Errno::WOULDBLOCK));
        assert_eq!(Hold::Shared.is_refused(&second), Ok(true));
        drop(open());
        assert_eq!(
            Hold::Shared.is_refused(&second),
            Ok(true),
            "closed elsewhere"
        );
        drop(first);
        assert_eq!(Hold::Shared.is_refused(&second), Ok(false));
        assert_eq!(Hold::Shared.take(&second), Ok(()));
        assert_eq!(Hold::Shared.take(&open()), Ok(()));
        assert_eq!(Hold::Exclusive.take(&open()), Err(Errno::WOULDBLOCK));
    }
}
