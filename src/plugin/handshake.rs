//! go-plugin's handshake: what Terraform says through the environment, and
//! the one line that answers it.

use std::ffi::OsString;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;

use super::listener::Address;

/// The major version of Terraform's protocol that is spoken here.
pub(crate) const PROTOCOL_VERSION: u32 = 6;

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Why there can be no conversation.
#[derive(Debug, Error)]
pub(crate) enum HandshakeError {
    #[error(
        "This program is a Terraform provider: Terraform or OpenTofu starts it when a configuration names it.\n\
         Started by hand it only knows --help, --version and --debug."
    )]
    NotStartedByTerraform,
    #[error(
        "Terraform offers the plugin protocol versions {offered}, and this provider speaks version \
         {PROTOCOL_VERSION}. Use Terraform 1.0 or later, or OpenTofu."
    )]
    NoCommonVersion { offered: String },
    #[error("PLUGIN_CLIENT_CERT is set, but holds no PEM certificate; nobody could be let in")]
    ClientCertificate,
    #[error("{variable} is set to {value:?}, which is no port number")]
    Port { variable: &'static str, value: String },
}

/// What Terraform asks of the process it starts.
#[derive(Debug)]
pub(crate) struct Invitation {
    /// The one certificate whose holder may connect. Without one the
    /// connection is not encrypted; Terraform leaves it out only when a
    /// person told it to, with `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) client: Option<CertificateDer<'static>>,
    /// Whether the line must say that connections cannot be multiplexed.
    multiplex_asked: bool,
    pub(crate) place: Place,
}

/// Where to listen.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// For the socket file; the directory for temporary files if unset.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no socket files"))]
    pub(crate) directory: Option<PathBuf>,
    /// A group, by name or number, that may connect too.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no socket files"))]
    pub(crate) group: Option<String>,
    /// Where there are no socket files: the first and last port.
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "there are socket files"))]
    pub(crate) ports: (u16, u16),
}

impl Invitation {
    /// Reads the invitation from environment variables.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, HandshakeError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        if text("TF_PLUGIN_MAGIC_COOKIE").as_deref() != Some(COOKIE) {
            return Err(HandshakeError::NotStartedByTerraform);
        }
        agree(text("PLUGIN_PROTOCOL_VERSIONS"))?;
        Ok(Self {
            client: text("PLUGIN_CLIENT_CERT").map(|pem| certificate(&pem)).transpose()?,
            multiplex_asked: set("PLUGIN_MULTIPLEX_GRPC").is_some(),
            place: Place::read(&variable)?,
        })
    }

    /// The answer, with the end of the line.
    pub(crate) fn answer(&self, address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplex = if self.multiplex_asked { "|false" } else { "" };
        let (network, address) = (address.network(), address.text());
        format!("1|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}{multiplex}\n")
    }
}

impl Place {
    /// Reads the place alone, which counts without an invitation, too.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, HandshakeError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let port = |name: &'static str, default| match set(name) {
            None => Ok(default),
            Some(value) => {
                let value = value.to_string_lossy().into_owned();
                value
                    .parse()
                    .map_err(|_| HandshakeError::Port { variable: name, value })
            }
        };
        Ok(Self {
            directory: set("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            group: set("PLUGIN_UNIX_SOCKET_GROUP").map(|group| group.to_string_lossy().into_owned()),
            ports: (port("PLUGIN_MIN_PORT", 10_000)?, port("PLUGIN_MAX_PORT", 25_000)?),
        })
    }
}

/// Terraform lists the versions it speaks, in any order. One that lists none
/// is older than the list, and gets the only version there is here.
fn agree(offered: Option<String>) -> Result<(), HandshakeError> {
    let Some(offered) = offered else {
        return Ok(());
    };
    let mut versions = offered.split(',').map(|version| version.trim().parse());
    if versions.any(|version| version == Ok(PROTOCOL_VERSION)) {
        Ok(())
    } else {
        Err(HandshakeError::NoCommonVersion { offered })
    }
}

/// Never taken for absent when it is broken: that would open the door.
fn certificate(pem: &str) -> Result<CertificateDer<'static>, HandshakeError> {
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| HandshakeError::ClientCertificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Invitation, HandshakeError> {
        let all = [&[("TF_PLUGIN_MAGIC_COOKIE", COOKIE)], variables].concat();
        Invitation::read(|name| {
            all.iter()
                .rev()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_cookie_must_match() {
        for cookie in ["", "d602bf8f", &COOKIE.to_uppercase()] {
            let result = read(&[("TF_PLUGIN_MAGIC_COOKIE", cookie)]);
            assert!(
                matches!(result, Err(HandshakeError::NotStartedByTerraform)),
                "{cookie:?}"
            );
        }
    }

    #[test]
    fn version_6_must_be_among_those_offered() {
        for offered in ["6", "5,6", "6,5", " 5 , 6 ", "7,x,6", ""] {
            assert!(read(&[("PLUGIN_PROTOCOL_VERSIONS", offered)]).is_ok(), "{offered:?}");
        }
        for offered in ["5", "4,5", "66", "x", ","] {
            let result = read(&[("PLUGIN_PROTOCOL_VERSIONS", offered)]);
            assert!(
                matches!(result, Err(HandshakeError::NoCommonVersion { .. })),
                "{offered:?}"
            );
        }
    }

    #[test]
    fn a_broken_certificate_is_not_an_absent_one() {
        assert!(read(&[]).unwrap().client.is_none());
        assert!(read(&[("PLUGIN_CLIENT_CERT", "")]).unwrap().client.is_none());
        for pem in ["x", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"] {
            let result = read(&[("PLUGIN_CLIENT_CERT", pem)]);
            assert!(matches!(result, Err(HandshakeError::ClientCertificate)), "{pem:?}");
        }
    }

    #[test]
    fn ports_are_numbers() {
        assert_eq!(read(&[]).unwrap().place.ports, (10_000, 25_000));
        assert_eq!(
            read(&[("PLUGIN_MIN_PORT", "20000")]).unwrap().place.ports,
            (20_000, 25_000)
        );
        assert!(matches!(
            read(&[("PLUGIN_MAX_PORT", "99999")]),
            Err(HandshakeError::Port { .. })
        ));
    }

    #[test]
    fn the_answer_has_no_padding() {
        let address = Address::Unix("/tmp/socket".into());
        let answer = read(&[])
            .unwrap()
            .answer(&address, Some(&CertificateDer::from(vec![0xff; 64])));
        assert_eq!(answer, format!("1|6|unix|/tmp/socket|grpc|{}w\n", "/".repeat(85)));
        let answer = read(&[("PLUGIN_MULTIPLEX_GRPC", "true")])
            .unwrap()
            .answer(&address, None);
        assert_eq!(answer, "1|6|unix|/tmp/socket|grpc||false\n");
    }
}
