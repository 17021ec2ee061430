//! Proxies, a private CA, and what is asked without either.

use graph_emulator::{Listener, Proxy};

use super::door::Door;
use super::kinds::Kind;

/// Nobody listens there.
const DEAD: &str = "http://127.0.0.1:9";

/// Where a tunnel to `url` is asked for.
fn tunnel_to(url: &str) -> String {
    format!("CONNECT {}", url.trim_start_matches("https://"))
}

#[test]
fn a_proxy_carries_the_tokens_and_graph() {
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let proxy = Proxy::start_blocking().unwrap();
        let mut door = Door::new();
        Kind::GitHub.present(&mut door);
        door.env(name, &proxy.url());
        door.plan().changes();
        let tenant = &door.lab.tenant;
        let mut expected = [tenant.metadata_tls_url(), tenant.authority_url(), tenant.graph_url()].map(tunnel_to);
        let mut tunnels = proxy.requests();
        expected.sort();
        tunnels.sort();
        assert_eq!(tunnels, expected, "{name}");
    }
}

#[test]
fn no_proxy_is_asked_for_what_no_proxy_names() {
    let proxy = Proxy::start_blocking().unwrap();
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.env("HTTPS_PROXY", &proxy.url());
    door.env("NO_PROXY", "example.org,127.0.0.1");
    door.plan().changes();
    assert_eq!(proxy.requests(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_is_not_there() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.lab
        .config("provider \"autopilot\" {\n  max_retries = 0\n}\ndata \"autopilot_device_join_settings\" \"now\" {}");
    door.env("HTTPS_PROXY", &DEAD.replace("//", "//me:hunter2@"));
    door.hide("hunter2");
    insta::assert_snapshot!("proxy_that_is_not_there", door.refusal());
    assert_eq!(door.lab.tenant.requests(), []);
}

/// A managed identity's token is for this machine alone: no proxy is to see it.
#[test]
fn managed_identities_pass_proxies_by() {
    for kind in [Kind::Machine, Kind::WebApp] {
        let proxy = Proxy::start_blocking().unwrap();
        let mut door = Door::new();
        kind.present(&mut door);
        for name in ["HTTP_PROXY", "http_proxy"] {
            door.env(name, DEAD);
        }
        door.env("HTTPS_PROXY", &proxy.url());
        door.plan().changes();
        assert_eq!(proxy.requests(), [tunnel_to(door.lab.tenant.graph_url())], "{kind:?}");
    }
}

/// The CA of SSL_CERT_FILE counts for Graph, for the token endpoint and for the issuers of assertions: without it each is refused.
#[test]
fn a_private_ca_is_trusted_where_it_is_named() {
    for (kind, listener) in [
        (Kind::ClientSecret, Listener::Authority),
        (Kind::GitHub, Listener::Metadata),
        (Kind::Machine, Listener::Graph),
    ] {
        let mut door = Door::new();
        kind.present(&mut door);
        door.plan().changes();
        door.lab.tenant.clear_requests();
        door.without(&["SSL_CERT_FILE"]);
        door.plan().refused().says("certificate").says("SSL_CERT_FILE");
        door.env("SSL_CERT_FILE", "/dev/null");
        door.plan()
            .refused()
            .says("SSL_CERT_FILE names /dev/null, which holds no certificate");
        let asked = door.lab.tenant.requests();
        assert!(
            asked.iter().all(|request| request.listener != listener),
            "{listener:?} was asked: {asked:?}"
        );
    }
}
