//! The parts of an X.509 certificate that a client assertion is checked against.
//!
//! A reader of DER for these parts alone; certificates are only ever compared with one another here, never validated.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_VERSION: u8 = 0xa0;

/// A certificate registered for an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// base64url of the SHA-256 of the DER: the header `x5t#S256`.
    pub(crate) sha256: String,
    /// base64url of the SHA-1 of the DER: the header `x5t`.
    pub(crate) sha1: String,
    /// The public key as a DER `SubjectPublicKeyInfo`.
    pub(crate) public_key: Vec<u8>,
    /// First and last second of its validity, since 1970.
    pub(crate) valid: (i64, i64),
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
        let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
        let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
        Self::from_der(&STANDARD.decode(body).ok()?)
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let certificate = Element::read(der)?.0.of(SEQUENCE)?;
        let mut rest = Element::read(certificate.content)?.0.of(SEQUENCE)?.content;
        let mut next = || {
            let (element, after) = Element::read(rest)?;
            rest = after;
            Some(element)
        };
        let mut serial = next()?;
        if serial.tag == EXPLICIT_VERSION {
            serial = next()?;
        }
        let (_serial, _algorithm, _issuer) = (serial, next()?, next()?);
        let validity = next()?.of(SEQUENCE)?;
        let _subject = next()?;
        let public_key = next()?.of(SEQUENCE)?.whole.to_vec();
        let (from, after) = Element::read(validity.content)?;
        let (until, _) = Element::read(after)?;
        let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, der));
        Some(Self {
            sha256: thumbprint(&digest::SHA256),
            sha1: thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            public_key,
            valid: (from.time()?, until.time()?),
        })
    }
}

/// A tag, a length and a content.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// Tag and length included.
    whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first element, and what follows it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().try_fold(0_usize, |length, digit| {
                length.checked_mul(256)?.checked_add(usize::from(*digit))
            })?;
            (length, rest)
        };
        let (content, after) = rest.split_at_checked(length)?;
        let whole = bytes.get(..bytes.len() - after.len())?;
        Some((Self { tag, content, whole }, after))
    }

    fn of(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }

    /// Seconds since 1970. Two-digit years are of 1950 to 2049, as RFC 5280 says.
    fn time(self) -> Option<i64> {
        let text = std::str::from_utf8(self.content).ok()?;
        let text = match self.tag {
            UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
            UTC_TIME => format!("19{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        let format = format_description!("[year][month][day][hour][minute][second]Z");
        let time = PrimitiveDateTime::parse(&text, format).ok()?;
        Some(OffsetDateTime::unix_timestamp(time.assume_utc()))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PublicKeyData as _, date_time_ymd};

    use super::*;

    #[test]
    fn reads_what_rcgen_wrote() {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2020, 1, 2);
        params.not_after = date_time_ymd(2060, 3, 4);
        let made = params.self_signed(&key).unwrap();
        let read = Certificate::from_pem(&made.pem()).unwrap();
        assert_eq!(read.public_key, key.subject_public_key_info());
        assert_eq!(
            read.valid,
            (
                date_time_ymd(2020, 1, 2).unix_timestamp(),
                date_time_ymd(2060, 3, 4).unix_timestamp()
            )
        );
        let sha256 = digest::digest(&digest::SHA256, made.der());
        assert_eq!(URL_SAFE_NO_PAD.decode(read.sha256).unwrap(), sha256.as_ref());
        assert_eq!(URL_SAFE_NO_PAD.decode(read.sha1).unwrap().len(), 20);
    }

    #[test]
    fn takes_no_garbage() {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::default().self_signed(&key).unwrap();
        for length in 0..made.der().len() {
            assert_eq!(Certificate::from_der(&made.der()[..length]), None);
        }
        for pem in [
            "",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----!!-----END CERTIFICATE-----",
        ] {
            assert_eq!(Certificate::from_pem(pem), None);
        }
        assert!(Element::read(&[0x30, 0xff]).is_none());
        assert!(Element::read(&[0x30, 0x89, 255, 255, 255, 255, 255, 255, 255, 255, 255]).is_none());
    }
}
