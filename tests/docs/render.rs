//! Schemas as the pages of the Terraform Registry
//! (<https://developer.hashicorp.com/terraform/registry/providers/docs>).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::Path;

use terraform_provider_autopilot::plugin::Schemas;
use tf_provider::schema::{Attribute, AttributeConstraint, AttributeType, FunctionSchema, Schema, Type};

const PREFIX: &str = "autopilot_";

/// Every page by its path below docs/.
pub(crate) fn pages(schemas: &Schemas, examples: &Path) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    pages.insert("index.md".to_owned(), provider(&schemas.provider, examples));
    for (name, schema) in &schemas.resources {
        let short = name.trim_start_matches(PREFIX);
        pages.insert(
            format!("resources/{short}.md"),
            resource(name, schema, &examples.join("resources").join(name)),
        );
    }
    for (name, schema) in &schemas.data_sources {
        let short = name.trim_start_matches(PREFIX);
        let folder = examples.join("data-sources").join(name);
        pages.insert(format!("data-sources/{short}.md"), data_source(name, schema, &folder));
    }
    for (name, schema) in &schemas.functions {
        pages.insert(
            format!("functions/{name}.md"),
            function(name, schema, &examples.join("functions").join(name)),
        );
    }
    pages
}

fn provider(schema: &Schema, examples: &Path) -> String {
    let mut page = front_matter("autopilot Provider", &schema.block.description.content);
    page += "# autopilot Provider\n\n";
    section(&mut page, None, &schema.block.description.content);
    example(
        &mut page,
        "Example Usage",
        &examples.join("provider/provider.tf"),
        "terraform",
    );
    attributes(&mut page, &schema.block.attributes);
    page
}

fn resource(name: &str, schema: &Schema, examples: &Path) -> String {
    let mut page = front_matter(
        &format!("{name} Resource - autopilot"),
        &schema.block.description.content,
    );
    let _ = write!(page, "# {name} (Resource)\n\n");
    section(&mut page, None, &schema.block.description.content);
    example(&mut page, "Example Usage", &examples.join("resource.tf"), "terraform");
    attributes(&mut page, &schema.block.attributes);
    page += "\n## Import\n\n";
    page += "In Terraform 1.5 and later, with an `import` block:\n\n";
    code(&mut page, &examples.join("import-by-string-id.tf"), "terraform");
    page += "\nOr with the `terraform import` command:\n\n";
    code(&mut page, &examples.join("import.sh"), "shell");
    page
}

fn data_source(name: &str, schema: &Schema, examples: &Path) -> String {
    let mut page = front_matter(
        &format!("{name} Data Source - autopilot"),
        &schema.block.description.content,
    );
    let _ = write!(page, "# {name} (Data Source)\n\n");
    section(&mut page, None, &schema.block.description.content);
    example(
        &mut page,
        "Example Usage",
        &examples.join("data-source.tf"),
        "terraform",
    );
    attributes(&mut page, &schema.block.attributes);
    page
}

fn function(name: &str, schema: &FunctionSchema, examples: &Path) -> String {
    let mut page = front_matter(&format!("{name} function - autopilot"), &schema.summary);
    let _ = write!(page, "# function: {name}\n\n");
    section(&mut page, None, &schema.description.content);
    example(&mut page, "Example Usage", &examples.join("function.tf"), "terraform");
    page += "## Signature\n\n";
    let parameters: Vec<_> = schema
        .parameters
        .iter()
        .map(|p| format!("{} {}", p.name, function_type(&p.param_type)))
        .collect();
    let _ = write!(
        page,
        "```text\n{name}({}) {}\n```\n\n## Arguments\n\n",
        parameters.join(", "),
        function_type(&schema.return_type)
    );
    for (position, parameter) in schema.parameters.iter().enumerate() {
        let _ = writeln!(
            page,
            "{}. `{}` ({}) {}",
            position + 1,
            parameter.name,
            title(&function_type(&parameter.param_type)),
            parameter.description.content
        );
    }
    page
}

fn front_matter(title: &str, description: &str) -> String {
    let description = description.lines().next().unwrap_or_default();
    format!("---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {description}\n---\n\n")
}

fn section(page: &mut String, heading: Option<&str>, text: &str) {
    if let Some(heading) = heading {
        let _ = write!(page, "## {heading}\n\n");
    }
    let _ = write!(page, "{text}\n\n");
}

fn example(page: &mut String, heading: &str, file: &Path, language: &str) {
    let _ = write!(page, "## {heading}\n\n");
    code(page, file, language);
    page.push('\n');
}

/// Every example exists: a page without one is not finished.
fn code(page: &mut String, file: &Path, language: &str) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let _ = write!(page, "```{language}\n{}\n```\n", text.trim_end());
}

fn attributes(page: &mut String, attributes: &HashMap<String, Attribute>) {
    page.push_str("## Schema\n");
    let mut nested = Vec::new();
    groups(page, Place::Top, attributes, "", &mut nested);
    while !nested.is_empty() {
        let (path, attributes) = nested.remove(0);
        let _ = write!(
            page,
            "\n<a id=\"nestedatt--{}\"></a>\n### Nested Schema for `{path}`\n",
            anchor(&path)
        );
        groups(page, Place::Nested, attributes, &path, &mut nested);
    }
}

/// Where attributes stand: in sections of the page, or in a nested schema under plain lines, as tfplugindocs has them.
#[derive(Clone, Copy)]
enum Place {
    Top,
    Nested,
}

fn groups<'a>(
    page: &mut String,
    place: Place,
    attributes: &'a HashMap<String, Attribute>,
    parent: &str,
    nested: &mut Vec<(String, &'a HashMap<String, Attribute>)>,
) {
    let sorted: BTreeMap<_, _> = attributes.iter().collect();
    for (title, wanted) in [
        ("Required", [true, false, false]),
        ("Optional", [false, true, false]),
        ("Read-Only", [false, false, true]),
    ] {
        let matching: Vec<_> = sorted
            .iter()
            .filter(|(_, attribute)| match attribute.constraint {
                AttributeConstraint::Required => wanted[0],
                AttributeConstraint::Optional | AttributeConstraint::OptionalComputed => wanted[1],
                AttributeConstraint::Computed => wanted[2],
            })
            .collect();
        if matching.is_empty() {
            continue;
        }
        let _ = match place {
            Place::Top => write!(page, "\n### {title}\n\n"),
            Place::Nested => write!(page, "\n{title}:\n\n"),
        };
        for (name, attribute) in matching {
            let path = if parent.is_empty() {
                (*name).clone()
            } else {
                format!("{parent}.{name}")
            };
            let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
            let (kind, inner) = attribute_type(&attribute.attr_type);
            let _ = write!(page, "- `{name}` ({kind}{sensitive}) {}", attribute.description.content);
            if let Some(inner) = inner {
                let _ = write!(page, " (see [below for nested schema](#nestedatt--{}))", anchor(&path));
                nested.push((path, inner));
            }
            page.push('\n');
        }
    }
}

fn anchor(path: &str) -> String {
    path.replace('.', "--")
}

fn attribute_type(kind: &AttributeType) -> (String, Option<&HashMap<String, Attribute>>) {
    let of = |name: &str, inner: &AttributeType| (format!("{name} of {}", attribute_type(inner).0), None);
    match kind {
        AttributeType::List(inner) => of("List", inner),
        AttributeType::Set(inner) => of("Set", inner),
        AttributeType::Map(inner) => of("Map", inner),
        AttributeType::AttributeSingle(inner) => ("Attributes".to_owned(), Some(inner)),
        AttributeType::AttributeList(inner) => ("Attributes List".to_owned(), Some(inner)),
        AttributeType::AttributeSet(inner) => ("Attributes Set".to_owned(), Some(inner)),
        AttributeType::AttributeMap(inner) => ("Attributes Map".to_owned(), Some(inner)),
        AttributeType::String => ("String".to_owned(), None),
        AttributeType::Number => ("Number".to_owned(), None),
        AttributeType::Bool => ("Boolean".to_owned(), None),
        AttributeType::Object(_) => ("Object".to_owned(), None),
        AttributeType::Tuple(_) => ("Tuple".to_owned(), None),
        AttributeType::Any => ("Dynamic".to_owned(), None),
    }
}

fn function_type(kind: &Type) -> String {
    match kind {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::List(inner) => format!("list of {}", function_type(inner)),
        Type::Set(inner) => format!("set of {}", function_type(inner)),
        Type::Map(inner) => format!("map of {}", function_type(inner)),
        Type::Object(_) => "object".to_owned(),
        Type::Tuple(_) => "tuple".to_owned(),
        Type::Any => "dynamic".to_owned(),
    }
}

fn title(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
