//! What is not known of Graph, or differs between tenants: a switch each, with the default written beside it.
//!
//! Nothing in this file is a documented fact about Graph unless it says so. A default is the strictest behaviour that no
//! public observation contradicts, so that a client which passes with the defaults does not depend on leniency.

use serde::{Deserialize, Serialize};

/// How the emulated tenant behaves where Graph's behaviour is not documented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// The tenant has Intune: `azureADRegistration` "cannot be modified". Default `false`.
    ///
    /// Documented at <https://learn.microsoft.com/graph/api/resources/deviceregistrationpolicy>.
    pub intune: bool,
    /// What an attempt to change `azureADRegistration` under Intune does. Not known; default [`Change::Refuse`].
    pub registration_change: Change,
    /// What an attempt to change `allowedToJoin` does while `azureADJoin.isAdminConfigurable` is false.
    /// Not known; default [`Change::Refuse`].
    pub join_change: Change,
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
    /// A member id that is in no directory. Not known; default [`Leniency::Accept`].
    pub unknown_members: Leniency,
    /// The same id twice in a list. Not known; default [`Duplicates::Keep`].
    pub duplicate_members: Duplicates,
    /// An enumerated membership with both lists empty. Not known; default [`Leniency::Accept`].
    pub empty_enumerated: Leniency,
    /// Lists with members beside "all" or "none" (`null` beside them is accepted). Not known; default
    /// [`Leniency::Refuse`].
    pub lists_beside_all: Leniency,
    /// A spelling of `@odata.type` in a PUT other than the documented one. Not known; default [`Leniency::Refuse`].
    pub odd_type_names: Leniency,
    /// Properties that neither the documentation nor the tenant's policy has. Not known; default
    /// [`UnknownProperty::Refuse`].
    pub unknown_property: UnknownProperty,
    /// A property that only the tenant's policy has and that a PUT leaves out. PUT replaces the object, so the default
    /// is [`OmittedUnknown::Remove`].
    pub omitted_unknown: OmittedUnknown,
    /// `id`, `displayName`, `description` and annotations in a PUT. Seen accepted and ignored; default
    /// [`Leniency::Accept`].
    pub read_only_properties: Leniency,
    /// Properties (as `azureADJoin.allowedToJoin`) whose new value a PUT silently drops. Default none.
    pub ignored_properties: Vec<String>,
    /// How `@odata.type` is spelt in answers. Default [`TypeSpelling::Canonical`].
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
    /// The longest time between `nbf` and `exp` of an assertion that a certificate signed. Microsoft recommends 5 to 10 minutes; what is
    /// refused is not known. Default 600.
    pub longest_assertion_seconds: i64,
    /// For so many milliseconds after a write reads show the policy before it. Default 0.
    pub stale_millis: u64,
    /// An id in `getByIds` that is in no directory. Not known; default [`UnknownIds::LeaveOut`].
    pub unknown_ids: UnknownIds,
    /// Pages are never longer than this, whatever `$top` says. Default none: 100 without `$top`, 999 at most.
    pub largest_page: Option<usize>,
    /// An empty page with a link comes before every page. Pages can be empty; default `false`.
    pub empty_pages: bool,
    /// A `$count` starts with a byte order mark, as raw OData values can. Default `false`.
    pub count_with_byte_order_mark: bool,
    /// The responses of a batch come in another order than its requests. Any order is documented; default `true`.
    pub shuffle_batch: bool,
    /// How a text, as of `$count`, is put into the JSON of a batch. Not known; default [`BatchText::Number`].
    pub batch_text: BatchText,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            intune: false,
            registration_change: Change::Refuse,
            join_change: Change::Refuse,
            quota_above_limit: QuotaAboveLimit::Cap,
            negative_quota: Leniency::Refuse,
            missing_quota: MissingQuota::Refuse,
            omitted_nested: OmittedNested::Refuse,
            unknown_members: Leniency::Accept,
            duplicate_members: Duplicates::Keep,
            empty_enumerated: Leniency::Accept,
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
            unknown_ids: UnknownIds::LeaveOut,
            largest_page: None,
            empty_pages: false,
            count_with_byte_order_mark: false,
            shuffle_batch: true,
            batch_text: BatchText::Number,
            longest_assertion_seconds: 600,
        }
    }
}

/// Whether something doubtful is taken or refused with 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leniency {
    /// Taken.
    Accept,
    /// Refused with 400.
    Refuse,
}

/// What a change that the tenant does not allow comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// 400.
    Refuse,
    /// 200, and the old value stays.
    Ignore,
}

/// What a quota between 101 and 2147483646 comes to.
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

/// What a missing quota comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingQuota {
    /// 400.
    Refuse,
    /// 0: nobody can join.
    Zero,
}

/// What an omitted nullable nested property comes to.
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

/// What an id that is listed twice comes to.
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

/// What a property nobody knows comes to.
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

/// What leaving out a property that the tenant has comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedUnknown {
    /// It is gone.
    Remove,
    /// It stays.
    Keep,
}

/// What an id that nothing has comes to in a look-up of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownIds {
    /// It is left out.
    LeaveOut,
    /// 404 for the whole look-up.
    NotFound,
}

/// How text is put into the JSON of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchText {
    /// As the number it is.
    Number,
    /// As a string.
    Text,
    /// As a string in base64, like an image.
    Base64,
}

/// How answers spell `@odata.type`.
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
    fn a_part_of_them_can_be_given_and_a_misspelt_one_is_refused() {
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
