terraform {
  required_providers {
    autopilot = {
      source = "autopilot-terraform/autopilot"
    }
  }
}

# Everything the provider needs to sign in comes from the environment, as it does in a pipeline.
provider "autopilot" {}

variable "on_destroy" {
  type    = string
  default = "keep"
}

# The groups whose members set up their own devices.
variable "groups" {
  type    = set(string)
  default = ["9e3779b9-000b-4000-8000-000000000001"]
}

resource "autopilot_device_join_settings" "this" {
  allowed_to_join = {
    scope  = "selected"
    groups = var.groups
  }
  user_device_quota = 20
  on_destroy        = var.on_destroy
}

output "left_alone" {
  value = {
    registering_users = autopilot_device_join_settings.this.local_admins.registering_users.scope
    windows_laps      = autopilot_device_join_settings.this.local_admin_password_enabled
  }
}
