//! What a request needs, and why it was refused
//! (<https://learn.microsoft.com/graph/permissions-reference>).

use super::credential::claims::{Claims, Holder};
use super::error::capitalized;

/// What Graph asks of whoever sends a request. Of each list one suffices, the least privileged first.
#[derive(Debug, PartialEq, Eq)]
pub struct Needs {
    /// What the request does: "read the device registration policy".
    pub doing: &'static str,
    /// The permissions that an application can hold.
    pub application: &'static [&'static str],
    /// The permissions that an application can use for a person.
    pub delegated: &'static [&'static str],
    /// The Microsoft Entra roles, of which the person needs one as well.
    pub roles: &'static [&'static str],
}

/// Reading the policy (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-get#permissions>).
pub const READ_POLICY: Needs = Needs {
    doing: "read the device registration policy",
    application: &[
        "Policy.Read.DeviceConfiguration",
        "Policy.ReadWrite.DeviceConfiguration",
    ],
    delegated: &[
        "Policy.Read.DeviceConfiguration",
        "Policy.Read.All",
        "Policy.ReadWrite.DeviceConfiguration",
    ],
    roles: &[
        "Global Reader",
        "Cloud Device Administrator",
        "Intune Administrator",
        "Windows 365 Administrator",
        "Directory Reviewer",
    ],
};

/// Changing the policy (<https://learn.microsoft.com/graph/api/deviceregistrationpolicy-update#permissions>).
pub const WRITE_POLICY: Needs = Needs {
    doing: "change the device registration policy",
    application: &["Policy.ReadWrite.DeviceConfiguration"],
    delegated: &["Policy.ReadWrite.DeviceConfiguration"],
    roles: &["Cloud Device Administrator"],
};

/// Why Graph answered 403, and what to do about it: whose token it is, what it holds, what is missing, how to grant it.
pub(crate) fn explain(needs: &Needs, claims: Option<&Claims>) -> String {
    let Some(claims) = claims else {
        return format!(
            "To {}, the application permission {} or the delegated permission {} is needed. What the token holds cannot be read.",
            needs.doing,
            any_of(needs.application),
            any_of(needs.delegated)
        );
    };
    match claims.holder() {
        Holder::Application => application(needs, claims),
        Holder::User => user(needs, claims),
    }
}

/// What to do when Graph refuses a token, and the one that was asked for in its place too.
pub(crate) fn refused_token(kind: &str, claims: Option<&Claims>) -> String {
    let mut advice = format!(
        "{} gave this token just now, in place of another that Microsoft Graph had refused as well. If the message above speaks of \
         time, check this machine's clock.",
        capitalized(kind)
    );
    if claims.is_some_and(|claims| claims.managed_identity) {
        advice.push_str(
            " Azure keeps the tokens of managed identities and can give one that has ended: run Terraform again in a few minutes.",
        );
    }
    advice.push_str(
        " Otherwise check `environment` (ARM_ENVIRONMENT) and `graph_endpoint` (AUTOPILOT_GRAPH_ENDPOINT): tokens of one cloud are \
         of no use in another.",
    );
    advice
}

fn application(needs: &Needs, claims: &Claims) -> String {
    let held = claims.permissions();
    let (whose, kind) = if claims.managed_identity {
        ("a managed identity's", "identity")
    } else {
        ("an application's", "application")
    };
    let who = match (&claims.app_displayname, &claims.appid) {
        (Some(name), Some(id)) => format!("{kind} {name:?} ({id})"),
        (None, Some(id)) => format!("{kind} {id}"),
        _ => format!("the {kind}"),
    };
    let sent = format!(
        "The token is {whose}: {who}, with {}.",
        listed(&held, "no application permission for Microsoft Graph")
    );
    if needs.application.iter().any(|needed| held.contains(needed)) {
        return format!(
            "{sent} That is enough to {}, so something else in the tenant refuses it: look for Conditional Access for workload \
             identities, and give Microsoft's support the request-id.",
            needs.doing
        );
    }
    if claims.managed_identity {
        return format!("{sent} {}", grant_to_managed_identity(needs, claims));
    }
    format!(
        "{sent} To {}, it needs the application permission {}. Grant it in the Microsoft Entra admin center under App \
         registrations > this application > API permissions > Add a permission > Microsoft Graph > Application permissions, then \
         choose \"Grant admin consent\". A token issued before does not have it: run Terraform again a minute later.",
        needs.doing,
        any_of(needs.application)
    )
}

/// A managed identity has no app registration, and its tokens are kept for up to a day where they are issued
/// (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/managed-identity-best-practice-recommendations#limitation-of-using-managed-identities-for-authorization>).
fn grant_to_managed_identity(needs: &Needs, claims: &Claims) -> String {
    let principal = claims.oid.as_ref().map_or_else(
        || "the identity's service principal".to_owned(),
        |oid| format!("the identity's service principal (object id {oid})"),
    );
    format!(
        "To {}, it needs the application permission {}. The admin center has no page that grants it to a managed identity: assign \
         that app role of Microsoft Graph to {principal}, with the resource azuread_app_role_assignment or with \
         New-MgServicePrincipalAppRoleAssignment of Microsoft Graph PowerShell. Azure keeps the tokens of managed identities for up \
         to 24 hours, and nothing makes it give up one earlier: the permission counts from the next token on.",
        needs.doing,
        any_of(needs.application)
    )
}

fn user(needs: &Needs, claims: &Claims) -> String {
    let held = claims.permissions();
    let through = if claims.is_azure_cli() {
        "a user's, from the Azure CLI".to_owned()
    } else {
        let application = claims.appid.as_deref().unwrap_or("an unnamed application");
        format!("a user's, through application {application}")
    };
    let sent = format!(
        "The token is {through}, with {}.",
        listed(&held, "no delegated permission")
    );
    if needs.delegated.iter().any(|needed| held.contains(needed)) {
        return format!(
            "{sent} That is enough to {}, so the user lacks a Microsoft Entra role: assign {}.",
            needs.doing,
            any_of(needs.roles)
        );
    }
    let missing = format!(
        "To {}, it needs the delegated permission {}",
        needs.doing,
        any_of(needs.delegated)
    );
    if claims.is_azure_cli() {
        return format!(
            "{sent} {missing}, which the Azure CLI's own application does not have and cannot be given by you. Sign in as an \
             application instead: a client secret, a certificate or OIDC in the provider, with the application permission {}.",
            any_of(needs.application)
        );
    }
    format!(
        "{sent} {missing}, and the user a Microsoft Entra role: {}. Grant the permission to the application under API permissions \
         in the Microsoft Entra admin center, with admin consent.",
        any_of(needs.roles)
    )
}

fn listed(held: &[&str], none: &str) -> String {
    const SHOWN: usize = 12;
    match held.split_at_checked(SHOWN) {
        _ if held.is_empty() => none.to_owned(),
        Some((shown, rest @ [_, ..])) => format!("{} and {} more", shown.join(", "), rest.len()),
        _ => held.join(", "),
    }
}

fn any_of(names: &[&str]) -> String {
    match names {
        [] => "(none)".to_owned(),
        [only] => (*only).to_owned(),
        [first, .., last] if names.len() == 2 => format!("{first} (or {last})"),
        [first, rest @ ..] => format!("{first} (or one of {})", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application_with(roles: &[&str]) -> Claims {
        Claims {
            appid: Some("9b2c".to_owned()),
            idtyp: Some("app".to_owned()),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            ..Claims::default()
        }
    }

    fn user_with(scp: &str, appid: &str) -> Claims {
        Claims {
            appid: Some(appid.to_owned()),
            scp: Some(scp.to_owned()),
            ..Claims::default()
        }
    }

    #[test]
    fn an_application_without_the_permission() {
        let text = explain(
            &WRITE_POLICY,
            Some(&application_with(&["Policy.Read.DeviceConfiguration"])),
        );
        for part in [
            "application 9b2c, with Policy.Read.DeviceConfiguration.",
            "it needs the application permission Policy.ReadWrite.DeviceConfiguration.",
            "Grant admin consent",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        let text = explain(&READ_POLICY, Some(&application_with(&[])));
        assert!(text.contains("no application permission for Microsoft Graph"), "{text}");
        assert!(
            text.contains("Policy.Read.DeviceConfiguration (or Policy.ReadWrite"),
            "{text}"
        );
    }

    #[test]
    fn many_permissions_are_shortened() {
        let names: Vec<_> = (0..14).map(|n| n.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        for (held, shown) in [
            (0, "nothing"),
            (1, "0"),
            (12, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"),
            (14, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"),
        ] {
            assert_eq!(listed(&names[..held], "nothing"), shown);
        }
    }

    #[test]
    fn a_managed_identity_is_told_another_way() {
        let claims = Claims {
            managed_identity: true,
            oid: Some("0b1d".to_owned()),
            ..application_with(&[])
        };
        let text = explain(&READ_POLICY, Some(&claims));
        assert!(
            text.contains("a managed identity's: identity 9b2c, with no application permission"),
            "{text}"
        );
        assert!(text.contains("service principal (object id 0b1d)"), "{text}");
        assert!(!text.contains("App registrations"), "{text}");
    }

    #[test]
    fn an_application_with_the_permission() {
        let text = explain(
            &READ_POLICY,
            Some(&application_with(&["Policy.ReadWrite.DeviceConfiguration"])),
        );
        assert!(text.contains("something else"), "{text}");
        assert!(!text.contains("Grant"), "{text}");
    }

    #[test]
    fn a_user_of_the_azure_cli_is_told_to_use_an_application() {
        let claims = user_with("AuditLog.Read.All User.Read", "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
        let text = explain(&READ_POLICY, Some(&claims));
        assert!(
            text.contains("from the Azure CLI, with AuditLog.Read.All, User.Read."),
            "{text}"
        );
        assert!(text.contains("Sign in as an application instead"), "{text}");
    }

    #[test]
    fn a_user_with_the_permission_lacks_a_role() {
        let text = explain(
            &WRITE_POLICY,
            Some(&user_with("Policy.ReadWrite.DeviceConfiguration", "x")),
        );
        assert!(
            text.ends_with("lacks a Microsoft Entra role: assign Cloud Device Administrator."),
            "{text}"
        );
    }

    #[test]
    fn an_unreadable_token_still_names_the_permissions() {
        let text = explain(&WRITE_POLICY, None);
        assert!(text.contains("Policy.ReadWrite.DeviceConfiguration"), "{text}");
    }
}
