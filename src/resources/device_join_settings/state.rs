//! What Terraform keeps of the resource: its attributes and its private data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::value::Value;
use uuid::Uuid;

use crate::graph::policy::{ObjectId, Policy};
use crate::ownership::{Estate, Item, TenantNotes};
use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, Scope, SettingsAttributes};
use crate::settings::number::Number;
use crate::settings::{Leaf, LeafValue};
use crate::timeouts::Timeouts;

/// The attributes of `autopilot_device_join_settings`: configuration, plan and state alike.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsState {
    /// Always `deviceRegistrationPolicy`.
    pub id: Value<String>,
    /// The tenant whose settings these are.
    pub tenant_id: Value<String>,
    /// See [`SettingsAttributes`].
    pub allowed_to_join: Value<MembershipAttribute>,
    /// See [`SettingsAttributes`].
    pub local_admins: Value<LocalAdminsAttribute>,
    /// See [`SettingsAttributes`].
    pub allowed_to_register: Value<MembershipAttribute>,
    /// See [`SettingsAttributes`].
    pub user_device_quota: Value<Number>,
    /// See [`SettingsAttributes`].
    pub multi_factor_auth_required: Value<bool>,
    /// See [`SettingsAttributes`].
    pub local_admin_password_enabled: Value<bool>,
    /// Whether the tenant lets its administrators change the join settings.
    pub join_admin_configurable: Value<bool>,
    /// Whether the tenant lets its administrators change who may register.
    pub registration_admin_configurable: Value<bool>,
    /// The value that each setting had when this object first named it.
    pub original_settings: Value<SettingsAttributes>,
    /// `keep` or `restore`.
    pub on_destroy: Value<String>,
    /// How long each operation may take.
    pub timeouts: Value<Timeouts>,
}

impl SettingsState {
    /// The settings.
    pub fn settings(&self) -> SettingsAttributes {
        SettingsAttributes {
            allowed_to_join: self.allowed_to_join.clone(),
            local_admins: self.local_admins.clone(),
            allowed_to_register: self.allowed_to_register.clone(),
            user_device_quota: self.user_device_quota,
            multi_factor_auth_required: self.multi_factor_auth_required,
            local_admin_password_enabled: self.local_admin_password_enabled,
        }
    }

    /// Replaces the settings.
    pub fn set_settings(&mut self, settings: SettingsAttributes) {
        self.allowed_to_join = settings.allowed_to_join;
        self.local_admins = settings.local_admins;
        self.allowed_to_register = settings.allowed_to_register;
        self.user_device_quota = settings.user_device_quota;
        self.multi_factor_auth_required = settings.multi_factor_auth_required;
        self.local_admin_password_enabled = settings.local_admin_password_enabled;
    }

    /// Brings the state up to what the tenant has, in the state's spelling.
    pub fn refresh(&mut self, policy: &Policy) {
        self.set_settings(SettingsAttributes::of_policy(policy, &self.settings()));
        self.set_configurable(policy);
    }

    /// Gives what the plan left open the tenant's values.
    pub fn complete(&mut self, policy: &Policy) {
        let mut settings = self.settings();
        settings.complete(policy);
        self.set_settings(settings);
        self.set_configurable(policy);
    }

    fn set_configurable(&mut self, policy: &Policy) {
        self.join_admin_configurable = policy.join_admin_configurable().into();
        self.registration_admin_configurable = policy.registration_admin_configurable().into();
    }

    /// The originals, empty where there are none.
    pub fn originals(&self) -> SettingsAttributes {
        self.original_settings.clone().unwrap_or_default()
    }
}

/// The choice of what a destroy does.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum OnDestroy {
    /// The settings stay as they are.
    #[default]
    Keep,
    /// The settings that this object wrote go back to their originals.
    Restore,
}

impl OnDestroy {
    /// Every choice.
    pub const ALL: [Self; 2] = [Self::Keep, Self::Restore];

    /// Terraform's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Restore => "restore",
        }
    }

    /// The choice with this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }

    /// The choice of a configuration or a state; null, unknown and invalid count as the default, which changes nothing
    /// in the tenant.
    pub fn of(value: &Value<String>) -> Self {
        value
            .as_ref_option()
            .and_then(|text| Self::parse(text))
            .unwrap_or_default()
    }
}

/// What is remembered beside the attributes; Terraform stores it and does not show it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// This resource object, once it was applied or imported.
    pub object: Option<Uuid>,
    /// The leaves that the last applied configuration named.
    pub named: BTreeSet<Leaf>,
    /// The leaves that this object wrote: what a restore puts back.
    pub written: BTreeSet<Leaf>,
    /// The leaves that a younger object held when this one was last read: a destroy leaves them, also where Terraform
    /// destroys a deposed object in a process that has read neither.
    pub superseded: BTreeSet<Leaf>,
    /// In a plan: what its apply needs to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// What an apply needs to know of its plan. Terraform hands the destroy half of a replacement the private data of the
/// *create*, so the variant tells which of the two it is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// The object is to be created.
    Create(Box<CreatePlan>),
    /// The object is to be changed.
    Update(Box<UpdatePlan>),
    /// The object is to be destroyed.
    Destroy,
}

/// The plan of a create.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreatePlan {
    /// The leaves that the configuration names.
    pub named: BTreeSet<Leaf>,
    /// What the tenant had when the plan was made, of what is named.
    pub seen: Option<SettingsAttributes>,
    /// Whether `seen` is of the plan that is applied: it came back as `planned_private` (Terraform 1.16 and later).
    pub confirmed: bool,
    /// What the object that this one replaces leaves.
    pub estate: Option<Estate>,
    /// Errors of the plan, as summaries and details, that its create reports: it keeps the estate.
    pub refused: Vec<(String, String)>,
    /// Groups so new that their users may still be missing.
    pub awaiting: Vec<String>,
}

/// The plan of an update.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdatePlan {
    /// The leaves that the configuration names.
    pub named: BTreeSet<Leaf>,
    /// The leaves whose originals this update records.
    pub recorded: BTreeSet<Leaf>,
    /// What this object leaves, should the plan turn out to be the first half of a replacement's.
    pub estate: Option<Estate>,
    /// Groups so new that their users may still be missing.
    pub awaiting: Vec<String>,
}

impl Private {
    /// Takes note of the leaves that another object of this process holds.
    pub fn note_others(&mut self, notes: &TenantNotes) {
        let managed = self.named.union(&self.written).copied();
        let others = managed.filter(|leaf| notes.is_others(self.object, &Item::Leaf(*leaf)));
        self.superseded = others.collect();
    }

    /// The private data as it is stored after an apply.
    pub fn stored(&self) -> Self {
        Self {
            plan: None,
            ..self.clone()
        }
    }
}

/// Everything that an object manages which names these leaves, in these settings: with a scope that has no lists, the lists
/// too.
pub fn items(leaves: &BTreeSet<Leaf>, settings: &SettingsAttributes) -> Vec<Item> {
    let mut items = Vec::new();
    for leaf in leaves {
        items.push(Item::Leaf(*leaf));
        if matches!(
            settings.leaf(*leaf),
            Value::Value(LeafValue::Scope(Scope::All | Scope::None))
        ) {
            items.extend(Leaf::lists(leaf.setting).map(Item::Leaf));
        }
        let Some(kind) = leaf.kind() else { continue };
        if let Value::Value(LeafValue::Ids(ids)) = settings.leaf(*leaf) {
            items.extend(ids.into_iter().map(|id| Item::Member(leaf.setting, kind, id)));
        }
    }
    items
}

/// Object ids as texts of the private data.
pub fn texts(ids: &[ObjectId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::testing::{given, membership};

    #[test]
    fn anything_but_restore_keeps() {
        let value = |text: &str| Value::Value(text.to_owned());
        assert_eq!(OnDestroy::of(&value("restore")), OnDestroy::Restore);
        for harmless in [value("keep"), value("Restore"), value(""), Value::Null, Value::Unknown] {
            assert_eq!(OnDestroy::of(&harmless), OnDestroy::Keep, "{harmless:?}");
        }
    }

    #[test]
    fn private_data_survives_its_json() {
        let private = Private {
            object: Some(Uuid::from_u128(7)),
            named: Leaf::all().collect(),
            written: BTreeSet::new(),
            superseded: BTreeSet::new(),
            plan: Some(Plan::Create(Box::new(CreatePlan {
                seen: Some(SettingsAttributes {
                    allowed_to_join: membership("selected", given(&["A"]), Value::Null),
                    ..SettingsAttributes::default()
                }),
                ..CreatePlan::default()
            }))),
        };
        let json = serde_json::to_vec(&private).unwrap();
        assert_eq!(serde_json::from_slice::<Private>(&json).unwrap(), private);
    }
}
