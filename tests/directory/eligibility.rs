//! The eligibility answer, held against the emulator's own: it goes down from the policy's groups, where the provider goes up
//! from the user.

use graph_emulator::{Config, Emulator, tenants};
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
    let folder = tempfile::tempdir().unwrap();
    let tenant = Emulator::start_blocking(Config::default()).unwrap();
    let mut client = Client::of(&tenant, folder.path());
    for seed in 0..1000 {
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
        if !state["id"].is_null() {
            assert_eq!(
                ids(&state["matched_groups"]),
                ids(&json!(expected.matched_groups)),
                "seed {seed}"
            );
            assert_eq!(state["quota_used"], expected.quota_used, "seed {seed}");
            assert_eq!(state["quota_left"], json!(expected.quota_left), "seed {seed}");
        }
        assert_eq!(
            state["multi_factor_auth_required"], expected.multi_factor_required,
            "seed {seed}"
        );
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
