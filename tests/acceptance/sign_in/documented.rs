//! What the schema says of the provider's attributes: each has a description, which names its environment variables.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::Lab;

/// Every attribute of the provider block with the variables that stand for it, in their order.
const VARIABLES: [(&str, &[&str]); 25] = [
    (
        "ado_pipeline_service_connection_id",
        &[
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
            "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
        ],
    ),
    ("api_version", &[]),
    ("authority_host", &["AZURE_AUTHORITY_HOST"]),
    ("client_certificate", &["ARM_CLIENT_CERTIFICATE"]),
    ("client_certificate_password", &["ARM_CLIENT_CERTIFICATE_PASSWORD"]),
    ("client_certificate_path", &["ARM_CLIENT_CERTIFICATE_PATH"]),
    ("client_id", &["ARM_CLIENT_ID"]),
    ("client_id_file_path", &["ARM_CLIENT_ID_FILE_PATH"]),
    ("client_secret", &["ARM_CLIENT_SECRET"]),
    ("client_secret_file_path", &["ARM_CLIENT_SECRET_FILE_PATH"]),
    ("environment", &["ARM_ENVIRONMENT"]),
    ("graph_endpoint", &["AUTOPILOT_GRAPH_ENDPOINT"]),
    ("max_retries", &[]),
    ("member_checks", &["AUTOPILOT_MEMBER_CHECKS"]),
    ("msi_endpoint", &["ARM_MSI_ENDPOINT"]),
    (
        "oidc_request_token",
        &[
            "ARM_OIDC_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "SYSTEM_ACCESSTOKEN",
        ],
    ),
    (
        "oidc_request_url",
        &[
            "ARM_OIDC_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "SYSTEM_OIDCREQUESTURI",
        ],
    ),
    ("oidc_token", &["ARM_OIDC_TOKEN"]),
    ("oidc_token_file_path", &["ARM_OIDC_TOKEN_FILE_PATH"]),
    ("request_timeout", &[]),
    ("tenant_id", &["ARM_TENANT_ID"]),
    ("use_aks_workload_identity", &["ARM_USE_AKS_WORKLOAD_IDENTITY"]),
    ("use_cli", &["ARM_USE_CLI"]),
    ("use_msi", &["ARM_USE_MSI"]),
    ("use_oidc", &["ARM_USE_OIDC"]),
];

/// The provider's attributes, as Terraform has them of the provider.
pub(super) fn provider_schema() -> Map<String, Value> {
    let lab = Lab::hardened();
    lab.config("");
    let run = lab.run(&["providers", "schema", "-json"]);
    run.ok();
    let schemas: Value = serde_json::from_str(&run.stdout).unwrap();
    let providers = schemas["provider_schemas"].as_object().unwrap();
    let (_, ours) = providers.iter().next().expect("one provider");
    ours["provider"]["block"]["attributes"].as_object().unwrap().clone()
}

#[test]
fn every_attribute_is_documented_with_its_variables() {
    let schema = provider_schema();
    let known: BTreeSet<_> = VARIABLES.iter().map(|(name, _)| *name).collect();
    for name in schema.keys() {
        assert!(known.contains(name.as_str()), "{name} is not in this table");
    }
    for (name, variables) in VARIABLES {
        let attribute = &schema[name];
        let description = attribute["description"].as_str().unwrap_or_default();
        assert!(description.len() > 20, "{name}: {description:?}");
        let list: Vec<_> = variables.iter().map(|variable| format!("`{variable}`")).collect();
        let expected = format!("Environment: {}.", list.join(", "));
        assert_eq!(
            description.ends_with(&expected),
            !variables.is_empty(),
            "{name}: {description}"
        );
        assert_eq!(
            description.contains("Environment:"),
            !variables.is_empty(),
            "{name}: {description}"
        );
    }
}

#[test]
fn what_is_secret_is_sensitive() {
    const SECRET: [&str; 5] = [
        "client_certificate",
        "client_certificate_password",
        "client_secret",
        "oidc_request_token",
        "oidc_token",
    ];
    for (name, attribute) in provider_schema() {
        assert_eq!(
            attribute["sensitive"] == true,
            SECRET.contains(&name.as_str()),
            "{name}"
        );
    }
}
