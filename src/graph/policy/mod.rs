//! The device registration policy: a typed view over the JSON it came in.
//!
//! Graph has no partial update for this object. A PUT replaces all of it, so a change of one setting sends every
//! other one too, also those that Microsoft adds after this was written
//! (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>).
//!
//! Invariant: the JSON that a policy came in is never changed. What was set lies beside it, and [`Policy::put_body`]
//! writes it over the original only where the meaning differs. All else travels through as the text that it was, numbers
//! to the digit. The only exception is what Graph documents differently: the type of a known membership is sent in the
//! documented spelling, and a selection of no member as "none".
//!
//! Invariant: a policy that parsed can be read without an error: every property we know had its type or was absent.
//!
//! Cloning a policy shares its parts, however many members they have.

mod error;
mod membership;
mod object;
mod object_id;
mod read;
mod setting;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use error::{IncompletePolicy, InvalidPolicy};
pub use membership::{Members, Membership};
pub use object_id::{NotAnObjectId, ObjectId};
pub use setting::{Quota, Setting, SettingKind, SettingValue};

use object::{Object, quoted, replace};
use read::Node;

/// The properties that a PUT must have, all of them.
const REQUIRED: [&str; 5] = [
    "userDeviceQuota",
    "multiFactorAuthConfiguration",
    "azureADRegistration",
    "azureADJoin",
    "localAdminPassword",
];
/// The properties that cannot be written.
const READ_ONLY: [&str; 3] = ["id", "displayName", "description"];
const MFA_REQUIRED: &str = "required";
const MFA_NOT_REQUIRED: &str = "notRequired";

type Values = [Option<Arc<SettingValue>>; Setting::ALL.len()];

/// A tenant's device registration policy.
#[derive(Clone)]
pub struct Policy {
    original: Arc<Original>,
    values: Values,
}

/// The policy as it came from Graph.
struct Original {
    text: Box<str>,
    values: Values,
    /// The texts of settings that have a value whose meaning we do not know.
    unknown: [Option<Box<str>>; Setting::ALL.len()],
    join_admin_configurable: Option<bool>,
    registration_admin_configurable: Option<bool>,
}

impl Policy {
    /// Reads the JSON that Graph answered a GET or a PUT with.
    ///
    /// Strict about the properties we know, tolerant of all others, and of known ones that are absent or null: an older
    /// body has no `localAdmins`.
    ///
    /// # Errors
    /// [`InvalidPolicy`] with the place, when a property has another type than documented or the body is something else.
    pub fn parse(text: &str) -> Result<Self, InvalidPolicy> {
        let root = Node::root(text)?;
        recognise(&root)?;
        let mut values = Values::default();
        let mut unknown: [Option<Box<str>>; Setting::ALL.len()] = Default::default();
        for setting in Setting::ALL {
            let node = root.at(setting.path())?;
            match read_setting(&node, setting)? {
                Some(value) => values[setting.index()] = Some(Arc::new(value)),
                None => unknown[setting.index()] = node.json().map(Box::from),
            }
        }
        let configurable = |part| root.at(&[part, "isAdminConfigurable"])?.boolean();
        Ok(Self {
            values: values.clone(),
            original: Arc::new(Original {
                text: text.into(),
                values,
                unknown,
                join_admin_configurable: configurable("azureADJoin")?,
                registration_admin_configurable: configurable("azureADRegistration")?,
            }),
        })
    }

    /// A setting's value.
    ///
    /// None when the tenant's policy does not have the setting, or has a value whose meaning we do not know, such as
    /// `unknownFutureValue`; such a value stays as it is until it is set.
    #[must_use]
    pub fn value(&self, setting: Setting) -> Option<SettingValue> {
        self.borrowed(setting).cloned()
    }

    /// [`Policy::value`] without a copy: one membership can name thousands.
    #[must_use]
    pub fn borrowed(&self, setting: Setting) -> Option<&SettingValue> {
        self.values[setting.index()].as_deref()
    }

    /// Who is meant by a setting of [`SettingKind::Membership`]; none for the others.
    #[must_use]
    pub fn membership(&self, setting: Setting) -> Option<&Membership> {
        match self.borrowed(setting) {
            Some(SettingValue::Membership(membership)) => Some(membership),
            _ => None,
        }
    }

    /// Returns whether an administrator can change [`Setting::AllowedToJoin`], as far as the policy says.
    #[must_use]
    pub fn join_admin_configurable(&self) -> Option<bool> {
        self.original.join_admin_configurable
    }

    /// Returns whether an administrator can change [`Setting::AllowedToRegister`], as far as the policy says: not while Intune is
    /// enabled.
    #[must_use]
    pub fn registration_admin_configurable(&self) -> Option<bool> {
        self.original.registration_admin_configurable
    }

    /// Changes a setting to a whole new value. To set what is there already changes nothing, not even a spelling, and a
    /// selection of no member becomes [`Membership::None`].
    ///
    /// A value of another kind than the setting's is a mistake of the caller; it changes nothing. Nor does
    /// [`Membership::Other`]: a type that we do not know cannot be written.
    pub fn set(&mut self, setting: Setting, value: SettingValue) {
        let matches = setting.kind() == value.kind();
        debug_assert!(matches, "{setting} is of another kind than {value}");
        let value = match value {
            SettingValue::Membership(Membership::Other(_)) => return,
            SettingValue::Membership(Membership::Selected(members)) => {
                SettingValue::Membership(Membership::selected(members))
            }
            other => other,
        };
        if matches && self.borrowed(setting) != Some(&value) {
            self.values[setting.index()] = Some(Arc::new(value));
        }
    }

    /// The settings whose meaning differs between two policies. What has no meaning to us is compared as it is written.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<Setting> {
        let differs = |setting: &Setting| {
            let at = setting.index();
            match (&self.values[at], &other.values[at]) {
                (Some(ours), Some(theirs)) => !Arc::ptr_eq(ours, theirs) && ours != theirs,
                (None, None) => self.original.unknown[at] != other.original.unknown[at],
                _ => true,
            }
        };
        Setting::ALL.into_iter().filter(differs).collect()
    }

    /// The body of a PUT: every property that can be written, whether we know it or not.
    ///
    /// # Errors
    /// [`IncompletePolicy`] when one that Graph requires is missing: to send the rest could reset it.
    pub fn put_body(&self) -> Result<String, IncompletePolicy> {
        let text = self.text();
        // Never empty: parse accepts nothing else than an object.
        let mut body = Object::parse(&text).unwrap_or_default();
        body.retain(|name| !name.starts_with('@') && !READ_ONLY.contains(&name));
        let is_missing = |name: &&str| body.get(name).is_none_or(|value| value == "null");
        let missing: Vec<_> = REQUIRED.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            Ok(body.to_string())
        } else {
            Err(IncompletePolicy { missing })
        }
    }

    /// The whole policy as JSON: as it came, with what was set written over it.
    fn text(&self) -> String {
        let mut text = self.original.text.to_string();
        for setting in Setting::ALL {
            let Some(value) = self.borrowed(setting) else {
                continue;
            };
            let was_set = self.original.values[setting.index()].as_deref() != Some(value);
            let write = |before: Option<&str>| match (value, before) {
                (value, before) if was_set => write_setting(setting, value, before),
                (SettingValue::Membership(membership), Some(before)) => membership.corrected(before),
                (_, before) => before.unwrap_or("null").to_owned(),
            };
            text = replace(Some(&text), setting.path(), &write);
        }
        text
    }

    /// [`Policy::text`] for tests to look into.
    #[cfg(test)]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

impl PartialEq for Policy {
    /// Compares the settings, and the JSON that the policies came in.
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.original.text == other.original.text
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.text()).finish()
    }
}

/// Refuses a body that is something else than a policy. Each property may be missing from one, but not all of them.
fn recognise(root: &Node<'_>) -> Result<(), InvalidPolicy> {
    let error = root.property("error")?;
    if !error.is_absent() {
        return Err(error.wrong("no such property in a policy", "an error"));
    }
    for name in REQUIRED {
        if !root.property(name)?.is_absent() {
            return Ok(());
        }
    }
    Err(root.wrong(
        "an object with userDeviceQuota, azureADJoin and the other properties of a policy",
        "none of them",
    ))
}

fn read_setting(node: &Node<'_>, setting: Setting) -> Result<Option<SettingValue>, InvalidPolicy> {
    Ok(match setting.kind() {
        SettingKind::Membership => Membership::read(node)?.map(SettingValue::Membership),
        SettingKind::Quota => node.int32()?.and_then(Quota::from_wire).map(SettingValue::Quota),
        SettingKind::Bool if setting == Setting::MultiFactorAuthRequired => {
            node.text()?.as_deref().and_then(mfa_from_wire).map(SettingValue::Bool)
        }
        SettingKind::Bool => node.boolean()?.map(SettingValue::Bool),
    })
}

fn mfa_from_wire(name: &str) -> Option<bool> {
    if name.eq_ignore_ascii_case(MFA_REQUIRED) {
        Some(true)
    } else if name.eq_ignore_ascii_case(MFA_NOT_REQUIRED) {
        Some(false)
    } else {
        None
    }
}

/// The JSON of a setting, written over what the policy had.
fn write_setting(setting: Setting, value: &SettingValue, before: Option<&str>) -> String {
    match value {
        SettingValue::Bool(required) if setting == Setting::MultiFactorAuthRequired => {
            quoted(if *required { MFA_REQUIRED } else { MFA_NOT_REQUIRED })
        }
        SettingValue::Bool(value) => value.to_string(),
        SettingValue::Quota(quota) => quota.to_wire().to_string(),
        SettingValue::Membership(membership) => membership.write(before),
    }
}
