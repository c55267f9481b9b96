//! A table as text of one width.

use super::units;

pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// How long the table was in Markdown: no longer is it set, so that a text which fits a
    /// message still does.
    room: usize,
}

impl Table {
    pub(super) fn new(room: usize) -> Self {
        Self { rows: Vec::new(), room }
    }

    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(super) fn cell(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.push(String::new());
        }
    }

    pub(super) fn words(&mut self, text: &str) {
        if let Some(cell) = self.rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&text.replace('\n', " "));
        }
    }

    pub(super) fn set(&self) -> String {
        let in_columns = self.in_columns();
        if units(&in_columns) <= self.room {
            return in_columns;
        }
        let joined = |by| self.rows.iter().map(|row| row.join(by)).collect::<Vec<_>>().join("\n");
        let (wide, narrow) = (joined(" | "), joined("|"));
        if units(&wide) <= self.room { wide } else { narrow }
    }

    fn in_columns(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
        };
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut lines: Vec<String> = self.rows.iter().map(line).collect();
        lines.insert(lines.len().min(1), rule.join("-+-"));
        lines.join("\n")
    }
}
