//! No secret and no token in anything that Terraform prints or keeps.

use graph_emulator::{Effect, Fault, Listener};

use crate::support::tenant::POLICY;
use crate::support::{Lab, Workspace};

/// A place where a JSON Web Token stands: two parts of base64url that begin as JSON objects do, with a dot between.
pub(crate) fn token_in(text: &str) -> Option<&str> {
    let is_token_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices("eyJ").find_map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c| !is_token_char(c)).unwrap_or(rest.len());
        rest[end..].starts_with(".eyJ").then(|| &rest[..end.min(40)])
    })
}

#[track_caller]
fn is_clean(lab: &Lab, secrets: &[&str], what: &str, text: &str) {
    for secret in secrets {
        assert!(!text.contains(secret), "{what} holds the client secret");
    }
    assert_eq!(token_in(text), None, "{what} holds a token");
    assert!(!lab.tenant.token_requests().is_empty(), "a token was issued meanwhile");
}

/// All files that Terraform and the provider wrote, the binary plan included.
fn files(workspace: &Workspace) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(&workspace.folder).unwrap();
    entries
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).ok()?;
            Some((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect()
}

#[test]
fn a_token_would_be_found() {
    assert_eq!(token_in("Bearer eyJhbGciOi.eyJhdWQiOi.c2ln"), Some("eyJhbGciOi"));
    assert_eq!(token_in("\"private\": \"eyJzZWVuIjp7\""), None);
}

#[test]
fn not_in_logs_plans_and_states() {
    let lab = Lab::hardened();
    let secret = lab.tenant.client_secret();
    let secrets = [secret.as_str()];
    let loud = lab.with_env("TF_LOG", "TRACE");
    lab.settings("user_device_quota = 20");
    let plan = loud.save_plan("first.plan");
    plan.changes().says("[TRACE]");
    is_clean(&lab, &secrets, "the trace of a plan", &plan.output);
    let apply = loud.apply_plan("first.plan");
    apply.ok();
    assert!(apply.output.contains("PUT"), "the provider's log is in the trace");
    is_clean(&lab, &secrets, "the trace of an apply", &apply.output);
    is_clean(
        &lab,
        &secrets,
        "the plan as JSON",
        &lab.show(Some("first.plan")).to_string(),
    );
    is_clean(&lab, &secrets, "the state as JSON", &lab.show(None).to_string());
    for (name, text) in files(&lab) {
        is_clean(&lab, &secrets, &name, &text);
    }
}

/// A secret in the configuration itself is hidden by the schema. (The configuration is part of a saved plan; Terraform
/// says so. What it prints and shows must not have it.)
#[test]
fn not_when_it_stands_in_the_provider_block() {
    let lab = Lab::hardened();
    let secret = lab.tenant.client_secret();
    lab.config(
        "variable \"secret\" {\n  sensitive = true\n}\nprovider \"autopilot\" {\n  client_secret = var.secret\n}\nresource \
         \"autopilot_device_join_settings\" \"this\" {\n  user_device_quota = 20\n}",
    );
    let workspace = lab
        .without_env(&["ARM_CLIENT_SECRET"])
        .with_env("TF_VAR_secret", &secret);
    let run = workspace.apply();
    run.ok();
    is_clean(&lab, &[&secret], "the output", &run.output);
    is_clean(&lab, &[&secret], "the state", &workspace.show(None).to_string());
}

#[test]
fn not_in_errors() {
    let lab = Lab::hardened();
    let secret = lab.tenant.client_secret();
    let loud = lab.with_env("TF_LOG", "TRACE");
    lab.settings("user_device_quota = 20\ntimeouts = { create = \"3s\" }");
    let html = Effect::Html { status: 502 };
    for fault in [
        Fault::new(Effect::Aadsts { code: 7_000_215 }).on(Listener::Authority),
        Fault::new(Effect::Truncated).on(Listener::Authority).times(0),
        Fault::new(Effect::status(403)).path(POLICY),
        Fault::new(html).path(POLICY).times(0),
        Fault::new(Effect::status(401)).path(POLICY).times(0),
    ] {
        let shown = format!("the trace of {:?}", fault.effect);
        lab.tenant.inject(fault);
        let run = loud.plan();
        run.refused();
        is_clean(&lab, &[&secret], &shown, &run.output);
        lab.tenant.clear_faults();
    }
}
