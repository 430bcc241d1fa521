//! Opens names in directories, and reads and writes what is open.
//!
//! Never follows a symlink. Invariant: a write is whole or an error.

use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use crate::bindings::exports::aof::disk::system::OpenHow;

/// At most so much is read at once.
const CHUNK_BYTES: u64 = 1 << 20;

/// Opens a directory by its name in another one, after a look at it: WASI cannot be told not to
/// wait for the other end of a pipe.
pub fn directory(parent: &Descriptor, name: &str) -> Result<Descriptor, ErrorCode> {
    match parent.stat_at(PathFlags::empty(), name)?.type_ {
        DescriptorType::Directory => {}
        DescriptorType::SymbolicLink => return Err(ErrorCode::Loop),
        _ => return Err(ErrorCode::NotDirectory),
    }
    let open = |flags| parent.open_at(PathFlags::empty(), name, OpenFlags::DIRECTORY, flags);
    match open(DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY) {
        // Some hosts do not know the second flag, and let every directory be changed.
        Err(ErrorCode::Unsupported) => open(DescriptorFlags::READ),
        other => other,
    }
}

/// Opens a file by its name in a directory. Whoever asks has looked at it.
pub fn file(dir: &Descriptor, name: &str, how: OpenHow) -> Result<Descriptor, ErrorCode> {
    let fresh = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
    let flags = match how {
        OpenHow::Read | OpenHow::Append => OpenFlags::empty(),
        OpenHow::CreateNew | OpenHow::AppendNew => fresh,
        OpenHow::Private => OpenFlags::CREATE,
    };
    let mode = match how {
        OpenHow::Read => DescriptorFlags::READ,
        _ => DescriptorFlags::READ | DescriptorFlags::WRITE,
    };
    dir.open_at(PathFlags::empty(), name, flags, mode)
}

/// At most so many bytes from an offset.
pub fn read(file: &Descriptor, offset: u64, bytes_max: u64) -> Result<Vec<u8>, ErrorCode> {
    let mut bytes = Vec::new();
    loop {
        let read = bytes.len() as u64;
        let wanted = bytes_max.saturating_sub(read).min(CHUNK_BYTES);
        if wanted == 0 {
            return Ok(bytes);
        }
        let (chunk, is_end) = file.read(wanted, offset.saturating_add(read))?;
        if is_end || chunk.is_empty() {
            bytes.extend(chunk);
            return Ok(bytes);
        }
        bytes.extend(chunk);
    }
}

/// All bytes from an offset on.
pub fn write(file: &Descriptor, mut bytes: &[u8], mut offset: u64) -> Result<(), ErrorCode> {
    while !bytes.is_empty() {
        let written = file.write(bytes, offset)?;
        if written == 0 {
            return Err(ErrorCode::Io);
        }
        let taken = usize::try_from(written).map_err(|_| ErrorCode::Io)?;
        bytes = bytes.get(taken..).ok_or(ErrorCode::Io)?;
        offset = offset.saturating_add(written);
    }
    Ok(())
}
