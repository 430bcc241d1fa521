//! Takes the names of functions out of a component: a tenth of its size, and nobody reads them.
//!
//! It never touches code. Invariant: what it does not understand comes out as it went in.

/// Bytes before the first section, of a component as of a module.
const HEAD_BYTES: usize = 8;
/// A section that means nothing to the machine.
const CUSTOM: u8 = 0;
/// A module within a component.
const MODULE: u8 = 1;
/// The custom section with the names of a module.
const NAMES: &[u8] = b"name";

/// The component without the names in its modules.
pub fn without_names(component: &[u8]) -> Vec<u8> {
    let strip = |id: u8, body: &[u8]| match id {
        MODULE => rewritten(body, &|id: u8, body: &[u8]| {
            (id != CUSTOM || !is_named(body, NAMES)).then(|| body.to_vec())
        }),
        _ => Some(body.to_vec()),
    };
    rewritten(component, &strip).unwrap_or_else(|| component.to_vec())
}

/// What becomes of a section.
type Keep<'k> = dyn Fn(u8, &[u8]) -> Option<Vec<u8>> + 'k;

/// The sections that `keep` gives back; none if these are no sections.
fn rewritten(bytes: &[u8], keep: &Keep<'_>) -> Option<Vec<u8>> {
    let (head, mut rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let mut written = head.to_vec();
    while let Some((id, after)) = rest.split_first() {
        let (size, after) = number(after)?;
        let (body, after) = after.split_at_checked(size)?;
        if let Some(body) = keep(*id, body) {
            written.push(*id);
            push_number(&mut written, body.len());
            written.extend(body);
        }
        rest = after;
    }
    Some(written)
}

fn is_named(custom: &[u8], name: &[u8]) -> bool {
    let found = number(custom).and_then(|(size, after)| after.get(..size));
    found == Some(name)
}

/// Reads a LEB128.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().take(5).position(|byte| *byte < 0x80)?;
    let (digits, rest) = bytes.split_at_checked(end + 1)?;
    let add = |sum: usize, byte: &u8| (sum << 7) | usize::from(byte & 0x7f);
    Some((digits.iter().rev().fold(0, add), rest))
}

fn push_number(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}
