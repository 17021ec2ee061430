//! Connection pools that can be left for a new one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a connection may take to come about, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The same on this machine and its host, who answer at once or not at all.
const NEAR_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// One reqwest client, built when it is first needed: loading the system's trust store takes milliseconds that a
/// start without a request need not pay.
#[derive(Debug)]
pub(super) struct Pool {
    user_agent: String,
    proxies: bool,
    current: Mutex<(u64, Option<reqwest::Client>)>,
}

/// The connections of one generation of a pool.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) client: reqwest::Client,
    generation: u64,
}

impl Pool {
    pub(super) fn new(user_agent: &str, proxies: bool) -> Self {
        Self {
            user_agent: user_agent.to_owned(),
            proxies,
            current: Mutex::new((0, None)),
        }
    }

    /// The connections to use now.
    pub(super) fn line(&self) -> Result<Line, reqwest::Error> {
        // A poisoned lock holds a usable value all the same: it is replaced as a whole.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match &current.1 {
            Some(client) => client.clone(),
            None => {
                let client = self.build()?;
                current.1 = Some(client.clone());
                client
            }
        };
        Ok(Line {
            client,
            generation: current.0,
        })
    }

    /// Leaves the connections that `line` used: the next request opens one of its own. What is under way on the old
    /// ones goes on. Microsoft asks for this after a 503; with HTTP/2 a pool has but one connection to a host, so
    /// nothing less than another pool gives another connection.
    pub(super) fn leave(&self, line: &Line) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever else saw the old ones fail has been here already.
        if current.0 == line.generation {
            *current = (current.0 + 1, None);
        }
    }

    fn build(&self) -> Result<reqwest::Client, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false);
        if self.proxies {
            builder.build()
        } else {
            // Only plain `http` goes here: no trust store has to be loaded.
            builder
                .connect_timeout(NEAR_CONNECT_TIMEOUT)
                .no_proxy()
                .tls_certs_only([])
                .build()
        }
    }
}
