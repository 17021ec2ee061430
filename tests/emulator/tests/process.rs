//! The emulator as a process: its ready line, its state file, its end.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod client;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use client::json;
use serde_json::{Value, json};

struct Process {
    child: Child,
    ready: Value,
}

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_graph-emulator"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap();
        Self { child, ready }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["control_url"].as_str().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn keeps_its_state_and_ends_with_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (state, ca) = (path("state.json"), path("ca.pem"));
    let arguments = [
        "--seed=hardened",
        "--state",
        &state,
        "--ca",
        &ca,
        "--until-stdin-closes",
    ];
    let http = reqwest::Client::builder().no_proxy().build().unwrap();

    let mut first = Process::start(&arguments);
    assert_eq!(first.ready["ca_path"], ca);
    assert!(std::fs::read_to_string(&ca).unwrap().contains("BEGIN CERTIFICATE"));
    for name in ["graph_url", "authority_url", "tenant_id", "client_id", "client_secret"] {
        assert!(first.ready[name].is_string(), "{name}");
    }
    let patch = http
        .patch(first.url("/policy"))
        .header("content-type", "application/json");
    patch
        .body(json!({"userDeviceQuota": 33}).to_string())
        .send()
        .await
        .unwrap();
    drop(first.child.stdin.take());
    assert!(first.child.wait().unwrap().success());

    let second = Process::start(&arguments);
    let policy = json(http.get(second.url("/policy")).send().await.unwrap()).await;
    assert_eq!(policy["userDeviceQuota"], 33);
    assert!(Path::new(&state).exists());
}

#[cfg(unix)]
#[test]
fn ends_cleanly_when_told_to() {
    for signal in ["-TERM", "-INT"] {
        let mut process = Process::start(&[]);
        let id = process.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert!(process.child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn says_what_is_wrong_with_its_flags_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    std::fs::write(&state, "[]").unwrap();
    let state = format!("--state={}", state.display());
    for (argument, expected) in [
        ("--nope", "unknown flag --nope"),
        (state.as_str(), "is not an emulator's state"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_graph-emulator"))
            .arg(argument)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(expected), "{text}");
    }
}
