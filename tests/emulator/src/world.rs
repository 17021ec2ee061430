//! Everything the emulator is at one moment. It sits behind one lock: a request takes effect as a whole.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::StartError;
use crate::authority;
use crate::az::Az;
use crate::config::Config;
use crate::directory::Directory;
use crate::exchange::{Call, Listener, Reply};
use crate::faults::Faults;
use crate::graph;
use crate::jwt::SigningKey;
use crate::log::Log;
use crate::metadata;
use crate::policy::PolicyState;

/// The state behind the lock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) config: Config,
    /// Signs access tokens.
    pub(crate) key: SigningKey,
    /// Signs the assertions of everyone the apps trust.
    pub(crate) issuer_key: SigningKey,
    pub(crate) policy: PolicyState,
    pub(crate) directory: Directory,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    /// Counts the tokens; each carries its number.
    pub(crate) tokens_issued: u64,
    /// Tokens up to this number are refused as expired.
    pub(crate) tokens_revoked: u64,
    pub(crate) urls: Urls,
    /// Where the `az` stand-in is.
    pub(crate) az: Option<Az>,
    /// Where the policy is kept between runs.
    pub(crate) state_file: Option<PathBuf>,
}

/// Where the listeners are: scheme and authority, without a slash at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Urls {
    pub(crate) graph: String,
    pub(crate) authority: String,
    pub(crate) graph_http: String,
    pub(crate) metadata: String,
    pub(crate) metadata_tls: String,
}

impl Urls {
    /// From the listeners' in the order of the fields.
    pub(crate) fn of(urls: impl IntoIterator<Item = String>) -> Self {
        let mut urls = urls.into_iter();
        let mut next = || urls.next().unwrap_or_default();
        Self {
            graph: next(),
            authority: next(),
            graph_http: next(),
            metadata: next(),
            metadata_tls: next(),
        }
    }
}

impl World {
    pub(crate) fn new(mut config: Config) -> Result<Self, StartError> {
        Ok(Self {
            policy: PolicyState::new(config.policy.clone()),
            directory: std::mem::take(&mut config.directory),
            key: SigningKey::generate()?,
            issuer_key: SigningKey::generate()?,
            az: None,
            config,
            faults: Faults::default(),
            log: Log::default(),
            tokens_issued: 0,
            tokens_revoked: 0,
            urls: Urls::default(),
            state_file: None,
        })
    }

    /// Answers one request. Everything it changes, it changes here.
    pub(crate) fn handle(&mut self, call: &Call) -> Reply {
        match call.listener {
            Listener::Graph => graph::answer(self, call),
            Listener::Authority => authority::answer(self, call),
            Listener::Metadata => metadata::answer(self, call),
        }
    }

    /// Resources a token can be asked for.
    pub(crate) fn issues_for(&self, resource: &str) -> bool {
        self.is_graph(resource) || self.config.foreign_resources.iter().any(|known| known == resource)
    }

    /// Whether a token for this resource is one for Graph.
    pub(crate) fn is_graph(&self, resource: &str) -> bool {
        resource == self.urls.graph
            || resource == self.urls.graph_http
            || self.config.extra_resources.iter().any(|known| known == resource)
    }

    /// Refuses every token issued until now.
    pub(crate) fn revoke_tokens(&mut self) {
        self.tokens_revoked = self.tokens_issued;
    }

    /// Takes the state out of a file if there is one, and keeps it there from now on.
    pub(crate) fn keep_in(&mut self, path: &Path) -> Result<(), StartError> {
        self.state_file = Some(path.to_owned());
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.save();
                return Ok(());
            }
            text => text?,
        };
        let unusable = |why: String| StartError::State {
            path: path.to_owned(),
            why,
        };
        let state: Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        match state.get("policy") {
            Some(policy @ Value::Object(_)) => self.policy = PolicyState::new(policy.clone()),
            _ => return Err(unusable("it has no object named policy".to_owned())),
        }
        if let Some(directory) = state.get("directory") {
            self.directory = Directory::deserialize(directory).map_err(|error| unusable(error.to_string()))?;
        }
        Ok(())
    }

    /// What outlives the process.
    pub(crate) fn state(&self) -> Value {
        json!({"policy": self.policy.current(), "directory": self.directory})
    }

    /// Writes the state where it is kept, if anywhere. A failure is told to nobody but the next reader of the file: the emulated
    /// request has happened.
    pub(crate) fn save(&self) {
        if let Some(path) = &self.state_file {
            let draft = path.with_extension("new");
            let written = std::fs::write(&draft, format!("{:#}\n", self.state()));
            let _ = written.and_then(|()| std::fs::rename(&draft, path));
        }
    }
}
