//! The place inside a value that is being looked at.

use std::fmt::Write as _;

use tf_provider::AttributePath;

/// A step into a value.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Attribute(&'a str),
    /// Of a map.
    Key(&'a str),
    /// Of a list or a tuple.
    Index(usize),
    /// Any element of a set: Terraform has no name for a certain one.
    Element,
}

/// The steps from the root, in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// Every step, as Terraform's language writes them: `a.b[0]["key"]`.
    text: String,
    /// The attributes alone: `a.b`.
    name: String,
}

/// The lengths of a path, to return to.
pub(super) struct Mark(usize, usize);

impl Path {
    /// Takes a step. [`Path::leave`] takes it back.
    pub(super) fn enter(&mut self, step: Step<'_>) -> Mark {
        let Self { text, name } = self;
        let mark = Mark(text.len(), name.len());
        // Writing to a String never fails.
        let _ = match step {
            Step::Attribute(attribute) => {
                for path in [&mut *text, name] {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.push_str(attribute);
                }
                Ok(())
            }
            Step::Key(key) => write!(text, "[{key:?}]"),
            Step::Index(index) => write!(text, "[{index}]"),
            Step::Element => write!(text, "[*]"),
        };
        mark
    }

    /// Returns to where the path was when `mark` was made.
    pub(super) fn leave(&mut self, mark: &Mark) {
        self.text.truncate(mark.0);
        self.name.truncate(mark.1);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The top-level attribute, which a diagnostic points at. Terraform shows a longer path only where the
    /// configuration spells out each step of it, and otherwise points at the whole resource.
    pub(super) fn top(&self) -> AttributePath {
        match self.name.split('.').next() {
            Some(top) if !top.is_empty() => AttributePath::new(top.to_owned()),
            _ => AttributePath::root(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_like_terraform() {
        let mut path = Path::default();
        assert_eq!((path.text(), path.top()), ("", AttributePath::root()));
        path.enter(Step::Attribute("a"));
        let mark = path.enter(Step::Attribute("b"));
        path.enter(Step::Index(0));
        path.enter(Step::Key("k\"q"));
        path.enter(Step::Element);
        path.enter(Step::Attribute("c"));
        assert_eq!((path.text(), path.name()), (r#"a.b[0]["k\"q"][*].c"#, "a.b.c"));
        assert_eq!(path.top(), AttributePath::new("a"));
        path.leave(&mark);
        assert_eq!((path.text(), path.name()), ("a", "a"));
    }
}
