//! Which way to sign in is taken, and what is said when there is none.

use graph_emulator::Listener;

use super::certificates;
use super::door::Door;
use super::kinds::Kind;

#[track_caller]
fn reviewed(door: &Door, name: &str) {
    insta::assert_snapshot!(name, door.refusal());
    assert_eq!(door.lab.tenant.requests(), [], "nothing was sent");
}

#[test]
fn nothing_is_configured() {
    let mut door = Door::new();
    door.without(&["ARM_TENANT_ID", "ARM_CLIENT_ID"]);
    reviewed(&door, "no_way_to_sign_in");
}

#[test]
fn nothing_is_complete() {
    let mut door = Door::new();
    door.without(&["ARM_CLIENT_ID"]);
    let secret = door.lab.tenant.client_secret();
    door.secret("ARM_CLIENT_SECRET", &secret);
    door.env("ARM_USE_OIDC", "true");
    // A job without `permissions: id-token: write` has neither of GitHub's variables.
    door.env("ARM_OIDC_REQUEST_TOKEN", "");
    reviewed(&door, "no_way_is_complete");
}

/// The address and the token of Azure Pipelines are no GitHub's.
#[test]
fn azure_pipelines_without_a_service_connection() {
    let mut door = Door::new();
    Kind::Pipelines.present(&mut door);
    door.without(&["ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"]);
    reviewed(&door, "pipelines_without_connection");
}

/// What is set for pods does not stand in the way elsewhere.
#[test]
fn use_aks_workload_identity_counts_in_pods_only() {
    let mut door = Door::new();
    Kind::AzureCli.present(&mut door);
    door.env("ARM_USE_AKS_WORKLOAD_IDENTITY", "true");
    door.plan().changes();
    assert!(door.log().contains("AZURE_FEDERATED_TOKEN_FILE is not set"));
}

/// A here-document or `$'...\n'` in a shell leaves a line's end.
#[test]
fn white_space_around_a_secret_is_no_part_of_it() {
    for (kind, name) in [
        (Kind::ClientSecret, "ARM_CLIENT_SECRET"),
        (Kind::OidcToken, "ARM_OIDC_TOKEN"),
        (Kind::GitHub, "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    ] {
        let mut door = Door::new();
        kind.present(&mut door);
        let (_, secret) = door
            .workspace
            .environment()
            .iter()
            .find(|(known, _)| *known == name)
            .expect("it is set");
        let padded = format!(" {secret}\n");
        door.env(name, &padded);
        door.plan().changes();
    }
}

#[test]
fn two_values_that_contradict_each_other() {
    let mut door = Door::new();
    Kind::ClientSecretFile.present(&mut door);
    door.secret("ARM_CLIENT_SECRET", "wro8Q~this-is-another-secret-altogether");
    reviewed(&door, "two_secrets");
}

/// What is configured wrongly is not passed over for something else.
#[test]
fn a_certificate_that_is_none_is_not_passed_over() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.secret_file("ARM_CLIENT_CERTIFICATE_PATH", "client.pem", "this is no certificate");
    reviewed(&door, "no_certificate");
}

/// A typing error is found without a sign-in: by validation where it stands in the block.
#[test]
fn ids_of_the_wrong_form() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.lab
        .config("provider \"autopilot\" {\n  tenant_id = \"x y\"\n  client_id = \"not-a-guid\"\n}\ndata \"autopilot_device_join_settings\" \"now\" {}");
    let run = door.run(&["validate"]);
    run.refused().says("Invalid tenant_id").says("Invalid client_id");
    assert_eq!(run.errors().len(), 2, "{}", run.output);
    for (name, id) in [("ARM_TENANT_ID", "x y"), ("ARM_CLIENT_ID", "not-a-guid")] {
        let mut door = Door::new();
        Kind::ClientSecret.present(&mut door);
        door.env(name, id);
        door.run(&["validate"]).ok();
        door.plan()
            .refused()
            .says(&format!("or the environment variable {name}."));
        assert_eq!(door.lab.tenant.requests(), []);
    }
}

/// With everything there, azuread's order decides, and the log says so without more than debug.
#[test]
fn one_choice_is_made_and_logged() {
    let mut door = Door::new();
    for kind in [Kind::ClientSecret, Kind::GitHub, Kind::AzureCli, Kind::Machine] {
        kind.present(&mut door);
    }
    for (name, value) in [
        ("ARM_TENANT_ID", door.lab.tenant.tenant_id().to_owned()),
        ("ARM_CLIENT_ID", door.lab.tenant.client_id()),
    ] {
        door.env(name, &value);
    }
    for (kind, takes_away) in [
        (Kind::ClientSecret, "ARM_CLIENT_SECRET"),
        (Kind::GitHub, "ARM_USE_OIDC"),
        (Kind::Machine, "ARM_USE_MSI"),
        (Kind::AzureCli, ""),
    ] {
        if kind == Kind::Machine {
            door.without(&["ARM_CLIENT_ID"]);
        }
        let quiet = door.workspace.with_env("TF_LOG_PROVIDER", "DEBUG");
        let run = quiet.plan();
        run.changes().says("way to sign in chosen");
        door.is_clean("the debug log", &run.output);
        let chosen = format!("credential=\"{}\"", kind.words());
        assert!(run.output.contains(&chosen), "{chosen} in {}", run.output);
        let info = door.workspace.with_env("TF_LOG_PROVIDER", "INFO").plan();
        info.changes().never_says("way to sign in chosen");
        door.without(&[takes_away]);
    }
}

/// A switch that is off keeps the metadata service out of it, even when its address is there.
#[test]
fn no_managed_identity_unless_it_is_switched_on() {
    for switch in [None, Some("false")] {
        let mut door = Door::new();
        for kind in [Kind::Machine, Kind::WebApp] {
            kind.present(&mut door);
        }
        door.without(&["ARM_USE_MSI"]);
        if let Some(switch) = switch {
            door.env("ARM_USE_MSI", switch);
        }
        door.plan().refused().says("use_msi (ARM_USE_MSI) is not true");
        let secret = door.lab.tenant.client_secret();
        door.secret("ARM_CLIENT_SECRET", &secret);
        let (tenant, client) = (door.lab.tenant.tenant_id().to_owned(), door.lab.tenant.client_id());
        door.env("ARM_TENANT_ID", &tenant);
        door.env("ARM_CLIENT_ID", &client);
        door.plan().changes();
        let asked = door.lab.tenant.requests();
        assert!(
            asked.iter().all(|request| request.listener != Listener::Metadata),
            "{asked:?}"
        );
    }
}

/// The certificate's own file and its copy in a variable are not mixed up.
#[test]
fn a_certificate_comes_before_a_secret() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    Kind::CertificatePem.present(&mut door);
    door.plan().changes();
    let asked = door.lab.tenant.token_requests();
    assert!(asked[0].body.get("client_assertion").is_some(), "{:?}", asked[0].body);
    assert!(asked[0].body.get("client_secret").is_none(), "{:?}", asked[0].body);
    assert_ne!(
        certificates::ours().thumbprint(),
        certificates::strangers().thumbprint()
    );
}

/// `msi_endpoint` is where the token is asked for, whatever the machine says of itself.
#[test]
fn a_configured_metadata_service_counts_for_more_than_the_environments() {
    const NOBODY: &str = "http://127.0.0.1:9/token";
    for environment in [
        vec![("MSI_ENDPOINT", NOBODY)],
        vec![("IDENTITY_ENDPOINT", NOBODY), ("IMDS_ENDPOINT", NOBODY)],
        vec![("IDENTITY_ENDPOINT", NOBODY), ("IDENTITY_HEADER", "x")],
    ] {
        let mut door = Door::new();
        Kind::Machine.present(&mut door);
        for (name, value) in environment {
            door.env(name, value);
        }
        door.plan().changes();
        let asked = door.lab.tenant.requests();
        assert_eq!(asked[0].path, "/metadata/identity/oauth2/token");
    }
    // The address of an App Service is its own one, and takes its own header.
    let mut door = Door::new();
    Kind::WebApp.present(&mut door);
    let own = door.lab.tenant.identity_endpoint();
    door.env("ARM_MSI_ENDPOINT", &own);
    door.plan().changes();
}
