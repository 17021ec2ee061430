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
    hide_words(text, |word| word.len() >= LONG_WORD && !is_guid(word))
}

/// Replaces what looks like a secret in a sentence. Long names and addresses are left: a subject or an issuer that a message
/// names is what somebody has to compare.
fn hide_random_words(text: &str) -> String {
    hide_words(text, |word| word.split(['/', '.', '=', '%']).any(is_random))
}

/// Replaces each run of the characters that tokens, keys and passwords are made of for which `is_secret` says so.
fn hide_words(text: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    let flush = |run: &mut String, shown: &mut String| {
        shown.push_str(if is_secret(run) { "(...)" } else { run });
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

/// Whether it is long and of small letters, capitals and digits, as no word of a language is.
fn is_random(part: &str) -> bool {
    part.len() >= LONG_WORD
        && !is_guid(part)
        && [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit]
            .iter()
            .all(|kind| part.bytes().any(|byte| kind(&byte)))
}

/// Whether it is one of the ids that support asks for, 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The text without the given secrets, be they as they are or as forms and addresses encode them: a service that repeats a
/// request repeats what it got.
pub(crate) fn hide<'a>(text: &'a str, secrets: &[&str]) -> Cow<'a, str> {
    const HIDDEN: &str = "(...)";
    let mut text = Cow::Borrowed(text);
    for secret in secrets
        .iter()
        .map(|secret| secret.trim())
        .filter(|secret| !secret.is_empty())
    {
        // A secret with "%25" in it is not found as what that would encode.
        if text.contains(secret) {
            text = Cow::Owned(text.replace(secret, HIDDEN));
        }
        let mut shown = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            match encoded(rest, secret.as_bytes()) {
                Some(length) => {
                    shown.extend_from_slice(HIDDEN.as_bytes());
                    rest = &rest[length..];
                }
                None => {
                    shown.push(*first);
                    rest = after;
                }
            }
        }
        if shown != text.as_bytes() {
            text = Cow::Owned(String::from_utf8_lossy(&shown).into_owned());
        }
    }
    text
}

/// How many bytes at the start of `text` are the secret, each of its bytes as it is or percent-encoded, in whichever case.
fn encoded(text: &[u8], secret: &[u8]) -> Option<usize> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut rest = text;
    for &byte in secret {
        rest = match rest {
            [b'%', high, low, after @ ..]
                if digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low) == Some(byte.into()) =>
            {
                after
            }
            [b'+', after @ ..] if byte == b' ' => after,
            [first, after @ ..] if *first == byte => after,
            _ => return None,
        };
    }
    Some(text.len() - rest.len())
}

/// A message of a service as an error may show it: one line, not endless, tokens, the given secrets and what looks like others
/// taken out.
pub(crate) fn scrub(message: &str, secrets: &[&str]) -> String {
    const LONGEST: usize = 1000;
    let message = hide(message, secrets);
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
                line.push_str(&hide_random_words(&word[..at]));
                line.push_str("(...)");
            }
            _ => line.push_str(&hide_random_words(word)),
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

    /// What forms and addresses change: `~` and `!` (which not all encode), space, `%`, `+` and what is not ASCII.
    const AWKWARD: &str = "8Q~hunter !%+ü&2";

    #[test]
    fn a_secret_is_hidden_however_it_was_sent() {
        let form: String = url::form_urlencoded::byte_serialize(AWKWARD.as_bytes()).collect();
        assert_eq!(form, "8Q%7Ehunter+%21%25%2B%C3%BC%262");
        for shape in [
            AWKWARD.to_owned(),
            form.clone(),
            form.replace("%7E", "~").replace("%21", "!"),
            form.replace('+', "%20")
                .replace("%2B", "%2b")
                .replace("%C3%BC", "%c3%bc"),
        ] {
            let message = format!("bad request: client_secret={shape}&scope=ü");
            for secret in [AWKWARD.to_owned(), format!(" {AWKWARD}\n")] {
                let shown = hide(&message, &["", " ", &secret]);
                assert_eq!(shown, "bad request: client_secret=(...)&scope=ü", "{shape}");
            }
        }
        for other in ["8Q%7", "8Q%7Ehunter", "%", "%zz", "ü", ""] {
            assert_eq!(hide(other, &[AWKWARD]), other);
        }
    }

    #[test]
    fn a_message_loses_what_looks_like_a_secret_and_keeps_what_it_is_about() {
        for (message, shown) in [
            ("Invalid 'abc8Q~Zm9vYmFyYmF6cXV4cXV1eGZvb2JhcmJheg'", "Invalid '(...)'"),
            ("code=0.AXkA8z/Zm9vYmFyYmF6cXV4cXV1eGZv; bad", "(...); bad"),
            (
                "subject 'repo:contoso-windows-devices/autopilot-configuration:environment:production'",
                "subject 'repo:contoso-windows-devices/autopilot-configuration:environment:production'",
            ),
            (
                "issuer 'https://token.actions.githubusercontent.com', app 9b2c1f6e-0b5a-4f43-8d0e-1c2b3a4d5e6f",
                "issuer 'https://token.actions.githubusercontent.com', app 9b2c1f6e-0b5a-4f43-8d0e-1c2b3a4d5e6f",
            ),
            (
                "Thumbprint of key used by client: '9F27CDE1A2B3C4D5E6F708192A3B4C5D6E7F8091'",
                "Thumbprint of key used by client: '9F27CDE1A2B3C4D5E6F708192A3B4C5D6E7F8091'",
            ),
            (
                "https://learn.microsoft.com/entra/x",
                "https://learn.microsoft.com/entra/x",
            ),
        ] {
            assert_eq!(scrub(message, &[]), shown);
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic_and_no_secret_is_left(before in "[%0-9a-zü+]{0,9}", secret in "[a-zü~%+ ]{1,6}", after in any::<String>()) {
            let text = format!("{before}{secret}{after}");
            let shown = hide(&text, &[&secret]);
            prop_assume!(!"(...)".contains(secret.trim()));
            prop_assert!(secret.trim().is_empty() || !shown.contains(secret.trim()) , "{shown}");
        }

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
