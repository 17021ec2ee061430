//! Makes a tree fit a shape exactly, or says where and why it does not.

use rmpv::Value as Tree;
use tf_provider::Diagnostics;

use super::faults::Faults;
use super::number::{self, NumberError, Style};
use super::path::{Path, Step};
use super::shape::{Rule, Shape};

/// Where a value came from, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Such as "the configuration".
    pub(crate) what: &'static str,
    advice: &'static str,
}

impl Origin {
    const fn from_terraform(what: &'static str) -> Self {
        let advice = "Terraform and the provider disagree about the schema. Run `terraform init -upgrade` and try \
                      again; if it stays, please report it to the provider's developers.";
        Self { what, advice }
    }

    /// What the reader of a message can do.
    pub(crate) const fn advice(self) -> &'static str {
        self.advice
    }

    pub(crate) const CONFIG: Self = Self::from_terraform("the configuration");
    pub(crate) const PRIOR: Self = Self::from_terraform("the prior state");
    pub(crate) const PROPOSED: Self = Self::from_terraform("the proposed state");
    pub(crate) const PLANNED: Self = Self::from_terraform("the planned state");
    pub(crate) const META: Self = Self::from_terraform("the provider_meta block");
    pub(crate) const ARGUMENT: Self = Self {
        what: "the function's argument",
        advice: "Give the function a value of the type that its documentation names.",
    };
    pub(crate) const STORED: Self = Self {
        what: "the stored state",
        advice: "It was written by a version of the provider whose schema differs. Use that version, or remove the \
                 resource from the state with `terraform state rm` and import it again.",
    };
    pub(crate) const ANSWER: Self = Self {
        what: "the provider's own answer",
        advice: "This is a bug of the provider; please report it to its developers.",
    };
}

/// What is asked of a value beside its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Nothing; attributes that the schema lacks are dropped. For stored
    /// states, which other versions of the provider wrote.
    Stored,
    /// That it has no attribute that the schema lacks.
    Exact,
    /// That too, and that required attributes have values, read-only ones
    /// have none and no element is null. Only for validation: in a plan,
    /// `ignore_changes` puts prior values into the configuration.
    Config,
}

/// `tree` with every attribute present, numbers in the spelling of `style`
/// and unknowns in one form; or nothing, and errors in `diags`.
pub(crate) fn conform(
    tree: Tree,
    shape: &Shape,
    (origin, style, rules): (Origin, Style, Rules),
    diags: &mut Diagnostics,
) -> Option<Tree> {
    let mut conformer = Conformer {
        origin,
        style,
        rules,
        path: Path::default(),
        faults: Faults::default(),
    };
    let tree = conformer.value(tree, shape);
    conformer.faults.report(diags).then_some(tree)
}

/// An unknown value as Terraform writes it.
pub(crate) fn unknown() -> Tree {
    Tree::Ext(0, vec![0])
}

struct Conformer {
    origin: Origin,
    style: Style,
    rules: Rules,
    path: Path,
    faults: Faults,
}

impl Conformer {
    fn value(&mut self, tree: Tree, shape: &Shape) -> Tree {
        match (shape, tree) {
            (Shape::Ruled(rule, shape), tree) => self.ruled(*rule, tree, shape),
            (_, Tree::Nil) => Tree::Nil,
            // Type 0 is a plain unknown, 12 one with refinements, and what
            // else may come is a kind of unknown too.
            (_, Tree::Ext(..)) => unknown(),
            (Shape::Bool, tree @ Tree::Boolean(_)) => tree,
            (Shape::String, tree) => self.string(tree),
            (Shape::Number, tree) => self.number(tree),
            (Shape::List(element), Tree::Array(elements)) => self.list(elements, element),
            (Shape::Set(element), Tree::Array(elements)) => self.set(elements, element),
            (Shape::Map(element), Tree::Map(entries)) => self.map(entries, element),
            (Shape::Tuple(shapes), Tree::Array(elements)) => self.tuple(elements, shapes),
            (Shape::Object(fields), Tree::Map(entries)) => self.object(entries, fields),
            (Shape::Dynamic, tree) => self.dynamic(tree),
            (shape, tree) => self.mismatch(&tree, shape.name()),
        }
    }

    fn ruled(&mut self, rule: Rule, tree: Tree, shape: &Shape) -> Tree {
        let strict = self.rules == Rules::Config;
        match rule {
            Rule::Block => return self.block(tree, shape),
            Rule::Required if strict && tree.is_nil() => {
                self.misuse(
                    "is required",
                    "There is no value",
                    ": null counts as none. Give it one.",
                );
            }
            Rule::ReadOnly if strict && !tree.is_nil() => {
                self.misuse(
                    "is read-only",
                    "There is a value",
                    ", but only the provider sets it. Remove it.",
                );
                return Tree::Nil;
            }
            Rule::Required | Rule::ReadOnly => {}
        }
        self.value(tree, shape)
    }

    fn block(&mut self, tree: Tree, shape: &Shape) -> Tree {
        match (shape, tree) {
            (Shape::List(_) | Shape::Set(_), Tree::Nil) => Tree::Array(Vec::new()),
            (Shape::Map(_), Tree::Nil) => Tree::Map(Vec::new()),
            (Shape::Object(fields), Tree::Nil) => self.object(Vec::new(), fields),
            (shape, tree) => self.value(tree, shape),
        }
    }

    fn string(&mut self, tree: Tree) -> Tree {
        match tree {
            Tree::String(text) if text.is_str() => Tree::String(text),
            Tree::String(_) => self.fault("text that is not UTF-8", "a string"),
            tree => self.mismatch(&tree, "a string"),
        }
    }

    fn number(&mut self, tree: Tree) -> Tree {
        let found = kind(&tree);
        match number::canonical(tree, self.style) {
            Ok(number) => number,
            Err(NumberError::OtherKind) => self.fault(found, "a number"),
            Err(NumberError::Malformed) => self.fault("text that is no decimal number", "a number"),
            Err(NumberError::OutOfRange) => self.fault(
                "a number that is infinite or too large",
                "a number within the range of 64-bit floats",
            ),
        }
    }

    fn list(&mut self, elements: Vec<Tree>, shape: &Shape) -> Tree {
        let elements = elements.into_iter().enumerate();
        let elements = elements.map(|(index, element)| self.element(Step::Index(index), element, shape));
        Tree::Array(elements.collect())
    }

    fn tuple(&mut self, elements: Vec<Tree>, shapes: &[Shape]) -> Tree {
        if elements.len() != shapes.len() {
            let found = format!("{} elements", elements.len());
            return self.fault(&found, &format!("a tuple of {}", shapes.len()));
        }
        let elements = elements.into_iter().zip(shapes).enumerate();
        let elements = elements
            .map(|(index, (element, shape))| self.within(Step::Index(index), |this| this.value(element, shape)));
        Tree::Array(elements.collect())
    }

    fn set(&mut self, elements: Vec<Tree>, shape: &Shape) -> Tree {
        let elements = elements.into_iter();
        let elements = elements.map(|element| self.element(Step::Element, element, shape));
        Tree::Array(elements.collect())
    }

    fn map(&mut self, entries: Vec<(Tree, Tree)>, shape: &Shape) -> Tree {
        let mut conformed: Vec<(Tree, Tree)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = key.as_str() else {
                return self.fault("a key that is no text", "a map with keys of text");
            };
            let value = self.element(Step::Key(name), value, shape);
            conformed.push((key, value));
        }
        Tree::Map(conformed)
    }

    fn object(&mut self, entries: Vec<(Tree, Tree)>, fields: &[(String, Shape)]) -> Tree {
        let mut given: Vec<Option<Tree>> = vec![None; fields.len()];
        for (key, value) in entries {
            let Some(name) = key.as_str() else {
                return self.fault("a name that is no text", "an object");
            };
            match fields.binary_search_by(|(field, _)| field.as_str().cmp(name)) {
                Ok(at) if given[at].is_none() => given[at] = Some(value),
                Ok(_) => {
                    return self.fault(&format!("the attribute {name:?} twice"), "each attribute once");
                }
                Err(_) if self.rules == Rules::Stored => {}
                Err(_) => {
                    let found = format!("an attribute {}", shorten(name));
                    self.fault(&found, "an object without it");
                }
            }
        }
        let fields = fields.iter().zip(given);
        let fields = fields.map(|((name, shape), value)| {
            let value = value.unwrap_or(Tree::Nil);
            let value = self.within(Step::Attribute(name), |this| this.value(value, shape));
            (Tree::from(name.as_str()), value)
        });
        Tree::Map(fields.collect())
    }

    /// msgpack has a pair of the type's JSON text and the value; JSON has an
    /// object of `type` and `value`.
    fn dynamic(&mut self, tree: Tree) -> Tree {
        let (shape, value) = match tree {
            Tree::Array(mut pair) if pair.len() == 2 => {
                let value = pair.pop();
                let shape = match pair.pop() {
                    Some(Tree::Binary(json)) => Shape::from_type_json(&json),
                    Some(Tree::String(json)) => Shape::from_type_json(json.as_bytes()),
                    _ => None,
                };
                (shape, value)
            }
            Tree::Map(fields) if fields.len() == 2 => {
                let mut shape = None;
                let mut value = None;
                for (key, field) in fields {
                    match key.as_str() {
                        Some("type") => shape = Shape::from_type_tree(&field),
                        Some("value") => value = Some(field),
                        _ => {}
                    }
                }
                (shape, value)
            }
            tree => return self.mismatch(&tree, Shape::Dynamic.name()),
        };
        let (Some(shape), Some(value)) = (shape, value) else {
            return self.fault("a type that cannot be read", Shape::Dynamic.name());
        };
        let json = shape.to_type_json().to_string();
        let r#type = match self.style {
            Style::Typed => Tree::from(json),
            Style::Wire => Tree::Binary(json.into_bytes()),
        };
        Tree::Array(vec![r#type, self.value(value, &shape)])
    }

    fn element(&mut self, step: Step<'_>, element: Tree, shape: &Shape) -> Tree {
        self.within(step, |this| {
            if this.rules == Rules::Config && element.is_nil() {
                this.misuse(
                    "has null elements",
                    "There is null",
                    ". Remove it or put a value in its place.",
                );
            }
            this.value(element, shape)
        })
    }

    fn within<T>(&mut self, step: Step<'_>, inside: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.path.enter(step);
        let result = inside(self);
        self.path.leave(&mark);
        result
    }

    fn mismatch(&mut self, tree: &Tree, expected: &str) -> Tree {
        self.fault(kind(tree), expected)
    }

    fn fault(&mut self, found: &str, expected: &str) -> Tree {
        let Origin { what, advice } = self.origin;
        let summary = "Value does not fit the schema";
        let after = format!(" in {what}, found {found}.\n\n{advice}");
        self.faults
            .add(&self.path, summary, &format!("Expected {expected}"), after);
        Tree::Nil
    }

    /// Adds a fault that the author of the configuration can mend.
    fn misuse(&mut self, summary: &str, before: &str, after: &str) {
        let summary = format!("{} {summary}", self.path.name());
        let after = format!(" in {}{after}", self.origin.what);
        self.faults.add(&self.path, summary, before, after);
    }
}

/// A name for a message, of bounded length.
fn shorten(name: &str) -> String {
    const MAX: usize = 60;
    match name.char_indices().nth(MAX) {
        Some((end, _)) => format!("{:?}...", &name[..end]),
        None => format!("{name:?}"),
    }
}

/// What a tree is called in a message; never its content.
pub(crate) fn kind(tree: &Tree) -> &'static str {
    match tree {
        Tree::Nil => "null",
        Tree::Boolean(_) => "true or false",
        Tree::Integer(_) | Tree::F32(_) | Tree::F64(_) => "a number",
        Tree::String(_) => "a string",
        Tree::Binary(_) => "binary data",
        Tree::Array(_) => "a list",
        Tree::Map(_) => "a map",
        Tree::Ext(..) => "an unknown value",
    }
}

#[cfg(test)]
#[path = "conform_test.rs"]
mod tests;
