import {
  to = autopilot_device_join_settings.this
  id = "deviceRegistrationPolicy"
}
