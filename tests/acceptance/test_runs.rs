//! `terraform test` on Terraform 1.15 and later: one configured provider for all runs and for the tear-down.

use graph_emulator::tenants::{group_id, user_id};

use crate::support::Lab;
use crate::support::tenant::{Tenant, all, nobody, selected};

const JOIN: &str = "/azureADJoin/allowedToJoin";

/// Members by variable, beside a user that no configuration names.
fn lab_with_members() -> Lab {
    let lab = Lab::open();
    lab.tenant.put_at(JOIN, selected(&[&user_id(9)], &[]));
    lab.config(
        "variable \"groups\" {\n  type = set(string)\n}\nresource \"autopilot_device_join_member\" \"team\" {\n  for_each = \
         var.groups\n  object_id = each.value\n  type = \"group\"\n}\ndata \"autopilot_device_join_settings\" \"now\" {\n  \
         depends_on = [autopilot_device_join_member.team]\n}\n",
    );
    lab
}

fn run(name: &str, groups: &[usize]) -> String {
    let ids: Vec<_> = groups.iter().map(|number| group_id(*number)).collect();
    format!(
        "run \"{name}\" {{\n  variables {{\n    groups = {ids:?}\n  }}\n  assert {{\n    condition     = \
         data.autopilot_device_join_settings.now.allowed_to_join.groups == toset({ids:?})\n    error_message = \"other \
         groups\"\n  }}\n}}\n"
    )
}

#[test]
fn members_of_a_run_are_gone_after_the_tear_down() {
    let lab = lab_with_members();
    let before = lab.tenant.policy();
    let test = lab
        .newest()
        .test(&(run("first", &[1, 2]) + &run("second", &[1]) + &run("third", &[1, 3])));
    test.ok()
        .never_says("Two resources manage")
        .never_says("stays a member");
    assert_eq!(lab.tenant.policy(), before);
}

/// Each run plans from what the run before it left, in the same process.
#[test]
fn a_second_module_plans_after_the_first_one() {
    let lab = Lab::hardened();
    let before = lab.tenant.policy();
    for (name, attributes) in [
        ("a", "user_device_quota = 20"),
        ("b", "multi_factor_auth_required = false\n  user_device_quota = 30"),
    ] {
        lab.file(
            &format!("{name}/main.tf"),
            &format!(
                "terraform {{\n  required_providers {{\n    autopilot = {{ source = \"autopilot-terraform/autopilot\" }}\n  \
                 }}\n}}\nresource \"autopilot_device_join_settings\" \"this\" {{\n  {attributes}\n  on_destroy = \
                 \"restore\"\n}}\noutput \"quota\" {{\n  value = autopilot_device_join_settings.this.user_device_quota\n}}\n"
            ),
        );
    }
    lab.config("");
    let run = |name: &str, quota: u32| {
        format!(
            "run \"{name}\" {{\n  module {{\n    source = \"./{name}\"\n  }}\n  assert {{\n    condition     = output.quota == \
             {quota}\n    error_message = \"another quota\"\n  }}\n}}\n"
        )
    };
    let newest = lab.newest();
    newest.file("tests/it.tftest.hcl", &(run("a", 20) + &run("b", 30)));
    newest.run(&["get", "-test-directory=tests"]).ok();
    newest.run(&["test"]).ok();
    assert_eq!(lab.tenant.policy(), before);
}

/// Opening and closing a list again in one process leaves the tenant as it was.
#[test]
fn scopes_follow_each_other_in_one_process() {
    let lab = Lab::open();
    lab.config(
        "variable \"scope\" {\n  type = string\n}\nresource \"autopilot_device_join_settings\" \"this\" {\n  allowed_to_join = \
         { scope = var.scope }\n  on_destroy = \"restore\"\n}\n",
    );
    let run =
        |name: &str, scope: &str| format!("run \"{name}\" {{\n  variables {{\n    scope = \"{scope}\"\n  }}\n}}\n");
    lab.newest()
        .test(&(run("none", "none") + &run("all", "all") + &run("none_again", "none")))
        .ok();
    let scopes: Vec<_> = lab
        .tenant
        .writes()
        .iter()
        .map(|write| write.policy.pointer(JOIN).cloned().expect("a scope"))
        .collect();
    assert_eq!(scopes, [nobody(), all(), nobody(), all()]);
}
