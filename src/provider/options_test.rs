//! Tests of the options: what is read from where, and what is refused.

use super::*;

fn text(text: &str) -> Value<String> {
    Value::Value(text.to_owned())
}

fn paths(config: &ProviderConfig, environment: &dyn Fn(&str) -> Option<String>) -> Vec<AttributePath> {
    let mut diags = Diagnostics::default();
    let options = Options::of(&mut diags, config, environment);
    assert_eq!(options.is_none(), !diags.errors.is_empty());
    diags.errors.into_iter().map(|error| error.attribute).collect()
}

#[test]
fn what_is_not_known_is_collected_and_no_error() {
    let mut diags = Diagnostics::default();
    let config = ProviderConfig {
        tenant_id: Value::Unknown,
        use_msi: Value::Unknown,
        max_retries: Value::Unknown,
        ..ProviderConfig::default()
    };
    let options = Options::of(&mut diags, &config, &|_| None).unwrap();
    assert_eq!(options.not_known, ["tenant_id", "use_msi", "max_retries"]);
    assert!(diags.errors.is_empty());
}

#[test]
fn each_mistake_is_refused_where_it_stands() {
    let number = |number| Value::Value(Number(number));
    let table = [
        (
            ProviderConfig {
                api_version: text("v2.0"),
                ..Default::default()
            },
            "api_version",
        ),
        (
            ProviderConfig {
                max_retries: number(1.5),
                ..Default::default()
            },
            "max_retries",
        ),
        (
            ProviderConfig {
                max_retries: number(11.0),
                ..Default::default()
            },
            "max_retries",
        ),
        (
            ProviderConfig {
                request_timeout: text("soon"),
                ..Default::default()
            },
            "request_timeout",
        ),
        (
            ProviderConfig {
                member_checks: text("on"),
                ..Default::default()
            },
            "member_checks",
        ),
        (
            ProviderConfig {
                environment: text("moon"),
                ..Default::default()
            },
            "environment",
        ),
        (
            ProviderConfig {
                tenant_id: text("x y"),
                ..Default::default()
            },
            "tenant_id",
        ),
        (
            ProviderConfig {
                client_id: text("not-a-guid"),
                ..Default::default()
            },
            "client_id",
        ),
        (
            ProviderConfig {
                graph_endpoint: text("http://example.com"),
                ..Default::default()
            },
            "graph_endpoint",
        ),
        (
            ProviderConfig {
                authority_host: text("http://localhost"),
                ..Default::default()
            },
            "authority_host",
        ),
    ];
    for (config, attribute) in table {
        assert_eq!(paths(&config, &|_| None), [AttributePath::new(attribute)]);
    }
}

#[test]
fn ids_from_the_environment_are_checked_too() {
    for (variable, id, attribute) in [
        ("ARM_TENANT_ID", "x y", Some("tenant_id")),
        ("ARM_TENANT_ID", " contoso.onmicrosoft.com\n", None),
        ("ARM_TENANT_ID", "\n", None),
        ("ARM_CLIENT_ID", "hunter2", Some("client_id")),
        ("ARM_CLIENT_ID", " 7b795fb9-09d3-42f4-a494-38864f99ba3c", None),
    ] {
        let environment = |name: &str| (name == variable).then(|| id.to_owned());
        let mut diags = Diagnostics::default();
        Options::of(&mut diags, &ProviderConfig::default(), &environment);
        let paths: Vec<_> = diags.errors.iter().map(|error| error.attribute.clone()).collect();
        let expected: Vec<_> = attribute.map(AttributePath::new).into_iter().collect();
        assert_eq!(paths, expected, "{variable}={id:?}");
        for error in diags.errors {
            assert!(
                error.detail.contains(variable) && !error.detail.contains(id),
                "{}",
                error.detail
            );
        }
    }
}

#[test]
fn azure_pipelines_is_known_by_its_address() {
    for (variables, block, pipelines) in [
        (vec!["SYSTEM_OIDCREQUESTURI"], Value::Null, true),
        (vec!["SYSTEM_OIDCREQUESTURI"], text("SYSTEM_OIDCREQUESTURI"), true),
        (vec!["SYSTEM_OIDCREQUESTURI"], text("elsewhere"), false),
        (
            vec!["SYSTEM_OIDCREQUESTURI", "ACTIONS_ID_TOKEN_REQUEST_URL"],
            Value::Null,
            false,
        ),
        (vec!["ACTIONS_ID_TOKEN_REQUEST_URL"], Value::Null, false),
        (vec![], Value::Null, false),
    ] {
        let config = ProviderConfig {
            oidc_request_url: block,
            ..ProviderConfig::default()
        };
        // Each variable holds its own name.
        let environment = |name: &str| variables.contains(&name).then(|| name.to_owned());
        let options = Options::of(&mut Diagnostics::default(), &config, &environment).unwrap();
        assert_eq!(
            options.sign_in.oidc_request_url_is_pipelines, pipelines,
            "{variables:?}"
        );
    }
}

#[test]
fn switches_are_read_from_the_environment_and_the_block_comes_first() {
    let environment = |name: &str| match name {
        "ARM_USE_MSI" => Some("TRUE".to_owned()),
        "ARM_USE_CLI" => Some("0".to_owned()),
        _ => None,
    };
    let mut diags = Diagnostics::default();
    let config = ProviderConfig {
        use_cli: Value::Value(true),
        ..ProviderConfig::default()
    };
    let sign_in = Options::of(&mut diags, &config, &environment).unwrap().sign_in;
    assert!(sign_in.use_msi && sign_in.use_cli && !sign_in.use_oidc);
    let garbage = |name: &str| (name == "ARM_USE_OIDC").then(|| "perhaps".to_owned());
    assert_eq!(
        paths(&ProviderConfig::default(), &garbage),
        [AttributePath::new("use_oidc")]
    );
}
