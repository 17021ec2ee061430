//! Which proxy a request goes through: errors name it, and reqwest keeps it to itself.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// What names the proxy for `https`, the first first. Everything else goes past proxies.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The proxy for `url`, found as reqwest finds it, and what names it: `proxy.example:3128 of HTTPS_PROXY`. Without the name
/// and the password that it may take.
pub(super) fn named(url: &Url) -> Option<String> {
    through(&Matcher::from_system(), url, &|name| std::env::var(name).ok())
}

fn through(matcher: &Matcher, url: &Url, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let proxy = matcher.intercept(&url.origin().ascii_serialization().parse().ok()?)?;
    let (host, port) = (proxy.uri().host()?, proxy.uri().port_u16());
    let is_set = |name: &&&str| environment(name).is_some_and(|value| !value.is_empty());
    let source = VARIABLES.iter().find(is_set).unwrap_or(&"the system's settings");
    Some(match port {
        Some(port) => format!("{host}:{port} of {source}"),
        None => format!("{host} of {source}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_what_it_takes_to_use_it() {
        let url = Url::parse("https://graph.microsoft.com/v1.0/x?y=z").unwrap();
        for (proxy, no_proxy, expected) in [
            (
                "http://me:hunter2@proxy.example:3128/",
                "",
                Some("proxy.example:3128 of https_proxy"),
            ),
            ("proxy.example:3128", "", Some("proxy.example:3128 of https_proxy")),
            ("http://[::1]", "", Some("[::1] of https_proxy")),
            ("http://proxy.example:3128", ".microsoft.com", None),
            ("", "", None),
        ] {
            let matcher = Matcher::builder().https(proxy).no(no_proxy).build();
            let environment = |name: &str| (name == "https_proxy").then(|| proxy.to_owned());
            assert_eq!(through(&matcher, &url, &environment).as_deref(), expected, "{proxy}");
        }
        let matcher = Matcher::builder().all("http://proxy.example:1").build();
        assert_eq!(
            through(&matcher, &url, &|_| None).unwrap(),
            "proxy.example:1 of the system's settings"
        );
    }
}
