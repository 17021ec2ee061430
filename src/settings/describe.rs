//! Setting values in words, for warnings, errors and the `original_settings` attribute.

use crate::graph::policy::{Membership, ObjectId, Quota, SettingValue};

/// How many ids of a list are spelled out in a message before the rest is counted.
const IDS_SHOWN: usize = 10;

/// A value in full, so that equal texts mean equal values; of a membership only the lists asked for.
pub fn original(value: Option<&SettingValue>, users: bool, groups: bool) -> String {
    describe(value, usize::MAX, users, groups)
}

/// A value for a message: long lists are cut and counted.
pub fn short(value: Option<&SettingValue>) -> String {
    describe(value, IDS_SHOWN, true, true)
}

fn describe(value: Option<&SettingValue>, shown: usize, users: bool, groups: bool) -> String {
    match value {
        None => "not set".to_owned(),
        Some(SettingValue::Bool(value)) => value.to_string(),
        Some(SettingValue::Quota(Quota::Limit(limit))) => limit.to_string(),
        Some(SettingValue::Quota(Quota::Unlimited)) => "-1 (unlimited)".to_owned(),
        Some(SettingValue::Membership(Membership::All)) => "all".to_owned(),
        Some(SettingValue::Membership(Membership::None)) => "none".to_owned(),
        Some(SettingValue::Membership(Membership::Other(kind))) => {
            format!("{kind} (unknown to this version of the provider)")
        }
        Some(SettingValue::Membership(Membership::Selected(members))) => {
            let lists = [("users", users, &members.users), ("groups", groups, &members.groups)];
            let lists = lists.into_iter().filter(|(_, wanted, _)| *wanted);
            let lists: Vec<_> = lists
                .map(|(name, _, ids)| format!("{name}: {}", list(ids.iter(), shown)))
                .collect();
            if lists.is_empty() {
                "selected".to_owned()
            } else {
                format!("selected ({})", lists.join("; "))
            }
        }
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
    use std::collections::BTreeSet;

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
            assert_eq!(original(value.as_ref(), true, true), text);
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
        assert!(original(Some(&value), true, true).contains("000000000012; groups"));
    }
}
