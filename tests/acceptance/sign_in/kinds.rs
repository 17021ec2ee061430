//! The kinds of credentials: how each is given to the provider when nothing is wrong with it.

use graph_emulator::Federated;

use super::certificates::{self, PASSWORD};
use super::door::Door;

/// A kind of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    ClientSecret,
    ClientSecretFile,
    CertificatePem,
    CertificatePkcs12,
    CertificateInBase64,
    OidcToken,
    OidcTokenFile,
    GitHub,
    Pipelines,
    Aks,
    Machine,
    MachineUserAssigned,
    WebApp,
    AzureCli,
}

impl Kind {
    /// What the provider's log calls it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::ClientSecret | Self::ClientSecretFile => "a client secret",
            Self::CertificatePem | Self::CertificatePkcs12 | Self::CertificateInBase64 => "a client certificate",
            Self::OidcToken | Self::OidcTokenFile => "an OIDC token",
            Self::GitHub => "GitHub Actions OIDC",
            Self::Pipelines => "an Azure Pipelines service connection",
            Self::Aks => "an AKS workload identity",
            Self::Machine | Self::MachineUserAssigned | Self::WebApp => "a managed identity",
            Self::AzureCli => "the Azure CLI",
        }
    }

    /// Gives the credential to the provider. Whoever signs in may read and write the policy.
    pub(crate) fn present(self, door: &mut Door) {
        match self {
            Self::ClientSecret => {
                let secret = door.lab.tenant.client_secret();
                door.secret("ARM_CLIENT_SECRET", &secret);
            }
            Self::ClientSecretFile => {
                let secret = door.lab.tenant.client_secret();
                door.secret_file("ARM_CLIENT_SECRET_FILE_PATH", "secret.txt", &format!("{secret}\n"));
            }
            Self::CertificatePem => {
                let certificate = certificates::ours();
                door.lab.tenant.register_certificate(certificate);
                door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &certificate.pem());
            }
            Self::CertificatePkcs12 => {
                door.lab.tenant.register_certificate(certificates::ours());
                door.binary_file(
                    "ARM_CLIENT_CERTIFICATE_PATH",
                    "client.pfx",
                    &certificates::pkcs12(certificates::ours()),
                );
                door.secret("ARM_CLIENT_CERTIFICATE_PASSWORD", PASSWORD);
            }
            Self::CertificateInBase64 => {
                door.lab.tenant.register_certificate(certificates::ours());
                let text = certificates::base64(&certificates::pkcs12(certificates::ours()));
                door.secret("ARM_CLIENT_CERTIFICATE", &text);
                door.secret("ARM_CLIENT_CERTIFICATE_PASSWORD", PASSWORD);
            }
            Self::OidcToken => {
                door.env("ARM_USE_OIDC", "true");
                let token = door.lab.tenant.assertion(&Federated::github(), 600);
                door.secret("ARM_OIDC_TOKEN", &token);
            }
            Self::OidcTokenFile => {
                door.env("ARM_USE_OIDC", "true");
                let token = door.lab.tenant.assertion(&Federated::github(), 600);
                door.secret_file("ARM_OIDC_TOKEN_FILE_PATH", "token.jwt", &token);
            }
            Self::GitHub => {
                door.env("ARM_USE_OIDC", "true");
                door.env("ACTIONS_ID_TOKEN_REQUEST_URL", &door.lab.tenant.github_request_url());
                let token = door.lab.tenant.config().surroundings.github.token;
                door.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &token);
            }
            Self::Pipelines => {
                let around = door.lab.tenant.config().surroundings;
                door.env("ARM_USE_OIDC", "true");
                door.env("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", &around.service_connection_id);
                door.env("SYSTEM_OIDCREQUESTURI", &door.lab.tenant.pipelines_request_url());
                door.secret("SYSTEM_ACCESSTOKEN", &around.pipelines.token);
            }
            Self::Aks => {
                // The pod's own variables, and none of the provider's.
                door.without(&["ARM_TENANT_ID", "ARM_CLIENT_ID"]);
                door.env("ARM_USE_AKS_WORKLOAD_IDENTITY", "true");
                let tenant = door.lab.tenant.tenant_id().to_owned();
                door.env("AZURE_TENANT_ID", &tenant);
                door.env("AZURE_CLIENT_ID", &door.lab.tenant.client_id());
                let token = door.lab.tenant.assertion(&Federated::kubernetes(), 600);
                door.secret_file("AZURE_FEDERATED_TOKEN_FILE", "kubernetes.jwt", &token);
            }
            Self::Machine => {
                door.without(&["ARM_TENANT_ID", "ARM_CLIENT_ID"]);
                door.env("ARM_USE_MSI", "true");
                door.env("ARM_MSI_ENDPOINT", &door.lab.tenant.imds_url());
            }
            Self::MachineUserAssigned => {
                let identity = door.lab.tenant.config().surroundings.identities[1].clone();
                door.env("ARM_CLIENT_ID", &identity.client_id);
                door.env("ARM_USE_MSI", "true");
                door.env("ARM_MSI_ENDPOINT", &door.lab.tenant.imds_url());
            }
            Self::WebApp => {
                door.without(&["ARM_CLIENT_ID"]);
                door.env("ARM_USE_MSI", "true");
                door.env("IDENTITY_ENDPOINT", &door.lab.tenant.identity_endpoint());
                let header = door.lab.tenant.config().surroundings.identity_header;
                door.secret("IDENTITY_HEADER", &header);
            }
            Self::AzureCli => {
                door.without(&["ARM_CLIENT_ID", "ARM_USE_CLI"]);
                door.lab.tenant.configure(|config| {
                    config
                        .person
                        .scopes
                        .push("Policy.ReadWrite.DeviceConfiguration".to_owned());
                    config
                        .person
                        .directory_roles
                        .push("Cloud Device Administrator".to_owned());
                });
                door.install_az();
            }
        }
    }
}

/// A test for each kind, of its name, that does `$check` with it.
macro_rules! for_each_kind {
    ($check:path) => {
        for_each_kind! { $check;
            client_secret ClientSecret, client_secret_file ClientSecretFile,
            certificate_pem CertificatePem, certificate_pkcs12 CertificatePkcs12, certificate_in_base64 CertificateInBase64,
            oidc_token OidcToken, oidc_token_file OidcTokenFile, github GitHub, pipelines Pipelines, aks Aks,
            machine Machine, machine_user_assigned MachineUserAssigned, web_app WebApp, azure_cli AzureCli
        }
    };
    ($check:path; $($test:ident $kind:ident),*) => {
        $(
            #[test]
            fn $test() {
                $check($crate::sign_in::kinds::Kind::$kind, stringify!($test));
            }
        )*
    };
}
pub(crate) use for_each_kind;
