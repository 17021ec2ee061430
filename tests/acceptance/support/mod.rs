//! What every test stands on: a tenant of its own, and a folder in which the real Terraform runs against it.

mod attached;
pub(crate) mod processes;
pub(crate) mod redact;
pub(crate) mod run;
pub(crate) mod tenant;
mod terraform;

use std::path::{Path, PathBuf};
use std::process::Command;

use graph_emulator::{Config, Emulator};
use serde_json::Value;
use tempfile::TempDir;

use self::attached::Attached;
use self::run::Run;
use self::terraform::{newest, terraform};

/// The binary under test.
pub(crate) const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-autopilot");

/// The one resource of most configurations.
pub(crate) const ADDRESS: &str = "autopilot_device_join_settings.this";

/// The application that signs in; messages name it.
const CLIENT_ID: &str = "c11e47a9-5d1c-4f0a-9a3b-2f6e8d7c6b5a";

/// What every configuration starts with; `provider "autopilot"` takes all from the environment.
const HEADER: &str = r#"terraform {
  required_providers {
    autopilot = {
      source = "autopilot-terraform/autopilot"
    }
  }
}
"#;

/// Variables that could change what Terraform or the provider do on somebody's machine.
const FOREIGN: [&str; 11] = [
    "ARM_",
    "AZURE_",
    "TF_",
    "AUTOPILOT_",
    "ACTIONS_",
    "SYSTEM_",
    "SSL_CERT_",
    "CHECKPOINT_",
    // What Azure sets where a managed identity is.
    "IDENTITY_",
    "MSI_",
    "IMDS_",
];
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// A tenant with a first folder of configuration.
pub(crate) struct Lab {
    pub(crate) tenant: Emulator,
    root: TempDir,
    first: Workspace,
}

/// Graph's answer to an enumerated membership with two empty lists is not known: no test may make the provider send one.
impl Drop for Lab {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(
                self.tenant.empty_selections_sent(),
                0,
                "selections without members were sent"
            );
        }
    }
}

impl Lab {
    /// Starts a tenant.
    pub(crate) fn new(mut config: Config) -> Self {
        if let Some(attached) = Attached::found() {
            attached.tell_apart(&mut config);
        }
        for app in &mut config.apps {
            CLIENT_ID.clone_into(&mut app.client_id);
        }
        let tenant = Emulator::start_blocking(config).expect("the emulator starts");
        let root = TempDir::with_prefix("autopilot-").expect("a temporary folder");
        tenant.write_ca(root.path().join("ca.pem")).expect("the CA is written");
        std::fs::write(root.path().join("terraformrc"), cli_config()).expect("the CLI configuration is written");
        let first = Workspace::new(root.path(), "first", &tenant);
        Self { tenant, root, first }
    }

    /// A tenant that nobody has touched, but that lets its administrators change everything.
    pub(crate) fn open() -> Self {
        Self::new(tenant::open())
    }

    /// A tenant with a setting of its own everywhere, and a property that the provider does not know.
    pub(crate) fn hardened() -> Self {
        Self::new(Config::hardened())
    }

    /// Another folder, with a state of its own, for the same tenant.
    pub(crate) fn workspace(&self, name: &str) -> Workspace {
        Workspace::new(self.root.path(), name, &self.tenant)
    }

    /// Writes a provider block with an alias for the tenant of `other`, and trusts that tenant's CA in this lab.
    pub(crate) fn alias(&self, name: &str, other: &Self) -> String {
        let ca = self.root.path().join("ca.pem");
        let trusted = std::fs::read_to_string(&ca).expect("the CA was written");
        std::fs::write(&ca, trusted + other.tenant.ca_pem()).expect("the CA is added");
        let attributes: Vec<_> = attached::attributes(&other.environment)
            .map(|(name, value)| format!("  {name} = {value:?}\n"))
            .collect();
        format!(
            "provider \"autopilot\" {{\n  alias = {name:?}\n{}}}\n",
            attributes.concat()
        )
    }

    /// The folder that all of the test's processes have in their environment.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }
}

impl std::ops::Deref for Lab {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.first
    }
}

/// A folder with a configuration and a state.
#[derive(Clone)]
pub(crate) struct Workspace {
    pub(crate) folder: PathBuf,
    environment: Vec<(&'static str, String)>,
    terraform: &'static str,
}

impl Workspace {
    fn new(root: &Path, name: &str, tenant: &Emulator) -> Self {
        let folder = root.join(name);
        std::fs::create_dir(&folder).expect("a folder for the configuration");
        let inside = |name: &str| root.join(name).display().to_string();
        let environment = vec![
            ("AUTOPILOT_GRAPH_ENDPOINT", tenant.graph_url().to_owned()),
            ("AZURE_AUTHORITY_HOST", tenant.authority_url().to_owned()),
            ("ARM_TENANT_ID", tenant.tenant_id().to_owned()),
            ("ARM_CLIENT_ID", tenant.client_id()),
            ("ARM_CLIENT_SECRET", tenant.client_secret()),
            // Whoever is signed in to the Azure CLI of this machine stays out of it.
            ("ARM_USE_CLI", "false".to_owned()),
            ("SSL_CERT_FILE", inside("ca.pem")),
            ("TF_CLI_CONFIG_FILE", inside("terraformrc")),
            // Most tests are about the policy, and name members that are in no directory.
            ("AUTOPILOT_MEMBER_CHECKS", "off".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("TMPDIR", root.display().to_string()),
        ];
        Self {
            folder,
            environment,
            terraform: terraform(),
        }
    }

    /// The same folder for the newest Terraform: for what needs Terraform 1.15.
    pub(crate) fn newest(&self) -> Self {
        Self {
            terraform: newest(),
            ..self.clone()
        }
    }

    /// The same folder with another value of an environment variable.
    pub(crate) fn with_env(&self, name: &'static str, value: &str) -> Self {
        let mut changed = self.without_env(&[name]);
        changed.environment.push((name, value.to_owned()));
        changed
    }

    /// What the environment has beside what this process was started with.
    pub(crate) fn environment(&self) -> &[(&'static str, String)] {
        &self.environment
    }

    /// The same folder without an environment variable.
    pub(crate) fn without_env(&self, names: &[&str]) -> Self {
        let mut changed = self.clone();
        changed.environment.retain(|(known, _)| !names.contains(known));
        changed
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the file");
        std::fs::write(path, text).expect("a file of the configuration");
    }

    /// The configuration: this, after the block that says where the provider comes from.
    pub(crate) fn config(&self, text: &str) {
        self.file("main.tf", &format!("{HEADER}\n{text}\n"));
    }

    /// A configuration of the one resource with these attributes.
    pub(crate) fn settings(&self, attributes: &str) {
        self.config(&format!(
            "resource \"autopilot_device_join_settings\" \"this\" {{\n{attributes}\n}}"
        ));
    }

    /// A command of Terraform, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.terraform);
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let proxy = PROXIES.iter().any(|proxy| text.eq_ignore_ascii_case(proxy));
            if proxy || FOREIGN.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(attached) = Attached::found() {
            attached.prepare(self, &mut command, arguments);
        }
        command
    }

    /// Runs a command of Terraform to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments))
    }

    /// `terraform plan`; its exit code tells whether there are changes.
    pub(crate) fn plan(&self) -> Run {
        self.plan_with(&[])
    }

    /// The same with more flags, such as `-refresh=false` or `-parallelism=1`.
    pub(crate) fn plan_with(&self, flags: &[&str]) -> Run {
        self.run(&[&["plan", "-input=false", "-detailed-exitcode"], flags].concat())
    }

    /// `terraform plan` into a file.
    pub(crate) fn save_plan(&self, file: &str) -> Run {
        self.plan_with(&[&format!("-out={file}")])
    }

    /// `terraform apply` of a saved plan.
    pub(crate) fn apply_plan(&self, file: &str) -> Run {
        self.run(&["apply", "-input=false", file])
    }

    /// `terraform apply`, planned anew and approved.
    pub(crate) fn apply(&self) -> Run {
        self.apply_with(&[])
    }

    /// The same with more flags, such as `-refresh=false` or `-parallelism=1`.
    pub(crate) fn apply_with(&self, flags: &[&str]) -> Run {
        self.run(&[&["apply", "-input=false", "-auto-approve"], flags].concat())
    }

    /// `terraform apply` that replaces a resource, approved.
    pub(crate) fn apply_replacing(&self, address: &str) -> Run {
        self.apply_with(&[&format!("-replace={address}")])
    }

    /// `terraform destroy`, approved.
    pub(crate) fn destroy(&self) -> Run {
        self.run(&["destroy", "-input=false", "-auto-approve"])
    }

    /// `terraform taint`: the next apply replaces the resource.
    pub(crate) fn taint(&self, address: &str) -> Run {
        self.run(&["taint", address])
    }

    /// `terraform state rm`: the resource is forgotten, and nothing is asked of the provider.
    pub(crate) fn forget(&self, address: &str) -> Run {
        self.run(&["state", "rm", address])
    }

    /// `terraform test` of a file of its own with this text.
    pub(crate) fn test(&self, text: &str) -> Run {
        self.file("tests/it.tftest.hcl", text);
        self.run(&["test"])
    }

    /// `terraform import` of the one resource.
    pub(crate) fn import(&self) -> Run {
        self.run(&["import", "-input=false", ADDRESS, "deviceRegistrationPolicy"])
    }

    /// `terraform show -json` of the state, or of a plan's file.
    pub(crate) fn show(&self, file: Option<&str>) -> Value {
        let mut arguments = vec!["show", "-json"];
        arguments.extend(file);
        let run = self.run(&arguments);
        run.ok();
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error} in {}", run.stdout))
    }

    /// The state's file.
    pub(crate) fn state(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.join("terraform.tfstate")).expect("a state");
        serde_json::from_str(&text).expect("a state is JSON")
    }

    /// Edits the state's file, as another version of the provider or of the configuration would have left it.
    pub(crate) fn edit_state(&self, edit: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        edit(&mut state);
        self.file("terraform.tfstate", &state.to_string());
    }

    /// The attributes of the one managed resource in the state.
    #[track_caller]
    pub(crate) fn attributes(&self) -> Value {
        let state = self.state();
        let resources = state["resources"].as_array().expect("resources");
        let ours = resources
            .iter()
            .find(|resource| resource["mode"] == "managed" && resource["type"] == "autopilot_device_join_settings");
        let ours = ours.unwrap_or_else(|| panic!("no settings in the state: {state:#}"));
        ours["instances"][0]["attributes"].clone()
    }

    /// Whether this Terraform hands the private data of a plan to the plan of its apply (1.16 and later).
    pub(crate) fn hands_plans_over(&self) -> bool {
        let run = self.run(&["version", "-json"]);
        let version: Value = serde_json::from_str(&run.stdout).expect("a version");
        let tofu = run.command.contains("tofu");
        let text = version["terraform_version"].as_str().unwrap_or_default();
        let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        !tofu && number >= (1, 16)
    }

    /// Whether anything of ours is in the state.
    pub(crate) fn is_managed(&self) -> bool {
        let path = self.folder.join("terraform.tfstate");
        let instances = |resource: &Value| resource["instances"].as_array().is_some_and(|list| !list.is_empty());
        path.exists()
            && self.state()["resources"]
                .as_array()
                .is_some_and(|resources| resources.iter().any(instances))
    }
}

/// Takes the provider from where cargo built it, without an installation and without `terraform init`.
fn cli_config() -> String {
    let folder = Path::new(PROVIDER).parent().expect("the binary is in a folder");
    format!(
        "provider_installation {{\n  dev_overrides {{\n    \"autopilot-terraform/autopilot\" = {:?}\n  }}\n}}\n",
        folder.display().to_string()
    )
}
