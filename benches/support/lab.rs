//! Terraform in a folder, with an emulated tenant.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use graph_emulator::{Config, Emulator};
use tempfile::TempDir;

use super::Result;

/// Where systems keep the certificate authorities that they trust.
const ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A tenant and a folder with a configuration for it.
pub(crate) struct Lab {
    tenant: Arc<Emulator>,
    folder: TempDir,
    terraform: OsString,
}

/// What a command of Terraform took.
pub(crate) struct Took {
    pub(crate) time: Duration,
    /// HTTP requests meanwhile, for tokens too. Another process's are among them.
    pub(crate) requests: usize,
    /// Those of them that were for the policy.
    pub(crate) policy_requests: usize,
}

impl Lab {
    /// `provider` is the binary that Terraform starts.
    pub(crate) fn new(tenant: Config, provider: &Path, configuration: &str) -> Result<Self> {
        Self::of(Arc::new(Emulator::start_blocking(tenant)?), provider, configuration)
    }

    /// Another folder with a state of its own, for the same tenant.
    pub(crate) fn beside(&self, provider: &Path, configuration: &str) -> Result<Self> {
        Self::of(Arc::clone(&self.tenant), provider, configuration)
    }

    /// A folder whose configuration needs no provider but the one that is built into Terraform.
    pub(crate) fn without_provider(configuration: &str) -> Result<Self> {
        let tenant = Arc::new(Emulator::start_blocking(Config::default())?);
        let lab = Self::prepared(tenant, "", configuration)?;
        lab.run(&["init", "-input=false", "-no-color"], 0)?;
        Ok(lab)
    }

    fn of(tenant: Arc<Emulator>, provider: &Path, configuration: &str) -> Result<Self> {
        Self::prepared(tenant, &overrides(provider)?, configuration)
    }

    fn prepared(tenant: Arc<Emulator>, settings: &str, configuration: &str) -> Result<Self> {
        let folder = TempDir::with_prefix("bench-")?;
        fs::write(folder.path().join("main.tf"), configuration)?;
        fs::write(folder.path().join("terraformrc"), settings)?;
        tenant.write_ca(folder.path().join("ca.pem"))?;
        trust_more(&folder.path().join("ca.pem"))?;
        Ok(Self {
            tenant,
            folder,
            terraform: terraform()?,
        })
    }

    /// Starts a command of Terraform; its output goes to the file `output`.
    pub(crate) fn start(&self, arguments: &[&str]) -> Result<Child> {
        let output = fs::File::create(self.folder.path().join("output"))?;
        let mut command = Command::new(&self.terraform);
        for (name, _) in std::env::vars_os() {
            let foreign = name.to_string_lossy();
            if ["ARM_", "AUTOPILOT_", "AZURE_", "TF_"]
                .iter()
                .any(|prefix| foreign.starts_with(prefix))
            {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("AUTOPILOT_GRAPH_ENDPOINT", self.tenant.graph_url())
            .env("AZURE_AUTHORITY_HOST", self.tenant.authority_url())
            .env("ARM_TENANT_ID", self.tenant.tenant_id())
            .env("ARM_CLIENT_ID", self.tenant.client_id())
            .env("ARM_CLIENT_SECRET", self.tenant.client_secret())
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("terraformrc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        Ok(command.spawn()?)
    }

    /// Runs a command of Terraform to its end, which has to be with this exit code.
    pub(crate) fn run(&self, arguments: &[&str], code: i32) -> Result<Took> {
        self.tenant.clear_requests();
        let begun = Instant::now();
        let status = self.start(arguments)?.wait()?;
        let time = begun.elapsed();
        if status.code() != Some(code) {
            return Err(format!(
                "terraform {} ended with {status}:\n{}",
                arguments.join(" "),
                self.output()
            )
            .into());
        }
        let of_policy = self.tenant.graph_requests();
        let of_policy = of_policy
            .iter()
            .filter(|request| request.path.ends_with("/deviceRegistrationPolicy"));
        Ok(Took {
            time,
            requests: self.tenant.requests().len(),
            policy_requests: of_policy.count(),
        })
    }

    /// The tenant.
    pub(crate) fn tenant(&self) -> &Emulator {
        &self.tenant
    }

    /// What the last command printed.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }
}

/// Has Terraform use the binary where it is, without an installation.
fn overrides(provider: &Path) -> Result<String> {
    let folder = provider
        .canonicalize()?
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default();
    let folder = serde_json::to_string(&folder.to_string_lossy())?;
    Ok(format!(
        "provider_installation {{\n  dev_overrides {{\n    \"autopilot-terraform/autopilot\" = {folder}\n  }}\n}}\n"
    ))
}

/// Adds the certificate authorities of this system to the emulator's, because a provider of a real tenant loads them
/// all.
fn trust_more(file: &Path) -> Result<()> {
    if let Some(roots) = ROOTS.iter().find_map(|path| fs::read(path).ok()) {
        let mut all = fs::read(file)?;
        all.push(b'\n');
        all.extend(roots);
        fs::write(file, all)?;
    }
    Ok(())
}

/// Terraform, or OpenTofu; `TERRAFORM` may name another program.
fn terraform() -> Result<OsString> {
    let named = std::env::var_os("TERRAFORM");
    let known = ["terraform", "tofu"].map(OsString::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = |program: &OsString| folders.iter().any(|folder| folder.join(program).is_file());
    let mut candidates = named.into_iter().chain(known);
    candidates
        .find(found)
        .ok_or_else(|| "neither terraform nor tofu is on the PATH".into())
}
