import {
  to = autopilot_device_join_member.autopilot
  id = "join/group/22222222-2222-2222-2222-222222222222"
}
