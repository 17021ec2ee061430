data "autopilot_device_join_settings" "now" {}

output "who_may_join" {
  value = data.autopilot_device_join_settings.now.allowed_to_join
}

# The lists are sets, empty unless the scope is "selected".
output "users_and_groups" {
  value = setunion(
    data.autopilot_device_join_settings.now.allowed_to_join.users,
    data.autopilot_device_join_settings.now.allowed_to_join.groups,
  )
}
