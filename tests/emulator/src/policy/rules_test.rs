//! A PUT against every rule, with the body a client would send and with wrong ones.

use super::*;
use crate::seeds::{UNKNOWN_PROPERTY, hardened_policy};

const ID: &str = "4b8f6c1e-2d3a-4e5f-8a7b-9c0d1e2f3a4b";

fn put_to(current: &Value, switches: &Switches, body: &Value) -> Result<Value, GraphError> {
    Rules::new(switches, &|_| true).replace(current, body)
}

fn put(body: &Value) -> Result<Value, GraphError> {
    put_to(&hardened_policy(), &Switches::default(), body)
}

/// The hardened policy with one property of it changed, as a client sends it: without what is read-only.
fn changed(pointer: &str, value: Value) -> Value {
    let mut body = hardened_policy();
    for name in READ_ONLY {
        body.as_object_mut().unwrap().remove(name);
    }
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn without(pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let mut body = hardened_policy();
    let parent = body.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    body
}

#[test]
fn every_setting_can_be_changed_alone() {
    let all = json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"});
    let selected =
        json!({"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": [ID], "groups": []});
    let cases = [
        ("/userDeviceQuota", json!(0)),
        ("/userDeviceQuota", json!(100)),
        ("/userDeviceQuota", json!(UNLIMITED)),
        ("/multiFactorAuthConfiguration", json!("notRequired")),
        ("/azureADRegistration/allowedToRegister", selected.clone()),
        ("/azureADJoin/allowedToJoin", all.clone()),
        ("/azureADJoin/allowedToJoin", selected.clone()),
        ("/azureADJoin/localAdmins/enableGlobalAdmins", json!(true)),
        ("/azureADJoin/localAdmins/registeringUsers", all),
        ("/azureADJoin/localAdmins", Value::Null),
        ("/localAdminPassword/isEnabled", json!(false)),
    ];
    for (pointer, value) in cases {
        let mut expected = hardened_policy();
        *expected.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(put(&changed(pointer, value)).unwrap(), expected, "{pointer}");
    }
}

#[test]
fn all_five_properties_are_required() {
    for (name, called) in REQUIRED {
        let pointer = format!("/{name}");
        for body in [without(&pointer), changed(&pointer, Value::Null)] {
            let error = put(&body).unwrap_err();
            assert_eq!((error.status, error.code.as_str()), (400, "invalid_request"));
            assert_eq!(
                error.message,
                format!("Tenant registration policy is missing a value for {called}")
            );
        }
    }
}

#[test]
fn a_missing_quota_can_become_zero() {
    let switches = Switches {
        missing_quota: MissingQuota::Zero,
        ..Switches::default()
    };
    let next = put_to(&hardened_policy(), &switches, &without("/userDeviceQuota")).unwrap();
    assert_eq!(next["userDeviceQuota"], 0);
    assert!(put_to(&hardened_policy(), &switches, &without("/azureADJoin")).is_err());
}

#[test]
fn wrong_types_are_refused() {
    let cases = [
        ("/userDeviceQuota", json!("20")),
        ("/userDeviceQuota", json!(20.0)),
        ("/userDeviceQuota", json!(2_147_483_648_i64)),
        ("/userDeviceQuota", json!(true)),
        ("/multiFactorAuthConfiguration", json!(0)),
        ("/multiFactorAuthConfiguration", json!("Required")),
        ("/azureADRegistration", json!([])),
        ("/azureADRegistration/isAdminConfigurable", json!("true")),
        ("/azureADRegistration/allowedToRegister", json!("all")),
        ("/azureADJoin", json!("all")),
        ("/azureADJoin/allowedToJoin", json!({})),
        ("/azureADJoin/localAdmins", json!(true)),
        ("/azureADJoin/localAdmins/enableGlobalAdmins", json!(1)),
        ("/azureADJoin/localAdmins/registeringUsers", json!([])),
        ("/localAdminPassword", json!(true)),
        ("/localAdminPassword/isEnabled", json!("true")),
    ];
    for (pointer, value) in cases {
        let error = put(&changed(pointer, value.clone())).unwrap_err();
        assert_eq!(
            (error.status, error.code.as_str()),
            (400, "BadRequest"),
            "{pointer} = {value}"
        );
        let name = pointer.rsplit('/').next().unwrap();
        assert!(error.message.contains(name), "{}", error.message);
    }
    for body in [json!(null), json!([]), json!("policy")] {
        assert_eq!(put(&body).unwrap_err().status, 400);
    }
}

#[test]
fn the_quota_follows_its_switches() {
    let above = changed("/userDeviceQuota", json!(500));
    let negative = changed("/userDeviceQuota", json!(-1));
    assert_eq!(put(&above).unwrap()["userDeviceQuota"], 100);
    assert_eq!(put(&negative).unwrap_err().code, "invalid_request");
    let keep = Switches {
        quota_above_limit: QuotaAboveLimit::Keep,
        negative_quota: Leniency::Accept,
        ..Switches::default()
    };
    assert_eq!(
        put_to(&hardened_policy(), &keep, &above).unwrap()["userDeviceQuota"],
        500
    );
    assert_eq!(
        put_to(&hardened_policy(), &keep, &negative).unwrap()["userDeviceQuota"],
        -1
    );
    let refuse = Switches {
        quota_above_limit: QuotaAboveLimit::Refuse,
        ..Switches::default()
    };
    assert!(put_to(&hardened_policy(), &refuse, &above).is_err());
    let unlimited = changed("/userDeviceQuota", json!(UNLIMITED));
    assert_eq!(
        put_to(&hardened_policy(), &refuse, &unlimited).unwrap()["userDeviceQuota"],
        UNLIMITED
    );
}

#[test]
fn is_admin_configurable_stays_whatever_is_sent() {
    for section in ["azureADRegistration", "azureADJoin"] {
        for value in [json!(false), Value::Null] {
            let body = changed(&format!("/{section}/isAdminConfigurable"), value);
            assert_eq!(put(&body).unwrap(), hardened_policy());
        }
        let body = without(&format!("/{section}/isAdminConfigurable"));
        assert_eq!(put(&body).unwrap(), hardened_policy());
    }
}

#[test]
fn read_only_properties_are_ignored_or_refused() {
    let mut body = hardened_policy();
    body["displayName"] = json!("Ours");
    body["@odata.context"] = json!("https://graph/v1.0/$metadata");
    assert_eq!(put(&body).unwrap(), hardened_policy());
    let refuse = Switches {
        read_only_properties: Leniency::Refuse,
        ..Switches::default()
    };
    assert!(put_to(&hardened_policy(), &refuse, &body).is_err());
    let clean = changed("/userDeviceQuota", json!(5));
    assert_eq!(put_to(&hardened_policy(), &refuse, &clean).unwrap(), hardened_policy());
}

#[test]
fn omitted_nested_properties_follow_their_switch() {
    for pointer in [
        "/azureADRegistration/allowedToRegister",
        "/azureADJoin/allowedToJoin",
        "/azureADJoin/localAdmins",
        "/azureADJoin/localAdmins/enableGlobalAdmins",
        "/azureADJoin/localAdmins/registeringUsers",
        "/localAdminPassword/isEnabled",
    ] {
        let body = without(pointer);
        assert_eq!(put(&body).unwrap_err().code, "invalid_request", "{pointer}");
        let keep = Switches {
            omitted_nested: OmittedNested::Keep,
            ..Switches::default()
        };
        assert_eq!(put_to(&hardened_policy(), &keep, &body).unwrap(), hardened_policy());
        let null = Switches {
            omitted_nested: OmittedNested::Null,
            ..Switches::default()
        };
        let next = put_to(&hardened_policy(), &null, &body).unwrap();
        assert_eq!(next.pointer(pointer), Some(&Value::Null), "{pointer}");
    }
}

#[test]
fn an_older_tenant_takes_a_put_without_local_admins() {
    let older = without("/azureADJoin/localAdmins");
    assert_eq!(put_to(&older, &Switches::default(), &older).unwrap(), older);
    let hides = Switches {
        without_local_admins: true,
        ..Switches::default()
    };
    assert_eq!(put_to(&hardened_policy(), &hides, &older).unwrap(), hardened_policy());
}

#[test]
fn intune_locks_registration() {
    let intune = Switches {
        intune: true,
        ..Switches::default()
    };
    let body = changed(
        "/azureADRegistration/allowedToRegister",
        json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}),
    );
    assert!(put(&body).is_ok());
    let error = put_to(&hardened_policy(), &intune, &body).unwrap_err();
    assert!(error.message.contains("allowedToRegister cannot be modified"));
    assert!(put_to(&hardened_policy(), &intune, &hardened_policy()).is_ok());
}

#[test]
fn each_locked_setting_has_its_own_switch() {
    let mut current = hardened_policy();
    for section in ["azureADJoin", "azureADRegistration"] {
        current[section]["isAdminConfigurable"] = json!(false);
    }
    let all = json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"});
    type Switch = fn(&mut Switches) -> &mut Change;
    let settings: [(&str, Value, Switch, Change); 4] = [
        (
            "/azureADRegistration/allowedToRegister",
            all.clone(),
            |switches| &mut switches.registration_change,
            Change::Refuse,
        ),
        (
            "/azureADJoin/allowedToJoin",
            all.clone(),
            |switches| &mut switches.join_change,
            Change::Refuse,
        ),
        (
            "/azureADJoin/localAdmins/registeringUsers",
            all,
            |switches| &mut switches.local_admins_change,
            Change::Accept,
        ),
        (
            "/azureADJoin/localAdmins/enableGlobalAdmins",
            json!(true),
            |switches| &mut switches.local_admins_change,
            Change::Accept,
        ),
    ];
    for (pointer, value, switch, default) in settings {
        let mut body = current.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(*switch(&mut Switches::default()), default, "{pointer}");
        for change in [Change::Refuse, Change::Ignore, Change::Accept] {
            let mut switches = Switches::default();
            *switch(&mut switches) = change;
            let expected = match change {
                Change::Refuse => None,
                Change::Ignore => Some(&current),
                Change::Accept => Some(&body),
            };
            let next = put_to(&current, &switches, &body).ok();
            assert_eq!(next.as_ref(), expected, "{pointer} {change:?}");
        }
    }
}

#[test]
fn a_selection_for_registration_can_be_refused() {
    let switches = Switches {
        selected_registration: Leniency::Refuse,
        ..Switches::default()
    };
    let pointer = "/azureADRegistration/allowedToRegister";
    let selection =
        json!({"@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": [ID], "groups": []});
    let body = changed(pointer, selection.clone());
    assert_eq!(put(&body).unwrap().pointer(pointer), Some(&selection));
    assert!(put_to(&hardened_policy(), &switches, &body).is_err());
    let mut current = hardened_policy();
    *current.pointer_mut(pointer).unwrap() = selection;
    assert!(put_to(&current, &switches, &body).is_ok(), "it is there already");
}

#[test]
fn the_same_members_in_another_order_are_no_change_of_a_locked_list() {
    let mut current = hardened_policy();
    current["azureADJoin"]["isAdminConfigurable"] = json!(false);
    let mut body = current.clone();
    body["azureADJoin"]["allowedToJoin"]["groups"]
        .as_array_mut()
        .unwrap()
        .reverse();
    assert!(put_to(&current, &Switches::default(), &body).is_ok());
}

#[test]
fn a_property_of_the_tenant_is_kept_when_sent_and_lost_when_not() {
    assert_eq!(put(&hardened_policy()).unwrap(), hardened_policy());
    let body = without(&format!("/{UNKNOWN_PROPERTY}"));
    assert_eq!(put(&body).unwrap(), body);
    let keep = Switches {
        omitted_unknown: OmittedUnknown::Keep,
        ..Switches::default()
    };
    assert_eq!(put_to(&hardened_policy(), &keep, &body).unwrap(), hardened_policy());
}

#[test]
fn a_property_nobody_knows_follows_its_switch() {
    for pointer in ["", "/azureADJoin", "/azureADJoin/localAdmins", "/localAdminPassword"] {
        let mut body = hardened_policy();
        body.pointer_mut(pointer).unwrap()["fromTheFuture"] = json!(1);
        assert!(put(&body).unwrap_err().message.contains("fromTheFuture"));
        let keep = Switches {
            unknown_property: UnknownProperty::Keep,
            ..Switches::default()
        };
        assert_eq!(put_to(&hardened_policy(), &keep, &body).unwrap(), body);
        let drop = Switches {
            unknown_property: UnknownProperty::Drop,
            ..Switches::default()
        };
        assert_eq!(put_to(&hardened_policy(), &drop, &body).unwrap(), hardened_policy());
    }
}

#[test]
fn named_properties_can_be_ignored() {
    let switches = Switches {
        ignored_properties: vec!["azureADJoin.allowedToJoin".into(), "userDeviceQuota".into()],
        ..Switches::default()
    };
    let mut body = hardened_policy();
    body["userDeviceQuota"] = json!(9);
    body["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"});
    body["localAdminPassword"]["isEnabled"] = json!(false);
    let mut expected = hardened_policy();
    expected["localAdminPassword"]["isEnabled"] = json!(false);
    assert_eq!(put_to(&hardened_policy(), &switches, &body).unwrap(), expected);
}
