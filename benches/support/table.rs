//! The table that a bench prints: figures, what they may be at most, and whether they are.

use std::fmt::Write as _;

/// What a figure counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Milliseconds,
    /// 1,048,576 bytes.
    Mebibytes,
    /// 1,000,000 bytes.
    Megabytes,
}

impl Unit {
    fn show(self, figure: f64) -> String {
        match self {
            Self::Milliseconds if figure < 1.0 => format!("{figure:.2} ms"),
            Self::Milliseconds => format!("{figure:.1} ms"),
            Self::Mebibytes => format!("{figure:.1} MiB"),
            Self::Megabytes => format!("{figure:.1} MB"),
        }
    }
}

/// A line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    /// Ours first, the peer's second; none where it was not measured.
    pub(crate) figures: [Option<f64>; 2],
    /// Ours has to be below it.
    pub(crate) bar: Option<f64>,
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let [ours, peer] = self.figures.map(|figure| figure.map(|figure| self.unit.show(figure)));
        let verdict = match (self.bar, self.figures[0]) {
            (None, _) => "",
            (Some(_), None) => "not measured",
            (Some(bar), Some(ours)) if ours < bar => "clears the bar",
            (Some(_), Some(_)) => "misses the bar",
        };
        [
            self.name.to_owned(),
            ours.unwrap_or_else(|| "-".to_owned()),
            peer.unwrap_or_else(|| "-".to_owned()),
            self.bar
                .map(|bar| format!("< {}", self.unit.show(bar)))
                .unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

/// The rows under a head, in columns as wide as they have to be.
pub(crate) fn render(peer: &str, rows: &[Row]) -> String {
    let head = ["", "ours", peer, "bar", "verdict"].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut table = String::new();
    for [name, ours, peer, bar, verdict] in &lines {
        let [first, second, third, fourth, _] = widths;
        let line = format!("{name:first$}  {ours:>second$}  {peer:>third$}  {bar:>fourth$}  {verdict}");
        // Writing to a String does not fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
    table
}
