data "autopilot_device_join_eligibility" "technician" {
  user = "technician@contoso.com"
}

check "technician_may_join" {
  assert {
    condition     = data.autopilot_device_join_eligibility.technician.may_join
    error_message = "The technician cannot join a device: ${data.autopilot_device_join_eligibility.technician.reason}."
  }
}
