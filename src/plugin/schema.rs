//! tf-provider's schemas as protocol messages.

use std::collections::HashMap;

use tf_provider::schema::{
    Attribute, AttributeConstraint, AttributeType, Block, Description, FunctionSchema, NestedBlock, Parameter, Schema,
    StringKind,
};

use super::proto::tfplugin6 as tf;

/// The schema of a provider, a resource or a data source.
pub(crate) fn message(schema: &Schema) -> tf::Schema {
    tf::Schema {
        version: schema.version,
        block: Some(block(&schema.block)),
    }
}

/// The signature of a function.
pub(crate) fn function(schema: &FunctionSchema) -> tf::Function {
    let deprecation_message = match &schema.deprecated {
        None => String::new(),
        Some(message) if message.is_empty() => "This function is deprecated.".to_owned(),
        Some(message) => message.clone(),
    };
    tf::Function {
        parameters: schema.parameters.iter().map(parameter).collect(),
        variadic_parameter: schema.variadic.as_ref().map(parameter),
        r#return: Some(tf::function::Return {
            r#type: schema.return_type.to_string().into_bytes(),
        }),
        summary: schema.summary.clone(),
        description: schema.description.content.clone(),
        description_kind: kind(&schema.description),
        deprecation_message,
    }
}

fn block(block: &Block) -> tf::schema::Block {
    tf::schema::Block {
        version: block.version,
        attributes: attributes(&block.attributes),
        block_types: sorted(&block.blocks)
            .map(|(name, block)| nested_block(name, block))
            .collect(),
        description: block.description.content.clone(),
        description_kind: kind(&block.description),
        deprecated: block.deprecated,
        ..Default::default()
    }
}

fn attributes(attributes: &HashMap<String, Attribute>) -> Vec<tf::schema::Attribute> {
    sorted(attributes)
        .map(|(name, attribute)| self::attribute(name, attribute))
        .collect()
}

fn attribute(name: &str, attribute: &Attribute) -> tf::schema::Attribute {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};

    let nested_type = nested_type(&attribute.attr_type);
    // Terraform refuses an attribute that has both.
    let r#type = match nested_type {
        Some(_) => Vec::new(),
        None => attribute.attr_type.to_string().into_bytes(),
    };
    tf::schema::Attribute {
        name: name.to_owned(),
        r#type,
        nested_type,
        description: attribute.description.content.clone(),
        description_kind: kind(&attribute.description),
        required: matches!(attribute.constraint, Required),
        optional: matches!(attribute.constraint, Optional | OptionalComputed),
        computed: matches!(attribute.constraint, Computed | OptionalComputed),
        sensitive: attribute.sensitive,
        deprecated: attribute.deprecated,
        ..Default::default()
    }
}

fn nested_type(r#type: &AttributeType) -> Option<tf::schema::Object> {
    use tf::schema::object::NestingMode;

    let (nesting, nested) = match r#type {
        AttributeType::AttributeSingle(nested) => (NestingMode::Single, nested),
        AttributeType::AttributeList(nested) => (NestingMode::List, nested),
        AttributeType::AttributeSet(nested) => (NestingMode::Set, nested),
        AttributeType::AttributeMap(nested) => (NestingMode::Map, nested),
        _ => return None,
    };
    Some(tf::schema::Object {
        attributes: attributes(nested),
        nesting: nesting.into(),
        ..Default::default()
    })
}

fn nested_block(name: &str, nested: &NestedBlock) -> tf::schema::NestedBlock {
    use tf::schema::nested_block::NestingMode;

    // Zero items at most means no limit.
    let (nesting, block, min_items, max_items) = match nested {
        NestedBlock::Single(block) => (NestingMode::Single, block, 1, 1),
        NestedBlock::List(block) => (NestingMode::List, block, 0, 0),
        NestedBlock::Set(block) => (NestingMode::Set, block, 0, 0),
        NestedBlock::Map(block) => (NestingMode::Map, block, 0, 0),
        NestedBlock::Group(block) => (NestingMode::Group, block, 0, 0),
        NestedBlock::Optional(block) => (NestingMode::List, block, 0, 1),
    };
    tf::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(self::block(block)),
        nesting: nesting.into(),
        min_items,
        max_items,
    }
}

fn parameter(parameter: &Parameter) -> tf::function::Parameter {
    tf::function::Parameter {
        name: parameter.name.clone(),
        r#type: parameter.param_type.to_string().into_bytes(),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: parameter.allow_unknown,
        description: parameter.description.content.clone(),
        description_kind: kind(&parameter.description),
    }
}

fn kind(description: &Description) -> i32 {
    match description.kind {
        StringKind::Plain => tf::StringKind::Plain.into(),
        StringKind::Markdown => tf::StringKind::Markdown.into(),
    }
}

/// By name, so that an answer is the same every time.
fn sorted<T>(map: &HashMap<String, T>) -> impl Iterator<Item = (&String, &T)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    entries.into_iter()
}

#[cfg(test)]
mod tests {
    use tf_provider::map;

    use super::*;

    fn of(attr_type: AttributeType, constraint: AttributeConstraint) -> tf::schema::Attribute {
        attribute(
            "a",
            &Attribute {
                attr_type,
                constraint,
                ..Default::default()
            },
        )
    }

    #[test]
    fn a_nested_attribute_has_no_type() {
        let inner: HashMap<String, Attribute> = map! { "b" => Attribute::default() };
        for nested in [
            AttributeType::AttributeSingle(inner.clone()),
            AttributeType::AttributeList(inner.clone()),
            AttributeType::AttributeSet(inner.clone()),
            AttributeType::AttributeMap(inner),
        ] {
            let message = of(nested, AttributeConstraint::Optional);
            assert!(message.r#type.is_empty());
            assert_eq!(message.nested_type.unwrap().attributes[0].name, "b");
        }
        let plain = of(
            AttributeType::Set(Box::new(AttributeType::String)),
            AttributeConstraint::Optional,
        );
        assert_eq!(plain.r#type, br#"["set","string"]"#);
        assert_eq!(plain.nested_type, None);
    }

    #[test]
    fn constraints_map_to_three_flags() {
        let flags = |constraint| {
            let message = of(AttributeType::Bool, constraint);
            (message.required, message.optional, message.computed)
        };
        assert_eq!(flags(AttributeConstraint::Required), (true, false, false));
        assert_eq!(flags(AttributeConstraint::Optional), (false, true, false));
        assert_eq!(flags(AttributeConstraint::Computed), (false, false, true));
        assert_eq!(flags(AttributeConstraint::OptionalComputed), (false, true, true));
    }
}
