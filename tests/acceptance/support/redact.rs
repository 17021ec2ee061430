//! What differs between two runs is taken out of what is compared with a snapshot.

use super::Lab;

/// A text with ids, addresses, folders and times replaced by their kind.
pub(crate) fn redact(lab: &Lab, text: &str) -> String {
    let text = text
        .replace(lab.tenant.graph_url(), "<graph>")
        .replace(lab.tenant.authority_url(), "<authority>")
        .replace(&lab.root().display().to_string(), "<folder>");
    ids(&text)
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
