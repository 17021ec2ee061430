//! What the adapters share: a schema that is asked for once.

use std::sync::OnceLock;

use tf_provider::Diagnostics;
use tf_provider::schema::Schema;

use crate::plugin::codec::Shape;

/// A schema, and the shape of the values it describes.
pub(crate) struct Described<S> {
    pub(crate) schema: S,
    pub(crate) shape: Shape,
}

impl Described<Schema> {
    pub(crate) fn of(schema: Schema) -> Self {
        let shape = Shape::of_block(&schema.block);
        Self { schema, shape }
    }
}

/// A value that is made at its first use, so that starting costs nothing.
pub(crate) struct Lazy<S>(OnceLock<Result<S, Diagnostics>>);

impl<S> Lazy<S> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The value; or nothing and, every time, the errors of making it.
    pub(crate) fn or_make(
        &self,
        diags: &mut Diagnostics,
        make: impl FnOnce(&mut Diagnostics) -> Option<S>,
    ) -> Option<&S> {
        let made = self.0.get_or_init(|| {
            let mut diags = Diagnostics::default();
            let value = make(&mut diags);
            let value = crate::plugin::diagnostics::or_internal(value, "Describing a schema", &mut diags);
            match value {
                Some(value) if diags.errors.is_empty() => Ok(value),
                _ => Err(diags),
            }
        });
        match made {
            Ok(value) => Some(value),
            Err(errors) => {
                diags.add_diagnostics(errors.clone());
                None
            }
        }
    }
}
