//! Tests of the choice among the ways with a federated token: AKS, a given token, Azure Pipelines, GitHub.

use super::tests::{chosen, everything, file, secret, some};
use super::*;

#[test]
fn aks_takes_its_own_variables() {
    let (_token, token_file) = file("kubernetes-token");
    let sign_in = SignIn {
        use_aks_workload_identity: true,
        aks: AksEnvironment {
            tenant_id: some("tenant-aks"),
            client_id: some("client-aks"),
            token_file,
        },
        ..SignIn::default()
    };
    assert_eq!(chosen(&sign_in), "aks");
    assert_eq!(sign_in.choose().unwrap().tenant_id(), Some("tenant-aks"));
    let without_file = SignIn {
        aks: AksEnvironment {
            token_file: None,
            ..sign_in.aks.clone()
        },
        ..sign_in.clone()
    };
    assert_eq!(
        chosen(&SignIn {
            oidc_token: secret("t"),
            ..without_file.clone()
        }),
        "token"
    );
    assert_eq!(
        chosen(&SignIn {
            oidc_token: secret(" kubernetes-token "),
            ..sign_in.clone()
        }),
        "aks"
    );
    for (sign_in, part) in [
        (
            SignIn {
                tenant_id: some("tenant-1"),
                ..sign_in.clone()
            },
            "tenant_id: it is tenant-1, but AZURE_TENANT_ID",
        ),
        (
            SignIn {
                client_id: some("client-1"),
                ..sign_in.clone()
            },
            "client_id: it is client-1, but AZURE_CLIENT_ID",
        ),
        (
            SignIn {
                oidc_token: secret("other"),
                ..sign_in.clone()
            },
            "oidc_token: it is another token",
        ),
        (
            SignIn {
                use_cli: false,
                ..without_file.clone()
            },
            "an AKS workload identity: AZURE_FEDERATED_TOKEN_FILE is not set",
        ),
        (
            SignIn {
                oidc_token: secret("t"),
                aks: AksEnvironment {
                    token_file: some("/nowhere/token"),
                    ..sign_in.aks.clone()
                },
                ..sign_in.clone()
            },
            "use_aks_workload_identity: the file /nowhere/token, which AZURE_FEDERATED_TOKEN_FILE names, cannot be used: No such",
        ),
    ] {
        let error = sign_in.choose().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    // Elsewhere than in a pod the other ways count, as they do for azuread.
    assert_eq!(chosen(&without_file), "cli");
    let elsewhere = SignIn {
        use_aks_workload_identity: true,
        client_certificate: None,
        client_secret: None,
        use_oidc: false,
        ..everything()
    };
    assert_eq!(chosen(&elsewhere), "token");
    // Without the switch its variables mean nothing.
    assert_eq!(
        chosen(&SignIn {
            use_aks_workload_identity: false,
            ..sign_in
        }),
        "cli"
    );
}

#[test]
fn a_token_file_is_preferred_to_its_copy() {
    let (_file, path) = file("oidc-token");
    let sign_in = SignIn {
        client_certificate: None,
        client_secret: None,
        oidc_token_file_path: path,
        ..everything()
    };
    assert_eq!(chosen(&sign_in), "file");
    let error = SignIn {
        oidc_token_file_path: some("/nowhere/token"),
        ..sign_in
    }
    .choose()
    .unwrap_err()
    .to_string();
    assert!(
        error.starts_with("oidc_token_file_path: the file /nowhere/token, which"),
        "{error}"
    );
}

/// Its address and token are no GitHub's, whose hints would lead astray.
#[test]
fn azure_pipelines_without_a_connection_is_not_taken_for_github() {
    let sign_in = SignIn {
        client_certificate: None,
        client_secret: None,
        oidc_token: None,
        ado_pipeline_service_connection_id: None,
        oidc_request_url_is_pipelines: true,
        use_msi: false,
        use_cli: false,
        ..everything()
    };
    let error = sign_in.choose().unwrap_err().to_string();
    for part in [
        "connection: ado_pipeline_service_connection_id (ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID) is not set",
        "GitHub Actions OIDC: oidc_request_url is the one of Azure Pipelines",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let complete = SignIn {
        ado_pipeline_service_connection_id: some("connection-1"),
        ..sign_in
    };
    assert_eq!(chosen(&complete), "pipelines");
}
