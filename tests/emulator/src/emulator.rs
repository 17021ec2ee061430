//! The handle of a running emulator.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::config::Config;
use crate::directory::{Directory, Verdict};
use crate::exchange::Listener;
use crate::faults::Fault;
use crate::latency::Latency;
use crate::log::Request;
use crate::policy::PolicyWrite;
use crate::server::{self, Open, Shared};
use crate::switches::Switches;
use crate::world::{Urls, World};
use crate::{StartError, control, tls};

/// A running emulator. Its listeners run on a thread of their own and end when it is dropped.
pub struct Emulator {
    pub(crate) shared: Arc<Shared>,
    pub(crate) urls: Urls,
    ca_pem: String,
    tenant_id: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// Starts an emulator from asynchronous code.
    ///
    /// # Errors
    /// When a port cannot be bound, a key cannot be made or a thread cannot be started.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let started = tokio::task::spawn_blocking(move || Self::start_blocking(config));
        started.await.map_err(|_| StartError::Thread)?
    }

    /// Starts an emulator from any thread, and returns when its listeners are open.
    ///
    /// # Errors
    /// As [`Emulator::start`].
    pub fn start_blocking(config: Config) -> Result<Self, StartError> {
        Self::start_with_state(config, None)
    }

    /// The same, with a file that the policy is kept in between runs: read now if it is there, written after every change.
    ///
    /// # Errors
    /// As [`Emulator::start`], and when the file is not one that an emulator wrote.
    pub fn start_with_state(config: Config, state: Option<&Path>) -> Result<Self, StartError> {
        let identity = tls::identity()?;
        let ports = config.ports;
        let tenant_id = config.tenant_id.clone();
        let mut world = World::new(config)?;
        if let Some(path) = state {
            world.keep_in(path)?;
        }
        let shared = Shared::new(world);

        let server = Some(Arc::clone(&identity.server));
        let graph = |scheme| {
            let service = server::service(&shared, Listener::Graph, scheme);
            control::router(&shared).fallback_service(service)
        };
        let ends = [
            (ports.graph, server.clone(), graph("https")),
            (
                ports.authority,
                server.clone(),
                server::service(&shared, Listener::Authority, "https"),
            ),
            (ports.graph_http, None, graph("http")),
            (
                ports.metadata,
                None,
                server::service(&shared, Listener::Metadata, "http"),
            ),
            (
                ports.metadata_tls,
                server,
                server::service(&shared, Listener::Metadata, "https"),
            ),
        ];
        let mut urls = Vec::with_capacity(ends.len());
        let mut open = Vec::with_capacity(ends.len());
        for (port, tls, router) in ends {
            let listener = server::bind(port)?;
            let scheme = if tls.is_some() { "https" } else { "http" };
            urls.push(format!("{scheme}://{}", listener.local_addr()?));
            open.push(Open { listener, tls, router });
        }
        let urls = Urls::of(urls);
        shared.world().urls = urls.clone();
        let (stop, thread) = run(open, Arc::clone(&shared))?;
        Ok(Self {
            shared,
            urls,
            ca_pem: identity.ca_pem,
            tenant_id,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// `https://127.0.0.1:<port>` of Graph, without a version.
    #[must_use]
    pub fn graph_url(&self) -> &str {
        &self.urls.graph
    }

    /// `http://127.0.0.1:<port>`: the same Graph without TLS.
    #[must_use]
    pub fn graph_http_url(&self) -> &str {
        &self.urls.graph_http
    }

    /// `https://127.0.0.1:<port>` of the token endpoint's host.
    #[must_use]
    pub fn authority_url(&self) -> &str {
        &self.urls.authority
    }

    /// `http://127.0.0.1:<port>` of the managed identity endpoints and the issuers of assertions.
    #[must_use]
    pub fn metadata_url(&self) -> &str {
        &self.urls.metadata
    }

    /// `https://127.0.0.1:<port>` of the same.
    #[must_use]
    pub fn metadata_tls_url(&self) -> &str {
        &self.urls.metadata_tls
    }

    /// The certificate authority to trust, PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Writes the certificate authority to a file, for `SSL_CERT_FILE`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ca(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        std::fs::write(path, &self.ca_pem)
    }

    /// The tenant's id.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The client id of the first app.
    #[must_use]
    pub fn client_id(&self) -> String {
        let world = self.shared.world();
        let app = world.config.apps.first();
        app.map(|app| app.client_id.clone()).unwrap_or_default()
    }

    /// The first secret of the first app.
    #[must_use]
    pub fn client_secret(&self) -> String {
        let world = self.shared.world();
        let secret = world.config.apps.first().and_then(|app| app.secrets.first());
        secret.map(|secret| secret.value.clone()).unwrap_or_default()
    }

    /// The policy as it is stored, without what an answer adds to it.
    #[must_use]
    pub fn policy(&self) -> Value {
        self.shared.world().policy.current().clone()
    }

    /// Sets the policy behind Graph's back: no rule is checked, and every reader sees it at once.
    pub fn set_policy(&self, policy: Value) {
        let mut world = self.shared.world();
        world.policy.set(policy);
        world.save();
    }

    /// Edits the policy behind Graph's back, in one step.
    pub fn edit_policy(&self, edit: impl FnOnce(&mut Value)) {
        let mut world = self.shared.world();
        let mut policy = world.policy.current().clone();
        edit(&mut policy);
        world.policy.set(policy);
        world.save();
    }

    /// A copy of the directory.
    #[must_use]
    pub fn directory(&self) -> Directory {
        self.shared.world().directory.clone()
    }

    /// Edits the directory, in one step.
    pub fn edit_directory(&self, edit: impl FnOnce(&mut Directory)) {
        let mut world = self.shared.world();
        edit(&mut world.directory);
        world.save();
    }

    /// Whether a user may join one more device now, by the emulator's own reckoning.
    #[must_use]
    pub fn may_join(&self, user_id: &str) -> Verdict {
        let world = self.shared.world();
        world.directory.may_join(world.policy.current(), user_id)
    }

    /// Every state the policy came to since the start or the last [`Emulator::clear_requests`].
    #[must_use]
    pub fn writes(&self) -> Vec<PolicyWrite> {
        self.shared.world().policy.writes().to_vec()
    }

    /// Counts the PUTs since the start whose body held an enumerated membership with both lists empty, refused or not.
    #[must_use]
    pub fn empty_selections_sent(&self) -> usize {
        self.shared.world().log.empty_selections()
    }

    /// The log of all requests but the control API's, in order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.world().log.requests().to_vec()
    }

    /// The requests to Graph alone.
    #[must_use]
    pub fn graph_requests(&self) -> Vec<Request> {
        self.requests_to(Listener::Graph)
    }

    /// The requests to the token endpoint alone.
    #[must_use]
    pub fn token_requests(&self) -> Vec<Request> {
        self.requests_to(Listener::Authority)
    }

    fn requests_to(&self, listener: Listener) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.listener == listener);
        requests
    }

    /// Forgets the requests and the policy's past states.
    pub fn clear_requests(&self) {
        let mut world = self.shared.world();
        world.log.clear();
        world.policy.clear_writes();
    }

    /// Puts a fault in the way of requests to come.
    pub fn inject(&self, fault: Fault) {
        self.shared.world().faults.add(fault);
    }

    /// Takes away the faults that still wait.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// Faults that still wait for their requests.
    #[must_use]
    pub fn waiting_faults(&self) -> Vec<Fault> {
        self.shared.world().faults.waiting().to_vec()
    }

    /// Sets how the tenant behaves where Graph is not documented.
    pub fn set_switches(&self, switches: Switches) {
        self.shared.world().config.switches = switches;
    }

    /// Sets how long requests take.
    pub fn set_latency(&self, latency: Latency) {
        self.shared.world().config.latency = latency;
    }

    /// Changes anything that the emulator was started with, for requests to come. Ports and the policy are not changed by it; for the
    /// policy there is [`Emulator::edit_policy`].
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        self.shared.change(|world| change(&mut world.config));
    }

    /// A copy of what the emulator is running with.
    #[must_use]
    pub fn config(&self) -> Config {
        self.shared.world().config.clone()
    }

    /// The clock tokens expire by.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.world().config.clock
    }

    /// Refuses every token issued until now as expired.
    pub fn revoke_tokens(&self) {
        self.shared.change(World::revoke_tokens);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread has nothing else to end for.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves the listeners on a thread of its own until told to stop: a runtime must not be dropped inside another one.
fn run(open: Vec<Open>, shared: Arc<Shared>) -> Result<(oneshot::Sender<()>, JoinHandle<()>), StartError> {
    let (stop, stopped) = oneshot::channel();
    let (ready, started) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("graph-emulator".to_owned())
        .spawn(move || {
            let runtime = Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("graph-emulator")
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async {
                let served: std::io::Result<Vec<()>> = open
                    .into_iter()
                    .map(|end| server::spawn(end, Arc::clone(&shared)))
                    .collect();
                // Nobody waits for either end of the channels when the handle is gone already.
                let _ = ready.send(served.map(drop));
                let _ = stopped.await;
            });
            // Waits until the tasks are dropped, and the sockets with them.
            runtime.shutdown_timeout(Duration::from_secs(1));
        })?;
    match started.recv() {
        Ok(Ok(())) => Ok((stop, thread)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(StartError::Thread),
    }
}
