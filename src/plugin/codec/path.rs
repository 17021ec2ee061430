//! The place inside a value that is being looked at.

use std::borrow::Cow;

use tf_provider::{AttributePath, AttributePathStep};

/// Steps from the root. Terraform has no step into a set, so inside of one
/// the path stays at the set, and [`Path::push`] and [`Path::pop`] do nothing.
#[derive(Default)]
pub(super) struct Path {
    steps: Vec<AttributePathStep>,
    sets: usize,
}

impl Path {
    pub(super) fn push(&mut self, step: AttributePathStep) {
        if self.sets == 0 {
            self.steps.push(step);
        }
    }

    pub(super) fn pop(&mut self) {
        if self.sets == 0 {
            self.steps.pop();
        }
    }

    pub(super) fn enter_set(&mut self) {
        self.sets += 1;
    }

    pub(super) fn leave_set(&mut self) {
        self.sets -= 1;
    }

    pub(super) fn to_attribute_path(&self) -> AttributePath {
        AttributePath {
            steps: self.steps.clone(),
        }
    }

    /// For a message, with a space before it: where this is.
    pub(super) fn place(&self) -> String {
        let path = Text(&self.steps);
        match (self.steps.is_empty(), self.sets > 0) {
            (true, false) => String::new(),
            (true, true) => " in an element of the set".to_owned(),
            (false, false) => format!(" at {path}"),
            (false, true) => format!(" in an element of the set {path}"),
        }
    }
}

/// A path as Terraform's language writes it: `a.b[0]["key"]`.
struct Text<'a>(&'a [AttributePathStep]);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                AttributePathStep::Attribute(name) if at == 0 => write!(f, "{name}")?,
                AttributePathStep::Attribute(name) => write!(f, ".{name}")?,
                step => write!(f, "{step}")?,
            }
        }
        Ok(())
    }
}

pub(super) fn attribute(name: &str) -> AttributePathStep {
    AttributePathStep::Attribute(Cow::Owned(name.to_owned()))
}

pub(super) fn key(key: &str) -> AttributePathStep {
    AttributePathStep::Key(Cow::Owned(key.to_owned()))
}

pub(super) fn index(index: usize) -> AttributePathStep {
    AttributePathStep::Index(i64::try_from(index).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_terraform() {
        let mut path = Path::default();
        assert_eq!(path.place(), "");
        path.push(attribute("a"));
        path.push(attribute("b"));
        path.push(index(0));
        path.push(key("k\"q"));
        assert_eq!(path.place(), r#" at a.b[0]["k\"q"]"#);
        path.enter_set();
        path.push(attribute("unseen"));
        assert_eq!(path.to_attribute_path().steps.len(), 4);
        path.pop();
        path.leave_set();
        path.pop();
        path.pop();
        assert_eq!(path.place(), " at a.b");
    }
}
