//! The configured provider, as the resources and data sources share it.

use std::sync::{Arc, PoisonError, RwLock};

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};
use tokio_util::sync::CancellationToken;

use crate::diagnose::graph_error;
use crate::graph::GraphError;
use crate::graph::client::GraphClient;
use crate::graph::deadline::Deadline;
use crate::graph::directory::Directory;
use crate::graph::policy::Policy;
use crate::graph::store::PolicyStore;
use crate::members::MemberChecks;
use crate::members::checks::{Candidate, Checked, check};
use crate::ownership::{Ownership, TenantNotes};
use crate::plugin::Report;
use crate::timeouts::{Operation, Timeouts, allowed};

/// The provider's configuration as far as the resources need it. Clones share it.
#[derive(Clone, Default)]
pub struct Session(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: RwLock<State>,
    /// Another one with every configuration: a process that is debugged serves one run of Terraform after another.
    cancel: RwLock<CancellationToken>,
    /// Outlives configurations, as the process does.
    ownership: Ownership,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    NotConfigured,
    /// These attributes of the provider are not known until apply.
    NotKnown(Vec<&'static str>),
    Ready(Ready),
}

/// The tenant, ready to be spoken to. Nothing has been sent yet.
#[derive(Clone)]
pub struct Ready {
    /// The tenant's id as the token names it, in lower case.
    pub tenant_id: Option<String>,
    /// The tenant's policy.
    pub store: PolicyStore,
    /// The tenant's users and groups.
    pub directory: Directory,
    /// The severity of a failed check of a member.
    pub member_checks: MemberChecks,
    /// Who has taken what in this process.
    pub ownership: Ownership,
}

impl Session {
    /// Takes a configuration; it replaces an earlier one.
    pub fn configure(&self, ready: Ready) {
        self.set(State::Ready(ready));
    }

    /// Takes note that these attributes of the provider are not known yet.
    pub fn configure_later(&self, attributes: Vec<&'static str>) {
        self.set(State::NotKnown(attributes));
    }

    /// Begins a run of Terraform: what an earlier one stopped does not end this one.
    pub fn begin(&self) {
        *self.0.cancel.write().unwrap_or_else(PoisonError::into_inner) = CancellationToken::new();
    }

    /// Ends every wait, now and until the next run begins.
    pub fn stop(&self) {
        self.cancellation().cancel();
    }

    /// By when an operation has to be done, from now on.
    pub fn deadline(&self, timeouts: &Value<Timeouts>, operation: Operation) -> Deadline {
        Deadline::after(allowed(timeouts, operation)).with_cancellation(self.cancellation())
    }

    /// The token that [`Session::stop`] cancels.
    pub fn cancellation(&self) -> CancellationToken {
        self.0.cancel.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tenant, or a diagnostic that says why it cannot be spoken to.
    pub fn ready(&self, diags: &mut Diagnostics) -> Option<Ready> {
        match self.state() {
            State::Ready(ready) => return Some(ready),
            State::NotConfigured => diags.error_at(
                AttributePath::root(),
                "The provider is not configured",
                "Terraform asked for something of the tenant before it configured the provider. Please report this \
                 with the Terraform version and the command.",
            ),
            State::NotKnown(attributes) => {
                for attribute in attributes {
                    diags.error_at(
                        AttributePath::root(),
                        format!("{attribute} is not known yet"),
                        format!(
                            "Microsoft Graph is needed now, but {attribute} of the provider \"autopilot\" comes from \
                             something that is known only after an apply. Apply that first \
                             (terraform apply -target=...), or give {attribute} a value that is known."
                        ),
                    );
                }
            }
        }
        None
    }

    /// The tenant, unless the provider's configuration is not known yet.
    pub fn ready_if_known(&self) -> Option<Ready> {
        match self.state() {
            State::Ready(ready) => Some(ready),
            State::NotConfigured | State::NotKnown(_) => None,
        }
    }

    /// Who has taken what in this process.
    pub fn ownership(&self) -> &Ownership {
        &self.0.ownership
    }

    /// The notes of who has taken what in the tenant of a state.
    pub fn notes_of(&self, tenant_id: &Value<String>) -> TenantNotes {
        self.ownership().of_tenant(tenant_id.clone().unwrap_or_default())
    }

    // A poisoned lock holds a whole state: it is only ever replaced.
    fn state(&self) -> State {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.0.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl Ready {
    /// The tenant behind a client.
    pub fn new(
        graph: &GraphClient,
        tenant_id: Option<String>,
        member_checks: MemberChecks,
        ownership: Ownership,
    ) -> Self {
        Self {
            directory: Directory::new(Arc::new(graph.clone())),
            store: PolicyStore::new(Arc::new(graph.clone()), graph.retry().clone()),
            tenant_id,
            member_checks,
            ownership,
        }
    }

    /// The tenant's policy. None, with a diagnostic of this summary, when it cannot be read.
    pub async fn policy(&self, diags: &mut Diagnostics, deadline: &Deadline, failed: &str) -> Option<Arc<Policy>> {
        reported(diags, self.store.read(deadline).await, failed)
    }

    /// The tenant's policy for the warnings of a plan, as this process read it at most a moment ago. `None`, with a
    /// diagnostic of this summary, when it cannot be read.
    pub async fn policy_for_plan(
        &self,
        diags: &mut Diagnostics,
        deadline: &Deadline,
        failed: &str,
    ) -> Option<Arc<Policy>> {
        reported(diags, self.store.read_recent(deadline).await, failed)
    }

    /// Checks members before they are written, as [`check`] does, with the severity that the provider is configured with.
    pub async fn check(
        &self,
        diags: &mut Diagnostics,
        candidates: &[Candidate],
        deadline: &Deadline,
    ) -> Option<Checked> {
        check(&self.directory, diags, self.member_checks, candidates, deadline).await
    }

    /// The notes of who has taken what in this tenant.
    pub fn notes(&self) -> TenantNotes {
        self.ownership.of_tenant(self.tenant_id().unwrap_or_default())
    }

    /// The tenant's id; `None` when the token does not name it.
    pub fn tenant_id(&self) -> Option<String> {
        self.tenant_id.clone()
    }

    /// Refuses to go on when a state is of another tenant than the one signed in to: what was right there would be
    /// written here. None when it refuses.
    pub fn check_tenant(&self, diags: &mut Diagnostics, of_state: &Value<String>) -> Option<()> {
        let (Value::Value(of_state), Some(here)) = (of_state, self.tenant_id()) else {
            return Some(());
        };
        if of_state.eq_ignore_ascii_case(&here) {
            return Some(());
        }
        diags.error_at(
            AttributePath::new("tenant_id"),
            "The state belongs to another tenant",
            format!(
                "This resource was created in the tenant {of_state}, and the provider is signed in to {here}. Nothing \
                 was read or written. Correct tenant_id and the credentials of the provider; if the resource is to \
                 manage the other tenant from now on, remove it from the state (terraform state rm) and import it."
            ),
        );
        None
    }
}

fn reported(diags: &mut Diagnostics, read: Result<Arc<Policy>, GraphError>, failed: &str) -> Option<Arc<Policy>> {
    read.inspect_err(|error| graph_error(diags, error, failed, None)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let session = Session::default();
        let mut diags = Diagnostics::default();
        assert!(session.ready(&mut diags).is_none());
        session.configure_later(vec!["tenant_id", "client_secret"]);
        assert!(session.ready(&mut diags).is_none());
        let summaries: Vec<_> = diags.errors.iter().map(|error| error.summary.as_ref()).collect();
        assert_eq!(
            summaries,
            [
                "The provider is not configured",
                "tenant_id is not known yet",
                "client_secret is not known yet"
            ]
        );
    }

    #[test]
    fn stopping_reaches_every_clone() {
        let session = Session::default();
        let cancelled = session.clone().cancellation();
        session.stop();
        assert!(cancelled.is_cancelled());
    }

    #[test]
    fn another_run_is_not_stopped_by_the_end_of_the_one_before() {
        let session = Session::default();
        session.stop();
        assert!(session.cancellation().is_cancelled());
        session.begin();
        assert!(!session.cancellation().is_cancelled());
    }
}
