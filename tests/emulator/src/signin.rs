//! What a test needs to sign in other than with a secret.

use std::path::Path;

use crate::accounts::Federated;
use crate::az::Az;
use crate::certificates::TestCertificate;
use crate::emulator::Emulator;
use crate::metadata;

impl Emulator {
    /// Registers a certificate for the first app.
    pub fn register_certificate(&self, certificate: &TestCertificate) {
        self.configure(|config| {
            if let Some(app) = config.apps.first_mut() {
                app.certificates.push(certificate.certificate_pem().to_owned());
            }
        });
    }

    /// An assertion that says `says` for so many seconds, signed by the issuer that the tenant trusts: what a pipeline hands to its jobs,
    /// or what stands in `AZURE_FEDERATED_TOKEN_FILE`.
    #[must_use]
    pub fn assertion(&self, says: &Federated, seconds: i64) -> String {
        metadata::assertion(&self.shared.world(), says, seconds)
    }

    /// `ACTIONS_ID_TOKEN_REQUEST_URL`; the token for it is `config().surroundings.github.token`.
    #[must_use]
    pub fn github_request_url(&self) -> String {
        format!("{}/github/idtoken?api-version=2.0", self.urls.metadata_tls)
    }

    /// `SYSTEM_OIDCREQUESTURI`; the token for it is `config().surroundings.pipelines.token`.
    #[must_use]
    pub fn pipelines_request_url(&self) -> String {
        format!("{}/pipelines/oidctoken", self.urls.metadata_tls)
    }

    /// The token endpoint of the instance metadata service.
    #[must_use]
    pub fn imds_url(&self) -> String {
        format!("{}/metadata/identity/oauth2/token", self.urls.metadata)
    }

    /// `IDENTITY_ENDPOINT`; `IDENTITY_HEADER` is `config().surroundings.identity_header`.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("{}/msi/token", self.urls.metadata)
    }

    /// Writes a stand-in for the Azure CLI into a folder, which is to stand first on `PATH`: `config().person` is signed in to it. It enters
    /// its arguments in `az-calls.log` beside it. It is a shell script, so Unix only.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn install_az(&self, folder: impl AsRef<Path>) -> std::io::Result<()> {
        Az::install(&mut self.shared.world(), folder.as_ref())
    }
}
