//! Columns that line up, in the width that there is.

use anstyle::Style;

use super::style::{DIM, PLAIN};
use super::text::{clean, columns, cut};

const GAP: &str = "  ";
/// An elastic column is not cut below this.
const ELASTIC_COLUMNS_MIN: usize = 16;

/// An elastic column with others behind it is cut to this, however much room there is: one long
/// title does not push everything else out of sight.
const ELASTIC_COLUMNS_MAX: usize = 60;

/// One cell: text in one style.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    style: Style,
}

/// A cell without a style.
pub fn cell(text: &str) -> Cell {
    styled(text, PLAIN)
}

/// A cell with a style.
pub fn styled(text: &str, style: Style) -> Cell {
    Cell {
        text: clean(text),
        style,
    }
}

/// Rows of cells under optional headings.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
    heads: usize,
    elastic: Vec<usize>,
    indent: usize,
}

impl Table {
    /// A table indented by so many columns, with the columns that may be cut, first come first cut.
    pub fn new(indent: usize, elastic: &[usize]) -> Self {
        Table {
            rows: Vec::new(),
            heads: 0,
            elastic: elastic.to_vec(),
            indent,
        }
    }

    /// Adds a line of headings.
    pub fn head(&mut self, names: &[&str]) {
        self.heads += 1;
        self.row(names.iter().map(|name| styled(name, DIM)).collect());
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// The table as lines, cut to `width` if there is one. Empty columns are left out.
    pub fn render(&self, width: Option<usize>) -> String {
        let widths = self.widths(width);
        let mut text = String::new();
        for row in &self.rows {
            text += " ".repeat(self.indent).as_str();
            text += line(row, &widths).trim_end();
            text.push('\n');
        }
        text
    }

    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let filled = |at: usize| {
            let mut body = self
                .rows
                .iter()
                .skip(self.heads)
                .filter_map(move |row| row.get(at));
            body.any(|cell| !cell.text.is_empty())
        };
        let widest = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| columns(&cell.text)).max().unwrap_or(0);
            if filled(at) { widest } else { 0 }
        };
        let mut widths: Vec<usize> = (0..count).map(widest).collect();
        self.cap(&mut widths);
        if let Some(width) = width {
            self.shrink(&mut widths, width);
        }
        widths
    }

    fn cap(&self, widths: &mut [usize]) {
        let last = widths.iter().rposition(|width| *width > 0);
        for at in self.elastic.iter().filter(|at| Some(**at) != last) {
            if let Some(column) = widths.get_mut(*at) {
                *column = ELASTIC_COLUMNS_MAX.min(*column);
            }
        }
    }

    fn shrink(&self, widths: &mut [usize], width: usize) {
        for at in &self.elastic {
            let shown = widths.iter().filter(|width| **width > 0).count();
            let gaps = GAP.len() * shown.saturating_sub(1);
            let over = (self.indent + gaps + widths.iter().sum::<usize>()).saturating_sub(width);
            if let Some(column) = widths.get_mut(*at) {
                let least = ELASTIC_COLUMNS_MIN.min(*column);
                *column = column.saturating_sub(over).max(least);
            }
        }
    }
}

fn line(row: &[Cell], widths: &[usize]) -> String {
    let mut parts = Vec::new();
    for (cell, width) in row.iter().zip(widths) {
        if *width > 0 {
            let style = cell.style;
            let text = cut(&cell.text, *width);
            let blanks = " ".repeat(width.saturating_sub(columns(&text)));
            parts.push(if text.is_empty() {
                blanks
            } else {
                format!("{style}{text}{style:#}{blanks}")
            });
        }
    }
    parts.join(GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(2, &[1]);
        table.head(&["ID", "TITLE", "", "WHO"]);
        table.row(vec![
            cell("1"),
            cell("A title that is rather long"),
            cell(""),
            cell("clerk"),
        ]);
        table.row(vec![cell("22"), cell("漢字"), cell(""), cell("editor")]);
        table
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        insta::assert_snapshot!(plain(&table().render(None)), @r"
          ID  TITLE                        WHO
          1   A title that is rather long  clerk
          22  漢字                         editor
        ");
    }

    #[test]
    fn the_elastic_column_gives_way() {
        let text = plain(&table().render(Some(30)));
        assert!(text.lines().all(|line| columns(line) <= 30), "{text}");
        assert!(text.contains("A title that is…"), "{text}");
    }

    #[test]
    fn a_terminal_of_no_width_is_survived() {
        assert_eq!(plain(&table().render(Some(0))).lines().count(), 3);
        assert_eq!(Table::new(0, &[7]).render(Some(0)), "");
    }

    #[test]
    fn a_long_title_is_cut_at_60_columns_however_wide_the_terminal() {
        for (length, shown) in [(60, "x".repeat(60)), (61, "x".repeat(59) + "…")] {
            let mut table = Table::new(0, &[1, 2]);
            table.row(vec![
                cell("1"),
                cell(&"x".repeat(length)),
                cell(&"y".repeat(200)),
            ]);
            for width in [None, Some(500)] {
                let expected = format!("1  {shown}  {}\n", "y".repeat(200));
                assert_eq!(plain(&table.render(width)), expected);
            }
        }
    }
}
