//! The Terraforms that the tests run.

use std::process::Command;
use std::sync::OnceLock;

/// Terraform as TERRAFORM names it, else `terraform`, else `tofu`.
pub(super) fn terraform() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let named = std::env::var("TERRAFORM").ok().filter(|name| !name.is_empty());
        let candidates = named.map_or_else(|| vec!["terraform".to_owned(), "tofu".to_owned()], |name| vec![name]);
        candidates.iter().find(|name| starts(name)).map_or_else(|| {
            panic!(
                "the acceptance tests run the real Terraform, and {} cannot be started. Install Terraform 1.8 or later \
                 (https://developer.hashicorp.com/terraform/install) or OpenTofu 1.7 or later \
                 (https://opentofu.org/docs/intro/install/), or name one in the environment variable TERRAFORM.",
                candidates.join(" and ")
            )
        }, |name| whole_path(name))
    })
}

/// The newest Terraform, as TERRAFORM_NEWEST names it. Without it the tests that need it fail: they would prove nothing.
pub(super) fn newest() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let named = std::env::var("TERRAFORM_NEWEST").unwrap_or_default();
        assert!(
            starts(&named),
            "this test needs Terraform 1.15 or later, and TERRAFORM_NEWEST names {named:?}, which cannot be started. \
             `make test` sets it to what tests/acceptance/terraform-from-pypi prints."
        );
        whole_path(&named)
    })
}

fn starts(program: &str) -> bool {
    Command::new(program).arg("version").output().is_ok()
}

/// Where a program of PATH is: a test that changes PATH for what it starts still starts this one.
fn whole_path(name: &str) -> String {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut files = std::env::split_paths(&folders).map(|folder| folder.join(name));
    let found = files.find(|file| !name.contains('/') && file.is_file());
    found.map_or_else(|| name.to_owned(), |file| file.display().to_string())
}
