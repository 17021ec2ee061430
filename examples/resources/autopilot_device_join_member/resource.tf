# The settings own the scope and the users. The groups are left out here, and so left to the members.
resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope = "selected"
    users = ["33333333-3333-3333-3333-333333333333"] # a break-glass account: the list is never empty
  }
}

data "azuread_group" "autopilot" {
  display_name = "Windows Autopilot users"
}

resource "autopilot_device_join_member" "autopilot" {
  list      = "join"
  object_id = data.azuread_group.autopilot.object_id
  type      = "group"

  depends_on = [autopilot_device_join_settings.this]
}
