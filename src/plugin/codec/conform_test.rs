use proptest::prelude::*;
use tf_provider::Diagnostic;

use super::*;

/// One of each kind, and some within others.
fn shape() -> Shape {
    let object = |fields: &[(&str, Shape)]| {
        let mut fields: Vec<_> = fields
            .iter()
            .map(|(name, shape)| ((*name).to_owned(), shape.clone()))
            .collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        Shape::Object(fields)
    };
    let inner = object(&[("flag", Shape::Bool), ("count", Shape::Number)]);
    let boxed = |shape: &Shape| Box::new(shape.clone());
    object(&[
        ("text", Shape::String),
        ("number", Shape::Number),
        ("flag", Shape::Bool),
        ("anything", Shape::Dynamic),
        ("list", Shape::List(boxed(&inner))),
        ("set", Shape::Set(boxed(&inner))),
        ("map", Shape::Map(boxed(&Shape::List(boxed(&Shape::String))))),
        ("pair", Shape::Tuple(vec![Shape::String, inner.clone()])),
        (
            "blocks",
            Shape::Ruled(Rule::Block, Box::new(Shape::List(boxed(&inner)))),
        ),
        ("group", Shape::Ruled(Rule::Block, boxed(&inner))),
        ("inner", inner),
    ])
}

/// Any value of a shape, in the spelling of the wire.
fn value_of(shape: &Shape) -> BoxedStrategy<Tree> {
    let known = match shape {
        Shape::String => "[a-z\u{e9}\u{1f600}\"]{0,6}".prop_map(Tree::from).boxed(),
        Shape::Bool => any::<bool>().prop_map(Tree::from).boxed(),
        Shape::Number => prop_oneof![
            any::<i64>().prop_map(|n| Tree::from(n.to_string())),
            any::<u64>().prop_map(|n| Tree::from(n.to_string())),
            (-1000..1000i32).prop_map(|n| Tree::from((f64::from(n) + 0.25).to_string())),
        ]
        .boxed(),
        Shape::Dynamic => prop::collection::vec("[a-z]{0,3}", 0..3)
            .prop_map(|list| {
                let list = Tree::Array(list.into_iter().map(Tree::from).collect());
                Tree::Array(vec![Tree::Binary(br#"["list","string"]"#.to_vec()), list])
            })
            .boxed(),
        Shape::List(element) | Shape::Set(element) => prop::collection::vec(value_of(element), 0..4)
            .prop_map(Tree::Array)
            .boxed(),
        Shape::Map(element) => prop::collection::btree_map("[a-z]{0,3}", value_of(element), 0..4)
            .prop_map(|map| Tree::Map(map.into_iter().map(|(key, value)| (Tree::from(key), value)).collect()))
            .boxed(),
        Shape::Tuple(shapes) => shapes
            .iter()
            .map(value_of)
            .collect::<Vec<_>>()
            .prop_map(Tree::Array)
            .boxed(),
        Shape::Object(fields) => {
            let names: Vec<_> = fields.iter().map(|(name, _)| Tree::from(name.as_str())).collect();
            let values: Vec<_> = fields.iter().map(|(_, shape)| value_of(shape)).collect();
            values
                .prop_map(move |values| Tree::Map(names.iter().cloned().zip(values).collect()))
                .boxed()
        }
        Shape::Ruled(_, shape) => {
            let never_null = value_of(shape).prop_filter("a block", |value| !value.is_nil());
            return never_null.boxed();
        }
    };
    prop_oneof![8 => known, 1 => Just(Tree::Nil), 1 => Just(unknown())].boxed()
}

/// Any tree at all.
fn anything() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Nil),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<f64>().prop_map(Tree::F64),
        "[a-z]{0,6}".prop_map(Tree::from),
        any::<Vec<u8>>().prop_map(Tree::Binary),
        any::<(i8, Vec<u8>)>().prop_map(|(kind, data)| Tree::Ext(kind, data)),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let key = prop_oneof![
            prop::sample::select(vec!["text", "list", "inner", "flag", "count", "type", "value"]).prop_map(Tree::from),
            inner.clone(),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Tree::Array),
            prop::collection::vec((key, inner), 0..8).prop_map(Tree::Map),
        ]
    })
}

fn through(tree: Tree, style: Style, rules: Rules) -> Result<Tree, Diagnostics> {
    let mut diags = Diagnostics::default();
    let conformed = conform(tree, &shape(), (Origin::CONFIG, style, rules), &mut diags);
    assert_eq!(conformed.is_none(), !diags.errors.is_empty());
    conformed.ok_or(diags)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_fits_is_left_alone(value in value_of(&shape())) {
        prop_assert_eq!(through(value.clone(), Style::Wire, Rules::Exact), Ok(value));
    }

    #[test]
    fn what_fits_survives_the_typed_spelling(value in value_of(&shape())) {
        let typed = through(value.clone(), Style::Typed, Rules::Exact).unwrap();
        prop_assert_eq!(through(typed, Style::Wire, Rules::Exact), Ok(value));
    }

    #[test]
    fn conforming_twice_changes_nothing_more(value in anything()) {
        for style in [Style::Typed, Style::Wire] {
            if let Ok(once) = through(value.clone(), style, Rules::Stored) {
                prop_assert_eq!(through(once.clone(), style, Rules::Exact), Ok(once));
            }
        }
    }

    #[test]
    fn bytes_never_panic(bytes in any::<Vec<u8>>()) {
        if let Ok(tree) = crate::plugin::codec::tree::from_msgpack(&bytes) {
            let _ = through(tree, Style::Typed, Rules::Stored);
        }
    }
}

fn errors(tree: Tree) -> Vec<(String, String)> {
    let diags = through(tree, Style::Typed, Rules::Exact).unwrap_err();
    let text = |diag: Diagnostic| {
        (
            diag.attribute.to_string(),
            diag.detail.lines().next().unwrap_or_default().to_owned(),
        )
    };
    diags.errors.into_iter().map(text).collect()
}

fn object(fields: &[(&str, Tree)]) -> Tree {
    Tree::Map(
        fields
            .iter()
            .map(|(name, value)| (Tree::from(*name), value.clone()))
            .collect(),
    )
}

#[test]
fn what_is_missing_is_null_and_blocks_are_empty() {
    let empty = through(object(&[]), Style::Wire, Rules::Exact).unwrap();
    let fields = empty.as_map().unwrap();
    assert_eq!(fields.len(), 11);
    for (name, value) in fields {
        let expected = match name.as_str().unwrap() {
            "blocks" => Tree::Array(vec![]),
            "group" => object(&[("count", Tree::Nil), ("flag", Tree::Nil)]),
            _ => Tree::Nil,
        };
        assert_eq!(value, &expected, "{name}");
    }
}

#[test]
fn unknown_attributes_are_dropped_only_when_told_to() {
    let more = object(&[
        ("inner", object(&[("flag", true.into()), ("retired", 1.into())])),
        ("old", 2.into()),
    ]);
    let dropped = through(more.clone(), Style::Wire, Rules::Stored).unwrap();
    let kept = object(&[("inner", object(&[("flag", true.into())]))]);
    assert_eq!(Ok(dropped), through(kept, Style::Wire, Rules::Exact));
    let places = errors(more);
    assert_eq!(places.len(), 2);
    assert!(places[0].1.contains("an attribute \"old\""), "{places:?}");
    assert!(
        places[1]
            .1
            .contains("at inner in the configuration, found an attribute \"retired\""),
        "{places:?}"
    );
}

#[test]
fn odd_objects_are_refused() {
    let twice = Tree::Map(vec![("flag".into(), true.into()), ("flag".into(), false.into())]);
    assert!(errors(twice)[0].1.contains("the attribute \"flag\" twice"));
    let numbered = Tree::Map(vec![(1.into(), true.into())]);
    assert!(errors(numbered)[0].1.contains("a name that is no text"));
    let long = Tree::Map(vec![("x".repeat(1000).into(), Tree::Nil)]);
    assert!(errors(long)[0].1.len() < 200);
    assert!(
        errors(object(&[("pair", Tree::Array(vec!["a".into()]))]))[0]
            .1
            .contains("1 elements")
    );
}

#[test]
fn text_must_be_utf_8() {
    let mut bytes = b"\x81\xa4text\xa2".to_vec();
    bytes.extend([0xff, 0xfe]);
    let tree = crate::plugin::codec::tree::from_msgpack(&bytes).unwrap();
    assert_eq!(errors(tree)[0].0, "text");
}

#[test]
fn json_writes_dynamic_values_as_objects() {
    let json = br#"{"anything":{"value":[1,"2"],"type":["tuple",["number","string"]]}}"#;
    let tree = crate::plugin::codec::tree::from_json(json).unwrap();
    let conformed = through(tree, Style::Wire, Rules::Exact).unwrap();
    let r#type = Tree::Binary(br#"["tuple",["number","string"]]"#.to_vec());
    let expected = Tree::Array(vec![r#type, Tree::Array(vec!["1".into(), "2".into()])]);
    assert_eq!(conformed.as_map().unwrap()[0].1, expected);
}

#[test]
fn messages_never_hold_a_value() {
    let secret = "hunter2";
    for name in [
        "number", "flag", "anything", "list", "set", "map", "pair", "blocks", "inner",
    ] {
        for (_, detail) in errors(object(&[(name, secret.into())])) {
            assert!(!detail.contains(secret), "{detail}");
        }
    }
}
