//! What the C library of the target does a byte at a time, done by words.
//!
//! Names, ids and fields are compared all the time: byte by byte, it was a quarter of explaining a
//! decision. Invariant: no other code that is written here handles raw memory.

const WORD_BYTES: usize = size_of::<u64>();

/// Compares `len` bytes, as C defines it: below, at or above nothing.
///
/// # Safety
/// Both `left` and `right` point to `len` bytes that may be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    let mut at = 0;
    while len - at >= WORD_BYTES {
        // SAFETY: the word ends at or before `len`, up to which both may be read.
        let (one, another) = unsafe {
            (
                left.add(at).cast::<u64>().read_unaligned(),
                right.add(at).cast::<u64>().read_unaligned(),
            )
        };
        if one != another {
            // The byte that stands first counts most.
            let is_below = u64::from_be(one) < u64::from_be(another);
            return if is_below { -1 } else { 1 };
        }
        at += WORD_BYTES;
    }
    while at < len {
        // SAFETY: the byte stands before `len`, up to which both may be read.
        let (one, another) = unsafe { (left.add(at).read(), right.add(at).read()) };
        if one != another {
            return i32::from(one) - i32::from(another);
        }
        at += 1;
    }
    0
}
