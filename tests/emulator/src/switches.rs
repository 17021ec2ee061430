//! Switches for what is not known of Graph, or differs between tenants, each with its default.
//!
//! Nothing in this file is a documented fact about Graph unless it says so. A default is the strictest behaviour that no
//! public observation contradicts, so that a client which passes with the defaults does not depend on leniency. Where a
//! default is not the strictest, its comment gives the reason.

use serde::{Deserialize, Serialize};

/// Behaviour of the emulated tenant where Graph's is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// The tenant has Intune: `azureADRegistration` "cannot be modified". Default `false`.
    ///
    /// Documented at <https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>.
    pub intune: bool,
    /// A change of `azureADRegistration.allowedToRegister` under Intune, or while `azureADRegistration.isAdminConfigurable`
    /// is false. Default [`Change::Refuse`]: documented as impossible, but an error is not; the reference's example of an
    /// update shows such a change taking effect.
    pub registration_change: Change,
    /// A change of `azureADJoin.allowedToJoin` while `azureADJoin.isAdminConfigurable` is false. Not known; default
    /// [`Change::Refuse`].
    pub join_change: Change,
    /// A change of `azureADJoin.localAdmins` while `azureADJoin.isAdminConfigurable` is false. Not known. Default
    /// [`Change::Accept`]: public tools that leave `allowedToJoin` alone in such a tenant write the local administrators
    /// all the same, and no error of theirs is known.
    pub local_admins_change: Change,
    /// A change of `azureADRegistration.allowedToRegister` to selected users and groups. Default [`Leniency::Accept`]: the
    /// portal offers only All and None, but the reference's example of an update sends a selection and shows it applied.
    pub selected_registration: Leniency,
    /// A quota above 100 that is not "unlimited". The portal's documentation says it becomes 100; whether Graph does
    /// the same is not known. Default [`QuotaAboveLimit::Cap`].
    pub quota_above_limit: QuotaAboveLimit,
    /// A negative quota. Not known; default [`Leniency::Refuse`].
    pub negative_quota: Leniency,
    /// A PUT without a quota. Seen refused; the documentation says the quota becomes 0. Default [`MissingQuota::Refuse`].
    pub missing_quota: MissingQuota,
    /// A PUT without one of the nullable nested properties (`allowedToJoin`, `localAdmins`, ...). Not known; default
    /// [`OmittedNested::Refuse`].
    pub omitted_nested: OmittedNested,
    /// A member id that is in no directory. Not known. Default [`Leniency::Accept`]: policies keep the ids of deleted
    /// objects, and a PUT sends the whole policy.
    pub unknown_members: Leniency,
    /// The same id twice in a list. Not known; default [`Duplicates::Keep`], a guess.
    pub duplicate_members: Duplicates,
    /// An enumerated membership with both lists empty. Default [`Leniency::Refuse`]: the first version of the reference
    /// demanded at least one user or group, and no public client sends none.
    /// [`Emulator::empty_selections_sent`](crate::Emulator::empty_selections_sent) counts them whatever this says.
    pub empty_enumerated: Leniency,
    /// Lists with members beside "all" or "none" (`null` beside them is accepted). Not known; default
    /// [`Leniency::Refuse`].
    pub lists_beside_all: Leniency,
    /// A spelling of `@odata.type` in a PUT other than the documented one. Not known; default [`Leniency::Refuse`].
    pub odd_type_names: Leniency,
    /// Properties that neither the documentation nor the tenant's policy has. Default [`UnknownProperty::Refuse`].
    /// [`UnknownProperty::Drop`] is documented for properties of the preview that are deprecated.
    pub unknown_property: UnknownProperty,
    /// A property that only the tenant's policy has and that a PUT leaves out. PUT replaces the object, so the default
    /// is [`OmittedUnknown::Remove`].
    pub omitted_unknown: OmittedUnknown,
    /// `id`, `displayName`, `description` and annotations in a PUT. Seen accepted and ignored; default
    /// [`Leniency::Accept`].
    pub read_only_properties: Leniency,
    /// Properties (as `azureADJoin.allowedToJoin`) whose new value a PUT silently drops. Default none.
    pub ignored_properties: Vec<String>,
    /// Spelling of `@odata.type` in answers. Default [`TypeSpelling::Canonical`].
    pub type_spelling: TypeSpelling,
    /// Adds `@microsoft.graph.tips` to answers. Seen; default `false`.
    pub tips: bool,
    /// Answers without `localAdmins`, as older tenants do. Seen; default `false`.
    pub without_local_admins: bool,
    /// Lists come in another order with each answer. No order is promised; default `false`.
    pub shuffle_members: bool,
    /// Each answer spells the description in another way. Tenants differ; default `false`.
    pub changing_description: bool,
    /// So many reads after a write still show the policy before it. Default 0.
    pub stale_reads: u32,
    /// For so many milliseconds after a write reads show the policy before it. Default 0.
    pub stale_millis: u64,
    /// An application's read of `ownedDevices` and `registeredDevices`. Documented as "not supported"; seen working.
    /// Default [`DeviceReads::Full`], which is not the strictest: it lets a client that asks for `Directory.Read.All`
    /// count devices, so pass with [`DeviceReads::Refuse`] and [`DeviceReads::NullProperties`] too.
    pub device_reads: DeviceReads,
    /// An id in `getByIds` that is in no directory. Not known; default [`UnknownIds::LeaveOut`].
    pub unknown_ids: UnknownIds,
    /// Pages are never longer than this, whatever `$top` says. Default none: 100 without `$top`, 999 at most.
    pub largest_page: Option<usize>,
    /// An empty page with a link comes before every page. Pages can be empty; default `false`.
    pub empty_pages: bool,
    /// The responses of a batch come in another order than its requests. Any order is documented; default `true`.
    pub shuffle_batch: bool,
    /// Form of a text, as of `$count`, in the JSON of a batch. Not known; default [`BatchText::Number`].
    pub batch_text: BatchText,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            intune: false,
            registration_change: Change::Refuse,
            join_change: Change::Refuse,
            local_admins_change: Change::Accept,
            selected_registration: Leniency::Accept,
            quota_above_limit: QuotaAboveLimit::Cap,
            negative_quota: Leniency::Refuse,
            missing_quota: MissingQuota::Refuse,
            omitted_nested: OmittedNested::Refuse,
            unknown_members: Leniency::Accept,
            duplicate_members: Duplicates::Keep,
            empty_enumerated: Leniency::Refuse,
            lists_beside_all: Leniency::Refuse,
            odd_type_names: Leniency::Refuse,
            unknown_property: UnknownProperty::Refuse,
            omitted_unknown: OmittedUnknown::Remove,
            read_only_properties: Leniency::Accept,
            ignored_properties: Vec::new(),
            type_spelling: TypeSpelling::Canonical,
            tips: false,
            without_local_admins: false,
            shuffle_members: false,
            changing_description: false,
            stale_reads: 0,
            stale_millis: 0,
            device_reads: DeviceReads::Full,
            unknown_ids: UnknownIds::LeaveOut,
            largest_page: None,
            empty_pages: false,
            shuffle_batch: true,
            batch_text: BatchText::Number,
        }
    }
}

/// Treatment of something doubtful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leniency {
    /// It is taken.
    Accept,
    /// It is refused with 400.
    Refuse,
}

/// Treatment of a change that the tenant does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// 400.
    Refuse,
    /// 200, and the old value stays.
    Ignore,
    /// 200, and the new value holds.
    Accept,
}

/// Access of an application to the devices of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceReads {
    /// 403 whatever its permissions: the reference says "not supported".
    Refuse,
    /// A permission to read users is enough. Without `Device.Read.All` or `Directory.Read.All` every property but the id,
    /// `trustType` among them, is null. This was seen with `User.Read.All`.
    NullProperties,
    /// The devices whole with `Device.Read.All` or `Directory.Read.All`; 403 without.
    Full,
}

/// Treatment of a quota between 101 and 2147483646.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaAboveLimit {
    /// It is set to 100.
    Cap,
    /// 400.
    Refuse,
    /// It is kept as sent.
    Keep,
}

/// Treatment of a missing quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingQuota {
    /// 400.
    Refuse,
    /// 0: no device can be joined.
    Zero,
}

/// Treatment of an omitted nullable nested property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedNested {
    /// 400, unless the tenant's policy does not have it either.
    Refuse,
    /// `null`.
    Null,
    /// The tenant's value stays.
    Keep,
}

/// Treatment of an id that is listed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// It is kept twice.
    Keep,
    /// It is kept once.
    Merge,
    /// 400.
    Refuse,
}

/// Treatment of a property that is neither documented nor the tenant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownProperty {
    /// 400.
    Refuse,
    /// It is kept.
    Keep,
    /// It is dropped in silence.
    Drop,
}

/// Treatment of a property that the tenant has and a PUT leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedUnknown {
    /// It is gone.
    Remove,
    /// It stays.
    Keep,
}

/// Treatment of an unknown id in a look-up of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownIds {
    /// It is left out.
    LeaveOut,
    /// 404 for the whole look-up.
    NotFound,
}

/// Form of text in the JSON of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchText {
    /// The number it is.
    Number,
    /// A string.
    Text,
    /// A string in base64, like an image.
    Base64,
}

/// Spelling of `@odata.type` in answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeSpelling {
    /// `#microsoft.graph.allDeviceRegistrationMembership`
    Canonical,
    /// `microsoft.graph.allDeviceRegistrationMembership`
    NoHash,
    /// `#Microsoft.Graph.AllDeviceRegistrationMembership`
    Pascal,
    /// `#microsoft.graph.alldeviceregistrationmembership`
    Lower,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_them_with_their_defaults() {
        let all = serde_json::to_value(Switches::default()).unwrap();
        for (name, default) in all.as_object().unwrap() {
            let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
            let row = format!("| `{name}` | `{default}` |");
            assert!(include_str!("../README.md").contains(&row), "{row}");
        }
    }

    #[test]
    fn a_misspelt_name_is_refused() {
        let given: Switches = serde_json::from_str(r#"{"intune":true,"quota_above_limit":"refuse"}"#).unwrap();
        let expected = Switches {
            intune: true,
            quota_above_limit: QuotaAboveLimit::Refuse,
            ..Switches::default()
        };
        assert_eq!(given, expected);
        assert!(serde_json::from_str::<Switches>(r#"{"intone":true}"#).is_err());
    }
}
