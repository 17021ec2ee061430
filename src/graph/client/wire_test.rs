//! Tests of the client over loopback: what goes out, what comes back, and what is done about it.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use serde_json::json;

use super::*;
use crate::graph::PolicyTransport;
use crate::graph::credential::claims::tests::token as jwt;
use crate::graph::credential::{Asking, ClientSecret, Issued};
use crate::graph::permission::READ_POLICY;
use crate::graph::policy::{Policy, Quota, Setting, SettingValue};
use crate::graph::secret::Secret;
use crate::graph::store::PolicyStore;
use crate::graph::testing::{Reply, Server, json as answer};

/// Gives a new token each time.
#[derive(Debug, Default)]
pub(super) struct Numbered(pub(super) AtomicU32);

#[async_trait]
impl TokenSource for Numbered {
    fn kind(&self) -> &'static str {
        "a test"
    }

    async fn acquire(&self, _: &Asking<'_>) -> Result<Issued, GraphError> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Issued {
            token: jwt(&json!({"tid": "tenant-of-token", "appid": "a", "idtyp": "app", "roles": [], "jti": number})),
            expires_on: std::time::SystemTime::now() + Duration::from_secs(3600),
        })
    }
}

/// Waits that a test can wait for.
fn quick() -> RetryPolicy {
    RetryPolicy {
        floor: Duration::from_millis(1),
        base: Duration::from_millis(2),
        connection_base: Duration::from_millis(2),
        ..RetryPolicy::default()
    }
}

pub(super) fn options(server: &Server) -> ClientOptions {
    let cloud = Cloud::global().unwrap().with_graph_endpoint(&server.url).unwrap();
    let credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: "contoso.onmicrosoft.com".to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::new("hunter2"),
    });
    ClientOptions {
        retry: quick(),
        ..ClientOptions::new(cloud, credential)
    }
}

pub(super) fn client(server: &Server) -> (GraphClient, Arc<Numbered>) {
    let source = Arc::new(Numbered::default());
    (GraphClient::with_source(options(server), source.clone()), source)
}

pub(super) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

pub(super) fn policy() -> Reply {
    answer(200, "request-id: r-1\r\n", r#"{"id":"deviceRegistrationPolicy"}"#)
}

fn busy(status: u16, retry_after: &str) -> Reply {
    let code = r#"{"error":{"code":"TooManyRequests","message":"Slow down."}}"#;
    answer(status, retry_after, code)
}

#[tokio::test]
async fn a_request_carries_what_graph_wants_and_reuses_its_connection() {
    let server = Server::start(vec![policy()]);
    let (client, source) = client(&server);
    let fetched = client.fetch(&soon()).await.unwrap();
    assert_eq!(fetched, r#"{"id":"deviceRegistrationPolicy"}"#);
    client
        .replace(r#"{"userDeviceQuota":5}"#.to_owned(), &soon())
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(received[0].line, "GET /v1.0/policies/deviceRegistrationPolicy HTTP/1.1");
    assert_eq!(received[1].line, "PUT /v1.0/policies/deviceRegistrationPolicy HTTP/1.1");
    assert_eq!(received[1].body, r#"{"userDeviceQuota":5}"#);
    assert_eq!(received[1].header("content-type"), Some("application/json"));
    for request in &received {
        assert!(request.header("authorization").unwrap().starts_with("Bearer eyJ"));
        assert_eq!(request.header("accept"), Some("application/json"));
        assert!(
            request
                .header("user-agent")
                .unwrap()
                .starts_with("terraform-provider-autopilot/")
        );
        assert!(uuid::Uuid::try_parse(request.header("client-request-id").unwrap()).is_ok());
        assert_eq!(request.connection, 0);
    }
    assert_ne!(
        received[0].header("client-request-id"),
        received[1].header("client-request-id")
    );
    assert_eq!(source.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn throttling_is_waited_out_whatever_the_form_of_retry_after() {
    for header in [
        "Retry-After: 0\r\n",
        "Retry-After: 0.004\r\n",
        "",
        "Retry-After: soon\r\n",
    ] {
        let server = Server::start(vec![busy(429, header), busy(429, header), policy()]);
        let (client, _) = client(&server);
        client.fetch(&soon()).await.unwrap();
        let received = server.received();
        assert_eq!(received.len(), 3, "{header:?}");
        // 429 is about us, not about the connection.
        assert!(received.iter().all(|request| request.connection == 0));
        assert_ne!(
            received[0].header("client-request-id"),
            received[1].header("client-request-id")
        );
    }
}

#[tokio::test]
async fn after_a_503_or_504_another_connection_is_used() {
    for status in [503, 504] {
        let server = Server::start(vec![busy(status, ""), policy()]);
        client(&server).0.fetch(&soon()).await.unwrap();
        let connections: Vec<_> = server.received().iter().map(|request| request.connection).collect();
        assert_eq!(connections, [0, 1], "{status}");
    }
}

#[tokio::test]
async fn attempts_are_counted_and_the_last_answer_is_told() {
    let server = Server::start(vec![busy(429, "request-id: r-9\r\n")]);
    let error = client(&server).0.fetch(&soon()).await.unwrap_err();
    assert_eq!(server.received().len(), 4);
    let text = error.to_string();
    assert!(
        text.starts_with(
            "GET /v1.0/policies/deviceRegistrationPolicy: 429 TooManyRequests: Slow down; sent 4 times, waited 0.0"
        ),
        "{text}"
    );
    assert!(text.ends_with("(request-id r-9)"), "{text}");
}

#[tokio::test]
async fn a_wait_past_the_deadline_fails_at_once_and_says_how_long() {
    let server = Server::start(vec![busy(429, "Retry-After: 60\r\n")]);
    let begun = std::time::Instant::now();
    let error = client(&server).0.fetch(&soon()).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(
        error.to_string().contains("asked to wait 60 s more, and only 19."),
        "{error}"
    );
    assert!(error.advice().contains("timeouts"), "{}", error.advice());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_wait_longer_than_any_fails_at_once_and_says_how_long() {
    let server = Server::start(vec![busy(429, "Retry-After: 3600\r\n")]);
    let begun = std::time::Instant::now();
    let error = client(&server)
        .0
        .fetch(&Deadline::after(Duration::from_secs(7200)))
        .await
        .unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let told = "asked to wait 1 h more, and the provider waits 180 s at most";
    assert!(error.to_string().contains(told), "{error}");
    assert_eq!(error.advice(), "Run Terraform again after that time.");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn other_errors_are_not_tried_again() {
    for status in [400, 403, 404, 500, 501] {
        let server = Server::start(vec![answer(status, "", r#"{"error":{"code":"c","message":"m"}}"#)]);
        let error = client(&server).0.fetch(&soon()).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(server.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_when_that_does_no_harm() {
    let cut = Reply::Close(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\"".to_vec(),
    );
    for fault in [Reply::Close(Vec::new()), cut] {
        let server = Server::start(vec![fault.clone(), fault.clone(), policy()]);
        let got = client(&server).0.fetch(&soon()).await;
        assert!(got.is_ok(), "{got:?}");
        assert_eq!(server.received().len(), 3);

        let server = Server::start(vec![fault, policy()]);
        let post = GraphRequest::post(["x"], json!({}), &READ_POLICY);
        let error = client(&server).0.send(post.clone(), &soon()).await.unwrap_err();
        assert!(error.may_have_applied(), "{error}");
        assert_eq!(server.received().len(), 1, "{error}");
        client(&server).0.send(post.repeatable(), &soon()).await.unwrap();
    }
}

/// Another writer may have been there since the body was made, so the store reads before it writes again.
#[tokio::test]
async fn a_write_is_never_sent_again_as_it_was() {
    for fault in [
        Reply::Close(Vec::new()),
        busy(429, "Retry-After: 0\r\n"),
        busy(503, ""),
        busy(504, ""),
    ] {
        let server = Server::start(vec![fault, policy()]);
        let put = client(&server).0.replace("{}".to_owned(), &soon()).await;
        assert!(put.is_err());
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_named() {
    let server = Server::start(vec![policy()]);
    let mut options = options(&server);
    // Nothing listens on port 1 of this machine.
    options.cloud = Cloud::global()
        .unwrap()
        .with_graph_endpoint("http://127.0.0.1:1")
        .unwrap();
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let error = client.fetch(&soon()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.contains("(http://127.0.0.1:1, 4 attempts)"), "{text}");
    assert!(!error.may_have_applied());
}

#[tokio::test]
async fn a_silent_server_is_given_up_and_asked_over_another_connection() {
    let server = Server::start(vec![Reply::Silence, policy()]);
    let mut options = options(&server);
    options.request_timeout = Duration::from_millis(100);
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    client.fetch(&soon()).await.unwrap();
    assert_eq!(server.received()[1].connection, 1);
}

#[tokio::test]
async fn the_deadline_ends_a_request_and_a_write_may_have_happened() {
    let server = Server::start(vec![Reply::Silence]);
    let (client, _) = client(&server);
    let error = client
        .replace("{}".to_owned(), &Deadline::after(Duration::from_millis(100)))
        .await
        .unwrap_err();
    assert!(matches!(error, GraphError::Timeout(_)), "{error}");
    assert!(error.may_have_applied());
    assert!(
        error.to_string().ends_with("not finished within the 0.1 s allowed"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_is_sent_after_a_cancellation_and_a_wait_ends_at_once() {
    let server = Server::start(vec![busy(429, "Retry-After: 15\r\n")]);
    let options = options(&server);
    let cancel = options.cancel.clone();
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let begun = std::time::Instant::now();
    let deadline = soon();
    let (result, ()) = tokio::join!(client.fetch(&deadline), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    let error = result.unwrap_err();
    assert!(matches!(error, GraphError::Cancelled(_)), "{error}");
    assert!(!error.may_have_applied(), "a 429 is a refusal");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(matches!(client.fetch(&soon()).await, Err(GraphError::Cancelled(_))));
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_write_under_way_is_awaited_for_a_moment_after_a_cancellation() {
    let late = Reply::After(Duration::from_millis(200), Box::new(policy()));
    let server = Server::start(vec![late]);
    let options = options(&server);
    let cancel = options.cancel.clone();
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let deadline = soon();
    let (written, ()) = tokio::join!(client.replace("{}".to_owned(), &deadline), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    assert!(written.is_ok(), "{written:?}");
}

/// Stop ends every request but the answer to a write and its read-back.
#[tokio::test]
async fn an_edit_under_way_is_confirmed_after_a_stop() {
    let policy = |quota| {
        let all = r##"{"@odata.type":"#microsoft.graph.allDeviceRegistrationMembership"}"##;
        let body = format!(
            r#"{{"userDeviceQuota":{quota},"multiFactorAuthConfiguration":"notRequired","localAdminPassword":{{}},
            "azureADRegistration":{{"allowedToRegister":{all}}},"azureADJoin":{{"allowedToJoin":{all}}}}}"#
        );
        answer(200, "", &body)
    };
    let late = Reply::After(Duration::from_millis(300), Box::new(policy(20)));
    let server = Server::start(vec![policy(50), late, policy(20)]);
    let options = options(&server);
    let cancel = options.cancel.clone();
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let store = PolicyStore::new(Arc::new(client), quick());
    let deadline = soon().with_cancellation(cancel.clone());
    let edit = |policy: &mut Policy| -> Result<(), ()> {
        policy.set(Setting::UserDeviceQuota, SettingValue::Quota(Quota::Limit(20)));
        Ok(())
    };
    let (edited, ()) = tokio::join!(store.edit(&deadline, edit), async {
        while server.received().len() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        cancel.cancel();
    });
    assert!(edited.is_ok_and(|edited| edited.written));
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn what_can_be_asked_again_is_not_awaited_after_a_cancellation() {
    let server = Server::start(vec![Reply::Silence]);
    let options = options(&server);
    let cancel = options.cancel.clone();
    let client = GraphClient::with_source(options, Arc::new(Numbered::default()));
    let (request, deadline) = (GraphRequest::get(["users", "u"], &READ_POLICY), soon());
    let begun = std::time::Instant::now();
    let (answer, ()) = tokio::join!(client.send(request, &deadline), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cancel.cancel();
    });
    assert!(matches!(answer, Err(GraphError::Cancelled(_))), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_huge_body_is_refused_without_being_read() {
    let body = format!("{{\"id\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let chunked = {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        bytes.extend_from_slice(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes());
        Reply::Bytes(bytes)
    };
    for huge in [answer(200, "", &body), chunked] {
        let server = Server::start(vec![huge]);
        let error = client(&server).0.fetch(&soon()).await.unwrap_err();
        assert!(
            matches!(error, GraphError::TooLarge { limit: 4_194_304, .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start(vec![policy()]);
    let location = format!("Location: {}/x\r\n", elsewhere.url);
    let server = Server::start(vec![answer(302, &location, "")]);
    let error = client(&server).0.fetch(&soon()).await.unwrap_err();
    assert!(error.to_string().contains("redirects elsewhere"), "{error}");
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_only_here() {
    let elsewhere = Server::start(vec![policy()]);
    let page = |url: &str, items: &str| {
        let next = if url.is_empty() {
            String::new()
        } else {
            format!(",\"@odata.nextLink\":\"{url}\"")
        };
        answer(200, "", &format!("{{\"value\":{items}{next}}}"))
    };
    for (script, expected) in [
        (vec!["self", "self", ""], Ok(6)),
        (vec!["other"], Err("it is not followed")),
        (vec!["self"], Err("more than 5 pages")),
    ] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let pages = script.iter().map(|next| match *next {
            "self" => page(&format!("{own}/v1.0/groups?$skiptoken=x"), "[1,2]"),
            "other" => page(&format!("{}/v1.0/groups", elsewhere.url), "[1,2]"),
            _ => page("", "[1,2]"),
        });
        let server = Server::on(listener, pages.collect());
        let limits = PageLimits { pages: 5, items: 100 };
        let request = GraphRequest::get(["groups"], &READ_POLICY).query("$top", "2");
        let result = client(&server).0.send_all_pages(request, limits, &soon()).await;
        match (result, expected) {
            (Ok(items), Ok(count)) => {
                assert_eq!(items.len(), count);
                assert_eq!(server.received()[1].line, "GET /v1.0/groups?$skiptoken=x HTTP/1.1");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (result, expected) => panic!("{result:?}, expected {expected:?}"),
        }
    }
    assert!(elsewhere.received().is_empty());
}
