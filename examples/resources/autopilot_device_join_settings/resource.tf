data "azuread_user" "break_glass" {
  user_principal_name = "break.glass@contoso.com"
}

data "azuread_group" "autopilot" {
  display_name = "Windows Autopilot users"
}

# Only what is named here is managed; every other setting stays as the tenant has it.
resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    users  = [data.azuread_user.break_glass.object_id] # all users listed; others are removed
    groups = [data.azuread_group.autopilot.object_id]  # leave the line out to leave the groups to others
  }

  user_device_quota            = 20
  local_admin_password_enabled = true
  on_destroy                   = "restore"
}
