//! What the token service's error numbers mean for somebody who runs Terraform
//! (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).

/// The kind of credential, in a user's words, whose assertion the provider signs itself. Other assertions are somebody else's.
pub(crate) const CLIENT_CERTIFICATE: &str = "a client certificate";

/// A sentence of advice on an AADSTS number, for the numbers that configurations run into. What it means depends on the
/// `credential` at times, which is a kind in a user's words.
pub(crate) fn advice(code: u32, credential: &str) -> Option<&'static str> {
    let signed_here = credential == CLIENT_CERTIFICATE;
    Some(match code {
        90002 | 900_021 | 900_023 => {
            "No tenant of this cloud has that id or domain: check `tenant_id` (ARM_TENANT_ID) and `environment` \
             (ARM_ENVIRONMENT)."
        }
        700_016 => {
            "The tenant has no application with this client id: check `client_id` (ARM_CLIENT_ID), and that the application is \
             in the tenant of `tenant_id`."
        }
        7_000_215 => {
            "The client secret is wrong: `client_secret` (ARM_CLIENT_SECRET) or the file of `client_secret_file_path` \
             (ARM_CLIENT_SECRET_FILE_PATH) has to hold the secret's Value, not its Secret ID."
        }
        7_000_222 => {
            "The client secret has expired: create a new one under Certificates & secrets of the app registration, and put its \
             Value into `client_secret` (ARM_CLIENT_SECRET) or the file of `client_secret_file_path` \
             (ARM_CLIENT_SECRET_FILE_PATH)."
        }
        7_000_218 => {
            "The application has to prove who it is: set a client secret, a client certificate or OIDC in the provider."
        }
        700_027 => NOT_THE_CERTIFICATE,
        50013 if signed_here => NOT_THE_CERTIFICATE,
        700_024 if signed_here => {
            "The assertion that the provider signs with the client certificate is valid for ten minutes by this machine's clock: \
             set the clock."
        }
        700_024 => {
            "The OIDC token is not valid at this time: check this machine's clock, and whether the token has expired. A token \
             that is given as `oidc_token` stays as it is; one in `oidc_token_file_path` or from `oidc_request_url` is fetched again \
             whenever it is needed."
        }
        70021 | 700_211 | 700_212 | 700_213 => {
            "No federated credential of the application matches the OIDC token: compare issuer, subject and audience under \
             Certificates & secrets > Federated credentials with those the message above names. The subject's case counts."
        }
        500_011 => {
            "The tenant does not know the Graph that the token is for: check `environment` (ARM_ENVIRONMENT) and \
             `graph_endpoint` (AUTOPILOT_GRAPH_ENDPOINT)."
        }
        90038 | 900_382 => {
            "The tenant belongs to another national cloud: set `environment` (ARM_ENVIRONMENT) to \"usgovernment\", \"dod\", \
             \"china\" or \"global\"."
        }
        50013 => {
            "The OIDC token's signature is not one of its issuer's: pass the token as the issuer gave it, and check that the issuer's \
             keys can be read by Microsoft (its address with /.well-known/openid-configuration)."
        }
        50027 if signed_here => {
            "The assertion that the provider signs with the client certificate did not arrive as it was sent: see whether a proxy on \
             the way changes requests."
        }
        50027 => "The OIDC token cannot be read: check what `oidc_token` (ARM_OIDC_TOKEN) or the token file holds.",
        53003 => {
            "A Conditional Access policy blocks this sign-in: ask whoever manages Conditional Access for workload identities or \
             this user; the sign-in log names the policy."
        }
        _ => return None,
    })
}

/// What to do about a certificate that the application does not have.
const NOT_THE_CERTIFICATE: &str = "The certificate does not fit the application: upload the public part of the one in \
                                   `client_certificate` (ARM_CLIENT_CERTIFICATE) or `client_certificate_path` \
                                   (ARM_CLIENT_CERTIFICATE_PATH) under Certificates & secrets of the app registration, and check \
                                   that it has not expired.";

/// The number in a description such as `AADSTS7000215: Invalid client secret`.
pub(crate) fn code_in(description: &str) -> Option<u32> {
    let (_, after) = description.split_once("AADSTS")?;
    let digits: &str = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Whether the token service asks to try again.
pub(crate) fn is_transient(code: Option<u32>, error: &str) -> bool {
    matches!(code, Some(90033 | 90055)) || error == "temporarily_unavailable"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_that_configurations_run_into_has_advice() {
        for code in [
            90002, 700_016, 7_000_215, 7_000_222, 7_000_218, 700_213, 700_024, 700_027, 500_011, 90038, 50013, 50027,
            53003,
        ] {
            for credential in ["a client secret", CLIENT_CERTIFICATE, "an OIDC token"] {
                let advice = advice(code, credential).unwrap_or_default();
                assert!(advice.ends_with('.') && advice.len() > 30, "{code}: {advice}");
            }
        }
        assert_eq!(advice(1, "a client secret"), None);
    }

    #[test]
    fn a_certificate_is_not_told_of_tokens_and_a_token_not_of_certificates() {
        for code in [50013, 50027, 700_024] {
            let certificate = advice(code, CLIENT_CERTIFICATE).unwrap_or_default();
            assert!(
                !certificate.contains("OIDC") && certificate.contains("certificate"),
                "{code}: {certificate}"
            );
            let token = advice(code, "an OIDC token").unwrap_or_default();
            assert!(
                token.contains("OIDC") && !token.contains("certificate"),
                "{code}: {token}"
            );
        }
    }

    #[test]
    fn secrets_and_certificates_are_named_wherever_they_come_from() {
        for (code, places) in [
            (7_000_215, ["client_secret` (ARM", "client_secret_file_path"]),
            (7_000_222, ["client_secret` (ARM", "client_secret_file_path"]),
            (700_027, ["client_certificate` (ARM", "client_certificate_path"]),
        ] {
            let advice = advice(code, "x").unwrap_or_default();
            assert!(places.iter().all(|place| advice.contains(place)), "{code}: {advice}");
        }
    }

    #[test]
    fn numbers_in_descriptions() {
        assert_eq!(
            code_in("AADSTS7000215: Invalid client secret provided."),
            Some(7_000_215)
        );
        assert_eq!(code_in("x AADSTS90002: Tenant"), Some(90002));
        for none in ["", "AADSTS", "AADSTSx", "aadsts1", "AADSTS99999999999999999999"] {
            assert_eq!(code_in(none), None, "{none}");
        }
    }
}
