//! A store of a few files in memory, for tests: what is committed is applied and written down.
//!
//! Never checks a condition but whether a journal is there. Invariant: after a cut nothing of the
//! batch is applied any more.

use std::collections::BTreeMap;

use crate::port::{
    Blob, Entry, EntryKind, Listing, Mode, Op, Opening, Page, Stamp, Store, StoreError,
};

pub(crate) const OPENING: Opening = Opening { epoch: 7, boot: 1 };

/// Files by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) batches: Vec<Vec<Op>>,
    /// Operations until the process is killed.
    pub(crate) cut_after: Option<usize>,
}

impl Files {
    fn is_cut(&mut self) -> bool {
        match &mut self.cut_after {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Create { path, content } | Op::Replace { path, content, .. } => {
                self.files.insert(path, content);
            }
            Op::Rename { from, to, .. } => {
                let content = self.files.remove(&from).unwrap();
                self.files.insert(to, content);
            }
            Op::Remove(path) => {
                self.files.remove(&path);
            }
            Op::Append { path, lines } => {
                let file = self.files.entry(path).or_default();
                file.extend(
                    lines
                        .into_iter()
                        .flat_map(|line| (line + "\n").into_bytes()),
                );
            }
            Op::Journal { path, line } => {
                let file = self.files.get_mut(&path).unwrap();
                file.extend((line + "\n").into_bytes());
            }
            Op::MakeDir(_) | Op::Sync => {}
        }
    }
}

impl Store for Files {
    fn open(&mut self, _mode: Mode) -> Result<Opening, StoreError> {
        Ok(OPENING)
    }

    fn changes(&mut self, _cursor: u64, _limit: u32) -> Result<Page, StoreError> {
        Ok(Page::default())
    }

    fn list(&mut self, dirs: &[String], _watch: bool) -> Result<Vec<Listing>, StoreError> {
        let listing = |dir: &String| {
            let names = self.files.iter().filter_map(|(path, bytes)| {
                let name = path.strip_prefix(dir)?.strip_prefix('/')?;
                let entry = Entry {
                    name: name.to_owned(),
                    kind: EntryKind::File,
                    stamp: stamp(bytes),
                };
                (!name.contains('/')).then_some(entry)
            });
            Listing {
                dir: dir.clone(),
                exists: true,
                entries: names.collect(),
                skipped: 0,
            }
        };
        Ok(dirs.iter().map(listing).collect())
    }

    fn read(&mut self, paths: &[String], bytes_max: u64) -> Result<Vec<Blob>, StoreError> {
        let blob = |path: &String| match self.files.get(path) {
            Some(bytes) if bytes.len() as u64 > bytes_max => Blob::Refused("too large".to_owned()),
            Some(bytes) => Blob::Content {
                bytes: bytes.clone(),
                stamp: stamp(bytes),
            },
            None => Blob::Absent,
        };
        Ok(paths.iter().map(blob).collect())
    }

    fn commit(&mut self, batch: Vec<Op>, _epoch: u64) -> Result<u64, StoreError> {
        self.batches.push(batch.clone());
        for op in batch {
            if self.is_cut() {
                return Err(StoreError::Io {
                    path: String::new(),
                    message: "killed".to_owned(),
                });
            }
            self.apply(op);
        }
        Ok(0)
    }
}

fn stamp(bytes: &[u8]) -> Stamp {
    Stamp {
        mtime_ns: 1,
        size: bytes.len() as u64,
        inode: 1,
    }
}
