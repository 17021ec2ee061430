//! What differs between two runs is taken out of what is compared with a snapshot.

use graph_emulator::Config;

use super::Lab;
use super::run::Run;

/// A text with ids, addresses, folders and times replaced by their kind.
pub(crate) fn redact(lab: &Lab, text: &str) -> String {
    let text = text
        .replace(lab.tenant.graph_url(), "<graph>")
        .replace(lab.tenant.authority_url(), "<authority>")
        .replace(lab.tenant.metadata_url(), "<metadata>")
        .replace(lab.tenant.metadata_tls_url(), "<issuer>")
        .replace(lab.tenant.tenant_id(), &Config::default().tenant_id)
        .replace(&lab.root().display().to_string(), "<folder>");
    ids(&without_registry(&text))
}

/// The provider's address without its host: Terraform and OpenTofu each have a registry of their own.
fn without_registry(text: &str) -> String {
    let mut parts = text.split("/autopilot-terraform/autopilot");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let host = redacted.rfind(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
        redacted.truncate(host.map_or(0, |at| at + 1));
        redacted.push_str("<registry>/autopilot-terraform/autopilot");
        redacted.push_str(part);
    }
    redacted
}

/// The errors of a command, redacted and in lines of one length: where Terraform breaks them depends on how long a port or a
/// folder's name is.
pub(crate) fn errors(lab: &Lab, run: &Run) -> String {
    let errors: Vec<_> = run.errors().iter().map(|error| redact(lab, &unbroken(error))).collect();
    let lines: Vec<_> = errors.iter().flat_map(|error| error.lines()).map(broken).collect();
    lines.join("\n")
}

/// Terraform breaks the lines of paragraphs and leaves those that begin with a space.
fn unbroken(text: &str) -> String {
    let mut whole = String::new();
    let mut open = false;
    for line in text.lines() {
        let paragraph = !line.is_empty() && !line.starts_with(' ');
        if !whole.is_empty() {
            whole.push(if paragraph && open { ' ' } else { '\n' });
        }
        whole.push_str(line);
        open = paragraph;
    }
    whole
}

fn broken(line: &str) -> String {
    const WIDTH: usize = 100;
    if line.starts_with(' ') {
        return line.to_owned();
    }
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let last = lines.last_mut().expect("there is a line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= WIDTH {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}

/// Replaces the GUIDs that were made up during the run: those of version 4 with random digits. Ids that the tests or the
/// seeds chose stay, because what is said of them matters.
fn ids(text: &str) -> String {
    let mut rest = text;
    let mut redacted = String::with_capacity(text.len());
    while let Some(at) = rest.find(['(', ' ', '"', '\n']) {
        let (before, after) = rest.split_at(at + 1);
        redacted.push_str(before);
        rest = after;
        if let Some(guid) = rest.get(..36).filter(|guid| is_guid(guid))
            && redacted.trim_end().ends_with("id")
        {
            redacted.push_str("<id>");
            rest = &rest[guid.len()..];
        }
    }
    redacted + rest
}

fn is_guid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[test]
fn only_ids_that_are_named_as_such_are_replaced() {
    let id = "8a1f0b5e-3d3c-4c61-9a53-0f1f5f3d2a10";
    assert_eq!(
        ids(&format!("403 (request-id {id}), group {id}, client-request-id\n{id}")),
        format!("403 (request-id <id>), group {id}, client-request-id\n<id>")
    );
}
