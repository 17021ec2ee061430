//! Tests of the client and its token: when it is asked for, when it is replaced, and what it tells.

use std::sync::atomic::Ordering;

use super::wire_tests::{Numbered, client, options, policy, soon};
use super::*;
use crate::graph::PolicyTransport;
use crate::graph::credential::ClientSecret;
use crate::graph::secret::Secret;
use crate::graph::testing::{Server, json as answer};

#[tokio::test]
async fn signing_in_asks_for_the_token_alone() {
    let server = Server::start(vec![policy()]);
    let (client, source) = client(&server);
    assert_eq!(source.0.load(Ordering::SeqCst), 0, "a client sends nothing by itself");
    client.sign_in(&soon()).await.unwrap();
    assert!(server.received().is_empty());
    client.fetch(&soon()).await.unwrap();
    assert_eq!(source.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_expired_token_is_replaced_once() {
    let expired = answer(
        401,
        "",
        r#"{"error":{"code":"InvalidAuthenticationToken","message":"the token is expired."}}"#,
    );
    let server = Server::start(vec![expired.clone(), policy()]);
    let (client_one, source) = client(&server);
    client_one.fetch(&soon()).await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_ne!(received[0].header("authorization"), received[1].header("authorization"));
    assert_eq!(source.0.load(Ordering::SeqCst), 2);

    let refused = expired.clone();
    let server = Server::start(vec![expired]);
    let (client_two, source) = client(&server);
    let error = client_two.fetch(&soon()).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!((server.received().len(), source.0.load(Ordering::SeqCst)), (2, 2));

    // What a write carries may be out of date by the time that there is another token.
    let server = Server::start(vec![refused, policy()]);
    let (client_three, source) = client(&server);
    let error = client_three.replace("{}".to_owned(), &soon()).await.unwrap_err();
    assert!(error.status() == Some(401) && !error.may_have_applied(), "{error:?}");
    assert_eq!((server.received().len(), source.0.load(Ordering::SeqCst)), (1, 2));
    client_three.replace("{}".to_owned(), &soon()).await.unwrap();
    assert_eq!(source.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_403_is_explained_with_what_the_token_holds() {
    let denied = answer(
        403,
        "",
        r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges."}}"#,
    );
    let server = Server::start(vec![denied]);
    let error = client(&server).0.replace("{}".to_owned(), &soon()).await.unwrap_err();
    let advice = error.advice();
    assert!(
        advice.contains("needs the application permission Policy.ReadWrite.DeviceConfiguration"),
        "{advice}"
    );
    let blocked = answer(403, "", r#"{"blocked":"by a proxy"}"#);
    let server = Server::start(vec![blocked]);
    let error = client(&server).0.fetch(&soon()).await.unwrap_err();
    let advice = error.advice();
    assert!(advice.starts_with("What answered is not Microsoft Graph"), "{advice}");
}

#[tokio::test]
async fn the_tenant_is_the_configured_id_or_else_the_tokens() {
    let server = Server::start(vec![policy()]);
    assert_eq!(client(&server).0.tenant_id(&soon()).await.unwrap(), "tenant-of-token");
    let mut options = options(&server);
    let id = "7b795fb9-09d3-42f4-a494-38864f99ba3c";
    options.credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: id.to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::new("hunter2"),
    });
    let source = Arc::new(Numbered::default());
    let client = GraphClient::with_source(options, source.clone());
    assert_eq!(client.tenant_id(&soon()).await.unwrap(), id);
    assert_eq!(source.0.load(Ordering::SeqCst), 0);
}
