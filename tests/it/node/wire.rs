//! The contract's types as the driver spells them: bytes as base64, numbers of 64 bits as strings.
//!
//! Never forgives: what the driver does not say as it should ends the test.

use aof_host::contract::store::{
    AppendOp, Blob, Change, Content, Entry, EntryKind, IoFailure, Listing, Op, Owner, Page, PutOp,
    RenameOp, ReplaceOp, Session, Stamp, StoreError,
};
use serde_json::{Value, json};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn operation(op: &Op) -> Value {
    let (tag, val) = match op {
        Op::Create(PutOp { path, content }) => {
            ("create", json!({"path": path, "content": base64(content)}))
        }
        Op::Replace(ReplaceOp {
            path,
            content,
            expect,
        }) => {
            let expect = expect.as_ref().map(stamped);
            let content = base64(content);
            let val = json!({"path": path, "content": content, "expect": expect});
            ("replace", val)
        }
        Op::Rename(RenameOp { from, to, expect }) => {
            let expect = expect.as_ref().map(stamped);
            ("rename", json!({"from": from, "to": to, "expect": expect}))
        }
        Op::Remove(path) => ("remove", json!(path)),
        Op::MakeDir(path) => ("make-dir", json!(path)),
        Op::Append(AppendOp { path, lines }) => ("append", json!({"path": path, "lines": lines})),
        Op::Journal(AppendOp { path, lines }) => ("journal", json!({"path": path, "lines": lines})),
        Op::Sync => return json!({"tag": "sync"}),
    };
    json!({"tag": tag, "val": val})
}

fn stamped(stamp: &Stamp) -> Value {
    let [mtime_ns, size, inode] =
        [stamp.mtime_ns, stamp.size, stamp.inode].map(|number| number.to_string());
    json!({"mtimeNs": mtime_ns, "size": size, "inode": inode})
}

pub fn error(told: &Value) -> StoreError {
    let val = &told["val"];
    match told["tag"].as_str().unwrap() {
        "busy" => StoreError::Busy(Owner {
            pid: small(&val["pid"]),
            host: text(&val["host"]),
            since: number(&val["since"]),
        }),
        "stale-epoch" => StoreError::StaleEpoch(number(val)),
        "conflict" => StoreError::Conflict(text(val)),
        "exists" => StoreError::Exists(text(val)),
        "not-found" => StoreError::NotFound(text(val)),
        "read-only" => StoreError::ReadOnly(text(val)),
        "no-space" => StoreError::NoSpace(text(val)),
        "bad-path" => StoreError::BadPath(text(val)),
        "too-large" => StoreError::TooLarge(text(val)),
        "io" => StoreError::Io(failure(val)),
        "unflushed" => StoreError::Unflushed(failure(val)),
        other => panic!("no error of the contract: {other}"),
    }
}

fn failure(told: &Value) -> IoFailure {
    IoFailure {
        path: text(&told["path"]),
        message: text(&told["message"]),
    }
}

pub fn session(told: &Value) -> Session {
    Session {
        epoch: number(&told["epoch"]),
        boot: number(&told["boot"]),
    }
}

pub fn page(told: &Value) -> Page {
    Page {
        changes: each(&told["changes"], |change| Change {
            path: text(&change["path"]),
            entry: change.get("entry").map(entry),
        }),
        cursor: number(&told["cursor"]),
        more: told["more"].as_bool().unwrap(),
    }
}

pub fn listing(told: &Value) -> Listing {
    Listing {
        dir: text(&told["dir"]),
        exists: told["exists"].as_bool().unwrap(),
        entries: each(&told["entries"], entry),
        skipped: small(&told["skipped"]),
    }
}

pub fn blob(told: &Value) -> Blob {
    let val = &told["val"];
    match told["tag"].as_str().unwrap() {
        "content" => Blob::Content(Content {
            bytes: bytes(val["bytes"].as_str().unwrap()),
            stamp: stamp(&val["stamp"]),
        }),
        "absent" => Blob::Absent,
        "refused" => Blob::Refused(text(val)),
        "unreadable" => Blob::Unreadable(text(val)),
        other => panic!("no blob of the contract: {other}"),
    }
}

fn entry(told: &Value) -> Entry {
    Entry {
        name: text(&told["name"]),
        kind: match told["kind"].as_str().unwrap() {
            "file" => EntryKind::File,
            "directory" => EntryKind::Directory,
            "other" => EntryKind::Other,
            other => panic!("no kind of the contract: {other}"),
        },
        stamp: stamp(&told["stamp"]),
    }
}

fn stamp(told: &Value) -> Stamp {
    Stamp {
        mtime_ns: number(&told["mtimeNs"]),
        size: number(&told["size"]),
        inode: number(&told["inode"]),
    }
}

/// Every item of a list.
pub fn each<T>(list: &Value, one: impl FnMut(&Value) -> T) -> Vec<T> {
    list.as_array().unwrap().iter().map(one).collect()
}

/// A number of 64 bits.
pub fn number(told: &Value) -> u64 {
    told.as_str().unwrap().parse().unwrap()
}

fn small(told: &Value) -> u32 {
    told.as_u64().unwrap().try_into().unwrap()
}

fn text(told: &Value) -> String {
    told.as_str().unwrap().to_owned()
}

fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let at = |place: usize| part.get(place).copied().unwrap_or_default();
        let word = u32::from_be_bytes([0, at(0), at(1), at(2)]);
        for (place, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[(word >> shift) as usize & 63];
            let is_there = place <= part.len();
            text.push(char::from(if is_there { letter } else { b'=' }));
        }
    }
    text
}

fn bytes(base64: &str) -> Vec<u8> {
    let mut places = [0; 256];
    for (place, letter) in (0..).zip(LETTERS) {
        places[usize::from(*letter)] = place;
    }
    let mut bytes = Vec::with_capacity(base64.len() / 4 * 3);
    for part in base64.as_bytes().chunks(4) {
        let word = part.iter().fold(0_u32, |word, letter| {
            word << 6 | places[usize::from(*letter)]
        });
        bytes.extend_from_slice(&word.to_be_bytes()[1..]);
    }
    let padding = base64.bytes().rev().take_while(|it| *it == b'=').count();
    bytes.truncate(bytes.len() - padding);
    bytes
}

#[test]
fn bytes_come_through_as_they_are() {
    for length in 0..20_u8 {
        let odd: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(41)).collect();
        assert_eq!(bytes(&base64(&odd)), odd);
    }
    assert_eq!(base64(b"store"), "c3RvcmU=");
}
