//! The id of a directory object: a user or a group.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A directory object id. Ids compare without case and keep the spelling they came in.
///
/// A clone shares the text, and GUIDs compare as numbers: a policy can name thousands, and every edit goes through them.
#[derive(Clone)]
pub struct ObjectId {
    text: Arc<str>,
    /// The number that the text is, when it is a GUID.
    guid: Option<u128>,
}

/// A text that is not an object id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not an object id: expected a GUID such as 00000000-0000-0000-0000-000000000000")]
pub struct NotAnObjectId {
    /// The text, shortened when it is long.
    pub found: String,
}

impl ObjectId {
    /// A configured id: a GUID in its hyphenated form.
    ///
    /// # Errors
    /// [`NotAnObjectId`] for anything else, a user principal name or a display name for instance.
    pub fn parse(text: &str) -> Result<Self, NotAnObjectId> {
        let id = Self::from_graph(text);
        match id.guid {
            Some(_) => Ok(id),
            None => Err(NotAnObjectId {
                found: super::read::shortened(text),
            }),
        }
    }

    /// An id that a tenant's policy holds. It is taken as it is: an id that means nothing to us must neither break a read
    /// nor be lost in a write.
    #[must_use]
    pub fn from_graph(text: &str) -> Self {
        Self {
            text: text.into(),
            guid: guid(text),
        }
    }

    /// The id in the spelling it came in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.text.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

/// The number that a GUID in its hyphenated form is.
fn guid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    text.bytes().enumerate().try_fold(0, |number, (at, byte)| match at {
        8 | 13 | 18 | 23 => (byte == b'-').then_some(number),
        _ => Some(number << 4 | u128::from(char::from(byte).to_digit(16)?)),
    })
}

impl PartialEq for ObjectId {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ObjectId {}

impl Ord for ObjectId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.guid, other.guid) {
            (Some(ours), Some(theirs)) => ours.cmp(&theirs),
            (None, None) => self.folded().cmp(other.folded()),
            // The odd ones come last.
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for ObjectId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.guid {
            Some(guid) => guid.hash(state),
            None => {
                self.folded().for_each(|byte| state.write_u8(byte));
                // Ends the text: no UTF-8 has this byte.
                state.write_u8(0xff);
            }
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    const LOWER: &str = "a1b2c3d4-0000-4000-8000-00000000000f";
    const UPPER: &str = "A1B2C3D4-0000-4000-8000-00000000000F";

    #[test]
    fn case_does_not_matter_and_the_spelling_is_kept() {
        let (lower, upper) = (ObjectId::parse(LOWER).unwrap(), ObjectId::parse(UPPER).unwrap());
        assert_eq!(lower, upper);
        assert_eq!(upper.as_str(), UPPER);
        assert_eq!(BTreeSet::from([lower.clone(), upper.clone()]).len(), 1);
        assert_eq!(HashSet::from([lower, upper]).len(), 1);
    }

    #[test]
    fn only_a_guid_is_configured() {
        for wrong in [
            "",
            "ops@contoso.com",
            "Autopilot users",
            "{a1b2c3d4-0000-4000-8000-00000000000f}",
            "a1b2c3d4000040008000000000000000000f",
            "a1b2c3d4-0000-4000-8000-00000000000g",
            "a1b2c3d4-0000-4000-8000-00000000000\u{e9}",
            " a1b2c3d4-0000-4000-8000-00000000000f",
        ] {
            assert_eq!(
                ObjectId::parse(wrong),
                Err(NotAnObjectId {
                    found: wrong.to_owned()
                })
            );
        }
    }

    #[test]
    fn a_tenant_may_hold_anything() {
        for odd in ["", "not-a-guid", "\u{130}", LOWER] {
            assert_eq!(ObjectId::from_graph(odd).as_str(), odd);
        }
    }
}
