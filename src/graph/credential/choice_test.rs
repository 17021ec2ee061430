//! Tests of the choice: azuread's order, its switches, and what is said when nothing applies.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::certificate::tests::{archive, made};
use super::*;

pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(super) fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text))
}

pub(super) fn file(text: &str) -> (tempfile::NamedTempFile, Option<String>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, Some(path))
}

/// Everything at once, from which the tests take away.
pub(super) fn everything() -> SignIn {
    SignIn {
        tenant_id: some("tenant-1"),
        client_id: some("client-1"),
        client_certificate: secret(&made().pem),
        client_secret: secret("hunter2"),
        use_oidc: true,
        oidc_token: secret("oidc-token"),
        oidc_request_url: some("https://example.org/oidc"),
        oidc_request_token: secret("job-token"),
        ado_pipeline_service_connection_id: some("connection-1"),
        use_msi: true,
        ..SignIn::default()
    }
}

/// The choice in a word.
pub(super) fn chosen(sign_in: &SignIn) -> &'static str {
    match sign_in.choose().unwrap() {
        CredentialConfig::ClientCertificate(_) => "certificate",
        CredentialConfig::ClientSecret(_) => "secret",
        CredentialConfig::Federated(federated) => match federated.issuer {
            Issuer::Token(_) => "token",
            Issuer::File(_) => "file",
            Issuer::Aks(_) => "aks",
            Issuer::GitHub(_) => "github",
            Issuer::Pipelines(_) => "pipelines",
        },
        CredentialConfig::ManagedIdentity(_) => "msi",
        CredentialConfig::AzureCli(_) => "cli",
    }
}

#[test]
fn the_order_is_azureads() {
    let mut sign_in = everything();
    let mut order = vec![chosen(&sign_in)];
    sign_in.client_certificate = None;
    order.push(chosen(&sign_in));
    sign_in.client_secret = None;
    order.push(chosen(&sign_in));
    sign_in.oidc_token = None;
    order.push(chosen(&sign_in));
    sign_in.ado_pipeline_service_connection_id = None;
    order.push(chosen(&sign_in));
    sign_in.oidc_request_token = None;
    order.push(chosen(&sign_in));
    sign_in.use_msi = false;
    order.push(chosen(&sign_in));
    assert_eq!(
        order,
        ["certificate", "secret", "token", "pipelines", "github", "msi", "cli"]
    );
}

#[test]
fn switches_are_off_but_the_clis() {
    let sign_in = SignIn {
        client_certificate: None,
        client_secret: None,
        use_oidc: false,
        use_msi: false,
        ..everything()
    };
    assert_eq!(chosen(&sign_in), "cli");
    let error = SignIn {
        use_cli: false,
        ..sign_in
    }
    .choose()
    .unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r"
    No way to sign in is fully configured:
      - a client certificate: neither client_certificate (ARM_CLIENT_CERTIFICATE) nor client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH) is set
      - a client secret: neither client_secret (ARM_CLIENT_SECRET) nor client_secret_file_path (ARM_CLIENT_SECRET_FILE_PATH) is set
      - an AKS workload identity: use_aks_workload_identity (ARM_USE_AKS_WORKLOAD_IDENTITY) is not true
      - an OIDC token: use_oidc (ARM_USE_OIDC) is not true
      - an Azure Pipelines service connection: use_oidc (ARM_USE_OIDC) is not true
      - GitHub Actions OIDC: use_oidc (ARM_USE_OIDC) is not true
      - a managed identity: use_msi (ARM_USE_MSI) is not true
      - the Azure CLI: use_cli (ARM_USE_CLI) is false
    ");
}

#[test]
fn what_is_incomplete_is_passed_over_and_remembered() {
    let sign_in = SignIn {
        tenant_id: some(" "),
        use_oidc: false,
        use_msi: false,
        ..everything()
    };
    let CredentialConfig::AzureCli(cli) = sign_in.choose().unwrap() else {
        panic!("only the CLI needs no tenant")
    };
    assert_eq!(cli.tenant_id, None);
    assert_eq!(
        cli.passed_over[0],
        "a client certificate: tenant_id (ARM_TENANT_ID) is not set"
    );
    assert_eq!(
        cli.passed_over[1],
        "a client secret: tenant_id (ARM_TENANT_ID) is not set"
    );
}

#[test]
fn ids_and_secrets_come_from_files_too() {
    let (_id, id_path) = file("client-2\n");
    let (_secret, secret_path) = file("  hunter3\n");
    let sign_in = SignIn {
        tenant_id: some("tenant-1"),
        client_id_file_path: id_path.clone(),
        client_secret_file_path: secret_path.clone(),
        ..SignIn::default()
    };
    let CredentialConfig::ClientSecret(credential) = sign_in.choose().unwrap() else {
        panic!("there is a secret")
    };
    assert_eq!(
        (credential.client_id.as_str(), credential.secret.expose()),
        ("client-2", "hunter3")
    );
    for (sign_in, part) in [
        (
            SignIn {
                client_id: some("client-1"),
                ..sign_in.clone()
            },
            "client_id_file_path: ",
        ),
        (
            SignIn {
                client_secret: secret("hunter2"),
                ..sign_in.clone()
            },
            "holds another value than client_secret",
        ),
        (
            SignIn {
                client_secret_file_path: some("/nowhere/secret"),
                ..sign_in.clone()
            },
            "/nowhere/secret cannot be used: No such",
        ),
    ] {
        let error = sign_in.choose().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains("hunter"), "{error}");
    }
    assert!(
        SignIn {
            client_secret: secret("hunter3"),
            client_id: some("client-2"),
            ..sign_in
        }
        .choose()
        .is_ok()
    );
}

/// As a here-document or `$'...\n'` in a shell leaves them; the password of a certificate may begin and end as it likes.
#[test]
fn white_space_around_secrets_is_no_part_of_them() {
    let sign_in = SignIn {
        client_certificate: None,
        client_secret: secret("hunter2\n"),
        oidc_token: secret(" oidc-token\r\n"),
        oidc_request_token: secret("job-token\n"),
        ado_pipeline_service_connection_id: None,
        ..everything()
    };
    let CredentialConfig::ClientSecret(credential) = sign_in.choose().unwrap() else {
        panic!("there is a secret")
    };
    assert_eq!(credential.secret.expose(), "hunter2");
    let sign_in = SignIn {
        client_secret: secret(" \n"),
        ..sign_in
    };
    let CredentialConfig::Federated(Federated {
        issuer: Issuer::Token(token),
        ..
    }) = sign_in.choose().unwrap()
    else {
        panic!("there is no secret, and a token")
    };
    assert_eq!(token.expose(), "oidc-token");
    let (_, token) = sign_in.request().unwrap_or_else(|_| panic!("there is one"));
    assert_eq!(token.expose(), "job-token");
    let nothing = SignIn {
        oidc_token: secret("\n"),
        oidc_request_token: secret(" "),
        ..sign_in
    };
    assert_eq!(chosen(&nothing), "msi");
}

#[test]
fn a_password_is_reported_where_it_stands() {
    let archive = archive("hunter2");
    let (mut in_file, path) = file("");
    in_file.write_all(&archive).unwrap();
    for (password, part) in [(None, "none is given"), (secret("x"), "not the given one")] {
        let in_file = SignIn {
            client_certificate: None,
            client_certificate_path: path.clone(),
            client_certificate_password: password.clone(),
            ..everything()
        };
        let in_text = SignIn {
            client_certificate: Some(Secret::new(STANDARD.encode(&archive))),
            client_certificate_password: password,
            ..everything()
        };
        for (sign_in, place) in [(in_file, path.as_deref().unwrap()), (in_text, "client_certificate")] {
            let error = sign_in.choose().unwrap_err().to_string();
            let begin = format!("client_certificate_password: the certificate in {place}: it");
            assert!(error.starts_with(&begin) && error.ends_with(part), "{error}");
        }
    }
}

#[test]
fn what_is_configured_wrongly_is_an_error_and_nothing_else_is_tried() {
    let (_file, path) = file("nonsense");
    for (sign_in, part) in [
        (
            SignIn {
                client_certificate: secret("bm9uc2Vuc2U="),
                ..everything()
            },
            "client_certificate: it is neither PEM nor PKCS#12",
        ),
        (
            SignIn {
                client_certificate: None,
                client_certificate_path: path,
                ..everything()
            },
            "it is neither PEM nor PKCS#12",
        ),
        (
            SignIn {
                client_certificate: None,
                client_certificate_path: some("/nowhere/c.pfx"),
                ..everything()
            },
            "client_certificate_path: /nowhere/c.pfx: No such file",
        ),
        (
            SignIn {
                client_certificate: None,
                client_secret: None,
                oidc_token: None,
                oidc_request_url: some("http://example.org"),
                ..everything()
            },
            "oidc_request_url: it uses http",
        ),
        (
            SignIn {
                client_certificate: None,
                client_secret: None,
                use_oidc: false,
                msi_endpoint: some("x"),
                ..everything()
            },
            "msi_endpoint: it is no address",
        ),
    ] {
        let error = sign_in.choose().unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?}", everything(), everything().choose());
    for hidden in ["hunter2", "oidc-token", "job-token", "PRIVATE KEY"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
