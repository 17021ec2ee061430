//! Bodies: read up to a limit, and shown in errors without what must not be seen.

use std::borrow::Cow;

/// The bytes that came, and whether they were all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// False when the limit ended the reading.
    pub(crate) complete: bool,
}

impl Body {
    /// Reads at most `limit` bytes; more are left unread, and their connection with them.
    pub(super) async fn read(mut response: reqwest::Response, limit: usize) -> Result<Self, reqwest::Error> {
        let announced = response.content_length().unwrap_or(0);
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(limit).min(limit));
        while let Some(chunk) = response.chunk().await? {
            let room = limit - bytes.len();
            if chunk.len() > room {
                bytes.extend_from_slice(&chunk[..room]);
                return Ok(Self { bytes, complete: false });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Self { bytes, complete: true })
    }
}

/// How many characters of a body an error shows.
const EXCERPT: usize = 120;

/// The least length of a word that is taken for a secret.
const LONG_WORD: usize = 24;

/// The start of a body as an error may show it: one line, printable, and without long words, for an answer that
/// repeats a request's secret must not carry it into a log.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT * 8)]);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&hide_long_words(word));
        if line.chars().count() > EXCERPT {
            let mut short: String = line.chars().take(EXCERPT).collect();
            short.push('…');
            return short;
        }
    }
    line
}

/// Replaces what may be a secret: any long run of the characters that tokens, keys and passwords are made of.
fn hide_long_words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, shown: &mut String| {
        if run.len() >= LONG_WORD && !is_guid(run) {
            shown.push_str("(...)");
        } else {
            shown.push_str(run);
        }
        run.clear();
    };
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "~+/=._-%".contains(character) {
            run.push(character);
        } else {
            flush(&mut run, &mut shown);
            shown.push(if character.is_control() { '.' } else { character });
        }
    }
    flush(&mut run, &mut shown);
    shown
}

/// Whether it is one of the ids that support asks for, 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// A message of a service as an error may show it: one line, not endless, tokens and the given secrets taken out.
pub(crate) fn scrub(message: &str, secrets: &[&str]) -> String {
    const LONGEST: usize = 1000;
    let mut message = Cow::Borrowed(message);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        if message.contains(secret) {
            message = Cow::Owned(message.replace(secret, "(...)"));
        }
    }
    let mut line = String::new();
    for word in message
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        // A JSON Web Token starts with `{"` in base64.
        match word.find("eyJ") {
            Some(at) if word.len() - at >= LONG_WORD => {
                line.push_str(&word[..at]);
                line.push_str("(...)");
            }
            _ => line.push_str(word),
        }
        if line.len() > LONGEST {
            line = line.chars().take(LONGEST).collect();
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_excerpt_is_one_printable_line() {
        assert_eq!(
            excerpt(b"<html>\r\n<head>\t<title>Sign in\x1b[31m</title>"),
            "<html> <head> <title>Sign in.[31m</title>"
        );
        assert_eq!(excerpt(b""), "");
        assert_eq!(excerpt(&[0xff, 0xfe, b'a']), "\u{fffd}\u{fffd}a");
    }

    #[test]
    fn an_excerpt_hides_what_may_be_a_secret_and_keeps_ids() {
        let secret = "abc8Q~Zm9vYmFyYmF6cXV4cXV1eGZvb2JhcmJheg";
        let shown = excerpt(format!("client_secret={secret}&scope=x 9b2c1f6e-0b5a-4f43-8d0e-1c2b3a4d5e6f").as_bytes());
        assert!(!shown.contains("Zm9v"), "{shown}");
        assert!(shown.contains("9b2c1f6e-0b5a-4f43-8d0e-1c2b3a4d5e6f"), "{shown}");
    }

    #[test]
    fn a_message_loses_tokens_and_known_secrets() {
        let message = "Invalid 'hunter2' in\r\nBearer eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln, see docs";
        assert_eq!(
            scrub(message, &["hunter2", ""]),
            "Invalid '(...)' in Bearer (...) see docs"
        );
    }

    proptest! {
        #[test]
        fn an_excerpt_is_short_whatever_comes(body in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let shown = excerpt(&body);
            prop_assert!(shown.chars().count() <= EXCERPT + 1);
            prop_assert!(!shown.contains(|c: char| c.is_control()));
        }

        #[test]
        fn a_message_is_one_line_whatever_comes(message in any::<String>()) {
            prop_assert!(!scrub(&message, &[]).contains(|c: char| c.is_control()));
        }
    }
}
