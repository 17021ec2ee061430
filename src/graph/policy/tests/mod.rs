//! The model against bodies of every kind.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

mod properties;

const ALL: &str = "#microsoft.graph.allDeviceRegistrationMembership";
const NONE: &str = "#microsoft.graph.noDeviceRegistrationMembership";
const SELECTED: &str = "#microsoft.graph.enumeratedDeviceRegistrationMembership";
const JOIN: Setting = Setting::AllowedToJoin;

fn id(number: usize) -> ObjectId {
    ObjectId::from_graph(&format!("{number:08x}-0000-4000-8000-000000000000"))
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<ObjectId> {
    numbers.into_iter().map(id).collect()
}

fn body() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#policies/deviceRegistrationPolicy/$entity",
        "@microsoft.graph.tips": "Use $select",
        "multiFactorAuthConfiguration": "notRequired",
        "id": "deviceRegistrationPolicy",
        "displayName": "Device Registration Policy",
        "description": "Tenant-wide policy that manages intial provisioning controls",
        "userDeviceQuota": 50,
        "azureADRegistration": {"isAdminConfigurable": false, "allowedToRegister": {"@odata.type": ALL}},
        "azureADJoin": {"isAdminConfigurable": true, "allowedToJoin": {"@odata.type": ALL},
            "localAdmins": {"enableGlobalAdmins": true, "registeringUsers": {"@odata.type": NONE}}},
        "localAdminPassword": {"isEnabled": false},
        "futureSetting": {"nested": [1, {"deep": null}]},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = body();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

fn parse(body: &Value) -> Policy {
    Policy::parse(&body.to_string()).unwrap()
}

/// The JSON that a PUT sends.
fn sent(policy: &Policy) -> Value {
    serde_json::from_str(&policy.put_body().unwrap()).unwrap()
}

fn join(policy: &mut Policy, membership: Membership) {
    policy.set(JOIN, SettingValue::Membership(membership));
}

fn selected(users: BTreeSet<ObjectId>, groups: BTreeSet<ObjectId>) -> Membership {
    Membership::Selected(Members { users, groups })
}

#[test]
fn a_whole_body_is_read() {
    let policy = parse(&body());
    let membership = |membership| Some(SettingValue::Membership(membership));
    let expected = [
        membership(Membership::All),
        Some(SettingValue::Bool(true)),
        membership(Membership::None),
        membership(Membership::All),
        Some(SettingValue::Quota(Quota::Limit(50))),
        Some(SettingValue::Bool(false)),
        Some(SettingValue::Bool(false)),
    ];
    assert_eq!(Setting::ALL.map(|setting| policy.value(setting)), expected);
    assert_eq!(policy.join_admin_configurable(), Some(true));
    assert_eq!(policy.registration_admin_configurable(), Some(false));
    assert_eq!(policy.json(), body());
}

#[test]
fn what_tenants_really_answer_is_read() {
    let value = |body, setting| parse(&body).value(setting);
    let membership = |value: Value| match value_of_join(value) {
        Some(SettingValue::Membership(membership)) => membership,
        other => panic!("{other:?}"),
    };
    // An older body, and nulls where objects belong.
    for (pointer, setting) in [
        ("/azureADJoin/localAdmins", Setting::RegisteringUsers),
        ("/azureADJoin/localAdmins", Setting::GlobalAdministrators),
        ("/azureADJoin/allowedToJoin", JOIN),
        ("/azureADJoin", JOIN),
        ("/azureADRegistration", Setting::AllowedToRegister),
        ("/localAdminPassword", Setting::LocalAdminPasswordEnabled),
        ("/localAdminPassword/isEnabled", Setting::LocalAdminPasswordEnabled),
        ("/userDeviceQuota", Setting::UserDeviceQuota),
        ("/multiFactorAuthConfiguration", Setting::MultiFactorAuthRequired),
    ] {
        assert_eq!(value(with(pointer, Value::Null), setting), None, "{pointer}");
    }
    // Types in every spelling; lists that are null, absent or beside a type without any.
    for spelling in [
        SELECTED,
        &SELECTED[1..],
        &SELECTED.to_uppercase(),
        "#Microsoft.Graph.EnumeratedDeviceRegistrationMembership",
    ] {
        let found = membership(json!({"@odata.type": spelling, "users": null}));
        assert_eq!(found, Membership::None, "a selection of no member, {spelling}");
    }
    let lists =
        json!({"@odata.type": "microsoft.graph.allDeviceRegistrationMembership", "users": null, "groups": null});
    assert_eq!(membership(lists), Membership::All);
    let odd = json!({"@odata.type": SELECTED, "users": ["", "AB", "ab"], "groups": ["x"]});
    let odd = membership(odd);
    assert_eq!(odd.members().map(|members| members.users.len()), Some(2));
    // Values from the future.
    let future = membership(json!({"@odata.type": "#microsoft.graph.tagged", "tags": 3}));
    assert_eq!(future, Membership::Other("#microsoft.graph.tagged".to_owned()));
    let future = with("/multiFactorAuthConfiguration", json!("unknownFutureValue"));
    assert_eq!(value(future, Setting::MultiFactorAuthRequired), None);
    let cased = with("/multiFactorAuthConfiguration", json!("Required"));
    assert_eq!(
        value(cased, Setting::MultiFactorAuthRequired),
        Some(SettingValue::Bool(true))
    );
    // Numbers.
    for (number, quota) in [
        (json!(0), Some(Quota::Limit(0))),
        (json!(50.0), Some(Quota::Limit(50))),
        (json!(2_147_483_647), Some(Quota::Unlimited)),
        (json!(-1), None),
    ] {
        let found = value(with("/userDeviceQuota", number.clone()), Setting::UserDeviceQuota);
        assert_eq!(found, quota.map(SettingValue::Quota), "{number}");
    }
}

fn value_of_join(membership: Value) -> Option<SettingValue> {
    parse(&with("/azureADJoin/allowedToJoin", membership)).value(JOIN)
}

#[test]
fn garbage_is_refused_with_its_place() {
    let wrong = [
        ("/azureADJoin", json!([]), "/azureADJoin"),
        ("/azureADJoin", json!("all"), "/azureADJoin"),
        (
            "/azureADJoin/isAdminConfigurable",
            json!("yes"),
            "/azureADJoin/isAdminConfigurable",
        ),
        ("/azureADJoin/allowedToJoin", json!("all"), "/azureADJoin/allowedToJoin"),
        ("/azureADJoin/allowedToJoin", json!([1]), "/azureADJoin/allowedToJoin"),
        (
            "/azureADJoin/allowedToJoin",
            json!({}),
            "/azureADJoin/allowedToJoin/@odata.type",
        ),
        (
            "/azureADJoin/allowedToJoin",
            json!({"@odata.type": 1}),
            "/azureADJoin/allowedToJoin/@odata.type",
        ),
        (
            "/azureADJoin/allowedToJoin",
            json!({"@odata.type": SELECTED, "users": {}}),
            "/azureADJoin/allowedToJoin/users",
        ),
        (
            "/azureADJoin/allowedToJoin",
            json!({"@odata.type": SELECTED, "users": ["a", 7]}),
            "/azureADJoin/allowedToJoin/users/1",
        ),
        (
            "/azureADJoin/allowedToJoin",
            json!({"@odata.type": SELECTED, "groups": [null]}),
            "/azureADJoin/allowedToJoin/groups/0",
        ),
        ("/azureADJoin/localAdmins", json!(false), "/azureADJoin/localAdmins"),
        (
            "/azureADJoin/localAdmins/enableGlobalAdmins",
            json!(1),
            "/azureADJoin/localAdmins/enableGlobalAdmins",
        ),
        ("/azureADRegistration", json!(0), "/azureADRegistration"),
        (
            "/azureADRegistration/isAdminConfigurable",
            json!([]),
            "/azureADRegistration/isAdminConfigurable",
        ),
        ("/userDeviceQuota", json!("50"), "/userDeviceQuota"),
        ("/userDeviceQuota", json!(50.5), "/userDeviceQuota"),
        ("/userDeviceQuota", json!(2_147_483_648_i64), "/userDeviceQuota"),
        ("/userDeviceQuota", json!(1e300), "/userDeviceQuota"),
        (
            "/multiFactorAuthConfiguration",
            json!(true),
            "/multiFactorAuthConfiguration",
        ),
        (
            "/localAdminPassword/isEnabled",
            json!("false"),
            "/localAdminPassword/isEnabled",
        ),
    ];
    for (pointer, value, place) in wrong {
        let error = Policy::parse(&with(pointer, value.clone()).to_string()).unwrap_err();
        assert_eq!(error.pointer, place, "{value}");
        assert!(error.to_string().contains(place), "{error}");
    }
    for (whole, place) in [
        (json!(null), ""),
        (json!([body()]), ""),
        (json!("<html>"), ""),
        (json!({}), ""),
        (json!({"value": [body()]}), ""),
        (json!({"id": "authorizationPolicy", "displayName": "x"}), ""),
        (json!({"error": {"code": "x"}}), "/error"),
        (with("/error", json!({"code": "late"})), "/error"),
    ] {
        let error = Policy::parse(&whole.to_string()).unwrap_err();
        assert_eq!(error.pointer, place, "{whole}");
    }
}

#[test]
fn an_error_about_a_huge_value_stays_short() {
    let error = Policy::parse(&with("/userDeviceQuota", json!("é".repeat(100_000))).to_string()).unwrap_err();
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn a_change_touches_only_its_setting() {
    let mut policy = parse(&body());
    policy.set(Setting::UserDeviceQuota, SettingValue::Quota(Quota::Unlimited));
    policy.set(Setting::MultiFactorAuthRequired, SettingValue::Bool(true));
    join(&mut policy, selected(ids([]), ids([1])));
    let mut expected = body();
    expected["userDeviceQuota"] = json!(2_147_483_647);
    expected["multiFactorAuthConfiguration"] = json!("required");
    expected["azureADJoin"]["allowedToJoin"] =
        json!({"@odata.type": SELECTED, "users": [], "groups": [id(1).as_str()]});
    assert_eq!(policy.json(), expected);
    join(&mut policy, Membership::None);
    expected["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": NONE});
    assert_eq!(policy.json(), expected);
    let reparsed = parse(&policy.json());
    assert_eq!(reparsed.differing(&policy), []);
}

#[test]
fn setting_back_is_no_change() {
    let odd = json!({"@odata.type": NONE, "users": null, "x": 1});
    let before = with("/azureADJoin/allowedToJoin", odd);
    let mut policy = parse(&before);
    join(&mut policy, Membership::None);
    assert_eq!(policy.json(), before, "the same meaning is no change");
    join(&mut policy, Membership::All);
    let all = json!({"@odata.type": ALL, "x": 1});
    assert_eq!(policy.json(), with("/azureADJoin/allowedToJoin", all));
    join(&mut policy, Membership::None);
    assert_eq!(policy.json(), before);
}

/// Graph documents one spelling of each type, and no selection of no member; a type that is not known goes back as it came.
#[test]
fn memberships_are_sent_as_documented() {
    let odd = |name: &str| name.trim_start_matches('#').to_uppercase();
    for (came, goes) in [
        (
            json!({"@odata.type": odd(ALL), "users": null}),
            json!({"@odata.type": ALL, "users": null}),
        ),
        (
            json!({"@odata.type": odd(NONE), "x": 1}),
            json!({"@odata.type": NONE, "x": 1}),
        ),
        (
            json!({"@odata.type": odd(SELECTED), "users": ["U"], "x": 1}),
            json!({"@odata.type": SELECTED, "users": ["U"], "x": 1}),
        ),
        (
            json!({"@odata.type": odd(SELECTED), "users": [], "x": 1}),
            json!({"@odata.type": NONE, "x": 1}),
        ),
        (
            json!({"@odata.type": SELECTED, "users": null}),
            json!({"@odata.type": NONE}),
        ),
        (
            json!({"@odata.type": SELECTED, "users": [], "groups": []}),
            json!({"@odata.type": NONE}),
        ),
        (
            json!({"@odata.type": "x.TAGGED", "users": []}),
            json!({"@odata.type": "x.TAGGED", "users": []}),
        ),
    ] {
        let mut policy = parse(&with("/azureADJoin/allowedToJoin", came.clone()));
        let untouched = sent(&policy);
        assert_eq!(untouched["azureADJoin"]["allowedToJoin"], goes, "{came}");
        policy.set(Setting::UserDeviceQuota, SettingValue::Quota(Quota::Limit(1)));
        assert_eq!(sent(&policy)["azureADJoin"], untouched["azureADJoin"], "{came}");
    }
}

#[test]
fn a_selection_of_no_member_becomes_none() {
    let mut policy = parse(&body());
    join(&mut policy, selected(ids([]), ids([])));
    assert_eq!(policy.membership(JOIN), Some(&Membership::None));
    assert_eq!(
        sent(&policy)["azureADJoin"]["allowedToJoin"],
        json!({"@odata.type": NONE})
    );
}

#[test]
fn an_unknown_type_cannot_be_set() {
    let mut policy = parse(&body());
    join(&mut policy, Membership::Other("#x.tagged".to_owned()));
    assert_eq!(policy.json(), body());
}

#[test]
fn numbers_travel_to_the_digit() {
    let text = r#" { "userDeviceQuota" : 5e1, "exact":12345678901234567890123, "big": 1e400,
        "azureADJoin": {"later": [ -0.0, 1E+2 ]}, "azureADRegistration": {}, "localAdminPassword": {"isEnabled": false},
        "multiFactorAuthConfiguration": "unknownFutureValue", "big": "é \u00e9 \ud800" } "#;
    let mut policy = Policy::parse(text).unwrap();
    assert_eq!(
        policy.value(Setting::UserDeviceQuota),
        Some(SettingValue::Quota(Quota::Limit(50)))
    );
    let put = policy.put_body().unwrap();
    policy.set(Setting::LocalAdminPasswordEnabled, SettingValue::Bool(true));
    assert_eq!(policy.put_body().unwrap(), put.replace("false", "true"));
    for kept in [
        "5e1",
        "12345678901234567890123",
        "1e400",
        "[ -0.0, 1E+2 ]",
        r#""é \u00e9 \ud800""#,
    ] {
        assert!(put.contains(kept), "{kept}: {put}");
    }
    for (text, place) in [
        ("{", ""),
        ("", ""),
        (r#"{"userDeviceQuota":1e400}"#, "/userDeviceQuota"),
    ] {
        assert_eq!(Policy::parse(text).unwrap_err().pointer, place, "{text}");
    }
}

#[test]
fn members_keep_place_and_spelling() {
    let (a, b) = (
        "AAAAAAAA-0000-4000-8000-000000000000",
        "bbbbbbbb-0000-4000-8000-000000000000",
    );
    let held = json!({"@odata.type": SELECTED, "users": [b, a, b, "odd"], "groups": ["g"], "later": true});
    let mut policy = parse(&with("/azureADJoin/allowedToJoin", held));
    let users = BTreeSet::from([
        ObjectId::parse(&a.to_lowercase()).unwrap(),
        ObjectId::parse(b).unwrap(),
        ObjectId::from_graph("odd"),
        id(1),
    ]);
    let groups = BTreeSet::from([ObjectId::from_graph("g")]);
    join(&mut policy, selected(users, groups));
    let expected = json!({
        "@odata.type": SELECTED, "users": [b, a, "odd", id(1).as_str()], "groups": ["g"], "later": true
    });
    assert_eq!(policy.json()["azureADJoin"]["allowedToJoin"], expected);
}

#[test]
fn missing_objects_are_made() {
    for missing in ["/azureADJoin/localAdmins", "/azureADJoin"] {
        let mut policy = parse(&with(missing, Value::Null));
        policy.set(Setting::GlobalAdministrators, SettingValue::Bool(false));
        let json = policy.json();
        assert_eq!(
            json["azureADJoin"]["localAdmins"]["enableGlobalAdmins"],
            json!(false),
            "{missing}"
        );
        assert_eq!(json["userDeviceQuota"], json!(50));
    }
}

#[test]
fn a_put_has_all_that_can_be_written_and_nothing_else() {
    let put = sent(&parse(&body()));
    let names: BTreeSet<_> = put.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = BTreeSet::from(REQUIRED);
    expected.insert("futureSetting");
    assert_eq!(names, expected);
    for name in REQUIRED {
        let incomplete = parse(&with(&format!("/{name}"), Value::Null));
        assert_eq!(incomplete.put_body(), Err(IncompletePolicy { missing: vec![name] }));
    }
}

#[test]
fn unknown_values_differ_as_they_are_written() {
    let with_mfa = |name| parse(&with("/multiFactorAuthConfiguration", json!(name)));
    let (one, two) = (with_mfa("one"), with_mfa("two"));
    assert_eq!(one.differing(&two), [Setting::MultiFactorAuthRequired]);
    assert_eq!(one.differing(&with_mfa("one")), []);
    assert_eq!(sent(&one)["multiFactorAuthConfiguration"], json!("one"));
}

#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "is of another kind"))]
fn a_change_of_the_wrong_kind_changes_nothing() {
    let mut policy = parse(&body());
    policy.set(Setting::UserDeviceQuota, SettingValue::Bool(true));
    assert_eq!(policy.json(), body());
}

#[test]
fn ten_thousand_members_are_no_burden() {
    let mut policy = parse(&body());
    join(&mut policy, selected(ids(0..10_000), ids([])));
    let policy = parse(&policy.json());
    let start = std::time::Instant::now();
    let clones: Vec<_> = (0..10_000).map(|_| policy.clone()).collect();
    assert!(clones.iter().all(|clone| clone.differing(&policy).is_empty()));
    assert!(
        start.elapsed().as_millis() < 500,
        "a clone copies the members: {:?}",
        start.elapsed()
    );
    let members = policy.membership(JOIN).and_then(Membership::members);
    assert_eq!(members.map(|members| members.users.len()), Some(10_000));
}
