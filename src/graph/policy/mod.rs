//! The device registration policy: a typed view over the JSON it came in.
//!
//! Graph has no partial update for this object. A PUT replaces all of it, so whoever changes one setting sends every
//! other one too, also those that Microsoft adds after this was written
//! (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>).
//!
//! Invariant: the JSON that a policy came in is never changed. What was set lies beside it, and [`Policy::json`] writes
//! it over the original only where the meaning differs; all else travels through untouched, whatever it is.
//!
//! Invariant: a policy that parsed can be read without an error: every property we know had its type or was absent.
//!
//! Cloning a policy shares its parts, however many members they have.

mod error;
mod membership;
mod object_id;
mod read;
mod setting;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use error::{IncompletePolicy, InvalidPolicy};
pub use membership::{Members, Membership};
pub use object_id::{NotAnObjectId, ObjectId};
pub use setting::{Quota, ScopeChange, Setting, SettingChange, SettingKind, SettingValue};

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

/// What came from Graph.
struct Original {
    json: Value,
    values: Values,
    join_admin_configurable: Option<bool>,
    registration_admin_configurable: Option<bool>,
}

impl Policy {
    /// Reads the body that Graph answered a GET or a PUT with.
    ///
    /// Strict about the properties we know, tolerant of all others, and of known ones that are absent or null: an older
    /// body has no `localAdmins`.
    ///
    /// # Errors
    /// [`InvalidPolicy`] with the place, when a property has another type than documented or the body is something else.
    pub fn parse(json: Value) -> Result<Self, InvalidPolicy> {
        let root = Node::root(&json);
        recognise(&root)?;
        let mut values = Values::default();
        for setting in Setting::ALL {
            values[setting.index()] = read_setting(&root.at(setting.path())?, setting)?;
        }
        let configurable = |part| root.at(&[part, "isAdminConfigurable"])?.boolean();
        let join_admin_configurable = configurable("azureADJoin")?;
        let registration_admin_configurable = configurable("azureADRegistration")?;
        Ok(Self {
            values: values.clone(),
            original: Arc::new(Original {
                json,
                values,
                join_admin_configurable,
                registration_admin_configurable,
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

    /// Whether an administrator can change [`Setting::AllowedToJoin`], as far as the policy says.
    #[must_use]
    pub fn join_admin_configurable(&self) -> Option<bool> {
        self.original.join_admin_configurable
    }

    /// Whether an administrator can change [`Setting::AllowedToRegister`], as far as the policy says: not while Intune is
    /// enabled.
    #[must_use]
    pub fn registration_admin_configurable(&self) -> Option<bool> {
        self.original.registration_admin_configurable
    }

    /// Changes a setting. To set what is there already changes nothing, not even a spelling.
    ///
    /// A [`SettingChange::Bool`] or [`SettingChange::Membership`] that names a setting of another kind is a mistake of
    /// the caller; it changes nothing.
    pub fn set(&mut self, change: SettingChange) {
        let setting = change.setting();
        let (kind, value) = match change {
            SettingChange::Bool(_, value) => (SettingKind::Bool, SettingValue::Bool(value)),
            SettingChange::Quota(quota) => (SettingKind::Quota, SettingValue::Quota(quota)),
            SettingChange::Membership { scope, .. } => {
                let changed = Membership::changed(self.membership(setting), scope);
                (SettingKind::Membership, SettingValue::Membership(changed))
            }
        };
        let matches = setting.kind() == kind;
        debug_assert!(matches, "{setting} is no setting of kind {kind:?}");
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
                (None, None) => self.original.raw(*setting) != other.original.raw(*setting),
                _ => true,
            }
        };
        Setting::ALL.into_iter().filter(differs).collect()
    }

    /// The whole policy as JSON: as it came, with what was set written over it.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut json = self.original.json.clone();
        for setting in Setting::ALL {
            let (before, now) = (&self.original.values[setting.index()], &self.values[setting.index()]);
            if let Some(value) = now
                && before.as_ref() != Some(value)
            {
                write_setting(setting, value, place(&mut json, setting.path()));
            }
        }
        json
    }

    /// The body of a PUT: every property that can be written, whether we know it or not.
    ///
    /// # Errors
    /// [`IncompletePolicy`] when one that Graph requires is missing: to send the rest could reset it.
    pub fn put_body(&self) -> Result<Value, IncompletePolicy> {
        let mut body = match self.json() {
            Value::Object(object) => object,
            // Not so: parse accepts nothing else than an object.
            _ => Map::new(),
        };
        body.retain(|name, _| !name.starts_with('@') && !READ_ONLY.contains(&name.as_str()));
        let is_missing = |name: &&str| body.get(*name).is_none_or(Value::is_null);
        let missing: Vec<_> = REQUIRED.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            Ok(Value::Object(body))
        } else {
            Err(IncompletePolicy { missing })
        }
    }
}

impl Original {
    /// What is written for a setting; nothing for null.
    fn raw(&self, setting: Setting) -> Option<&Value> {
        self.json.pointer(setting.pointer()).filter(|value| !value.is_null())
    }
}

impl PartialEq for Policy {
    /// Whether both say the same in the same JSON.
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Policy").field(&self.json()).finish()
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

fn read_setting(node: &Node<'_>, setting: Setting) -> Result<Option<Arc<SettingValue>>, InvalidPolicy> {
    let value = match setting.kind() {
        SettingKind::Membership => Membership::read(node)?.map(SettingValue::Membership),
        SettingKind::Quota => node.int32()?.and_then(Quota::from_wire).map(SettingValue::Quota),
        SettingKind::Bool if setting == Setting::MultiFactorAuthRequired => {
            node.text()?.and_then(mfa_from_wire).map(SettingValue::Bool)
        }
        SettingKind::Bool => node.boolean()?.map(SettingValue::Bool),
    };
    Ok(value.map(Arc::new))
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

/// The place that `path` leads to, with the objects on the way made when they are missing.
fn place<'a>(json: &'a mut Value, path: &[&str]) -> &'a mut Value {
    path.iter().fold(json, |parent, name| {
        if !parent.is_object() {
            *parent = Value::Object(Map::new());
        }
        // Indexing an object by a name it lacks inserts null: it cannot fail here.
        &mut parent[*name]
    })
}

fn write_setting(setting: Setting, value: &SettingValue, place: &mut Value) {
    match value {
        SettingValue::Bool(required) if setting == Setting::MultiFactorAuthRequired => {
            *place = Value::from(if *required { MFA_REQUIRED } else { MFA_NOT_REQUIRED });
        }
        SettingValue::Bool(value) => *place = Value::from(*value),
        SettingValue::Quota(quota) => *place = Value::from(quota.to_wire()),
        SettingValue::Membership(membership) => membership.write(place),
    }
}
