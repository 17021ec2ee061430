//! The process under test, and how it is started.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use graph_emulator::Emulator;
use serde_json::{Value, json};
use terraform_provider_autopilot::data_sources::device_join_eligibility::{DeviceJoinEligibility, EligibilityState};
use terraform_provider_autopilot::graph::client::ClientOptions;
use terraform_provider_autopilot::graph::credential::ClientSecret;
use terraform_provider_autopilot::graph::directory::{Asked, Found, Kind};
use terraform_provider_autopilot::graph::policy::ObjectId;
use terraform_provider_autopilot::graph::{Cloud, CredentialConfig, Deadline, GraphClient, Secret};
use terraform_provider_autopilot::members::MemberChecks;
use terraform_provider_autopilot::ownership::Ownership;
use terraform_provider_autopilot::session::{Ready, Session};
use tf_provider::{DataSource, Diagnostics};

/// The beginning of every line meant for the test: the test harness prints too.
const MARK: &str = "answer: ";

/// A client in another process.
pub(crate) struct Client {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Client {
    pub(crate) fn of(tenant: &Emulator, folder: &std::path::Path) -> Self {
        let ca = folder.join("ca.pem");
        tenant.write_ca(&ca).unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "child::child",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("CHILD_GRAPH", tenant.graph_url())
            .env("CHILD_AUTHORITY", tenant.authority_url())
            .env("CHILD_TENANT", tenant.tenant_id())
            .env("CHILD_CLIENT", tenant.client_id())
            .env("CHILD_SECRET", tenant.client_secret())
            .env("SSL_CERT_FILE", ca)
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            questions,
            answers,
        }
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.questions, "{question}").unwrap();
        loop {
            let mut line = String::new();
            assert_ne!(self.answers.read_line(&mut line).unwrap(), 0, "the client has ended");
            if let Some(at) = line.find(MARK) {
                return serde_json::from_str(&line[at + MARK.len()..]).unwrap();
            }
        }
    }

    /// Looks ids up.
    pub(crate) fn verify(&mut self, kind: Option<&str>, ids: &[String]) -> Vec<Value> {
        let answer = self.ask(&json!({"verify": ids, "kind": kind}));
        answer.as_array().unwrap().clone()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers questions until there are no more.
#[tokio::test]
#[ignore = "run by the other tests, in a process of its own"]
async fn child() {
    if std::env::var_os("CHILD_GRAPH").is_none() {
        return; // Run by hand, with all the ignored tests.
    }
    let client = client();
    for line in std::io::stdin().lines() {
        let question: Value = serde_json::from_str(&line.unwrap()).unwrap();
        // Each question finds a process that knows nothing yet.
        let ready = Ready::new(&client, None, MemberChecks::Error, Ownership::default());
        let answer = match question["user"].as_str() {
            Some(user) => eligibility(ready, user).await,
            None => verify(ready, &question).await,
        };
        println!("{MARK}{answer}");
    }
}

fn client() -> GraphClient {
    let variable = |name| std::env::var(name).unwrap();
    let cloud = Cloud::global()
        .and_then(|cloud| cloud.with_graph_endpoint(&variable("CHILD_GRAPH")))
        .and_then(|cloud| cloud.with_authority_host(&variable("CHILD_AUTHORITY")))
        .unwrap();
    let credential = CredentialConfig::ClientSecret(ClientSecret {
        tenant_id: variable("CHILD_TENANT"),
        client_id: variable("CHILD_CLIENT"),
        secret: Secret::new(variable("CHILD_SECRET")),
    });
    let mut options = ClientOptions::new(cloud, credential);
    options.retry.base = Duration::from_millis(5);
    options.retry.floor = Duration::from_millis(5);
    GraphClient::new(options).unwrap()
}

async fn eligibility(ready: Ready, user: &str) -> Value {
    let session = Session::default();
    session.configure(ready);
    let config = EligibilityState {
        user: tf_provider::value::Value::Value(user.to_owned()),
        ..EligibilityState::default()
    };
    let mut diags = Diagnostics::default();
    let source = DeviceJoinEligibility::new(session);
    let state = source.read(&mut diags, config, tf_provider::value::Value::Null).await;
    let texts = |list: &[tf_provider::Diagnostic]| -> Vec<String> {
        list.iter()
            .map(|one| format!("{}: {}", one.summary, one.detail))
            .collect()
    };
    json!({"state": state, "errors": texts(&diags.errors), "warnings": texts(&diags.warnings)})
}

async fn verify(ready: Ready, question: &Value) -> Value {
    let kind = question["kind"].as_str().and_then(Kind::parse);
    let ids = question["verify"].as_array().unwrap();
    let asked: Vec<_> = ids
        .iter()
        .map(|id| Asked {
            id: ObjectId::from_graph(id.as_str().unwrap()),
            kind,
        })
        .collect();
    let found = ready
        .directory
        .verify(&asked, &Deadline::after(Duration::from_secs(20)))
        .await;
    let words = found.into_iter().map(|found| match found {
        Ok(Found::User { guest }) => json!(if guest { "guest" } else { "user" }),
        Ok(Found::Group { users }) => json!(users),
        Ok(Found::EmptyGroup(group)) => json!(group.in_words()),
        Ok(Found::Missing) => json!("missing"),
        Ok(Found::Denied(denied)) => json!(format!("denied: {} ({})", denied.needs.doing, denied.error.advice())),
        Err(error) => json!(format!("error: {error}")),
    });
    words.collect()
}
