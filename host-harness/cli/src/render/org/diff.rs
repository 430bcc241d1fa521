//! What an edit changed, line by line.
//!
//! One stretch only, from the first line that differs to the last.

use crate::render::style::{BAD, DIM, GOOD};
use crate::render::text::clean;

/// Lines that are gone (`-`) and that came (`+`), each with its number in its text.
pub fn lines(before: &str, after: &str) -> Vec<(char, usize, String)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take_while(|(a, b)| a == b).count().min(rest);
    let stretch = |sign: char, lines: &[&str]| -> Vec<(char, usize, String)> {
        let changed = lines.iter().enumerate().take(lines.len() - tail).skip(same);
        changed
            .map(|(at, line)| (sign, at + 1, (*line).to_owned()))
            .collect()
    };
    [stretch('-', &old), stretch('+', &new)].concat()
}

/// The lines with a verdict.
pub fn text(lines: &[(char, usize, String)], is_saved: bool) -> String {
    let mut text = String::new();
    for (sign, at, line) in lines {
        let style = if *sign == '-' { BAD } else { GOOD };
        text += &format!(
            "{DIM}{at:>4}{DIM:#} {style}{sign} {}{style:#}\n",
            clean(line)
        );
    }
    text + match (lines.is_empty(), is_saved) {
        (true, _) => "nothing to change\n",
        (false, true) => "saved\n",
        (false, false) => "nothing was saved\n",
    }
}
