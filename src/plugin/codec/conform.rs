//! Makes a tree fit a shape exactly, or says where and why it does not.

use rmpv::Value as Tree;
use tf_provider::{AttributePathStep, Diagnostic, Diagnostics};

use super::number::{self, NumberError, Style};
use super::path::{self, Path};
use super::shape::Shape;

/// Faults told of one value; one that is all wrong need not say so a
/// thousand times.
pub(super) const MAX_FAULTS: usize = 10;

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

/// What happens to an attribute that the schema does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    Refuse,
    /// For stored states, which other versions of the provider wrote.
    Drop,
}

/// `tree` with every attribute present, numbers in the spelling of `style`
/// and unknowns in one form; or nothing, and errors in `diags`.
pub(crate) fn conform(
    tree: Tree,
    shape: &Shape,
    (origin, style, extra): (Origin, Style, Extra),
    diags: &mut Diagnostics,
) -> Option<Tree> {
    let mut conformer = Conformer {
        origin,
        style,
        extra,
        path: Path::default(),
        faults: 0,
        diags,
    };
    let tree = conformer.value(tree, shape);
    (conformer.faults == 0).then_some(tree)
}

/// An unknown value as Terraform writes it.
pub(crate) fn unknown() -> Tree {
    Tree::Ext(0, vec![0])
}

struct Conformer<'d> {
    origin: Origin,
    style: Style,
    extra: Extra,
    path: Path,
    faults: usize,
    diags: &'d mut Diagnostics,
}

impl Conformer<'_> {
    fn value(&mut self, tree: Tree, shape: &Shape) -> Tree {
        match (shape, tree) {
            (Shape::NeverNull(shape), tree) => self.block(tree, shape),
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
        Tree::Array(
            elements
                .map(|(index, element)| self.element(index, element, shape))
                .collect(),
        )
    }

    fn tuple(&mut self, elements: Vec<Tree>, shapes: &[Shape]) -> Tree {
        if elements.len() != shapes.len() {
            let found = format!("{} elements", elements.len());
            return self.fault(&found, &format!("a tuple of {}", shapes.len()));
        }
        let elements = elements.into_iter().zip(shapes).enumerate();
        Tree::Array(
            elements
                .map(|(index, (element, shape))| self.element(index, element, shape))
                .collect(),
        )
    }

    fn set(&mut self, elements: Vec<Tree>, shape: &Shape) -> Tree {
        self.path.enter_set();
        let elements = elements.into_iter().map(|element| self.value(element, shape)).collect();
        self.path.leave_set();
        Tree::Array(elements)
    }

    fn map(&mut self, entries: Vec<(Tree, Tree)>, shape: &Shape) -> Tree {
        let mut conformed: Vec<(Tree, Tree)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let Some(name) = key.as_str() else {
                return self.fault("a key that is no text", "a map with keys of text");
            };
            let value = self.within(path::key(name), |this| this.value(value, shape));
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
                Err(_) if self.extra == Extra::Drop => {}
                Err(_) => {
                    let found = format!("an attribute {}", shorten(name));
                    self.fault(&found, "an object without it");
                }
            }
        }
        let fields = fields.iter().zip(given);
        let fields = fields.map(|((name, shape), value)| {
            let value = value.unwrap_or(Tree::Nil);
            let value = self.within(path::attribute(name), |this| this.value(value, shape));
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

    fn element(&mut self, index: usize, element: Tree, shape: &Shape) -> Tree {
        self.within(path::index(index), |this| this.value(element, shape))
    }

    fn within<T>(&mut self, step: AttributePathStep, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = inside(self);
        self.path.pop();
        result
    }

    fn mismatch(&mut self, tree: &Tree, expected: &str) -> Tree {
        self.fault(kind(tree), expected)
    }

    fn fault(&mut self, found: &str, expected: &str) -> Tree {
        self.faults += 1;
        if self.faults <= MAX_FAULTS {
            let Origin { what, advice } = self.origin;
            let place = self.path.place();
            self.diags.add_error(Diagnostic {
                summary: "Value does not fit the schema".into(),
                detail: format!("Expected {expected}{place} in {what}, found {found}.\n\n{advice}").into(),
                attribute: self.path.to_attribute_path(),
            });
        }
        Tree::Nil
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
