//! How long a call takes that has nothing to wait for.

use std::path::Path;
use std::time::Instant;

use rmpv::Value as Tree;
use terraform_provider_autopilot::plugin::proto::tfplugin6 as tf;

use crate::support::Result;
use crate::support::measure::{median, milliseconds};
use crate::support::wire::{Started, dynamic, empty};

/// Rows of calls of which the median counts; one more goes before them.
pub(crate) const ROWS: usize = 5;

/// Calls in a row, each sent when the one before is answered.
const CALLS: u32 = 100;

const RESOURCE: &str = "autopilot_device_join_settings";

/// The average of a row over one connection, in milliseconds.
pub(crate) async fn measure(program: &Path) -> Result<f64> {
    let mut connected = Started::new(program).await.connect().await?;
    let schema = connected.schema().await?;
    let request = tf::validate_resource_config::Request {
        type_name: RESOURCE.to_owned(),
        config: Some(dynamic(&configuration(&schema)?)?),
        ..Default::default()
    };
    let mut averages = Vec::new();
    for _ in 0..=ROWS {
        let begun = Instant::now();
        for _ in 0..CALLS {
            connected.validate_resource(request.clone()).await?;
        }
        averages.push(milliseconds(begun.elapsed() / CALLS));
    }
    Ok(median(averages.split_off(1)))
}

/// A quota, and nothing else.
fn configuration(schema: &tf::get_provider_schema::Response) -> Result<Tree> {
    let block = schema
        .resource_schemas
        .get(RESOURCE)
        .and_then(|schema| schema.block.as_ref());
    let Tree::Map(mut attributes) = empty(block.ok_or("the provider has no such resource")?) else {
        return Err("a block is an object".into());
    };
    for (name, value) in &mut attributes {
        if name.as_str() == Some("user_device_quota") {
            *value = Tree::from(20);
        }
    }
    Ok(Tree::Map(attributes))
}
