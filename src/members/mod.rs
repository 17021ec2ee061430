//! Members of the policy's lists in Terraform's words: the lists, the rules for adding and removing one, the checks of
//! what stands behind an id, and who in this configuration manages what.

pub mod checks;
pub mod clash;
pub mod eligibility;
pub mod ledger;
pub mod list;
pub mod rules;

pub use checks::MemberChecks;
pub use ledger::Ledger;
pub use list::List;
