//! A string that must never be seen: a client secret, a token, an assertion, a key's password.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

/// A secret string. It has no `Display`, its `Debug` shows nothing, and its memory is cleared when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the string over.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself: for the request that needs it, for nothing that is kept or printed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads one from a file, without the white space around it.
    ///
    /// # Errors
    /// Why there is none, in a user's words.
    pub(crate) fn from_file(path: &Path) -> Result<Self, String> {
        // Not dropped as it is: it is cleared.
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| error.to_string())?);
        Self::without_space(&text).ok_or_else(|| "it is empty".to_owned())
    }

    /// The secret without the white space around it, which a variable or an attribute easily gets; nothing when nothing is
    /// left.
    pub(crate) fn trimmed(&self) -> Option<Self> {
        Self::without_space(&self.0)
    }

    fn without_space(text: &str) -> Option<Self> {
        Some(text.trim()).filter(|text| !text.is_empty()).map(Self::new)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_the_secret_nor_its_length() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(format!("{:#?}", Some(secret)), "Some(\n    Secret(..),\n)");
    }

    #[test]
    fn white_space_around_it_is_no_part_of_it() {
        for (text, trimmed) in [
            ("secret", Some("secret")),
            (" secret\r\n", Some("secret")),
            ("se cret\t", Some("se cret")),
            ("", None),
            (" \n", None),
        ] {
            let secret = Secret::new(text).trimmed();
            assert_eq!(secret.as_ref().map(Secret::expose), trimmed, "{text:?}");
        }
    }
}
