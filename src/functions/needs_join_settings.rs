//! `provider::autopilot::needs_join_settings(scenario)`.

use crate::plugin::Report;
use async_trait::async_trait;
use serde::Deserialize;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type};
use tf_provider::{Diagnostics, Function};

/// A way to deploy devices.
struct Scenario {
    name: &'static str,
    /// True if the device joins Microsoft Entra ID as the user who signs in on it, who must be allowed to.
    needed: bool,
    /// The page that says so, below <https://learn.microsoft.com>.
    page: &'static str,
}

const fn needed(name: &'static str, page: &'static str) -> Scenario {
    Scenario {
        name,
        needed: true,
        page,
    }
}

const fn not_needed(name: &'static str, page: &'static str) -> Scenario {
    Scenario {
        name,
        needed: false,
        page,
    }
}

/// The scenarios of Windows Autopilot (<https://learn.microsoft.com/autopilot/tutorial/autopilot-scenarios>), of Windows
/// Autopilot device preparation (<https://learn.microsoft.com/autopilot/device-preparation/tutorial/scenarios>), and
/// Windows 365 Link. Those that need the settings have a step that allows users to join, the others have none.
///
/// The page on existing devices does not mention the settings: the mode of the device's profile decides.
const SCENARIOS: [Scenario; 12] = [
    needed(
        "user_driven_entra_join",
        "autopilot/tutorial/user-driven/azure-ad-join-workflow",
    ),
    needed(
        "pre_provisioned_entra_join",
        "autopilot/tutorial/pre-provisioning/azure-ad-join-workflow",
    ),
    not_needed(
        "user_driven_hybrid_join",
        "autopilot/tutorial/user-driven/hybrid-azure-ad-join-workflow",
    ),
    not_needed(
        "pre_provisioned_hybrid_join",
        "autopilot/tutorial/pre-provisioning/hybrid-azure-ad-join-workflow",
    ),
    not_needed(
        "self_deploying",
        "autopilot/tutorial/self-deploying/self-deploying-workflow",
    ),
    needed("existing_devices_user_driven", "autopilot/existing-devices"),
    not_needed("existing_devices_hybrid_join", "autopilot/existing-devices"),
    not_needed("existing_devices_self_deploying", "autopilot/existing-devices"),
    needed(
        "device_preparation_user_driven",
        "autopilot/device-preparation/tutorial/user-driven/entra-join-workflow",
    ),
    needed(
        "device_association",
        "autopilot/device-preparation/tutorial/user-driven/entra-join-workflow",
    ),
    not_needed(
        "device_preparation_automatic",
        "autopilot/device-preparation/tutorial/automatic/automatic-workflow",
    ),
    needed("windows_365_link", "windows-365/link/join-microsoft-entra"),
];

/// The function.
pub struct NeedsJoinSettings;

impl NeedsJoinSettings {
    /// The function's name.
    pub const NAME: &'static str = "needs_join_settings";
}

/// The arguments.
#[derive(Debug, Deserialize)]
pub struct Arguments {
    scenario: String,
}

#[async_trait]
impl Function for NeedsJoinSettings {
    type Input<'a> = Arguments;
    type Output<'a> = bool;

    fn schema(&self, _: &mut Diagnostics) -> Option<FunctionSchema> {
        let row = |scenario: &Scenario| {
            let Scenario { name, needed, page } = scenario;
            format!("| `{name}` | `{needed}` | [page](https://learn.microsoft.com/{page}) |\n")
        };
        Some(FunctionSchema {
            parameters: vec![Parameter {
                name: "scenario".to_owned(),
                param_type: Type::String,
                allow_null: false,
                allow_unknown: false,
                description: Description::markdown(format!("One of {}.", names("`"))),
            }],
            variadic: None,
            return_type: Type::Bool,
            summary: "Whether a Windows Autopilot scenario needs users who may join devices".to_owned(),
            description: Description::markdown(format!(
                "Whether the users of a deployment scenario must be allowed to join devices to Microsoft Entra ID. Hybrid \
                 join does not use the setting, and a self-deploying device or a Cloud PC joins without a user. An \
                 existing device follows the mode of its Autopilot profile; that is inferred, since Microsoft's page does \
                 not mention the setting. Any other scenario is an error.\n\n\
                 | Scenario | Result | Source |\n|---|---|---|\n{}",
                SCENARIOS.iter().map(row).collect::<String>().trim_end()
            )),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, arguments: Arguments) -> Option<bool> {
        let Arguments { scenario } = arguments;
        let found = SCENARIOS.iter().find(|known| known.name == scenario);
        if found.is_none() {
            diags.argument_error(
                0,
                format!(
                    "{scenario:?} is not a scenario of Windows Autopilot or Windows 365 Link. Use one of {}.",
                    names("\"")
                ),
            );
        }
        found.map(|known| known.needed)
    }
}

/// The scenarios, each between two quotes.
fn names(quote: &str) -> String {
    SCENARIOS
        .map(|scenario| format!("{quote}{}{quote}", scenario.name))
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(scenario: &str) -> Result<bool, String> {
        let mut diags = Diagnostics::default();
        let arguments = Arguments {
            scenario: scenario.to_owned(),
        };
        let needed = NeedsJoinSettings.call(&mut diags, arguments).await;
        needed.ok_or_else(|| diags.errors.remove(0).summary.into_owned())
    }

    #[tokio::test]
    async fn scenarios_in_which_a_user_joins_need_them() {
        for (scenario, needed) in [
            ("user_driven_entra_join", true),
            ("pre_provisioned_entra_join", true),
            ("user_driven_hybrid_join", false),
            ("pre_provisioned_hybrid_join", false),
            ("self_deploying", false),
            ("existing_devices_user_driven", true),
            ("existing_devices_hybrid_join", false),
            ("existing_devices_self_deploying", false),
            ("device_preparation_user_driven", true),
            ("device_preparation_automatic", false),
            ("device_association", true),
            ("windows_365_link", true),
        ] {
            assert_eq!(call(scenario).await, Ok(needed), "{scenario}");
        }
    }

    #[tokio::test]
    async fn an_error_lists_every_scenario() {
        for wrong in ["User_driven_entra_join", "windows_365", ""] {
            let error = call(wrong).await.unwrap_err();
            assert!(error.starts_with(&format!("{wrong:?} is not")), "{error}");
            assert!(SCENARIOS.iter().all(|known| error.contains(known.name)), "{error}");
        }
    }
}
