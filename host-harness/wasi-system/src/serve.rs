//! What is exported, function by function.

use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::filesystem::types::ErrorCode;
use wasip2::random::random::get_random_u64;

use crate::bindings::exports::aof::disk::system::{
    Errno, Guest, Identity, Kind, OpenHow, Reached, Reading, Status, Surveyed, Whole,
};
use crate::table::{Open, ROOT, Table, with};
use crate::{flush, open, status};

/// Files are checked for edits in place so often at the most.
const SWEEP_INTERVAL_MS: u64 = 1_000;
/// No name that UTF-8 can spell.
const UNREADABLE_NAME: &[u8] = &[0xff];

struct Component;

impl Guest for Component {
    /// WASI tells neither process nor machine, and not since when it runs: every instance counts as
    /// another start of the machine, so recovery trusts nothing that was not flushed.
    fn identify() -> Identity {
        Identity {
            root: ROOT,
            pid: 0,
            host_name: "wasi".to_owned(),
            boot: get_random_u64(),
            relaxed: false,
            sweep_interval_ms: SWEEP_INTERVAL_MS,
        }
    }

    fn open_dir(parent: u32, name: String) -> Result<u32, Errno> {
        with(|table| {
            let path = table.path(parent, &name)?;
            let descriptor = open::directory(&table.at(parent)?.descriptor, &name)?;
            table.keep(Open {
                descriptor,
                path,
                position: None,
            })
        })
    }

    fn stat(dir: u32, name: String) -> Result<Status, Errno> {
        with(|table| status::at(&table.at(dir)?.descriptor, &name))
    }

    fn glances(paths: Vec<String>) -> Vec<Option<Status>> {
        let found = with(|table| {
            let root = &table.at(ROOT)?.descriptor;
            let glance = |path: &String| status::at(root, path).ok();
            Ok(paths.iter().map(glance).collect())
        });
        found.unwrap_or_else(|_| vec![None; paths.len()])
    }

    fn stat_open(open: u32) -> Result<Status, Errno> {
        with(|table| status::of_open(&table.at(open)?.descriptor))
    }

    /// WASI follows symlinks on the way.
    fn reach(_path: String) -> Reached {
        Reached::Unclear
    }

    /// The same.
    fn fetch(_path: String, _bytes_max: u64) -> Option<Whole> {
        None
    }

    fn survey(dir: u32) -> Result<Vec<Surveyed>, Errno> {
        with(|table| {
            let dir = &table.at(dir)?.descriptor;
            let entries = dir.read_directory()?;
            let mut found = Vec::new();
            loop {
                match entries.read_directory_entry() {
                    Ok(Some(entry)) => found.push(Surveyed {
                        status: if_there(status::at(dir, &entry.name))?,
                        name: entry.name.into_bytes(),
                    }),
                    Ok(None) => return Ok(found),
                    Err(ErrorCode::IllegalByteSequence) => found.push(Surveyed {
                        name: UNREADABLE_NAME.to_vec(),
                        status: None,
                    }),
                    Err(code) => return Err(code),
                }
            }
        })
    }

    fn read_whole(dir: u32, name: String, bytes_max: u64) -> Result<Whole, Errno> {
        with(|table| {
            let dir = &table.at(dir)?.descriptor;
            match status::looks_readable(dir, &name, bytes_max) {
                Err(ErrorCode::NoEntry) => return Ok(Whole::Absent),
                Ok(false) => return status::at(dir, &name).map(Whole::Seen),
                other => other?,
            };
            let file = match open::file(dir, &name, OpenHow::Read) {
                Err(ErrorCode::NoEntry) => return Ok(Whole::Absent),
                other => other?,
            };
            let before = status::of_open(&file)?;
            if before.kind != Kind::File || before.size > bytes_max {
                return Ok(Whole::Seen(before));
            }
            let bytes = open::read(&file, 0, bytes_max.saturating_add(1))?;
            let after = status::again(&file, &before)?;
            Ok(Whole::Read(Reading {
                before,
                bytes,
                after,
            }))
        })
    }

    fn make_dir(dir: u32, name: String) -> Result<(), Errno> {
        with(|table| {
            let parent = table.at(dir)?;
            parent.descriptor.create_directory_at(&name)?;
            let path = parent.path.clone();
            table.unflushed.names_changed(&path);
            Ok(())
        })
    }

    fn unlink(dir: u32, name: String) -> Result<(), Errno> {
        with(|table| {
            let path = table.path(dir, &name)?;
            let parent = table.at(dir)?;
            parent.descriptor.unlink_file_at(&name)?;
            let directory = parent.path.clone();
            table.unflushed.removed(&path);
            table.unflushed.names_changed(&directory);
            Ok(())
        })
    }

    /// WASI has no exclusive rename: the writer's lock is what keeps the target free.
    fn rename(
        from_dir: u32,
        from: String,
        to_dir: u32,
        to: String,
        exclusive: bool,
    ) -> Result<(), Errno> {
        with(|table| {
            let (source, target) = (table.at(from_dir)?, table.at(to_dir)?);
            if exclusive && if_there(status::at(&target.descriptor, &to))?.is_some() {
                return Err(ErrorCode::Exist);
            }
            source
                .descriptor
                .rename_at(&from, &target.descriptor, &to)?;
            let directories = [source.path.clone(), target.path.clone()];
            let [from, to] = [table.path(from_dir, &from)?, table.path(to_dir, &to)?];
            table.unflushed.moved(&from, &to);
            for directory in directories {
                table.unflushed.names_changed(&directory);
            }
            Ok(())
        })
    }

    fn sync_dir(dir: u32) -> Result<(), Errno> {
        with(|table| {
            let dir = table.at(dir)?;
            flush::names(&dir.descriptor)?;
            let path = dir.path.clone();
            table.unflushed.flushed(&path);
            Ok(())
        })
    }

    fn sync_all() -> Result<(), Errno> {
        with(Table::flush)
    }

    fn open(dir: u32, name: String, how: OpenHow) -> Result<u32, Errno> {
        with(|table| {
            let path = table.path(dir, &name)?;
            let parent = table.at(dir)?;
            let descriptor = open::file(&parent.descriptor, &name, how)?;
            let directory = parent.path.clone();
            if !matches!(how, OpenHow::Read | OpenHow::Append) {
                table.unflushed.names_changed(&directory);
            }
            let is_appending = matches!(how, OpenHow::Append | OpenHow::AppendNew);
            table.keep(Open {
                descriptor,
                path,
                position: (!is_appending).then_some(0),
            })
        })
    }

    /// WASI has no permissions to change.
    fn chmod(_file: u32, _mode: u32) -> Result<(), Errno> {
        Ok(())
    }

    fn read(file: u32, offset: u64, bytes_max: u64) -> Result<Vec<u8>, Errno> {
        with(|table| open::read(&table.at(file)?.descriptor, offset, bytes_max))
    }

    fn write(file: u32, bytes: Vec<u8>) -> Result<(), Errno> {
        with(|table| {
            let open = table.at(file)?;
            let start = match open.position {
                Some(position) => position,
                None => open.descriptor.stat()?.size,
            };
            table.write(file, &bytes, start)?;
            table.advance(file, start.saturating_add(bytes.len() as u64));
            Ok(())
        })
    }

    fn overwrite(file: u32, bytes: Vec<u8>) -> Result<(), Errno> {
        with(|table| table.write(file, &bytes, 0))
    }

    fn truncate(file: u32, bytes: u64) -> Result<(), Errno> {
        with(|table| {
            let open = table.at(file)?;
            let path = open.path.clone();
            open.descriptor.set_size(bytes)?;
            table.unflushed.content_changed(&path);
            Ok(())
        })
    }

    fn sync_file(file: u32) -> Result<(), Errno> {
        with(|table| {
            let open = table.at(file)?;
            open.descriptor.sync_data()?;
            let path = open.path.clone();
            table.unflushed.flushed(&path);
            Ok(())
        })
    }

    /// WASI has no locks: the store holds its own, for a while.
    fn lock(_file: u32) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }

    fn close(open: u32) {
        // Nothing else is asked of it.
        with(|table| {
            table.close(open);
            Ok(())
        })
        .unwrap_or_default();
    }

    fn now_ns() -> u64 {
        status::nanoseconds(wall_clock::now())
    }

    fn monotonic_ns() -> u64 {
        monotonic_clock::now()
    }
}

/// None if nothing is there.
fn if_there(found: Result<Status, ErrorCode>) -> Result<Option<Status>, ErrorCode> {
    match found {
        Err(ErrorCode::NoEntry) => Ok(None),
        other => other.map(Some),
    }
}

crate::bindings::export!(Component with_types_in crate::bindings);
