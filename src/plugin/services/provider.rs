//! Terraform's provider service: finds what a request is for and hands it
//! over. Failures are diagnostics; a gRPC status would only tell a person
//! that the plugin encountered an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use tf_provider::Diagnostics;
use tonic::{Request, Response, Status};

use super::describe;
use super::unsupported::{move_refused, unsupported};
use crate::plugin::catalog::{AnyDataSource, AnyResource, Catalog};
use crate::plugin::codec::Conformed;
use crate::plugin::diagnostics::{error, messages};
use crate::plugin::log::traced;
use crate::plugin::proto::tfplugin6 as tf;
use crate::plugin::proto::tfplugin6::provider_server::Provider;

/// The service over a catalog.
pub(crate) struct ProviderService {
    catalog: Arc<Catalog>,
}

impl ProviderService {
    pub(crate) const fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    fn resource(&self, name: &str) -> Result<&dyn AnyResource, Faults> {
        find(&self.catalog.resources, "resource", name).map(|found| &**found)
    }

    fn data_source(&self, name: &str) -> Result<&dyn AnyDataSource, Faults> {
        find(&self.catalog.data_sources, "data source", name).map(|found| &**found)
    }

    fn meta(&self, value: Option<&tf::DynamicValue>) -> Result<Conformed<'_>, Faults> {
        let mut diags = Diagnostics::default();
        self.catalog
            .provider
            .meta(value, &mut diags)
            .ok_or_else(|| messages(diags))
    }

    fn resource_and_meta(
        &self,
        name: &str,
        meta: Option<&tf::DynamicValue>,
    ) -> Result<(&dyn AnyResource, Conformed<'_>), Faults> {
        Ok((self.resource(name)?, self.meta(meta)?))
    }
}

type Answer<T> = Result<Response<T>, Status>;
type Faults = Vec<tf::Diagnostic>;

fn answer<T>(response: T) -> Answer<T> {
    Ok(Response::new(response))
}

/// The entry of a table under the name of a request.
fn find<'t, T>(table: &'t BTreeMap<&'static str, T>, kind: &str, name: &str) -> Result<&'t T, Faults> {
    table.get(name).ok_or_else(|| {
        let known = table.keys().copied().collect::<Vec<_>>().join(", ");
        let detail = format!("This version of the provider has no {kind} {name:?}. What it has: {known}.");
        let mut diags = Diagnostics::default();
        diags.add_error(error("Unknown name", detail));
        messages(diags)
    })
}

#[tonic::async_trait]
impl Provider for ProviderService {
    async fn get_metadata(&self, _: Request<tf::get_metadata::Request>) -> Answer<tf::get_metadata::Response> {
        answer(describe::metadata(&self.catalog))
    }

    async fn get_provider_schema(
        &self,
        _: Request<tf::get_provider_schema::Request>,
    ) -> Answer<tf::get_provider_schema::Response> {
        traced("GetProviderSchema", "", async {
            answer(describe::schemas(&self.catalog))
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<tf::get_resource_identity_schemas::Request>,
    ) -> Answer<tf::get_resource_identity_schemas::Response> {
        answer(tf::get_resource_identity_schemas::Response::default())
    }

    async fn get_functions(&self, _: Request<tf::get_functions::Request>) -> Answer<tf::get_functions::Response> {
        answer(describe::functions(&self.catalog))
    }

    async fn validate_provider_config(
        &self,
        request: Request<tf::validate_provider_config::Request>,
    ) -> Answer<tf::validate_provider_config::Response> {
        let validate = self.catalog.provider.validate(request.into_inner());
        answer(traced("ValidateProviderConfig", "", validate).await)
    }

    async fn configure_provider(
        &self,
        request: Request<tf::configure_provider::Request>,
    ) -> Answer<tf::configure_provider::Response> {
        let configure = self.catalog.provider.configure(request.into_inner());
        answer(traced("ConfigureProvider", "", configure).await)
    }

    async fn validate_resource_config(
        &self,
        request: Request<tf::validate_resource_config::Request>,
    ) -> Answer<tf::validate_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource(&name) {
            Ok(resource) => traced("ValidateResourceConfig", &name, resource.validate(request)).await,
            Err(diagnostics) => tf::validate_resource_config::Response { diagnostics },
        })
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<tf::validate_data_resource_config::Request>,
    ) -> Answer<tf::validate_data_resource_config::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.data_source(&name) {
            Ok(data_source) => traced("ValidateDataResourceConfig", &name, data_source.validate(request)).await,
            Err(diagnostics) => tf::validate_data_resource_config::Response { diagnostics },
        })
    }

    async fn validate_list_resource_config(
        &self,
        _: Request<tf::validate_list_resource_config::Request>,
    ) -> Answer<tf::validate_list_resource_config::Response> {
        let diagnostics = unsupported("list resources");
        answer(tf::validate_list_resource_config::Response { diagnostics })
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<tf::upgrade_resource_state::Request>,
    ) -> Answer<tf::upgrade_resource_state::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource(&name) {
            Ok(resource) => traced("UpgradeResourceState", &name, async { resource.upgrade(request) }).await,
            Err(diagnostics) => tf::upgrade_resource_state::Response {
                diagnostics,
                ..Default::default()
            },
        })
    }

    async fn upgrade_resource_identity(
        &self,
        _: Request<tf::upgrade_resource_identity::Request>,
    ) -> Answer<tf::upgrade_resource_identity::Response> {
        let diagnostics = unsupported("resource identity");
        answer(tf::upgrade_resource_identity::Response {
            diagnostics,
            ..Default::default()
        })
    }

    async fn read_resource(&self, request: Request<tf::read_resource::Request>) -> Answer<tf::read_resource::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource_and_meta(&name, request.provider_meta.as_ref()) {
            Ok((resource, meta)) => traced("ReadResource", &name, resource.read(request, meta)).await,
            Err(diagnostics) => tf::read_resource::Response {
                diagnostics,
                new_state: request.current_state,
                private: request.private,
                ..Default::default()
            },
        })
    }

    async fn plan_resource_change(
        &self,
        request: Request<tf::plan_resource_change::Request>,
    ) -> Answer<tf::plan_resource_change::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource_and_meta(&name, request.provider_meta.as_ref()) {
            Ok((resource, meta)) => traced("PlanResourceChange", &name, resource.plan(request, meta)).await,
            Err(diagnostics) => tf::plan_resource_change::Response {
                diagnostics,
                planned_state: request.prior_state,
                planned_private: request.prior_private,
                ..Default::default()
            },
        })
    }

    async fn apply_resource_change(
        &self,
        request: Request<tf::apply_resource_change::Request>,
    ) -> Answer<tf::apply_resource_change::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource_and_meta(&name, request.provider_meta.as_ref()) {
            Ok((resource, meta)) => traced("ApplyResourceChange", &name, resource.apply(request, meta)).await,
            Err(diagnostics) => tf::apply_resource_change::Response {
                diagnostics,
                new_state: request.prior_state,
                private: request.planned_private,
                ..Default::default()
            },
        })
    }

    async fn import_resource_state(
        &self,
        request: Request<tf::import_resource_state::Request>,
    ) -> Answer<tf::import_resource_state::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        answer(match self.resource(&name) {
            Ok(resource) => traced("ImportResourceState", &name, resource.import(request)).await,
            Err(diagnostics) => tf::import_resource_state::Response {
                diagnostics,
                ..Default::default()
            },
        })
    }

    async fn move_resource_state(
        &self,
        request: Request<tf::move_resource_state::Request>,
    ) -> Answer<tf::move_resource_state::Response> {
        answer(move_refused(request.get_ref()))
    }

    async fn generate_resource_config(
        &self,
        _: Request<tf::generate_resource_config::Request>,
    ) -> Answer<tf::generate_resource_config::Response> {
        let diagnostics = unsupported("the generation of configuration");
        answer(tf::generate_resource_config::Response {
            diagnostics,
            ..Default::default()
        })
    }

    type ListResourceStream = tokio_stream::Once<Result<tf::list_resource::Event, Status>>;

    async fn list_resource(&self, _: Request<tf::list_resource::Request>) -> Answer<Self::ListResourceStream> {
        let diagnostic = unsupported("list resources");
        answer(tokio_stream::once(Ok(tf::list_resource::Event {
            diagnostic,
            ..Default::default()
        })))
    }

    async fn read_data_source(
        &self,
        request: Request<tf::read_data_source::Request>,
    ) -> Answer<tf::read_data_source::Response> {
        let request = request.into_inner();
        let name = request.type_name.clone();
        let meta = self.meta(request.provider_meta.as_ref());
        answer(match self.data_source(&name).and_then(|found| Ok((found, meta?))) {
            Ok((data_source, meta)) => traced("ReadDataSource", &name, data_source.read(request, meta)).await,
            Err(diagnostics) => tf::read_data_source::Response {
                diagnostics,
                ..Default::default()
            },
        })
    }

    async fn call_function(&self, request: Request<tf::call_function::Request>) -> Answer<tf::call_function::Response> {
        let request = request.into_inner();
        let name = request.name.clone();
        answer(match self.catalog.functions.get(name.as_str()) {
            Some(function) => traced("CallFunction", &name, function.call(request)).await,
            None => {
                let text = format!("This version of the provider has no function {name:?}.");
                let error = Some(tf::FunctionError {
                    text,
                    function_argument: None,
                });
                tf::call_function::Response {
                    error,
                    ..Default::default()
                }
            }
        })
    }

    async fn stop_provider(&self, _: Request<tf::stop_provider::Request>) -> Answer<tf::stop_provider::Response> {
        tracing::debug!("Terraform was interrupted");
        self.catalog.provider.stop();
        answer(tf::stop_provider::Response::default())
    }
}
