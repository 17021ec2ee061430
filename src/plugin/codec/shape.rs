//! What a schema says about the form of a value and about null.

use rmpv::Value as Tree;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, Block, NestedBlock, Type};

use super::tree;

/// The form a value must have. Object attributes are sorted by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    String,
    Number,
    Bool,
    /// Any type: travels as a pair of type and value.
    Dynamic,
    List(Box<Shape>),
    Set(Box<Shape>),
    Map(Box<Shape>),
    Tuple(Vec<Shape>),
    Object(Vec<(String, Shape)>),
    /// A form with a rule about null.
    Ruled(Rule, Box<Shape>),
}

/// Says where a value may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Never, as it is a nested block: an absent one is the empty list, set,
    /// map or group.
    Block,
    /// Not in a configuration.
    Required,
    /// Always in a configuration.
    ReadOnly,
}

impl Shape {
    /// The shape of a schema's root block, or of a nested one.
    pub(crate) fn of_block(block: &Block) -> Self {
        let attributes = block.attributes.iter();
        let attributes = attributes.map(|(name, attribute)| (name, Self::of_attribute(attribute)));
        let blocks = block.blocks.iter();
        let blocks = blocks.map(|(name, block)| (name, Self::of_nested_block(block)));
        Self::object(attributes.chain(blocks))
    }

    /// The shape of a function's parameter or result.
    pub(crate) fn of_type(r#type: &Type) -> Self {
        match r#type {
            Type::String => Self::String,
            Type::Number => Self::Number,
            Type::Bool => Self::Bool,
            Type::Any => Self::Dynamic,
            Type::List(element) => Self::List(Box::new(Self::of_type(element))),
            Type::Set(element) => Self::Set(Box::new(Self::of_type(element))),
            Type::Map(element) => Self::Map(Box::new(Self::of_type(element))),
            Type::Tuple(elements) => Self::Tuple(elements.iter().map(Self::of_type).collect()),
            Type::Object(fields) => Self::object(fields.iter().map(|(name, field)| (name, Self::of_type(field)))),
        }
    }

    fn of_attribute(attribute: &Attribute) -> Self {
        let shape = Self::of_attribute_type(&attribute.attr_type);
        match attribute.constraint {
            AttributeConstraint::Required => shape.ruled(Rule::Required),
            AttributeConstraint::Computed => shape.ruled(Rule::ReadOnly),
            AttributeConstraint::Optional | AttributeConstraint::OptionalComputed => shape,
        }
    }

    fn ruled(self, rule: Rule) -> Self {
        Self::Ruled(rule, Box::new(self))
    }

    fn of_attribute_type(r#type: &AttributeType) -> Self {
        match r#type {
            AttributeType::String => Self::String,
            AttributeType::Number => Self::Number,
            AttributeType::Bool => Self::Bool,
            AttributeType::Any => Self::Dynamic,
            AttributeType::List(element) => Self::List(Box::new(Self::of_attribute_type(element))),
            AttributeType::Set(element) => Self::Set(Box::new(Self::of_attribute_type(element))),
            AttributeType::Map(element) => Self::Map(Box::new(Self::of_attribute_type(element))),
            AttributeType::Tuple(elements) => Self::Tuple(elements.iter().map(Self::of_attribute_type).collect()),
            AttributeType::Object(fields) => Self::object(
                fields
                    .iter()
                    .map(|(name, field)| (name, Self::of_attribute_type(field))),
            ),
            AttributeType::AttributeSingle(nested) => Self::of_nested(nested),
            AttributeType::AttributeList(nested) => Self::List(Box::new(Self::of_nested(nested))),
            AttributeType::AttributeSet(nested) => Self::Set(Box::new(Self::of_nested(nested))),
            AttributeType::AttributeMap(nested) => Self::Map(Box::new(Self::of_nested(nested))),
        }
    }

    fn of_nested(attributes: &std::collections::HashMap<String, Attribute>) -> Self {
        let attributes = attributes.iter();
        Self::object(attributes.map(|(name, attribute)| (name, Self::of_attribute(attribute))))
    }

    fn of_nested_block(block: &NestedBlock) -> Self {
        match block {
            NestedBlock::Single(block) => Self::of_block(block),
            NestedBlock::Group(block) => Self::of_block(block).ruled(Rule::Block),
            NestedBlock::List(block) | NestedBlock::Optional(block) => {
                Self::List(Box::new(Self::of_block(block))).ruled(Rule::Block)
            }
            NestedBlock::Set(block) => Self::Set(Box::new(Self::of_block(block))).ruled(Rule::Block),
            NestedBlock::Map(block) => Self::Map(Box::new(Self::of_block(block))).ruled(Rule::Block),
        }
    }

    fn object<'a>(fields: impl Iterator<Item = (&'a String, Self)>) -> Self {
        let mut fields: Vec<_> = fields.map(|(name, shape)| (name.clone(), shape)).collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Self::Object(fields)
    }

    /// Reads a type as dynamic values carry it: JSON text such as
    /// `["list","string"]`.
    pub(crate) fn from_type_json(json: &[u8]) -> Option<Self> {
        Self::from_type_tree(&tree::from_json(json).ok()?)
    }

    /// Reads a type from JSON that is parsed already.
    pub(crate) fn from_type_tree(tree: &Tree) -> Option<Self> {
        if let Some(name) = tree.as_str() {
            return match name {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            };
        }
        let (kind, of) = match tree.as_array()?.as_slice() {
            // An object may name its optional attributes in a third place.
            [kind, of] | [kind, of, Tree::Array(_)] => (kind.as_str()?, of),
            _ => return None,
        };
        let element = || Self::from_type_tree(of).map(Box::new);
        match kind {
            "list" => element().map(Self::List),
            "set" => element().map(Self::Set),
            "map" => element().map(Self::Map),
            "tuple" => {
                let elements = of.as_array()?.iter().map(Self::from_type_tree);
                elements.collect::<Option<_>>().map(Self::Tuple)
            }
            "object" => {
                let fields = of.as_map()?.iter();
                let fields = fields.map(|(name, of)| Some((name.as_str()?.to_owned(), Self::from_type_tree(of)?)));
                let mut fields = fields.collect::<Option<Vec<_>>>()?;
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Some(Self::Object(fields))
            }
            _ => None,
        }
    }

    /// The type as JSON, the reverse of [`Shape::from_type_tree`].
    pub(crate) fn to_type_json(&self) -> serde_json::Value {
        use serde_json::json;
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_type_json()]),
            Self::Set(element) => json!(["set", element.to_type_json()]),
            Self::Map(element) => json!(["map", element.to_type_json()]),
            Self::Ruled(_, shape) => shape.to_type_json(),
            Self::Tuple(elements) => {
                json!(["tuple", elements.iter().map(Self::to_type_json).collect::<Vec<_>>()])
            }
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, field)| (name.clone(), field.to_type_json()));
                json!(["object", fields.collect::<serde_json::Map<_, _>>()])
            }
        }
    }

    /// What a value of this shape is called in a message.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Dynamic => "a value with its type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Object(_) => "an object",
            Self::Ruled(_, shape) => shape.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_json() {
        let types = [
            r#""string""#,
            r#"["list","number"]"#,
            r#"["set",["object",{"a":"bool","b":["map","dynamic"]}]]"#,
            r#"["tuple",["string",["list","bool"]]]"#,
        ];
        for json in types {
            let shape = Shape::from_type_json(json.as_bytes()).unwrap();
            assert_eq!(shape.to_type_json().to_string(), json);
        }
    }

    #[test]
    fn nonsense_is_no_type() {
        for json in [
            "",
            "null",
            "3",
            r#""str""#,
            r#"["list"]"#,
            r#"["list","x"]"#,
            r#"["object",[]]"#,
            r#"["tuple","string"]"#,
            r#"{"list":"string"}"#,
        ] {
            assert_eq!(Shape::from_type_json(json.as_bytes()), None, "{json}");
        }
        let deep = "[\"list\",".repeat(10_000);
        assert_eq!(Shape::from_type_json(deep.as_bytes()), None);
    }

    #[test]
    fn optional_attributes_of_an_object_type_are_accepted() {
        let shape = Shape::from_type_json(br#"["object",{"a":"string"},["a"]]"#).unwrap();
        assert_eq!(shape, Shape::Object(vec![("a".to_owned(), Shape::String)]));
    }
}
