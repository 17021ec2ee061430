# The scope is set once; the list is left to the members.
resource "autopilot_device_join_settings" "this" {
  allowed_to_join = { scope = "selected" }
}

data "azuread_group" "autopilot" {
  display_name = "Windows Autopilot users"
}

resource "autopilot_device_join_member" "autopilot" {
  object_id = data.azuread_group.autopilot.object_id
  type      = "group"

  depends_on = [autopilot_device_join_settings.this]
}

# In another module, or in another workspace: other members stay as they are.
resource "autopilot_device_join_member" "break_glass" {
  list      = "join"
  object_id = "33333333-3333-3333-3333-333333333333"
  type      = "user"

  depends_on = [autopilot_device_join_settings.this]
}
