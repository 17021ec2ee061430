//! An application that trusts another issuer, and a token of that issuer: given, in a file, or asked for
//! (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation>).
//!
//! azure_identity has types for Azure Pipelines and for AKS, but they read the process's environment where azuread's
//! users can configure attributes; its hook for assertions serves all.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::assertion::{self, Application};
use super::azure::Session;
use super::github::GitHub;
use super::pipelines::Pipelines;
use super::{Asking, Issued, OnCloud, TokenSource};
use crate::graph::{GraphError, Secret};

/// Signs in with a token of another issuer.
#[derive(Clone, Debug)]
pub struct Federated {
    /// Who signs in.
    pub application: Application,
    /// Where the other issuer's token comes from.
    pub issuer: Issuer,
}

/// Where a token of another issuer comes from. Only the first one cannot be had anew when it ends.
#[derive(Clone, Debug)]
pub enum Issuer {
    /// It is given (`oidc_token`).
    Token(Secret),
    /// It is in a file (`oidc_token_file_path`), which another program keeps fresh.
    File(PathBuf),
    /// It is in the file of an AKS workload identity, which Kubernetes keeps fresh.
    Aks(PathBuf),
    /// GitHub Actions gives it.
    GitHub(GitHub),
    /// Azure Pipelines gives it.
    Pipelines(Pipelines),
}

impl Issuer {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Token(_) => "an OIDC token",
            Self::File(_) => "an OIDC token file",
            Self::Aks(_) => "an AKS workload identity",
            Self::GitHub(_) => "GitHub Actions OIDC",
            Self::Pipelines(_) => "an Azure Pipelines service connection",
        }
    }

    async fn assertion(&self, asking: &Asking<'_>) -> Result<Secret, GraphError> {
        match self {
            Self::Token(token) => Ok(token.clone()),
            Self::File(path) => from_file(self.kind(), path, FILE).await,
            Self::Aks(path) => from_file(self.kind(), path, AKS).await,
            Self::GitHub(github) => github.assertion(self.kind(), asking).await,
            Self::Pipelines(pipelines) => pipelines.assertion(self.kind(), asking).await,
        }
    }
}

/// Advice on a token file that cannot be read.
const FILE: &str = "Correct `oidc_token_file_path` (ARM_OIDC_TOKEN_FILE_PATH), and see that the file has been written \
                    and that this user may read it.";

/// The same, where Kubernetes writes it.
const AKS: &str = "Kubernetes mounts the file that AZURE_FEDERATED_TOKEN_FILE names into pods that have the label \
                   azure.workload.identity/use and a service account with a workload identity: see what this pod lacks.";

/// The token in a file. Read for each token anew: federated tokens live for minutes.
async fn from_file(kind: &'static str, path: &Path, advice: &'static str) -> Result<Secret, GraphError> {
    let owned = path.to_path_buf();
    let read = tokio::task::spawn_blocking(move || Secret::from_file(&owned)).await;
    let problem = match read {
        Ok(Ok(token)) => return Ok(token),
        Ok(Err(problem)) => problem,
        Err(error) => error.to_string(),
    };
    Err(GraphError::credential(
        format!(
            "Signing in with {kind} is not possible: the token file {} cannot be read: {problem}",
            path.display()
        ),
        advice,
    ))
}

#[async_trait]
impl TokenSource for OnCloud<Federated> {
    fn kind(&self) -> &'static str {
        self.credential.issuer.kind()
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let Federated { application, issuer } = &self.credential;
        let assertion = issuer.assertion(asking).await?;
        let session = Session::new(self.kind(), asking);
        assertion::exchange(session, application, assertion, &self.cloud).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_file_is_read_each_time_and_trimmed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_path_buf();
        for text in ["first", "  second\n"] {
            std::fs::write(&path, text).unwrap();
            let token = from_file("a test", &path, FILE).await.unwrap();
            assert_eq!(token.expose(), text.trim());
        }
        std::fs::write(&path, " \n").unwrap();
        let error = from_file("a test", &path, FILE).await.unwrap_err().to_string();
        assert!(error.ends_with("it is empty"), "{error}");
        let error = from_file("a test", Path::new("/nowhere/token"), FILE)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nowhere/token cannot be read: No such file"), "{error}");
    }
}
