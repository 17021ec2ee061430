//! Planning a change.

use serde::Deserialize;
use tf_provider::{AttributePath, Diagnostics, Resource};

use super::{Adapter, Change, MetaOf, ResourceExt, StateOf};
use crate::plugin::catalog::CreationPrivate;
use crate::plugin::codec::{Conformed, Origin, Shape, encode, null, private};
use crate::plugin::diagnostics::{messages, or_internal, path};
use crate::plugin::proto::tfplugin6::{DynamicValue, plan_resource_change};

#[derive(Default)]
struct Planned {
    state: DynamicValue,
    private: Vec<u8>,
    requires_replace: Vec<AttributePath>,
}

impl<R: Resource + ResourceExt> Adapter<R> {
    pub(super) async fn plan_change(
        &self,
        request: plan_resource_change::Request,
        meta: Conformed<'_>,
    ) -> plan_resource_change::Response {
        let mut diags = Diagnostics::default();
        let planned = self.try_plan(&request, meta, &mut diags).await;
        let planned = planned.unwrap_or_else(|| Planned {
            state: request.prior_state.unwrap_or_else(null),
            private: request.prior_private,
            ..Planned::default()
        });
        plan_resource_change::Response {
            planned_state: Some(planned.state),
            planned_private: planned.private,
            requires_replace: planned.requires_replace.into_iter().map(path).collect(),
            diagnostics: messages(diags),
            ..Default::default()
        }
    }

    async fn try_plan(
        &self,
        request: &plan_resource_change::Request,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Planned> {
        let shape = &self.described(diags)?.shape;
        match Change::of(request.prior_state.as_ref(), request.proposed_new_state.as_ref(), diags)? {
            Change::Create => self.plan_creation(request, shape, meta, diags).await,
            Change::Update => self.plan_update(request, shape, meta, diags).await,
            Change::Destroy => self.plan_destruction(request, shape, meta, diags).await,
        }
    }

    async fn plan_creation(
        &self,
        request: &plan_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Planned> {
        let proposed = Conformed::read(request.proposed_new_state.as_ref(), shape, Origin::PROPOSED, diags)?;
        let config = Conformed::read(request.config.as_ref(), shape, Origin::CONFIG, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let proposed = proposed.typed::<StateOf<R>>(diags)?;
        let config = config.typed::<StateOf<R>>(diags)?;
        let private = CreationPrivate {
            planned: given(&request.planned_private, diags)?,
            replaced: given(&request.prior_private, diags)?,
        };
        let planned = self
            .resource
            .plan_creation(diags, private, proposed, config, meta)
            .await;
        let (state, private) = or_internal(planned, "Planning the creation", diags)?;
        Some(Planned {
            state: encode(&state, shape, diags)?,
            private: private::write(&private, diags)?,
            requires_replace: Vec::new(),
        })
    }

    async fn plan_update(
        &self,
        request: &plan_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Planned> {
        let prior = Conformed::read(request.prior_state.as_ref(), shape, Origin::PRIOR, diags)?;
        let proposed = Conformed::read(request.proposed_new_state.as_ref(), shape, Origin::PROPOSED, diags)?;
        let config = Conformed::read(request.config.as_ref(), shape, Origin::CONFIG, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let prior_private = private::read(&request.prior_private, diags)?;
        let prior = prior.typed::<StateOf<R>>(diags)?;
        let proposed = proposed.typed::<StateOf<R>>(diags)?;
        let config = config.typed::<StateOf<R>>(diags)?;
        let planned = self
            .resource
            .plan_update(diags, prior, proposed, config, prior_private, meta)
            .await;
        let (state, private, requires_replace) = or_internal(planned, "Planning the update", diags)?;
        Some(Planned {
            state: encode(&state, shape, diags)?,
            private: private::write(&private, diags)?,
            requires_replace,
        })
    }

    async fn plan_destruction(
        &self,
        request: &plan_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<Planned> {
        let prior = Conformed::read(request.prior_state.as_ref(), shape, Origin::PRIOR, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let prior_private = private::read(&request.prior_private, diags)?;
        let prior = prior.typed::<StateOf<R>>(diags)?;
        let private = self.resource.plan_destroy(diags, prior, prior_private, meta).await;
        let private = or_internal(private, "Planning the destruction", diags)?;
        Some(Planned {
            state: null(),
            private: private::write(&private, diags)?,
            requires_replace: Vec::new(),
        })
    }
}

/// Private data that Terraform need not send. The outer option is none, with
/// an error, when it cannot be read.
fn given<'a, P: Deserialize<'a>>(bytes: &'a [u8], diags: &mut Diagnostics) -> Option<Option<P>> {
    if bytes.is_empty() {
        return Some(None);
    }
    private::read(bytes, diags).map(Some)
}
