//! Which way to sign in: azuread's order and azuread's meaning of its attributes, so that what works there works here.
//!
//! A client certificate, a client secret, OIDC (a token, AKS, Azure Pipelines, GitHub Actions), a managed identity, the
//! Azure CLI: the first one that is complete is taken, whether it then works or not. The first two need no switch, OIDC
//! and the managed identity are off unless switched on, and the Azure CLI is on unless switched off.

use std::path::{Path, PathBuf};

use super::assertion::Application;
use super::certificate::{Certificate, CertificateError};
use super::who::{Who, given, held};
use super::{
    AzureCli, ClientCertificate, ClientSecret, CredentialConfig, Federated, GitHub, Issuer, ManagedIdentity, Pipelines,
};
use crate::graph::error::aadsts;
use crate::graph::{GraphError, Secret};

/// Everything that the provider block and the environment say about signing in. Empty texts count as nothing.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// `tenant_id` (ARM_TENANT_ID).
    pub tenant_id: Option<String>,
    /// `client_id` (ARM_CLIENT_ID).
    pub client_id: Option<String>,
    /// `client_id_file_path` (ARM_CLIENT_ID_FILE_PATH).
    pub client_id_file_path: Option<String>,
    /// `client_secret` (ARM_CLIENT_SECRET).
    pub client_secret: Option<Secret>,
    /// `client_secret_file_path` (ARM_CLIENT_SECRET_FILE_PATH).
    pub client_secret_file_path: Option<String>,
    /// `client_certificate` (ARM_CLIENT_CERTIFICATE): base64 of PKCS#12 or PEM, or PEM.
    pub client_certificate: Option<Secret>,
    /// `client_certificate_path` (ARM_CLIENT_CERTIFICATE_PATH).
    pub client_certificate_path: Option<String>,
    /// `client_certificate_password` (ARM_CLIENT_CERTIFICATE_PASSWORD).
    pub client_certificate_password: Option<Secret>,
    /// `use_oidc` (ARM_USE_OIDC).
    pub use_oidc: bool,
    /// `oidc_token` (ARM_OIDC_TOKEN).
    pub oidc_token: Option<Secret>,
    /// `oidc_token_file_path` (ARM_OIDC_TOKEN_FILE_PATH).
    pub oidc_token_file_path: Option<String>,
    /// `oidc_request_url` (ARM_OIDC_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_URL, SYSTEM_OIDCREQUESTURI).
    pub oidc_request_url: Option<String>,
    /// True if `oidc_request_url` is the one of Azure Pipelines (SYSTEM_OIDCREQUESTURI), where GitHub is not asked.
    pub oidc_request_url_is_pipelines: bool,
    /// `oidc_request_token` (ARM_OIDC_REQUEST_TOKEN, ACTIONS_ID_TOKEN_REQUEST_TOKEN, SYSTEM_ACCESSTOKEN).
    pub oidc_request_token: Option<Secret>,
    /// `ado_pipeline_service_connection_id` (ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID,
    /// ARM_OIDC_AZURE_SERVICE_CONNECTION_ID).
    pub ado_pipeline_service_connection_id: Option<String>,
    /// `use_aks_workload_identity` (ARM_USE_AKS_WORKLOAD_IDENTITY).
    pub use_aks_workload_identity: bool,
    /// AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, which count for AKS only.
    pub aks: AksEnvironment,
    /// `use_msi` (ARM_USE_MSI).
    pub use_msi: bool,
    /// `msi_endpoint` (ARM_MSI_ENDPOINT).
    pub msi_endpoint: Option<String>,
    /// `use_cli` (ARM_USE_CLI); true unless said otherwise.
    pub use_cli: bool,
}

/// The environment that AKS gives to a pod with a workload identity
/// (<https://learn.microsoft.com/azure/aks/workload-identity-overview>).
#[derive(Clone, Debug, Default)]
pub struct AksEnvironment {
    /// AZURE_TENANT_ID.
    pub tenant_id: Option<String>,
    /// AZURE_CLIENT_ID.
    pub client_id: Option<String>,
    /// AZURE_FEDERATED_TOKEN_FILE.
    pub token_file: Option<String>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            tenant_id: None,
            client_id: None,
            client_id_file_path: None,
            client_secret: None,
            client_secret_file_path: None,
            client_certificate: None,
            client_certificate_path: None,
            client_certificate_password: None,
            use_oidc: false,
            oidc_token: None,
            oidc_token_file_path: None,
            oidc_request_url: None,
            oidc_request_url_is_pipelines: false,
            oidc_request_token: None,
            ado_pipeline_service_connection_id: None,
            use_aks_workload_identity: false,
            aks: AksEnvironment::default(),
            use_msi: false,
            msi_endpoint: None,
            use_cli: true,
        }
    }
}

/// A reason why a way to sign in was not taken.
enum Not {
    /// It is not configured, or not wholly.
    Applicable(String),
    /// It is configured, and wrongly: nothing else is tried.
    Valid(GraphError),
}

impl From<GraphError> for Not {
    fn from(error: GraphError) -> Self {
        Self::Valid(error)
    }
}

impl SignIn {
    /// The way to sign in. Reads the files that are named, but sends nothing.
    ///
    /// # Errors
    /// A configured way that is wrong, two values that contradict each other, or no way at all; the message then says of each
    /// why it did not apply.
    pub fn choose(&self) -> Result<CredentialConfig, GraphError> {
        let who = Who::of(self)?;
        let mut passed_over = Vec::new();
        for (name, way) in WAYS {
            match way(self, &who) {
                Ok(mut credential) => {
                    tracing::debug!(credential = name, passed_over = %passed_over.join("; "), "way to sign in chosen");
                    if let CredentialConfig::AzureCli(cli) = &mut credential {
                        cli.passed_over = passed_over;
                    }
                    return Ok(credential);
                }
                Err(Not::Applicable(why)) => passed_over.push(format!("{name}: {why}")),
                Err(Not::Valid(error)) => return Err(error),
            }
        }
        Err(GraphError::credential(
            format!(
                "No way to sign in is fully configured:\n  - {}",
                passed_over.join("\n  - ")
            ),
            "Configure one of them in the provider block or with the environment variables in parentheses; see the guide \"Signing \
             in\".",
        ))
    }

    fn certificate(&self, who: &Who) -> Result<CredentialConfig, Not> {
        let text = self.client_certificate.as_ref().filter(|text| !text.is_empty());
        let path = given(&self.client_certificate_path);
        if text.is_none() && path.is_none() {
            return Err(unset(
                "neither client_certificate (ARM_CLIENT_CERTIFICATE) nor client_certificate_path (ARM_CLIENT_CERTIFICATE_PATH) is \
                 set",
            ));
        }
        let application = application(who)?;
        let password = self.client_certificate_password.as_ref();
        let (certificate, attribute, place) = match (text, path) {
            (Some(text), _) => (
                Certificate::parse_text(text, password),
                "client_certificate",
                "client_certificate",
            ),
            (None, Some(path)) => (from_file(path, password), "client_certificate_path", path),
            (None, None) => return Err(unset("no certificate")),
        };
        let certificate = certificate.map_err(|error| match &error {
            CertificateError::Password(_) => invalid(
                "client_certificate_password",
                &format!("the certificate in {place}: {error}"),
            ),
            CertificateError::Unusable(_) if place == attribute => invalid(attribute, &error.to_string()),
            CertificateError::Unusable(_) => invalid(attribute, &format!("{place}: {error}")),
        })?;
        Ok(CredentialConfig::ClientCertificate(ClientCertificate {
            application,
            certificate,
        }))
    }

    fn secret(&self, who: &Who) -> Result<CredentialConfig, Not> {
        let Some(secret) = who.secret.clone() else {
            return Err(unset(
                "neither client_secret (ARM_CLIENT_SECRET) nor client_secret_file_path (ARM_CLIENT_SECRET_FILE_PATH) is set",
            ));
        };
        let Application { tenant_id, client_id } = application(who)?;
        Ok(CredentialConfig::ClientSecret(ClientSecret {
            tenant_id,
            client_id,
            secret,
        }))
    }

    /// AKS is OIDC with a token file that Kubernetes names.
    fn aks(&self, who: &Who) -> Result<CredentialConfig, Not> {
        if !self.use_aks_workload_identity {
            return Err(unset(
                "use_aks_workload_identity (ARM_USE_AKS_WORKLOAD_IDENTITY) is not true",
            ));
        }
        let Some(file) = given(&self.aks.token_file) else {
            return Err(unset(
                "AZURE_FEDERATED_TOKEN_FILE is not set, so this is no pod with a workload identity: it needs a service account with \
                 one, and the label azure.workload.identity/use",
            ));
        };
        self.agrees_with(file, "use_aks_workload_identity", "AZURE_FEDERATED_TOKEN_FILE")?;
        Ok(federated(application(who)?, Issuer::Aks(PathBuf::from(file))))
    }

    fn oidc_token(&self, who: &Who) -> Result<CredentialConfig, Not> {
        self.oidc_is_on()?;
        let issuer = match (given(&self.oidc_token_file_path), held(&self.oidc_token)) {
            (Some(file), _) => {
                self.agrees_with(file, "oidc_token_file_path", "oidc_token_file_path")?;
                Issuer::File(PathBuf::from(file))
            }
            (None, Some(token)) => Issuer::Token(token),
            (None, None) => {
                return Err(unset(
                    "neither oidc_token (ARM_OIDC_TOKEN) nor oidc_token_file_path (ARM_OIDC_TOKEN_FILE_PATH) is set",
                ));
            }
        };
        Ok(federated(application(who)?, issuer))
    }

    fn pipelines(&self, who: &Who) -> Result<CredentialConfig, Not> {
        self.oidc_is_on()?;
        let Some(connection) = given(&self.ado_pipeline_service_connection_id) else {
            return Err(unset(
                "ado_pipeline_service_connection_id (ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID) is not set",
            ));
        };
        let (url, token) = self.request()?;
        let application = application(who)?;
        let pipelines = Pipelines::new(url, token, connection)?;
        Ok(federated(application, Issuer::Pipelines(pipelines)))
    }

    fn github(&self, who: &Who) -> Result<CredentialConfig, Not> {
        self.oidc_is_on()?;
        if self.oidc_request_url_is_pipelines {
            return Err(unset(
                "oidc_request_url is the one of Azure Pipelines (SYSTEM_OIDCREQUESTURI)",
            ));
        }
        let (url, token) = self.request()?;
        let application = application(who)?;
        let github = GitHub::new(url, token)?;
        Ok(federated(application, Issuer::GitHub(github)))
    }

    fn managed_identity(&self, who: &Who) -> Result<CredentialConfig, Not> {
        if !self.use_msi {
            return Err(unset("use_msi (ARM_USE_MSI) is not true"));
        }
        let identity = ManagedIdentity::new(who.tenant_id.clone(), who.client_id.clone());
        Ok(CredentialConfig::ManagedIdentity(match given(&self.msi_endpoint) {
            Some(endpoint) => identity.at(endpoint)?,
            None => identity,
        }))
    }

    fn azure_cli(&self, who: &Who) -> Result<CredentialConfig, Not> {
        if !self.use_cli {
            return Err(unset("use_cli (ARM_USE_CLI) is false"));
        }
        Ok(CredentialConfig::AzureCli(AzureCli {
            tenant_id: who.tenant_id.clone(),
            passed_over: Vec::new(),
        }))
    }

    fn oidc_is_on(&self) -> Result<(), Not> {
        if self.use_oidc || self.use_aks_workload_identity {
            Ok(())
        } else {
            Err(unset("use_oidc (ARM_USE_OIDC) is not true"))
        }
    }

    fn request(&self) -> Result<(&str, Secret), Not> {
        match (given(&self.oidc_request_url), held(&self.oidc_request_token)) {
            (Some(url), Some(token)) => Ok((url, token)),
            (None, _) => Err(unset(
                "oidc_request_url (ACTIONS_ID_TOKEN_REQUEST_URL, SYSTEM_OIDCREQUESTURI or ARM_OIDC_REQUEST_URL) is not set",
            )),
            (_, None) => Err(unset(
                "oidc_request_token (ACTIONS_ID_TOKEN_REQUEST_TOKEN, SYSTEM_ACCESSTOKEN or ARM_OIDC_REQUEST_TOKEN) is not set",
            )),
        }
    }

    /// Refuses a token beside the file that is another one than in the file: which one is meant is not clear.
    /// `attribute` is what leads to the file, `name` what names it.
    fn agrees_with(&self, file: &str, attribute: &'static str, name: &str) -> Result<(), Not> {
        let Some(token) = held(&self.oidc_token) else {
            return Ok(());
        };
        let in_file = Secret::from_file(Path::new(file)).map_err(|problem| {
            invalid(
                attribute,
                &format!("the file {file}, which {name} names, cannot be used: {problem}"),
            )
        })?;
        if in_file == token {
            return Ok(());
        }
        Err(invalid(
            "oidc_token",
            &format!("it is another token than the one in {name} ({file}); set one of them"),
        ))
    }
}

type Way = fn(&SignIn, &Who) -> Result<CredentialConfig, Not>;

/// The ways, in order.
const WAYS: [(&str, Way); 8] = [
    (aadsts::CLIENT_CERTIFICATE, SignIn::certificate),
    ("a client secret", SignIn::secret),
    ("an AKS workload identity", SignIn::aks),
    ("an OIDC token", SignIn::oidc_token),
    ("an Azure Pipelines service connection", SignIn::pipelines),
    ("GitHub Actions OIDC", SignIn::github),
    ("a managed identity", SignIn::managed_identity),
    ("the Azure CLI", SignIn::azure_cli),
];

fn from_file(path: &str, password: Option<&Secret>) -> Result<Certificate, CertificateError> {
    let bytes = std::fs::read(path).map_err(|error| CertificateError::Unusable(error.to_string()))?;
    Certificate::parse(&zeroize::Zeroizing::new(bytes), password)
}

fn application(who: &Who) -> Result<Application, Not> {
    who.application().map_err(unset)
}

fn federated(application: Application, issuer: Issuer) -> CredentialConfig {
    CredentialConfig::Federated(Federated { application, issuer })
}

fn unset(why: &str) -> Not {
    Not::Applicable(why.to_owned())
}

fn invalid(attribute: &'static str, problem: &str) -> Not {
    Not::Valid(GraphError::Config {
        attribute,
        problem: problem.to_owned(),
    })
}

#[cfg(test)]
#[path = "choice_test.rs"]
mod tests;

#[cfg(test)]
#[path = "choice_oidc_test.rs"]
mod oidc_tests;
