//! The token endpoint's errors.
//!
//! Codes: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.

use serde_json::json;

use crate::clock::Clock;
use crate::exchange::{Call, Reply};

/// An error answer of the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntraError {
    pub(crate) status: u16,
    /// OAuth's word for it.
    pub(crate) error: &'static str,
    /// The number after `AADSTS`.
    pub(crate) code: u32,
    pub(crate) message: String,
}

impl EntraError {
    /// The error with this number; `about` is what the message names: an app, a tenant, a resource.
    pub(crate) fn of_code(code: u32, about: &str) -> Self {
        let (status, error, message) = describe(code, about);
        Self {
            status,
            error,
            code,
            message,
        }
    }

    pub(crate) fn reply(&self, call: &Call, clock: &Clock) -> Reply {
        let correlation = call.header("client-request-id").unwrap_or(&call.request_id);
        let date = clock.entra_date();
        Reply::json(
            self.status,
            &json!({
                "error": self.error,
                "error_description": format!(
                    "AADSTS{}: {} Trace ID: {} Correlation ID: {correlation} Timestamp: {date}",
                    self.code, self.message, call.request_id
                ),
                "error_codes": [self.code],
                "timestamp": date,
                "trace_id": call.request_id,
                "correlation_id": correlation,
                "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
            }),
        )
    }
}

fn describe(code: u32, about: &str) -> (u16, &'static str, String) {
    let (status, error, message) = match code {
        50013 => (
            401,
            "invalid_client",
            format!("Assertion failed signature validation. {about}"),
        ),
        50027 => (
            400,
            "invalid_client",
            format!("JWT token is invalid or malformed. {about}"),
        ),
        53003 => (
            400,
            "invalid_grant",
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
                .into(),
        ),
        70003 => (
            400,
            "unsupported_grant_type",
            format!("The app requested an unsupported grant type '{about}'."),
        ),
        70011 => (
            400,
            "invalid_scope",
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {about} is not valid."
            ),
        ),
        90002 => (
            400,
            "invalid_request",
            format!(
                "Tenant '{about}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        ),
        90033 => (
            503,
            "temporarily_unavailable",
            "A transient error has occurred. Please try again.".into(),
        ),
        90038 => (
            400,
            "invalid_request",
            format!("Tenant '{about}' request is being redirected to the National Cloud 'MicrosoftOnline.US'."),
        ),
        90055 => (
            400,
            "temporarily_unavailable",
            "The request has been throttled because the tenant has too many requests. Please try again.".into(),
        ),
        500_011 => (
            400,
            "invalid_resource",
            format!(
                "The resource principal named {about} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
            ),
        ),
        700_016 => (
            400,
            "unauthorized_client",
            format!(
                "Application with identifier '{about}' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        ),
        700_023 => (
            401,
            "invalid_client",
            format!("Client assertion audience claim does not match Realm issuer. {about}"),
        ),
        700_024 => (
            401,
            "invalid_client",
            format!("Client assertion is not within its valid time range. {about}"),
        ),
        700_027 => (
            401,
            "invalid_client",
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on application. {about}"
            ),
        ),
        700_211 => (
            401,
            "invalid_client",
            format!(
                "No matching federated identity record found for presented assertion issuer '{about}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            ),
        ),
        700_212 => (
            401,
            "invalid_client",
            format!(
                "No matching federated identity record found for presented assertion audience '{about}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            ),
        ),
        700_213 => (
            401,
            "invalid_client",
            format!(
                "No matching federated identity record found for presented assertion subject '{about}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion."
            ),
        ),
        900_144 => (
            400,
            "invalid_request",
            format!("The request body must contain the following parameter: '{about}'."),
        ),
        900_561 => (
            400,
            "invalid_request",
            "The endpoint only accepts POST requests. Received a GET request.".into(),
        ),
        1_002_012 => (
            400,
            "invalid_scope",
            format!(
                "The provided value for scope {about} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ),
        7_000_215 => (
            401,
            "invalid_client",
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{about}'."
            ),
        ),
        7_000_218 => (
            401,
            "invalid_client",
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".into(),
        ),
        7_000_222 => (
            401,
            "invalid_client",
            format!(
                "The provided client secret keys for app '{about}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."
            ),
        ),
        _ => (400, "invalid_request", format!("The request is not valid. {about}")),
    };
    (status, error, message)
}
