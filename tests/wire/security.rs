//! Nobody but the Terraform that started it can talk to the plugin.

use std::os::unix::fs::PermissionsExt as _;

use rustls::version::{TLS12, TLS13};
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::harness::{Caller, Plugin, binary, channel_over, read_all};

/// How every HTTP/2 connection begins, with an empty SETTINGS frame. A server
/// that talks to the caller answers it with a frame of its own.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Tries all that a caller can: a raw preface, and a request.
async fn gets_no_answer(plugin: &Plugin, caller: Option<&Caller>) {
    for version in [&TLS12, &TLS13] {
        // In TLS 1.3 the caller's side of the handshake ends before the
        // plugin has seen the certificate, so that this may look like success.
        if let Ok(mut stream) = plugin.tls(caller, &[version]).await {
            let _ = stream.write_all(PREFACE).await;
            assert_eq!(read_all(stream).await, b"");
        }
        if let Ok(stream) = plugin.tls(caller, &[version]).await
            && let Ok(channel) = channel_over(stream).await
        {
            let schema = ProviderClient::new(channel)
                .get_provider_schema(tf::get_provider_schema::Request {})
                .await;
            assert!(schema.is_err());
        }
    }
}

#[tokio::test]
async fn the_caller_that_was_announced_is_served() {
    let plugin = Plugin::start(binary()).await;
    for version in [&TLS12, &TLS13] {
        let stream = plugin.tls(Some(&plugin.caller), &[version]).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let mut client = ProviderClient::new(channel_over(stream).await.unwrap());
        let schema = client.get_provider_schema(tf::get_provider_schema::Request {}).await;
        assert!(schema.unwrap().into_inner().provider.is_some());
    }
}

#[tokio::test]
async fn a_caller_without_a_certificate_gets_no_answer() {
    let plugin = Plugin::start(binary()).await;
    gets_no_answer(&plugin, None).await;
}

#[tokio::test]
async fn a_caller_with_another_certificate_gets_no_answer() {
    let plugin = Plugin::start(binary()).await;
    gets_no_answer(&plugin, Some(&Caller::new())).await;
}

#[tokio::test]
async fn a_caller_that_lacks_the_key_of_the_certificate_gets_no_answer() {
    let plugin = Plugin::start(binary()).await;
    let thief = plugin.caller.with_the_key_of(&Caller::new());
    gets_no_answer(&plugin, Some(&thief)).await;
}

#[tokio::test]
async fn a_caller_in_plaintext_gets_no_answer() {
    let plugin = Plugin::start(binary()).await;
    let mut stream = UnixStream::connect(plugin.socket()).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    let answer = read_all(stream).await;
    // At most a TLS alert, whose first byte is 21.
    assert!(
        answer.is_empty() || (answer[0] == 21 && answer.len() <= 7),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_silent_caller_holds_up_nobody() {
    let plugin = Plugin::start(binary()).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(UnixStream::connect(plugin.socket()).await.unwrap());
    }
    let mut client = plugin.provider().await;
    assert!(client.get_metadata(tf::get_metadata::Request {}).await.is_ok());
}

#[tokio::test]
async fn the_socket_is_its_owners() {
    let plugin = Plugin::start(binary()).await;
    assert_eq!(plugin.socket().parent(), Some(plugin.directory.path()));
    let mode = std::fs::metadata(plugin.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn without_a_certificate_from_terraform_the_socket_is_plain() {
    let plugin = Plugin::start_in_plaintext(binary()).await;
    assert_eq!(plugin.parts()[5], "");
    let mut client = plugin.provider().await;
    assert!(client.get_metadata(tf::get_metadata::Request {}).await.is_ok());
}
