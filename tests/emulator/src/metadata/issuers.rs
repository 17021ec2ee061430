//! GitHub Actions and Azure Pipelines.
//!
//! <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect>
//! and <https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create>.

use serde_json::json;

use super::{assertion, is_of};
use crate::exchange::{Call, Reply};
use crate::world::World;

/// A job's assertion. Without an audience it is for the repository's owner, which Microsoft Entra ID does not take.
pub(super) fn github(world: &World, call: &Call) -> Reply {
    let issuer = &world.config.surroundings.github;
    if !is_of(call, issuer) {
        return Reply::empty(401).typed("text/plain", "Unauthorized");
    }
    let mut says = issuer.says.clone();
    says.audience = call
        .option("audience")
        .unwrap_or_else(|| "https://github.com/contoso".to_owned());
    let value = assertion(world, &says, issuer.lifetime);
    Reply::json(200, &json!({"count": value.len(), "value": value}))
}

/// A service connection's assertion.
pub(super) fn pipelines(world: &World, call: &Call) -> Reply {
    let surroundings = &world.config.surroundings;
    if !is_of(call, &surroundings.pipelines) {
        if call.header("x-tfs-fedauthredirect") == Some("Suppress") {
            return Reply::empty(401).typed("text/plain", "Unauthorized");
        }
        // Whoever does not say that it is no browser is sent to the sign-in page.
        return Reply::empty(302).with("location", "https://spsprodcus1.vssps.visualstudio.com/_signin");
    }
    if call.header("content-length") != Some("0") {
        return Reply::empty(411);
    }
    let version = call.option("api-version").unwrap_or_default();
    if !version.starts_with("7.") {
        return failure(
            400,
            "No api-version was supplied for the request, or it is out of range.",
        );
    }
    let connection = call.option("serviceConnectionId").unwrap_or_default();
    if connection != surroundings.service_connection_id {
        return failure(
            404,
            &format!("The service connection with ID {connection} does not exist."),
        );
    }
    let issuer = &surroundings.pipelines;
    let token = assertion(world, &issuer.says, issuer.lifetime);
    Reply::json(200, &json!({"oidcToken": token}))
}

fn failure(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({"$id": "1", "message": message, "errorCode": 0}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AZURE_TOKEN_EXCHANGE;
    use crate::exchange::Listener;
    use crate::jwt::Jwt;
    use crate::testing::{call, world};

    fn ask(world: &mut World, method: &str, target: &str, headers: &[(&'static str, &str)]) -> Reply {
        let mut call = call(method, target, "");
        call.listener = Listener::Metadata;
        for (name, value) in headers {
            call.headers.insert(*name, value.parse().unwrap());
        }
        world.handle(&call)
    }

    #[test]
    fn github_gives_an_assertion_for_the_audience_asked_for() {
        let mut world = world();
        let bearer = format!("Bearer {}", world.config.surroundings.github.token);
        let url = "/github/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange";
        let body = ask(&mut world, "GET", url, &[("authorization", &bearer)]).value();
        let claims = Jwt::parse(body["value"].as_str().unwrap()).unwrap().claims;
        assert_eq!(claims["aud"], AZURE_TOKEN_EXCHANGE);
        assert_eq!(claims["sub"], "repo:contoso/devices:environment:production");
        assert!(body["count"].is_number());

        let body = ask(
            &mut world,
            "GET",
            "/github/idtoken?api-version=2.0",
            &[("authorization", &bearer)],
        )
        .value();
        let claims = Jwt::parse(body["value"].as_str().unwrap()).unwrap().claims;
        assert_eq!(claims["aud"], "https://github.com/contoso");
        assert_eq!(ask(&mut world, "GET", url, &[]).status, 401);
        assert_eq!(
            ask(&mut world, "GET", url, &[("authorization", "Bearer wrong")]).status,
            401
        );
        assert_eq!(ask(&mut world, "POST", url, &[("authorization", &bearer)]).status, 405);
    }

    #[test]
    fn pipelines_wants_all_of_its_headers() {
        let mut world = world();
        let bearer = format!("Bearer {}", world.config.surroundings.pipelines.token);
        let id = world.config.surroundings.service_connection_id.clone();
        let url = format!("/pipelines/oidctoken?api-version=7.1&serviceConnectionId={id}");
        let suppress = ("x-tfs-fedauthredirect", "Suppress");
        let all = [("authorization", bearer.as_str()), suppress, ("content-length", "0")];
        let body = ask(&mut world, "POST", &url, &all).value();
        let claims = Jwt::parse(body["oidcToken"].as_str().unwrap()).unwrap().claims;
        assert_eq!(claims["sub"], "sc://contoso/devices/production");
        assert_eq!(claims["aud"], AZURE_TOKEN_EXCHANGE);

        assert_eq!(ask(&mut world, "POST", &url, &[suppress]).status, 401);
        assert_eq!(ask(&mut world, "POST", &url, &[]).status, 302);
        assert_eq!(ask(&mut world, "POST", &url, &all[..2]).status, 411);
        assert_eq!(
            ask(
                &mut world,
                "POST",
                "/pipelines/oidctoken?api-version=7.1&serviceConnectionId=x",
                &all
            )
            .status,
            404
        );
        assert_eq!(ask(&mut world, "POST", "/pipelines/oidctoken", &all).status, 400);
    }
}
