//! The log: JSON lines on stderr, in the form that Terraform takes them.
//!
//! Terraform reads each line as an object with `@level`, `@message`,
//! `@timestamp` and `@module`, shows it at the level that TF_LOG asks for, and
//! turns a line that begins with `panic: ` into a report of a crash.

mod level;
mod line;
mod panic;

use std::future::Future;
use std::io::Write as _;

use tracing::field::Empty;
use tracing::{Instrument, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use level::Levels;
use line::{Fields, Line};

pub(crate) use panic::install_panic_hook;

/// Starts the log of this process, at the levels that the environment asks
/// for; none means that nothing is written.
pub(crate) fn init(provider: &str) {
    let levels = Levels::from_environment(provider, |name| std::env::var(name).ok());
    if levels.highest().is_none() {
        return;
    }
    let subscriber = tracing_subscriber::registry().with(HclogLayer { levels });
    // It fails only when there is a log already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Runs the answer to a request, with the request's data in every line that
/// it logs.
pub(crate) async fn traced<T>(rpc: &'static str, name: &str, answer: impl Future<Output = T>) -> T {
    let span = tracing::error_span!(
        "rpc",
        tf_rpc = rpc,
        tf_req_id = Empty,
        tf_resource_type = Empty,
        tf_data_source_type = Empty,
        tf_function = Empty
    );
    if !span.is_disabled() {
        span.record("tf_req_id", uuid::Uuid::new_v4().to_string());
        match rpc {
            _ if name.is_empty() => {}
            "ReadDataSource" | "ValidateDataResourceConfig" => {
                span.record("tf_data_source_type", name);
            }
            "CallFunction" => {
                span.record("tf_function", name);
            }
            _ => {
                span.record("tf_resource_type", name);
            }
        }
    }
    async {
        let start = std::time::Instant::now();
        tracing::trace!("request");
        let answer = answer.await;
        tracing::trace!(microseconds = start.elapsed().as_micros(), "answer");
        answer
    }
    .instrument(span)
    .await
}

struct HclogLayer {
    levels: Levels,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HclogLayer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        self.levels.enabled(metadata.target(), *metadata.level())
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        self.levels.highest().map(Into::into)
    }

    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, id: &tracing::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &tracing::Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.inherit(of_span);
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = Line {
            level: *metadata.level(),
            module: level::module(metadata.target()),
            fields,
        };
        write(&line.to_json(time::OffsetDateTime::now_utc()));
    }
}

/// One write for a line, so that lines never mix. A closed stderr is no
/// reason to stop.
fn write(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// The name of a level in a line.
fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}
