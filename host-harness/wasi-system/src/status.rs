//! What WASI tells of a file.
//!
//! WASI has neither file numbers nor permissions. Invariant: two looks at an unchanged file agree.

use wasip2::filesystem::types::{
    Datetime, Descriptor, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, PathFlags,
};

use crate::bindings::exports::aof::disk::system::{Kind, Status};

/// What every file is said to have, as WASI does not tell.
const MODE: u32 = 0o644;

/// An open file or directory.
pub fn of_open(open: &Descriptor) -> Result<Status, ErrorCode> {
    Ok(status(&open.stat()?, open.metadata_hash()?))
}

/// The same file once more.
pub fn again(open: &Descriptor, before: &Status) -> Result<Status, ErrorCode> {
    let hash = MetadataHashValue {
        lower: before.inode,
        upper: 0,
    };
    Ok(status(&open.stat()?, hash))
}

/// Whether a name in a directory is that of a file of at most so many bytes.
pub fn looks_readable(dir: &Descriptor, name: &str, bytes_max: u64) -> Result<bool, ErrorCode> {
    let stat = dir.stat_at(PathFlags::empty(), name)?;
    Ok(stat.type_ == DescriptorType::RegularFile && stat.size <= bytes_max)
}

/// A name in a directory, itself and not what it points at.
pub fn at(dir: &Descriptor, name: &str) -> Result<Status, ErrorCode> {
    let follow_nothing = PathFlags::empty();
    let stat = dir.stat_at(follow_nothing, name)?;
    let hash = dir.metadata_hash_at(follow_nothing, name)?;
    Ok(status(&stat, hash))
}

fn status(stat: &DescriptorStat, hash: MetadataHashValue) -> Status {
    Status {
        kind: match stat.type_ {
            DescriptorType::RegularFile => Kind::File,
            DescriptorType::Directory => Kind::Directory,
            _ => Kind::Other,
        },
        mtime_ns: stat.data_modification_timestamp.map_or(0, nanoseconds),
        size: stat.size,
        // Made from device and file number, says the interface: it stays with a file that moves.
        inode: hash.lower,
        mode: MODE,
    }
}

/// Nanoseconds since 1970, as far as they fit.
pub fn nanoseconds(time: Datetime) -> u64 {
    let seconds = time.seconds.saturating_mul(1_000_000_000);
    seconds.saturating_add(time.nanoseconds.into())
}
