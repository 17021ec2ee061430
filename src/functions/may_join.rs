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
                parameter("user_id", Type::String, "The object id of the user."),
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
                 user or one of the given groups; false if `user_device_quota` is 0. Makes no request. To evaluate a \
                 real user use the data source `autopilot_device_join_eligibility`.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, arguments: Arguments) -> Option<bool> {
        let settings = match Settings::read(&arguments.settings.1) {
            Ok(settings) => settings,
            Err(problem) => {
                diags.argument_error(0, problem);
                return None;
            }
        };
        let user = ObjectId::from_graph(&arguments.user_id);
        let groups: BTreeSet<_> = arguments.group_ids.iter().map(|id| ObjectId::from_graph(id)).collect();
        Some(settings.reason(&user, &groups).allows())
    }
}

/// What of the settings decides.
struct Settings {
    membership: Membership,
    quota: Option<Quota>,
}

impl Settings {
    fn read(settings: &Json) -> Result<Self, String> {
        let allowed = settings.get("allowed_to_join").filter(|allowed| allowed.is_object());
        let Some(allowed) = allowed else {
            return Err("settings has no object allowed_to_join = { scope, users, groups }".to_owned());
        };
        let scope = allowed.get("scope").and_then(Json::as_str).unwrap_or_default();
        let membership = match Scope::parse(scope) {
            Some(Scope::All) => Membership::All,
            Some(Scope::None) => Membership::None,
            Some(Scope::Selected) => Membership::Selected(Members {
                users: ids(allowed, "users")?,
                groups: ids(allowed, "groups")?,
            }),
            None => {
                return Err(format!(
                    "settings.allowed_to_join.scope is {scope:?}; use \"all\", \"selected\" or \"none\""
                ));
            }
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
        let listed = self.membership.members();
        let in_group = listed.is_some_and(|members| !members.groups.is_disjoint(groups));
        Reason::by_scope(Some(&self.membership), user, in_group).with_user(true, self.quota, None)
    }
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
    use serde_json::json;

    use super::*;

    async fn call(settings: Json) -> Result<bool, String> {
        let mut diags = Diagnostics::default();
        // As it comes over the wire: the type, then the value.
        let wire = rmp_serde::to_vec(&(("[\"object\",{}]", &settings), "U", ["g1", "g2"])).unwrap();
        let arguments: Arguments = rmp_serde::from_slice(&wire).unwrap();
        let answer = MayJoin.call(&mut diags, arguments).await;
        answer.ok_or_else(|| diags.errors[0].summary.clone().into_owned())
    }

    #[tokio::test]
    async fn the_scope_the_lists_and_a_quota_of_zero_decide() {
        let selected = |users: &[&str], groups: &[&str]| json!({"scope": "selected", "users": users, "groups": groups});
        let table = [
            (json!({"allowed_to_join": {"scope": "all"}}), true),
            (json!({"allowed_to_join": {"scope": "none", "users": null}}), false),
            (json!({"allowed_to_join": {"scope": "selected"}}), false),
            (json!({"allowed_to_join": selected(&["u"], &[])}), true),
            (json!({"allowed_to_join": selected(&["x"], &["G2"])}), true),
            (json!({"allowed_to_join": selected(&["g1"], &["u"])}), false),
            (
                json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": 0}),
                false,
            ),
            (
                json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": "0"}),
                false,
            ),
            (
                json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": -1}),
                true,
            ),
            (
                json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": null, "id": "x"}),
                true,
            ),
        ];
        for (settings, expected) in table {
            assert_eq!(call(settings.clone()).await, Ok(expected), "{settings}");
        }
    }

    #[tokio::test]
    async fn what_are_no_settings_is_refused() {
        for settings in [
            json!({}),
            json!("all"),
            json!({"allowed_to_join": null}),
            json!({"allowed_to_join": {"scope": "some"}}),
            json!({"allowed_to_join": {"scope": "selected", "users": "u"}}),
            json!({"allowed_to_join": {"scope": "selected", "groups": [null]}}),
            json!({"allowed_to_join": {"scope": "all"}, "user_device_quota": 1.5}),
        ] {
            assert!(call(settings.clone()).await.is_err(), "{settings}");
        }
    }
}
