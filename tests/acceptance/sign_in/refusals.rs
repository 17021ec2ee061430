//! What is said when a credential is wrong, has expired, or lacks the permission: a snapshot for each kind.

use super::cases::Case;
use super::certificates;
use super::door::Door;
use super::kinds::{Kind, for_each_kind};
use crate::support::redact::errors;

for_each_kind!(refused);

fn refused(kind: Kind, name: &str) {
    for (case, word) in [
        (Case::Wrong, "wrong"),
        (Case::Expired, "expired"),
        (Case::Forbidden, "forbidden"),
    ] {
        let mut door = Door::new();
        kind.present(&mut door);
        case.spoil(kind, &mut door);
        reviewed(&door, &format!("{name}_{word}"));
    }
}

/// The plan is refused, in words that somebody has read.
#[track_caller]
fn reviewed(door: &Door, name: &str) {
    let run = door.plan();
    run.refused();
    let shown = errors(&door.lab, &run).replace(&format!("expired on {}", today(&run.output)), "expired on <date>");
    insta::assert_snapshot!(name, shown);
}

/// The date that an error names, which changes from day to day.
fn today(output: &str) -> String {
    let (_, after) = output.split_once("expired on ").unwrap_or_default();
    after.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect()
}

#[test]
fn a_key_that_entra_does_not_take() {
    let mut door = Door::new();
    let certificate = certificates::elliptic();
    door.lab.tenant.register_certificate(&certificate);
    door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &certificate.pem());
    reviewed(&door, "certificate_elliptic");
    assert_eq!(door.lab.tenant.requests(), []);
}

#[test]
fn a_certificate_whose_password_is_missing() {
    let mut door = Door::new();
    Kind::CertificatePkcs12.present(&mut door);
    door.without(&["ARM_CLIENT_CERTIFICATE_PASSWORD"]);
    reviewed(&door, "certificate_without_password");
}

#[test]
fn a_token_file_that_is_not_there() {
    let mut door = Door::new();
    Kind::OidcTokenFile.present(&mut door);
    std::fs::remove_file(door.path("token.jwt")).unwrap();
    reviewed(&door, "oidc_token_file_missing");
    let mut door = Door::new();
    Kind::Aks.present(&mut door);
    std::fs::remove_file(door.path("kubernetes.jwt")).unwrap();
    reviewed(&door, "aks_file_missing");
    door.secret("ARM_OIDC_TOKEN", "another-token-beside-the-one-in-the-file");
    reviewed(&door, "aks_file_missing_beside_a_token");
    door.without(&["AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN"]);
    reviewed(&door, "aks_without_file");
}

#[test]
fn a_service_connection_that_does_not_exist() {
    let mut door = Door::new();
    Kind::Pipelines.present(&mut door);
    door.env(
        "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        "5e41d0c2-3333-4333-8333-00000000dead",
    );
    reviewed(&door, "pipelines_unknown_connection");
}

#[test]
fn an_azure_cli_that_is_not_installed() {
    let mut door = Door::new();
    door.without(&["ARM_USE_CLI"]);
    let empty = door.path("bin");
    std::fs::create_dir(&empty).unwrap();
    door.env("PATH", &empty.display().to_string());
    reviewed(&door, "azure_cli_missing");
}

#[test]
fn a_person_without_the_role() {
    let mut door = Door::new();
    Kind::AzureCli.present(&mut door);
    door.lab
        .tenant
        .configure(|config| config.person.directory_roles.clear());
    reviewed(&door, "azure_cli_without_role");
    door.lab
        .tenant
        .configure(|config| config.person.directory_roles.push("Global Reader".to_owned()));
    door.plan().changes();
}
