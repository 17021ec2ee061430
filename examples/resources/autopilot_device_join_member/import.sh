# <list>/<type>/<object id>: join, local_admin or register, then user or group.
terraform import autopilot_device_join_member.autopilot join/group/22222222-2222-2222-2222-222222222222
