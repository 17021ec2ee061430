//! What can be wrong with a credential.

use graph_emulator::{Federated, Person, TestCertificate};

use super::certificates::{self, base64, pkcs12};
use super::door::Door;
use super::kinds::Kind;

/// The application's secret, misremembered.
const WRONG: &str = "wro8Q~this-is-another-secret-altogether";

/// What `az` says when nobody is signed in.
const NOBODY: &str = "ERROR: Please run 'az login' to setup account.\n";

/// What `az` says when the sign-in is too long ago.
const LONG_AGO: &str = "ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was issued on \
                        2026-01-05T11:50:24.4394320Z and was inactive for 90.00:00:00. Trace ID: \
                        d580793e-e9a6-4b1e-8bcf-a868e4628700 Correlation ID: 37ed27a4-c7c0-46aa-82d5-78c1b329ef95 Timestamp: \
                        2026-07-04 10:28:43Z\nInteractive authentication is needed. Please run:\naz login\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// Another secret, key, subject or identity than the right one.
    Wrong,
    /// The right one, too late.
    Expired,
    /// The right one, of somebody who may not read the policy.
    Forbidden,
}

impl Case {
    /// Spoils the credential that the kind has given to the provider.
    pub(super) fn spoil(self, kind: Kind, door: &mut Door) {
        match self {
            Self::Wrong => wrong(kind, door),
            Self::Expired => expired(kind, door),
            Self::Forbidden => forbidden(door),
        }
    }
}

fn wrong(kind: Kind, door: &mut Door) {
    match kind {
        Kind::ClientSecret => door.secret("ARM_CLIENT_SECRET", WRONG),
        Kind::ClientSecretFile => door.secret_file("ARM_CLIENT_SECRET_FILE_PATH", "secret.txt", WRONG),
        Kind::CertificatePem => {
            let pem = certificates::strangers().pem();
            door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &pem);
        }
        Kind::CertificatePkcs12 => door.secret("ARM_CLIENT_CERTIFICATE_PASSWORD", "not-the-password-of-the-file"),
        Kind::CertificateInBase64 => {
            let text = base64(&pkcs12(certificates::strangers()));
            door.secret("ARM_CLIENT_CERTIFICATE", &text);
        }
        Kind::OidcToken => {
            let token = door.lab.tenant.assertion(&another_subject(Federated::github()), 600);
            door.secret("ARM_OIDC_TOKEN", &token);
        }
        Kind::OidcTokenFile => {
            let issuer = Federated {
                issuer: "https://gitlab.contoso.example".to_owned(),
                ..Federated::github()
            };
            let token = door.lab.tenant.assertion(&issuer, 600);
            door.secret_file("ARM_OIDC_TOKEN_FILE_PATH", "token.jwt", &token);
        }
        Kind::GitHub => door.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-of-another-run-entirely"),
        Kind::Pipelines => door.secret("SYSTEM_ACCESSTOKEN", "job-of-another-run-entirely"),
        Kind::Aks => {
            let token = door
                .lab
                .tenant
                .assertion(&another_subject(Federated::kubernetes()), 600);
            door.secret_file("AZURE_FEDERATED_TOKEN_FILE", "kubernetes.jwt", &token);
        }
        Kind::Machine => door.lab.tenant.configure(|config| {
            config
                .surroundings
                .identities
                .retain(|identity| !identity.system_assigned);
        }),
        Kind::MachineUserAssigned => door.env("ARM_CLIENT_ID", "c0c0c0c0-1111-4111-8111-0000000000c1"),
        Kind::WebApp => door.secret("IDENTITY_HEADER", "header-of-the-web-app-before-its-restart"),
        Kind::AzureCli => door
            .lab
            .tenant
            .configure(|config| NOBODY.clone_into(&mut config.person.refusal)),
    }
}

fn expired(kind: Kind, door: &mut Door) {
    let now = door.lab.tenant.clock().now();
    match kind {
        Kind::ClientSecret | Kind::ClientSecretFile => door.lab.tenant.configure(|config| {
            config.apps[0].secrets[0].expires_at = Some(now - 86_400);
        }),
        Kind::CertificatePem => {
            let pem = registered(door).pem();
            door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &pem);
        }
        Kind::CertificatePkcs12 => {
            let bytes = pkcs12(registered(door));
            door.binary_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pfx", &bytes);
        }
        Kind::CertificateInBase64 => {
            let text = base64(&pkcs12(registered(door)));
            door.secret("ARM_CLIENT_CERTIFICATE", &text);
        }
        Kind::OidcToken => {
            let token = door.lab.tenant.assertion(&Federated::github(), -400);
            door.secret("ARM_OIDC_TOKEN", &token);
        }
        Kind::OidcTokenFile => {
            let token = door.lab.tenant.assertion(&Federated::github(), -400);
            door.secret_file("ARM_OIDC_TOKEN_FILE_PATH", "token.jwt", &token);
        }
        Kind::Aks => {
            let token = door.lab.tenant.assertion(&Federated::kubernetes(), -400);
            door.secret_file("AZURE_FEDERATED_TOKEN_FILE", "kubernetes.jwt", &token);
        }
        // The clock of the service that gives the assertion is behind.
        Kind::GitHub => door
            .lab
            .tenant
            .configure(|config| config.surroundings.github.lifetime = -400),
        Kind::Pipelines => door
            .lab
            .tenant
            .configure(|config| config.surroundings.pipelines.lifetime = -400),
        // Azure gives a token that it has kept for too long.
        Kind::Machine | Kind::MachineUserAssigned | Kind::WebApp => {
            door.lab.tenant.configure(|config| config.token_lifetime = -60);
        }
        Kind::AzureCli => door
            .lab
            .tenant
            .configure(|config| LONG_AGO.clone_into(&mut config.person.refusal)),
    }
}

fn forbidden(door: &Door) {
    door.lab.tenant.configure(|config| {
        config.apps.iter_mut().for_each(|app| app.roles.clear());
        let identities = config.surroundings.identities.iter_mut();
        identities.for_each(|identity| identity.roles.clear());
        config.person = Person {
            object_id: config.person.object_id.clone(),
            ..Person::default()
        };
    });
}

fn registered(door: &Door) -> &'static TestCertificate {
    door.lab.tenant.register_certificate(certificates::expired());
    certificates::expired()
}

fn another_subject(says: Federated) -> Federated {
    let subject = says
        .subject
        .replace("production", "staging")
        .replace("terraform", "default");
    Federated { subject, ..says }
}
