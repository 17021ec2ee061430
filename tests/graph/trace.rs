//! Every event of every crate on standard output, as TF_LOG=TRACE would have it: so that a secret in one is seen.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// Prints all that is traced from here on.
pub(crate) fn everything() {
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Print));
}

struct Print;

impl<S: Subscriber> Layer<S> for Print {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line(format!("trace: {}", event.metadata().target()));
        event.record(&mut line);
        println!("{}", line.0);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut line = Line(format!("trace: {}", attributes.metadata().name()));
        attributes.record(&mut line);
        println!("{}", line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}
