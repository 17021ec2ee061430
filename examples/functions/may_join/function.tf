data "autopilot_device_join_settings" "now" {}

variable "technician" {
  type = object({ object_id = string, group_ids = set(string) })
}

output "technician_may_join" {
  value = provider::autopilot::may_join(
    data.autopilot_device_join_settings.now,
    var.technician.object_id,
    var.technician.group_ids,
  )
}
