//! Graph's errors and the envelope they come in.
//!
//! The envelope: <https://learn.microsoft.com/graph/errors>.

use serde_json::json;

use crate::clock::Clock;
use crate::exchange::{Call, Reply};

/// An error answer of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GraphError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Headers beside those that every answer has.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl GraphError {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// What the policy's own rules are refused with.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", message)
    }

    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        Self::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
        .with("allow", allowed)
    }

    pub(crate) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message).with(
            "www-authenticate",
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"",
        )
    }

    pub(crate) fn missing_scopes() -> Self {
        Self::new(
            403,
            "AccessDenied",
            "You cannot perform the requested operation, required scopes are missing in the token.",
        )
    }

    pub(crate) fn insufficient_privileges() -> Self {
        Self::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    pub(crate) fn not_found(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present."),
        )
    }

    /// The error that goes with a status, for injected faults.
    pub(crate) fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("BadRequest", "The request is malformed or incorrect."),
            401 => (
                "InvalidAuthenticationToken",
                "Lifetime validation failed, the token is expired.",
            ),
            403 => (
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
            404 => ("Request_ResourceNotFound", "Resource does not exist."),
            409 => ("Request_Conflict", "The request conflicts with another one."),
            423 => ("resourceLocked", "The resource is locked."),
            429 => (
                "TooManyRequests",
                "Too many requests. Please retry after the time the Retry-After header says.",
            ),
            502 => ("BadGateway", "The gateway got no usable answer."),
            503 => (
                "ServiceUnavailable",
                "The service is temporarily unavailable. Please try again later.",
            ),
            504 => ("GatewayTimeout", "The service did not answer in time."),
            _ => ("InternalServerError", "The server met an internal error."),
        };
        Self::new(status, code, message)
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(&self, call: &Call, clock: &Clock) -> serde_json::Value {
        let client_request_id = call.header("client-request-id").unwrap_or(&call.request_id);
        json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {
                "date": clock.graph_date(),
                "request-id": call.request_id,
                "client-request-id": client_request_id,
            }
        }})
    }

    pub(crate) fn reply(&self, call: &Call, clock: &Clock) -> Reply {
        let reply = Reply::json(self.status, &self.body(call, clock));
        self.headers
            .iter()
            .fold(reply, |reply, (name, value)| reply.with(name, value))
    }
}
