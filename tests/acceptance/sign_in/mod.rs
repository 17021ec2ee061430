//! Signing in with each kind of credential: what works, and what is said when it does not.
//!
//! # Layout
//! `kinds` is the table of credentials; `door` is a tenant and a folder prepared for one of them. `works` and `refusals` go
//! through the table; the other modules are a subject each.

mod azuread;
mod certificates;
mod choice;
mod documented;
mod door;
mod kinds;
mod networks;
mod refusals;
mod tenants;
mod tokens;
mod works;
