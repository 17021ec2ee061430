//! What a schema alone refuses: before the provider is configured, with each error at the line of its attribute.

use crate::support::Lab;

#[test]
fn schemas_refuse_null_and_read_only_values() {
    let lab = Lab::hardened();
    lab.config(
        "resource \"autopilot_device_join_settings\" \"all\" {\n\
         \x20 tenant_id = \"elsewhere\"\n\
         \x20 original_settings = { user_device_quota = \"1\" }\n\
         \x20 allowed_to_join = { scope = null }\n\
         \x20 local_admins = { registering_users = { scope = \"selected\", users = [null] } }\n\
         }\n\
         resource \"autopilot_device_join_member\" \"one\" {\n\
         \x20 list = \"join\"\n\
         \x20 type = \"user\"\n\
         \x20 object_id = null\n\
         }\n\
         data \"autopilot_device_join_settings\" \"now\" {\n\
         \x20 id = terraform_data.later.id\n\
         }\n\
         data \"autopilot_directory_members\" \"these\" {\n\
         \x20 group_ids = [null, null]\n\
         }\n\
         data \"autopilot_device_join_eligibility\" \"whose\" {\n\
         \x20 user = null\n\
         }\n\
         resource \"terraform_data\" \"later\" {}\n",
    );
    let run = lab.run(&["validate"]);
    run.refused();
    let mut said: Vec<_> = run.errors().iter().map(|error| summary_and_line(error)).collect();
    said.sort();
    let expected = [
        (
            "allowed_to_join.scope is required",
            "allowed_to_join = { scope = null }",
        ),
        ("group_ids has null elements", "group_ids = [null, null]"),
        ("id is read-only", "id = terraform_data.later.id"),
        (
            "local_admins.registering_users.users has null elements",
            "local_admins = { registering_users = { scope = \"selected\", users = [null] } }",
        ),
        ("object_id is required", "object_id = null"),
        (
            "original_settings is read-only",
            "original_settings = { user_device_quota = \"1\" }",
        ),
        ("tenant_id is read-only", "tenant_id = \"elsewhere\""),
        ("user is required", "user = null"),
    ];
    assert_eq!(
        said,
        expected.map(|(summary, line)| (summary.to_owned(), line.to_owned()))
    );
}

/// The summary of an error, and the line of the configuration that it points at: "  3:   name = ...".
fn summary_and_line(error: &str) -> (String, String) {
    let summary = error.lines().next().unwrap_or_default().trim_start_matches("Error: ");
    let line = error.lines().find_map(|line| {
        let (number, text) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok().map(|_| text.trim().to_owned())
    });
    (summary.to_owned(), line.unwrap_or_default())
}

/// Prior values, read-only ones among them, are in a plan's configuration then.
#[test]
fn ignored_changes_are_no_configured_values() {
    let lab = Lab::hardened();
    lab.settings("user_device_quota = 20");
    lab.apply().ok();
    lab.settings("user_device_quota = 20\n  lifecycle { ignore_changes = all }");
    assert_eq!(lab.plan().errors(), Vec::<String>::new());
}
