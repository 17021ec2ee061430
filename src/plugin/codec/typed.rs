//! Conformed values to typed states and back, and private state.

use rmpv::Value as Tree;
use serde::{Deserialize, Serialize};
use tf_provider::{Diagnostic, Diagnostics};

use super::conform::{self, Origin, Rules, conform};
use super::faults::Faults;
use super::locate;
use super::number::Style;
use super::shape::Shape;
use super::tree::{self, TreeError};
use crate::plugin::proto::tfplugin6::DynamicValue;

/// A type with a lifetime to be filled in, such as a resource's `State<'_>`.
pub(crate) trait Family {
    type Of<'a>: Deserialize<'a>;
}

/// A value from Terraform that fits its schema.
pub(crate) struct Conformed<'s> {
    /// Canonical msgpack, which a typed state may borrow from.
    bytes: Vec<u8>,
    shape: &'s Shape,
    origin: Origin,
}

impl<'s> Conformed<'s> {
    /// Reads what Terraform sent. An absent value is null.
    pub(crate) fn read(
        value: Option<&DynamicValue>,
        shape: &'s Shape,
        origin: Origin,
        diags: &mut Diagnostics,
    ) -> Option<Self> {
        Self::read_by(Rules::Exact, value, shape, origin, diags)
    }

    /// Reads a configuration that is to be validated. What follows from the
    /// schema alone is an error here, so that providers, resources and data
    /// sources need not check it.
    pub(crate) fn validated(config: Option<&DynamicValue>, shape: &'s Shape, diags: &mut Diagnostics) -> Option<Self> {
        Self::read_by(Rules::Config, config, shape, Origin::CONFIG, diags)
    }

    fn read_by(
        rules: Rules,
        value: Option<&DynamicValue>,
        shape: &'s Shape,
        origin: Origin,
        diags: &mut Diagnostics,
    ) -> Option<Self> {
        let tree = parsed(value, origin, diags)?;
        let tree = conform(tree, shape, (origin, Style::Typed, rules), diags)?;
        Some(Self {
            bytes: tree::to_msgpack(&tree),
            shape,
            origin,
        })
    }

    /// The msgpack that a typed value can be read from.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The typed value; or nothing, and an error for each part that it
    /// cannot take.
    pub(crate) fn typed<F: Family>(&self, diags: &mut Diagnostics) -> Option<F::Of<'_>> {
        match rmp_serde::from_slice(&self.bytes) {
            Ok(typed) => Some(typed),
            Err(_) => {
                let fits = |tree: &Tree| rmp_serde::from_slice::<F::Of<'_>>(&tree::to_msgpack(tree)).is_ok();
                self.blame(&fits, diags);
                None
            }
        }
    }

    fn blame(&self, fits: &dyn Fn(&Tree) -> bool, diags: &mut Diagnostics) {
        // These bytes were written from a tree, so that they read as one.
        let tree = tree::from_msgpack(&self.bytes).unwrap_or(Tree::Nil);
        let mut faults = Faults::default();
        for (path, part) in locate::misfits(&tree, self.shape, fits) {
            let after = format!(" in {} is {}.", self.origin.what, complaint(&part));
            faults.add(&path, "Value cannot be used", "The value", after);
        }
        faults.report(diags);
    }
}

/// What may be wrong with a value that fits its schema but not the type.
fn complaint(part: &Tree) -> &'static str {
    match part {
        Tree::F32(_) | Tree::F64(_) => "a fraction; give a whole number",
        Tree::Integer(_) => "a number out of range; give a smaller one",
        Tree::Nil => "null, but a value is needed here",
        Tree::Ext(..) => "not known yet, but is needed already; give a value that does not depend on other resources",
        other => match conform::kind(other) {
            "a list" => "a list that the provider cannot take",
            "a map" => "an object that the provider cannot take",
            _ => "one that the provider cannot take",
        },
    }
}

/// Writes a typed value for Terraform; or nothing, and errors in `diags`.
pub(crate) fn encode<T: Serialize>(value: &T, shape: &Shape, diags: &mut Diagnostics) -> Option<DynamicValue> {
    let tree = rmp_serde::to_vec_named(value)
        .map_err(|error| error.to_string())
        .and_then(|bytes| tree::from_msgpack(&bytes).map_err(|error| error.to_string()));
    let tree = match tree {
        Ok(tree) => tree,
        Err(error) => {
            diags.add_error(Diagnostic {
                summary: "Answer cannot be encoded".into(),
                detail: format!("This is a bug of the provider; please report it to its developers: {error}.").into(),
                attribute: tf_provider::AttributePath::root(),
            });
            return None;
        }
    };
    let tree = conform(tree, shape, (Origin::ANSWER, Style::Wire, Rules::Exact), diags)?;
    Some(dynamic(&tree))
}

/// Passes a stored state on to Terraform, of whatever version of the schema:
/// what the schema does not have is dropped, what the state lacks is null.
pub(crate) fn pass_through(json: &[u8], shape: &Shape, diags: &mut Diagnostics) -> Option<DynamicValue> {
    let tree = or_diagnostic(tree::from_json(json), Origin::STORED, diags)?;
    let tree = conform(tree, shape, (Origin::STORED, Style::Wire, Rules::Stored), diags)?;
    Some(dynamic(&tree))
}

/// Null, in msgpack.
pub(crate) fn null() -> DynamicValue {
    dynamic(&Tree::Nil)
}

/// Whether Terraform sent null, or nothing.
pub(crate) fn is_null(value: Option<&DynamicValue>) -> bool {
    value.is_none_or(|value| {
        let DynamicValue { msgpack, json } = value;
        let null_json = json.trim_ascii() == b"null";
        msgpack == &[0xc0] || (msgpack.is_empty() && (json.is_empty() || null_json))
    })
}

fn dynamic(tree: &Tree) -> DynamicValue {
    DynamicValue {
        msgpack: tree::to_msgpack(tree),
        json: Vec::new(),
    }
}

fn parsed(value: Option<&DynamicValue>, origin: Origin, diags: &mut Diagnostics) -> Option<Tree> {
    let tree = match value {
        None => Ok(Tree::Nil),
        Some(value) if !value.msgpack.is_empty() => tree::from_msgpack(&value.msgpack),
        Some(value) if !value.json.is_empty() => tree::from_json(&value.json),
        Some(_) => Ok(Tree::Nil),
    };
    or_diagnostic(tree, origin, diags)
}

fn or_diagnostic(tree: Result<Tree, TreeError>, origin: Origin, diags: &mut Diagnostics) -> Option<Tree> {
    tree.map_err(|error| {
        diags.add_error(Diagnostic {
            summary: "Value cannot be read".into(),
            detail: format!("Cannot read {}: {error}.\n\n{}", origin.what, origin.advice()).into(),
            attribute: tf_provider::AttributePath::root(),
        });
    })
    .ok()
}

/// The private bytes that Terraform stores beside a state and hands back.
/// JSON, so that a later version can read them; none at all for null.
pub(crate) mod private {
    use serde::{Deserialize, Serialize};
    use tf_provider::{AttributePath, Diagnostic, Diagnostics};

    const NULL: &[u8] = b"null";

    /// Reads private bytes; no bytes are null.
    pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8], diags: &mut Diagnostics) -> Option<T> {
        let bytes = if bytes.is_empty() { NULL } else { bytes };
        serde_json::from_slice(bytes)
            .map_err(|error| {
                let detail = format!(
                    "The private data that the provider keeps beside the state of this resource is damaged or of \
                     another version (line {} column {}). Use the version of the provider that wrote it, or remove \
                     the resource from the state with `terraform state rm` and import it again.",
                    error.line(),
                    error.column()
                );
                diags.add_error(Diagnostic {
                    summary: "Private data cannot be read".into(),
                    detail: detail.into(),
                    attribute: AttributePath::root(),
                });
            })
            .ok()
    }

    /// Writes private bytes.
    pub(crate) fn write<T: Serialize>(value: &T, diags: &mut Diagnostics) -> Option<Vec<u8>> {
        let bytes = serde_json::to_vec(value).map_err(|error| {
            diags.add_error(Diagnostic {
                summary: "Private data cannot be written".into(),
                detail: format!("This is a bug of the provider; please report it to its developers: {error}.").into(),
                attribute: AttributePath::root(),
            });
        });
        let bytes = bytes.ok()?;
        Some(if bytes == NULL { Vec::new() } else { bytes })
    }
}

#[cfg(test)]
#[path = "validated_test.rs"]
mod tests;
