//! The members that a configuration lists: checked before they are written, and held against member resources.

use std::collections::BTreeSet;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::DeviceJoinSettings;
use super::desired::Desired;
use super::managed::Managed;
use super::state::{Private, SettingsState};
use crate::graph::directory::Kind;
use crate::graph::policy::{Membership, ObjectId, Setting, SettingValue};
use crate::members::Ledger;
use crate::members::checks::{Candidate, MemberChecks, look, report};
use crate::members::clash::Claim;
use crate::members::list::{List, ids, plural};
use crate::plugin::Report;
use crate::settings::attributes::{MembershipAttribute, ObjectIds};
use crate::settings::path;
use crate::settings::snapshot::Snapshot;
use crate::timeouts::Operation;

/// Checks the members that are new against what the tenant has, as far as their ids are known, and says when a list is
/// managed by member resources too. Terraform plans again when it applies, with all ids known.
pub async fn look_after(
    resource: &DeviceJoinSettings,
    diags: &mut Diagnostics,
    config: &SettingsState,
    private: Option<&Private>,
) {
    let Some(session) = resource.session.ready_if_known() else {
        return;
    };
    claim(diags, &session.ledger, &Managed::of(&config.settings()));
    let Some(private) = private else { return };
    let candidates = candidates(config, &private.seen);
    if session.member_checks == MemberChecks::Off || candidates.is_empty() {
        return;
    }
    let deadline = resource.session.deadline(&config.timeouts, Operation::Read);
    let asked: Vec<_> = candidates.iter().map(|candidate| candidate.asked.clone()).collect();
    let found = look(&session.directory, &asked, &deadline).await;
    report(diags, session.member_checks, &session.ledger, &candidates, &found);
}

fn claim(diags: &mut Diagnostics, ledger: &Ledger, managed: &Managed) {
    for list in List::ALL {
        let claim = match managed.desired(list.setting()) {
            Some(Desired::Membership { scope, users, groups }) => Claim {
                scope: Some(*scope),
                users: users.is_managed(),
                groups: groups.is_managed(),
            },
            Some(_) => Claim {
                scope: None,
                users: false,
                groups: false,
            },
            None => continue,
        };
        for clash in ledger.claim(list, claim) {
            diags.warning_at(path(list.setting()), clash.summary(), clash.detail());
        }
    }
}

/// The ids that the configuration lists and the tenant does not.
fn candidates(config: &SettingsState, seen: &Snapshot) -> Vec<Candidate> {
    let admins = config.local_admins.as_ref().as_option();
    let memberships = [
        (Setting::AllowedToJoin, Some(&config.allowed_to_join)),
        (
            Setting::RegisteringUsers,
            admins.map(|admins| &admins.registering_users),
        ),
        (Setting::AllowedToRegister, Some(&config.allowed_to_register)),
    ];
    let mut candidates = Vec::new();
    for (setting, membership) in memberships {
        if let Some(Value::Value(MembershipAttribute { users, groups, .. })) = membership {
            let place = path(setting);
            let now = seen.value(setting);
            candidates.extend(new(users, Kind::User, now, &place));
            candidates.extend(new(groups, Kind::Group, now, &place));
        }
    }
    candidates
}

fn new(
    listed: &ObjectIds,
    kind: Kind,
    now: Option<&SettingValue>,
    place: &AttributePath,
) -> impl Iterator<Item = Candidate> {
    let present = match now {
        Some(SettingValue::Membership(Membership::Selected(members))) => ids(members, kind).clone(),
        _ => BTreeSet::new(),
    };
    let listed: Vec<_> = match listed {
        Value::Value(listed) => listed.iter().filter_map(|id| id.as_ref().as_option()).collect(),
        Value::Null | Value::Unknown => Vec::new(),
    };
    // What validation refuses is not looked up.
    let listed: BTreeSet<_> = listed.into_iter().filter_map(|id| ObjectId::parse(id).ok()).collect();
    let place = place.clone().attribute(plural(kind));
    let new: Vec<_> = listed.difference(&present).cloned().collect();
    new.into_iter()
        .map(move |id| Candidate::new(id, Some(kind), place.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> String {
        format!("00000000-0000-0000-0000-{n:012}")
    }

    fn listed(listed: &[Value<String>]) -> ObjectIds {
        Value::Value(listed.to_vec())
    }

    #[test]
    fn only_known_ids_that_the_tenant_does_not_list_are_candidates() {
        let membership = MembershipAttribute {
            scope: Value::Value("selected".to_owned()),
            users: listed(&[Value::Value(id(1)), Value::Value(id(2)), Value::Unknown]),
            groups: listed(&[Value::Value(id(1)), Value::Value("no id".to_owned())]),
        };
        let config = SettingsState {
            allowed_to_join: Value::Value(membership),
            ..SettingsState::default()
        };
        let seen = format!(
            r#"{{"allowed_to_join": {{"users": ["{}"], "groups": []}}}}"#,
            id(1).to_uppercase()
        );
        let found = candidates(&config, &serde_json::from_str(&seen).unwrap());
        let found: Vec<_> = found
            .into_iter()
            .map(|one| (one.asked.kind.unwrap(), one.asked.id.to_string(), one.path))
            .collect();
        let place = AttributePath::new("allowed_to_join");
        assert_eq!(
            found,
            [
                (Kind::User, id(2), place.clone().attribute("users")),
                (Kind::Group, id(1), place.attribute("groups")),
            ]
        );
        let everybody = serde_json::from_str(r#"{"allowed_to_join": "all"}"#).unwrap();
        assert_eq!(candidates(&config, &everybody).len(), 3);
    }
}
