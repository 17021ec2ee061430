data "autopilot_directory_members" "autopilot" {
  user_principal_names = ["break.glass@contoso.com"]
  group_names          = ["Windows Autopilot users"]
}

resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    users  = data.autopilot_directory_members.autopilot.user_object_ids
    groups = data.autopilot_directory_members.autopilot.group_object_ids
  }
}
