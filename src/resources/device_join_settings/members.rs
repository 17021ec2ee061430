//! Checks of the members that a plan adds to the lists.

use std::collections::BTreeSet;

use tf_provider::Diagnostics;

use super::state::texts;
use crate::graph::Deadline;
use crate::graph::directory::Kind;
use crate::graph::policy::{ObjectId, Setting};
use crate::members::checks::Candidate;
use crate::session::Ready;
use crate::settings::attributes::SettingsAttributes;
use crate::settings::{Leaf, path};

/// Checks the ids that are known and that the tenant does not list yet. Returns the groups whose users the apply waits
/// for; `None` after an error.
pub async fn check(
    session: &Ready,
    diags: &mut Diagnostics,
    (now, planned): (&SettingsAttributes, &SettingsAttributes),
    deadline: &Deadline,
) -> Option<Vec<String>> {
    let checked = session.check(diags, &candidates(now, planned), deadline).await?;
    Some(texts(&checked.awaiting))
}

fn candidates(now: &SettingsAttributes, planned: &SettingsAttributes) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for leaf in Leaf::all() {
        let Some(kind) = leaf.kind() else { continue };
        let present = ids(now, leaf.setting, kind);
        for id in ids(planned, leaf.setting, kind).difference(&present) {
            candidates.push(Candidate {
                id: id.clone(),
                kind: Some(kind),
                path: path(leaf.setting),
                place: leaf.to_string(),
            });
        }
    }
    candidates
}

/// The known ids of a list. Validation refuses what is no object id; a tenant may hold it, and it is not looked up.
fn ids(settings: &SettingsAttributes, setting: Setting, kind: Kind) -> BTreeSet<ObjectId> {
    let list = settings
        .membership(setting)
        .and_then(|one| one.list(kind).as_ref_option());
    let known = list.into_iter().flatten().filter_map(|id| id.as_ref_option());
    known.filter_map(|id| ObjectId::parse(id).ok()).collect()
}

#[cfg(test)]
mod tests {
    use tf_provider::value::Value;

    use super::*;
    use crate::settings::attributes::MembershipAttribute;
    use crate::settings::attributes::testing::{given, membership};

    fn id(n: u32) -> String {
        format!("00000000-0000-0000-0000-{n:012}")
    }

    #[test]
    fn candidates_are_known_ids_that_the_tenant_does_not_list() {
        let join = |value: Value<MembershipAttribute>| SettingsAttributes {
            allowed_to_join: value,
            ..SettingsAttributes::default()
        };
        let users = Value::Value(vec![Value::Value(id(1)), Value::Value(id(2)), Value::Unknown]);
        let planned = join(membership("selected", users, given(&[&id(1), "no id"])));
        let now = join(membership("selected", given(&[&id(1).to_uppercase()]), given(&[])));
        let found: Vec<_> = candidates(&now, &planned)
            .into_iter()
            .map(|one| (one.kind.unwrap(), one.id.to_string(), one.place))
            .collect();
        assert_eq!(
            found,
            [
                (Kind::User, id(2), "allowed_to_join.users".to_owned()),
                (Kind::Group, id(1), "allowed_to_join.groups".to_owned()),
            ]
        );
        let all = join(membership("all", Value::Null, Value::Null));
        assert_eq!(candidates(&all, &planned).len(), 3);
    }
}
