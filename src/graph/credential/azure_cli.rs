//! The account that is signed in to the Azure CLI
//! (<https://learn.microsoft.com/cli/azure/account#az-account-get-access-token>).

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};

use super::{Asking, Issued, OnCloud, TokenSource};
use crate::graph::GraphError;
use crate::graph::error::{TokenError, aadsts};
use crate::graph::http::scrub;

/// The exit code of a shell that finds no such program.
const NOT_FOUND: i32 = 127;

/// Signs in with the Azure CLI.
#[derive(Clone, Debug, Default)]
pub struct AzureCli {
    /// The tenant that the configuration names; the CLI's default tenant otherwise.
    pub tenant_id: Option<String>,
    /// The other ways to sign in, and why each was passed over: the CLI is the last one.
    pub passed_over: Vec<String>,
}

#[async_trait]
impl TokenSource for OnCloud<AzureCli> {
    fn kind(&self) -> &'static str {
        "the Azure CLI"
    }

    async fn acquire(&self, _: &Asking<'_>) -> Result<Issued, GraphError> {
        self.acquire_with(Arc::new(Shell)).await
    }
}

impl OnCloud<AzureCli> {
    async fn acquire_with(&self, shell: Arc<dyn Executor>) -> Result<Issued, GraphError> {
        let observed = Arc::new(Observed {
            shell,
            failed: Mutex::new(None),
        });
        let options = AzureCliCredentialOptions {
            tenant_id: self.credential.tenant_id.clone(),
            executor: Some(observed.clone()),
            ..AzureCliCredentialOptions::default()
        };
        let scope = self.cloud.scope();
        let token = match AzureCliCredential::new(Some(options)) {
            Ok(credential) => credential.get_token(&[&scope], None).await,
            Err(error) => Err(error),
        };
        token.map(Issued::from).map_err(|error| {
            let failed = observed.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.explained(failed, &error)
        })
    }

    fn explained(&self, failed: Option<Failed>, error: &azure_core::Error) -> GraphError {
        let missing = matches!(failed, Some(Failed::NotFound));
        let said = match failed {
            Some(Failed::NotFound) => "the program `az` is not on PATH".to_owned(),
            Some(Failed::Refused(stderr)) => scrub(&stderr, &[]),
            None => scrub(&error.to_string(), &[]),
        };
        let tenant = self.credential.tenant_id.as_ref();
        let login = tenant.map_or_else(|| "az login".to_owned(), |tenant| format!("az login --tenant {tenant}"));
        let mut hint = match missing {
            true => format!("Install the Azure CLI and run `{login}`, or configure another way to sign in."),
            false => format!("Run `{login}`, or configure another way to sign in."),
        };
        if !self.credential.passed_over.is_empty() {
            hint.push_str(" The Azure CLI was asked because nothing else applies:\n  - ");
            hint.push_str(&self.credential.passed_over.join("\n  - "));
        }
        GraphError::Token(Box::new(TokenError {
            credential: self.kind().to_owned(),
            code: aadsts::code_in(&said),
            description: said,
            hint: Some(hint),
            ..TokenError::default()
        }))
    }
}

/// A reason why `az` gave no token.
#[derive(Debug)]
enum Failed {
    NotFound,
    Refused(String),
}

/// Runs programs and remembers how one failed, because azure_identity's own error is a text only.
#[derive(Debug)]
struct Observed {
    shell: Arc<dyn Executor>,
    failed: Mutex<Option<Failed>>,
}

#[async_trait]
impl Executor for Observed {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let output = self.shell.run(program, args).await?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            let missing = output.status.code() == Some(NOT_FOUND) || stderr.contains("is not recognized");
            let failed = if missing {
                Failed::NotFound
            } else {
                Failed::Refused(stderr)
            };
            *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed);
        }
        Ok(output)
    }
}

/// Runs programs that end with us and that cannot read what Terraform sends us.
#[derive(Debug)]
struct Shell;

#[async_trait]
impl Executor for Shell {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn()?;
        #[cfg(unix)]
        let group = Group::of(&child);
        let output = child.wait_with_output().await;
        #[cfg(unix)]
        group.ended();
        output
    }
}

/// A program and what it has started, which ends with it: the shell is not all that has to, the `az` in it is a script that
/// starts Python.
#[cfg(unix)]
#[derive(Debug)]
struct Group(Option<rustix::process::Pid>);

#[cfg(unix)]
impl Group {
    /// The group of a program that was started in one of its own.
    fn of(leader: &tokio::process::Child) -> Self {
        let id = leader.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(rustix::process::Pid::from_raw))
    }

    /// The program has ended by itself; what it left behind is its own affair.
    fn ended(mut self) {
        self.0 = None;
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0
            && let Err(error) = rustix::process::kill_process_group(group, rustix::process::Signal::KILL)
        {
            tracing::debug!(%error, "the Azure CLI was not ended");
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;
    use std::time::Duration;

    use super::*;
    use crate::graph::cloud::Cloud;

    /// An `az` of the test's making.
    #[derive(Debug)]
    struct Az {
        code: i32,
        stdout: &'static str,
        stderr: &'static str,
        ran: Mutex<String>,
    }

    #[async_trait]
    impl Executor for Az {
        async fn run(&self, _: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
            *self.ran.lock().unwrap() = args[1].to_str().unwrap().to_owned();
            Ok(Output {
                status: ExitStatus::from_raw(self.code << 8),
                stdout: self.stdout.as_bytes().to_vec(),
                stderr: self.stderr.as_bytes().to_vec(),
            })
        }
    }

    async fn run(code: i32, stdout: &'static str, stderr: &'static str) -> (Result<Issued, GraphError>, String) {
        let az = Arc::new(Az {
            code,
            stdout,
            stderr,
            ran: Mutex::default(),
        });
        let source = OnCloud {
            credential: AzureCli {
                tenant_id: Some("contoso.onmicrosoft.com".to_owned()),
                passed_over: vec!["a client secret: client_secret is not set".to_owned()],
            },
            cloud: Cloud::global().unwrap(),
        };
        let result = source.acquire_with(az.clone()).await;
        let ran = az.ran.lock().unwrap().clone();
        (result, ran)
    }

    #[tokio::test]
    async fn the_cli_is_asked_for_a_token_of_the_tenant() {
        let stdout = r#"{"accessToken":"the-token","expiresOn":"2100-01-01 00:00:00.000000","expires_on":4102444800,"tokenType":"Bearer"}"#;
        let (issued, ran) = run(0, stdout, "").await;
        assert_eq!(issued.unwrap().token.expose(), "the-token");
        assert!(
            ran.ends_with(
                "az account get-access-token -o json --scope https://graph.microsoft.com/.default --tenant \
                 contoso.onmicrosoft.com"
            ),
            "{ran}"
        );
    }

    #[tokio::test]
    async fn what_the_cli_says_is_told_with_what_was_passed_over() {
        for (code, stderr, part) in [
            (
                1,
                "ERROR: Please run 'az login' to setup account.",
                "the Azure CLI failed: ERROR: Please run 'az login'",
            ),
            (127, "sh: 1: az: not found", "the program `az` is not on PATH"),
            (
                1,
                "ERROR: AADSTS53003: Access has been blocked by Conditional Access.",
                "AADSTS53003",
            ),
            (0, "", "Signing in with the Azure CLI failed"),
        ] {
            let (result, _) = run(code, "not json", stderr).await;
            let error = result.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            let advice = error.advice();
            if part == "AADSTS53003" {
                assert!(advice.contains("Conditional Access policy"), "{advice}");
            } else {
                assert!(
                    advice.contains("un `az login --tenant contoso.onmicrosoft.com`"),
                    "{advice}"
                );
                assert!(
                    advice.ends_with("nothing else applies:\n  - a client secret: client_secret is not set"),
                    "{advice}"
                );
            }
        }
    }

    #[tokio::test]
    async fn programs_are_run_without_our_input() {
        let arguments = ["-c", "cat; echo done"].map(OsStr::new);
        let output = Shell.run(OsStr::new("/bin/sh"), &arguments).await.unwrap();
        assert_eq!(output.stdout, b"done\n");
    }

    /// A program that another one has started, as the shell does `az`, and `az` Python.
    #[tokio::test]
    async fn what_a_program_has_started_ends_with_us() {
        let ticks = tempfile::NamedTempFile::new().unwrap();
        let count = || std::fs::metadata(ticks.path()).unwrap().len();
        let inner = format!("while :; do echo >> {}; sleep 0.02; done", ticks.path().display());
        let outer = format!("/bin/sh -c '{inner}'; true");
        let arguments = ["-c", outer.as_str()].map(OsStr::new);
        let pause = || tokio::time::sleep(Duration::from_millis(200));
        {
            let running = Shell.run(OsStr::new("/bin/sh"), &arguments);
            tokio::pin!(running);
            while count() < 3 {
                let ended = tokio::time::timeout(Duration::from_millis(20), &mut running).await;
                assert!(ended.is_err(), "it runs until it is ended");
            }
        }
        pause().await;
        let then = count();
        pause().await;
        assert_eq!(count(), then);
    }

    #[tokio::test]
    async fn what_a_program_has_left_behind_when_it_ended_goes_on() {
        let left = tempfile::NamedTempFile::new().unwrap();
        let script = format!("(sleep 0.2; echo done > {}) > /dev/null 2>&1 &", left.path().display());
        let arguments = ["-c", script.as_str()].map(OsStr::new);
        Shell.run(OsStr::new("/bin/sh"), &arguments).await.unwrap();
        for _ in 0..100 {
            if std::fs::read(left.path()).unwrap() == b"done\n" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it was ended");
    }
}
