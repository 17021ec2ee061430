//! What an emulator is started with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::{App, Person, Surroundings};
use crate::clock::Clock;
use crate::directory::{Directory, tenants};
use crate::latency::Latency;
use crate::seeds;
use crate::switches::Switches;

/// The emulated tenant and the emulator's listeners. `Config::default()` is a tenant with Microsoft's defaults, one app
/// with a secret and every permission the provider can use, on free ports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Ports of the listeners.
    pub ports: Ports,
    /// Tenant id.
    pub tenant_id: String,
    /// A domain of the tenant, which can stand for its id.
    pub tenant_domain: String,
    /// Tenants that exist in another cloud: a sign-in there ends with AADSTS90038.
    pub tenants_of_other_clouds: Vec<String>,
    /// Applications that can sign in.
    pub apps: Vec<App>,
    /// The person who is signed in to the `az` stand-in.
    pub person: Person,
    /// What surrounds the provider where it runs: pipelines, managed identities.
    pub surroundings: Surroundings,
    /// Seconds a token lives.
    pub token_lifetime: i64,
    /// Resources beside the emulator's own Graph URL that tokens are issued for and Graph takes as audience.
    pub extra_resources: Vec<String>,
    /// Resources that tokens are issued for but Graph refuses as audience.
    pub foreign_resources: Vec<String>,
    /// The policy the tenant has.
    pub policy: Value,
    /// The users and groups the tenant has. Afterwards they are read with `Emulator::directory`.
    pub directory: Directory,
    /// Behaviour that is not documented.
    pub switches: Switches,
    /// How long requests take.
    pub latency: Latency,
    /// The clock tokens expire by.
    pub clock: Clock,
}

/// TCP ports on 127.0.0.1; 0 is any free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ports {
    /// Graph and the control API, TLS.
    pub graph: u16,
    /// Token endpoint, TLS.
    pub authority: u16,
    /// Graph without TLS.
    pub graph_http: u16,
    /// Managed identities and the issuers of assertions, without TLS.
    pub metadata: u16,
    /// The same with TLS, as the issuers have it.
    pub metadata_tls: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ports: Ports::default(),
            tenant_id: "2f1ad4e5-8c1e-4b0e-9d55-6a6d3b1f7c10".to_owned(),
            tenant_domain: "contoso.example".to_owned(),
            tenants_of_other_clouds: Vec::new(),
            apps: vec![App::default()],
            person: Person::default(),
            surroundings: Surroundings::default(),
            token_lifetime: 3599,
            extra_resources: Vec::new(),
            foreign_resources: vec!["https://management.azure.com".to_owned()],
            policy: seeds::default_policy(),
            directory: tenants::sample(),
            switches: Switches::default(),
            latency: Latency::default(),
            clock: Clock::default(),
        }
    }
}

impl Config {
    /// A tenant whose administrators have settings of their own, and one property this project does not know.
    #[must_use]
    pub fn hardened() -> Self {
        Self {
            policy: seeds::hardened_policy(),
            ..Self::default()
        }
    }

    /// The same with another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Value) -> Self {
        self.policy = policy;
        self
    }

    /// The same with other users and groups.
    #[must_use]
    pub fn with_directory(mut self, directory: Directory) -> Self {
        self.directory = directory;
        self
    }

    /// The same with other behaviour.
    #[must_use]
    pub fn with_switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }

    /// The same with these permissions granted to every app and managed identity.
    #[must_use]
    pub fn with_roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.set_roles(roles);
        self
    }

    pub(crate) fn set_roles<'a>(&mut self, roles: impl IntoIterator<Item = &'a str>) {
        let roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
        let apps = self.apps.iter_mut().map(|app| &mut app.roles);
        let identities = self.surroundings.identities.iter_mut();
        for held in apps.chain(identities.map(|identity| &mut identity.roles)) {
            held.clone_from(&roles);
        }
    }

    /// The same with every request taking `millis`.
    #[must_use]
    pub fn with_latency(mut self, millis: u64) -> Self {
        self.latency.millis = millis;
        self
    }
}
