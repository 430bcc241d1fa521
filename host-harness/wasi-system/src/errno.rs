//! WASI's words for a refusal, as the store knows them.

use wasip2::filesystem::types::ErrorCode;

use crate::bindings::exports::aof::disk::system::Errno;

pub fn of(code: ErrorCode) -> Errno {
    match code {
        ErrorCode::Access => Errno::Acces,
        ErrorCode::WouldBlock => Errno::Wouldblock,
        ErrorCode::Quota => Errno::Dquot,
        ErrorCode::Exist => Errno::Exist,
        ErrorCode::FileTooLarge => Errno::Fbig,
        ErrorCode::Invalid => Errno::Inval,
        ErrorCode::IsDirectory => Errno::Isdir,
        ErrorCode::Loop => Errno::Loop,
        ErrorCode::TooManyLinks => Errno::Mlink,
        ErrorCode::NameTooLong => Errno::Nametoolong,
        ErrorCode::NoEntry => Errno::Noent,
        ErrorCode::InsufficientSpace => Errno::Nospc,
        ErrorCode::NotDirectory => Errno::Notdir,
        ErrorCode::NotEmpty => Errno::Notempty,
        ErrorCode::Unsupported => Errno::Notsup,
        ErrorCode::NotPermitted => Errno::Perm,
        ErrorCode::ReadOnly => Errno::Rofs,
        ErrorCode::CrossDevice => Errno::Xdev,
        _ => Errno::Io,
    }
}
