//! One case, from a tenant that Terraform has never seen to the operation that is disturbed.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use graph_emulator::{Effect, Fault, Latency, Request, Rule, Switches};
use serde_json::Value;

use super::cases::{self, Case, Disturbance, Moment, Operation};
use super::verdict::{Outcome, judge};
use crate::support::processes::{plugins, signal, within};
use crate::support::run::Run;
use crate::support::tenant::{A, B, POLICY, Tenant};
use crate::support::{ADDRESS, Lab};

/// Latencies in milliseconds that make each moment wide enough to be met.
const READ: u64 = 200;
const WRITE: u64 = 600;

/// The longest time until a disturbed command must have ended.
const LIMIT: Duration = Duration::from_secs(90);

const LOCK: &str = ".terraform.tfstate.lock.info";

/// A case while it is played.
pub(super) struct Scene {
    pub(super) case: Case,
    pub(super) lab: Lab,
    /// The policy before the first apply.
    pub(super) original: Value,
}

/// Plays a case of an operation that takes so long when it is undisturbed.
pub(super) fn play(case: Case, duration: Duration) -> Outcome {
    let lab = Lab::hardened();
    let original = lab.tenant.policy();
    let scene = Scene { case, lab, original };
    scene.prepare();
    let (run, took) = scene.disturbed(duration);
    scene.clean_up();
    judge(&scene, &run, took)
}

impl Scene {
    /// Makes the plan of the operation.
    fn prepare(&self) {
        let lab = &self.lab;
        if self.case.operation != Operation::Create {
            self.configure(false);
            lab.apply().ok();
        }
        self.configure(self.changes());
        if self.case.operation == Operation::ReplaceTainted {
            lab.taint(ADDRESS).ok();
        }
        let replace = format!("-replace={ADDRESS}");
        let flags: &[&str] = match self.case.operation {
            Operation::Replace => &["-out=torture.plan", &replace],
            Operation::Destroy => &["-out=torture.plan", "-destroy"],
            _ => &["-out=torture.plan"],
        };
        lab.plan_with(flags).changes();
    }

    /// Whether the operation changes the configuration, which then names a setting more.
    pub(super) fn changes(&self) -> bool {
        !matches!(self.case.operation, Operation::Create | Operation::Destroy)
    }

    /// Whether the changed configuration drops the lists. A kill would lose the original of the one that is not named.
    pub(super) fn widens(&self) -> bool {
        self.changes() && !self.case.disturbance.may_lose_the_answer()
    }

    /// Writes the first configuration, or the changed one. The users of the list are not named.
    fn configure(&self, changed: bool) {
        let selected = |groups: &str| format!("{{\n  scope = \"selected\"\n  groups = [{groups}]\n}}");
        let (quota, join, more) = match changed {
            false => (20, selected(&format!("\"{A}\"")), ""),
            true if self.widens() => (
                30,
                "{ scope = \"all\" }".to_owned(),
                "multi_factor_auth_required = false",
            ),
            true => (
                30,
                selected(&format!("\"{A}\", \"{B}\"")),
                "multi_factor_auth_required = false",
            ),
        };
        // The patience with stale reads is 30 s.
        let limit = match self.case.disturbance {
            Disturbance::StaleForLong => "2m",
            _ => "6s",
        };
        self.lab.settings(&format!(
            "user_device_quota = {quota}\nlocal_admin_password_enabled = false\n{more}\nallowed_to_join = \
             {join}\non_destroy = \"restore\"\ntimeouts = {{\n  create = \"{limit}\"\n  update = \"{limit}\"\n  \
             delete = \"{limit}\"\n}}"
        ));
    }

    /// Applies the plan and disturbs it. What Terraform said, and the time between its first request and its end.
    fn disturbed(&self, duration: Duration) -> (Run, Duration) {
        let tenant = &self.lab.tenant;
        tenant.clear_requests();
        let rule = |method: &str, millis| Rule {
            pattern: Fault::new(Effect::Reset).method(method).path(POLICY).pattern,
            millis,
        };
        tenant.set_latency(Latency {
            millis: 0,
            rules: vec![rule("GET", READ), rule("PUT", WRITE)],
        });
        match self.case.disturbance {
            Disturbance::Read(fault) => self.inject(fault),
            Disturbance::Stale | Disturbance::StaleForLong => tenant.set_switches(Switches {
                stale_millis: 1_000_000,
                ..Switches::default()
            }),
            _ => {}
        }
        let mut terraform = Terraform::start(&self.lab);
        terraform.wait_for(|| !tenant.graph_requests().is_empty());
        let begun = Instant::now();
        self.wait_for_moment(&mut terraform, duration);
        if !terraform.has_ended() {
            self.disturb(&mut terraform);
        }
        terraform.wait_for(|| false);
        (terraform.said(), begun.elapsed())
    }

    fn wait_for_moment(&self, terraform: &mut Terraform, duration: Duration) {
        let tenant = &self.lab.tenant;
        let writes = tenant.writes().len();
        let policy = |request: &Request| request.path.ends_with("deviceRegistrationPolicy");
        let requests = || tenant.graph_requests().into_iter().filter(policy).collect::<Vec<_>>();
        let read_back = || {
            let after = requests().into_iter().skip_while(|request| request.method != "PUT");
            after.into_iter().find(|request| request.method == "GET")
        };
        let reached = match self.case.moment {
            Moment::Start => true,
            Moment::Read => terraform.wait_for(|| !requests().is_empty()),
            Moment::BeforeWrite => terraform.wait_for(|| tenant.puts() > 0),
            Moment::AfterWrite => terraform.wait_for(|| tenant.writes().len() > writes),
            Moment::BeforeReadBack => terraform.wait_for(|| read_back().is_some()),
            Moment::AfterReadBack => terraform.wait_for(|| read_back().is_some_and(|request| request.status.is_some())),
            Moment::Share(percent) => {
                let end = Instant::now() + duration * percent / 100;
                terraform.wait_for(|| Instant::now() >= end);
                true
            }
        };
        assert!(reached, "the moment never came:\n{}", terraform.said().output);
    }

    fn disturb(&self, terraform: &mut Terraform) {
        match self.case.disturbance {
            Disturbance::None | Disturbance::Read(_) | Disturbance::Stale | Disturbance::StaleForLong => {}
            Disturbance::KillPlugin => {
                for plugin in plugins(&self.lab) {
                    // One that has just ended by itself is no failure.
                    let _ = Command::new("kill").args(["-KILL", &plugin.to_string()]).output();
                }
            }
            Disturbance::KillTerraform => signal("KILL", terraform.process.id(), false),
            Disturbance::Interrupt => signal("INT", terraform.process.id(), true),
            Disturbance::InterruptTwice => {
                signal("INT", terraform.process.id(), true);
                // Two at once would count as one.
                std::thread::sleep(Duration::from_millis(50));
                if !terraform.has_ended() {
                    signal("INT", terraform.process.id(), true);
                }
            }
            Disturbance::ReadBack(fault) => self.inject(fault),
        }
    }

    /// Spoils every read from now on.
    fn inject(&self, fault: cases::Fault) {
        let effect = match fault {
            cases::Fault::Error => Effect::status(500),
            cases::Fault::Forbidden => Effect::status(403),
            cases::Fault::Html => Effect::Html { status: 200 },
            cases::Fault::Truncated => Effect::Truncated,
        };
        self.lab
            .tenant
            .inject(Fault::new(effect).method("GET").path(POLICY).times(0));
    }

    /// Ends the disturbance, and does what an administrator would do before the next plan.
    fn clean_up(&self) {
        let (lab, tenant) = (&self.lab, &self.lab.tenant);
        let ended = within(Duration::from_secs(10), || plugins(lab).is_empty());
        assert!(ended, "plugins outlive Terraform: {:?}", plugins(lab));
        if tenant.graph_requests().iter().any(|request| request.status.is_none()) {
            // A request without an answer may still take effect.
            std::thread::sleep(Duration::from_millis(WRITE));
        }
        tenant.set_latency(Latency::default());
        tenant.clear_faults();
        tenant.set_switches(Switches::default());
        // Replicas that lag behind go with what they lag behind.
        tenant.set_policy(tenant.policy());
        let _ = std::fs::remove_file(lab.folder.join(LOCK));
        let state = lab.folder.join("terraform.tfstate");
        let text = std::fs::read_to_string(&state).unwrap_or_else(|_| "{}".to_owned());
        if serde_json::from_str::<Value>(&text).is_err() {
            // Terraform was killed while it wrote: its own backup is the one before.
            let backup = lab.folder.join("terraform.tfstate.backup");
            let _ = std::fs::rename(backup, &state).or_else(|_| std::fs::remove_file(&state));
        }
    }
}

/// `terraform apply` of the plan, in a process group of its own, as a shell starts it.
struct Terraform {
    process: Child,
    ended: Option<std::process::ExitStatus>,
    output: std::path::PathBuf,
}

impl Terraform {
    fn start(lab: &Lab) -> Self {
        let output = lab.root().join("output");
        let file = File::create(&output).expect("a file for the output");
        let mut command = lab.command(&["apply", "-input=false", "torture.plan"]);
        command
            .process_group(0)
            .stdin(Stdio::null())
            .stderr(file.try_clone().expect("the file twice"))
            .stdout(file);
        Self {
            process: command.spawn().expect("Terraform starts"),
            ended: None,
            output,
        }
    }

    fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.process.try_wait().expect("Terraform is our child");
        }
        self.ended.is_some()
    }

    /// Waits until a condition holds, or Terraform has ended. Whether the condition holds.
    fn wait_for(&mut self, mut holds: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        loop {
            // The end is looked for first: what it did last is seen then.
            let ended = self.has_ended();
            if holds() || ended {
                return holds();
            }
            if begun.elapsed() > LIMIT {
                let _ = self.process.kill();
                panic!("Terraform does not end:\n{}", self.said().output);
            }
            std::thread::sleep(Duration::from_millis(3));
        }
    }

    fn said(&self) -> Run {
        let output = Output {
            status: self.ended.unwrap_or_default(),
            stdout: std::fs::read(&self.output).unwrap_or_default(),
            stderr: Vec::new(),
        };
        Run::ended("terraform apply torture.plan".to_owned(), output)
    }
}
