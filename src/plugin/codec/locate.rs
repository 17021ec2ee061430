//! Which part of a value a typed state cannot take.
//!
//! serde says that something does not fit but, for types with several forms
//! such as tf-provider's `Value`, not where. So the value is tried again with
//! all but one of its parts left out, and again inside of a part that fails.

use rmpv::Value as Tree;

use super::faults::MAX_FAULTS;
use super::path::{Path, Step};
use super::shape::{Rule, Shape};

/// The smallest parts of `tree` that `fits` refuses by themselves.
pub(super) fn misfits(tree: &Tree, shape: &Shape, fits: &dyn Fn(&Tree) -> bool) -> Vec<(Path, Tree)> {
    let mut found = Vec::new();
    descend(tree, shape, &mut Path::default(), fits, &mut found);
    found
}

fn descend(tree: &Tree, shape: &Shape, path: &mut Path, fits: &dyn Fn(&Tree) -> bool, found: &mut Vec<(Path, Tree)>) {
    let before = found.len();
    match (shape, tree) {
        (Shape::Ruled(_, shape), tree) => return descend(tree, shape, path, fits, found),
        (Shape::Object(fields), Tree::Map(entries)) if fits(&Tree::Map(blank(fields))) => {
            for (at, ((name, shape), (_, value))) in fields.iter().zip(entries).enumerate() {
                let alone = |value: &Tree| {
                    let mut entries = blank(fields);
                    entries[at].1 = value.clone();
                    fits(&Tree::Map(entries))
                };
                part(Step::Attribute(name), value, shape, path, &alone, found);
            }
        }
        (Shape::Map(element), Tree::Map(entries)) if fits(&Tree::Map(Vec::new())) => {
            for (key, value) in entries {
                let alone = |value: &Tree| fits(&Tree::Map(vec![(key.clone(), value.clone())]));
                let step = Step::Key(key.as_str().unwrap_or_default());
                part(step, value, element, path, &alone, found);
            }
        }
        (Shape::List(element) | Shape::Set(element), Tree::Array(elements)) if fits(&Tree::Array(Vec::new())) => {
            let alone = |value: &Tree| fits(&Tree::Array(vec![value.clone()]));
            for (index, value) in elements.iter().enumerate() {
                let step = match shape {
                    Shape::Set(_) => Step::Element,
                    _ => Step::Index(index),
                };
                part(step, value, element, path, &alone, found);
            }
        }
        _ => {}
    }
    // Nothing inside is to blame by itself, so this is the smallest part.
    if found.len() == before {
        found.push((path.clone(), tree.clone()));
    }
}

fn part(
    step: Step<'_>,
    value: &Tree,
    shape: &Shape,
    path: &mut Path,
    alone: &dyn Fn(&Tree) -> bool,
    found: &mut Vec<(Path, Tree)>,
) {
    if found.len() < MAX_FAULTS && !alone(value) {
        let mark = path.enter(step);
        descend(value, shape, path, alone, found);
        path.leave(&mark);
    }
}

/// An object with nothing in it: null, and empty blocks.
fn blank(fields: &[(String, Shape)]) -> Vec<(Tree, Tree)> {
    let empty = |shape: &Shape| match shape {
        Shape::Ruled(Rule::Block, shape) => match &**shape {
            Shape::List(_) | Shape::Set(_) => Tree::Array(Vec::new()),
            Shape::Map(_) => Tree::Map(Vec::new()),
            Shape::Object(fields) => Tree::Map(blank(fields)),
            _ => Tree::Nil,
        },
        _ => Tree::Nil,
    };
    fields
        .iter()
        .map(|(name, shape)| (Tree::from(name.as_str()), empty(shape)))
        .collect()
}
