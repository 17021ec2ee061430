terraform {
  required_providers {
    autopilot = {
      source  = "autopilot-terraform/autopilot"
      version = "~> 0.1"
    }
  }
}

# Attributes and environment variables are those of the azuread provider.
provider "autopilot" {
  tenant_id = var.tenant_id
  client_id = var.client_id
  # client_secret comes from the environment variable ARM_CLIENT_SECRET:
  # a saved plan file contains the value of a variable that is not ephemeral.
}

variable "tenant_id" {
  type = string
}

variable "client_id" {
  type = string
}
