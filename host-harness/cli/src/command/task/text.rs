//! Text given on the command line, in a file, or on standard input.

use std::io::Read;
use std::path::Path;

use crate::exit::Failure;

/// A card is never larger.
const BYTES_MAX: u64 = 1 << 20;

/// Reads a file; `-` is standard input.
///
/// # Errors
/// `AOF-1602` if it cannot be read, is no UTF-8, or is larger than a card may be.
pub fn read(path: &Path) -> Result<String, Failure> {
    let refuse = |what: &str| {
        let hint = "give a UTF-8 text file of at most 1 MiB, or - for standard input";
        Failure::refused("AOF-1602", format!("cannot read the text: {what}"), hint)
            .at(path.display().to_string())
    };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(BYTES_MAX + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| refuse(&error.to_string()))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(refuse("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("text.md");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    #[test]
    fn a_file_at_the_limit_is_read_and_one_past_it_is_refused() {
        let limit = usize::try_from(BYTES_MAX).unwrap();
        let (_keep, path) = file(&vec![b'a'; limit]);
        assert_eq!(read(&path).unwrap().len(), limit);
        let (_keep, path) = file(&vec![b'a'; limit + 1]);
        assert_eq!(read(&path).unwrap_err().fault().code, "AOF-1602");
    }

    #[test]
    fn what_is_no_text_is_refused_by_name() {
        let (_keep, path) = file(&[0xff, 0xfe]);
        let failure = read(&path).unwrap_err();
        assert_eq!(failure.fault().place.as_deref(), path.to_str());
        let (_keep, missing) = file(b"");
        assert!(read(&missing.with_extension("gone")).is_err());
    }
}
