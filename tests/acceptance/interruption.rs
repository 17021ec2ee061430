//! Terraform that is killed, and Terraform that is asked to stop.

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use graph_emulator::{Effect, Fault, Latency, Rule};
use serde_json::json;

use crate::support::Lab;
use crate::support::processes::{plugins, signal, within};
use crate::support::run::Run;
use crate::support::tenant::Tenant;

/// Lets requests with this method take so long.
fn slow(lab: &Lab, method: &str, millis: u64) {
    lab.tenant.set_latency(Latency {
        millis: 0,
        rules: vec![Rule {
            pattern: Fault::new(Effect::Reset).method(method).pattern,
            millis,
        }],
    });
}

/// Starts a command in a process group of its own, as a shell does, and waits until a request has reached the tenant.
fn started(lab: &Lab, arguments: &[&str], method: &str) -> Child {
    let mut command = lab.command(arguments);
    command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().expect("Terraform starts");
    let sent = || {
        lab.tenant
            .graph_requests()
            .iter()
            .any(|request| request.method == method)
    };
    assert!(within(Duration::from_secs(30), sent), "no {method} came");
    child
}

fn killed_during(millis: u64, wait: u64) {
    let lab = Lab::hardened();
    let old = lab.tenant.policy();
    let mut new = old.clone();
    new["userDeviceQuota"] = json!(20);
    new["localAdminPassword"]["isEnabled"] = json!(false);
    new["azureADJoin"]["allowedToJoin"] = json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"});
    lab.settings("user_device_quota = 20\nlocal_admin_password_enabled = false\nallowed_to_join = { scope = \"all\" }");
    slow(&lab, "PUT", millis);
    let mut child = started(&lab, &["apply", "-input=false", "-auto-approve"], "PUT");
    std::thread::sleep(Duration::from_millis(wait));
    assert!(!plugins(&lab).is_empty(), "a plugin runs during the apply");
    signal("KILL", child.id(), false);
    child.wait().expect("Terraform has ended");
    assert!(
        within(Duration::from_secs(5), || plugins(&lab).is_empty()),
        "plugin processes outlive Terraform: {:?}",
        plugins(&lab)
    );
    // A request that was on its way may still take effect.
    std::thread::sleep(Duration::from_millis(millis));
    let now = lab.tenant.policy();
    assert!(now == old || now == new, "half a write: {now:#}");

    slow(&lab, "PUT", 0);
    lab.run(&["apply", "-input=false", "-auto-approve", "-lock=false"]).ok();
    assert_eq!(lab.tenant.policy(), new);
    lab.plan().empty();
}

#[test]
fn killed_before_the_write_takes_effect() {
    killed_during(1_500, 100);
}

#[test]
fn killed_after_the_write_took_effect() {
    killed_during(1_000, 700);
}

/// Ctrl-C reaches Terraform and the plugin at once, as all of a terminal's process group.
fn interrupted(lab: &Lab, arguments: &[&str], method: &str) -> Run {
    slow(lab, method, 60_000);
    let child = started(lab, arguments, method);
    let began = Instant::now();
    signal("INT", child.id(), true);
    let output = child.wait_with_output().expect("Terraform has ended");
    let took = began.elapsed();
    let run = Run::ended(format!("terraform {} and Ctrl-C", arguments.join(" ")), output);
    assert!(
        took < Duration::from_secs(5),
        "it took {took:?} to stop:\n{}",
        run.output
    );
    run.refused()
        .says("Interrupt received")
        .never_says("Two interrupts received");
    assert!(
        within(Duration::from_secs(5), || plugins(lab).is_empty()),
        "a plugin is left"
    );
    slow(lab, method, 0);
    run
}

#[test]
fn ctrl_c_during_a_slow_apply_ends_cleanly() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    let run = interrupted(&lab, &["apply", "-input=false", "-auto-approve"], "PUT");
    run.says("PUT policies/deviceRegistrationPolicy: interrupted")
        .says("may or may not have been written");
    lab.apply().ok();
    assert_eq!(lab.tenant.at("/userDeviceQuota"), 20);
    lab.plan().empty();
}

#[test]
fn ctrl_c_during_a_slow_plan_ends_cleanly() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    interrupted(&lab, &["plan", "-input=false"], "GET");
    lab.plan().changes();
}

/// A command that has ended leaves neither a process nor a socket behind.
#[test]
fn nothing_is_left_behind() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    assert!(within(Duration::from_secs(2), || plugins(&lab).is_empty()));
    let mut left: Vec<_> = std::fs::read_dir(lab.root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["ca.pem", "first", "terraformrc"]);
}
