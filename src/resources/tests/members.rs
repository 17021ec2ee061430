//! The checks of a member's operations: one member comes or goes, and no other.

use serde_json::{Value, json};

use super::leaves::{assert_same, changed, flat};
use super::model::{Object, Step};
use super::tenant::Leaves;
use crate::resources::device_join_settings::DeviceJoinSettings;

/// Checks the addition of a member.
pub(super) fn member_added(step: &Step<'_>) {
    if step.prior.is_some() {
        assert_same(&step.after, &step.before, "as before");
        return;
    }
    let (scope, list, id) = member(step.planned);
    let refused = step.before[&scope] == json!("all");
    assert_eq!(step.failed(), refused, "{:?}", step.said);
    if refused {
        assert!(
            step.said.iter().any(|said| said.text.contains("takes no members")),
            "{:?}",
            step.said
        );
        assert_same(&step.after, &step.before, "as before");
        return;
    }
    let mut ids = step.before[&list].as_array().unwrap().clone();
    if !ids.contains(&id) {
        ids.push(id);
        ids.sort_by_key(Value::to_string);
    }
    assert_same(
        &step.after,
        &changed(&step.before, &Leaves::from([(list, json!(ids))])),
        "with the member",
    );
}

/// Checks the removal of a member.
pub(super) fn member_removed(step: &Step<'_>) {
    assert!(!step.failed(), "{:?}", step.said);
    let prior = step.prior.unwrap();
    let (_, list, id) = member(&prior.value);
    let successor_names_it = step.is_half && member(step.planned).1 == list && member(step.planned).2 == id;
    if successor_names_it || step.said.iter().any(|said| said.text.contains("stays a member")) {
        let holds = |object: &Object| {
            if object.type_name == DeviceJoinSettings::TYPE_NAME {
                flat(&object.value)[&list]
                    .as_array()
                    .is_some_and(|ids| ids.contains(&id))
            } else {
                member(&object.value).1 == list && member(&object.value).2 == id
            }
        };
        assert!(
            successor_names_it || step.others.iter().any(holds),
            "the member stays, and no resource holds it"
        );
        assert_same(&step.after, &step.before, "as before");
        return;
    }
    let mut ids = step.before[&list].as_array().unwrap().clone();
    ids.retain(|listed| *listed != id);
    let gone = step.before[&list] != json!(ids);
    let changes = if gone {
        Leaves::from([(list, json!(ids))])
    } else {
        Leaves::new()
    };
    assert_same(&step.after, &changed(&step.before, &changes), "without the member");
}

/// The leaves of the scope and of the list of a member, and its id.
fn member(value: &Value) -> (String, String, Value) {
    let name = setting_of_list(&value["list"]).unwrap();
    let list = if value["type"] == json!("user") {
        "users"
    } else {
        "groups"
    };
    let id = value["object_id"].as_str().unwrap().to_lowercase();
    (format!("{name}.scope"), format!("{name}.{list}"), json!(id))
}

/// The setting that has a member resource's list.
pub(super) fn setting_of_list(list: &Value) -> Option<&'static str> {
    match list.as_str()? {
        "join" => Some("allowed_to_join"),
        "local_admin" => Some("local_admins.registering_users"),
        _ => None,
    }
}
