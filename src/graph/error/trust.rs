//! What to do about a certificate that is not trusted.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// What names a bundle of trusted CAs where the operating system has no interface for it.
const VARIABLE: &str = "SSL_CERT_FILE";
/// Windows and macOS check certificates themselves and know nothing of that variable.
const NAMES_BUNDLE: bool = !cfg!(any(windows, target_vendor = "apple"));
/// How much of a bundle is searched for a certificate, in bytes.
const SEARCHED: u64 = 1024 * 1024;

/// Advice on a certificate that is not trusted on this machine.
pub(super) fn advice() -> String {
    let mut advice =
        "The server's certificate is not trusted here. If a proxy of yours inspects TLS, add its CA to the system's \
                      trust store"
            .to_owned();
    if NAMES_BUNDLE {
        advice.push_str(", or on Linux name a bundle that holds it in SSL_CERT_FILE");
        if let Some(problem) = std::env::var_os(VARIABLE).and_then(|path| problem(&path)) {
            return format!("{advice}. {problem}");
        }
    }
    advice + "."
}

/// What is wrong with the bundle that the variable names, when that can be told.
fn problem(path: &OsStr) -> Option<String> {
    if path.is_empty() {
        return Some(format!("{VARIABLE} is set and names no file."));
    }
    let path = Path::new(path);
    let mut bundle = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SEARCHED).read_to_end(&mut bundle));
    match read {
        Err(error) => Some(format!(
            "{VARIABLE} names {}, which cannot be read: {error}.",
            path.display()
        )),
        Ok(_) if !String::from_utf8_lossy(&bundle).contains("-----BEGIN ") => Some(format!(
            "{VARIABLE} names {}, which holds no certificate in PEM.",
            path.display()
        )),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_of_no_use_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let empty = problem(file("empty.pem", "").as_os_str()).unwrap();
        assert!(
            empty.ends_with("empty.pem, which holds no certificate in PEM."),
            "{empty}"
        );
        let missing = problem(directory.path().join("missing.pem").as_os_str()).unwrap();
        assert!(missing.contains("missing.pem, which cannot be read: "), "{missing}");
        assert_eq!(
            problem(OsStr::new("")).unwrap(),
            "SSL_CERT_FILE is set and names no file."
        );
        assert!(problem(directory.path().as_os_str()).is_some(), "a folder");
        let good = file("ca.pem", "# a CA\n-----BEGIN CERTIFICATE-----\n");
        assert_eq!(problem(good.as_os_str()), None);
    }
}
