//! Tests of the process's token: one request for many, and one more when it is needed.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::super::claims::tests::token as jwt;
use super::super::{ClientSecret, ManagedIdentity};
use super::*;
use crate::graph::error::TokenError;
use crate::graph::retry::RetryPolicy;

/// Takes a second for every answer.
#[derive(Debug, Default)]
struct Scripted {
    asked: AtomicUsize,
    lifetime: Duration,
    tid: &'static str,
    refuse: StdMutex<bool>,
    /// The OAuth error of a refusal.
    error: &'static str,
    /// The time that an answer takes by the clock on the wall.
    slow: Duration,
    repeats: StdMutex<Vec<Repeat>>,
}

#[async_trait]
impl TokenSource for Scripted {
    fn kind(&self) -> &'static str {
        "a test"
    }

    async fn acquire(&self, asking: &Asking<'_>) -> Result<Issued, GraphError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        self.repeats.lock().unwrap().push(asking.repeat);
        std::thread::sleep(self.slow);
        tokio::time::sleep(Duration::from_secs(1)).await;
        if *self.refuse.lock().unwrap() {
            return Err(GraphError::Token(Box::new(TokenError {
                error: self.error.to_owned(),
                ..TokenError::default()
            })));
        }
        Ok(Issued {
            token: jwt(&json!({"tid": self.tid, "jti": number})),
            expires_on: SystemTime::now() + self.lifetime,
        })
    }
}

fn secret(tenant: &str) -> CredentialConfig {
    CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: tenant.to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::new("hunter2"),
    })
}

fn tokens(source: &Arc<Scripted>, tenant: Option<&str>) -> Arc<Tokens> {
    let http = Http::new("test", Duration::from_secs(30), RetryPolicy::default());
    let credential = secret(tenant.unwrap_or("contoso.example"));
    Arc::new(Tokens::new(source.clone(), Arc::new(http), &credential))
}

fn lasting(seconds: u64) -> Arc<Scripted> {
    Arc::new(Scripted {
        lifetime: Duration::from_secs(seconds),
        ..Scripted::default()
    })
}

fn minute() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

async fn all<T: Send + 'static>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test(start_paused = true)]
async fn a_hundred_first_requests_ask_once() {
    let source = lasting(3600);
    let tokens = tokens(&source, None);
    let tasks = (0..100).map(|_| {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { tokens.token(&minute()).await.unwrap() })
    });
    let got = all(tasks.collect()).await;
    assert!(got.iter().all(|token| Arc::ptr_eq(token, &got[0])));
    assert_eq!(source.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_shared_by_those_who_waited_and_asked_again_by_those_who_come_later() {
    let source = lasting(3600);
    *source.refuse.lock().unwrap() = true;
    let tokens = tokens(&source, None);
    let tasks = (0..20).map(|_| {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { tokens.token(&minute()).await.is_err() })
    });
    assert_eq!(all(tasks.collect()).await, vec![true; 20]);
    assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    *source.refuse.lock().unwrap() = false;
    assert!(tokens.token(&minute()).await.is_ok());
    assert_eq!(source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bad_credential_is_asked_for_once() {
    let identity = CredentialConfig::ManagedIdentity(ManagedIdentity::new(None, None));
    for (credential, error, asked) in [
        (secret("contoso.example"), "invalid_client", 1),
        (secret("contoso.example"), "unauthorized_client", 1),
        (secret("contoso.example"), "temporarily_unavailable", 3),
        // Another proof may be a better one.
        (identity, "invalid_client", 3),
    ] {
        let source = Arc::new(Scripted {
            error,
            ..Scripted::default()
        });
        *source.refuse.lock().unwrap() = true;
        let http = Http::new("test", Duration::from_secs(30), RetryPolicy::default());
        let tokens = Tokens::new(source.clone(), Arc::new(http), &credential);
        for _ in 0..3 {
            assert!(tokens.token(&minute()).await.is_err());
        }
        assert_eq!(source.asked.load(Ordering::SeqCst), asked, "{credential:?} {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_first_request_leaves_the_others_their_token() {
    let source = lasting(3600);
    let tokens = tokens(&source, None);
    let cancel = CancellationToken::new();
    let first = {
        let (tokens, cancel) = (Arc::clone(&tokens), cancel.clone());
        tokio::spawn(async move { tokens.token(&minute().with_cancellation(cancel)).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { tokens.token(&minute()).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    cancel.cancel();
    assert!(matches!(first.await.unwrap(), Err(GraphError::Cancelled(_))));
    assert!(second.await.unwrap().is_ok());
    assert_eq!(source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_who_held_it() {
    let source = lasting(3600);
    let tokens = tokens(&source, None);
    let stale = tokens.token(&minute()).await.unwrap();
    let tasks = (0..10).map(|_| {
        let (tokens, stale) = (Arc::clone(&tokens), Arc::clone(&stale));
        tokio::spawn(async move { tokens.instead_of(&stale, &minute()).await.unwrap() })
    });
    let fresh = all(tasks.collect()).await;
    assert!(fresh.iter().all(|token| !Arc::ptr_eq(token, &stale)));
    assert_eq!(source.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_used_for_three_quarters_of_its_life() {
    let source = lasting(300);
    let tokens = tokens(&source, None);
    let first = tokens.token(&minute()).await.unwrap();
    assert!(Arc::ptr_eq(&first, &tokens.token(&minute()).await.unwrap()));
    let early = first.expires_on.duration_since(first.refresh_on).unwrap();
    assert!(
        early <= Duration::from_secs(75) && early > Duration::from_secs(70),
        "{early:?}"
    );
}

/// A token that is due for replacement and has so long to go.
async fn due(tokens: &Tokens, left: Duration) -> Arc<Token> {
    let first = tokens.token(&minute()).await.unwrap();
    let due = Arc::new(Token {
        secret: first.secret.clone(),
        claims: None,
        expires_on: SystemTime::now() + left,
        refresh_on: SystemTime::now() - Duration::from_secs(1),
    });
    tokens.state.lock().await.token = Some(Arc::clone(&due));
    due
}

#[tokio::test(start_paused = true)]
async fn an_old_token_serves_while_no_new_one_can_be_had() {
    let source = lasting(60);
    let tokens = tokens(&source, None);
    let due = due(&tokens, Duration::from_secs(60)).await;
    *source.refuse.lock().unwrap() = true;
    assert!(Arc::ptr_eq(&due, &tokens.token(&minute()).await.unwrap()));
    assert!(tokens.instead_of(&due, &minute()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_old_token_serves_all_who_waited_while_another_was_asked_for_in_vain() {
    let source = lasting(3600);
    let tokens = tokens(&source, None);
    let due = due(&tokens, Duration::from_secs(200)).await;
    *source.refuse.lock().unwrap() = true;
    let begun = Instant::now();
    let tasks = (0..20).map(|_| {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { tokens.token(&minute()).await.unwrap() })
    });
    let got = all(tasks.collect()).await;
    assert!(got.iter().all(|token| Arc::ptr_eq(token, &due)));
    assert_eq!(source.asked.load(Ordering::SeqCst), 2, "once for all of them");
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn while_the_old_token_is_good_a_new_one_is_asked_for_once_and_then_not_for_a_while() {
    let source = lasting(3600);
    let tokens = tokens(&source, None);
    let due = due(&tokens, Duration::from_secs(200)).await;
    *source.refuse.lock().unwrap() = true;
    for asked in [2, 2, 3, 3] {
        assert!(Arc::ptr_eq(&due, &tokens.token(&minute()).await.unwrap()));
        assert_eq!(source.asked.load(Ordering::SeqCst), asked);
        tokio::time::sleep(PAUSE * 6 / 10).await;
    }
    *source.refuse.lock().unwrap() = false;
    tokio::time::sleep(PAUSE).await;
    assert!(!Arc::ptr_eq(&due, &tokens.token(&minute()).await.unwrap()));
    use Repeat::{Freely, Never};
    assert_eq!(*source.repeats.lock().unwrap(), [Freely, Never, Never, Never]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_token_service_is_not_waited_for_long_while_the_old_token_is_good() {
    let source = Arc::new(Silent);
    let http = Http::new("test", Duration::from_secs(30), RetryPolicy::default());
    let tokens = Tokens::new(source, Arc::new(http), &secret("contoso.example"));
    let good = Arc::new(Token {
        secret: Secret::new("x"),
        claims: None,
        expires_on: SystemTime::now() + Duration::from_secs(200),
        refresh_on: SystemTime::now() - Duration::from_secs(1),
    });
    tokens.state.lock().await.token = Some(Arc::clone(&good));
    let begun = Instant::now();
    assert!(Arc::ptr_eq(&good, &tokens.token(&minute()).await.unwrap()));
    assert_eq!(begun.elapsed(), BRIEFLY);
    // Who has less time than that has to end all the same.
    tokio::time::sleep(PAUSE).await;
    let second = Deadline::after(Duration::from_secs(1));
    assert!(matches!(tokens.token(&second).await, Err(GraphError::Timeout(_))));
}

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl TokenSource for Silent {
    fn kind(&self) -> &'static str {
        "a test"
    }

    async fn acquire(&self, _: &Asking<'_>) -> Result<Issued, GraphError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ended_while_another_was_asked_for_is_not_used() {
    let source = Arc::new(Scripted {
        lifetime: Duration::from_secs(3600),
        slow: Duration::from_millis(300),
        ..Scripted::default()
    });
    let tokens = tokens(&source, None);
    let due = due(&tokens, USABLE + Duration::from_millis(100)).await;
    *source.refuse.lock().unwrap() = true;
    assert!(
        tokens.token(&minute()).await.is_err(),
        "it was as good as ended by then"
    );
    use Repeat::{Freely, Never};
    assert_eq!(*source.repeats.lock().unwrap(), [Freely, Never, Freely]);
    drop(due);
}

#[tokio::test(start_paused = true)]
async fn a_token_for_another_tenant_is_an_error() {
    const MINE: &str = "7b795fb9-09d3-42f4-a494-38864f99ba3c";
    let other = Arc::new(Scripted {
        lifetime: Duration::from_secs(3600),
        tid: "11111111-09d3-42f4-a494-38864f99ba3c",
        ..Scripted::default()
    });
    let error = tokens(&other, Some(MINE)).token(&minute()).await.unwrap_err();
    assert!(error.to_string().contains("tenant_id is 7b795fb9"), "{error}");
    assert!(
        tokens(&other, Some("contoso.onmicrosoft.com"))
            .token(&minute())
            .await
            .is_ok()
    );
    let mine = Arc::new(Scripted {
        lifetime: Duration::from_secs(3600),
        tid: "7B795FB9-09d3-42f4-a494-38864f99ba3c",
        ..Scripted::default()
    });
    assert!(tokens(&mine, Some(MINE)).token(&minute()).await.is_ok());
}
