# A tenant has one set of device settings; its id is always the same.
terraform import autopilot_device_join_settings.this deviceRegistrationPolicy
