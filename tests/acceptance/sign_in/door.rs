//! A tenant and a folder, prepared for one credential. Every command that is run here is searched for secrets.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;

use graph_emulator::Config;

use crate::secrets::token_in;
use crate::support::redact::errors;
use crate::support::run::Run;
use crate::support::{Lab, Workspace};

/// Ids that messages name.
pub(super) const IDENTITIES: [[&str; 2]; 2] = [
    [
        "a0a0a0a0-1111-4111-8111-0000000000a1",
        "a0a0a0a0-2222-4222-8222-0000000000a2",
    ],
    [
        "b0b0b0b0-1111-4111-8111-0000000000b1",
        "b0b0b0b0-2222-4222-8222-0000000000b2",
    ],
];
const CONNECTION: &str = "5e41d0c2-3333-4333-8333-00000000c0c0";

/// Parts of a secret that are shorter than this say nothing.
const TELLING: usize = 16;

/// The configuration that reads the policy.
const READS: &str = "provider \"autopilot\" {}\ndata \"autopilot_device_join_settings\" \"now\" {}\noutput \"quota\" {\n  value = \
                     data.autopilot_device_join_settings.now.user_device_quota\n}";

pub(crate) struct Door {
    pub(crate) lab: Lab,
    pub(crate) workspace: Workspace,
    secrets: RefCell<Vec<String>>,
    runs: Cell<u32>,
}

impl Door {
    /// Without a credential. The configuration reads the policy.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// The same, in a tenant that is configured otherwise.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::hardened();
        let around = &mut config.surroundings;
        CONNECTION.clone_into(&mut around.service_connection_id);
        for (identity, [client, object]) in around.identities.iter_mut().zip(IDENTITIES) {
            client.clone_into(&mut identity.client_id);
            object.clone_into(&mut identity.object_id);
        }
        change(&mut config);
        let lab = Lab::new(config);
        lab.config(READS);
        let workspace = lab.without_env(&["ARM_CLIENT_SECRET"]);
        // The secret of the application exists in any case.
        let secrets = RefCell::new(vec![lab.tenant.client_secret()]);
        Self {
            lab,
            workspace,
            secrets,
            runs: Cell::new(0),
        }
    }

    /// Sets an environment variable.
    pub(crate) fn env(&mut self, name: &'static str, value: &str) {
        self.workspace = self.workspace.with_env(name, value);
    }

    /// Takes environment variables away.
    pub(crate) fn without(&mut self, names: &[&str]) {
        self.workspace = self.workspace.without_env(names);
    }

    /// Sets an environment variable to something that nobody may see.
    pub(crate) fn secret(&mut self, name: &'static str, value: &str) {
        self.hide(value);
        self.env(name, value);
    }

    /// Writes something that nobody may see into a file, and names the file in an environment variable.
    pub(crate) fn secret_file(&mut self, name: &'static str, file: &str, text: &str) {
        self.hide(text);
        self.binary_file(name, file, text.as_bytes());
    }

    /// Writes a file, and names it in an environment variable.
    pub(crate) fn binary_file(&mut self, name: &'static str, file: &str, bytes: &[u8]) {
        let path = self.path(file);
        std::fs::write(&path, bytes).unwrap();
        self.env(name, &path.display().to_string());
    }

    /// A file outside of the folder with the configuration.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.lab.root().join(file)
    }

    /// Nothing may show this from now on, nor a telling part of it.
    pub(crate) fn hide(&self, text: &str) {
        let mut secrets = self.secrets.borrow_mut();
        secrets.push(text.trim().to_owned());
        let certificate = text.split("-----BEGIN CERTIFICATE-----").next().unwrap_or_default();
        let parts = certificate.lines().flat_map(|line| line.split('.'));
        let telling = parts.filter(|part| part.len() >= TELLING && !part.starts_with("-----"));
        secrets.extend(telling.map(|part| part.trim().to_owned()));
    }

    /// Puts the emulated Azure CLI first on PATH.
    pub(crate) fn install_az(&mut self) {
        let folder = self.path("bin");
        std::fs::create_dir_all(&folder).unwrap();
        self.lab.tenant.install_az(&folder).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        self.env("PATH", &format!("{}:{path}", folder.display()));
    }

    /// Runs a command of Terraform with everything logged, and searches what it printed and logged.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.runs.set(self.runs.get() + 1);
        let log = self.path(&format!("trace-{}.log", self.runs.get()));
        let loud = self
            .workspace
            .with_env("TF_LOG", "TRACE")
            .with_env("TF_LOG_PATH", &log.display().to_string());
        let run = loud.run(arguments);
        self.is_clean("the output", &run.output);
        let log = self.log();
        assert!(log.contains("[TRACE]"), "there is a log");
        self.is_clean("the log", &log);
        run
    }

    /// The log of the last command.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path(&format!("trace-{}.log", self.runs.get()))).unwrap()
    }

    /// `terraform plan`.
    #[track_caller]
    pub(crate) fn plan(&self) -> Run {
        self.run(&["plan", "-input=false", "-detailed-exitcode"])
    }

    /// A plan that is refused: its errors, without what differs between two runs.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let run = self.plan();
        run.refused();
        errors(&self.lab, &run)
    }

    /// `terraform apply`, planned anew and approved.
    #[track_caller]
    pub(crate) fn apply(&self) -> Run {
        self.run(&["apply", "-input=false", "-auto-approve"])
    }

    /// All files that Terraform and the provider wrote are without secrets, plans as they are shown.
    #[track_caller]
    pub(crate) fn files_are_clean(&self) {
        let plan = self.workspace.show(Some("saved.plan")).to_string();
        self.is_clean("the plan", &plan);
        for entry in std::fs::read_dir(&self.workspace.folder).unwrap() {
            let path = entry.unwrap().path();
            if let Ok(bytes) = std::fs::read(&path) {
                self.is_clean(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
            }
        }
    }

    #[track_caller]
    pub(crate) fn is_clean(&self, what: &str, text: &str) {
        for secret in self.secrets.borrow().iter() {
            assert!(
                !text.contains(secret),
                "{what} holds a secret: {}",
                around(text, secret)
            );
        }
        assert_eq!(token_in(text), None, "{what} holds a token");
        assert!(!text.contains("PRIVATE KEY"), "{what} holds a key");
    }
}

/// Where a secret shows, for whoever has to find out why.
fn around<'a>(text: &'a str, secret: &str) -> &'a str {
    text.lines().find(|line| line.contains(secret)).unwrap_or(text)
}
