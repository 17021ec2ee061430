//! When the process ends and when it does not.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::go_plugin::Empty;
use terraform_provider_autopilot::plugin::proto::go_plugin::grpc_controller_client::GrpcControllerClient;
use terraform_provider_autopilot::plugin::proto::go_plugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::fixture;
use crate::harness::{COOKIE, PATIENCE, Plugin, binary};
use crate::requests::{create, dynamic};

/// What Terraform allows before it kills a plugin.
const TERRAFORM_WAITS: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_shutdown_ends_the_process_and_removes_the_socket() {
    let mut plugin = Plugin::start(binary()).await;
    let channel = plugin.channel().await;
    // Terraform keeps this stream open all the time.
    let stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(Empty {})
        .await
        .unwrap();
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let asked = Instant::now();
    assert!(plugin.wait().await.success());
    assert!(asked.elapsed() < TERRAFORM_WAITS);
    assert!(!plugin.socket().exists());
    drop(stdio);
}

#[tokio::test]
async fn a_shutdown_stops_what_waits() {
    let mut plugin = Plugin::start(fixture::command()).await;
    let channel = plugin.channel().await;
    let mut provider = plugin.provider().await;
    let waiting = tokio::spawn(async move { provider.apply_resource_change(create("wait")).await });
    until_something_waits(&plugin).await;
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let asked = Instant::now();
    let answer = waiting
        .await
        .unwrap()
        .expect("it should answer before the end")
        .into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Stopped");
    assert!(plugin.wait().await.success());
    assert!(asked.elapsed() < TERRAFORM_WAITS);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_what_does_not_stop() {
    let mut plugin = Plugin::start(fixture::command()).await;
    let channel = plugin.channel().await;
    let mut provider = plugin.provider().await;
    let waiting = tokio::spawn(async move { provider.apply_resource_change(create("never")).await });
    until_something_waits(&plugin).await;
    GrpcControllerClient::new(channel).shutdown(Empty {}).await.unwrap();
    let asked = Instant::now();
    plugin.wait().await;
    assert!(asked.elapsed() < TERRAFORM_WAITS);
    assert!(!plugin.socket().exists());
    waiting.abort();
}

/// Waits until the fixture waits.
async fn until_something_waits(plugin: &Plugin) {
    let mut provider = plugin.provider().await;
    let config = Tree::Map(vec![("waits".into(), Tree::Nil)]);
    let request = tf::read_data_source::Request {
        type_name: "fixture_waiting".to_owned(),
        config: dynamic(&config),
        ..Default::default()
    };
    let response = provider.read_data_source(request).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, []);
}

#[tokio::test]
async fn stopping_cancels_waits_and_goes_on_serving() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut provider = plugin.provider().await;
    let mut other = provider.clone();
    let waiting = tokio::spawn(async move { other.apply_resource_change(create("wait")).await });
    until_something_waits(&plugin).await;
    let stopped = provider.stop_provider(tf::stop_provider::Request {}).await.unwrap();
    assert_eq!(stopped.into_inner().error, "");
    let answer = waiting.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.diagnostics[0].summary, "Stopped");
    assert!(provider.get_metadata(tf::get_metadata::Request {}).await.is_ok());
}

#[tokio::test]
async fn an_interrupt_is_not_the_end() {
    let plugin = Plugin::start(binary()).await;
    let mut provider = plugin.provider().await;
    for _ in 0..3 {
        plugin.signal("INT").await;
        provider.get_metadata(tf::get_metadata::Request {}).await.unwrap();
    }
}

#[tokio::test]
async fn a_termination_is_the_end() {
    let mut plugin = Plugin::start(binary()).await;
    let _provider = plugin.provider().await;
    plugin.signal("TERM").await;
    assert!(plugin.wait().await.success());
    assert!(!plugin.socket().exists());
}

#[tokio::test]
async fn the_process_does_not_outlive_its_parent() {
    let program = binary().as_std().get_program().to_owned();
    let mut parent = Command::new("sh")
        .args(["-c", "\"$0\" & wait"])
        .arg(program)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).await.unwrap();
    let socket = std::path::PathBuf::from(line.split('|').nth(3).unwrap());
    assert!(socket.exists());
    parent.kill().await.unwrap();
    let killed = Instant::now();
    // The plugin has this pipe open as long as it lives.
    let rest = tokio::time::timeout(PATIENCE, stdout.read_to_string(&mut line)).await;
    assert_eq!(
        rest.expect("the plugin should end").unwrap(),
        0,
        "nothing follows the handshake"
    );
    assert!(killed.elapsed() < Duration::from_secs(5));
    assert!(!socket.exists());
}

#[tokio::test]
async fn the_process_is_healthy() {
    let plugin = Plugin::start(binary()).await;
    let mut health = HealthClient::new(plugin.channel().await);
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    let status = health.check(request).await.unwrap().into_inner().status;
    assert_eq!(status, tonic_health::ServingStatus::Serving as i32);
}

#[tokio::test]
async fn the_log_is_one_object_a_line() {
    let mut command = fixture::command();
    command.env("TF_LOG", "trace").stderr(Stdio::piped());
    let mut plugin = Plugin::start(command).await;
    let mut provider = plugin.provider().await;
    provider.apply_resource_change(create("a thing")).await.unwrap();
    plugin.signal("TERM").await;
    let mut log = String::new();
    plugin
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .await
        .unwrap();
    let mut of_request = 0;
    for line in log.lines() {
        let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        for key in ["@level", "@message", "@module", "@timestamp"] {
            assert!(line[key].is_string());
        }
        if line.get("tf_rpc").is_some_and(|rpc| rpc == "ApplyResourceChange") {
            assert_eq!(line["tf_resource_type"], "fixture_thing");
            assert_eq!(line["tf_req_id"].as_str().unwrap().len(), 36);
            of_request += 1;
        }
    }
    assert!(of_request >= 2, "{log}");
    let mut after = String::new();
    while let Some(line) = plugin.stdout.next_line().await.unwrap() {
        after.push_str(&line);
    }
    assert!(!after.contains('{'), "the log goes to stderr: {after}");
}

#[tokio::test]
async fn a_panic_is_told_as_terraform_reads_it() {
    let mut command = fixture::command();
    command.stderr(Stdio::piped());
    let mut plugin = Plugin::start(command).await;
    let mut provider = plugin.provider().await;
    let failed = provider.apply_resource_change(create("panic")).await;
    assert!(failed.is_err());
    let mut stderr = BufReader::new(plugin.child.stderr.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, stderr.next_line()).await;
    assert_eq!(line.unwrap().unwrap().unwrap(), "panic: on purpose");
}
