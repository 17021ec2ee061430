//! What an access token says about its holder. Read for explanations, never for decisions: the token is Graph's to
//! verify, and its form may change (<https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::graph::Secret;

/// The application that `az login` signs people in with.
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// The claims that explain a refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Claims {
    /// The tenant's id.
    pub(crate) tid: Option<String>,
    /// The object id of the user, or of the application's service principal.
    pub(crate) oid: Option<String>,
    /// The application's (client) id.
    pub(crate) appid: Option<String>,
    /// The application's display name.
    pub(crate) app_displayname: Option<String>,
    /// `app` or `user`.
    pub(crate) idtyp: Option<String>,
    /// The application permissions.
    pub(crate) roles: Vec<String>,
    /// The delegated permissions, separated by spaces.
    pub(crate) scp: Option<String>,
    /// True if the application is a managed identity. No claim says so for certain: the credential that asked does.
    #[serde(skip)]
    pub(crate) managed_identity: bool,
}

/// On whose behalf a token speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// An application's own.
    Application,
    /// A person's, through an application.
    User,
}

impl Claims {
    /// The claims of a JSON Web Token, without verifying it; nothing when it is none.
    #[must_use]
    pub(crate) fn of(token: &Secret) -> Option<Self> {
        let payload = token.expose().split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Whose token it is.
    #[must_use]
    pub(crate) fn holder(&self) -> Holder {
        match self.idtyp.as_deref() {
            Some("user") => Holder::User,
            Some(_) => Holder::Application,
            None if self.scp.is_some() => Holder::User,
            None => Holder::Application,
        }
    }

    /// The permissions it holds, of the kind that counts for its holder.
    #[must_use]
    pub(crate) fn permissions(&self) -> Vec<&str> {
        match self.holder() {
            Holder::Application => self.roles.iter().map(String::as_str).collect(),
            Holder::User => self.scp.iter().flat_map(|scp| scp.split_whitespace()).collect(),
        }
    }

    /// True if it was issued to the Azure CLI.
    #[must_use]
    pub(crate) fn is_azure_cli(&self) -> bool {
        self.appid
            .as_deref()
            .is_some_and(|id| id.eq_ignore_ascii_case(AZURE_CLI))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A token of the given claims, with a signature that is none.
    pub(crate) fn token(claims: &serde_json::Value) -> Secret {
        let part = |json: &serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = serde_json::json!({"alg": "RS256", "typ": "JWT"});
        Secret::new(format!("{}.{}.c2lnbmF0dXJl", part(&header), part(claims)))
    }

    #[test]
    fn an_applications_token() {
        let claims = Claims::of(&token(&serde_json::json!({
            "tid": "t", "appid": "a", "idtyp": "app", "roles": ["Policy.Read.All", "User.Read.All"], "exp": 1
        })))
        .unwrap();
        assert_eq!(claims.tid.as_deref(), Some("t"));
        assert_eq!(claims.holder(), Holder::Application);
        assert_eq!(claims.permissions(), ["Policy.Read.All", "User.Read.All"]);
        assert!(!claims.is_azure_cli());
    }

    #[test]
    fn a_users_token() {
        let claims = Claims::of(&token(&serde_json::json!({
            "appid": "04B07795-8ddb-461a-bbee-02f9e1bf7b46", "scp": "AuditLog.Read.All  User.Read", "roles": ["x"]
        })))
        .unwrap();
        assert_eq!(claims.holder(), Holder::User);
        assert_eq!(claims.permissions(), ["AuditLog.Read.All", "User.Read"]);
        assert!(claims.is_azure_cli());
    }

    #[test]
    fn tokens_without_readable_claims() {
        for text in ["", "opaque", "a.b.c", "a..c", "a.e30", "x.W10.y"] {
            let claims = Claims::of(&Secret::new(text));
            assert!(claims.is_none_or(|c| c == Claims::default()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_token_is_a_panic(text in ".{0,60}") {
            let _ = Claims::of(&Secret::new(text));
        }
    }
}
