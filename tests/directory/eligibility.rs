//! The eligibility answer, held against the emulator's own: it goes down from the policy's groups, where the provider goes up
//! from the user.

use graph_emulator::{Config, Effect, Emulator, Fault, Reason, tenants};
use serde_json::{Value, json};

use crate::child::Client;

fn ids(value: &Value) -> Vec<String> {
    let mut ids: Vec<_> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_lowercase())
        .collect();
    ids.sort();
    ids
}

#[test]
fn it_agrees_with_the_emulator_on_a_thousand_tenants() {
    // One tenant at a time is asked over the wire; two of them keep two cores at work.
    std::thread::scope(|scope| {
        scope.spawn(|| (0..500).for_each(agreement()));
        scope.spawn(|| (500..1000).for_each(agreement()));
    });
}

/// Holds the provider's answer about the tenant that follows from a seed against the emulator's.
fn agreement() -> impl FnMut(u64) {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    let mut client = Client::of(&tenant, folder.path());
    move |seed| {
        // The process has read its certificates at its start; the folder has to be there until then.
        let _ = &folder;
        let tenants::Tenant {
            directory,
            policy,
            user,
        } = tenants::random(seed);
        tenant.edit_directory(|now| *now = directory);
        tenant.set_policy(policy);
        let expected = tenant.may_join(&user);
        let answer = client.ask(&json!({ "user": user }));
        assert_eq!(answer["errors"], json!([]), "seed {seed}");
        let state = &answer["state"];
        assert_eq!(state["may_join"], expected.may_join, "seed {seed}: {state}");
        assert_eq!(state["reason"], json!(expected.reason), "seed {seed}: {state}");
        assert_eq!(
            state["multi_factor_auth_required"], expected.multi_factor_required,
            "seed {seed}"
        );
        if expected.reason == Reason::NoSuchUser {
            assert!(state["id"].is_null(), "seed {seed}: {state}");
            return;
        }
        assert_eq!(state["id"], user, "seed {seed}");
        assert_eq!(
            ids(&state["matched_groups"]),
            ids(&json!(expected.matched_groups)),
            "seed {seed}"
        );
        assert_eq!(state["quota_used"], expected.quota_used, "seed {seed}");
        assert_eq!(state["quota_left"], json!(expected.quota_left), "seed {seed}");
    }
}

#[test]
fn a_user_is_named_by_the_principal_name_too_and_an_unknown_one_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    tenant.edit_directory(|now| *now = tenants::sample());
    let mut client = Client::of(&tenant, folder.path());
    let guest = client.ask(&json!({"user": "guest_fabrikam.example#EXT#@contoso.example"}));
    assert_eq!(guest["state"]["id"], tenants::user_id(5), "{guest}");
    let nobody = client.ask(&json!({"user": "nobody@contoso.example"}));
    assert_eq!(nobody["state"]["reason"], "no_such_user", "{nobody}");
    assert_eq!(nobody["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn without_the_permission_to_count_devices_the_rest_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    tenant.edit_directory(|now| *now = tenants::sample());
    tenant.configure(|config| {
        config.apps[0].roles = [
            "Policy.Read.DeviceConfiguration",
            "User.Read.All",
            "GroupMember.Read.All",
        ]
        .map(str::to_owned)
        .into();
    });
    let mut client = Client::of(&tenant, folder.path());
    let answer = client.ask(&json!({"user": tenants::user_id(1)}));
    assert_eq!(answer["errors"], json!([]));
    assert_eq!(answer["state"]["may_join"], true, "{answer}");
    assert!(answer["state"]["quota_used"].is_null());
    assert!(
        answer["warnings"][0].as_str().unwrap().contains("Directory.Read.All"),
        "{answer}"
    );
}

/// Graph leaves null what a token may not read of a device.
#[test]
fn devices_of_a_hidden_kind_leave_the_quota_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    tenant.edit_directory(|now| *now = tenants::sample());
    let mut client = Client::of(&tenant, folder.path());
    for (trusts, quota, reason) in [
        (json!(["AzureAd", null]), 2, "everybody"),
        (json!([null, null, null]), 1, "everybody"),
        // Those that surely count are enough.
        (json!(["AzureAd", "Workplace", null]), 2, "quota_reached"),
    ] {
        let device = |(at, trust)| json!({"id": format!("device-{at}"), "trustType": trust});
        let devices: Vec<_> = trusts.as_array().unwrap().iter().enumerate().map(device).collect();
        let answer = |value| Effect::Raw {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "value": value }).to_string(),
        };
        tenant.edit_policy(|policy| policy["userDeviceQuota"] = json!(quota));
        tenant.inject(Fault::new(answer(json!(devices))).path("*/ownedDevices"));
        tenant.inject(Fault::new(answer(json!([]))).path("*/registeredDevices"));
        let answer = client.ask(&json!({"user": tenants::user_id(1)}));
        assert_eq!(answer["errors"], json!([]));
        let state = &answer["state"];
        assert_eq!(state["reason"], reason, "{trusts}: {answer}");
        assert!(
            state["quota_used"].is_null() && state["quota_left"].is_null(),
            "{answer}"
        );
        let warnings = answer["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), 1, "{answer}");
        let warning = warnings[0].as_str().unwrap();
        assert!(warning.contains("Device.Read.All or Directory.Read.All"), "{warning}");
    }
}
