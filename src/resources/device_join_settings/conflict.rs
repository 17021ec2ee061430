//! Settings that somebody else changed between the plan and its apply.

use tf_provider::Diagnostics;

use super::managed::Managed;
use crate::graph::policy::{Policy, Setting, SettingValue};
use crate::members::{Ledger, List};
use crate::plugin::Report;
use crate::settings::snapshot::Snapshot;
use crate::settings::{describe, name, path};

/// A managed setting that is neither what the plan saw nor what it asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Conflict {
    setting: Setting,
    at_plan: Option<SettingValue>,
    now: Option<SettingValue>,
    planned: Option<SettingValue>,
}

impl Conflict {
    /// Every conflict between a plan and the tenant as it is now; nothing of what the plan did not see. What the member
    /// resources of the same apply did meanwhile is no conflict: it is in the plan.
    pub fn find(managed: &Managed, seen: &Snapshot, policy: &Policy, ledger: &Ledger) -> Vec<Self> {
        managed
            .iter()
            .filter_map(|(setting, desired)| {
                let at_plan = seen.value(setting);
                let now = policy.value(setting);
                let others = List::of(setting).map(|list| ledger.without_own_members(list, policy));
                let others = others.unwrap_or_else(|| now.clone());
                let agrees = !seen.has(setting)
                    || desired.is_met_by(now.as_ref())
                    || desired.same_where_managed(at_plan, others.as_ref());
                (!agrees).then(|| Self {
                    setting,
                    at_plan: at_plan.cloned(),
                    planned: desired.outcome(now.as_ref()),
                    now,
                })
            })
            .collect()
    }

    /// Says what happened and what to do.
    pub fn report(&self, diags: &mut Diagnostics) {
        diags.error_at(
            path(self.setting),
            format!("{} has changed since the plan", name(self.setting)),
            format!(
                "When the plan was made, {} was {}; it is now {}. This apply would have set it to {}. Nothing was \
                 written, so that the change made in between is not lost. Run terraform plan again, and apply the new \
                 plan if it is what you want.",
                name(self.setting),
                describe::short(self.at_plan.as_ref()),
                describe::short(self.now.as_ref()),
                describe::short(self.planned.as_ref()),
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tf_provider::value::Value;

    use super::*;
    use crate::settings::attributes::{MembershipAttribute, SettingsAttributes};
    use crate::settings::number::Number;

    fn policy(quota: i32, groups: &[&str]) -> Policy {
        let body = json!({
            "userDeviceQuota": quota,
            "azureADJoin": {"allowedToJoin": {
                "@odata.type": "#microsoft.graph.enumeratedDeviceRegistrationMembership", "users": [], "groups": groups
            }}
        });
        Policy::parse(&body.to_string()).unwrap()
    }

    fn find(managed: &Managed, seen: &Snapshot, now: &Policy) -> Vec<Conflict> {
        Conflict::find(managed, seen, now, &Ledger::default())
    }

    fn quota(quota: f64) -> Managed {
        Managed::of(&SettingsAttributes {
            user_device_quota: Value::Value(Number(quota)),
            ..Default::default()
        })
    }

    #[test]
    fn a_change_since_the_plan_is_found_and_both_values_are_named() {
        let seen = Snapshot::of(&policy(50, &[]));
        let conflicts = find(&quota(20.0), &seen, &policy(35, &[]));
        let mut diags = Diagnostics::default();
        conflicts.iter().for_each(|conflict| conflict.report(&mut diags));
        assert_eq!(diags.errors.len(), 1);
        assert_eq!(diags.errors[0].summary, "user_device_quota has changed since the plan");
        for value in ["50", "35", "20"] {
            assert!(diags.errors[0].detail.contains(value), "{}", diags.errors[0].detail);
        }
    }

    #[test]
    fn no_conflict_where_nothing_is_lost() {
        let seen = Snapshot::of(&policy(50, &[]));
        assert_eq!(find(&quota(20.0), &seen, &policy(50, &["g"])), []);
        assert_eq!(find(&quota(20.0), &seen, &policy(20, &[])), []);
        assert_eq!(find(&quota(20.0), &Snapshot::default(), &policy(35, &[])), []);
    }

    #[test]
    fn a_list_that_is_not_managed_may_change() {
        let membership = MembershipAttribute {
            scope: Value::Value("selected".to_owned()),
            ..Default::default()
        };
        let scope_only = Managed::of(&SettingsAttributes {
            allowed_to_join: Value::Value(membership),
            ..Default::default()
        });
        let seen = Snapshot::of(&policy(50, &["g"]));
        assert_eq!(find(&scope_only, &seen, &policy(50, &["g", "h"])), []);
    }
    #[test]
    fn what_members_of_the_same_apply_did_is_no_conflict() {
        let membership = MembershipAttribute {
            scope: Value::Value("selected".to_owned()),
            groups: Value::Value(vec![]),
            ..Default::default()
        };
        let managed = Managed::of(&SettingsAttributes {
            allowed_to_join: Value::Value(membership),
            ..Default::default()
        });
        let (at_plan, now) = (policy(50, &["g", "h"]), policy(50, &["h"]));
        let seen = Snapshot::of(&at_plan);
        assert_eq!(find(&managed, &seen, &now).len(), 1, "somebody else's");
        let ledger = Ledger::default();
        ledger.edited(List::Join, &at_plan, &now);
        assert_eq!(Conflict::find(&managed, &seen, &now, &ledger), []);
        assert_eq!(Conflict::find(&managed, &seen, &policy(50, &["x"]), &ledger).len(), 1);
    }
}
