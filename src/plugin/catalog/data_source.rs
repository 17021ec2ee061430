//! A data source, behind one object.

use std::marker::PhantomData;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{DataSource, Diagnostics};

use super::Described;
use super::adapter::Lazy;
use crate::plugin::codec::{Conformed, Family, Origin, encode};
use crate::plugin::diagnostics::{messages, or_internal};
use crate::plugin::proto::tfplugin6::{DynamicValue, read_data_source, validate_data_resource_config};

/// A data source of any type.
#[async_trait]
pub(crate) trait AnyDataSource: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema>;

    async fn validate(
        &self,
        request: validate_data_resource_config::Request,
    ) -> validate_data_resource_config::Response;

    async fn read(&self, request: read_data_source::Request, meta: Conformed<'_>) -> read_data_source::Response;
}

pub(super) struct Adapter<D> {
    data_source: D,
    schema: Lazy<Described<Schema>>,
}

impl<D: DataSource> Adapter<D> {
    pub(super) const fn new(data_source: D) -> Self {
        Self {
            data_source,
            schema: Lazy::new(),
        }
    }

    fn described(&self, diags: &mut Diagnostics) -> Option<&Described<Schema>> {
        self.schema
            .or_make(diags, |diags| self.data_source.schema(diags).map(Described::of))
    }

    async fn try_read(
        &self,
        request: read_data_source::Request,
        meta: Conformed<'_>,
        diags: &mut Diagnostics,
    ) -> Option<DynamicValue> {
        let shape = &self.described(diags)?.shape;
        let config = Conformed::read(request.config.as_ref(), shape, Origin::CONFIG, diags)?;
        let meta = meta.typed::<MetaOf<D>>(diags)?;
        let config = config.typed::<StateOf<D>>(diags)?;
        let state = self.data_source.read(diags, config, meta).await;
        let state = or_internal(state, "Reading the data source", diags)?;
        encode(&state, shape, diags)
    }
}

#[async_trait]
impl<D: DataSource> AnyDataSource for Adapter<D> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema> {
        Some(&self.described(diags)?.schema)
    }

    async fn validate(
        &self,
        request: validate_data_resource_config::Request,
    ) -> validate_data_resource_config::Response {
        let mut diags = Diagnostics::default();
        let _: Option<()> = async {
            let shape = &self.described(&mut diags)?.shape;
            let config = Conformed::validated(request.config.as_ref(), shape, &mut diags)?;
            let config = config.typed::<StateOf<D>>(&mut diags)?;
            let valid = self.data_source.validate(&mut diags, config).await;
            or_internal(valid, "Validating the configuration", &mut diags)
        }
        .await;
        validate_data_resource_config::Response {
            diagnostics: messages(diags),
        }
    }

    async fn read(&self, request: read_data_source::Request, meta: Conformed<'_>) -> read_data_source::Response {
        let mut diags = Diagnostics::default();
        let state = self.try_read(request, meta, &mut diags).await;
        read_data_source::Response {
            state,
            diagnostics: messages(diags),
            ..Default::default()
        }
    }
}

struct StateOf<D>(PhantomData<D>);

impl<D: DataSource> Family for StateOf<D> {
    type Of<'a> = D::State<'a>;
}

struct MetaOf<D>(PhantomData<D>);

impl<D: DataSource> Family for MetaOf<D> {
    type Of<'a> = D::ProviderMetaState<'a>;
}
