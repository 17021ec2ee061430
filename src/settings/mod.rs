//! The device settings in Terraform's terms: one model for the resources, the data sources and the functions.
//!
//! # Layout
//! - [`table`]: a row a setting, with its attribute's name and its label in the portal.
//! - [`attributes`]: the attribute values, and where each setting's is among them.
//! - [`leaf`]: the parts of settings that are compared, written and remembered one by one.
//! - [`tenant`]: a policy as attribute values.
//! - [`describe`]: values for messages. [`schema`]: the attributes for Terraform. [`number`]: Terraform's numbers.
//!
//! [`graph::policy`](crate::graph::policy) has the same settings in Graph's terms.

pub mod attributes;
pub mod describe;
pub mod leaf;
pub mod number;
pub mod schema;
pub mod table;
pub mod tenant;

pub use leaf::{Leaf, LeafValue, Part};
pub use table::{name, path};

/// The identifier of the one policy a tenant has, as Graph spells it, and the import id of the resource.
pub const POLICY_ID: &str = "deviceRegistrationPolicy";
