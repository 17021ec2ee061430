terraform {
  required_providers {
    autopilot = {
      source  = "autopilot-terraform/autopilot"
      version = "~> 0.1"
    }
  }
}

# The attributes and environment variables are those of the azuread provider: what is set for one serves both.
provider "autopilot" {
  tenant_id     = var.tenant_id
  client_id     = var.client_id
  client_secret = var.client_secret
}

variable "tenant_id" {
  type = string
}

variable "client_id" {
  type = string
}

variable "client_secret" {
  type      = string
  sensitive = true
}
