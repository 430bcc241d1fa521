//! What a component can try with the one thing that it gets: the store.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::contract::aof::orchestrator::store::{
    self, AppendOp, Blob, Mode, Op, PutOp, RenameOp, ReplaceOp, StoreError,
};

static EPOCH: AtomicU64 = AtomicU64::new(0);

/// The epoch that the host gave when the store was opened.
pub fn remember(epoch: u64) {
    EPOCH.store(epoch, Ordering::Relaxed);
}

/// Does what the name says; none if the name says nothing.
pub fn commit(name: &str, arguments: &str) -> Option<String> {
    Some(match name {
        "escape" => escape(arguments),
        "write" => answer(batch(&[create(arguments)])),
        "write-as-another" => answer(store::commit(&[create(arguments)], epoch() + 1)),
        "write-half" => answer(batch(&[create(arguments), create("../x")])),
        "write-and-die" => {
            let written = answer(batch(&[create(arguments)]));
            panic!("after writing: {written}")
        }
        "open-to-write" => answer(store::open(Mode::Writer).map(|session| session.epoch)),
        "flood" => loop {
            let _answer = std::hint::black_box(store::changes(0, 1));
        },
        "flood-with-errors" => loop {
            let _answer = std::hint::black_box(batch(&[create("../x")]));
        },
        "flood-with-paths" => loop {
            let paths = vec![arguments.to_owned(); 10_000];
            let _answer = std::hint::black_box(store::read(&paths, u64::MAX));
        },
        _ => return None,
    })
}

fn epoch() -> u64 {
    EPOCH.load(Ordering::Relaxed)
}

fn batch(ops: &[Op]) -> Result<u64, StoreError> {
    store::commit(ops, epoch())
}

fn answer<T>(result: Result<T, StoreError>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

fn create(path: &str) -> Op {
    let path = path.to_owned();
    Op::Create(PutOp {
        path,
        content: b"by the guest".to_vec(),
    })
}

/// Every operation with every path, a line for each that was not refused.
fn escape(paths: &str) -> String {
    let mut done = String::new();
    for path in paths.split('|') {
        let owned = || path.to_owned();
        let rename = |from: &str, to: &str| {
            Op::Rename(RenameOp {
                from: from.to_owned(),
                to: to.to_owned(),
                expect: None,
            })
        };
        let ops = [
            ("create", create(path)),
            (
                "replace",
                Op::Replace(ReplaceOp {
                    path: owned(),
                    content: b"by the guest".to_vec(),
                    expect: None,
                }),
            ),
            ("rename from", rename(path, "prey")),
            ("rename to", rename("bait", path)),
            ("make-dir", Op::MakeDir(format!("{path}/dir"))),
            (
                "append",
                Op::Append(AppendOp {
                    path: owned(),
                    lines: vec!["by the guest".to_owned()],
                }),
            ),
            (
                "journal",
                Op::Journal(AppendOp {
                    path: owned(),
                    lines: vec!["by the guest".to_owned()],
                }),
            ),
            ("remove", Op::Remove(owned())),
        ];
        for (word, op) in ops {
            if batch(&[op]).is_ok() {
                writeln!(done, "{word} {path}").expect("memory");
            }
        }
        let read = store::read(&[owned()], u64::MAX);
        if read.is_ok_and(|blobs| blobs.iter().any(|blob| matches!(blob, Blob::Content(_)))) {
            writeln!(done, "read {path}").expect("memory");
        }
        for watch in [false, true] {
            let listed = store::list(&[owned()], watch);
            if listed.is_ok_and(|listings| listings.iter().any(|listing| listing.exists)) {
                writeln!(done, "list {path}").expect("memory");
            }
        }
    }
    done
}
