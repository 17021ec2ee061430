//! Who calls Graph: the token, checked, and what it permits.

use serde_json::Value;

use super::GraphError;
use crate::exchange::Call;
use crate::world::World;

/// A caller whose token is good.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// Application permissions, or a person's delegated ones.
    permissions: Vec<String>,
    /// Display names of the person's Entra roles; absent for an application.
    directory_roles: Option<Vec<String>>,
}

/// What a call needs.
pub(crate) struct Needs {
    /// Any of these, of an application.
    pub(crate) application: &'static [&'static str],
    /// Any of these, of a person.
    pub(crate) delegated: &'static [&'static str],
    /// Any of these Entra roles, of a person; none is needed when empty.
    pub(crate) roles: &'static [&'static str],
}

impl Caller {
    /// The caller of a request, or the 401 that says what is wrong with its token.
    pub(crate) fn of(world: &World, call: &Call) -> Result<Self, GraphError> {
        let token = call
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::trim)
            .filter(|token| !token.is_empty())
            .ok_or_else(|| GraphError::unauthenticated("Access token is empty."))?;
        if token.split('.').count() != 3 {
            return Err(GraphError::unauthenticated(
                "IDX14100: JWT is not well formed, there are no dots (.).",
            ));
        }
        let claims = world
            .key
            .verify(token)
            .ok_or_else(|| GraphError::unauthenticated("Access token validation failure. Invalid signature."))?;
        check_time(world, &claims)?;
        let audience = claims["aud"].as_str().unwrap_or_default();
        if !world.is_graph(audience) {
            return Err(GraphError::unauthenticated(
                "Access token validation failure. Invalid audience.",
            ));
        }
        Ok(Self::with(world, &claims))
    }

    fn with(world: &World, claims: &Value) -> Self {
        if claims["idtyp"] == "user" {
            let scopes = claims["scp"].as_str().unwrap_or_default();
            let person = &world.config.person;
            let same = claims["oid"] == person.object_id.as_str();
            return Self {
                permissions: scopes.split(' ').map(str::to_owned).collect(),
                directory_roles: Some(if same {
                    person.directory_roles.clone()
                } else {
                    Vec::new()
                }),
            };
        }
        let roles = claims["roles"].as_array().into_iter().flatten();
        Self {
            permissions: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
            directory_roles: None,
        }
    }

    /// Tells a person with delegated permissions from an application.
    pub(crate) fn is_person(&self) -> bool {
        self.directory_roles.is_some()
    }

    /// Whether the caller holds one of these permissions.
    pub(crate) fn holds(&self, any_of: &[&str]) -> bool {
        self.permissions.iter().any(|held| any_of.contains(&held.as_str()))
    }

    /// Checks permissions and roles as the policy endpoints do.
    pub(crate) fn check(&self, needs: &Needs) -> Result<(), GraphError> {
        let Some(roles) = &self.directory_roles else {
            return if self.holds(needs.application) {
                Ok(())
            } else {
                Err(GraphError::missing_scopes())
            };
        };
        if !self.holds(needs.delegated) {
            return Err(GraphError::missing_scopes());
        }
        let has_role = roles.iter().any(|role| needs.roles.contains(&role.as_str()));
        if !needs.roles.is_empty() && !has_role {
            return Err(GraphError::insufficient_privileges());
        }
        Ok(())
    }
}

fn check_time(world: &World, claims: &Value) -> Result<(), GraphError> {
    let now = world.config.clock.now();
    let time = |claim: &str| claims[claim].as_i64().unwrap_or_default();
    let revoked = claims["n"].as_u64().is_none_or(|number| number <= world.tokens_revoked);
    if time("exp") <= now || revoked {
        return Err(GraphError::unauthenticated(
            "Lifetime validation failed, the token is expired.",
        ));
    }
    // Five minutes of skew, as the libraries of the services allow.
    if time("nbf") > now + 300 {
        return Err(GraphError::unauthenticated(
            "Lifetime validation failed, the token is not yet valid.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority;
    use crate::testing::{ORIGIN, call, signed, with_token, world};

    const POLICY: &str = "/v1.0/policies/deviceRegistrationPolicy";

    fn outcome(world: &mut World, request: &Call) -> (u16, String, String) {
        let reply = world.handle(request);
        let body = reply.value();
        let text = |name: &str| body["error"][name].as_str().unwrap_or_default().to_owned();
        (reply.status, text("code"), text("message"))
    }

    #[test]
    fn tokens_that_are_no_good_are_refused() {
        let mut world = world();
        let mut others = crate::testing::world();
        let foreign = signed(&mut others, "GET", POLICY, "");
        let app = world.config.apps[0].clone();
        let elsewhere = authority::app_token(&mut world, &app, "https://management.azure.com");
        let cases = [
            (call("GET", POLICY, ""), "empty"),
            (with_token(call("GET", POLICY, ""), ""), "empty"),
            (with_token(call("GET", POLICY, ""), "nonsense"), "not well formed"),
            (with_token(call("GET", POLICY, ""), "a.b.c"), "Invalid signature"),
            (foreign, "Invalid signature"),
            (with_token(call("GET", POLICY, ""), &elsewhere), "Invalid audience"),
        ];
        for (request, expected) in cases {
            let (status, code, message) = outcome(&mut world, &request);
            assert_eq!((status, code.as_str()), (401, "InvalidAuthenticationToken"));
            assert!(message.contains(expected), "{message}");
            let reply = world.handle(&request);
            assert!(
                reply.headers["www-authenticate"]
                    .to_str()
                    .unwrap()
                    .starts_with("Bearer ")
            );
        }
    }

    #[test]
    fn tokens_expire_by_the_emulators_clock() {
        let mut world = world();
        let request = signed(&mut world, "GET", POLICY, "");
        assert_eq!(outcome(&mut world, &request).0, 200);
        world.config.clock.advance(3600);
        let (status, _, message) = outcome(&mut world, &request);
        assert_eq!((status, message.contains("expired")), (401, true));
        let fresh = signed(&mut world, "GET", POLICY, "");
        assert_eq!(outcome(&mut world, &fresh).0, 200);
        world.config.clock.advance(-7200);
        assert!(outcome(&mut world, &fresh).2.contains("not yet valid"));
    }

    #[test]
    fn tokens_can_be_revoked() {
        let mut world = world();
        let old = signed(&mut world, "GET", POLICY, "");
        world.revoke_tokens();
        assert!(outcome(&mut world, &old).2.contains("expired"));
        let fresh = signed(&mut world, "GET", POLICY, "");
        assert_eq!(outcome(&mut world, &fresh).0, 200);
    }

    #[test]
    fn an_application_needs_the_permission() {
        let cases: [(&[&str], u16, u16); 5] = [
            (&[], 403, 403),
            (&["Policy.Read.All"], 403, 403),
            (&["Policy.Read.DeviceConfiguration"], 200, 403),
            (&["Policy.ReadWrite.DeviceConfiguration"], 200, 200),
            (&["Directory.Read.All"], 403, 403),
        ];
        for (roles, get, put) in cases {
            let mut world = world();
            world.config.apps[0].roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let body = world.policy.current().to_string();
            for (method, body, expected) in [("GET", "", get), ("PUT", body.as_str(), put)] {
                let request = signed(&mut world, method, POLICY, body);
                let (status, code, _) = outcome(&mut world, &request);
                assert_eq!(status, expected, "{method} with {roles:?}");
                assert_eq!(code == "AccessDenied", expected == 403);
            }
        }
    }

    #[test]
    fn a_person_needs_the_permission_and_the_role() {
        let cases = [
            (
                "Directory.AccessAsUser.All",
                "Cloud Device Administrator",
                403,
                403,
                "AccessDenied",
            ),
            (
                "Policy.Read.DeviceConfiguration",
                "",
                403,
                403,
                "Authorization_RequestDenied",
            ),
            ("Policy.Read.All", "Global Reader", 200, 403, ""),
            (
                "Policy.ReadWrite.DeviceConfiguration",
                "Intune Administrator",
                200,
                403,
                "",
            ),
            (
                "Policy.ReadWrite.DeviceConfiguration",
                "Cloud Device Administrator",
                200,
                200,
                "",
            ),
        ];
        for (scope, role, get, put, code) in cases {
            let mut world = world();
            world.config.person.scopes = vec!["openid".into(), scope.into()];
            world.config.person.directory_roles = vec![role.into()];
            let person = world.config.person.clone();
            let token = authority::for_person(&mut world, &person, ORIGIN);
            let body = world.policy.current().to_string();
            let first = outcome(&mut world, &with_token(call("GET", POLICY, ""), &token));
            assert_eq!((first.0, first.1.as_str()), (get, code), "GET with {scope} as {role}");
            let second = outcome(&mut world, &with_token(call("PUT", POLICY, &body), &token));
            assert_eq!(second.0, put, "PUT with {scope} as {role}");
        }
    }
}
