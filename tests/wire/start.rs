//! How the process starts: the handshake, and the flags.

use std::collections::HashMap;

use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixStream;

use crate::harness::{COOKIE, Caller, Outcome, Plugin, binary, channel_over, outcome};

#[tokio::test]
async fn the_first_line_is_the_handshake() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = binary();
    command
        .env("PLUGIN_UNIX_SOCKET_DIR", directory.path())
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "6,5");
    command.env("PLUGIN_CLIENT_CERT", Caller::new().pem);
    command.stdout(std::process::Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("1|6|unix|/") && line.ends_with('\n'), "{line}");
}

#[tokio::test]
async fn the_line_has_the_parts_that_terraform_reads() {
    let plugin = Plugin::start(binary()).await;
    let parts = plugin.parts();
    assert_eq!(parts.len(), 6);
    assert_eq!([parts[0], parts[1], parts[2], parts[4]], ["1", "6", "unix", "grpc"]);
    assert!(parts[5].len() > 50 && !parts[5].contains('='), "{}", parts[5]);
    assert_eq!(plugin.certificate().first(), Some(&0x30), "DER begins with a sequence");
}

#[tokio::test]
async fn multiplexing_is_declined_when_asked_for() {
    let mut command = binary();
    command.env("PLUGIN_MULTIPLEX_GRPC", "true");
    let plugin = Plugin::start(command).await;
    assert_eq!(plugin.parts()[6..], ["false"]);
}

#[tokio::test]
async fn nothing_but_terraform_is_served() {
    for cookie in ["", "wrong"] {
        let Outcome { code, stdout, stderr } = outcome(&[], &[("TF_PLUGIN_MAGIC_COOKIE", cookie)]).await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(stderr.contains("Terraform or OpenTofu starts it"), "{stderr}");
    }
}

#[tokio::test]
async fn what_cannot_work_is_said_and_ends_the_process() {
    let cookie = ("TF_PLUGIN_MAGIC_COOKIE", COOKIE);
    let table = [
        (("PLUGIN_PROTOCOL_VERSIONS", "4,5"), "protocol versions 4,5"),
        (("PLUGIN_CLIENT_CERT", "no certificate"), "PLUGIN_CLIENT_CERT"),
        (
            ("PLUGIN_UNIX_SOCKET_DIR", "/missing/directory"),
            "PLUGIN_UNIX_SOCKET_DIR",
        ),
        (("PLUGIN_UNIX_SOCKET_GROUP", "no such group"), "no such group"),
        (("PLUGIN_MIN_PORT", "x"), "PLUGIN_MIN_PORT"),
    ];
    for (variable, expected) in table {
        let Outcome { code, stdout, stderr } = outcome(&[], &[cookie, variable]).await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{expected}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[tokio::test]
async fn flags_print_and_end() {
    let none: &[(&str, &str)] = &[];
    let version = outcome(&["--version"], none).await;
    let expected = format!("terraform-provider-autopilot v{}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.code, version.stdout), (Some(0), expected));
    let help = outcome(&["--help"], none).await;
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("--debug"));
    let unknown = outcome(&["--serve"], none).await;
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert!(unknown.stderr.contains("--serve"));
}

#[tokio::test]
async fn debugging_prints_what_terraform_needs_to_attach() {
    for flag in ["-debug", "--debug"] {
        let mut command = binary();
        command
            .arg(flag)
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let json = loop {
            let line = stdout
                .next_line()
                .await
                .unwrap()
                .expect("the variable should be printed");
            if let Some((_, rest)) = line.split_once("TF_REATTACH_PROVIDERS='") {
                break rest.trim_end_matches('\'').to_owned();
            }
        };
        let providers: HashMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
        let provider = &providers["registry.terraform.io/autopilot-terraform/autopilot"];
        assert_eq!(provider["Protocol"], "grpc");
        assert_eq!(provider["ProtocolVersion"], 6);
        assert_eq!(provider["Pid"], child.id().unwrap());
        assert_eq!(provider["Test"], true);
        assert_eq!(provider["Addr"]["Network"], "unix");
        let socket = provider["Addr"]["String"].as_str().unwrap();
        let channel = channel_over(UnixStream::connect(socket).await.unwrap()).await.unwrap();
        let mut client = tf::provider_client::ProviderClient::new(channel);
        let schema = client
            .get_provider_schema(tf::get_provider_schema::Request {})
            .await
            .unwrap();
        assert!(schema.into_inner().provider.is_some());

        // An interrupt is how a developer ends it.
        let pid = child.id().unwrap().to_string();
        tokio::process::Command::new("kill")
            .args(["-s", "INT", &pid])
            .status()
            .await
            .unwrap();
        assert!(child.wait().await.unwrap().success());
        assert!(!std::path::Path::new(socket).exists());
    }
}
