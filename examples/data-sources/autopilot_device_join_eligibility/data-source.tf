data "autopilot_device_join_eligibility" "ada" {
  user = "ada@contoso.com"
}

check "ada_may_join" {
  assert {
    condition     = data.autopilot_device_join_eligibility.ada.may_join
    error_message = "Ada cannot join a device: ${data.autopilot_device_join_eligibility.ada.reason}."
  }
}
