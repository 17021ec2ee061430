//! Refusals: one run for each kind of credential, and one for each class. Other codes and their advice are tables in `src`.

use graph_emulator::{Effect, Fault, Federated, Listener};

use super::certificates;
use super::door::Door;
use super::kinds::Kind;
use crate::support::run::Run;

/// A provider that asks twice at most.
const ONCE_MORE: &str =
    "provider \"autopilot\" {\n  max_retries = 1\n}\ndata \"autopilot_device_join_settings\" \"now\" {}";

/// Spoils what a kind has given to the provider.
type Spoil = fn(&mut Door);

/// Another secret, key, subject or identity than the right one.
const WRONG: [(&str, Kind, Spoil); 8] = [
    ("client_secret", Kind::ClientSecret, wrong_secret),
    ("certificate", Kind::CertificatePem, |door| {
        let pem = certificates::strangers().pem();
        door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &pem);
    }),
    ("oidc_token", Kind::OidcToken, |door| {
        let token = door.lab.tenant.assertion(&another_subject(Federated::github()), 600);
        door.secret("ARM_OIDC_TOKEN", &token);
    }),
    ("github", Kind::GitHub, |door| {
        door.secret("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-of-another-run-entirely");
    }),
    ("pipelines", Kind::Pipelines, |door| {
        door.secret("SYSTEM_ACCESSTOKEN", "job-of-another-run-entirely");
    }),
    ("aks", Kind::Aks, |door| {
        let subject = another_subject(Federated::kubernetes());
        let token = door.lab.tenant.assertion(&subject, 600);
        door.secret_file("AZURE_FEDERATED_TOKEN_FILE", "kubernetes.jwt", &token);
    }),
    ("machine", Kind::Machine, |door| {
        door.lab
            .tenant
            .configure(|config| config.surroundings.identities.retain(|one| !one.system_assigned));
    }),
    ("azure_cli", Kind::AzureCli, |door| {
        const SIGNED_OUT: &str = "ERROR: Please run 'az login' to setup account.\n";
        door.lab
            .tenant
            .configure(|config| SIGNED_OUT.clone_into(&mut config.person.refusal));
    }),
];

fn wrong_secret(door: &mut Door) {
    door.secret("ARM_CLIENT_SECRET", "wro8Q~this-is-another-secret-altogether");
}

fn another_subject(says: Federated) -> Federated {
    let subject = says
        .subject
        .replace("production", "staging")
        .replace("terraform", "default");
    Federated { subject, ..says }
}

#[test]
fn a_wrong_credential_of_each_kind() {
    for (name, kind, spoil) in WRONG {
        let mut door = Door::new();
        kind.present(&mut door);
        spoil(&mut door);
        insta::assert_snapshot!(format!("{name}_wrong"), door.refusal());
        assert_eq!(door.lab.tenant.graph_requests(), []);
    }
}

#[test]
fn a_hundred_members_share_one_refusal() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    wrong_secret(&mut door);
    door.lab.config(
        "provider \"autopilot\" {}\nresource \"autopilot_device_join_member\" \"many\" {\n  count     = 100\n  list      = \
         \"join\"\n  type      = \"user\"\n  object_id = format(\"00000000-0000-4000-8000-%012d\", count.index)\n}",
    );
    let run = door.plan();
    run.refused().says("AADSTS7000215:");
    assert_eq!(run.errors().len(), 1, "{}", run.output);
    assert_eq!(door.lab.tenant.requests().len(), 1);
    // Nothing else of Terraform signs in.
    door.lab.tenant.clear_requests();
    door.run(&["validate"]).ok();
    assert_eq!(door.lab.tenant.requests(), []);
}

#[test]
fn an_expired_secret() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.lab
        .tenant
        .configure(|config| config.apps[0].secrets[0].expires_at = Some(0));
    insta::assert_snapshot!("client_secret_expired", door.refusal());
}

/// The provider sees it without asking.
#[test]
fn an_expired_certificate() {
    let mut door = Door::new();
    let expired = certificates::expired();
    door.lab.tenant.register_certificate(expired);
    door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", &expired.pem());
    let shown = door.refusal();
    assert!(shown.contains("The client certificate expired on "), "{shown}");
    assert_eq!(door.lab.tenant.requests(), []);
}

/// Azure gives a token that it has kept for too long: Graph refuses it.
#[test]
fn a_token_that_has_ended() {
    let mut door = Door::new();
    Kind::Machine.present(&mut door);
    door.lab.tenant.configure(|config| config.token_lifetime = -60);
    insta::assert_snapshot!("machine_expired", door.refusal());
}

#[test]
fn an_application_without_the_permission() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.lab.tenant.configure(|config| config.apps[0].roles.clear());
    insta::assert_snapshot!("client_secret_forbidden", door.refusal());
}

#[test]
fn a_person_without_the_role() {
    let mut door = Door::new();
    Kind::AzureCli.present(&mut door);
    door.lab
        .tenant
        .configure(|config| config.person.directory_roles.clear());
    door.plan().refused().says("lacks a Microsoft Entra role");
    door.lab
        .tenant
        .configure(|config| config.person.directory_roles.push("Global Reader".to_owned()));
    door.plan().changes();
}

#[test]
fn a_token_file_that_is_not_there() {
    let mut door = Door::new();
    Kind::OidcTokenFile.present(&mut door);
    std::fs::remove_file(door.path("token.jwt")).unwrap();
    insta::assert_snapshot!("oidc_token_file_missing", door.refusal());
}

/// A page of a proxy where the token service should be.
#[test]
fn no_token_service() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    let page = Fault::new(Effect::Html { status: 200 });
    door.lab.tenant.inject(page.on(Listener::Authority).times(0));
    insta::assert_snapshot!("page_for_a_token", door.refusal());
}

/// A busy service is waited for, and a refusal says for how long.
#[test]
fn a_busy_token_service() {
    for effect in [Effect::Aadsts { code: 90033 }, Effect::throttled("1")] {
        let busy = |times| Fault::new(effect.clone()).on(Listener::Authority).times(times);
        let mut door = Door::new();
        Kind::ClientSecret.present(&mut door);
        door.lab.config(ONCE_MORE);
        door.lab.tenant.inject(busy(1));
        door.plan().empty();
        assert_eq!(door.lab.tenant.token_requests().len(), 2);
        door.lab.tenant.clear_requests();
        door.lab.tenant.inject(busy(0));
        let run = door.plan();
        run.refused()
            .says("sent 2 times, waited ")
            .says("The service that issues tokens is busy.");
        assert_eq!(door.lab.tenant.token_requests().len(), 2);
        has_ids(&door, &run);
    }
}

/// The trace id is that of the answer, the correlation id that of the request; a throttled answer has neither.
#[track_caller]
fn has_ids(door: &Door, run: &Run) {
    if !run.has("AADSTS") {
        return;
    }
    let requests = door.lab.tenant.token_requests();
    let last = requests.last().expect("a token was asked for");
    run.says(&last.request_id)
        .says(last.client_request_id.as_ref().unwrap());
}
