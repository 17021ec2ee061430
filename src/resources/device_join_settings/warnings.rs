//! Diagnostics of a plan: what it refuses, and the changes whose consequences their names do not tell.
//!
//! Terraform folds warnings of one summary, so a summary names the tenant. Values are the tenant's present ones; the
//! configured ones are in the plan, where Terraform hides those that are sensitive.

use std::collections::BTreeSet;

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use crate::graph::policy::{Policy, Quota, Setting, SettingKind};
use crate::plugin::Report;
use crate::settings::attributes::{Scope, SettingsAttributes};
use crate::settings::{Leaf, LeafValue, describe, name, path};

/// A plan's changes.
pub struct Warned<'a> {
    /// The tenant's id, if it is known.
    pub tenant: Option<&'a str>,
    /// The settings before the change: the tenant's for a create, the prior state's for an update.
    pub now: &'a SettingsAttributes,
    /// The settings as planned.
    pub planned: &'a SettingsAttributes,
    /// The leaves that the configuration names.
    pub named: &'a BTreeSet<Leaf>,
}

impl Warned<'_> {
    /// Refuses to turn `all` into a selection that names no member and leaves a list to others: every user would be
    /// locked out until the others have added theirs.
    pub fn refuse_lock_out(&self, diags: &mut Diagnostics) {
        for setting in memberships() {
            let omits = Leaf::lists(setting).iter().any(|leaf| !self.named.contains(leaf));
            if self.scope(self.now, setting) == Some(Scope::All)
                && self.scope(self.planned, setting) == Some(Scope::Selected)
                && omits
                && self.names_no_member(setting)
            {
                lock_out(diags, setting);
            }
        }
    }

    /// Refuses a change of who may register that Microsoft does not allow in this tenant, and warns of join settings
    /// that it may not allow: other tools write those, and the read-back of the apply decides.
    pub fn refuse_fixed(&self, diags: &mut Diagnostics, join: Option<bool>, registration: Option<bool>) {
        for setting in self.changed() {
            let name = name(setting);
            match setting {
                Setting::AllowedToRegister if registration == Some(false) => {
                    let detail = format!(
                        "registration_admin_configurable is false: Microsoft fixes {name} while Intune (or Mobility \
                         Management for Microsoft 365) is enabled. Remove {name} from the configuration, or give it the \
                         value that the tenant has."
                    );
                    diags.error_at(
                        path(setting),
                        format!("{name} cannot be changed in this tenant"),
                        detail,
                    );
                }
                Setting::AllowedToJoin | Setting::GlobalAdministrators | Setting::RegisteringUsers
                    if join == Some(false) =>
                {
                    let summary = self.summary(&format!("{name} may not be changeable"));
                    let detail = format!(
                        "join_admin_configurable is false in this tenant, so Microsoft may ignore the change of \
                         {name}. The apply reads the policy back and reports an error if it was ignored."
                    );
                    diags.warning_at(path(setting), summary, detail);
                }
                _ => {}
            }
        }
    }

    /// Says what the tenant has before it is adopted, and which of it changes.
    pub fn adoption(&self, diags: &mut Diagnostics, policy: &Policy) {
        let (mut changes, mut same, mut kept) = (String::new(), Vec::new(), String::new());
        let changed: Vec<_> = self.changed().collect();
        for setting in Setting::ALL {
            let name = name(setting);
            let line = format!("\n  {name}, now {}", describe::value(policy.borrowed(setting)));
            if changed.contains(&setting) {
                changes += &line;
            } else if self.names(setting) {
                same.push(name);
            } else {
                kept += &line;
            }
        }
        let mut detail = if changes.is_empty() {
            "A tenant always has these settings. The plan changes none of them.".to_owned()
        } else {
            format!("A tenant always has these settings. The plan changes:{changes}")
        };
        if !same.is_empty() {
            detail += &format!("\nThe tenant already has the configured value of: {}.", same.join(", "));
        }
        if !kept.is_empty() {
            detail += &format!("\nNot configured, and not changed:{kept}");
        }
        let summary = self.summary("This plan adopts the tenant's device settings");
        diags.warning_at(AttributePath::root(), summary, detail);
    }

    /// Warns of each change that locks users out or lets them in.
    pub fn hazards(&self, diags: &mut Diagnostics) {
        for setting in self.changed() {
            let hazard = match setting.kind() {
                SettingKind::Membership => self.membership_hazard(setting),
                SettingKind::Bool | SettingKind::Quota => self.value_hazard(setting),
            };
            if let Some((summary, detail)) = hazard {
                diags.warning_at(path(setting), self.summary(&summary), detail);
            }
            let scope = self.scope(self.planned, setting);
            if setting == Setting::RegisteringUsers && matches!(scope, Some(Scope::Selected | Scope::None)) {
                let summary = self.summary("Device preparation may skip provisioning");
                diags.warning_at(path(setting), summary, DEVICE_PREPARATION);
            }
        }
        self.no_local_administrator(diags);
    }

    fn value_hazard(&self, setting: Setting) -> Option<(String, String)> {
        let whole = Leaf::whole(setting);
        match (setting, self.planned.leaf(whole)) {
            (Setting::UserDeviceQuota, Value::Value(LeafValue::Quota(Quota::Limit(0)))) => {
                Some(("A quota of 0 stops every join".to_owned(), NO_QUOTA.to_owned()))
            }
            (Setting::MultiFactorAuthRequired, Value::Value(LeafValue::Switch(true))) => {
                let summary = "Conditional Access is not enforced on joining devices";
                Some((summary.to_owned(), MULTI_FACTOR_AUTH.to_owned()))
            }
            _ => None,
        }
    }

    fn membership_hazard(&self, setting: Setting) -> Option<(String, String)> {
        let (verb, consequence) = match setting {
            Setting::AllowedToRegister => ("register", ""),
            _ => (
                "join",
                " This includes Windows, macOS and Linux devices. Windows Autopilot's user-driven and pre-provisioned \
                 scenarios fail.",
            ),
        };
        let name = name(setting);
        match (setting, self.scope(self.planned, setting)?) {
            (Setting::RegisteringUsers, Scope::All) => {
                let summary = "Every user becomes a local administrator";
                Some((summary.to_owned(), EVERY_LOCAL_ADMINISTRATOR.to_owned()))
            }
            (Setting::RegisteringUsers, _) => None,
            (_, Scope::All) => Some((
                format!("Every user may {verb} devices"),
                format!(
                    "With {name} = {{ scope = \"all\" }} every user of the tenant can {verb} devices. Lists of selected \
                     users and groups are dropped."
                ),
            )),
            (_, Scope::None) => Some((
                format!("No user may {verb} devices"),
                format!("With {name} = {{ scope = \"none\" }} no user of the tenant can {verb} a device.{consequence}"),
            )),
            (_, Scope::Selected) if self.leaves_no_member(setting) => Some((
                format!("No user may {verb} devices"),
                format!(
                    "The scope of {name} is \"selected\" and no user or group is listed: until a member is added, no user \
                     of the tenant can {verb} a device.{consequence}"
                ),
            )),
            (_, Scope::Selected) => self.dropped(setting),
        }
    }

    /// Members that an adoption drops from a list: the plan of a create shows the new list alone.
    fn dropped(&self, setting: Setting) -> Option<(String, String)> {
        let mut lines = String::new();
        for leaf in Leaf::lists(setting)
            .into_iter()
            .filter(|leaf| self.named.contains(leaf))
        {
            if let (Value::Value(LeafValue::Ids(now)), Value::Value(LeafValue::Ids(planned))) =
                (self.now.leaf(leaf), self.planned.leaf(leaf))
                && !now.is_subset(&planned)
            {
                let gone: Vec<_> = now.difference(&planned).collect();
                lines += &format!("\n  {leaf}: {}", describe::ids(gone.into_iter()));
            }
        }
        let said = "The tenant lists members that the configuration does not name. The plan removes:";
        (!lines.is_empty()).then(|| (format!("{} loses members", name(setting)), format!("{said}{lines}")))
    }

    fn no_local_administrator(&self, diags: &mut Diagnostics) {
        let without = |settings: &SettingsAttributes| {
            let off = |setting| settings.leaf(Leaf::whole(setting)) == Value::Value(LeafValue::Switch(false));
            off(Setting::GlobalAdministrators)
                && off(Setting::LocalAdminPasswordEnabled)
                && self.scope(settings, Setting::RegisteringUsers) == Some(Scope::None)
        };
        // What a create leaves open stays as the tenant has it.
        let mut after = self.planned.clone();
        let open = |leaf: &Leaf| self.planned.leaf(*leaf).is_unknown() && !self.named.contains(leaf);
        for leaf in Leaf::all().filter(open) {
            after.copy_leaf(self.now, leaf);
        }
        if without(&after) && !without(self.now) {
            let summary = self.summary("Devices that join have no local administrator");
            diags.warning_at(AttributePath::new("local_admins"), summary, NO_LOCAL_ADMINISTRATOR);
        }
    }

    /// The settings of which a named leaf changes, or may change because it is unknown.
    fn changed(&self) -> impl Iterator<Item = Setting> {
        Setting::ALL.into_iter().filter(|setting| {
            Leaf::of(*setting)
                .filter(|leaf| self.named.contains(leaf))
                .any(|leaf| self.planned.leaf(leaf) != self.now.leaf(leaf))
        })
    }

    fn names(&self, setting: Setting) -> bool {
        Leaf::of(setting).any(|leaf| self.named.contains(&leaf))
    }

    fn scope(&self, settings: &SettingsAttributes, setting: Setting) -> Option<Scope> {
        settings.membership(setting)?.known_scope()
    }

    /// Whether the lists that the configuration names are known and empty.
    fn names_no_member(&self, setting: Setting) -> bool {
        Leaf::lists(setting).into_iter().all(|leaf| {
            !self.named.contains(&leaf) || self.planned.leaf(leaf) == Value::Value(LeafValue::Ids(BTreeSet::new()))
        })
    }

    /// Whether no list has a member once the plan is applied.
    fn leaves_no_member(&self, setting: Setting) -> bool {
        self.names_no_member(setting)
            && Leaf::lists(setting).into_iter().all(|leaf| {
                let empty = |value| matches!(value, Value::Value(LeafValue::Ids(ids)) if ids.is_empty());
                let kept = self.now.leaf(leaf);
                self.named.contains(&leaf) || kept.is_null() || empty(kept)
            })
    }

    fn summary(&self, text: &str) -> String {
        describe::in_tenant(text, self.tenant)
    }
}

const NO_QUOTA: &str = "With user_device_quota = 0 no user can join or register a device. Use -1 for unlimited.";
const MULTI_FACTOR_AUTH: &str = "While multi_factor_auth_required is true, Conditional Access policies for the user \
    action \"Register or join devices\" are not enforced. Microsoft recommends such a policy, and false here.";
const EVERY_LOCAL_ADMINISTRATOR: &str = "With local_admins.registering_users = { scope = \"all\" } every user is a local \
    administrator of each device that they join. It takes effect on devices that join afterwards.";
const DEVICE_PREPARATION: &str = "A Windows Autopilot device preparation policy whose user account type is \
    \"Standard user\" skips the installation of apps and scripts when local_admins.registering_users is not \"all\" (a \
    known issue of Microsoft's). Set that policy's account type to \"Administrator\", or leave the scope at \"all\". \
    Windows Autopilot profiles are not affected.";
const NO_LOCAL_ADMINISTRATOR: &str = "Global administrators and registering users are not added as local administrators, \
    and Windows LAPS is disabled: unless an Intune policy adds one, or somebody has the role Microsoft Entra Joined Device \
    Local Administrator, no account can administer such a device.";

fn memberships() -> impl Iterator<Item = Setting> {
    let all = Setting::ALL.into_iter();
    all.filter(|setting| setting.kind() == SettingKind::Membership)
}

/// Warns of settings that an interrupted apply may have written without remembering their originals.
pub fn forgotten(diags: &mut Diagnostics, tenant: Option<&str>, leaves: &[Leaf]) {
    let names: Vec<_> = leaves.iter().map(Leaf::to_string).collect();
    let summary = format!("Original values are unknown (tenant {})", tenant.unwrap_or("unknown"));
    let detail = format!(
        "The provider was stopped during an apply, and Terraform kept the state from before it. The values that these \
         settings had before that apply are not remembered: {}. With on_destroy = \"restore\" they stay as they are now.",
        names.join(", ")
    );
    diags.warning_at(AttributePath::root(), summary, detail);
}

/// Reports that a selection without members would replace `all`.
pub fn lock_out(diags: &mut Diagnostics, setting: Setting) {
    let name = name(setting);
    let detail = format!(
        "The scope of {name} is \"all\" in the tenant. With scope = \"selected\", a list left out and no user or group \
         named, no user would be allowed until other resources have added members. Name at least one user or group \
         here, such as a break-glass account in {name}.users, and leave the other list to \
         autopilot_device_join_member. To allow no user on purpose, use scope = \"none\" or set both lists to []."
    );
    diags.error_at(path(setting), format!("{name} would lock every user out"), detail);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::attributes::testing::{given, membership};
    use crate::settings::attributes::{LocalAdminsAttribute, MembershipAttribute, ObjectIds};
    use crate::settings::number::Number;

    const A: &str = "00000000-0000-0000-0000-00000000000a";
    const B: &str = "00000000-0000-0000-0000-00000000000b";

    fn join(scope: &str, users: ObjectIds, groups: ObjectIds) -> SettingsAttributes {
        SettingsAttributes {
            allowed_to_join: membership(scope, users, groups),
            ..SettingsAttributes::default()
        }
    }

    fn registering(value: Value<MembershipAttribute>) -> SettingsAttributes {
        SettingsAttributes {
            local_admins: Value::Value(LocalAdminsAttribute {
                global_administrators: Value::Null,
                registering_users: value,
            }),
            ..SettingsAttributes::default()
        }
    }

    fn quota(number: f64) -> SettingsAttributes {
        SettingsAttributes {
            user_device_quota: Value::Value(Number(number)),
            ..SettingsAttributes::default()
        }
    }

    fn said(now: &SettingsAttributes, config: &SettingsAttributes) -> (Vec<String>, Vec<String>) {
        let planned = super::super::plan::settings(config, Some(now));
        let warned = Warned {
            tenant: Some("t"),
            now,
            planned: &planned,
            named: &Leaf::all().filter(|leaf| config.names(*leaf)).collect(),
        };
        let mut diags = Diagnostics::default();
        warned.refuse_lock_out(&mut diags);
        warned.hazards(&mut diags);
        let summaries =
            |list: Vec<tf_provider::Diagnostic>| list.into_iter().map(|one| one.summary.into_owned()).collect();
        (summaries(diags.errors), summaries(diags.warnings))
    }

    #[test]
    fn each_hazard_is_warned_of_when_it_comes_and_not_again() {
        let all = || join("all", Value::Null, Value::Null);
        let mfa = SettingsAttributes {
            multi_factor_auth_required: Value::Value(true),
            ..SettingsAttributes::default()
        };
        let table = [
            (quota(5.0), quota(0.0), "A quota of 0 stops every join"),
            (
                SettingsAttributes::default(),
                mfa,
                "Conditional Access is not enforced on joining devices",
            ),
            (
                join("selected", given(&[A]), given(&[])),
                all(),
                "Every user may join devices",
            ),
            (
                all(),
                join("none", Value::Null, Value::Null),
                "No user may join devices",
            ),
            (
                all(),
                join("selected", given(&[]), given(&[])),
                "No user may join devices",
            ),
            (
                join("selected", given(&[A]), given(&[])),
                join("selected", given(&[]), Value::Null),
                "No user may join devices",
            ),
            (
                join("selected", given(&[A, B]), given(&[])),
                join("selected", given(&[A]), Value::Null),
                "allowed_to_join loses members",
            ),
            (
                registering(membership("none", Value::Null, Value::Null)),
                registering(membership("all", Value::Null, Value::Null)),
                "Every user becomes a local administrator",
            ),
            (
                registering(membership("all", Value::Null, Value::Null)),
                registering(membership("none", Value::Null, Value::Null)),
                "Device preparation may skip provisioning",
            ),
        ];
        for (now, config, summary) in table {
            assert_eq!(said(&now, &config), (vec![], vec![format!("{summary} (tenant t)")]));
            assert_eq!(said(&config, &config), (vec![], vec![]), "{summary}");
        }
    }

    #[test]
    fn all_becomes_a_selection_only_with_a_member_or_both_lists() {
        let all = join("all", Value::Null, Value::Null);
        let refused = ["allowed_to_join would lock every user out".to_owned()];
        for (users, groups, errors) in [
            (Value::Null, Value::Null, &refused[..]),
            (given(&[]), Value::Null, &refused),
            (Value::Null, given(&[]), &refused),
            (given(&[]), given(&[]), &[]),
            (given(&[A]), Value::Null, &[]),
            (Value::Unknown, Value::Null, &[]),
        ] {
            assert_eq!(said(&all, &join("selected", users, groups)).0, errors);
        }
        let none = join("none", Value::Null, Value::Null);
        assert!(said(&none, &join("selected", Value::Null, Value::Null)).0.is_empty());
    }

    #[test]
    fn the_last_local_administrator_is_missed() {
        let now = SettingsAttributes {
            local_admin_password_enabled: Value::Value(true),
            local_admins: Value::Value(LocalAdminsAttribute {
                global_administrators: Value::Value(false),
                registering_users: membership("none", Value::Null, Value::Null),
            }),
            ..SettingsAttributes::default()
        };
        let config = SettingsAttributes {
            local_admin_password_enabled: Value::Value(false),
            ..SettingsAttributes::default()
        };
        assert_eq!(
            said(&now, &config).1,
            ["Devices that join have no local administrator (tenant t)"]
        );
    }

    #[test]
    fn unknown_values_are_no_hazard() {
        let config = SettingsAttributes {
            allowed_to_join: membership("selected", Value::Unknown, Value::Null),
            user_device_quota: Value::Unknown,
            ..SettingsAttributes::default()
        };
        assert_eq!(said(&SettingsAttributes::default(), &config), (vec![], vec![]));
    }
}
