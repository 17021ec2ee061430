//! What tf-provider's traits lack and Terraform offers.

use async_trait::async_trait;
use tf_provider::{Diagnostics, Resource};

/// What tf-provider's `Provider` lacks.
pub trait Lifecycle {
    /// Terraform was interrupted: cancel every wait and return at once.
    /// Operations that run end soon with what they have. The process goes
    /// on, and Terraform may configure it and use it again.
    fn stop(&self);
}

/// What tf-provider's `Resource` lacks. Everything has a default, so that
/// `impl ResourceExt for MyResource {}` is enough.
///
/// Terraform plans a second time while it applies, when all values are
/// known. Terraform 1.16 and later then hand over the private data that the
/// first plan answered with, and for a creation `replan_create` is called in
/// place of `plan_create`: for an update the prior state says what the first
/// plan saw. Earlier ones do not, and the second plan looks like the first.
#[async_trait]
pub trait ResourceExt: Resource {
    /// Plans a creation again; `planned` is the first plan's private data.
    async fn replan_create<'a>(
        &self,
        diags: &mut Diagnostics,
        planned: Self::PrivateState<'a>,
        proposed_state: Self::State<'a>,
        config_state: Self::State<'a>,
        provider_meta_state: Self::ProviderMetaState<'a>,
    ) -> Option<(Self::State<'a>, Self::PrivateState<'a>)> {
        drop(planned);
        self.plan_create(diags, proposed_state, config_state, provider_meta_state)
            .await
    }
}
