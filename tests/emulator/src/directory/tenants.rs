//! Directories to start from: a small one with one of everything, large ones, and random ones.

use serde_json::{Value, json};

use super::{Device, Directory, Group, GroupKind, Other, User};
use crate::seeds::{HARDENED_GROUPS, HARDENED_USER, default_policy};

/// The object id that the seeds give to the user with this number.
#[must_use]
pub fn user_id(number: usize) -> String {
    object_id(0xa, number)
}

/// The object id that the seeds give to the group with this number.
#[must_use]
pub fn group_id(number: usize) -> String {
    object_id(0xb, number)
}

fn object_id(kind: usize, number: usize) -> String {
    // Spread, so that the order of ids is not the order of numbers.
    let spread = number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff;
    format!("{spread:08x}-000{kind:x}-4000-8000-{number:012x}")
}

fn user(number: usize, name: &str) -> User {
    User {
        id: user_id(number),
        user_principal_name: format!("{}@contoso.example", name.to_lowercase().replace(' ', ".")),
        display_name: name.to_owned(),
        ..User::default()
    }
}

fn group(number: usize, name: &str, kind: GroupKind, members: &[String]) -> Group {
    Group {
        id: group_id(number),
        display_name: name.to_owned(),
        kind,
        membership_rule: matches!(kind, GroupKind::DynamicSecurity | GroupKind::DynamicMicrosoft365)
            .then(|| "(user.department -eq \"Field\")".to_owned()),
        members: members.to_vec(),
        ..Group::default()
    }
}

/// One of everything: users 1 to 5 (4 is disabled, 5 is a guest), and groups
/// 1 security, 2 Microsoft 365, 3 dynamic, 4 dynamic without members, 5 nested (contains 1), 6 and 7 in a circle around user 3,
/// 8 empty, 9 a distribution list, 10 with a device only, 11 and 12 of one name; and whom the hardened policy names.
#[must_use]
pub fn sample() -> Directory {
    let mut directory = Directory::default();
    for (number, name) in [
        "Ada Lovelace",
        "Grace Hopper",
        "Alan Turing",
        "Former Employee",
        "Guest O'Brien",
    ]
    .iter()
    .enumerate()
    {
        let mut user = user(number + 1, name);
        match number + 1 {
            1 => user.owned_devices = devices(1, 2),
            4 => user.account_enabled = false,
            5 => {
                user.user_type = "Guest".to_owned();
                user.user_principal_name = "guest_fabrikam.example#EXT#@contoso.example".to_owned();
            }
            _ => {}
        }
        directory.add_user(user);
    }
    let laptop = Other {
        id: object_id(0xd, 1),
        kind: "device".to_owned(),
        display_name: "KIOSK-1".to_owned(),
    };
    let (u, g) = (user_id, group_id);
    let groups: [(&str, GroupKind, &[String]); 12] = [
        ("Autopilot users", GroupKind::Security, &[u(1), u(2)]),
        ("Field team", GroupKind::Microsoft365, &[u(2)]),
        ("All field staff", GroupKind::DynamicSecurity, &[u(3)]),
        ("New hires", GroupKind::DynamicSecurity, &[]),
        ("Everyone who may join", GroupKind::Security, &[g(1)]),
        ("Circle one", GroupKind::Security, &[g(7)]),
        ("Circle two", GroupKind::Security, &[g(6), u(3)]),
        ("Empty", GroupKind::Security, &[]),
        ("Announcements", GroupKind::Distribution, &[u(1)]),
        ("Kiosks", GroupKind::Security, std::slice::from_ref(&laptop.id)),
        ("Sales", GroupKind::Security, &[u(1)]),
        ("Sales", GroupKind::Microsoft365, &[u(2)]),
    ];
    for (index, (name, kind, members)) in groups.into_iter().enumerate() {
        directory.add_group(group(index + 1, name, kind, members));
    }
    directory.add_other(laptop);
    hardened_members(&mut directory);
    directory
}

/// Those whom the hardened policy names.
fn hardened_members(directory: &mut Directory) {
    directory.add_user(User {
        id: HARDENED_USER.to_owned(),
        ..user(6, "Break Glass")
    });
    for (id, name) in HARDENED_GROUPS
        .iter()
        .zip(["Workplace engineers", "Device administrators"])
    {
        directory.add_group(Group {
            id: (*id).to_owned(),
            ..group(0, name, GroupKind::Security, &[user_id(2), user_id(3)])
        });
    }
}

fn devices(owner: usize, count: usize) -> Vec<Device> {
    (0..count)
        .map(|number| Device {
            id: object_id(0xd, owner * 1000 + number + 100),
            display_name: format!("LAPTOP-{owner}-{number}"),
            trust_type: "AzureAd".to_owned(),
        })
        .collect()
}

/// So many users and groups: each user is in one group, each tenth group contains the nine before it.
#[must_use]
pub fn large(users: usize, groups: usize) -> Directory {
    let mut directory = Directory::default();
    let mut members = vec![Vec::new(); groups];
    for number in 1..=users {
        directory.add_user(user(number, &format!("User {number:05}")));
        if groups > 0 {
            members[number % groups].push(user_id(number));
        }
    }
    for (index, mut members) in members.into_iter().enumerate() {
        let number = index + 1;
        if number % 10 == 0 {
            members.extend((number - 9..number).map(group_id));
        }
        directory.add_group(group(
            number,
            &format!("Group {number:04}"),
            GroupKind::Security,
            &members,
        ));
    }
    directory
}

/// A directory, a policy, and a user to ask about.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// Users and groups.
    pub directory: Directory,
    /// Who may join.
    pub policy: Value,
    /// Object id of a user, who may not exist.
    pub user: String,
}

/// A small tenant that follows from a number: nested and circular groups, every scope, dead ids,
/// short lists and long ones, quotas near their end.
#[must_use]
pub fn random(seed: u64) -> Tenant {
    let mut dice = Dice::new(seed);
    let many = dice.below(8) == 0;
    let (users, groups) = (1 + dice.below(8), dice.below(9) + if many { 40 } else { 0 });
    let mut directory = Directory::default();
    for number in 1..=users {
        let mut user = user(number, &format!("User {number}"));
        user.account_enabled = dice.below(8) != 0;
        user.owned_devices = devices(number, dice.below(4));
        if dice.below(3) == 0 {
            user.registered_devices = user.owned_devices.clone();
        }
        for device in &mut user.owned_devices {
            device.trust_type = ["AzureAd", "Workplace", "ServerAd"][dice.below(3)].to_owned();
        }
        for (registered, owned) in user.registered_devices.iter_mut().zip(&user.owned_devices) {
            registered.trust_type.clone_from(&owned.trust_type);
        }
        directory.add_user(user);
    }
    for number in 1..=groups {
        let members: Vec<String> = (0..dice.below(4))
            .map(|_| match dice.below(2) {
                0 => user_id(1 + dice.below(users + 1)),
                _ => group_id(1 + dice.below(groups + 1)),
            })
            .collect();
        directory.add_group(group(number, &format!("Group {number}"), GroupKind::Security, &members));
    }
    let policy = random_policy(&mut dice, users, groups);
    let missing = usize::from(dice.below(10) == 0);
    let user = user_id(1 + dice.below(users + missing));
    Tenant {
        directory,
        policy,
        user,
    }
}

fn random_policy(dice: &mut Dice, users: usize, groups: usize) -> Value {
    let mut policy = default_policy();
    let mut ids = |of: usize, id: fn(usize) -> String| -> Vec<String> {
        let most = if of > 20 { 70 } else { 4 };
        (0..dice.below(most)).map(|_| id(1 + dice.below(of + 1))).collect()
    };
    let lists = (ids(users, user_id), ids(groups, group_id));
    policy["azureADJoin"]["allowedToJoin"] = match dice.below(6) {
        0 => json!({"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}),
        2.. if !lists.0.is_empty() || !lists.1.is_empty() => json!({
            "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership",
            "users": lists.0, "groups": lists.1,
        }),
        // Graph's documentation did not allow a selection without members.
        _ => json!({"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}),
    };
    policy["userDeviceQuota"] = json!([0, 1, 2, 3, 50, 2_147_483_647_i64][dice.below(6)]);
    policy["multiFactorAuthConfiguration"] = json!(["notRequired", "required"][dice.below(2)]);
    policy
}

/// Numbers that look random and follow from a seed (SplitMix64).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`; 0 when the limit is.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        usize::try_from(mixed.checked_rem(limit).unwrap_or_default()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::directory::Reason;

    #[test]
    fn ids_are_object_ids_of_their_own() {
        let ids: BTreeSet<String> = (0..5000)
            .flat_map(|number| [user_id(number), group_id(number)])
            .collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| uuid::Uuid::parse_str(id).is_ok()));
    }

    #[test]
    fn large_tenants_are_as_large_as_asked() {
        let directory = large(10_000, 1_000);
        assert_eq!((directory.users().count(), directory.groups().count()), (10_000, 1_000));
        assert_eq!(directory.transitive_members(&group_id(10)).len(), 109);
        assert_eq!(directory.transitive_members(&group_id(11)).len(), 10);
    }

    #[test]
    fn random_tenants_are_the_same_every_time_and_of_every_kind() {
        assert_eq!(random(7), random(7));
        assert_ne!(random(7), random(8));
        let reasons: BTreeSet<String> = (0..1000)
            .map(|seed| {
                let tenant = random(seed);
                let reason = tenant.directory.may_join(&tenant.policy, &tenant.user).reason;
                assert_ne!(reason, Reason::Unknown);
                format!("{reason:?}")
            })
            .collect();
        assert_eq!(reasons.len(), 8, "{reasons:?}");
    }
}
