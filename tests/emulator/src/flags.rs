//! The flags of `graph-emulator`.

use std::path::PathBuf;
use std::str::FromStr;

use graph_emulator::{Config, Directory, Switches, seeds, tenants};

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
graph-emulator: an emulator of Microsoft Graph's device settings and of Entra's token endpoint, on loopback

  --seed NAME             policy of the tenant: default, or hardened (settings of its own, an unknown property)
  --policy FILE           policy of the tenant: a JSON object
  --directory NAME        users and groups: sample (one of everything), empty, or large (10,000 users, 1,000 groups)
  --config FILE           everything the emulator can be started with, as JSON; other flags go over it
  --state FILE            keep the policy in this file between runs
  --ca FILE               write the certificate authority to this file (PEM, for SSL_CERT_FILE)
  --roles A,B             permissions of the app; --roles= for none
  --client-secret TEXT    the app's secret, instead of one made up
  --latency MILLISECONDS  time every request takes
  --switch NAME=VALUE     undocumented behaviour, repeatable: VALUE is JSON or a bare word (intune=true)
  --graph-port PORT       port of Graph and of the control API under /_emulator; 0, the default, is any free one
  --authority-port PORT   port of the token endpoint
  --graph-http-port PORT  port of the same Graph without TLS
  --metadata-port PORT    port of managed identities and of pipelines' assertions
  --metadata-tls-port PORT  port of the same with TLS
  --until-stdin-closes    end when standard input does
  --help                  print this

When its listeners are open it prints one line of JSON with URLs, ids and the secret. It ends on SIGTERM and SIGINT.";

/// What to do.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Print the usage.
    Help,
    /// Run with these.
    Run(Box<Flags>),
}

/// What to run with.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Config,
    pub(crate) state: Option<PathBuf>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) until_stdin_closes: bool,
}

/// Why the flags cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlagError {
    #[error("unknown flag {0}")]
    Unknown(String),
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{flag}: cannot use {value}: {why}")]
    Unusable { flag: String, value: String, why: String },
}

/// Reads the flags; a value follows its flag or stands behind `=`.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Parsed, FlagError> {
    let mut flags = Flags::default();
    let mut switches = serde_json::Map::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Parsed::Help),
            "--until-stdin-closes" => {
                flags.until_stdin_closes = true;
                continue;
            }
            _ => {}
        }
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        if !KNOWN.contains(&flag.as_str()) {
            return Err(FlagError::Unknown(flag));
        }
        let value = match value.or_else(|| arguments.next()) {
            Some(value) => value,
            None => return Err(FlagError::NoValue(flag)),
        };
        if flag == "--switch" {
            let (name, value) = switch(&value);
            switches.insert(name, value);
            continue;
        }
        flags
            .set(&flag, &value)
            .map_err(|why| FlagError::Unusable { flag, value, why })?;
    }
    flags.switch(switches)?;
    Ok(Parsed::Run(Box::new(flags)))
}

const KNOWN: [&str; 15] = [
    "--directory",
    "--seed",
    "--policy",
    "--config",
    "--state",
    "--ca",
    "--roles",
    "--client-secret",
    "--latency",
    "--switch",
    "--graph-port",
    "--authority-port",
    "--graph-http-port",
    "--metadata-port",
    "--metadata-tls-port",
];

impl Flags {
    fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        let config = &mut self.config;
        match flag {
            "--seed" => config.policy = seed(value)?,
            "--policy" => config.policy = file(value)?,
            "--directory" => config.directory = directory(value)?,
            "--config" => *config = file(value)?,
            "--state" => self.state = Some(value.into()),
            "--ca" => self.ca = Some(value.into()),
            "--roles" => {
                let roles = value.split(',').filter(|role| !role.is_empty());
                *config = config.clone().with_roles(roles);
            }
            "--client-secret" => {
                for secret in config.apps.iter_mut().flat_map(|app| &mut app.secrets) {
                    value.clone_into(&mut secret.value);
                }
            }
            "--latency" => config.latency.millis = number(value)?,
            "--graph-port" => config.ports.graph = number(value)?,
            "--authority-port" => config.ports.authority = number(value)?,
            "--graph-http-port" => config.ports.graph_http = number(value)?,
            "--metadata-port" => config.ports.metadata = number(value)?,
            "--metadata-tls-port" => config.ports.metadata_tls = number(value)?,
            _ => return Err("it is not a flag".to_owned()),
        }
        Ok(())
    }

    fn switch(&mut self, given: serde_json::Map<String, serde_json::Value>) -> Result<(), FlagError> {
        let unusable = |error: serde_json::Error| FlagError::Unusable {
            flag: "--switch".to_owned(),
            value: serde_json::Value::from(given.clone()).to_string(),
            why: error.to_string(),
        };
        let mut all = serde_json::to_value(&self.config.switches).map_err(unusable)?;
        for (name, value) in &given {
            all[name] = value.clone();
        }
        self.config.switches = serde_json::from_value::<Switches>(all).map_err(unusable)?;
        Ok(())
    }
}

fn switch(text: &str) -> (String, serde_json::Value) {
    let (name, value) = text.split_once('=').unwrap_or((text, "true"));
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    (name.to_owned(), value)
}

fn seed(name: &str) -> Result<serde_json::Value, String> {
    match name {
        "default" => Ok(seeds::default_policy()),
        "hardened" => Ok(seeds::hardened_policy()),
        _ => Err("the seeds are default and hardened".to_owned()),
    }
}

fn directory(name: &str) -> Result<Directory, String> {
    match name {
        "sample" => Ok(tenants::sample()),
        "empty" => Ok(Directory::default()),
        "large" => Ok(tenants::large(10_000, 1_000)),
        _ => Err("the directories are sample, empty and large".to_owned()),
    }
}

fn file<T: serde::de::DeserializeOwned>(path: &str) -> Result<T, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn number<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(arguments: &[&str]) -> Result<Flags, String> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        match parse(arguments) {
            Ok(Parsed::Run(flags)) => Ok(*flags),
            Ok(Parsed::Help) => Err("help".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn sets_what_they_say() {
        let given = flags(&[
            "--seed",
            "hardened",
            "--roles=A,B",
            "--latency=20",
            "--graph-port",
            "4433",
            "--client-secret=s3cret",
            "--ca",
            "/tmp/ca.pem",
            "--until-stdin-closes",
            "--switch",
            "intune=true",
            "--switch=quota_above_limit=refuse",
        ])
        .unwrap();
        assert_eq!(given.config.policy, seeds::hardened_policy());
        assert_eq!(given.config.apps[0].roles, ["A", "B"]);
        assert_eq!(given.config.apps[0].secrets[0].value, "s3cret");
        assert_eq!(given.config.latency.millis, 20);
        assert_eq!(given.config.ports.graph, 4433);
        assert_eq!(given.ca, Some("/tmp/ca.pem".into()));
        assert!(given.until_stdin_closes);
        assert!(given.config.switches.intune);
        assert_eq!(
            given.config.switches.quota_above_limit,
            graph_emulator::switches::QuotaAboveLimit::Refuse
        );
        assert!(flags(&["--roles="]).unwrap().config.apps[0].roles.is_empty());
    }

    #[test]
    fn the_readme_has_the_usage() {
        assert!(include_str!("../README.md").contains(USAGE));
    }

    #[test]
    fn say_what_is_wrong() {
        let cases = [
            (vec!["--nope"], "unknown flag --nope"),
            (vec!["--seed"], "--seed needs a value"),
            (vec!["--seed", "wild"], "default and hardened"),
            (vec!["--directory=huge"], "sample, empty and large"),
            (vec!["--latency=soon"], "--latency: cannot use soon"),
            (vec!["--graph-port=99999"], "--graph-port"),
            (vec!["--switch=intone=true"], "intone"),
            (vec!["--policy=/no/such/file"], "--policy"),
            (vec!["--help"], "help"),
        ];
        for (arguments, expected) in cases {
            let error = flags(&arguments).unwrap_err();
            assert!(error.contains(expected), "{arguments:?}: {error}");
        }
    }
}
