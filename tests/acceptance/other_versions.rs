//! States that another version of the provider has written.

use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::tenant::{A, Tenant};

const SETTINGS: &str = "user_device_quota = 20\nallowed_to_join = {\n  scope = \"selected\"\n  groups = \
                        [\"aaaaaaaa-0000-4000-8000-00000000000a\"]\n}\non_destroy = \"restore\"\ntimeouts = { update = \"1m\" }";

fn with_state(edit: impl FnOnce(&mut Value)) -> Lab {
    let lab = Lab::hardened();
    lab.settings(SETTINGS);
    lab.apply().ok();
    lab.edit_state(|state| edit(&mut state["resources"][0]["instances"][0]));
    lab
}

/// Plans nothing, refreshes, then changes something.
fn lives_on(lab: &Lab) {
    lab.plan().empty();
    lab.run(&["refresh"]).ok();
    lab.settings(&SETTINGS.replace("20", "30"));
    lab.plan().changes().says("= 20 -> 30");
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 30);
    assert_eq!(lab.tenant.at("/azureADJoin/allowedToJoin/groups"), json!([A]));
    lab.plan().empty();
    lab.destroy().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 5);
}

#[test]
fn a_later_version_with_attributes_that_this_one_does_not_have() {
    let lab = with_state(|instance| {
        let attributes = &mut instance["attributes"];
        attributes["passkey_provisioning"] = json!({"enabled": true, "days": [1, 2.5, null]});
        attributes["allowed_to_join"]["devices"] = json!(["x"]);
        attributes["local_admins"]["registering_users"]["later"] = json!("text");
        attributes["timeouts"]["wait"] = json!("5m");
    });
    lives_on(&lab);
}

#[test]
fn an_earlier_version_without_attributes_that_this_one_has() {
    let lab = with_state(|instance| {
        let attributes = instance["attributes"].as_object_mut().unwrap();
        attributes.remove("join_admin_configurable");
        attributes["timeouts"].as_object_mut().unwrap().remove("delete");
        attributes["local_admins"]
            .as_object_mut()
            .unwrap()
            .remove("global_administrators");
    });
    lives_on(&lab);
}

#[test]
fn another_version_of_the_schema_is_refused_in_words() {
    let lab = with_state(|instance| instance["schema_version"] = json!(7));
    // Terraform itself says so; a provider that is asked all the same is in the wire tests.
    lab.plan().refused().says("newer");
}

/// Private state that is missing, or that a later version extended, breaks nothing.
#[test]
fn private_state_of_another_version() {
    let lab = with_state(|instance| {
        instance.as_object_mut().unwrap().remove("private");
    });
    lab.plan().empty();
    lab.settings(&SETTINGS.replace("20", "30"));
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 30);
    lab.plan().empty();
}

#[test]
fn the_state_of_another_tenant_is_refused() {
    let lab = with_state(|instance| {
        instance["attributes"]["tenant_id"] = json!("11111111-2222-4333-8444-555555555555");
    });
    let policy = lab.tenant.policy();
    lab.plan().refused().says("The state belongs to another tenant");
    assert_eq!(lab.tenant.policy(), policy);
}
