//! `provider::autopilot::needs_join_settings(scenario)`.

use crate::plugin::Report;
use async_trait::async_trait;
use serde::Deserialize;
use tf_provider::schema::{Description, FunctionSchema, Parameter, Type};
use tf_provider::{Diagnostics, Function};

/// A Windows Autopilot scenario (<https://learn.microsoft.com/autopilot/tutorial/autopilot-scenarios>) and whether its
/// tutorial has the step "Allow users to join devices to Microsoft Entra ID".
const SCENARIOS: [(&str, bool); 5] = [
    ("user_driven_entra_join", true),
    ("pre_provisioned_entra_join", true),
    ("user_driven_hybrid_join", false),
    ("pre_provisioned_hybrid_join", false),
    ("self_deploying", false),
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
        let names = SCENARIOS.map(|(name, _)| format!("`{name}`")).join(", ");
        Some(FunctionSchema {
            parameters: vec![Parameter {
                name: "scenario".to_owned(),
                param_type: Type::String,
                allow_null: false,
                allow_unknown: false,
                description: Description::markdown(format!("One of {names}.")),
            }],
            variadic: None,
            return_type: Type::Bool,
            summary: "Whether a Windows Autopilot scenario needs users who may join devices".to_owned(),
            description: Description::markdown(
                "Whether the users of a Windows Autopilot scenario must be allowed to join devices to Microsoft Entra \
                 ID: true for the user-driven and the pre-provisioned Microsoft Entra join. Hybrid join does not use \
                 the setting, and a self-deploying device has no user. Anything else than the scenarios listed is an \
                 error.",
            ),
            deprecated: None,
        })
    }

    async fn call<'a>(&self, diags: &mut Diagnostics, arguments: Arguments) -> Option<bool> {
        let found = SCENARIOS.into_iter().find(|(name, _)| *name == arguments.scenario);
        if found.is_none() {
            let names = SCENARIOS.map(|(name, _)| format!("{name:?}")).join(", ");
            diags.argument_error(
                0,
                format!(
                    "{:?} is not a scenario of Windows Autopilot; use one of {names}",
                    arguments.scenario
                ),
            );
        }
        found.map(|(_, needed)| needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entra_join_with_a_user_needs_them() {
        let table = [
            ("user_driven_entra_join", Some(true)),
            ("pre_provisioned_entra_join", Some(true)),
            ("user_driven_hybrid_join", Some(false)),
            ("pre_provisioned_hybrid_join", Some(false)),
            ("self_deploying", Some(false)),
            ("User_driven_entra_join", None),
            ("", None),
        ];
        for (scenario, needed) in table {
            let mut diags = Diagnostics::default();
            let arguments = Arguments {
                scenario: scenario.to_owned(),
            };
            assert_eq!(
                NeedsJoinSettings.call(&mut diags, arguments).await,
                needed,
                "{scenario:?}"
            );
            assert_eq!(diags.errors.is_empty(), needed.is_some());
        }
    }
}
