//! The token service's own codes: each is shown with its ids and with a sentence of advice.

use graph_emulator::{Effect, Emulator, Fault, Listener};

use super::door::Door;
use super::kinds::Kind;
use crate::support::redact::errors;

const ELSEWHERE: &str = "99999999-9999-4999-8999-999999999999";

/// A provider that asks twice at most.
const ONCE_MORE: &str =
    "provider \"autopilot\" {\n  max_retries = 1\n}\ndata \"autopilot_device_join_settings\" \"now\" {}";

/// The refusal of the one token request is shown whole: code, advice, trace id, correlation id.
#[track_caller]
fn refused_with(code: u32, kind: Kind, spoil: impl FnOnce(&mut Door)) {
    let mut door = Door::new();
    kind.present(&mut door);
    spoil(&mut door);
    let run = door.plan();
    run.refused().says(&format!("AADSTS{code}:"));
    has_ids(&door.lab.tenant, &run.output);
    assert_eq!(door.lab.tenant.token_requests().len(), 1, "a refusal is not repeated");
    insta::assert_snapshot!(format!("aadsts_{code}"), errors(&door.lab, &run));
}

/// The trace id is that of the answer, the correlation id that of the request.
#[track_caller]
fn has_ids(tenant: &Emulator, output: &str) {
    let requests = tenant.token_requests();
    let last = requests.last().expect("a token was asked for");
    assert!(output.contains(&last.request_id), "{output}");
    assert!(output.contains(last.client_request_id.as_ref().unwrap()), "{output}");
}

#[test]
fn about_the_tenant() {
    refused_with(90002, Kind::ClientSecret, |door| door.env("ARM_TENANT_ID", ELSEWHERE));
    refused_with(90038, Kind::ClientSecret, |door| {
        door.env("ARM_TENANT_ID", ELSEWHERE);
        door.lab
            .tenant
            .configure(|config| config.tenants_of_other_clouds = vec![ELSEWHERE.to_owned()]);
    });
    refused_with(500_011, Kind::ClientSecret, |door| {
        door.env("AUTOPILOT_GRAPH_ENDPOINT", "https://127.0.0.1:9");
    });
}

#[test]
fn about_the_application() {
    refused_with(700_016, Kind::ClientSecret, |door| door.env("ARM_CLIENT_ID", ELSEWHERE));
    refused_with(53003, Kind::ClientSecret, |door| {
        door.lab
            .tenant
            .configure(|config| config.apps[0].refused_with = Some(53003));
    });
    // The provider always sends one of the two: a proxy of somebody's may not.
    refused_with(7_000_218, Kind::ClientSecret, |door| {
        let fault = Fault::new(Effect::Aadsts { code: 7_000_218 });
        door.lab.tenant.inject(fault.on(Listener::Authority));
    });
}

#[test]
fn about_the_secret() {
    refused_with(7_000_215, Kind::ClientSecret, |door| {
        door.secret("ARM_CLIENT_SECRET", "wro8Q~this-is-another-secret-altogether");
    });
    refused_with(7_000_222, Kind::ClientSecret, |door| {
        door.lab
            .tenant
            .configure(|config| config.apps[0].secrets[0].expires_at = Some(0));
    });
}

#[test]
fn about_the_assertion() {
    refused_with(700_213, Kind::GitHub, |door| {
        door.lab.tenant.configure(|config| {
            "repo:contoso/devices:pull_request".clone_into(&mut config.surroundings.github.says.subject);
        });
    });
    refused_with(700_212, Kind::Pipelines, |door| {
        door.lab.tenant.configure(|config| {
            "https://contoso.example".clone_into(&mut config.surroundings.pipelines.says.audience);
        });
    });
    // An assertion that somebody else has signed.
    let stranger = Door::new();
    refused_with(50013, Kind::OidcToken, |door| {
        let token = stranger.lab.tenant.assertion(&graph_emulator::Federated::github(), 600);
        door.secret("ARM_OIDC_TOKEN", &token);
    });
    refused_with(50027, Kind::OidcToken, |door| {
        door.secret("ARM_OIDC_TOKEN", "this-is-no-token-at-all")
    });
}

/// The same codes are about something else when the provider has signed the assertion itself.
#[test]
fn about_the_certificates_assertion() {
    for (code, name) in [
        (50013, "certificate_aadsts_50013"),
        (50027, "certificate_aadsts_50027"),
        (700_024, "certificate_aadsts_700024"),
    ] {
        let mut door = Door::new();
        Kind::CertificatePem.present(&mut door);
        let fault = Fault::new(Effect::Aadsts { code });
        door.lab.tenant.inject(fault.on(Listener::Authority));
        let run = door.plan();
        run.refused().says(&format!("AADSTS{code}:")).never_says("OIDC");
        insta::assert_snapshot!(name, errors(&door.lab, &run));
    }
}

/// What is no token service: a page of a proxy, a redirect to a sign-in page.
#[test]
fn what_is_no_token_service() {
    for (effect, name) in [
        (Effect::Html { status: 200 }, "page_for_a_token"),
        (
            Effect::Raw {
                status: 302,
                headers: vec![("location".to_owned(), "https://proxy.example/sign-in".to_owned())],
                body: String::new(),
            },
            "redirect_for_a_token",
        ),
        (Effect::Html { status: 407 }, "proxy_wants_credentials"),
    ] {
        let mut door = Door::new();
        Kind::ClientSecret.present(&mut door);
        door.lab
            .tenant
            .inject(Fault::new(effect).on(Listener::Authority).times(0));
        let run = door.plan();
        run.refused().says("no token service");
        insta::assert_snapshot!(name, errors(&door.lab, &run));
    }
}

/// A token service that is busy: what passes is waited for, and what does not pass says how long it was waited for.
#[derive(Clone)]
struct Busy {
    effect: Effect,
    name: &'static str,
    /// How the wait is told; it is partly chance where the service does not ask for one.
    waited: &'static str,
}

impl Busy {
    fn door(&self, times: u32) -> Door {
        let mut door = Door::new();
        Kind::ClientSecret.present(&mut door);
        door.lab.config(ONCE_MORE);
        let fault = Fault::new(self.effect.clone()).on(Listener::Authority);
        door.lab.tenant.inject(fault.times(times));
        door
    }

    fn passes(&self) {
        let door = self.door(1);
        door.plan().empty();
        assert_eq!(
            door.lab.tenant.token_requests().len(),
            2,
            "it is asked again, and that succeeds"
        );
    }

    fn stays(&self) {
        let door = self.door(0);
        let run = door.plan();
        run.refused().says(&format!("sent 2 times, waited {}", self.waited));
        assert_eq!(door.lab.tenant.token_requests().len(), 2);
        if self.name.starts_with("aadsts") {
            has_ids(&door.lab.tenant, &run.output);
        }
        insta::assert_snapshot!(self.name, without_chance(&errors(&door.lab, &run)));
    }
}

/// The digits of a wait that is partly chance.
fn without_chance(shown: &str) -> String {
    let Some((before, after)) = shown.split_once("waited 2.") else {
        return shown.to_owned();
    };
    format!(
        "{before}waited 2.…{}",
        after.trim_start_matches(|c: char| c.is_ascii_digit())
    )
}

#[test]
fn a_busy_token_service_is_waited_for() {
    let retry_after = || vec![("retry-after".to_owned(), "1".to_owned())];
    let words = r#"{"error":"temporarily_unavailable","error_description":"The server is temporarily too busy."}"#;
    let busy = [
        (Effect::Aadsts { code: 90033 }, "aadsts_90033", "2."),
        (Effect::Aadsts { code: 90055 }, "aadsts_90055", "2."),
        (
            Effect::Raw {
                status: 400,
                headers: retry_after(),
                body: words.to_owned(),
            },
            "token_unavailable",
            "1 s",
        ),
        (Effect::throttled("1"), "token_throttled", "1 s"),
    ]
    .map(|(effect, name, waited)| Busy { effect, name, waited });
    // They wait side by side.
    std::thread::scope(|scope| {
        for busy in &busy {
            scope.spawn(|| busy.passes());
            scope.spawn(|| busy.stays());
        }
    });
}
