//! One token for a process, and another when it ends: by the emulator's clock in an apply that takes an hour of it, and by the
//! machine's clock with tokens that live for seconds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use graph_emulator::{Federated, Request};

use super::door::Door;
use super::kinds::Kind;
use crate::support::redact::errors;
use crate::support::tenant::Tenant;

/// Seconds that a token lives.
const FIVE_MINUTES: i64 = 300;
/// What every request takes of the emulator's time, in seconds: a token is good for two of them.
const EACH: i64 = 149;

/// A setting for each link of the chain, and its value.
const SETTINGS: [&str; 7] = [
    "user_device_quota = 20",
    "local_admin_password_enabled = false",
    "multi_factor_auth_required = false",
    "allowed_to_register = { scope = \"all\" }",
    "allowed_to_join = { scope = \"all\" }",
    "local_admins = { global_administrators = true }",
    "local_admins = { registering_users = { scope = \"none\" } }",
];

/// Resources that are written one after the other: nothing is merged.
fn chain() -> String {
    let mut text = String::new();
    for (position, setting) in SETTINGS.iter().enumerate() {
        let after = match position {
            0 => String::new(),
            _ => format!(
                "  depends_on = [autopilot_device_join_settings.link_{}]\n",
                position - 1
            ),
        };
        text +=
            &format!("resource \"autopilot_device_join_settings\" \"link_{position}\" {{\n  {setting}\n{after}}}\n");
    }
    let mut after = format!("autopilot_device_join_settings.link_{}", SETTINGS.len() - 1);
    for position in 0..2 {
        text += &format!(
            "resource \"autopilot_device_join_member\" \"link_{position}\" {{\n  list = \"local_admin\"\n  object_id = \
             \"00000000-0000-4000-8000-00000000000{position}\"\n  type = \"user\"\n  depends_on = [{after}]\n}}\n"
        );
        after = format!("autopilot_device_join_member.link_{position}");
    }
    text
}

/// Requests to Graph that were answered so.
fn answered(door: &Door, status: u16) -> usize {
    let requests = door.lab.tenant.graph_requests();
    requests.iter().filter(|request| request.status == Some(status)).count()
}

#[test]
fn a_plan_asks_for_one_token_however_much_is_in_it() {
    for kind in [Kind::ClientSecret, Kind::GitHub, Kind::Machine, Kind::AzureCli] {
        let mut door = Door::new();
        kind.present(&mut door);
        let readers = "data \"autopilot_device_join_settings\" \"many\" {\n  count = 10\n}\n";
        door.lab.config(&format!("{}{readers}", chain()));
        door.plan().changes();
        let tokens = match kind {
            Kind::AzureCli => std::fs::read_to_string(door.path("bin/az-calls.log"))
                .unwrap()
                .lines()
                .count(),
            Kind::Machine => issued_by(&door, "/metadata/identity/oauth2/token"),
            _ => door.lab.tenant.token_requests().len(),
        };
        assert_eq!(tokens, 1, "{kind:?}");
        assert_eq!(issued_by(&door, "/github/idtoken"), usize::from(kind == Kind::GitHub));
    }
}

/// Requests to a service that issues tokens or assertions.
fn issued_by(door: &Door, path: &str) -> usize {
    door.lab
        .tenant
        .requests()
        .iter()
        .filter(|request| request.path == path)
        .count()
}

/// An apply in which every request to Graph takes two and a half minutes of the emulator's time, and every token lives for
/// five.
#[track_caller]
fn takes_an_hour(kind: Kind) {
    let mut door = Door::new();
    kind.present(&mut door);
    door.lab.config(&chain());
    door.run(&["plan", "-input=false", "-out=saved.plan"]).ok();
    door.lab.tenant.clear_requests();
    door.lab.tenant.configure(|config| {
        config.token_lifetime = FIVE_MINUTES;
        config.clock.step_seconds = EACH;
        if matches!(kind, Kind::OidcTokenFile | Kind::Aks) {
            // Long enough for whoever keeps the file fresh.
            config.latency.millis = 20;
        }
    });
    let run = match kind {
        Kind::OidcTokenFile => kept_fresh(&door, "token.jwt", &Federated::github()),
        Kind::Aks => kept_fresh(&door, "kubernetes.jwt", &Federated::kubernetes()),
        _ => door.run(&["apply", "-input=false", "saved.plan"]),
    };
    run.ok();
    let passed = door.lab.tenant.clock().offset_seconds;
    assert!(passed >= 3600, "the apply took {passed} seconds");
    assert_eq!(door.lab.tenant.at("/userDeviceQuota"), 20);
    assert_eq!(door.lab.tenant.at("/localAdminPassword/isEnabled"), false);
    let expired = answered(&door, 401);
    assert!(expired >= 5, "{expired} tokens ended meanwhile");
    each_refusal_costs_one_repetition(&door.lab.tenant.graph_requests());
    door.files_are_clean();
}

/// What is refused for its token is sent once more with another, and that is not refused: a write after another read.
#[track_caller]
fn each_refusal_costs_one_repetition(requests: &[Request]) {
    for (position, refused) in requests
        .iter()
        .enumerate()
        .filter(|(_, request)| request.status == Some(401))
    {
        let (read, next) = match refused.method.as_str() {
            "PUT" => (Some(&requests[position + 1]), &requests[position + 2]),
            _ => (None, &requests[position + 1]),
        };
        assert!(read.is_none_or(|read| (read.method.as_str(), read.status) == ("GET", Some(200))));
        assert_eq!((&next.method, &next.path), (&refused.method, &refused.path));
        assert_ne!(next.status, Some(401), "the same token was sent again");
    }
}

/// Applies while somebody writes the token file anew all the time, as Kubernetes does every so often.
fn kept_fresh(door: &Door, file: &str, says: &Federated) -> crate::support::run::Run {
    let (path, draft) = (door.path(file), door.path("draft.jwt"));
    let ended = AtomicBool::new(false);
    let tenant = &door.lab.tenant;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                std::fs::write(&draft, tenant.assertion(says, 600)).unwrap();
                std::fs::rename(&draft, &path).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let run = door.workspace.run(&["apply", "-input=false", "saved.plan"]);
        ended.store(true, Ordering::SeqCst);
        run
    })
}

#[test]
fn an_hour_with_a_client_secret() {
    takes_an_hour(Kind::ClientSecret);
}

#[test]
fn an_hour_with_a_token_file() {
    takes_an_hour(Kind::OidcTokenFile);
}

#[test]
fn an_hour_in_github_actions() {
    takes_an_hour(Kind::GitHub);
}

#[test]
fn an_hour_in_azure_pipelines() {
    takes_an_hour(Kind::Pipelines);
}

#[test]
fn an_hour_in_kubernetes() {
    takes_an_hour(Kind::Aks);
}

#[test]
fn an_hour_on_a_machine() {
    takes_an_hour(Kind::Machine);
}

#[test]
fn an_hour_in_a_web_app() {
    takes_an_hour(Kind::WebApp);
}

#[test]
fn an_hour_with_the_azure_cli() {
    takes_an_hour(Kind::AzureCli);
}

/// A token that was given cannot be fetched again, and that is what the error says.
#[test]
fn an_hour_with_a_given_token_ends_with_the_token() {
    let mut door = Door::new();
    Kind::OidcToken.present(&mut door);
    door.lab.settings(SETTINGS[0]);
    door.lab.tenant.configure(|config| {
        config.token_lifetime = FIVE_MINUTES;
        // Reads are done in time, the write is not.
        config.clock.step_seconds = 2 * EACH;
    });
    let run = door.apply();
    run.refused().says("AADSTS700024").says("oidc_token_file_path");
    insta::assert_snapshot!("oidc_token_ends_during_an_apply", errors(&door.lab, &run));
}

/// By the machine's clock: a token is replaced before it ends, so that none is refused.
#[test]
fn tokens_are_replaced_before_they_end() {
    let mut door = Door::new();
    Kind::CertificatePem.present(&mut door);
    door.lab.config(&chain());
    door.run(&["plan", "-input=false", "-out=saved.plan"]).ok();
    door.lab.tenant.clear_requests();
    door.lab.tenant.configure(|config| {
        // Replaced after four and a half seconds; the apply takes longer.
        config.token_lifetime = 6;
        config.latency.millis = 400;
    });
    door.run(&["apply", "-input=false", "saved.plan"]).ok();
    let tokens = door.lab.tenant.token_requests().len();
    assert!(tokens >= 2, "{tokens} tokens");
    assert_eq!(answered(&door, 401), 0);
}
