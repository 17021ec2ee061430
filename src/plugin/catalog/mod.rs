//! What a provider process serves.
//!
//! tf-provider's traits are typed: every resource has a state type of its
//! own. A [`Catalog`] takes them as they are and puts an adapter around each
//! that speaks protocol messages, so that the services can keep all of them
//! in one table.

mod adapter;
mod data_source;
mod extension;
mod function;
mod provider;
mod resource;

use std::collections::BTreeMap;

use tf_provider::schema::{FunctionSchema, Schema};
use tf_provider::{DataSource, Diagnostics, Function, Provider, Resource};

pub use extension::{CreationPrivate, Lifecycle, ResourceExt};

pub(crate) use adapter::Described;
pub(crate) use data_source::AnyDataSource;
pub(crate) use function::AnyFunction;
pub(crate) use provider::AnyProvider;
pub(crate) use resource::AnyResource;

/// One provider with its resources, data sources and functions.
pub struct Catalog {
    pub(crate) provider: Box<dyn AnyProvider>,
    pub(crate) resources: BTreeMap<&'static str, Box<dyn AnyResource>>,
    pub(crate) data_sources: BTreeMap<&'static str, Box<dyn AnyDataSource>>,
    pub(crate) functions: BTreeMap<&'static str, Box<dyn AnyFunction>>,
}

impl Catalog {
    /// A catalog that serves `provider` and nothing else yet. Only what is
    /// added to the catalog is served: the provider's `get_resources` and
    /// its like are not asked.
    pub fn new<P: Provider + Lifecycle>(provider: P) -> Self {
        Self {
            provider: Box::new(provider::Adapter::new(provider)),
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            functions: BTreeMap::new(),
        }
    }

    /// Adds a resource under its full type name, provider prefix included.
    #[must_use]
    pub fn resource<R: Resource + ResourceExt + 'static>(mut self, type_name: &'static str, resource: R) -> Self {
        let adapter = resource::Adapter::new(type_name, resource);
        self.resources.insert(type_name, Box::new(adapter));
        self
    }

    /// Adds a data source under its full type name, provider prefix included.
    #[must_use]
    pub fn data_source<D: DataSource + 'static>(mut self, type_name: &'static str, data_source: D) -> Self {
        let adapter = data_source::Adapter::new(data_source);
        self.data_sources.insert(type_name, Box::new(adapter));
        self
    }

    /// Adds a function under its name, the part after `provider::<name>::`.
    #[must_use]
    pub fn function<F: Function + 'static>(mut self, name: &'static str, function: F) -> Self {
        let adapter = function::Adapter::new(function);
        self.functions.insert(name, Box::new(adapter));
        self
    }

    /// Every schema, for documentation and for tests of the schemas.
    ///
    /// # Errors
    ///
    /// What the schemas' own functions report.
    pub fn schemas(&self) -> Result<Schemas, Diagnostics> {
        let mut diags = Diagnostics::default();
        let provider = self.provider.schema(&mut diags).cloned();
        let mut schemas = Schemas::default();
        for (name, resource) in &self.resources {
            if let Some(schema) = resource.schema(&mut diags) {
                schemas.resources.insert((*name).to_owned(), schema.clone());
            }
        }
        for (name, data_source) in &self.data_sources {
            if let Some(schema) = data_source.schema(&mut diags) {
                schemas.data_sources.insert((*name).to_owned(), schema.clone());
            }
        }
        for (name, function) in &self.functions {
            if let Some(schema) = function.schema(&mut diags) {
                schemas.functions.insert((*name).to_owned(), schema.clone());
            }
        }
        match provider {
            Some(provider) if diags.errors.is_empty() => Ok(Schemas { provider, ..schemas }),
            _ => Err(diags),
        }
    }
}

/// The schemas of a catalog.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// The provider block.
    pub provider: Schema,
    /// By full type name.
    pub resources: BTreeMap<String, Schema>,
    /// By full type name.
    pub data_sources: BTreeMap<String, Schema>,
    /// By name.
    pub functions: BTreeMap<String, FunctionSchema>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self {
            provider: Schema {
                version: 0,
                block: Default::default(),
            },
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            functions: BTreeMap::new(),
        }
    }
}
