//! `provider::autopilot::may_join(settings, user_id, group_ids)`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type};
use tf_provider::{Diagnostics, Function};

use crate::graph::policy::{Members, Membership, ObjectId, Quota};
use crate::members::eligibility::Reason;
use crate::plugin::Report;
use crate::settings::attributes::Scope;

/// The function.
pub struct MayJoin;

impl MayJoin {
    /// The function's name.
    pub const NAME: &'static str = "may_join";
}

/// The arguments. A value of any type comes with its type, which says nothing here that the value does not.
#[derive(Debug, Deserialize)]
pub struct Arguments {
    settings: (IgnoredAny, Json),
    user_id: String,
    group_ids: BTreeSet<String>,
}

#[async_trait]
impl Function for MayJoin {
    type Input<'a> = Arguments;
    type Output<'a> = bool;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let parameter = |name: &str, param_type, description: &str| Parameter {
            name: name.to_owned(),
            param_type,
            allow_null: false,
            allow_unknown: false,
            description: Description::markdown(description),
        };
        Some(FunctionSchema {
            parameters: vec![
                parameter(
                    "settings",
                    Type::Any,
                    "An object with `allowed_to_join = { scope, users, groups }`, and `user_device_quota` if that counts \
                     too: the resource or the data source `autopilot_device_join_settings`, or one written by hand.",
                ),
                parameter(
                    "user_id",
                    Type::String,
                    "The object id of the user; anything else, a user principal name for instance, is an error.",
                ),
                parameter(
                    "group_ids",
                    Type::Set(Box::new(Type::String)),
                    "The object ids of all groups that the user is in, directly or through other groups.",
                ),
            ],
            variadic: None,
            return_type: Type::Bool,
            summary: "Whether device join settings let a user join a device".to_owned(),
            description: Description::markdown(
                "Evaluates only the device settings: true if the scope is `all`, or if it is `selected` and lists the \
                 user or one of the given groups; false if `user_device_quota` is 0, or if `allowed_to_join` or its scope \
                 is null or unknown to the provider. A list that is null or missing is empty. Makes no request. To \
                 evaluate a real user use the data source `autopilot_device_join_eligibility`.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, arguments: Arguments) -> Option<bool> {
        answer(&arguments)
            .map_err(|(position, problem)| diags.argument_error(position, problem))
            .ok()
    }
}

/// The answer, or the argument at fault and what is wrong with it.
fn answer(arguments: &Arguments) -> Result<bool, (i64, String)> {
    let settings = Settings::read(&arguments.settings.1).map_err(|problem| (0, problem))?;
    let id = |position, text: &String| ObjectId::parse(text).map_err(|error| (position, error.to_string()));
    let user = id(1, &arguments.user_id)?;
    let groups = arguments.group_ids.iter().map(|group| id(2, group));
    Ok(settings.reason(&user, &groups.collect::<Result<_, _>>()?).allows())
}

/// The part of the settings that decides.
struct Settings {
    /// None when the settings do not say who may join. Mocks of Terraform 1.11 leave nested objects null.
    membership: Option<Membership>,
    quota: Option<Quota>,
}

impl Settings {
    fn read(settings: &Json) -> Result<Self, String> {
        let membership = match settings.get("allowed_to_join") {
            Some(Json::Null) => None,
            Some(allowed @ Json::Object(_)) => membership(allowed)?,
            _ => return Err("settings has no object allowed_to_join = { scope, users, groups }".to_owned()),
        };
        let quota = match settings.get("user_device_quota") {
            None | Some(Json::Null) => None,
            Some(quota) => Some(number(quota).ok_or_else(|| {
                format!("settings.user_device_quota is {quota}; use a whole number from 0 to 100, or -1 for unlimited")
            })?),
        };
        Ok(Self { membership, quota })
    }

    fn reason(&self, user: &ObjectId, groups: &BTreeSet<ObjectId>) -> Reason {
        let membership = self.membership.as_ref();
        let listed = membership.and_then(Membership::members);
        let in_group = listed.is_some_and(|members| !members.groups.is_disjoint(groups));
        Reason::by_scope(membership, user, in_group).with_user(true, self.quota, None)
    }
}

/// Who is allowed to join; none for a scope without a name here: that of a type that Microsoft adds, which is null, and
/// the random text of a mock.
fn membership(allowed: &Json) -> Result<Option<Membership>, String> {
    let scope = match allowed.get("scope") {
        Some(Json::String(scope)) => Scope::parse(scope),
        Some(Json::Null) => None,
        _ => return Err("settings.allowed_to_join has no scope".to_owned()),
    };
    Ok(match scope {
        Some(Scope::All) => Some(Membership::All),
        Some(Scope::None) => Some(Membership::None),
        Some(Scope::Selected) => Some(Membership::Selected(Members {
            users: ids(allowed, "users")?,
            groups: ids(allowed, "groups")?,
        })),
        None => None,
    })
}

/// A whole number, which the wire may carry as a text; -1 is unlimited.
fn number(quota: &Json) -> Option<Quota> {
    let number = match quota {
        Json::String(text) => text.parse().ok()?,
        other => other.as_f64()?,
    };
    match crate::settings::number::Number(number).whole()? {
        -1 => Some(Quota::Unlimited),
        limit => i32::try_from(limit).ok().and_then(Quota::from_wire),
    }
}

fn ids(allowed: &Json, name: &str) -> Result<BTreeSet<ObjectId>, String> {
    match allowed.get(name) {
        None | Some(Json::Null) => Ok(BTreeSet::new()),
        Some(Json::Array(list)) => list
            .iter()
            .map(|id| id.as_str().map(ObjectId::from_graph))
            .collect::<Option<_>>()
            .ok_or_else(|| format!("settings.allowed_to_join.{name} has an element that is not an object id")),
        Some(_) => Err(format!("settings.allowed_to_join.{name} is not a list of object ids")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const U: &str = "a1b2c3d4-0000-4000-8000-00000000000a";
    const G1: &str = "a1b2c3d4-0000-4000-8000-000000000001";
    const G2: &str = "a1b2c3d4-0000-4000-8000-000000000002";

    fn call_with(settings: &Json, user: &str, groups: &[&str]) -> Result<bool, (i64, String)> {
        // As it comes over the wire: the type, then the value.
        let wire = rmp_serde::to_vec(&(("[\"object\",{}]", settings), user, groups)).unwrap();
        answer(&rmp_serde::from_slice(&wire).unwrap())
    }

    fn call(settings: &Json) -> Result<bool, (i64, String)> {
        call_with(settings, U, &[G1, G2])
    }

    fn selected(users: &[&str], groups: &[&str]) -> Json {
        json!({"scope": "selected", "users": users, "groups": groups})
    }

    #[test]
    fn the_scope_the_lists_and_a_quota_of_zero_decide() {
        let all = json!({"scope": "all"});
        let table = [
            (json!({"allowed_to_join": all}), true),
            (json!({"allowed_to_join": {"scope": "none", "users": null}}), false),
            (json!({"allowed_to_join": {"scope": "selected"}}), false),
            (
                json!({"allowed_to_join": {"scope": "selected", "users": null, "groups": [G1]}}),
                true,
            ),
            (json!({"allowed_to_join": selected(&[&U.to_uppercase()], &[])}), true),
            (json!({"allowed_to_join": selected(&["x"], &[G2])}), true),
            (json!({"allowed_to_join": selected(&[G1], &[U])}), false),
            (json!({"allowed_to_join": all, "user_device_quota": 0}), false),
            (json!({"allowed_to_join": all, "user_device_quota": "0"}), false),
            (json!({"allowed_to_join": all, "user_device_quota": -1}), true),
            (
                json!({"allowed_to_join": all, "user_device_quota": null, "id": "x"}),
                true,
            ),
            // Mocks, and a membership type of tomorrow.
            (json!({"allowed_to_join": null}), false),
            (json!({"allowed_to_join": {"scope": null, "users": [U]}}), false),
            (json!({"allowed_to_join": {"scope": "k3v9w2zz", "users": [U]}}), false),
        ];
        for (settings, expected) in table {
            assert_eq!(call(&settings), Ok(expected), "{settings}");
        }
    }

    #[test]
    fn malformed_settings_are_an_error() {
        for settings in [
            json!({}),
            json!("all"),
            json!({"allowed_to_join": "all"}),
            json!({"allowed_to_join": {}}),
            json!({"allowed_to_join": {"scope": 1}}),
            json!({"allowed_to_join": {"scope": "selected", "users": U}}),
            json!({"allowed_to_join": {"scope": "selected", "groups": [null]}}),
            json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": 1.5}),
        ] {
            let (position, _) = call(&settings).unwrap_err();
            assert_eq!(position, 0, "{settings}");
        }
    }

    #[test]
    fn an_argument_that_is_no_object_id_is_an_error() {
        let settings = json!({"allowed_to_join": {"scope": "all"}});
        for wrong in ["", " ", "ada@contoso.com", "Ops team", &format!(" {U}"), &U[1..]] {
            let problem =
                format!("{wrong:?} is not an object id: expected a GUID such as 00000000-0000-0000-0000-000000000000");
            assert_eq!(call_with(&settings, wrong, &[]), Err((1, problem.clone())));
            assert_eq!(call_with(&settings, U, &[G1, wrong]), Err((2, problem)));
        }
    }

    fn id() -> impl Strategy<Value = String> {
        (0..6_u8, any::<bool>()).prop_map(|(number, upper)| {
            let id = format!("a1b2c3d4-0000-4000-8000-00000000000{number}");
            if upper { id.to_uppercase() } else { id }
        })
    }

    proptest! {
        /// A user may join when the list names the user or a group of the user's, whatever the spelling.
        #[test]
        fn a_selection_allows_exactly_those_it_names(
            user in id(), of_user in prop::collection::vec(id(), 0..4),
            users in prop::collection::vec(id(), 0..4), groups in prop::collection::vec(id(), 0..4),
        ) {
            let folded = |ids: &[String]| ids.iter().map(|id| id.to_lowercase()).collect::<BTreeSet<_>>();
            let named = folded(&users).contains(&user.to_lowercase());
            let expected = named || !folded(&groups).is_disjoint(&folded(&of_user));
            let settings = json!({"allowed_to_join": {"scope": "selected", "users": users, "groups": groups}});
            let of_user: Vec<_> = of_user.iter().map(String::as_str).collect();
            prop_assert_eq!(call_with(&settings, &user, &of_user), Ok(expected));
        }

        #[test]
        fn an_unknown_scope_never_allows(scope in "[a-zA-Z0-9]{0,8}") {
            prop_assume!(!["all", "selected", "none"].contains(&&*scope));
            let settings = json!({"allowed_to_join": {"scope": scope, "users": [U], "groups": [G1]}});
            prop_assert_eq!(call(&settings), Ok(false));
        }
    }
}
