//! Membership, direct and transitive. Groups may contain each other in circles.

use std::collections::BTreeSet;

use super::{Directory, Object, key};

impl Directory {
    /// The direct members that exist.
    pub(crate) fn members(&self, group: &str) -> Vec<Object<'_>> {
        let members = self.groups.get(&key(group)).into_iter();
        let ids = members.flat_map(|group| &group.members);
        ids.filter_map(|id| self.object(id)).collect()
    }

    /// Everything that is a member of the group or of a group in it, itself not included unless it is in a circle.
    pub(crate) fn transitive_members(&self, group: &str) -> Vec<Object<'_>> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut waiting = self.members(group);
        while let Some(object) = waiting.pop() {
            if !seen.insert(key(object.id())) {
                continue;
            }
            found.push(object);
            if let Object::Group(inner) = object {
                waiting.extend(self.members(&inner.id));
            }
        }
        found.sort_by_key(|object| key(object.id()));
        found
    }

    /// Of these groups those that the object is in, directly or through others: found from the object upwards.
    pub(crate) fn member_groups(&self, id: &str, of: &[String]) -> Vec<String> {
        if self.object(id).is_none() {
            return Vec::new();
        }
        let mut within = BTreeSet::from([key(id)]);
        let mut grew = true;
        while grew {
            grew = false;
            for (group_key, group) in &self.groups {
                let contains = || group.members.iter().any(|member| within.contains(&key(member)));
                if !within.contains(group_key) && contains() {
                    within.insert(group_key.clone());
                    grew = true;
                }
            }
        }
        // An object is in itself only by way of a circle.
        let in_itself = self
            .groups
            .get(&key(id))
            .is_some_and(|group| group.members.iter().any(|member| within.contains(&key(member))));
        of.iter()
            .filter(|group| {
                let group = key(group);
                within.contains(&group) && (group != key(id) || in_itself)
            })
            .filter_map(|group| self.group(group).map(|group| group.id.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Group, User};

    fn directory(groups: &[(&str, &[&str])]) -> Directory {
        let mut directory = Directory::default();
        for id in ["ada", "ben"] {
            directory.add_user(User {
                id: id.into(),
                ..User::default()
            });
        }
        for (id, members) in groups {
            let members = members.iter().map(|id| (*id).to_owned()).collect();
            directory.add_group(Group {
                id: (*id).into(),
                members,
                ..Group::default()
            });
        }
        directory
    }

    fn ids(objects: &[Object<'_>]) -> Vec<String> {
        objects.iter().map(|object| object.id().to_owned()).collect()
    }

    #[test]
    fn goes_through_groups_in_groups() {
        let directory = directory(&[("a", &["b", "ada"]), ("b", &["c"]), ("c", &["ben", "gone"]), ("d", &[])]);
        assert_eq!(ids(&directory.transitive_members("a")), ["ada", "b", "ben", "c"]);
        assert_eq!(ids(&directory.members("A")), ["b", "ada"]);
        assert!(directory.transitive_members("d").is_empty());
        let all = ["a", "b", "c", "d", "nobody"].map(str::to_owned);
        assert_eq!(directory.member_groups("BEN", &all), ["a", "b", "c"]);
        assert_eq!(directory.member_groups("ada", &all), ["a"]);
    }

    #[test]
    fn comes_out_of_circles() {
        let directory = directory(&[("a", &["b"]), ("b", &["a", "ada"]), ("c", &["c"])]);
        assert_eq!(ids(&directory.transitive_members("a")), ["a", "ada", "b"]);
        let all = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(directory.member_groups("ada", &all), ["a", "b"]);
        assert_eq!(directory.member_groups("a", &all), ["a", "b"]);
        assert_eq!(directory.member_groups("c", &all), ["c"]);
        assert!(directory.member_groups("ben", &all).is_empty());
        let dead = super::tests::directory(&[("a", &["gone"])]);
        assert!(dead.member_groups("gone", &all).is_empty());
    }
}
