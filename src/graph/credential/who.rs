//! Who signs in: the ids and the secret, from attributes, files and, with AKS, its environment.

use std::path::Path;

use super::assertion::Application;
use super::choice::SignIn;
use crate::graph::{GraphError, Secret};

/// Who signs in, with the files read.
pub(super) struct Who {
    pub(super) tenant_id: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) secret: Option<Secret>,
}

impl Who {
    pub(super) fn of(sign_in: &SignIn) -> Result<Self, GraphError> {
        let aks = sign_in.use_aks_workload_identity.then_some(&sign_in.aks);
        let client_id = given(&sign_in.client_id);
        let id_file = ("client_id_file_path", given(&sign_in.client_id_file_path));
        let id_in_file = in_file(id_file, "client_id", client_id)?;
        let client_id = id_in_file.as_ref().map(Secret::expose).or(client_id);
        let secret = held(&sign_in.client_secret);
        let secret_file = ("client_secret_file_path", given(&sign_in.client_secret_file_path));
        let secret_in_file = in_file(secret_file, "client_secret", secret.as_ref().map(Secret::expose))?;
        Ok(Self {
            tenant_id: same(
                "tenant_id",
                given(&sign_in.tenant_id),
                ("AZURE_TENANT_ID", aks.and_then(|aks| given(&aks.tenant_id))),
            )?,
            client_id: same(
                "client_id",
                client_id,
                ("AZURE_CLIENT_ID", aks.and_then(|aks| given(&aks.client_id))),
            )?,
            secret: secret_in_file.or(secret),
        })
    }

    /// The application, or what is missing of it.
    pub(super) fn application(&self) -> Result<Application, &'static str> {
        match (&self.tenant_id, &self.client_id) {
            (Some(tenant_id), Some(client_id)) => Ok(Application {
                tenant_id: tenant_id.clone(),
                client_id: client_id.clone(),
            }),
            (None, Some(_)) => Err("tenant_id (ARM_TENANT_ID) is not set"),
            (Some(_), None) => Err("client_id (ARM_CLIENT_ID) is not set"),
            (None, None) => Err("tenant_id (ARM_TENANT_ID) and client_id (ARM_CLIENT_ID) are not set"),
        }
    }
}

/// Reads a file, if one is named; when the attribute that it stands for has a value as well, they have to be the same.
fn in_file(
    (file_attribute, file): (&'static str, Option<&str>),
    attribute: &str,
    value: Option<&str>,
) -> Result<Option<Secret>, GraphError> {
    let Some(file) = file else {
        return Ok(None);
    };
    let in_file = text_of(file_attribute, file)?;
    match value {
        Some(value) if value != in_file.expose() => Err(GraphError::Config {
            attribute: file_attribute,
            problem: format!("{file} holds another value than {attribute}; set one of them"),
        }),
        _ => Ok(Some(in_file)),
    }
}

/// A configured id, or the one of the AKS environment; both, when they are the same.
fn same(
    attribute: &'static str,
    value: Option<&str>,
    (variable, other): (&str, Option<&str>),
) -> Result<Option<String>, GraphError> {
    match (value, other) {
        (Some(value), Some(other)) if !value.eq_ignore_ascii_case(other) => Err(GraphError::Config {
            attribute,
            problem: format!("it is {value}, but {variable}, which use_aks_workload_identity goes by, is {other}"),
        }),
        (value, other) => Ok(value.or(other).map(str::to_owned)),
    }
}

/// Reads a file, without the white space around its text.
fn text_of(attribute: &'static str, path: &str) -> Result<Secret, GraphError> {
    Secret::from_file(Path::new(path)).map_err(|problem| GraphError::Config {
        attribute,
        problem: format!("the file {path} cannot be used: {problem}"),
    })
}

/// True for a text of the form of a tenant's id or of a domain name.
pub(crate) fn is_tenant(text: &str) -> bool {
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    is_guid(text) || (text.contains('.') && text.split('.').all(label))
}

/// True for a GUID in the form that Microsoft writes and compares: with hyphens, without braces.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// A text that is not empty, without the white space around it.
pub(super) fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The same of a secret.
pub(super) fn held(secret: &Option<Secret>) -> Option<Secret> {
    secret.as_ref().and_then(Secret::trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_a_guid_or_a_domain_name() {
        const ID: &str = "7b795fb9-09D3-42f4-a494-38864f99ba3c";
        for text in [
            ID,
            "contoso.onmicrosoft.com",
            "contoso-1.example",
            "m\u{fc}nchen.example",
        ] {
            assert!(is_tenant(text), "{text}");
        }
        for text in [
            "",
            "x y",
            "contoso",
            "common",
            "contoso.",
            ".com",
            "a..b",
            "a b.com",
            "https://contoso.com",
            "ops@contoso.com",
            "7b795fb909d342f4a49438864f99ba3c",
            "{7b795fb9-09d3-42f4-a494-38864f99ba3c}",
        ] {
            assert!(!is_tenant(text), "{text}");
        }
        assert!(is_guid(ID) && !is_guid("contoso.onmicrosoft.com") && !is_guid("not-a-guid"));
    }
}
