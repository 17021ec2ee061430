//! Terraform's side of the wire: handshake, mutual TLS, listener, services and codecs.
