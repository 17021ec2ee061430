//! Values between Terraform's encodings and the provider's typed states.
//!
//! A value from Terraform goes bytes -> [`tree`] -> [`conform`] against the
//! [`shape`] of its schema -> canonical msgpack -> a typed state ([`typed`]).
//! An answer goes the same way back. What does not fit is a diagnostic that
//! names the attribute; nothing here panics, whatever the bytes.

mod conform;
mod faults;
mod locate;
mod number;
mod path;
mod shape;
mod tree;
mod typed;

pub(crate) use conform::Origin;
pub(crate) use shape::Shape;
pub(crate) use typed::{Conformed, Family, encode, is_null, null, pass_through, private};
