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

/// Private data that comes with the plan of a creation. Terraform plans a
/// replacement three times; this is all that one plan can tell the next.
#[derive(Debug, Default)]
pub struct CreationPrivate<P> {
    /// Of the plan that is being applied. Terraform 1.16 and later send it
    /// with the plan that they make while they apply; all values are known
    /// by then.
    pub planned: Option<P>,
    /// Of the plan that found that the object must be replaced. Every client
    /// sends it with the plan that follows, of the new object, unless the
    /// object was tainted.
    pub replaced: Option<P>,
}

/// What tf-provider's `Resource` lacks. Everything has a default, so that
/// `impl ResourceExt for MyResource {}` is enough.
#[async_trait]
pub trait ResourceExt: Resource {
    /// Plans a creation, in place of [`Resource::plan_create`], which is only
    /// called from here.
    async fn plan_creation<'a>(
        &self,
        diags: &mut Diagnostics,
        private: CreationPrivate<Self::PrivateState<'a>>,
        proposed_state: Self::State<'a>,
        config_state: Self::State<'a>,
        provider_meta_state: Self::ProviderMetaState<'a>,
    ) -> Option<(Self::State<'a>, Self::PrivateState<'a>)> {
        drop(private);
        self.plan_create(diags, proposed_state, config_state, provider_meta_state)
            .await
    }
}
