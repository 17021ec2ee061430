//! The provider itself, behind one object.

use std::marker::PhantomData;

use async_trait::async_trait;
use tf_provider::schema::Schema;
use tf_provider::{Diagnostics, Provider};

use super::Described;
use super::adapter::Lazy;
use super::extension::Lifecycle;
use crate::plugin::codec::{Conformed, Family, Origin, Shape};
use crate::plugin::diagnostics::{messages, or_internal};
use crate::plugin::proto::tfplugin6::{DynamicValue, configure_provider, validate_provider_config};

/// A provider of any type.
#[async_trait]
pub(crate) trait AnyProvider: Send + Sync {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema>;

    /// The schema of `provider_meta`, when there is anything in it.
    fn meta_schema(&self, diags: &mut Diagnostics) -> Option<&Schema>;

    /// Reads the `provider_meta` that came with a request.
    fn meta(&self, value: Option<&DynamicValue>, diags: &mut Diagnostics) -> Option<Conformed<'_>>;

    async fn validate(&self, request: validate_provider_config::Request) -> validate_provider_config::Response;

    async fn configure(&self, request: configure_provider::Request) -> configure_provider::Response;

    fn stop(&self);
}

pub(super) struct Adapter<P> {
    provider: P,
    schema: Lazy<Described<Schema>>,
    meta: Lazy<Described<Schema>>,
}

impl<P: Provider> Adapter<P> {
    pub(super) const fn new(provider: P) -> Self {
        Self {
            provider,
            schema: Lazy::new(),
            meta: Lazy::new(),
        }
    }

    fn described(&self, diags: &mut Diagnostics) -> Option<&Described<Schema>> {
        self.schema
            .or_make(diags, |diags| self.provider.schema(diags).map(Described::of))
    }

    fn shape(&self, diags: &mut Diagnostics) -> Option<&Shape> {
        self.described(diags).map(|described| &described.shape)
    }

    fn described_meta(&self, diags: &mut Diagnostics) -> Option<&Described<Schema>> {
        self.meta
            .or_make(diags, |diags| self.provider.meta_schema(diags).map(Described::of))
    }
}

#[async_trait]
impl<P: Provider + Lifecycle> AnyProvider for Adapter<P> {
    fn schema(&self, diags: &mut Diagnostics) -> Option<&Schema> {
        self.described(diags).map(|described| &described.schema)
    }

    fn meta_schema(&self, diags: &mut Diagnostics) -> Option<&Schema> {
        let schema = &self.described_meta(diags)?.schema;
        let empty = schema.block.attributes.is_empty() && schema.block.blocks.is_empty();
        (!empty).then_some(schema)
    }

    fn meta(&self, value: Option<&DynamicValue>, diags: &mut Diagnostics) -> Option<Conformed<'_>> {
        let shape = &self.described_meta(diags)?.shape;
        Conformed::read(value, shape, Origin::META, diags)
    }

    async fn validate(&self, request: validate_provider_config::Request) -> validate_provider_config::Response {
        let mut diags = Diagnostics::default();
        let _: Option<()> = async {
            let config = request.config.as_ref();
            let config = Conformed::validated(config, self.shape(&mut diags)?, &mut diags)?;
            let config = config.typed::<ConfigOf<P>>(&mut diags)?;
            let valid = self.provider.validate(&mut diags, config).await;
            or_internal(valid, "Validating the provider's configuration", &mut diags)
        }
        .await;
        validate_provider_config::Response {
            diagnostics: messages(diags),
        }
    }

    async fn configure(&self, request: configure_provider::Request) -> configure_provider::Response {
        let mut diags = Diagnostics::default();
        let _: Option<()> = async {
            let config = request.config.as_ref();
            let config = Conformed::read(config, self.shape(&mut diags)?, Origin::CONFIG, &mut diags)?;
            let config = config.typed::<ConfigOf<P>>(&mut diags)?;
            let done = self
                .provider
                .configure(&mut diags, request.terraform_version, config)
                .await;
            or_internal(done, "Configuring the provider", &mut diags)
        }
        .await;
        configure_provider::Response {
            diagnostics: messages(diags),
        }
    }

    fn stop(&self) {
        self.provider.stop();
    }
}

struct ConfigOf<P>(PhantomData<P>);

impl<P: Provider> Family for ConfigOf<P> {
    type Of<'a> = P::Config<'a>;
}
