//! The store against a tenant in memory, under a paused clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::graph::policy::{Members, Membership, ObjectId, Quota, Setting, SettingValue};
use fake::{Fake, Fault};

mod caller;
mod effects;
mod fake;
mod faults;
mod others;
mod properties;
mod sharing;

const JOIN: Setting = Setting::AllowedToJoin;

fn body() -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#policies/deviceRegistrationPolicy/$entity",
        "id": "deviceRegistrationPolicy",
        "multiFactorAuthConfiguration": "notRequired",
        "userDeviceQuota": 50,
        "azureADRegistration": {"isAdminConfigurable": true,
            "allowedToRegister": {"@odata.type": "#microsoft.graph.allDeviceRegistrationMembership"}},
        "azureADJoin": {"isAdminConfigurable": true,
            "allowedToJoin": {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"},
            "localAdmins": {"enableGlobalAdmins": true,
                "registeringUsers": {"@odata.type": "#microsoft.graph.noDeviceRegistrationMembership"}}},
        "localAdminPassword": {"isEnabled": false},
        "futureSetting": {"kept": true},
    })
}

fn id(number: usize) -> ObjectId {
    ObjectId::from_graph(&format!("{number:08x}-0000-4000-8000-000000000000"))
}

fn new() -> (Fake, PolicyStore) {
    with(RetryPolicy::default())
}

fn with(retry: RetryPolicy) -> (Fake, PolicyStore) {
    let fake = Fake::new(body());
    let store = PolicyStore::new(Arc::new(fake.clone()), retry);
    (fake, store)
}

fn minutes(minutes: u64) -> Deadline {
    Deadline::after(Duration::from_secs(60 * minutes))
}

/// A setting and its new value.
type Change = (Setting, SettingValue);

fn quota(number: i32) -> Change {
    (Setting::UserDeviceQuota, SettingValue::Quota(Quota::Limit(number)))
}

fn switch(setting: Setting, on: bool) -> Change {
    (setting, SettingValue::Bool(on))
}

fn membership(setting: Setting, membership: Membership) -> Change {
    (setting, SettingValue::Membership(membership))
}

fn change(policy: &mut Policy, (setting, value): Change) {
    policy.set(setting, value);
}

fn parse(json: &Value) -> Policy {
    Policy::parse(&json.to_string()).unwrap()
}

/// An edit that makes one change.
fn set(to: Change) -> impl FnMut(&mut Policy) -> Result<(), String> + Send {
    move |policy| {
        change(policy, to.clone());
        Ok(())
    }
}

/// An edit that changes nothing itself; the store still puts back what another writer overwrote.
fn touch(_: &mut Policy) -> Result<(), String> {
    Ok(())
}

fn groups(policy: &Policy) -> BTreeSet<ObjectId> {
    match policy.membership(JOIN) {
        Some(Membership::Selected(members)) => members.groups.clone(),
        _ => BTreeSet::new(),
    }
}

/// A selection of these groups, and of no user: no test has one.
fn select(groups: BTreeSet<ObjectId>) -> Change {
    let users = BTreeSet::new();
    membership(JOIN, Membership::Selected(Members { users, groups }))
}

/// An edit that adds a group, as the member resource does.
fn add(group: usize) -> impl FnMut(&mut Policy) -> Result<(), String> + Send {
    move |policy| {
        if policy.membership(JOIN) == Some(&Membership::All) {
            return Err("everybody may join already".to_owned());
        }
        let mut groups = groups(policy);
        groups.insert(id(group));
        change(policy, select(groups));
        Ok(())
    }
}

/// An edit that removes a group, as the member resource does.
fn remove(group: usize) -> impl FnMut(&mut Policy) -> Result<(), String> + Send {
    move |policy| {
        let mut groups = groups(policy);
        if groups.remove(&id(group)) {
            change(policy, select(groups));
        }
        Ok(())
    }
}

/// Another writer's edit: adds a group to the JSON.
fn outside_add(group: usize) -> impl FnOnce(&mut Value) + Send + 'static {
    move |json| {
        let mut policy = parse(json);
        add(group)(&mut policy).unwrap();
        *json = policy.json();
    }
}

fn members(groups: impl IntoIterator<Item = usize>) -> Membership {
    Membership::Selected(Members {
        users: BTreeSet::new(),
        groups: groups.into_iter().map(id).collect(),
    })
}
