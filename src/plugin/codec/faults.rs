//! What is wrong with a value. Faults of one kind in one attribute are one diagnostic.

use std::borrow::Cow;

use tf_provider::{Diagnostic, Diagnostics};

use super::path::Path;

/// Diagnostics about one value: one that is all wrong need not say so a thousand times.
pub(super) const MAX_FAULTS: usize = 10;

/// Places that one diagnostic lists.
const MAX_PLACES: usize = 5;

#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

struct Fault {
    /// Without a detail.
    diagnostic: Diagnostic,
    /// The detail before the places and after them.
    detail: (String, String),
    places: Vec<String>,
    more: usize,
}

impl Faults {
    /// Adds a fault at `path`. Its detail is split where the place belongs.
    pub(super) fn add(&mut self, path: &Path, summary: impl Into<Cow<'static, str>>, before: &str, after: String) {
        let diagnostic = Diagnostic {
            summary: summary.into(),
            detail: "".into(),
            attribute: path.top(),
        };
        let detail = (before.to_owned(), after);
        let place = path.text().to_owned();
        let same = |fault: &Fault| fault.diagnostic == diagnostic && fault.detail == detail;
        match self.0.iter().position(same) {
            Some(at) => self.0[at].add(place),
            None if self.0.len() < MAX_FAULTS => self.0.push(Fault {
                diagnostic,
                detail,
                places: vec![place],
                more: 0,
            }),
            None => {}
        }
    }

    /// Reports them all; true if there are none.
    pub(super) fn report(self, diags: &mut Diagnostics) -> bool {
        let none = self.0.is_empty();
        diags.errors.extend(self.0.into_iter().map(Fault::diagnostic));
        none
    }
}

impl Fault {
    fn add(&mut self, place: String) {
        if self.places.contains(&place) {
            return;
        }
        if self.places.len() < MAX_PLACES {
            self.places.push(place);
        } else {
            self.more += 1;
        }
    }

    fn diagnostic(self) -> Diagnostic {
        let (before, after) = self.detail;
        let places = self.places.join(", ");
        let at = if places.is_empty() { "" } else { " at " };
        let more = match self.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Diagnostic {
            detail: format!("{before}{at}{places}{more}{after}").into(),
            ..self.diagnostic
        }
    }
}
