//! Stored states: upgrade, read and import.

use tf_provider::{Diagnostics, Resource};

use super::{Adapter, MetaOf, ResourceExt, StateOf};
use crate::plugin::codec::{Conformed, Origin, encode, pass_through, private};
use crate::plugin::diagnostics::{error, messages, or_internal};
use crate::plugin::proto::tfplugin6::{
    DynamicValue, RawState, import_resource_state, import_resource_state::ImportedResource, read_resource,
    upgrade_resource_state,
};

impl<R: Resource + ResourceExt> Adapter<R> {
    /// Terraform asks for every state it reads, at the current version too.
    /// States of other minor versions of the provider load: attributes only
    /// ever come and go with a new schema version, or are optional.
    pub(super) fn try_upgrade(
        &self,
        request: upgrade_resource_state::Request,
        diags: &mut Diagnostics,
    ) -> Option<DynamicValue> {
        let described = self.described(diags)?;
        let (stored, ours) = (request.version, described.schema.version);
        if stored > ours {
            let detail = format!(
                "The state of this {} has schema version {stored}, and this version of the provider knows versions \
                 up to {ours}. Use the version of the provider that wrote the state, or a newer one.",
                self.type_name
            );
            diags.add_error(error("State is from a newer version of the provider", detail));
            return None;
        }
        let RawState { json, flatmap } = request.raw_state.unwrap_or_default();
        if json.is_empty() && !flatmap.is_empty() {
            let detail = "The state was written by Terraform 0.11 or earlier, before this provider existed. Remove the \
                          resource from the state with `terraform state rm` and import it again.";
            diags.add_error(error("State is too old", detail));
            return None;
        }
        pass_through(&json, &described.shape, diags)
    }

    pub(super) async fn read_state(
        &self,
        request: read_resource::Request,
        meta: Conformed<'_>,
    ) -> read_resource::Response {
        let mut diags = Diagnostics::default();
        let read = self.try_read(&request, meta, &mut diags).await;
        let (new_state, private) = match read {
            Some((state, private)) => (Some(state), private),
            // Not there any more.
            None if diags.errors.is_empty() => (None, Vec::new()),
            None => (request.current_state, request.private),
        };
        read_resource::Response {
            new_state,
            private,
            diagnostics: messages(diags),
            ..Default::default()
        }
    }

    async fn try_read(
        &self,
        request: &read_resource::Request,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<(DynamicValue, Vec<u8>)> {
        let shape = &self.described(diags)?.shape;
        let state = Conformed::read(request.current_state.as_ref(), shape, Origin::PRIOR, diags)?;
        let meta = meta.typed::<MetaOf<R>>(diags)?;
        let private = private::read(&request.private, diags)?;
        let state = state.typed::<StateOf<R>>(diags)?;
        let (state, private) = self.resource.read(diags, state, private, meta).await?;
        Some((encode(&state, shape, diags)?, private::write(&private, diags)?))
    }

    pub(super) async fn import_state(
        &self,
        request: import_resource_state::Request,
    ) -> import_resource_state::Response {
        let mut diags = Diagnostics::default();
        let imported = self.try_import(request, &mut diags).await;
        import_resource_state::Response {
            imported_resources: imported.into_iter().collect(),
            diagnostics: messages(diags),
            ..Default::default()
        }
    }

    async fn try_import(
        &self,
        request: import_resource_state::Request,
        diags: &mut Diagnostics,
    ) -> Option<ImportedResource> {
        if request.id.is_empty() && request.identity.is_some() {
            let detail = format!(
                "This version of the provider imports {} by id only: give the import an `id`.",
                self.type_name
            );
            diags.add_error(error("Import by identity is not supported", detail));
            return None;
        }
        let shape = &self.described(diags)?.shape;
        let imported = self.resource.import(diags, request.id).await;
        let (state, private) = or_internal(imported, "The import", diags)?;
        Some(ImportedResource {
            type_name: self.type_name.to_owned(),
            state: Some(encode(&state, shape, diags)?),
            private: private::write(&private, diags)?,
            identity: None,
        })
    }
}
