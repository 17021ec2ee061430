//! Where Microsoft is: the national clouds and what overrides them.
//!
//! Endpoints from <https://learn.microsoft.com/graph/deployments>.

use url::{Host, Url};

use super::GraphError;

/// The names that `environment` accepts, as azuread's users know them.
const NAMES: &str = "\"global\" (or \"public\"), \"usgovernment\", \"dod\" or \"china\"";

/// A cloud: who issues its tokens, where its Graph is, and for whom the tokens are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    authority: Url,
    graph: Url,
    audience: String,
}

impl Cloud {
    /// The cloud of a name, in any case.
    ///
    /// # Errors
    /// An unknown name; the message lists the accepted ones.
    pub fn named(name: &str) -> Result<Self, GraphError> {
        let (authority, graph) = match name.to_ascii_lowercase().as_str() {
            "global" | "public" => ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
            "usgovernment" | "usgovernmentl4" => ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
            "dod" | "usgovernmentl5" => ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
            "china" => (
                "https://login.chinacloudapi.cn",
                "https://microsoftgraph.chinacloudapi.cn",
            ),
            _ => {
                return Err(GraphError::Config {
                    attribute: "environment",
                    problem: format!("{name:?} is no known cloud; use {NAMES}"),
                });
            }
        };
        Ok(Self {
            authority: endpoint("environment", authority, Plain::Never)?,
            graph: endpoint("environment", graph, Plain::Never)?,
            audience: graph.to_owned(),
        })
    }

    /// Microsoft's global cloud.
    ///
    /// # Errors
    /// None: the name is known.
    pub fn global() -> Result<Self, GraphError> {
        Self::named("global")
    }

    /// The same cloud with Graph at another address: `https`, or `http` on loopback.
    ///
    /// Tokens are then meant for that address, as they are for the Graph of every cloud.
    ///
    /// # Errors
    /// An address that is none, or that would carry tokens in the clear.
    pub fn with_graph_endpoint(self, address: &str) -> Result<Self, GraphError> {
        let graph = endpoint("graph_endpoint", address, Plain::OnLoopback)?;
        let audience = graph.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            graph,
            audience,
            ..self
        })
    }

    /// The same cloud with tokens issued at another address: `https` only, because secrets are sent there.
    ///
    /// # Errors
    /// An address that is none, or that is not `https`.
    pub fn with_authority_host(self, address: &str) -> Result<Self, GraphError> {
        Ok(Self {
            authority: endpoint("authority_host", address, Plain::Never)?,
            ..self
        })
    }

    /// Graph's address, without a path.
    #[must_use]
    pub fn graph(&self) -> &Url {
        &self.graph
    }

    /// The address of the service that issues tokens, without a path.
    #[must_use]
    pub fn authority(&self) -> &Url {
        &self.authority
    }

    /// For whom the tokens are meant.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// What is asked for in a token request: everything that was consented to.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// The token endpoint of a tenant.
    #[must_use]
    pub fn token_url(&self, tenant_id: &str) -> Url {
        let mut url = self.authority.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend([tenant_id, "oauth2", "v2.0", "token"]);
        }
        url
    }
}

/// When an address may be `http`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plain {
    Never,
    OnLoopback,
}

/// Parses the address of a service: scheme, host and port only.
fn endpoint(attribute: &'static str, address: &str, plain: Plain) -> Result<Url, GraphError> {
    let accepted = match plain {
        Plain::Never => "an https address without a path, such as \"https://login.microsoftonline.com\"",
        Plain::OnLoopback => {
            "an https address without a path, such as \"https://graph.microsoft.com\", or an http address on loopback, such \
             as \"http://127.0.0.1:8080\""
        }
    };
    let wrong = |problem: &str| GraphError::Config {
        attribute,
        problem: format!("{problem}; give {accepted}"),
    };
    let url =
        Url::parse(address.trim()).map_err(|error| wrong(&format!("{} is no address ({error})", quoted(address))))?;
    // From here on the address is named by its host alone: the rest may hold a password.
    let host = url.host_str().unwrap_or_default().to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(&format!(
            "the address of {host:?} holds a user name or a password"
        )));
    }
    if host.is_empty() {
        return Err(wrong(&format!("{} names no host", quoted(address))));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&format!(
            "the address of {host:?} has a path, a query or a fragment"
        )));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain == Plain::OnLoopback && is_loopback(&url) => Ok(url),
        scheme => Err(wrong(&format!("the address of {host:?} uses {scheme}"))),
    }
}

/// The address as a person typed it, unless it may hold a password.
fn quoted(address: &str) -> String {
    if address.contains('@') || address.len() > 200 {
        "the value".to_owned()
    } else {
        format!("{address:?}")
    }
}

/// Whether a URL's host is this machine, by name or by number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_by_name() {
        for (name, authority, graph) in [
            (
                "global",
                "https://login.microsoftonline.com/",
                "https://graph.microsoft.com/",
            ),
            (
                "Public",
                "https://login.microsoftonline.com/",
                "https://graph.microsoft.com/",
            ),
            (
                "usgovernment",
                "https://login.microsoftonline.us/",
                "https://graph.microsoft.us/",
            ),
            (
                "usgovernmentl4",
                "https://login.microsoftonline.us/",
                "https://graph.microsoft.us/",
            ),
            (
                "usgovernmentl5",
                "https://login.microsoftonline.us/",
                "https://dod-graph.microsoft.us/",
            ),
            (
                "dod",
                "https://login.microsoftonline.us/",
                "https://dod-graph.microsoft.us/",
            ),
            (
                "china",
                "https://login.chinacloudapi.cn/",
                "https://microsoftgraph.chinacloudapi.cn/",
            ),
        ] {
            let cloud = Cloud::named(name).unwrap();
            assert_eq!(cloud.authority().as_str(), authority, "{name}");
            assert_eq!(cloud.graph().as_str(), graph, "{name}");
            assert_eq!(cloud.scope(), format!("{graph}.default"), "{name}");
        }
    }

    #[test]
    fn an_unknown_cloud_names_the_known_ones() {
        let error = Cloud::named("german").unwrap_err().to_string();
        assert_eq!(
            error,
            "environment: \"german\" is no known cloud; use \"global\" (or \"public\"), \"usgovernment\", \"dod\" or \"china\""
        );
    }

    #[test]
    fn graph_endpoints() {
        for (address, accepted) in [
            ("https://graph.example.com", true),
            ("https://graph.example.com/", true),
            ("https://127.0.0.1:8443", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://localhost:1", true),
            ("http://LOCALHOST:1", true),
            ("http://[::1]:8080", true),
            ("http://graph.example.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
            ("ftp://127.0.0.1", false),
            ("https://user:pw@graph.example.com", false),
            ("https://graph.example.com/v1.0", false),
            ("https://graph.example.com?x=y", false),
            ("graph.example.com", false),
            ("", false),
            ("https://", false),
        ] {
            let result = Cloud::global().unwrap().with_graph_endpoint(address);
            assert_eq!(result.is_ok(), accepted, "{address}: {result:?}");
            if let Err(error) = result {
                let error = error.to_string();
                assert!(error.starts_with("graph_endpoint: "), "{error}");
                assert!(error.contains("give an https address"), "{error}");
                assert!(!error.contains("pw"), "{error}");
            }
        }
    }

    #[test]
    fn authority_hosts_are_https_even_on_loopback() {
        let cloud = Cloud::global().unwrap();
        assert!(cloud.clone().with_authority_host("http://127.0.0.1:8080").is_err());
        let custom = cloud.with_authority_host("https://127.0.0.1:8443/").unwrap();
        assert_eq!(
            custom.token_url("contoso").as_str(),
            "https://127.0.0.1:8443/contoso/oauth2/v2.0/token"
        );
    }

    #[test]
    fn the_audience_follows_the_endpoint() {
        let cloud = Cloud::named("usgovernment").unwrap();
        let own = cloud.clone().with_graph_endpoint("https://graph.example.com/").unwrap();
        assert_eq!(own.scope(), "https://graph.example.com/.default");
        assert_eq!(cloud.scope(), "https://graph.microsoft.us/.default");
    }

    #[test]
    fn a_tenant_id_cannot_leave_its_path_segment() {
        let url = Cloud::global().unwrap().token_url("a/../b?c#d");
        assert_eq!(
            url.as_str(),
            "https://login.microsoftonline.com/a%2F..%2Fb%3Fc%23d/oauth2/v2.0/token"
        );
    }
}
