//! Applying a planned change.

use tf_provider::{Diagnostics, Resource};

use super::{Adapter, Change, MetaOf, ResourceExt, StateOf};
use crate::plugin::codec::{Conformed, Origin, Shape, encode, null, private};
use crate::plugin::diagnostics::{messages, or_internal};
use crate::plugin::proto::tfplugin6::{DynamicValue, apply_resource_change};

type Applied = Option<(DynamicValue, Vec<u8>)>;

impl<R: Resource + ResourceExt> Adapter<R> {
    /// Terraform saves the answered state whether there are errors or not,
    /// so that an operation that failed halfway answers with what is there,
    /// and one that did nothing with what was there.
    pub(super) async fn apply_change(
        &self,
        request: apply_resource_change::Request,
        meta: Conformed<'_>,
    ) -> apply_resource_change::Response {
        let mut diags = Diagnostics::default();
        let applied = self.try_apply(&request, meta, &mut diags).await;
        let (new_state, private) =
            applied.unwrap_or_else(|| (request.prior_state.unwrap_or_else(null), request.planned_private));
        apply_resource_change::Response {
            new_state: Some(new_state),
            private,
            diagnostics: messages(diags),
            ..Default::default()
        }
    }

    async fn try_apply(
        &self,
        request: &apply_resource_change::Request,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Applied {
        let shape = &self.described(diags)?.shape;
        match Change::of(request.prior_state.as_ref(), request.planned_state.as_ref(), diags)? {
            Change::Create => self.create(request, shape, meta, diags).await,
            Change::Update => self.update(request, shape, meta, diags).await,
            Change::Destroy => self.destroy(request, shape, meta, diags).await,
        }
    }

    async fn create(
        &self,
        request: &apply_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Applied {
        let planned = Conformed::read(request.planned_state.as_ref(), shape, Origin::PLANNED, diags)?;
        let config = Conformed::read(request.config.as_ref(), shape, Origin::CONFIG, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let private = private::read(&request.planned_private, diags)?;
        let planned = planned.typed::<StateOf<R>>(diags)?;
        let config = config.typed::<StateOf<R>>(diags)?;
        let created = self.resource.create(diags, planned, config, private, meta).await;
        let (state, private) = or_internal(created, "The creation", diags)?;
        Some((encode(&state, shape, diags)?, private::write(&private, diags)?))
    }

    async fn update(
        &self,
        request: &apply_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Applied {
        let prior = Conformed::read(request.prior_state.as_ref(), shape, Origin::PRIOR, diags)?;
        let planned = Conformed::read(request.planned_state.as_ref(), shape, Origin::PLANNED, diags)?;
        let config = Conformed::read(request.config.as_ref(), shape, Origin::CONFIG, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let private = private::read(&request.planned_private, diags)?;
        let prior = prior.typed::<StateOf<R>>(diags)?;
        let planned = planned.typed::<StateOf<R>>(diags)?;
        let config = config.typed::<StateOf<R>>(diags)?;
        let updated = self.resource.update(diags, prior, planned, config, private, meta).await;
        let (state, private) = or_internal(updated, "The update", diags)?;
        Some((encode(&state, shape, diags)?, private::write(&private, diags)?))
    }

    /// Null when it is gone; on an error the prior state stays.
    async fn destroy(
        &self,
        request: &apply_resource_change::Request,
        shape: &Shape,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Applied {
        let prior = Conformed::read(request.prior_state.as_ref(), shape, Origin::PRIOR, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let private = private::read(&request.planned_private, diags)?;
        let prior = prior.typed::<StateOf<R>>(diags)?;
        let destroyed = self.resource.destroy(diags, prior, private, meta).await;
        or_internal(destroyed, "The destruction", diags)?;
        diags.errors.is_empty().then(|| (null(), Vec::new()))
    }
}
