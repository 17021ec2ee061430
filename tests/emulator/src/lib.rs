//! An emulator of the parts of Microsoft Graph that terraform-provider-autopilot speaks to.
