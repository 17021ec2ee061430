//! The token of this process: asked for once, however many wait for it, and asked for again before it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::claims::Claims;
use super::who::is_guid;
use super::{Asking, CredentialConfig, Issued, TokenSource};
use crate::graph::deadline::{Deadline, Ended};
use crate::graph::error::{Call, Unfinished};
use crate::graph::http::{Http, Repeat};
use crate::graph::{GraphError, Secret};

/// The time before its end at which a token is replaced, at most.
const EARLY: Duration = Duration::from_secs(300);

/// The time that a token must have left to be used when no new one can be had.
const USABLE: Duration = Duration::from_secs(30);

/// The longest wait for a new token while the old one is good: all who need one wait.
const BRIEFLY: Duration = Duration::from_secs(10);

/// The time that the old token serves before a new one is asked for again.
const PAUSE: Duration = Duration::from_secs(30);

/// A token in use.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) claims: Option<Claims>,
    expires_on: SystemTime,
    refresh_on: SystemTime,
}

impl Token {
    fn new(issued: Issued, managed_identity: bool, now: SystemTime) -> Self {
        let lifetime = issued.expires_on.duration_since(now).unwrap_or_default();
        // A quarter of a short life, so that a five-minute token is not asked for with every request.
        let early = EARLY.min(lifetime / 4);
        let claims = Claims::of(&issued.token).map(|claims| Claims {
            managed_identity,
            ..claims
        });
        Self {
            claims,
            secret: issued.token,
            expires_on: issued.expires_on,
            refresh_on: issued.expires_on.checked_sub(early).unwrap_or(now),
        }
    }

    fn usable(&self, now: SystemTime) -> bool {
        self.expires_on.duration_since(now).is_ok_and(|left| left >= USABLE)
    }
}

/// Keeps the token and replaces it in time.
#[derive(Debug)]
pub(crate) struct Tokens {
    source: Arc<dyn TokenSource>,
    http: Arc<Http>,
    /// The tenant the configuration names.
    tenant: Option<String>,
    /// True if every request carries the same proof, so that a refused credential stays refused.
    fixed: bool,
    /// The number of requests for a token that have ended.
    rounds: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    /// The refusal of the last round, and the number of that round.
    refused: Option<(u64, GraphError)>,
    /// When a new token was last asked for in vain while the old one was good.
    in_vain: Option<Instant>,
}

impl State {
    /// Takes a new token and forgets what went wrong before it.
    fn replace(&mut self, token: Arc<Token>) -> Arc<Token> {
        *self = Self {
            token: Some(Arc::clone(&token)),
            ..Self::default()
        };
        token
    }
}

impl Tokens {
    pub(crate) fn new(source: Arc<dyn TokenSource>, http: Arc<Http>, credential: &CredentialConfig) -> Self {
        Self {
            source,
            http,
            tenant: credential.tenant_id().map(str::to_owned),
            fixed: credential.proof().is_some(),
            rounds: AtomicU64::new(0),
            state: Mutex::new(State::default()),
        }
    }

    /// The kind of the credential, in a user's words.
    pub(crate) fn kind(&self) -> &'static str {
        self.source.kind()
    }

    /// The token, asked for when there is none or when it ends soon.
    pub(crate) async fn token(&self, deadline: &Deadline) -> Result<Arc<Token>, GraphError> {
        self.other_than(None, deadline).await
    }

    /// Another token than the one Graph has just refused.
    pub(crate) async fn instead_of(&self, stale: &Arc<Token>, deadline: &Deadline) -> Result<Arc<Token>, GraphError> {
        self.other_than(Some(stale), deadline).await
    }

    async fn other_than(&self, stale: Option<&Arc<Token>>, deadline: &Deadline) -> Result<Arc<Token>, GraphError> {
        let round = self.rounds.load(Ordering::Acquire);
        let mut state = deadline
            .bound(self.state.lock())
            .await
            .map_err(|why| unfinished(why, deadline))?;
        let current = state
            .token
            .clone()
            .filter(|token| stale.is_none_or(|stale| !Arc::ptr_eq(stale, token)));
        if let Some(token) = current
            && let Some(good) = self.while_good(&mut state, token, deadline).await?
        {
            return Ok(good);
        }
        // Callers that waited while another asked share the answer, be it a refusal: a wrong secret is tried once.
        if let Some((ended, refusal)) = &state.refused
            && (*ended > round || self.fixed && refusal.is_bad_credential())
        {
            return Err(refusal.clone());
        }
        let asked = self.ask(deadline, Repeat::Freely).await;
        let round = self.rounds.fetch_add(1, Ordering::AcqRel) + 1;
        match asked {
            Ok(token) => Ok(state.replace(token)),
            Err(error) => {
                // The end of one operation is not the end of the others.
                state.refused = (!is_end(&error)).then(|| (round, error.clone()));
                Err(error)
            }
        }
    }

    /// The token, or, when it ends soon, another one; nothing when neither is good enough.
    ///
    /// A token that is still good is no reason to wait for a service that is busy: it is asked once, and then not for a while.
    async fn while_good(
        &self,
        state: &mut State,
        token: Arc<Token>,
        deadline: &Deadline,
    ) -> Result<Option<Arc<Token>>, GraphError> {
        let now = SystemTime::now();
        if now < token.refresh_on {
            return Ok(Some(token));
        }
        if !token.usable(now) {
            return Ok(None);
        }
        if state.in_vain.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(Some(token));
        }
        match self.ask(&deadline.at_most(BRIEFLY), Repeat::Never).await {
            Ok(token) => Ok(Some(state.replace(token))),
            Err(error) if deadline.ended().is_some() => Err(error),
            Err(error) => {
                tracing::debug!(%error, "no new token; the old one is still good");
                state.in_vain = Some(Instant::now());
                Ok(Some(token).filter(|token| token.usable(SystemTime::now())))
            }
        }
    }

    async fn ask(&self, deadline: &Deadline, repeat: Repeat) -> Result<Arc<Token>, GraphError> {
        let asking = Asking {
            http: &self.http,
            deadline,
            repeat,
        };
        let issued = deadline
            .bound(self.source.acquire(&asking))
            .await
            .map_err(|why| unfinished(why, deadline))??;
        let token = Token::new(issued, self.source.is_managed_identity(), SystemTime::now());
        self.check_tenant(&token)?;
        tracing::debug!(
            credential = self.kind(),
            tenant = token.claims.as_ref().and_then(|c| c.tid.as_deref()).unwrap_or_default(),
            lifetime_s = token
                .expires_on
                .duration_since(SystemTime::now())
                .unwrap_or_default()
                .as_secs(),
            "token issued"
        );
        Ok(Arc::new(token))
    }

    /// A token for another tenant would change the wrong one. A tenant given by its domain cannot be compared.
    fn check_tenant(&self, token: &Token) -> Result<(), GraphError> {
        let Some(configured) = self.tenant.as_deref().filter(|id| is_guid(id)) else {
            return Ok(());
        };
        match token.claims.as_ref().and_then(|claims| claims.tid.as_deref()) {
            Some(tid) if !tid.eq_ignore_ascii_case(configured) => Err(GraphError::credential(
                format!(
                    "The token that {} gave is for tenant {tid}, but tenant_id is {configured}",
                    self.kind()
                ),
                "Nothing was sent to Microsoft Graph. Sign in to the configured tenant, or correct `tenant_id` (ARM_TENANT_ID).",
            )),
            _ => Ok(()),
        }
    }
}

/// True for an error that says only that the operation had to end.
fn is_end(error: &GraphError) -> bool {
    matches!(error, GraphError::Timeout(_) | GraphError::Cancelled(_))
}

fn unfinished(why: Ended, deadline: &Deadline) -> GraphError {
    let unfinished = Box::new(Unfinished::new(
        Call::new("Sign-in", "to Microsoft Entra"),
        deadline.allowed(),
        false,
    ));
    match why {
        Ended::TimedOut => GraphError::Timeout(unfinished),
        Ended::Cancelled => GraphError::Cancelled(unfinished),
    }
}

#[cfg(test)]
#[path = "tokens_test.rs"]
mod tests;
