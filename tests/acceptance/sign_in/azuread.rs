//! azuread's provider block, with its names and types, is this provider's where it is about signing in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::certificates::{self, PASSWORD};
use super::documented::provider_schema;
use super::door::Door;
use super::kinds::{Kind, for_each_kind};

/// Every attribute of azuread's provider block
/// (<https://registry.terraform.io/providers/hashicorp/azuread/latest/docs#argument-reference>).
const AZUREAD: [(&str, &str); 22] = [
    ("ado_pipeline_service_connection_id", "string"),
    ("client_certificate", "string"),
    ("client_certificate_password", "string"),
    ("client_certificate_path", "string"),
    ("client_id", "string"),
    ("client_id_file_path", "string"),
    ("client_secret", "string"),
    ("client_secret_file_path", "string"),
    ("disable_terraform_partner_id", "bool"),
    ("environment", "string"),
    ("metadata_host", "string"),
    ("msi_endpoint", "string"),
    ("oidc_request_token", "string"),
    ("oidc_request_url", "string"),
    ("oidc_token", "string"),
    ("oidc_token_file_path", "string"),
    ("partner_id", "string"),
    ("tenant_id", "string"),
    ("use_aks_workload_identity", "bool"),
    ("use_cli", "bool"),
    ("use_msi", "bool"),
    ("use_oidc", "bool"),
];

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/signing-in.md"));

/// Writes a provider block of these attributes; the values stand in a file of variables.
fn block(door: &Door, values: &BTreeMap<String, Value>) {
    let attributes: String = values.keys().map(|name| format!("  {name} = var.{name}\n")).collect();
    let variables: String = values
        .keys()
        .map(|name| format!("variable \"{name}\" {{}}\n"))
        .collect();
    door.lab.config(&format!(
        "provider \"autopilot\" {{\n{attributes}}}\n{variables}data \"autopilot_device_join_settings\" \"now\" {{}}"
    ));
    door.lab.file("terraform.tfvars.json", &json!(values).to_string());
}

/// The attribute that a variable of the environment stands for.
fn attribute(variable: &str) -> Option<String> {
    Some(match variable {
        "ACTIONS_ID_TOKEN_REQUEST_URL" | "SYSTEM_OIDCREQUESTURI" => "oidc_request_url".to_owned(),
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN" | "SYSTEM_ACCESSTOKEN" => "oidc_request_token".to_owned(),
        arm => arm.strip_prefix("ARM_")?.to_lowercase(),
    })
}

for_each_kind!(signs_in_from_the_block);

/// What is in the environment elsewhere stands in the block here, under azuread's names.
fn signs_in_from_the_block(kind: Kind, _: &str) {
    let mut door = Door::new();
    kind.present(&mut door);
    let mut values = BTreeMap::new();
    for (variable, value) in door.workspace.environment().to_vec() {
        if let Some(attribute) = attribute(variable) {
            assert!(AZUREAD.iter().any(|(known, _)| *known == attribute), "{attribute}");
            values.insert(attribute, json!(value));
            door.without(&[variable]);
        }
    }
    block(&door, &values);
    door.plan().empty();
    assert_eq!(door.lab.tenant.graph_requests().len(), 1);
}

#[test]
fn the_whole_block_is_taken_as_it_is() {
    let mut door = Door::new();
    let certificate = certificates::ours();
    door.lab.tenant.register_certificate(certificate);
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(door.path(name), bytes).unwrap();
        json!(door.path(name).display().to_string())
    };
    let pkcs12 = certificates::pkcs12(certificate);
    let tenant = &door.lab.tenant;
    let secret = tenant.client_secret();
    let token = tenant.assertion(&graph_emulator::Federated::github(), 600);
    let around = tenant.config().surroundings;
    let values: BTreeMap<String, Value> = [
        (
            "ado_pipeline_service_connection_id",
            json!(around.service_connection_id),
        ),
        ("client_certificate", json!(certificates::base64(&pkcs12))),
        ("client_certificate_password", json!(PASSWORD)),
        ("client_certificate_path", file("client.pfx", &pkcs12)),
        ("client_id", json!(tenant.client_id())),
        ("client_id_file_path", file("id.txt", tenant.client_id().as_bytes())),
        ("client_secret", json!(secret)),
        ("client_secret_file_path", file("secret.txt", secret.as_bytes())),
        ("environment", json!("public")),
        ("msi_endpoint", json!(tenant.imds_url())),
        ("oidc_request_token", json!(around.github.token)),
        ("oidc_request_url", json!(tenant.github_request_url())),
        ("oidc_token", json!(token)),
        ("oidc_token_file_path", file("token.jwt", token.as_bytes())),
        ("tenant_id", json!(tenant.tenant_id())),
        ("use_aks_workload_identity", json!(false)),
        ("use_cli", json!(true)),
        ("use_msi", json!(false)),
        ("use_oidc", json!(true)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let missing: Vec<_> = AZUREAD.iter().filter(|(name, _)| !values.contains_key(*name)).collect();
    assert_eq!(
        missing.len(),
        not_here().len(),
        "all but those that are not here: {missing:?}"
    );
    for hidden in [PASSWORD, &secret, &token, &around.github.token] {
        door.hide(hidden);
    }
    door.without(&["ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_USE_CLI"]);
    block(&door, &values);
    door.plan().empty();
    let asked = door.lab.tenant.token_requests();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].body.get("client_assertion").is_some(),
        "azuread tries the certificate first"
    );
    // An empty text is none, as modules with optional variables write it.
    let values = values.into_iter().map(|(name, value)| match name.as_str() {
        name if name.starts_with("client_certificate") || name.ends_with("file_path") => (name.to_owned(), json!("")),
        _ => (name, value),
    });
    block(&door, &values.collect());
    door.lab.tenant.clear_requests();
    door.plan().empty();
    assert!(door.lab.tenant.token_requests()[0].body.get("client_secret").is_some());
}

/// The attributes in the guide's table of those that are not here.
fn not_here() -> BTreeSet<&'static str> {
    let (_, section) = GUIDE
        .split_once("## Attributes of azuread that are not here\n")
        .expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let names = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    names
        .flat_map(|cell| cell.trim_end_matches('`').split("`, `"))
        .collect()
}

#[test]
fn what_is_not_here_is_listed_with_the_reason_and_the_rest_is_here() {
    let schema = provider_schema();
    let listed = not_here();
    for (name, kind) in AZUREAD {
        match schema.get(name) {
            Some(attribute) => {
                assert_eq!(attribute["type"], kind, "{name}");
                assert_eq!(attribute["optional"], true, "{name}");
                assert!(!listed.contains(name), "{name} is here");
            }
            None => assert!(listed.contains(name), "{name} is neither here nor listed"),
        }
    }
    let known: BTreeSet<_> = AZUREAD.iter().map(|(name, _)| *name).collect();
    assert!(listed.is_subset(&known), "{listed:?}");
    for name in listed {
        let door = Door::new();
        let value = if name.starts_with("disable") {
            json!(true)
        } else {
            json!("x")
        };
        block(&door, &BTreeMap::from([(name.to_owned(), value)]));
        door.plan().refused().says("Unsupported argument").says(name);
    }
}
