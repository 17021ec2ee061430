//! Changes by others at a bad moment, and writes that do not show.

use graph_emulator::{Config, Switches};
use serde_json::json;

use crate::support::Lab;
use crate::support::redact::redact;
use crate::support::tenant::{A, B, Tenant, open, selected};

#[test]
fn a_stale_update_is_refused_with_the_tenants_value() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 30\nlocal_admin_password_enabled = true");
    lab.save_plan("stale.plan").changes();
    lab.tenant.put_at("/userDeviceQuota", json!(35));
    let changed = lab.tenant.policy();
    let (state, puts) = (lab.state(), lab.tenant.puts());

    let run = lab.apply_plan("stale.plan");
    run.refused()
        .says("user_device_quota has changed since the plan")
        .says("The tenant now has user_device_quota: 35.");
    insta::assert_snapshot!("stale_plan", redact(&lab, &run.diagnostics().join("\n\n")));
    assert_eq!(
        lab.tenant.policy(),
        changed,
        "nothing is written, not the other setting either"
    );
    assert_eq!(lab.tenant.puts(), puts);
    assert_eq!(lab.attributes(), state["resources"][0]["instances"][0]["attributes"]);

    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 30);
    lab.plan().empty();
}

/// Terraform 1.16 and later hand the plan's private data back. Before it, a create writes what its plan shows.
#[test]
fn a_stale_create_is_refused_where_terraform_hands_the_plan_over() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.save_plan("stale.plan").changes();
    lab.tenant.put_at("/userDeviceQuota", json!(7));
    let run = lab.apply_plan("stale.plan");
    if lab.hands_plans_over() {
        run.refused()
            .says("user_device_quota has changed since the plan")
            .says("The tenant now has user_device_quota: 7.");
        assert_eq!(lab.tenant.at("/userDeviceQuota"), 7);
        assert_eq!(lab.tenant.puts(), 0);
        assert!(!lab.is_managed());
        lab.apply().ok();
    } else {
        run.ok();
    }
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(lab.attributes()["original_settings"]["user_device_quota"], 7);
    lab.plan().empty();
}

#[test]
fn a_stale_membership_is_refused_with_the_tenants_lists() {
    let lab = Lab::open();
    let join = |group: &str| format!("allowed_to_join = {{\n  scope = \"selected\"\n  groups = [\"{group}\"]\n}}");
    lab.tenant.put_at("/azureADJoin/allowedToJoin", selected(&[], &[A]));
    lab.settings(&join(A));
    lab.apply().ok();
    lab.settings(&join(B));
    lab.save_plan("stale.plan").changes();
    lab.tenant.put_at(
        "/azureADJoin/allowedToJoin",
        selected(&[], &[A, "dddddddd-0000-4000-8000-00000000000d"]),
    );
    lab.apply_plan("stale.plan")
        .refused()
        .says("allowed_to_join has changed since the plan")
        .says(A)
        .says("dddddddd");
    assert_eq!(lab.tenant.puts(), 0);
}

#[test]
fn what_is_not_managed_may_change_since_the_plan() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20");
    lab.save_plan("first.plan").changes();
    lab.tenant.put_at("/localAdminPassword/isEnabled", json!(true));
    lab.apply_plan("first.plan").ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(lab.tenant.at("/localAdminPassword/isEnabled"), true);
    lab.plan().empty();
}

#[test]
fn a_change_to_what_the_plan_asks_for_is_no_conflict() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 30");
    lab.save_plan("late.plan").changes();
    lab.tenant.put_at("/userDeviceQuota", json!(30));
    let puts = lab.tenant.puts();
    lab.apply_plan("late.plan").ok();
    assert_eq!(lab.tenant.puts(), puts);
    lab.plan().empty();
}

fn ignoring(property: &str) -> Switches {
    Switches {
        ignored_properties: vec![property.to_owned()],
        ..Switches::default()
    }
}

#[test]
fn an_ignored_write_is_an_error_that_names_the_property() {
    let lab = Lab::open();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.tenant.set_switches(ignoring("azureADJoin.allowedToJoin"));
    lab.settings("user_device_quota = 30\nallowed_to_join = { scope = \"none\" }");
    let run = lab.apply();
    run.refused()
        .says("allowed_to_join")
        .says("azureADJoin.allowedToJoin")
        .says("the policy still says all");
    insta::assert_snapshot!("ignored_write", redact(&lab, &run.errors().join("\n\n")));
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 30, "the rest was written");
    // The state has what the tenant has, so that the next plan starts from there.
    assert_eq!(lab.attributes()["user_device_quota"], 30);
    lab.plan()
        .changes()
        .says("scope = \"all\" -> \"none\"")
        .never_says("user_device_quota =");

    lab.tenant.set_switches(Switches::default());
    lab.apply().ok();
    lab.plan().empty();
}

#[test]
fn an_ignored_write_of_a_create_is_kept_in_the_state() {
    let lab = Lab::new(open().with_switches(ignoring("userDeviceQuota")));
    lab.settings("user_device_quota = 20");
    lab.apply().refused().says("userDeviceQuota").says("still says 50");
    assert_eq!(lab.attributes()["user_device_quota"], 50);
    lab.plan().changes().says("50 -> 20");
    lab.tenant.set_switches(Switches::default());
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.plan().empty();
}

#[test]
fn reads_that_lag_behind_a_write_end_well() {
    for switches in [
        Switches {
            stale_reads: 2,
            ..Switches::default()
        },
        Switches {
            stale_millis: 1_000,
            ..Switches::default()
        },
    ] {
        let lab = Lab::new(Config::hardened().with_switches(switches));
        lab.settings("user_device_quota = 20");
        lab.apply().ok();
        assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
        assert_eq!(lab.tenant.puts(), 1);
        lab.plan().empty();
        lab.settings("user_device_quota = 30");
        lab.apply().ok();
        assert_eq!(lab.tenant.puts(), 2);
        lab.plan().empty();
    }
}
