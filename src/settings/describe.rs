//! Values in words, for messages.

use crate::graph::policy::{Membership, ObjectId, Quota, SettingValue};

/// How many ids of a list a message names before it counts the rest.
const IDS_SHOWN: usize = 10;

/// A tenant's value of a setting; long lists are cut and counted.
pub fn value(value: Option<&SettingValue>) -> String {
    match value {
        None => "not set".to_owned(),
        Some(SettingValue::Bool(value)) => value.to_string(),
        Some(SettingValue::Quota(Quota::Limit(limit))) => limit.to_string(),
        Some(SettingValue::Quota(Quota::Unlimited)) => "-1 (unlimited)".to_owned(),
        Some(SettingValue::Membership(Membership::All)) => "all".to_owned(),
        Some(SettingValue::Membership(Membership::None)) => "none".to_owned(),
        Some(SettingValue::Membership(Membership::Other(kind))) => {
            format!("{kind:?} (unknown to this version of the provider)")
        }
        Some(SettingValue::Membership(Membership::Selected(members))) => {
            let [users, groups] = [&members.users, &members.groups].map(|list| ids(list.iter()));
            format!("selected (users: {users}; groups: {groups})")
        }
    }
}

/// Ids separated by commas, cut and counted past a limit fit for a message.
pub fn ids<'a>(ids: impl ExactSizeIterator<Item = &'a ObjectId>) -> String {
    let more = ids.len().saturating_sub(IDS_SHOWN);
    let shown: Vec<_> = ids.take(IDS_SHOWN).map(|id| id.as_str().to_lowercase()).collect();
    match more {
        0 if shown.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Lines of a message, cut and counted past a limit fit for one.
pub fn lines(lines: impl ExactSizeIterator<Item = String>) -> String {
    let more = lines.len().saturating_sub(IDS_SHOWN);
    let mut text: String = lines.take(IDS_SHOWN).map(|line| format!("\n  {line}")).collect();
    if more > 0 {
        text += &format!("\n  and {more} more");
    }
    text
}

/// A summary that names the tenant, if it is known: Terraform folds warnings of one summary.
pub fn in_tenant(summary: &str, tenant: Option<&str>) -> String {
    let tenant = tenant.map_or_else(String::new, |tenant| format!(" (tenant {tenant})"));
    format!("{summary}{tenant}")
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
                "selected (users: none; groups: 00000000-0000-0000-0000-000000000001)",
            ),
        ];
        for (given, text) in table {
            assert_eq!(value(given.as_ref()), text);
        }
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let thirteen: BTreeSet<_> = (0..13).map(id).collect();
        assert!(ids(thirteen.iter()).ends_with(" and 3 more"));
    }
}
