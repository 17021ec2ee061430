//! The table that a bench prints: figures, what they may be at most, and whether they are.

use std::fmt::Write as _;

/// What a figure counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    /// Of requests, of members.
    Number,
    /// 1,048,576 bytes.
    Mebibytes,
    /// 1,000,000 bytes.
    Megabytes,
}

impl Unit {
    fn show(self, figure: f64) -> String {
        match self {
            Self::Seconds => format!("{figure:.2} s"),
            Self::Number => format!("{figure:.0}"),
            Self::Milliseconds if figure < 1.0 => format!("{figure:.2} ms"),
            Self::Milliseconds => format!("{figure:.1} ms"),
            Self::Mebibytes => format!("{figure:.1} MiB"),
            Self::Megabytes => format!("{figure:.1} MB"),
        }
    }
}

/// What ours has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    Below(f64),
    AtMost(f64),
}

impl Bar {
    fn is_cleared_by(self, figure: f64) -> bool {
        match self {
            Self::Below(bar) => figure < bar,
            Self::AtMost(bar) => figure <= bar,
        }
    }

    fn show(self, unit: Unit) -> String {
        match self {
            Self::Below(bar) => format!("< {}", unit.show(bar)),
            Self::AtMost(bar) => format!("<= {}", unit.show(bar)),
        }
    }
}

/// A line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    /// Ours first, then those of others; none where it was not measured.
    pub(crate) figures: Vec<Option<f64>>,
    pub(crate) bar: Option<Bar>,
}

impl Row {
    fn cells(&self) -> Vec<String> {
        let verdict = match (self.bar, self.figures.first().copied().flatten()) {
            (None, _) => "",
            (Some(_), None) => "not measured",
            (Some(bar), Some(ours)) if bar.is_cleared_by(ours) => "clears the bar",
            (Some(_), Some(_)) => "misses the bar",
        };
        let figures = self.figures.iter();
        let figures = figures.map(|figure| figure.map_or_else(|| "-".to_owned(), |figure| self.unit.show(figure)));
        let bar = self.bar.map(|bar| bar.show(self.unit)).unwrap_or_default();
        std::iter::once(self.name.to_owned())
            .chain(figures)
            .chain([bar, verdict.to_owned()])
            .collect()
    }
}

/// The rows under a head, in columns as wide as they have to be. `whose` names whose figures there are.
pub(crate) fn render(whose: &[&str], rows: &[Row]) -> String {
    let head = std::iter::once("")
        .chain(whose.iter().copied())
        .chain(["bar", "verdict"]);
    let head: Vec<String> = head.map(str::to_owned).collect();
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..whose.len() + 2).map(width).collect();
    let mut table = String::new();
    for line in &lines {
        let mut text = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or_default();
            // Writing to a String does not fail.
            let _ = match column {
                0 => write!(text, "{cell:width$}"),
                _ if column + 1 == line.len() => write!(text, "  {cell}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        let _ = writeln!(table, "{}", text.trim_end());
    }
    table
}
