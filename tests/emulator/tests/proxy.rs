//! The proxy between a client and the emulator.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use client::{POLICY, Session};
use graph_emulator::{Config, Emulator, Proxy};

#[tokio::test]
async fn tunnels_and_remembers() {
    let emulator = Emulator::start(Config::default()).await.unwrap();
    let mut session = Session::new(&emulator).await;
    let proxy = Proxy::start_blocking().unwrap();
    let authority = reqwest::Certificate::from_pem(emulator.ca_pem().as_bytes()).unwrap();
    session.client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .proxy(reqwest::Proxy::all(proxy.url()).unwrap())
        .build()
        .unwrap();
    assert_eq!(session.get(POLICY).await.0, 200);
    let host = emulator.graph_url().trim_start_matches("https://");
    assert_eq!(proxy.requests(), [format!("CONNECT {host}")]);

    let plain = session.client.get(emulator.imds_url()).send().await.unwrap();
    assert_eq!(plain.status(), 502);
    assert_eq!(proxy.requests()[1], format!("GET {}", emulator.imds_url()));
    let closed = Proxy::refusing().unwrap();
    let refused = reqwest::Client::builder()
        .proxy(reqwest::Proxy::all(closed.url()).unwrap())
        .build()
        .unwrap();
    assert!(refused.get(emulator.graph_url()).send().await.is_err());
    assert_eq!(closed.requests(), [format!("CONNECT {host}")]);

    let url = proxy.url();
    drop(proxy);
    let address = url.trim_start_matches("http://");
    let ended = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::net::TcpStream::connect(address).is_err()
    });
    assert!(ended);
}
