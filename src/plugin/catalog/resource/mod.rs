//! A resource, behind one object.

mod apply;
mod plan;
mod state;

use std::marker::PhantomData;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostics, Resource};

use super::adapter::Lazy;
use super::{Described, ResourceExt};
use crate::plugin::codec::{Conformed, Family, is_null};
use crate::plugin::diagnostics::{error, messages, or_internal};
use crate::plugin::proto::tfplugin6::{
    DynamicValue, apply_resource_change, import_resource_state, plan_resource_change, read_resource,
    upgrade_resource_state, validate_resource_config,
};

/// A resource of any type.
#[async_trait]
pub(crate) trait AnyResource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema>;

    async fn validate(&self, request: validate_resource_config::Request) -> validate_resource_config::Response;

    fn upgrade(&self, request: upgrade_resource_state::Request) -> upgrade_resource_state::Response;

    async fn read(&self, request: read_resource::Request, meta: Conformed<'_>) -> read_resource::Response;

    async fn plan(&self, request: plan_resource_change::Request, meta: Conformed<'_>)
    -> plan_resource_change::Response;

    async fn apply(
        &self,
        request: apply_resource_change::Request,
        meta: Conformed<'_>,
    ) -> apply_resource_change::Response;

    async fn import(&self, request: import_resource_state::Request) -> import_resource_state::Response;
}

pub(super) struct Adapter<R> {
    type_name: &'static str,
    resource: R,
    schema: Lazy<Described<Schema>>,
}

impl<R: Resource + ResourceExt> Adapter<R> {
    pub(super) const fn new(type_name: &'static str, resource: R) -> Self {
        Self {
            type_name,
            resource,
            schema: Lazy::new(),
        }
    }

    fn described(&self, diags: &mut Diagnostics) -> Option<&Described<Schema>> {
        self.schema
            .or_make(diags, |diags| self.resource.schema(diags).map(Described::of))
    }

    async fn try_validate(&self, config: Option<&DynamicValue>, diags: &mut Diagnostics) -> Option<()> {
        let shape = &self.described(diags)?.shape;
        let config = Conformed::validated(config, shape, diags)?;
        let config = config.typed::<StateOf<R>>(diags)?;
        let valid = self.resource.validate(diags, config).await;
        or_internal(valid, "Validating the configuration", diags)
    }
}

#[async_trait]
impl<R: Resource + ResourceExt> AnyResource for Adapter<R> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema> {
        Some(&self.described(diags)?.schema)
    }

    async fn validate(&self, request: validate_resource_config::Request) -> validate_resource_config::Response {
        let mut diags = Diagnostics::default();
        let _: Option<()> = self.try_validate(request.config.as_ref(), &mut diags).await;
        validate_resource_config::Response {
            diagnostics: messages(diags),
        }
    }

    fn upgrade(&self, request: upgrade_resource_state::Request) -> upgrade_resource_state::Response {
        let mut diags = Diagnostics::default();
        let upgraded_state = self.try_upgrade(request, &mut diags);
        upgrade_resource_state::Response {
            upgraded_state,
            diagnostics: messages(diags),
        }
    }

    async fn read(&self, request: read_resource::Request, meta: Conformed<'_>) -> read_resource::Response {
        self.read_state(request, meta).await
    }

    async fn plan(
        &self,
        request: plan_resource_change::Request,
        meta: Conformed<'_>,
    ) -> plan_resource_change::Response {
        self.plan_change(request, meta).await
    }

    async fn apply(
        &self,
        request: apply_resource_change::Request,
        meta: Conformed<'_>,
    ) -> apply_resource_change::Response {
        self.apply_change(request, meta).await
    }

    async fn import(&self, request: import_resource_state::Request) -> import_resource_state::Response {
        self.import_state(request).await
    }
}

/// What is to happen to a resource, by which of its states are null.
enum Change {
    Create,
    Update,
    Destroy,
}

impl Change {
    fn of(prior: Option<&DynamicValue>, target: Option<&DynamicValue>, diags: &mut Diagnostics) -> Option<Self> {
        match (is_null(prior), is_null(target)) {
            (true, false) => Some(Self::Create),
            (false, false) => Some(Self::Update),
            (false, true) => Some(Self::Destroy),
            (true, true) => {
                let detail = "Terraform asked for a change from nothing to nothing. Please report it to the \
                              developers of the provider, with the configuration that led to it.";
                diags.add_error(error("No change to make", detail));
                None
            }
        }
    }
}

struct StateOf<R>(PhantomData<R>);

impl<R: Resource> Family for StateOf<R> {
    type Of<'a> = R::State<'a>;
}

struct MetaOf<R>(PhantomData<R>);

impl<R: Resource> Family for MetaOf<R> {
    type Of<'a> = R::ProviderMetaState<'a>;
}
