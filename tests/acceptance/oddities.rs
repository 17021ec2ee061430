//! Tenants whose answers differ from the documented ones.

use graph_emulator::switches::TypeSpelling;
use graph_emulator::{Config, Switches};
use serde_json::json;

use crate::support::tenant::{A, Tenant, all, selected};
use crate::support::{ADDRESS, Lab};

/// Adopts, changes, plans nothing.
fn lives_with(switches: Switches) {
    let lab = Lab::new(Config::hardened().with_switches(switches));
    let mut expected = lab.tenant.policy();
    lab.settings(&format!(
        "user_device_quota = 20\nallowed_to_join = {{\n  scope = \"selected\"\n  groups = [\"{A}\"]\n}}"
    ));
    lab.apply().ok();
    expected["userDeviceQuota"] = json!(20);
    expected["azureADJoin"]["allowedToJoin"]["groups"] = json!([A]);
    assert_eq!(lab.tenant.policy(), expected);
    lab.plan().empty();
    lab.settings("allowed_to_join = { scope = \"all\" }");
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/azureADJoin/allowedToJoin"), all());
    lab.plan().empty();
}

#[test]
fn types_without_their_hash() {
    lives_with(Switches {
        type_spelling: TypeSpelling::NoHash,
        odd_type_names: graph_emulator::switches::Leniency::Accept,
        ..Switches::default()
    });
}

#[test]
fn types_in_pascal_case_with_tips_and_a_changing_description() {
    lives_with(Switches {
        type_spelling: TypeSpelling::Pascal,
        odd_type_names: graph_emulator::switches::Leniency::Accept,
        tips: true,
        changing_description: true,
        ..Switches::default()
    });
}

#[test]
fn tips_a_changing_description_and_read_only_properties_that_are_refused() {
    lives_with(Switches {
        tips: true,
        changing_description: true,
        read_only_properties: graph_emulator::switches::Leniency::Refuse,
        ..Switches::default()
    });
}

/// An older tenant, whose policy has no `localAdmins`.
fn without_local_admins() -> Lab {
    let lab = Lab::open();
    lab.tenant.edit_policy(|policy| {
        policy["azureADJoin"].as_object_mut().unwrap().remove("localAdmins");
    });
    lab
}

#[test]
fn a_policy_without_local_admins_is_kept_without() {
    let lab = without_local_admins();
    let mut expected = lab.tenant.policy();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    expected["userDeviceQuota"] = json!(20);
    assert_eq!(lab.tenant.policy(), expected);
    lab.plan().empty();
    let fresh = lab.workspace("imported");
    fresh.settings("user_device_quota = 20");
    fresh.import().ok();
    fresh.plan().empty();
}

#[test]
fn local_admins_can_be_given_to_a_policy_without() {
    let lab = without_local_admins();
    lab.settings(&format!(
        "local_admins = {{\n  global_administrators = false\n  registering_users = {{\n    scope = \"selected\"\n    users \
         = [\"{A}\"]\n  }}\n}}"
    ));
    lab.plan()
        .changes()
        .says("local_admins.global_administrators, now not set");
    lab.apply().ok();
    assert_eq!(
        lab.tenant.at("/azureADJoin/localAdmins"),
        json!({"enableGlobalAdmins": false, "registeringUsers": selected(&[A], &[])})
    );
    lab.plan().empty();
}

/// Values of a later version of Graph break no read and no write of something else.
#[test]
fn values_that_are_not_known_are_left_alone() {
    let lab = Lab::hardened();
    lab.tenant.edit_policy(|policy| {
        policy["azureADJoin"]["localAdmins"]["registeringUsers"] = serde_json::Value::Null;
        policy["localAdminPassword"]["rotation"] = json!({"days": 7});
    });
    let mut expected = lab.tenant.policy();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    expected["userDeviceQuota"] = json!(20);
    assert_eq!(lab.tenant.policy(), expected);
    lab.plan().empty();
}

/// A tenant may hold ids that are none, of members long gone: a read takes them as they are.
#[test]
fn dead_and_odd_ids_in_a_tenant_break_nothing() {
    let lab = Lab::open();
    let odd = selected(&["deleted user"], &[A, "S-1-12-1-1"]);
    lab.tenant.put_at("/azureADJoin/allowedToJoin", odd.clone());
    lab.tenant.set_switches(Switches {
        unknown_members: graph_emulator::switches::Leniency::Accept,
        ..Switches::default()
    });
    lab.settings("");
    lab.apply().ok();
    lab.plan().empty();
    assert_eq!(lab.attributes()["allowed_to_join"]["users"], json!(["deleted user"]));
    lab.settings("allowed_to_join = { scope = \"all\" }");
    lab.plan().changes().says("deleted user");
    lab.apply().ok();
    lab.plan().empty();
}

#[test]
fn the_beta_endpoint() {
    let lab = Lab::hardened();
    let settings = "resource \"autopilot_device_join_settings\" \"this\" {\n  user_device_quota = 20\n}";
    lab.config(&format!(
        "provider \"autopilot\" {{\n  api_version = \"beta\"\n}}\n{settings}"
    ));
    lab.apply().ok();
    assert!(
        lab.tenant
            .graph_requests()
            .iter()
            .all(|request| request.path.starts_with("/beta/"))
    );
    lab.plan().empty();
}

/// A membership of a type that this version does not know stays out of a generated configuration, and as it is.
#[test]
fn a_type_of_tomorrow_is_left_alone() {
    let lab = Lab::open();
    let tomorrow = json!({
        "@odata.type": "#microsoft.graph.xyzDeviceRegistrationMembership",
        "rings": [1, 2.50, {"name": "pilot"}],
    });
    lab.tenant.put_at("/azureADJoin/allowedToJoin", tomorrow.clone());
    let import =
        |provider: &str| format!("import {{\n  to = {ADDRESS}\n  id = \"deviceRegistrationPolicy\"\n{provider}}}\n");
    lab.config(&import("  provider = autopilot\n"));
    lab.run(&["plan", "-generate-config-out=generated.tf"]).ok();
    lab.config(&import(""));
    lab.apply().ok();
    lab.plan().empty();
    assert_eq!(lab.tenant.puts(), 0);
    let other = lab.workspace("other");
    other.settings("user_device_quota = 20");
    // The emulator, of today's model, refuses what it does not know.
    other.apply().refused();
    let requests = lab.tenant.graph_requests();
    let put = requests.iter().find(|request| request.method == "PUT").expect("a PUT");
    assert_eq!(put.body["userDeviceQuota"], 20);
    assert_eq!(put.body["azureADJoin"]["allowedToJoin"], tomorrow);
}
