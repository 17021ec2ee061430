//! The command line.

use std::ffi::OsString;

use super::Identity;

/// What the process was started for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// To serve the Terraform that started it.
    Plugin,
    /// To serve a Terraform that a developer will start.
    Debug,
    Version,
    Help,
    /// An argument that means nothing.
    Unknown(String),
}

impl Command {
    /// Flags may have one dash, as Go's have, or two.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Self {
        let Some(first) = arguments.next() else {
            return Self::Plugin;
        };
        match (first.to_str(), arguments.next()) {
            (Some("-debug" | "--debug"), None) => Self::Debug,
            (Some("-version" | "--version"), None) => Self::Version,
            (Some("-h" | "-help" | "--help"), None) => Self::Help,
            (_, None) => Self::Unknown(first.to_string_lossy().into_owned()),
            (_, Some(second)) => Self::Unknown(second.to_string_lossy().into_owned()),
        }
    }
}

pub(crate) fn version(identity: &Identity) -> String {
    format!("terraform-provider-{} v{}\n", identity.name, identity.version)
}

pub(crate) fn help(identity: &Identity) -> String {
    let Identity { name, address, .. } = identity;
    format!(
        "\
This is {address}, a plugin that Terraform and OpenTofu start by themselves.
Name it in a configuration and run `terraform init`.

Usage: terraform-provider-{name} [flag]

  --debug    serve until interrupted, to a Terraform that is started with the
             TF_REATTACH_PROVIDERS that this prints
  --version  print the version
  --help     print this
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        let table: [(&[&str], Command); 9] = [
            (&[], Command::Plugin),
            (&["-debug"], Command::Debug),
            (&["--debug"], Command::Debug),
            (&["-version"], Command::Version),
            (&["--version"], Command::Version),
            (&["-h"], Command::Help),
            (&["serve"], Command::Unknown("serve".to_owned())),
            (&[""], Command::Unknown(String::new())),
            (&["--debug", "now"], Command::Unknown("now".to_owned())),
        ];
        for (arguments, expected) in table {
            assert_eq!(
                Command::parse(arguments.iter().map(Into::into)),
                expected,
                "{arguments:?}"
            );
        }
    }
}
