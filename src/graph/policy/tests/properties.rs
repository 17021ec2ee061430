//! What holds for every policy and every change.

use proptest::prelude::*;

use super::*;

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

fn any_scope() -> impl Strategy<Value = ScopeChange> {
    let list = || prop::option::of(prop::collection::btree_set((0..8_usize).prop_map(id), 0..5));
    prop_oneof![
        Just(ScopeChange::All),
        Just(ScopeChange::None),
        (list(), list()).prop_map(|(users, groups)| ScopeChange::Selected { users, groups }),
    ]
}

fn any_change() -> impl Strategy<Value = SettingChange> {
    (0..Setting::ALL.len(), any::<bool>(), 0..=100_i32, any_scope()).prop_map(|(at, value, quota, scope)| {
        match Setting::ALL[at] {
            setting if setting.kind() == SettingKind::Membership => SettingChange::Membership { setting, scope },
            Setting::UserDeviceQuota if quota == 100 => SettingChange::Quota(Quota::Unlimited),
            Setting::UserDeviceQuota => SettingChange::Quota(Quota::Limit(quota)),
            setting => SettingChange::Bool(setting, value),
        }
    })
}

/// A tenant's body: a policy of any settings, with unknown properties at every level.
fn any_body() -> impl Strategy<Value = Value> {
    let places = [
        "",
        "/azureADJoin",
        "/azureADJoin/allowedToJoin",
        "/azureADJoin/localAdmins",
        "/localAdminPassword",
    ];
    let unknown = (0..places.len(), "x[a-z]{1,4}", any_json());
    (
        prop::collection::vec(any_change(), 0..6),
        prop::collection::vec(unknown, 0..5),
    )
        .prop_map(move |(changes, unknown)| {
            let mut policy = Policy::parse(body()).unwrap();
            changes.into_iter().for_each(|change| policy.set(change));
            let mut json = policy.json();
            for (place, name, value) in unknown {
                json.pointer_mut(places[place]).unwrap()[name] = value;
            }
            json
        })
}

/// The body without what a change of a setting may touch.
fn unknown_part(mut body: Value) -> Value {
    for setting in Setting::ALL {
        let (parent, name) = setting.pointer().rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if setting.kind() != SettingKind::Membership {
            parent.remove(name);
        } else if let Some(membership) = parent.get_mut(name).and_then(Value::as_object_mut) {
            membership.retain(|name, _| name.starts_with('x'));
        }
    }
    body
}

proptest! {
    #[test]
    fn changes_keep_every_unknown_property(body in any_body(), changes in prop::collection::vec(any_change(), 0..6)) {
        let before = Policy::parse(body.clone()).unwrap();
        let mut policy = before.clone();
        for change in &changes {
            policy.set(change.clone());
        }
        prop_assert_eq!(unknown_part(policy.json()), unknown_part(body));
        prop_assert_eq!(unknown_part(policy.put_body().unwrap()), unknown_part(before.put_body().unwrap()));
        // Differing is exact: it names the settings whose value changed, and nothing else was written.
        let differing = policy.differing(&before);
        for setting in Setting::ALL {
            let changed = policy.value(setting) != before.value(setting);
            prop_assert_eq!(differing.contains(&setting), changed);
            if !changed {
                let (after, before) = (policy.json(), before.json());
                prop_assert_eq!(after.pointer(setting.pointer()), before.pointer(setting.pointer()));
            }
        }
        prop_assert_eq!(Policy::parse(policy.json()).unwrap().differing(&policy), vec![]);
    }

    #[test]
    fn setting_twice_is_setting_once(body in any_body(), change in any_change()) {
        let mut once = Policy::parse(body).unwrap();
        once.set(change.clone());
        let mut twice = once.clone();
        twice.set(change.clone());
        prop_assert_eq!(&twice, &once);
        let mut reparsed = Policy::parse(once.json()).unwrap();
        reparsed.set(change);
        prop_assert_eq!(reparsed.json(), once.json());
    }

    #[test]
    fn no_body_panics(body in any_json(), name in prop::sample::select(&REQUIRED[..]), inner in any_json()) {
        let _ = Policy::parse(body);
        let _ = Policy::parse(json!({name: inner.clone()}));
        let _ = Policy::parse(with("/azureADJoin/allowedToJoin", json!({"@odata.type": SELECTED, "users": inner})));
    }

    #[test]
    fn a_remembered_value_can_be_put_back(body in any_body(), changes in prop::collection::vec(any_change(), 0..6)) {
        let before = Policy::parse(body).unwrap();
        let mut policy = before.clone();
        changes.into_iter().for_each(|change| policy.set(change));
        for setting in Setting::ALL {
            if let Some(change) = before.value(setting).and_then(|value| SettingChange::to_value(setting, value)) {
                policy.set(change);
            }
        }
        prop_assert_eq!(policy.json(), before.json());
    }
}
