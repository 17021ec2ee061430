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
                "Everybody may {} in this tenant. Adding one member would exclude everybody else, so nothing was \
                 written. To use a list, set {setting} = {{ scope = \"selected\" }} in autopilot_device_join_settings, \
                 without users and groups, and let this resource depend on it (depends_on). To leave it open to \
                 everybody, remove this resource from the configuration; if that is what you are doing, run terraform \
                 destroy with -refresh=false.",
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
            "The tenant has {setting}: {}, and {flag} is false: Microsoft fixes the setting{cause}. A member can neither \
             be added nor removed. To go on without this resource use terraform state rm, or a removed block with \
             destroy = false.",
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
            "{} lists the {} {} already. This resource adopts it, and writes nothing unless it is being replaced; \
             destroying the resource removes the member all the same. If somebody else manages it, another Terraform \
             workspace for one, one of the two should leave it to the other.",
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
            "The same apply has added the {} {} to {} again, or lists it in the settings resource, so that it stays. A \
             resource that only gets another address can be moved without this warning, with a moved block.",
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
            "Nobody may {} in this tenant now: the scope is \"none\". Adding a member changes it to \"selected\", and only \
             those listed may.",
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
            "No other member is left in the list. Unless this plan adds one, removing the last changes the scope to \"none\": nobody may {} in \
             this tenant then.{scenarios}",
            list.allows()
        ),
    );
}

/// Warns that the scope is `none`, where the plan may have seen other members.
pub fn emptied(diags: &mut Diagnostics, list: List) {
    diags.warning_at(
        AttributePath::root(),
        format!("{} has lost its last member", name(list.setting())),
        format!(
            "No other member was left in the list when this one was removed, so that the scope became \"none\": unless \
             another resource of this apply changes that, nobody may {} in this tenant now.",
            list.allows()
        ),
    );
}

/// Warns that between the last member and the one that replaces it the scope is `none`.
pub fn replaced(diags: &mut Diagnostics, list: List) {
    let setting = name(list.setting());
    diags.warning_at(
        AttributePath::root(),
        format!("{setting} is \"none\" for a moment"),
        format!(
            "This plan replaces the only members of {setting}. Terraform removes them before it adds the new ones, unless \
             lifecycle {{ create_before_destroy = true }} is set. In between, and for as long as adding a new one fails, \
             nobody may {} in this tenant.",
            list.allows()
        ),
    );
}

/// Warns that two resources are for the same member.
pub fn twice(diags: &mut Diagnostics, member: &Member) {
    diags.warning_at(
        AttributePath::new("object_id"),
        "Two resources manage the same member",
        format!(
            "More than one autopilot_device_join_member is for the {} {} in {} ({}). Destroying one of them removes the \
             member, although the other one needs it; the next plan adds it again. Keep one, and take the others out of \
             the state with terraform state rm or a removed block with destroy = false.",
            member.kind,
            member.id,
            name(member.list.setting()),
            member.list.as_str()
        ),
    );
}

/// Warns that a member whose write was not confirmed is in the state.
pub fn perhaps(diags: &mut Diagnostics, member: &Member) {
    diags.warning_at(
        AttributePath::new("object_id"),
        format!("The {} may be a member", member.kind),
        format!(
            "Whether {} lists the {} {} now is not known. It is kept in the state, so that it can be removed again. If it is \
             a member, the next apply removes it and adds it anew, because Terraform takes it for tainted; terraform \
             untaint keeps it as it is.",
            name(member.list.setting()),
            member.kind,
            member.id
        ),
    );
}
