variable "scenario" {
  type    = string
  default = "user_driven_entra_join"
}

variable "group_ids" {
  type = list(string)
}

# A module adopts the settings only for the scenarios that need them.
resource "autopilot_device_join_settings" "this" {
  count = provider::autopilot::needs_join_settings(var.scenario) ? 1 : 0

  allowed_to_join = {
    scope  = "selected"
    groups = var.group_ids
  }
}
