//! What the provider is made of, as Terraform asks for it.

use tf_provider::Diagnostics;

use crate::plugin::catalog::Catalog;
use crate::plugin::diagnostics::messages;
use crate::plugin::proto::tfplugin6 as tf;
use crate::plugin::proto::tfplugin6::get_metadata::{DataSourceMetadata, FunctionMetadata, ResourceMetadata};
use crate::plugin::schema;

const CAPABILITIES: tf::ServerCapabilities = tf::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: false,
    generate_resource_config: false,
};

/// The names alone.
pub(super) fn metadata(catalog: &Catalog) -> tf::get_metadata::Response {
    let owned = |name: &&str| (*name).to_owned();
    let data_sources = catalog
        .data_sources
        .keys()
        .map(|name| DataSourceMetadata { type_name: owned(name) });
    let resources = catalog
        .resources
        .keys()
        .map(|name| ResourceMetadata { type_name: owned(name) });
    let functions = catalog
        .functions
        .keys()
        .map(|name| FunctionMetadata { name: owned(name) });
    tf::get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        data_sources: data_sources.collect(),
        resources: resources.collect(),
        functions: functions.collect(),
        ..Default::default()
    }
}

/// Every schema.
pub(super) fn schemas(catalog: &Catalog) -> tf::get_provider_schema::Response {
    let mut diags = Diagnostics::default();
    let mut response = tf::get_provider_schema::Response {
        provider: catalog.provider.schema(&mut diags).map(schema::message),
        provider_meta: catalog.provider.meta_schema(&mut diags).map(schema::message),
        server_capabilities: Some(CAPABILITIES),
        ..Default::default()
    };
    for (name, resource) in &catalog.resources {
        let schema = resource.schema(&mut diags).map(schema::message);
        response
            .resource_schemas
            .extend(schema.map(|schema| ((*name).to_owned(), schema)));
    }
    for (name, data_source) in &catalog.data_sources {
        let schema = data_source.schema(&mut diags).map(schema::message);
        response
            .data_source_schemas
            .extend(schema.map(|schema| ((*name).to_owned(), schema)));
    }
    let tf::get_functions::Response { functions, diagnostics } = functions(catalog);
    response.functions = functions;
    response.diagnostics = messages(diags);
    response.diagnostics.extend(diagnostics);
    response
}

/// The functions' signatures.
pub(super) fn functions(catalog: &Catalog) -> tf::get_functions::Response {
    let mut diags = Diagnostics::default();
    let mut response = tf::get_functions::Response::default();
    for (name, function) in &catalog.functions {
        let signature = function.schema(&mut diags).map(schema::function);
        response
            .functions
            .extend(signature.map(|signature| ((*name).to_owned(), signature)));
    }
    response.diagnostics = messages(diags);
    response
}
