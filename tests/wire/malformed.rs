//! Malformed values: the answer is a diagnostic, never a gRPC status, and
//! never the end of the process.

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;
use terraform_provider_autopilot::plugin::proto::tfplugin6::provider_client::ProviderClient;
use tonic::transport::Channel;

use crate::fixture;
use crate::harness::Plugin;
use crate::requests::{THING, dynamic, errors, named};

type Client = ProviderClient<Channel>;

fn raw(msgpack: &[u8]) -> Option<tf::DynamicValue> {
    Some(tf::DynamicValue {
        msgpack: msgpack.to_vec(),
        json: vec![],
    })
}

/// Sends `bad` in the place of every value of every RPC that takes one, and
/// returns each place with the diagnostics that came back.
async fn everywhere(client: &mut Client, bad: &tf::DynamicValue) -> Vec<(&'static str, Vec<tf::Diagnostic>)> {
    let bad = || Some(bad.clone());
    let good = || dynamic(&named("a"));
    let nothing = || dynamic(&Tree::Nil);
    let name = || THING.to_owned();
    let mut answers = Vec::new();
    macro_rules! send {
        ($place:literal, $method:ident, $request:expr) => {
            let response = client.$method($request).await;
            answers.push(($place, response.expect($place).into_inner().diagnostics));
        };
    }
    use tf::apply_resource_change::Request as Apply;
    use tf::plan_resource_change::Request as Plan;
    let plan = || Plan {
        type_name: name(),
        prior_state: good(),
        proposed_new_state: good(),
        config: good(),
        ..Plan::default()
    };
    let apply = || Apply {
        type_name: name(),
        prior_state: good(),
        planned_state: good(),
        config: good(),
        ..Apply::default()
    };
    send!(
        "provider validate",
        validate_provider_config,
        tf::validate_provider_config::Request { config: bad() }
    );
    send!(
        "provider configure",
        configure_provider,
        tf::configure_provider::Request {
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "validate",
        validate_resource_config,
        tf::validate_resource_config::Request {
            type_name: name(),
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "data validate",
        validate_data_resource_config,
        tf::validate_data_resource_config::Request {
            type_name: "fixture_waiting".to_owned(),
            config: bad()
        }
    );
    send!(
        "data read",
        read_data_source,
        tf::read_data_source::Request {
            type_name: "fixture_waiting".to_owned(),
            config: bad(),
            ..Default::default()
        }
    );
    send!(
        "read",
        read_resource,
        tf::read_resource::Request {
            type_name: name(),
            current_state: bad(),
            ..Default::default()
        }
    );
    send!(
        "plan prior",
        plan_resource_change,
        Plan {
            prior_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan proposed",
        plan_resource_change,
        Plan {
            proposed_new_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan config",
        plan_resource_change,
        Plan {
            config: bad(),
            ..plan()
        }
    );
    send!(
        "plan create",
        plan_resource_change,
        Plan {
            prior_state: nothing(),
            proposed_new_state: bad(),
            ..plan()
        }
    );
    send!(
        "plan destroy",
        plan_resource_change,
        Plan {
            prior_state: bad(),
            proposed_new_state: nothing(),
            ..plan()
        }
    );
    send!(
        "plan meta",
        plan_resource_change,
        Plan {
            provider_meta: bad(),
            ..plan()
        }
    );
    send!(
        "apply prior",
        apply_resource_change,
        Apply {
            prior_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply planned",
        apply_resource_change,
        Apply {
            planned_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply config",
        apply_resource_change,
        Apply {
            config: bad(),
            ..apply()
        }
    );
    send!(
        "apply create",
        apply_resource_change,
        Apply {
            prior_state: nothing(),
            planned_state: bad(),
            ..apply()
        }
    );
    send!(
        "apply destroy",
        apply_resource_change,
        Apply {
            prior_state: bad(),
            planned_state: nothing(),
            ..apply()
        }
    );
    send!(
        "apply meta",
        apply_resource_change,
        Apply {
            provider_meta: bad(),
            ..apply()
        }
    );
    let call = tf::call_function::Request {
        name: "add_up".to_owned(),
        arguments: bad().into_iter().collect(),
    };
    let called = client.call_function(call).await.expect("call").into_inner();
    let detail = called.error.expect("a function error").text;
    let severity = tf::diagnostic::Severity::Error.into();
    answers.push((
        "call",
        vec![tf::Diagnostic {
            severity,
            detail,
            ..Default::default()
        }],
    ));
    answers
}

#[tokio::test]
async fn malformed_values_are_diagnosed_in_every_rpc() {
    let plugin = Plugin::start(fixture::command()).await;
    let mut client = plugin.provider().await;
    let json = |text: &str| tf::DynamicValue {
        msgpack: vec![],
        json: text.as_bytes().to_vec(),
    };
    let table = [
        ("ends early", raw(b"\x81\xa4na").unwrap(), "not valid msgpack"),
        (
            "claims 4 billion elements",
            raw(b"\xdd\xff\xff\xff\xff\xc0").unwrap(),
            "not valid msgpack",
        ),
        (
            "claims 4 GiB",
            raw(b"\xdb\xff\xff\xff\xff").unwrap(),
            "not valid msgpack",
        ),
        ("is nested deeply", raw(&[0x91; 500_000]).unwrap(), "nested too deeply"),
        ("has something after it", raw(b"\xc0\xc0").unwrap(), "follow"),
        ("is broken JSON", json("{\"name\":"), "not valid JSON"),
        ("is deep JSON", json(&"[".repeat(500_000)), "not valid JSON"),
        (
            "is of another type",
            dynamic(&Tree::Array(vec![])).unwrap(),
            "found a list",
        ),
        (
            "has another attribute",
            dynamic(&Tree::Map(vec![("zzz".into(), 1.into())])).unwrap(),
            "",
        ),
        (
            "has a key of a number",
            dynamic(&Tree::Map(vec![(1.into(), 1.into())])).unwrap(),
            "",
        ),
    ];
    for (what, bad, expected) in table {
        for (place, diagnostics) in everywhere(&mut client, &bad).await {
            let errors = errors(&diagnostics);
            assert!(!errors.is_empty(), "{what}: {place}");
            for (summary, detail, _) in errors {
                assert!(detail.contains(expected), "{what}: {place}: {summary}: {detail}");
            }
        }
    }
}
