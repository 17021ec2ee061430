data "azuread_group" "autopilot" {
  display_name = "Windows Autopilot users"
}

# Only what is named here is managed; every other setting stays as the tenant has it.
resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    users  = [] # removes every user listed now; without this line, the users stay as they are
    groups = [data.azuread_group.autopilot.object_id]
  }

  local_admins = {
    registering_users = { scope = "none" }
  }

  user_device_quota = 20
  on_destroy        = "keep"
}
