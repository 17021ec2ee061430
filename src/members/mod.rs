//! Members of the settings' lists: the lists, the rules for adding and removing a member, the checks of what stands behind
//! an id, and whether a user may join.

pub mod checks;
pub mod eligibility;
pub mod list;
pub mod rules;

pub use checks::MemberChecks;
pub use list::List;
