//! Refusals by the configuration alone. The codec has refused what the schema does not allow.

use tf_provider::value::Value;
use tf_provider::{AttributePath, Diagnostics};

use super::state::MemberState;
use crate::graph::directory::Kind;
use crate::graph::policy::ObjectId;
use crate::members::List;
use crate::plugin::Report;
use crate::timeouts;

/// Checks a configuration; unknown values are left for later.
pub fn validate(diags: &mut Diagnostics, config: &MemberState) {
    if let Value::Value(name) = &config.list
        && List::parse(name).is_none()
    {
        let names = List::ALL.map(|list| format!("{:?}", list.as_str())).join(", ");
        let detail = format!("list is {name:?}. Use one of {names}.");
        diags.error_at(AttributePath::new("list"), "Invalid list", detail);
    }
    if let Value::Value(name) = &config.kind
        && Kind::parse(name).is_none()
    {
        let detail = format!("type is {name:?}. Use \"user\" or \"group\", or omit it to have it looked up.");
        diags.error_at(AttributePath::new("type"), "Invalid type", detail);
    }
    if let Value::Value(id) = &config.object_id
        && ObjectId::parse(id).is_err()
    {
        let detail = format!(
            "object_id is {id:?}, which is not an object id. Use the object id, a GUID such as \
             \"8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10\"; user principal names and display names are not accepted. The \
             data sources autopilot_directory_members, azuread_user and azuread_group look it up."
        );
        diags.error_at(AttributePath::new("object_id"), "Not an object id", detail);
    }
    timeouts::validate(diags, &config.timeouts);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(list: Value<String>, kind: Value<String>, id: &str) -> Vec<AttributePath> {
        let mut diags = Diagnostics::default();
        let config = MemberState {
            list,
            kind,
            object_id: Value::Value(id.to_owned()),
            ..MemberState::default()
        };
        validate(&mut diags, &config);
        diags.errors.into_iter().map(|error| error.attribute).collect()
    }

    #[test]
    fn each_mistake_is_refused_at_its_attribute() {
        const ID: &str = "8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";
        let text = |text: &str| Value::Value(text.to_owned());
        assert_eq!(refused(Value::Null, Value::Null, ID), []);
        assert_eq!(refused(Value::Unknown, Value::Unknown, ID), []);
        assert_eq!(refused(text("local_admin"), text("user"), ID), []);
        assert_eq!(refused(text("admins"), Value::Null, ID), [AttributePath::new("list")]);
        assert_eq!(refused(Value::Null, text("Group"), ID), [AttributePath::new("type")]);
        assert_eq!(
            refused(Value::Null, Value::Null, "ops@contoso.com"),
            [AttributePath::new("object_id")]
        );
    }
}
