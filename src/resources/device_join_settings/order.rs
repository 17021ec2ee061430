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
    use crate::settings::attributes::testing::given;

    #[test]
    fn another_order_or_spelling_is_no_change() {
        let unknown = Value::Value(vec![Value::Unknown]);
        let table = [
            (given(&["b", "a"]), given(&["a", "b"]), true),
            (given(&["a", "a", "b"]), given(&["a", "b"]), true),
            (given(&["a", "c"]), given(&["a", "b"]), false),
            (given(&["a"]), given(&["a", "b"]), false),
            (given(&["A"]), given(&["a"]), true),
            (given(&[]), Value::Null, false),
            (Value::Null, given(&[]), false),
            (Value::Unknown, given(&["a"]), false),
            (unknown.clone(), unknown, false),
        ];
        for (config, prior, same) in table {
            let mut planned = config.clone();
            list(&mut planned, &prior);
            assert_eq!(planned, if same { prior } else { config });
        }
    }
}
