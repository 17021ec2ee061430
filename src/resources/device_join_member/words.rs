//! What is said of a member: refusals, and what an apply does beside adding it.

use tf_provider::{AttributePath, Diagnostics};

use super::state::Member;
use crate::graph::policy::Policy;
use crate::members::List;
use crate::members::rules::Refusal;
use crate::plugin::Report;
use crate::settings::{describe, name};

/// Reports why a member cannot be added.
pub fn refused(diags: &mut Diagnostics, list: List, refusal: &Refusal) {
    let setting = name(list.setting());
    let path = AttributePath::new("list");
    match refusal {
        Refusal::All => diags.error_at(
            path,
            format!("The scope of {setting} is \"all\""),
            format!(
                "Everybody may {} in this tenant. A list with this one member would shut out all others, so nothing is \
                 written. To go over to a list, set {setting} = {{ scope = \"selected\" }} in \
                 autopilot_device_join_settings, without users and groups, and let the members depend on it \
                 (depends_on). While everybody is meant no member is needed: remove this resource instead.",
                list.allows()
            ),
        ),
        Refusal::Unknown(kind) => diags.error_at(
            path,
            format!("The scope of {setting} is of an unknown type"),
            format!(
                "The tenant has {kind:?}, which this version of the provider does not know, so that it cannot tell what \
                 a member would change. Use a newer version of the provider, or give {setting} a scope with \
                 autopilot_device_join_settings."
            ),
        ),
        Refusal::Unset => diags.error_at(
            path,
            format!("The tenant has no {setting}"),
            format!(
                "The device registration policy of this tenant does not have {} ({setting}). Give it a scope with \
                 autopilot_device_join_settings first.",
                list.setting().graph_name()
            ),
        ),
    }
}

/// Reports that Microsoft fixes the list in this tenant.
pub fn fixed(diags: &mut Diagnostics, list: List, policy: &Policy) {
    let setting = name(list.setting());
    let flag = match list {
        List::Join | List::LocalAdmin => "azureADJoin.isAdminConfigurable",
        List::Register => "azureADRegistration.isAdminConfigurable",
    };
    let cause = match list {
        List::Register => " while Intune (or Mobility Management for Microsoft 365) is enabled",
        List::Join | List::LocalAdmin => "",
    };
    diags.error_at(
        AttributePath::new("list"),
        format!("This tenant does not let its administrators change {setting}"),
        format!(
            "The tenant has {setting}: {}, and {flag} is false: Microsoft fixes the setting{cause}. Remove this member \
             from the configuration.",
            describe::short(policy.borrowed(list.setting()))
        ),
    );
}

/// Warns that a member is there already.
pub fn adopted(diags: &mut Diagnostics, member: &Member) {
    diags.warning_at(
        AttributePath::new("object_id"),
        format!("The {} is a member already", member.kind),
        format!(
            "{} lists the {} {} already. This resource adopts it and writes nothing; destroying the resource removes it \
             from the list all the same. If somebody else manages it, another Terraform workspace for one, remove this \
             resource from one of the two.",
            name(member.list.setting()),
            member.kind,
            member.id
        ),
    );
}

/// Warns that a member is not removed, because another resource has it now.
pub fn stays(diags: &mut Diagnostics, member: &Member) {
    diags.warning_at(
        AttributePath::root(),
        format!("The {} stays a member", member.kind),
        format!(
            "One resource for the {} {} in {} was removed and another one added in the same apply. The member stays, and \
             belongs to the one that was added. To move a resource without this, use a moved block.",
            member.kind,
            member.id,
            name(member.list.setting())
        ),
    );
}

/// Warns that the first member turns `none` into a selection.
pub fn first(diags: &mut Diagnostics, list: List) {
    diags.warning_at(
        AttributePath::new("list"),
        format!("{} becomes \"selected\"", name(list.setting())),
        format!(
            "Nobody may {} in this tenant now: the scope is \"none\". With its first member it becomes \"selected\", for \
             the members alone.",
            list.allows()
        ),
    );
}

/// Warns that without the last member the scope is `none`.
pub fn last(diags: &mut Diagnostics, list: List) {
    let scenarios = match list {
        List::Join => " Windows Autopilot's user-driven and pre-provisioned scenarios fail with it.",
        List::LocalAdmin | List::Register => "",
    };
    diags.warning_at(
        AttributePath::root(),
        format!("{} becomes \"none\"", name(list.setting())),
        format!(
            "With this member the list loses its last one, and its scope becomes \"none\": nobody may {} in this tenant \
             then.{scenarios}",
            list.allows()
        ),
    );
}
