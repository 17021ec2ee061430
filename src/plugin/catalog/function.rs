//! A function, behind one object.

use std::fmt;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{DeserializeSeed, SeqAccess};
use tf_provider::schema::FunctionSchema;
use tf_provider::{AttributePathStep, Diagnostic, Diagnostics, Function};

use super::Described;
use super::adapter::Lazy;
use crate::plugin::codec::{Conformed, Origin, Shape, encode};
use crate::plugin::diagnostics::{error, or_internal};
use crate::plugin::proto::tfplugin6::{DynamicValue, FunctionError, call_function};

/// A function of any type.
#[async_trait]
pub(crate) trait AnyFunction: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&FunctionSchema>;

    async fn call(&self, request: call_function::Request) -> call_function::Response;
}

pub(super) struct Adapter<F> {
    function: F,
    schema: Lazy<Described<FunctionSchema>>,
}

impl<F: Function> Adapter<F> {
    pub(super) const fn new(function: F) -> Self {
        Self {
            function,
            schema: Lazy::new(),
        }
    }

    /// The shape is that of the result.
    fn described(&self, diags: &mut Diagnostics) -> Option<&Described<FunctionSchema>> {
        self.schema.or_make(diags, |diags| {
            let schema = self.function.schema(diags)?;
            let shape = Shape::of_type(&schema.return_type);
            Some(Described { schema, shape })
        })
    }

    async fn try_call(&self, arguments: &[DynamicValue], diags: &mut Diagnostics) -> Option<DynamicValue> {
        let Described { schema, shape } = self.described(diags)?;
        let shapes = argument_shapes(schema, arguments.len(), diags)?;
        let arguments = conformed(arguments, &shapes, diags)?;
        let input = Arguments {
            rest: arguments.iter().enumerate(),
        };
        let input = match F::Input::deserialize(SeqAccessDeserializer::new(input)) {
            Ok(input) => input,
            Err(fault) => {
                diags.add_error(fault.into());
                return None;
            }
        };
        let output = self.function.call(diags, input).await;
        let output = or_internal(output, "The function", diags)?;
        encode(&output, shape, diags)
    }
}

#[async_trait]
impl<F: Function> AnyFunction for Adapter<F> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&FunctionSchema> {
        Some(&self.described(diags)?.schema)
    }

    async fn call(&self, request: call_function::Request) -> call_function::Response {
        let mut diags = Diagnostics::default();
        let result = self.try_call(&request.arguments, &mut diags).await;
        match function_error(&diags) {
            None => call_function::Response { result, error: None },
            error => call_function::Response { result: None, error },
        }
    }
}

/// The shape of each argument; the variadic parameter takes all that are
/// left.
fn argument_shapes(schema: &FunctionSchema, given: usize, diags: &mut Diagnostics) -> Option<Vec<Shape>> {
    let fixed = schema.parameters.len();
    if given < fixed || (given > fixed && schema.variadic.is_none()) {
        let detail = format!("The function takes {fixed} arguments and was called with {given}.");
        diags.add_error(error("Wrong number of arguments", detail));
        return None;
    }
    let parameters = schema.parameters.iter();
    let variadic = schema.variadic.iter().cycle();
    Some(
        parameters
            .chain(variadic)
            .take(given)
            .map(|parameter| Shape::of_type(&parameter.param_type))
            .collect(),
    )
}

fn conformed<'s>(
    arguments: &[DynamicValue],
    shapes: &'s [Shape],
    diags: &mut Diagnostics,
) -> Option<Vec<Conformed<'s>>> {
    let mut conformed = Vec::with_capacity(arguments.len());
    for (index, (argument, shape)) in arguments.iter().zip(shapes).enumerate() {
        let mut faults = Diagnostics::default();
        let argument = Conformed::read(Some(argument), shape, Origin::ARGUMENT, &mut faults);
        for fault in &mut faults.errors {
            fault
                .attribute
                .steps
                .insert(0, AttributePathStep::Index(i64::try_from(index).unwrap_or(i64::MAX)));
        }
        diags.add_diagnostics(faults);
        conformed.extend(argument);
    }
    diags.errors.is_empty().then_some(conformed)
}

/// A function's failure is one text and, when all errors are about the same
/// argument, that argument. There are no warnings in functions.
fn function_error(diags: &Diagnostics) -> Option<FunctionError> {
    let text = |diag: &Diagnostic| match (&*diag.summary, &*diag.detail) {
        (summary, "") => summary.to_owned(),
        (summary, detail) => format!("{summary}: {detail}"),
    };
    let argument = |diag: &Diagnostic| match diag.attribute.steps.first() {
        Some(AttributePathStep::Index(index)) => Some(*index),
        _ => None,
    };
    let first = argument(diags.errors.first()?);
    let same = diags.errors.iter().all(|diag| argument(diag) == first);
    Some(FunctionError {
        text: diags.errors.iter().map(text).collect::<Vec<_>>().join("\n"),
        function_argument: first.filter(|_| same),
    })
}

/// The arguments as a sequence, which a tuple, a struct or a list is read
/// from.
struct Arguments<'a, 's> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Conformed<'s>>>,
}

impl<'de> SeqAccess<'de> for Arguments<'de, '_> {
    type Error = ArgumentError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ArgumentError> {
        let Some((index, argument)) = self.rest.next() else {
            return Ok(None);
        };
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(argument.bytes());
        let read = seed.deserialize(&mut deserializer);
        read.map(Some).map_err(|_| ArgumentError {
            index: Some(index),
            message: String::new(),
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

#[derive(Debug)]
struct ArgumentError {
    index: Option<usize>,
    message: String,
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ArgumentError {}

impl serde::de::Error for ArgumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            index: None,
            message: message.to_string(),
        }
    }
}

impl From<ArgumentError> for Diagnostic {
    fn from(fault: ArgumentError) -> Self {
        match fault.index {
            Some(index) => Self {
                summary: "The argument is of the right type, but not a value that the function can take".into(),
                detail: "".into(),
                attribute: tf_provider::AttributePath::function_argument(i64::try_from(index).unwrap_or(i64::MAX)),
            },
            None => error("Internal error of the provider", fault.message),
        }
    }
}
