//! The order and the spelling of ids, which mean nothing to Graph and must not be a change to Terraform.

use tf_provider::value::Value;

use super::desired::GivenIds;
use super::state::SettingsState;
use crate::settings::attributes::{MembershipAttribute, ObjectIds};

/// Plans a list as it was before where the configuration only names the same ids in another order, in other case, or one of
/// them twice.
pub fn keep(planned: &mut SettingsState, prior: &SettingsState) {
    membership(&mut planned.allowed_to_join, &prior.allowed_to_join);
    membership(&mut planned.allowed_to_register, &prior.allowed_to_register);
    if let (Value::Value(planned), Value::Value(prior)) = (&mut planned.local_admins, &prior.local_admins) {
        membership(&mut planned.registering_users, &prior.registering_users);
    }
}

fn membership(planned: &mut Value<MembershipAttribute>, prior: &Value<MembershipAttribute>) {
    if let (Value::Value(planned), Value::Value(prior)) = (planned, prior) {
        list(&mut planned.users, &prior.users);
        list(&mut planned.groups, &prior.groups);
    }
}

fn list(planned: &mut ObjectIds, prior: &ObjectIds) {
    // Two ids that are not known may be two different ones: only what is known can be the same.
    if let (GivenIds::Known(asked), GivenIds::Known(before)) = (GivenIds::of(planned), GivenIds::of(prior))
        && asked == before
    {
        planned.clone_from(prior);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> ObjectIds {
        Value::Value(ids.iter().map(|id| Value::Value((*id).to_owned())).collect())
    }

    #[test]
    fn another_order_or_spelling_is_no_change() {
        let unknown = Value::Value(vec![Value::Unknown]);
        let table = [
            (ids(&["b", "a"]), ids(&["a", "b"]), true),
            (ids(&["a", "a", "b"]), ids(&["a", "b"]), true),
            (ids(&["a", "c"]), ids(&["a", "b"]), false),
            (ids(&["a"]), ids(&["a", "b"]), false),
            (ids(&["A"]), ids(&["a"]), true),
            (ids(&[]), Value::Null, false),
            (Value::Null, ids(&[]), false),
            (Value::Unknown, ids(&["a"]), false),
            (unknown.clone(), unknown, false),
        ];
        for (config, prior, same) in table {
            let mut planned = config.clone();
            list(&mut planned, &prior);
            assert_eq!(planned, if same { prior } else { config });
        }
    }
}
