//! Which lines are written: Terraform's environment variables.

use tracing::Level;

/// This crate; the libraries it uses stay out of the log, because some of
/// them would write tokens into it.
const CRATE: &str = env!("CARGO_CRATE_NAME");

/// The part of this crate that answers Terraform.
const PROTOCOL: &str = concat!(env!("CARGO_CRATE_NAME"), "::plugin");

/// The level of each module; none is off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Levels {
    protocol: Option<Level>,
    provider: Option<Level>,
}

impl Levels {
    /// `TF_LOG_PROVIDER_<NAME>` before `TF_LOG_PROVIDER` before `TF_LOG`; for
    /// the protocol, `TF_LOG_SDK_PROTO` before `TF_LOG_SDK` before those.
    pub(super) fn from_environment(provider: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let own = format!("TF_LOG_PROVIDER_{}", provider.to_ascii_uppercase());
        let first = |names: &[&str]| names.iter().find_map(|name| set(name)).and_then(|value| parse(&value));
        Self {
            protocol: first(&["TF_LOG_SDK_PROTO", "TF_LOG_SDK", &own, "TF_LOG_PROVIDER", "TF_LOG"]),
            provider: first(&[&own, "TF_LOG_PROVIDER", "TF_LOG"]),
        }
    }

    pub(super) fn highest(&self) -> Option<Level> {
        self.protocol.max(self.provider)
    }

    pub(super) fn enabled(&self, target: &str, level: Level) -> bool {
        let limit = match module(target) {
            "sdk.proto" => self.protocol,
            _ if is_within(target, CRATE) => self.provider,
            _ => None,
        };
        limit.is_some_and(|limit| level <= limit)
    }
}

/// The `@module` of a line.
pub(super) fn module(target: &str) -> &'static str {
    if is_within(target, PROTOCOL) {
        "sdk.proto"
    } else {
        "provider"
    }
}

fn is_within(target: &str, module: &str) -> bool {
    target
        .strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Terraform knows these names in any case; JSON is trace in another form.
/// It takes what it does not know for trace, too.
fn parse(value: &str) -> Option<Level> {
    match value.to_ascii_uppercase().as_str() {
        "OFF" => None,
        "ERROR" => Some(Level::ERROR),
        "WARN" => Some(Level::WARN),
        "INFO" => Some(Level::INFO),
        "DEBUG" => Some(Level::DEBUG),
        _ => Some(Level::TRACE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(variables: &[(&str, &str)]) -> Levels {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Levels::from_environment("autopilot", |name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let (error, debug, trace) = (Some(Level::ERROR), Some(Level::DEBUG), Some(Level::TRACE));
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<Level>, Option<Level>);
        let table: [Row<'_>; 8] = [
            (&[], None, None),
            (&[("TF_LOG", "debug")], debug, debug),
            (&[("TF_LOG", "JSON")], trace, trace),
            (&[("TF_LOG", ""), ("TF_LOG_PROVIDER", "error")], error, error),
            (&[("TF_LOG", "debug"), ("TF_LOG_PROVIDER", "off")], None, None),
            (
                &[("TF_LOG_PROVIDER", "debug"), ("TF_LOG_PROVIDER_AUTOPILOT", "Error")],
                error,
                error,
            ),
            (
                &[("TF_LOG_PROVIDER_AUTOPILOT", "TRACE"), ("TF_LOG_SDK", "off")],
                None,
                trace,
            ),
            (&[("TF_LOG_SDK", "off"), ("TF_LOG_SDK_PROTO", "debug")], debug, None),
        ];
        for (variables, protocol, provider) in table {
            assert_eq!(levels(variables), Levels { protocol, provider }, "{variables:?}");
        }
    }

    #[test]
    fn only_this_crate_is_heard() {
        let levels = levels(&[("TF_LOG", "trace")]);
        assert!(levels.enabled("terraform_provider_autopilot::graph::client", Level::TRACE));
        assert!(levels.enabled("terraform_provider_autopilot::plugin::serve", Level::TRACE));
        for other in ["h2::codec", "hyper", "terraform_provider_autopilot_2", ""] {
            assert!(!levels.enabled(other, Level::ERROR), "{other}");
        }
    }
}
