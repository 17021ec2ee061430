//! Rules for the memberships in a PUT: all, none, or enumerated users and groups.
//!
//! Types: <https://learn.microsoft.com/graph/api/resources/deviceregistrationmembership>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rules::{Rules, kind_of};
use crate::graph::GraphError;
use crate::switches::{Duplicates, Leniency};

const ALL: &str = "#microsoft.graph.allDeviceRegistrationMembership";
const NONE: &str = "#microsoft.graph.noDeviceRegistrationMembership";
const ENUMERATED: &str = "#microsoft.graph.enumeratedDeviceRegistrationMembership";

/// The membership as it is stored, in the documented form.
pub(super) fn check(rules: &Rules<'_>, at: &str, sent: &Value) -> Result<Value, GraphError> {
    let Some(object) = sent.as_object() else {
        return Err(GraphError::bad_request(format!(
            "The property '{at}' must be an object of a type derived from 'microsoft.graph.deviceRegistrationMembership', not {}.",
            kind_of(sent)
        )));
    };
    let name = type_name(rules, at, object)?;
    for key in object.keys() {
        if !matches!(key.as_str(), "@odata.type" | "users" | "groups") {
            return Err(GraphError::bad_request(format!(
                "The property '{key}' does not exist on type '{}' at '{at}'.",
                name.trim_start_matches('#')
            )));
        }
    }
    if name == ENUMERATED {
        enumerated(rules, at, object)
    } else {
        no_lists(rules, at, name, object)?;
        Ok(json!({"@odata.type": name}))
    }
}

/// Reads the type of a stored membership.
pub(super) fn is_enumerated(membership: &Value) -> bool {
    membership["@odata.type"]
        .as_str()
        .is_some_and(|name| same_type(name, ENUMERATED))
}

fn type_name(rules: &Rules<'_>, at: &str, object: &Map<String, Value>) -> Result<&'static str, GraphError> {
    let given = match object.get("@odata.type") {
        Some(Value::String(given)) => given,
        Some(other) => {
            return Err(GraphError::bad_request(format!(
                "The '@odata.type' of '{at}' must be a string, not {}.",
                kind_of(other)
            )));
        }
        None => {
            return Err(GraphError::bad_request(format!(
                "'{at}' needs an '@odata.type': the type 'microsoft.graph.deviceRegistrationMembership' is abstract."
            )));
        }
    };
    let lenient = rules.switches.odd_type_names == Leniency::Accept;
    [ALL, NONE, ENUMERATED]
        .into_iter()
        .find(|name| given == name || (lenient && same_type(given, name)))
        .ok_or_else(|| {
            GraphError::bad_request(format!(
                "A type named '{given}' could not be resolved by the model for '{at}'. When a model is available, each type name must resolve to a valid type."
            ))
        })
}

fn same_type(given: &str, name: &str) -> bool {
    given
        .trim_start_matches('#')
        .eq_ignore_ascii_case(name.trim_start_matches('#'))
}

/// "all" and "none" have no lists; `null` in their place has been seen taken.
fn no_lists(rules: &Rules<'_>, at: &str, name: &str, object: &Map<String, Value>) -> Result<(), GraphError> {
    let refuse = rules.switches.lists_beside_all == Leniency::Refuse;
    for key in ["users", "groups"] {
        if refuse && object.get(key).is_some_and(|value| !value.is_null()) {
            return Err(GraphError::bad_request(format!(
                "The property '{key}' does not exist on type '{}' at '{at}'.",
                name.trim_start_matches('#')
            )));
        }
    }
    Ok(())
}

fn enumerated(rules: &Rules<'_>, at: &str, object: &Map<String, Value>) -> Result<Value, GraphError> {
    let users = list(rules, &format!("{at}.users"), object.get("users"))?;
    let groups = list(rules, &format!("{at}.groups"), object.get("groups"))?;
    let empty = users.is_empty() && groups.is_empty();
    if empty && rules.switches.empty_enumerated == Leniency::Refuse {
        return Err(GraphError::invalid(format!(
            "'{at}' is enumerated but names neither users nor groups."
        )));
    }
    Ok(json!({"@odata.type": ENUMERATED, "users": users, "groups": groups}))
}

fn list(rules: &Rules<'_>, at: &str, sent: Option<&Value>) -> Result<Vec<String>, GraphError> {
    let Some(Value::Array(items)) = sent else {
        let found = sent.map_or("nothing", kind_of);
        return Err(GraphError::bad_request(format!(
            "The property '{at}' must be a collection of object ids, not {found}."
        )));
    };
    let mut ids = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for item in items {
        let id = object_id(rules, at, item)?;
        if !seen.insert(id.to_ascii_lowercase()) {
            match rules.switches.duplicate_members {
                Duplicates::Keep => {}
                Duplicates::Merge => continue,
                Duplicates::Refuse => {
                    return Err(GraphError::invalid(format!("'{at}' names '{id}' twice.")));
                }
            }
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}

fn object_id<'a>(rules: &Rules<'_>, at: &str, item: &'a Value) -> Result<&'a str, GraphError> {
    let Some(id) = item.as_str() else {
        return Err(GraphError::bad_request(format!(
            "The collection '{at}' holds object ids as strings, not {}.",
            kind_of(item)
        )));
    };
    if id.len() != 36 || Uuid::parse_str(id).is_err() {
        return Err(GraphError::invalid(format!(
            "Invalid object identifier '{id}' in '{at}'."
        )));
    }
    if rules.switches.unknown_members == Leniency::Refuse && !(rules.exists)(id) {
        return Err(GraphError::invalid(format!(
            "The object '{id}' in '{at}' does not exist."
        )));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switches::Switches;

    const ID: &str = "4b8f6c1e-2d3a-4e5f-8a7b-9c0d1e2f3a4b";

    fn with(switches: &Switches, sent: &Value) -> Result<Value, String> {
        let rules = Rules::new(switches, &|id| id == ID);
        check(&rules, "azureADJoin.allowedToJoin", sent).map_err(|error| error.message)
    }

    fn strict(sent: &Value) -> Result<Value, String> {
        with(&Switches::default(), sent)
    }

    fn selected(users: Value, groups: Value) -> Value {
        json!({"@odata.type": ENUMERATED, "users": users, "groups": groups})
    }

    #[test]
    fn takes_the_documented_forms() {
        for sent in [
            json!({"@odata.type": ALL}),
            json!({"@odata.type": NONE}),
            selected(json!([ID]), json!([])),
            selected(json!([]), json!([ID])),
        ] {
            assert_eq!(strict(&sent), Ok(sent.clone()));
        }
    }

    #[test]
    fn takes_null_lists_beside_all_and_none_and_stores_none() {
        let sent = json!({"@odata.type": ALL, "users": null, "groups": null});
        assert_eq!(strict(&sent), Ok(json!({"@odata.type": ALL})));
        let lists = json!({"@odata.type": NONE, "users": [ID]});
        assert!(strict(&lists).unwrap_err().contains("'users' does not exist"));
        let lenient = Switches {
            lists_beside_all: Leniency::Accept,
            ..Switches::default()
        };
        assert_eq!(with(&lenient, &lists), Ok(json!({"@odata.type": NONE})));
    }

    #[test]
    fn refuses_everything_else() {
        let cases = [
            (json!(null), "not null"),
            (json!("all"), "not a string"),
            (json!({}), "needs an '@odata.type'"),
            (json!({"@odata.type": 1}), "must be a string"),
            (
                json!({"@odata.type": "#microsoft.graph.someDeviceRegistrationMembership"}),
                "could not be resolved",
            ),
            (
                json!({"@odata.type": "microsoft.graph.allDeviceRegistrationMembership"}),
                "could not be resolved",
            ),
            (
                json!({"@odata.type": "#microsoft.graph.alldeviceregistrationmembership"}),
                "could not be resolved",
            ),
            (json!({"@odata.type": ENUMERATED}), "not nothing"),
            (
                json!({"@odata.type": ENUMERATED, "users": [ID]}),
                "allowedToJoin.groups' must be",
            ),
            (selected(json!(null), json!([])), "not null"),
            (selected(json!(ID), json!([])), "not a string"),
            (selected(json!([1]), json!([])), "not a number"),
            (selected(json!([null]), json!([])), "not null"),
            (
                selected(json!(["ada@contoso.example"]), json!([])),
                "Invalid object identifier 'ada@contoso.example'",
            ),
            (
                selected(json!([]), json!(["All engineers"])),
                "Invalid object identifier",
            ),
            (
                selected(json!([]), json!([ID.replace('-', "")])),
                "Invalid object identifier",
            ),
            (
                selected(json!([]), json!([format!("{{{ID}}}")])),
                "Invalid object identifier",
            ),
            (json!({"@odata.type": ALL, "devices": []}), "'devices' does not exist"),
        ];
        for (sent, expected) in cases {
            let message = strict(&sent).unwrap_err();
            assert!(message.contains(expected), "{sent}: {message}");
        }
    }

    #[test]
    fn odd_type_names_pass_when_the_switch_says_so() {
        let lenient = Switches {
            odd_type_names: Leniency::Accept,
            ..Switches::default()
        };
        for name in [
            "microsoft.graph.allDeviceRegistrationMembership",
            "#Microsoft.Graph.AllDeviceRegistrationMembership",
        ] {
            assert_eq!(
                with(&lenient, &json!({"@odata.type": name})),
                Ok(json!({"@odata.type": ALL}))
            );
        }
    }

    #[test]
    fn unknown_duplicate_and_empty_follow_their_switches() {
        let twice = selected(json!([ID, ID.to_uppercase()]), json!([]));
        assert_eq!(strict(&twice), Ok(twice.clone()));
        let merge = Switches {
            duplicate_members: Duplicates::Merge,
            ..Switches::default()
        };
        assert_eq!(with(&merge, &twice), Ok(selected(json!([ID]), json!([]))));
        let refuse = Switches {
            duplicate_members: Duplicates::Refuse,
            ..Switches::default()
        };
        assert!(with(&refuse, &twice).unwrap_err().contains("twice"));

        let empty = selected(json!([]), json!([]));
        assert!(strict(&empty).unwrap_err().contains("neither users nor groups"));
        let accept = Switches {
            empty_enumerated: Leniency::Accept,
            ..Switches::default()
        };
        assert_eq!(with(&accept, &empty), Ok(empty.clone()));

        let stranger = selected(json!(["00000000-0000-4000-8000-000000000000"]), json!([]));
        assert_eq!(strict(&stranger), Ok(stranger.clone()));
        let refuse = Switches {
            unknown_members: Leniency::Refuse,
            ..Switches::default()
        };
        assert!(with(&refuse, &stranger).unwrap_err().contains("does not exist"));
        assert!(with(&refuse, &selected(json!([ID]), json!([]))).is_ok());
    }
}
