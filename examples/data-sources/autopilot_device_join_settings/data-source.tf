data "autopilot_device_join_settings" "now" {}

output "who_may_join" {
  value = data.autopilot_device_join_settings.now.allowed_to_join
}
