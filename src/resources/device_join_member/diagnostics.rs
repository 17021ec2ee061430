//! Diagnostics of members. Terraform folds warnings of one summary, so a summary names the tenant and the list; the object
//! id is in it only where that object is at fault.

use tf_provider::{AttributePath, Diagnostics};

use super::state::Member;
use crate::graph::policy::Policy;
use crate::members::List;
use crate::members::rules::Refusal;
use crate::plugin::Report;
use crate::settings::{describe, name};

const LIST: Option<&str> = Some("list");
const OBJECT_ID: Option<&str> = Some("object_id");

/// Reports that a member cannot be added to the list as the tenant has it.
pub fn refused(diags: &mut Diagnostics, list: List, refusal: &Refusal) {
    let summary = format!("{} takes no members", name(list.setting()));
    diags.error_at(AttributePath::new("list"), summary, explained(list, refusal));
}

/// Warns that the list takes no members yet: another resource may change its scope before the member is added.
pub fn not_yet(diags: &mut Diagnostics, list: List, refusal: &Refusal, tenant: Option<&str>) {
    let detail = explained(list, refusal)
        + "\n\nIf autopilot_device_join_settings sets the scope in the same apply, let the members depend on it, for \
           example with depends_on. Adding a member fails as long as the scope is not \"selected\" or \"none\".";
    let summary = format!("{} takes no members now", name(list.setting()));
    warn(diags, LIST, &summary, tenant, detail);
}

fn explained(list: List, refusal: &Refusal) -> String {
    let (setting, allows) = (name(list.setting()), list.allows());
    match refusal {
        Refusal::All => format!(
            "The scope of {setting} is \"all\": every user may {allows}. A list with one member would lock out all \
             others, so no member is added. To use a list, set {setting} = {{ scope = \"selected\" }} in \
             autopilot_device_join_settings and name a break-glass account in its users."
        ),
        Refusal::Unknown(kind) => format!(
            "The scope of {setting} is of the type {kind:?}, which this version of the provider does not know. Use a newer \
             version of the provider, or give {setting} a scope with autopilot_device_join_settings."
        ),
        Refusal::Unset => format!(
            "The device registration policy of this tenant does not have {} ({setting}). Give it a scope with \
             autopilot_device_join_settings first.",
            list.setting().graph_name()
        ),
    }
}

/// Reports that Microsoft fixes who may register, or warns that it may fix a join setting.
pub fn fixed(diags: &mut Diagnostics, list: List, policy: &Policy, tenant: Option<&str>) {
    let setting = name(list.setting());
    let found = describe::value(policy.borrowed(list.setting()));
    if list == List::Register {
        let detail = format!(
            "The tenant has {setting}: {found}, and azureADRegistration.isAdminConfigurable is false: Microsoft fixes \
             the setting while Intune (or Mobility Management for Microsoft 365) is enabled. Remove this resource from \
             the configuration."
        );
        let summary = format!("{setting} cannot be changed in this tenant");
        diags.error_at(AttributePath::new("list"), summary, detail);
    } else {
        let detail = format!(
            "The tenant has {setting}: {found}, and azureADJoin.isAdminConfigurable is false, so Microsoft may ignore \
             the change. The apply reads the policy back and reports an error if it was ignored."
        );
        warn(diags, LIST, &format!("{setting} may not be changeable"), tenant, detail);
    }
}

/// Warns that members are there already.
pub fn adopted(diags: &mut Diagnostics, list: List, tenant: Option<&str>) {
    let summary = format!("{} already lists members of this plan", name(list.setting()));
    let detail = "The tenant lists the user or group already. This resource adopts it and writes nothing; destroying the \
                  resource removes the member all the same. If another workspace manages it too, leave it to one of the \
                  two.";
    warn(diags, OBJECT_ID, &summary, tenant, detail.to_owned());
}

/// Warns that the first member turns `none` into a selection.
pub fn first(diags: &mut Diagnostics, list: List, tenant: Option<&str>) {
    let detail = format!(
        "The scope is \"none\": no user may {}. The first member changes it to \"selected\", and those listed may.",
        list.allows()
    );
    let summary = format!("{} becomes \"selected\"", name(list.setting()));
    warn(diags, LIST, &summary, tenant, detail);
}

/// Warns that the plan removes the last member.
pub fn last(diags: &mut Diagnostics, list: List, tenant: Option<&str>) {
    let scenarios = match list {
        List::Join => " Windows Autopilot's user-driven and pre-provisioned scenarios fail.",
        List::LocalAdmin | List::Register => "",
    };
    let detail = format!(
        "Without members the scope becomes \"none\": no user may {}.{scenarios} Unless this plan adds another member, \
         the list stays empty.",
        list.allows()
    );
    let summary = format!("{} loses its only member", name(list.setting()));
    warn(diags, None, &summary, tenant, detail);
}

/// Warns that an apply has removed the last member.
pub fn emptied(diags: &mut Diagnostics, list: List, tenant: Option<&str>) {
    let detail = format!(
        "The last member was removed, so the scope became \"none\". Unless another resource of this apply adds a \
         member, no user may {} in this tenant.",
        list.allows()
    );
    let summary = format!("{} has no members", name(list.setting()));
    warn(diags, None, &summary, tenant, detail);
}

/// Warns of the time between the only member and the one that replaces it.
pub fn replaced(diags: &mut Diagnostics, list: List, tenant: Option<&str>) {
    let detail = format!(
        "Terraform destroys the old member before it creates the new one, unless the resource has lifecycle {{ \
         create_before_destroy = true }}. Without it, the scope is \"none\" between the two, and stays so if the create \
         fails: no user may {} until then.",
        list.allows()
    );
    let summary = format!("The only member of {} is replaced", name(list.setting()));
    warn(diags, None, &summary, tenant, detail);
}

/// Warns that a member is not removed, because another resource holds it.
pub fn stays(diags: &mut Diagnostics, member: &Member) {
    let detail = format!(
        "Another resource of this configuration has {} as well, so it was not removed from {}. A resource that only \
         gets another address can be moved without this warning, with a moved block.",
        member.resource_id(),
        name(member.list.setting())
    );
    let summary = format!("The {} {} stays a member", member.kind, member.id);
    warn(diags, None, &summary, None, detail);
}

/// Warns that two resources are for one member.
pub fn twice(diags: &mut Diagnostics, member: &Member) {
    let summary = format!("Two resources manage the {} {}", member.kind, member.id);
    let detail = format!(
        "Another resource of this configuration has {} too. Destroying one of the two in a later run removes the \
         member, although the other one needs it; the plan after it adds it again. Keep one, and take the other out of \
         the state with terraform state rm or a removed block with destroy = false.",
        member.resource_id()
    );
    warn(diags, OBJECT_ID, &summary, None, detail);
}

/// Warns that a member whose write was not confirmed is in the state.
pub fn unconfirmed(diags: &mut Diagnostics, member: &Member) {
    let summary = format!("The {} {} may be a member", member.kind, member.id);
    let detail = format!(
        "The write to {} was not confirmed. The member is kept in the state, so that it can be removed again. The next \
         apply replaces it, because Terraform takes it for tainted; terraform untaint keeps it as it is.",
        name(member.list.setting())
    );
    warn(diags, OBJECT_ID, &summary, None, detail);
}

/// Warns at an attribute, or at the whole resource.
fn warn(diags: &mut Diagnostics, at: Option<&'static str>, summary: &str, tenant: Option<&str>, detail: String) {
    let path = at.map_or_else(AttributePath::root, AttributePath::new);
    diags.warning_at(path, describe::in_tenant(summary, tenant), detail);
}
