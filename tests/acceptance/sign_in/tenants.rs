//! Which tenant a token is for, and which cloud.

use graph_emulator::Proxy;

use super::door::Door;
use super::kinds::Kind;

const OTHER: &str = "99999999-9999-4999-8999-999999999999";

/// Ids and a domain of the tenant all lead to its id.
#[test]
fn the_token_names_the_tenant_that_the_configuration_does_not() {
    for (kind, configured) in [
        (Kind::AzureCli, None),
        (Kind::Machine, None),
        (Kind::ClientSecret, Some("contoso.example")),
    ] {
        let mut door = Door::new();
        kind.present(&mut door);
        door.without(&["ARM_TENANT_ID"]);
        if let Some(domain) = configured {
            door.env("ARM_TENANT_ID", domain);
        }
        door.apply().ok();
        let state = door.workspace.state();
        let now = &state["resources"][0]["instances"][0]["attributes"];
        assert_eq!(now["tenant_id"], door.lab.tenant.tenant_id(), "{kind:?}");
    }
}

/// A provider whose configuration is not known signs in when it is.
#[test]
fn a_tenant_that_the_apply_tells() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.without(&["ARM_TENANT_ID"]);
    let tenant = door.lab.tenant.tenant_id().to_owned();
    door.lab.config(&format!(
        "resource \"terraform_data\" \"tenant\" {{\n  input = \"{tenant}\"\n}}\nprovider \"autopilot\" {{\n  tenant_id = \
         terraform_data.tenant.output\n}}\ndata \"autopilot_device_join_settings\" \"now\" {{\n  depends_on = \
         [terraform_data.tenant]\n}}"
    ));
    door.plan().changes();
    assert_eq!(door.lab.tenant.requests(), []);
    door.apply().ok();
    assert_eq!(door.lab.tenant.token_requests().len(), 1);
    // What is needed in the plan cannot wait.
    door.workspace.file("terraform.tfstate", "");
    door.lab.config(&format!(
        "resource \"terraform_data\" \"tenant\" {{\n  input = \"{tenant}\"\n}}\nprovider \"autopilot\" {{\n  tenant_id = \
         terraform_data.tenant.output\n}}\ndata \"autopilot_device_join_settings\" \"now\" {{}}"
    ));
    door.plan().refused().says("tenant_id is not known yet");
}

/// What was right in one tenant would be done in another.
#[test]
fn a_token_for_another_tenant_is_refused_before_graph_is_asked() {
    let mut door = Door::new();
    Kind::Machine.present(&mut door);
    door.env("ARM_TENANT_ID", OTHER);
    insta::assert_snapshot!("machine_of_another_tenant", door.refusal());
    assert_eq!(door.lab.tenant.graph_requests(), []);
    let mut door = Door::new();
    Kind::AzureCli.present(&mut door);
    door.env("ARM_TENANT_ID", OTHER);
    insta::assert_snapshot!("azure_cli_of_another_tenant", door.refusal());
}

/// Authority, Graph and audience of each cloud. Nothing leaves this machine: the proxy writes down where to and refuses.
#[test]
fn each_cloud_has_its_authority_its_graph_and_its_audience() {
    const GLOBAL: [&str; 2] = ["login.microsoftonline.com", "graph.microsoft.com"];
    const L4: [&str; 2] = ["login.microsoftonline.us", "graph.microsoft.us"];
    const L5: [&str; 2] = ["login.microsoftonline.us", "dod-graph.microsoft.us"];
    const CHINA: [&str; 2] = ["login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn"];
    for (name, [authority, graph]) in [
        ("", GLOBAL),
        ("public", GLOBAL),
        ("usgovernment", L4),
        ("usgovernmentl4", L4),
        ("dod", L5),
        ("usgovernmentl5", L5),
        ("China", CHINA),
    ] {
        let proxy = Proxy::refusing().unwrap();
        let audience = format!("https://{graph}");
        let mut door = Door::with(|config| config.extra_resources = vec![audience.clone()]);
        Kind::ClientSecret.present(&mut door);
        door.lab.config(
            "provider \"autopilot\" {\n  max_retries = 0\n}\ndata \"autopilot_device_join_settings\" \"now\" {}",
        );
        door.env("ARM_ENVIRONMENT", name);
        door.env("HTTPS_PROXY", &proxy.url());
        door.env("NO_PROXY", "127.0.0.1");
        door.without(&["AUTOPILOT_GRAPH_ENDPOINT"]);
        // The emulator issues the token, so that Graph is asked.
        door.plan().refused();
        let asked = door.lab.tenant.token_requests();
        assert_eq!(asked[0].body["scope"], format!("{audience}/.default"), "{name}");
        door.without(&["AZURE_AUTHORITY_HOST"]);
        door.plan().refused();
        assert_eq!(
            proxy.requests(),
            [format!("CONNECT {graph}:443"), format!("CONNECT {authority}:443")],
            "{name}"
        );
    }
}

#[test]
fn a_tenant_that_does_not_exist() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.env("ARM_TENANT_ID", OTHER);
    insta::assert_snapshot!("tenant_that_does_not_exist", door.refusal());
}

#[test]
fn a_cloud_that_is_none() {
    let mut door = Door::new();
    Kind::ClientSecret.present(&mut door);
    door.env("ARM_ENVIRONMENT", "germany");
    insta::assert_snapshot!("cloud_that_is_none", door.refusal());
}
