//! What a request needs, and why it was refused
//! (<https://learn.microsoft.com/graph/permissions-reference>).

use super::credential::claims::{Claims, Holder};

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

fn application(needs: &Needs, claims: &Claims) -> String {
    let held = claims.permissions();
    let who = match (&claims.app_displayname, &claims.appid) {
        (Some(name), Some(id)) => format!("application {name:?} ({id})"),
        (None, Some(id)) => format!("application {id}"),
        _ => "the application".to_owned(),
    };
    let sent = format!(
        "The token is an application's: {who}, with {}.",
        listed(&held, "no application permission for Microsoft Graph")
    );
    if needs.application.iter().any(|needed| held.contains(needed)) {
        return format!(
            "{sent} That is enough to {}, so something else in the tenant refuses it: look for Conditional Access for workload \
             identities, and give Microsoft's support the request-id.",
            needs.doing
        );
    }
    format!(
        "{sent} To {}, it needs the application permission {}. Grant it in the Microsoft Entra admin center under App \
         registrations > this application > API permissions > Add a permission > Microsoft Graph > Application permissions, then \
         choose \"Grant admin consent\". A token issued before does not have it: run Terraform again a minute later.",
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
    match held {
        [] => none.to_owned(),
        few if few.len() <= SHOWN => few.join(", "),
        many => format!("{} and {} more", many[..SHOWN].join(", "), many.len() - SHOWN),
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
