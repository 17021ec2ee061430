//! Properties of every policy and every change.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;

/// The objects that are taken apart, but for memberships.
const OBJECTS: [&str; 5] = [
    "",
    "/azureADJoin",
    "/azureADJoin/localAdmins",
    "/azureADRegistration",
    "/localAdminPassword",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z@]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,5}", inner, 0..3)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

/// JSON as others may write it: numbers that fit no type of ours, white space, escapes.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => any_json().prop_map(|json| json.to_string()),
        1 => "-?[1-9][0-9]{0,40}([.][0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
        1 => prop::sample::select(vec!["{ \"a\" :\n[ 1e400 ,-0.0 ]}", r#""\u00e9 \ud800 é""#, "[1,\t2 ]"])
            .prop_map(str::to_owned),
    ]
}

/// Unknown properties, each with a comma before it.
fn any_unknown() -> impl Strategy<Value = String> {
    prop::collection::btree_map("x[a-z]{1,4}", any_text(), 0..3).prop_map(|unknown| {
        let property = |(name, text)| format!(", \"{name}\": {text}");
        unknown.into_iter().map(property).collect()
    })
}

fn any_ids() -> impl Strategy<Value = BTreeSet<ObjectId>> {
    prop::collection::btree_set((0..8_usize).prop_map(id), 0..4)
}

/// A membership as a tenant may have it: no type is known to be spelled in one way.
fn any_membership_text() -> impl Strategy<Value = String> {
    let type_name = prop::sample::select(vec![
        ALL.to_owned(),
        NONE.to_owned(),
        SELECTED.to_owned(),
        SELECTED.to_uppercase(),
        ALL[1..].to_owned(),
        "#microsoft.graph.taggedDeviceRegistrationMembership".to_owned(),
    ]);
    (type_name, prop::option::of((any_ids(), any_ids())), any_unknown()).prop_map(|(type_name, lists, unknown)| {
        let list = |ids: &BTreeSet<ObjectId>| json!(ids.iter().map(ObjectId::as_str).collect::<Vec<_>>());
        let lists = lists.map(|(users, groups)| format!(r#","users":{},"groups":{}"#, list(&users), list(&groups)));
        format!(
            r#"{{"@odata.type": "{type_name}"{}{unknown}}}"#,
            lists.unwrap_or_default()
        )
    })
}

/// A tenant's policy, with unknown properties at every level.
fn any_body() -> impl Strategy<Value = String> {
    let membership = any_membership_text;
    let memberships = (membership(), membership(), membership());
    let unknown = (
        any_unknown(),
        any_unknown(),
        any_unknown(),
        any_unknown(),
        any_unknown(),
    );
    let mfa = prop::sample::select(vec!["required", "NotRequired", "unknownFutureValue"]);
    (memberships, unknown, 0..102_i32, any::<(bool, bool)>(), mfa).prop_map(
        |((join, register, admins), (root, entra, admin, registration, password), quota, (global, laps), mfa)| {
            format!(
                r#"{{"@odata.context": "x", "id": "deviceRegistrationPolicy", "userDeviceQuota": {quota}{root},
                "azureADJoin": {{"isAdminConfigurable": true, "allowedToJoin": {join}{entra}, "localAdmins":
                {{"enableGlobalAdmins": {global}, "registeringUsers": {admins}{admin}}}}}, "azureADRegistration": {{
                "allowedToRegister": {register}{registration}}}, "multiFactorAuthConfiguration": "{mfa}",
                "localAdminPassword": {{"isEnabled": {laps}{password}}}}}"#
            )
        },
    )
}

fn any_change() -> impl Strategy<Value = (Setting, SettingValue)> {
    let membership = prop_oneof![
        Just(Membership::All),
        Just(Membership::None),
        (any_ids(), any_ids()).prop_map(|(users, groups)| selected(users, groups)),
    ];
    let setting = prop::sample::select(Setting::ALL.to_vec());
    (setting, any::<bool>(), 0..=100_i32, membership).prop_map(|(setting, on, quota, membership)| {
        let value = match setting.kind() {
            SettingKind::Membership => SettingValue::Membership(membership),
            SettingKind::Quota if quota == 100 => SettingValue::Quota(Quota::Unlimited),
            SettingKind::Quota => SettingValue::Quota(Quota::Limit(quota)),
            SettingKind::Bool => SettingValue::Bool(on),
        };
        (setting, value)
    })
}

fn is_membership(pointer: &str) -> bool {
    let named = |setting: &Setting| setting.pointer() == pointer && setting.kind() == SettingKind::Membership;
    Setting::ALL.iter().any(named)
}

/// The text of each leaf by its pointer: objects that hold settings, and memberships, are taken apart, all else is a leaf.
fn leaves(text: &str, pointer: &str, found: &mut BTreeMap<String, String>) {
    if !OBJECTS.contains(&pointer) && !is_membership(pointer) {
        found.insert(pointer.to_owned(), text.to_owned());
        return;
    }
    let object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).unwrap();
    for (name, value) in object {
        leaves(value.get(), &format!("{pointer}/{name}"), found);
    }
}

/// The places that a write may change: those of settings that were set, and of memberships in another form than the
/// documented one.
fn touched(body: &str, before: &Policy, set: &[Setting]) -> BTreeSet<String> {
    let mut came = BTreeMap::new();
    leaves(body, "", &mut came);
    let mut places = BTreeSet::from(["/id".to_owned(), "/@odata.context".to_owned()]);
    for setting in Setting::ALL {
        let pointer = setting.pointer();
        let parts = ["/@odata.type", "/users", "/groups"].map(|part| format!("{pointer}{part}"));
        let type_name = came.get(&parts[0]).map(|name| name.trim_matches('"'));
        let becomes_none = before.membership(setting) == Some(&Membership::None) && type_name != Some(NONE);
        if set.contains(&setting) || becomes_none {
            places.insert(pointer.to_owned());
            places.extend(parts);
        } else if type_name.is_some_and(|name| ![ALL, NONE, SELECTED].contains(&name) && !name.contains("tagged")) {
            places.insert(parts[0].clone());
        }
    }
    places
}

/// The leaves at other places than these.
fn leaves_beside(text: &str, places: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    leaves(text, "", &mut found);
    found.retain(|pointer, _| !places.contains(pointer));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_put_differs_only_in_what_was_set(body in any_body(), changes in prop::collection::vec(any_change(), 0..6)) {
        let before = Policy::parse(&body).unwrap();
        let mut policy = before.clone();
        for (setting, value) in changes {
            policy.set(setting, value);
        }
        let put = policy.put_body().unwrap();
        // Differing is exact: it names the settings whose value changed.
        let differing = policy.differing(&before);
        for setting in Setting::ALL {
            prop_assert_eq!(differing.contains(&setting), policy.value(setting) != before.value(setting));
        }
        let touched = touched(&body, &before, &differing);
        prop_assert_eq!(leaves_beside(&put, &touched), leaves_beside(&body, &touched));
        let again = Policy::parse(&put).unwrap();
        prop_assert_eq!(again.differing(&policy), vec![]);
        prop_assert_eq!(again.put_body().unwrap(), put);
    }

    #[test]
    fn setting_twice_is_setting_once(body in any_body(), change in any_change()) {
        let mut once = Policy::parse(&body).unwrap();
        once.set(change.0, change.1.clone());
        let mut twice = once.clone();
        twice.set(change.0, change.1.clone());
        prop_assert_eq!(&twice, &once);
        let mut reparsed = Policy::parse(&once.text()).unwrap();
        reparsed.set(change.0, change.1);
        prop_assert_eq!(reparsed.text(), once.text());
    }

    #[test]
    fn no_body_panics(body in any_text(), name in prop::sample::select(&REQUIRED[..]), inner in any_json()) {
        let _ = Policy::parse(&body);
        let _ = Policy::parse(&json!({name: inner.clone()}).to_string());
        let odd = with("/azureADJoin/allowedToJoin", json!({"@odata.type": SELECTED, "users": inner}));
        let _ = Policy::parse(&odd.to_string());
    }

    #[test]
    fn a_remembered_value_can_be_put_back(body in any_body(), changes in prop::collection::vec(any_change(), 0..6)) {
        let before = Policy::parse(&body).unwrap();
        let mut policy = before.clone();
        let is_unknown = |setting| matches!(before.membership(setting), Some(Membership::Other(_)));
        for (setting, value) in changes.into_iter().filter(|(setting, _)| !is_unknown(*setting)) {
            policy.set(setting, value);
        }
        for setting in Setting::ALL {
            if let Some(value) = before.value(setting) {
                policy.set(setting, value);
            } else if policy.value(setting).is_some() {
                return Ok(());
            }
        }
        prop_assert_eq!(policy.put_body(), before.put_body());
    }
}
