//! Rules for a PUT of the policy: it replaces the whole object, so all of it must be there and of the right types.
//!
//! Documented at <https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::membership;
use crate::graph::GraphError;
use crate::switches::{
    Change, Leniency, MissingQuota, OmittedNested, OmittedUnknown, QuotaAboveLimit, Switches, UnknownProperty,
};

/// "Unlimited" on the wire.
const UNLIMITED: i64 = 2_147_483_647;
/// The highest quota that is a number of devices.
const LIMIT: i64 = 100;

const READ_ONLY: [&str; 3] = ["id", "displayName", "description"];
const MULTI_FACTOR: [&str; 3] = ["notRequired", "required", "unknownFutureValue"];

/// What the object under a property is made of.
enum Shape {
    /// A nullable Boolean.
    Boolean,
    /// A nullable Boolean that a PUT cannot change.
    ReadOnly,
    /// A nullable membership.
    Membership,
    /// A nullable object.
    Object(Properties),
}

type Properties = &'static [(&'static str, Shape)];

const REGISTRATION: Properties = &[
    ("isAdminConfigurable", Shape::ReadOnly),
    ("allowedToRegister", Shape::Membership),
];
const JOIN: Properties = &[
    ("isAdminConfigurable", Shape::ReadOnly),
    ("allowedToJoin", Shape::Membership),
    ("localAdmins", Shape::Object(LOCAL_ADMINS)),
];
const LOCAL_ADMINS: Properties = &[
    ("enableGlobalAdmins", Shape::Boolean),
    ("registeringUsers", Shape::Membership),
];
const PASSWORD: Properties = &[("isEnabled", Shape::Boolean)];

/// The five properties that every PUT must have, with what an error message calls them.
const REQUIRED: [(&str, &str); 5] = [
    ("userDeviceQuota", "quota"),
    ("multiFactorAuthConfiguration", "multiFactorAuthConfiguration"),
    ("azureADRegistration", "azureADRegistration"),
    ("azureADJoin", "azureADJoin"),
    ("localAdminPassword", "localAdminPassword"),
];

/// The rules, with what they depend on.
pub(crate) struct Rules<'a> {
    pub(super) switches: &'a Switches,
    /// Whether an object with this id is in the directory.
    pub(super) exists: &'a dyn Fn(&str) -> bool,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(switches: &'a Switches, exists: &'a dyn Fn(&str) -> bool) -> Self {
        Self { switches, exists }
    }

    /// What the policy is after a PUT of `body`.
    pub(super) fn replace(&self, current: &Value, body: &Value) -> Result<Value, GraphError> {
        let Some(sent) = body.as_object() else {
            return Err(GraphError::bad_request(format!(
                "The body must be an object of type 'microsoft.graph.deviceRegistrationPolicy', not {}.",
                kind_of(body)
            )));
        };
        self.required(sent)?;
        let mut next = Map::new();
        for name in READ_ONLY {
            if let Some(value) = current.get(name) {
                next.insert(name.to_owned(), value.clone());
            }
        }
        next.insert("userDeviceQuota".into(), self.quota(sent.get("userDeviceQuota"))?);
        next.insert(
            "multiFactorAuthConfiguration".into(),
            multi_factor(&sent["multiFactorAuthConfiguration"])?,
        );
        for (name, shape) in [
            ("azureADRegistration", REGISTRATION),
            ("azureADJoin", JOIN),
            ("localAdminPassword", PASSWORD),
        ] {
            let value = self.object(name, shape, current.get(name), &sent[name])?;
            next.insert(name.to_owned(), value);
        }
        self.others(current, sent, &mut next)?;
        let mut next = Value::Object(next);
        self.locked(current, &mut next)?;
        self.ignored(current, &mut next);
        Ok(next)
    }

    fn required(&self, sent: &Map<String, Value>) -> Result<(), GraphError> {
        for (name, called) in REQUIRED {
            let missing = sent.get(name).is_none_or(Value::is_null);
            let excused = called == "quota" && self.switches.missing_quota == MissingQuota::Zero;
            if missing && !excused {
                return Err(GraphError::invalid(format!(
                    "Tenant registration policy is missing a value for {called}"
                )));
            }
        }
        Ok(())
    }

    fn quota(&self, sent: Option<&Value>) -> Result<Value, GraphError> {
        let Some(value) = sent.filter(|value| !value.is_null()) else {
            return Ok(json!(0));
        };
        let quota = value
            .as_i64()
            .filter(|quota| i32::try_from(*quota).is_ok())
            .ok_or_else(|| {
                GraphError::bad_request(format!(
                    "Cannot convert the literal '{value}' of 'userDeviceQuota' to the expected type 'Edm.Int32'."
                ))
            })?;
        if quota < 0 && self.switches.negative_quota == Leniency::Refuse {
            return Err(GraphError::invalid(format!(
                "The quota {quota} is out of range: it must not be negative."
            )));
        }
        if quota <= LIMIT || quota == UNLIMITED {
            return Ok(json!(quota));
        }
        match self.switches.quota_above_limit {
            QuotaAboveLimit::Cap => Ok(json!(LIMIT)),
            QuotaAboveLimit::Keep => Ok(json!(quota)),
            QuotaAboveLimit::Refuse => Err(GraphError::invalid(format!(
                "The quota {quota} is out of range: the highest is {LIMIT}."
            ))),
        }
    }

    fn object(&self, at: &str, shape: Properties, current: Option<&Value>, sent: &Value) -> Result<Value, GraphError> {
        let Some(object) = sent.as_object() else {
            return Err(GraphError::bad_request(format!(
                "The property '{at}' must be an object, not {}.",
                kind_of(sent)
            )));
        };
        let mut next = Map::new();
        for (name, shape) in shape {
            let at = format!("{at}.{name}");
            let old = current.and_then(|current| current.get(*name));
            if let Some(value) = self.property(&at, shape, old, object.get(*name))? {
                next.insert((*name).to_owned(), value);
            }
        }
        let known = |name: &str| shape.iter().any(|(known, _)| *known == name);
        self.unknown(at, &known, current, object, &mut next)?;
        Ok(Value::Object(next))
    }

    fn property(
        &self,
        at: &str,
        shape: &Shape,
        old: Option<&Value>,
        sent: Option<&Value>,
    ) -> Result<Option<Value>, GraphError> {
        if matches!(shape, Shape::ReadOnly) {
            boolean(at, sent.unwrap_or(&Value::Null))?;
            return Ok(old.cloned());
        }
        let Some(sent) = sent else {
            let hidden = self.switches.without_local_admins && at == "azureADJoin.localAdmins";
            return match (self.switches.omitted_nested, old) {
                _ if hidden => Ok(old.cloned()),
                (OmittedNested::Refuse, Some(_)) => Err(GraphError::invalid(format!(
                    "Tenant registration policy is missing a value for {at}"
                ))),
                (OmittedNested::Null, _) => Ok(Some(Value::Null)),
                (OmittedNested::Keep | OmittedNested::Refuse, old) => Ok(old.cloned()),
            };
        };
        match shape {
            _ if sent.is_null() => Ok(Some(Value::Null)),
            Shape::Membership => membership::check(self, at, sent).map(Some),
            Shape::Object(shape) => self.object(at, shape, old, sent).map(Some),
            Shape::Boolean | Shape::ReadOnly => boolean(at, sent).map(Some),
        }
    }

    fn others(
        &self,
        current: &Value,
        sent: &Map<String, Value>,
        next: &mut Map<String, Value>,
    ) -> Result<(), GraphError> {
        let read_only = |name: &str| READ_ONLY.contains(&name) || name.contains('@');
        if self.switches.read_only_properties == Leniency::Refuse
            && let Some(name) = sent.keys().find(|name| read_only(name))
        {
            return Err(GraphError::bad_request(format!(
                "The property '{name}' is read-only and cannot be set."
            )));
        }
        let known = |name: &str| read_only(name) || REQUIRED.iter().any(|(known, _)| *known == name);
        self.unknown("the policy", &known, Some(current), sent, next)
    }

    /// Takes over properties that are not in the documentation, as the switches say.
    fn unknown(
        &self,
        at: &str,
        known: &dyn Fn(&str) -> bool,
        current: Option<&Value>,
        sent: &Map<String, Value>,
        next: &mut Map<String, Value>,
    ) -> Result<(), GraphError> {
        let of_tenant = current.and_then(Value::as_object);
        for (name, value) in sent.iter().filter(|(name, _)| !known(name) && !name.contains('@')) {
            let tenant_has_it = of_tenant.is_some_and(|current| current.contains_key(name));
            match self.switches.unknown_property {
                _ if tenant_has_it => {}
                UnknownProperty::Keep => {}
                UnknownProperty::Drop => continue,
                UnknownProperty::Refuse => {
                    return Err(GraphError::bad_request(format!(
                        "The property '{name}' does not exist on {at}. Make sure to only use property names that are defined by the type."
                    )));
                }
            }
            next.insert(name.clone(), value.clone());
        }
        if self.switches.omitted_unknown == OmittedUnknown::Keep {
            for (name, value) in of_tenant.into_iter().flatten().filter(|(name, _)| !known(name)) {
                next.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        Ok(())
    }

    /// Refuses, undoes or lets pass changes of what the tenant's administrator cannot configure.
    fn locked(&self, current: &Value, next: &mut Value) -> Result<(), GraphError> {
        let switches = self.switches;
        let settings = [
            ("azureADRegistration", "allowedToRegister", switches.registration_change),
            ("azureADJoin", "allowedToJoin", switches.join_change),
            ("azureADJoin", "localAdmins", switches.local_admins_change),
        ];
        for (section, property, change) in settings {
            let registration = section == "azureADRegistration";
            let (old, new) = (&current[section][property], &next[section][property]);
            if canonical(old) == canonical(new) {
                continue;
            }
            let selected = registration && membership::is_enumerated(new);
            if selected && switches.selected_registration == Leniency::Refuse {
                return Err(GraphError::invalid(format!(
                    "{section}.{property} cannot be limited to selected users and groups."
                )));
            }
            let intune = registration && switches.intune;
            if !intune && current[section]["isAdminConfigurable"] != json!(false) {
                continue;
            }
            match change {
                Change::Accept => {}
                Change::Ignore => next[section][property] = old.clone(),
                Change::Refuse => {
                    return Err(GraphError::invalid(format!(
                        "{section}.{property} cannot be modified in this tenant."
                    )));
                }
            }
        }
        Ok(())
    }

    fn ignored(&self, current: &Value, next: &mut Value) {
        for property in &self.switches.ignored_properties {
            let pointer = format!("/{}", property.replace('.', "/"));
            if let (Some(old), Some(new)) = (current.pointer(&pointer), next.pointer_mut(&pointer)) {
                new.clone_from(old);
            }
        }
    }
}

/// The value with memberships in one form: types and ids in lower case, lists in order and without repetition.
fn canonical(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.trim_start_matches('#').to_ascii_lowercase()),
        Value::Array(ids) => {
            let ids: BTreeSet<String> = ids.iter().map(|id| canonical(id).to_string()).collect();
            json!(ids)
        }
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| (name.clone(), canonical(value)))
            .collect(),
        other => other.clone(),
    }
}

fn multi_factor(sent: &Value) -> Result<Value, GraphError> {
    match sent.as_str() {
        Some(value) if MULTI_FACTOR.contains(&value) => Ok(sent.clone()),
        _ => Err(GraphError::bad_request(format!(
            "Cannot convert the literal '{sent}' of 'multiFactorAuthConfiguration' to the expected type 'microsoft.graph.multiFactorAuthConfiguration'."
        ))),
    }
}

fn boolean(at: &str, sent: &Value) -> Result<Value, GraphError> {
    if sent.is_boolean() || sent.is_null() {
        return Ok(sent.clone());
    }
    Err(GraphError::bad_request(format!(
        "Cannot convert the literal '{sent}' of '{at}' to the expected type 'Edm.Boolean'."
    )))
}

/// What a JSON value is, for messages.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
#[path = "rules_test.rs"]
mod tests;
