//! Setting values in words, for warnings, errors and the `original_settings` attribute.

use std::collections::BTreeSet;

use crate::graph::policy::{Membership, ObjectId, Quota, SettingValue};

/// How many ids of a list are spelled out in a message before the rest is counted.
const IDS_SHOWN: usize = 10;

/// A value in full: every id of a list, so that equal texts mean equal values.
pub fn full(value: Option<&SettingValue>) -> String {
    describe(value, usize::MAX)
}

/// A value for a message: long lists are cut and counted.
pub fn short(value: Option<&SettingValue>) -> String {
    describe(value, IDS_SHOWN)
}

fn describe(value: Option<&SettingValue>, shown: usize) -> String {
    match value {
        None => "not set".to_owned(),
        Some(SettingValue::Bool(value)) => value.to_string(),
        Some(SettingValue::Quota(Quota::Limit(limit))) => limit.to_string(),
        Some(SettingValue::Quota(Quota::Unlimited)) => "-1 (unlimited)".to_owned(),
        Some(SettingValue::Membership(membership)) => describe_membership(membership, shown),
    }
}

fn describe_membership(membership: &Membership, shown: usize) -> String {
    match membership {
        Membership::All => "all".to_owned(),
        Membership::None => "none".to_owned(),
        Membership::Other(kind) => format!("{kind} (unknown to this version of the provider)"),
        Membership::Selected(members) => format!(
            "selected (users: {}; groups: {})",
            list(members.users.iter(), shown),
            list(members.groups.iter(), shown)
        ),
    }
}

/// Ids separated by commas, cut and counted past a limit fit for a message.
pub fn id_list<'a>(ids: impl ExactSizeIterator<Item = &'a ObjectId>) -> String {
    list(ids, IDS_SHOWN)
}

fn list<'a>(ids: impl ExactSizeIterator<Item = &'a ObjectId>, shown: usize) -> String {
    let count = ids.len();
    if count == 0 {
        return "nobody".to_owned();
    }
    let text = ids
        .take(shown)
        .map(|id| id.as_str().to_lowercase())
        .collect::<Vec<_>>()
        .join(", ");
    if count > shown {
        format!("{text} and {} more", count - shown)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::policy::Members;

    fn id(n: u32) -> ObjectId {
        ObjectId::parse(&format!("00000000-0000-0000-0000-{n:012}")).unwrap()
    }

    #[test]
    fn values_read_as_the_configuration_spells_them() {
        let selected = Membership::Selected(Members {
            users: BTreeSet::new(),
            groups: [id(1)].into(),
        });
        let table = [
            (None, "not set"),
            (Some(SettingValue::Bool(true)), "true"),
            (Some(SettingValue::Quota(Quota::Limit(20))), "20"),
            (Some(SettingValue::Quota(Quota::Unlimited)), "-1 (unlimited)"),
            (Some(SettingValue::Membership(Membership::All)), "all"),
            (
                Some(SettingValue::Membership(selected)),
                "selected (users: nobody; groups: 00000000-0000-0000-0000-000000000001)",
            ),
        ];
        for (value, text) in table {
            assert_eq!(full(value.as_ref()), text);
        }
    }

    #[test]
    fn long_lists_are_cut_in_messages_and_whole_in_full() {
        let users = (0..13).map(id).collect();
        let value = SettingValue::Membership(Membership::Selected(Members {
            users,
            groups: BTreeSet::new(),
        }));
        assert!(short(Some(&value)).contains(" and 3 more; groups: nobody"));
        assert!(full(Some(&value)).contains("000000000012; groups"));
    }
}
