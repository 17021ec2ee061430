//! How the policy reads: the object with whatever differs between tenants and over time.

use serde_json::{Value, json};

use crate::switches::{Switches, TypeSpelling};

const DESCRIPTIONS: [&str; 2] = [
    "Tenant-wide policy that manages intial provisioning controls using quota restrictions, additional authentication and authorization checks",
    "Tenant-wide policy that manages initial provisioning controls using quota restrictions, additional authentication and authorization checks",
];

/// One answer's view of the policy.
pub(crate) struct Reader<'a> {
    pub(crate) switches: &'a Switches,
    /// Scheme and authority of the request.
    pub(crate) origin: &'a str,
    /// `v1.0` or `beta`.
    pub(crate) version: &'a str,
    /// Counts the answers; what changes between answers follows it.
    pub(crate) turn: u64,
}

impl Reader<'_> {
    /// The body of an answer.
    pub(crate) fn body(&self, policy: &Value) -> Value {
        let mut body = policy.clone();
        body["@odata.context"] = json!(format!(
            "{}/{}/$metadata#policies/deviceRegistrationPolicy/$entity",
            self.origin, self.version
        ));
        if self.switches.tips {
            body["@microsoft.graph.tips"] = json!(
                "Use $select to choose only the properties your app needs, as this can lead to performance improvements."
            );
        }
        if self.switches.changing_description {
            body["description"] = json!(DESCRIPTIONS[usize::from(self.turn.is_multiple_of(2))]);
        }
        if self.switches.intune && body["azureADRegistration"].is_object() {
            body["azureADRegistration"]["isAdminConfigurable"] = json!(false);
        }
        if self.switches.without_local_admins
            && let Some(join) = body["azureADJoin"].as_object_mut()
        {
            join.remove("localAdmins");
        }
        self.memberships(&mut body);
        body
    }

    fn memberships(&self, value: &mut Value) {
        let Some(object) = value.as_object_mut() else {
            return;
        };
        if let Some(Value::String(name)) = object.get_mut("@odata.type") {
            *name = spell(name, self.switches.type_spelling);
        }
        for (key, child) in object.iter_mut() {
            match child {
                Value::Array(ids) if self.switches.shuffle_members && matches!(key.as_str(), "users" | "groups") => {
                    shuffle(ids, self.turn);
                }
                child => self.memberships(child),
            }
        }
    }
}

fn spell(name: &str, spelling: TypeSpelling) -> String {
    match spelling {
        TypeSpelling::Canonical => name.to_owned(),
        TypeSpelling::NoHash => name.trim_start_matches('#').to_owned(),
        TypeSpelling::Lower => name.to_lowercase(),
        TypeSpelling::Pascal => name
            .split_inclusive(['#', '.'])
            .map(|part| {
                let mut letters = part.chars();
                letters
                    .next()
                    .into_iter()
                    .flat_map(char::to_uppercase)
                    .chain(letters)
                    .collect::<String>()
            })
            .collect(),
    }
}

/// Turns the list by one more with every answer.
fn shuffle(ids: &mut [Value], turn: u64) {
    if let (Ok(length), Ok(turn)) = (u64::try_from(ids.len()), usize::try_from(turn))
        && length > 0
    {
        ids.rotate_left(turn % ids.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::{default_policy, hardened_policy};

    fn read(switches: &Switches, policy: &Value, turn: u64) -> Value {
        let reader = Reader {
            switches,
            origin: "https://graph",
            version: "beta",
            turn,
        };
        reader.body(policy)
    }

    #[test]
    fn is_the_policy_with_its_context_by_default() {
        let mut expected = hardened_policy();
        expected["@odata.context"] = json!("https://graph/beta/$metadata#policies/deviceRegistrationPolicy/$entity");
        assert_eq!(read(&Switches::default(), &hardened_policy(), 1), expected);
    }

    #[test]
    fn spells_types_as_tenants_do() {
        let cases = [
            (
                TypeSpelling::Canonical,
                "#microsoft.graph.allDeviceRegistrationMembership",
            ),
            (TypeSpelling::NoHash, "microsoft.graph.allDeviceRegistrationMembership"),
            (TypeSpelling::Pascal, "#Microsoft.Graph.AllDeviceRegistrationMembership"),
            (TypeSpelling::Lower, "#microsoft.graph.alldeviceregistrationmembership"),
        ];
        for (type_spelling, expected) in cases {
            let switches = Switches {
                type_spelling,
                ..Switches::default()
            };
            let body = read(&switches, &default_policy(), 1);
            for pointer in [
                "/azureADJoin/allowedToJoin",
                "/azureADJoin/localAdmins/registeringUsers",
                "/azureADRegistration/allowedToRegister",
            ] {
                assert_eq!(body.pointer(pointer).unwrap()["@odata.type"], expected, "{pointer}");
            }
        }
    }

    #[test]
    fn members_come_in_another_order_each_time_but_are_the_same() {
        let switches = Switches {
            shuffle_members: true,
            ..Switches::default()
        };
        let groups = |turn| {
            let body = read(&switches, &hardened_policy(), turn);
            body["azureADJoin"]["allowedToJoin"]["groups"]
                .as_array()
                .unwrap()
                .clone()
        };
        assert_ne!(groups(1), groups(2));
        assert_eq!(groups(1).len(), 2);
        assert!(groups(1).iter().all(|id| groups(2).contains(id)));
    }

    #[test]
    fn the_other_differences_follow_their_switches() {
        let switches = Switches {
            intune: true,
            tips: true,
            without_local_admins: true,
            changing_description: true,
            ..Switches::default()
        };
        let body = read(&switches, &hardened_policy(), 1);
        assert!(body["@microsoft.graph.tips"].is_string());
        assert_eq!(body["azureADRegistration"]["isAdminConfigurable"], false);
        assert!(body["azureADJoin"].get("localAdmins").is_none());
        let again = read(&switches, &hardened_policy(), 2);
        assert_ne!(body["description"], again["description"]);
    }
}
