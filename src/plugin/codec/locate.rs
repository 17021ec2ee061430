//! Which part of a value a typed state cannot take.
//!
//! serde says that something does not fit but, for types with several forms
//! such as tf-provider's `Value`, not where. So the value is tried again with
//! all but one of its parts left out, and again inside of a part that fails.

use rmpv::Value as Tree;
use tf_provider::AttributePath;

use super::conform::MAX_FAULTS;
use super::path::{self, Path};
use super::shape::Shape;

/// A part that does not fit.
pub(super) struct Misfit {
    pub(super) path: AttributePath,
    pub(super) place: String,
    pub(super) part: Tree,
}

/// The smallest parts of `tree` that `fits` refuses by themselves.
pub(super) fn misfits(tree: &Tree, shape: &Shape, fits: &dyn Fn(&Tree) -> bool) -> Vec<Misfit> {
    let mut found = Vec::new();
    descend(tree, shape, &mut Path::default(), fits, &mut found);
    found
}

fn descend(tree: &Tree, shape: &Shape, path: &mut Path, fits: &dyn Fn(&Tree) -> bool, found: &mut Vec<Misfit>) {
    let before = found.len();
    match (shape, tree) {
        (Shape::NeverNull(shape), tree) => return descend(tree, shape, path, fits, found),
        (Shape::Object(fields), Tree::Map(entries)) if fits(&Tree::Map(blank(fields))) => {
            object(entries, fields, path, fits, found);
        }
        (Shape::Map(element), Tree::Map(entries)) if fits(&Tree::Map(Vec::new())) => {
            for (key, value) in entries {
                let alone = |value: &Tree| fits(&Tree::Map(vec![(key.clone(), value.clone())]));
                path.push(path::key(key.as_str().unwrap_or_default()));
                part(value, element, path, &alone, found);
                path.pop();
            }
        }
        (Shape::List(element), Tree::Array(elements)) if fits(&Tree::Array(Vec::new())) => {
            for (index, value) in elements.iter().enumerate() {
                path.push(path::index(index));
                part(
                    value,
                    element,
                    path,
                    &|value| fits(&Tree::Array(vec![value.clone()])),
                    found,
                );
                path.pop();
            }
        }
        (Shape::Set(element), Tree::Array(elements)) if fits(&Tree::Array(Vec::new())) => {
            path.enter_set();
            for value in elements {
                part(
                    value,
                    element,
                    path,
                    &|value| fits(&Tree::Array(vec![value.clone()])),
                    found,
                );
            }
            path.leave_set();
        }
        _ => {}
    }
    // Nothing inside is to blame by itself, so this is the smallest part.
    if found.len() == before {
        found.push(Misfit {
            path: path.to_attribute_path(),
            place: path.place(),
            part: tree.clone(),
        });
    }
}

fn object(
    entries: &[(Tree, Tree)],
    fields: &[(String, Shape)],
    path: &mut Path,
    fits: &dyn Fn(&Tree) -> bool,
    found: &mut Vec<Misfit>,
) {
    for (at, ((name, shape), (_, value))) in fields.iter().zip(entries).enumerate() {
        let alone = |value: &Tree| {
            let mut entries = blank(fields);
            entries[at].1 = value.clone();
            fits(&Tree::Map(entries))
        };
        path.push(path::attribute(name));
        part(value, shape, path, &alone, found);
        path.pop();
    }
}

fn part(value: &Tree, shape: &Shape, path: &mut Path, alone: &dyn Fn(&Tree) -> bool, found: &mut Vec<Misfit>) {
    if found.len() < MAX_FAULTS && !alone(value) {
        descend(value, shape, path, alone, found);
    }
}

/// An object with nothing in it: null, and empty blocks.
fn blank(fields: &[(String, Shape)]) -> Vec<(Tree, Tree)> {
    let empty = |shape: &Shape| match shape {
        Shape::NeverNull(shape) => match &**shape {
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
