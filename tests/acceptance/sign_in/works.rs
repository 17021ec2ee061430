//! Each kind of credential reads the policy, with one token, and leaves no trace of itself.

use serde_json::json;

use super::door::Door;
use super::kinds::{Kind, for_each_kind};

for_each_kind!(works);

fn works(kind: Kind, _: &str) {
    let mut door = Door::new();
    kind.present(&mut door);
    let plan = door.run(&["plan", "-input=false", "-detailed-exitcode", "-out=saved.plan"]);
    plan.changes();
    is_chosen(&door, kind);
    assert_eq!(door.lab.tenant.graph_requests().len(), 1, "the policy is read once");
    door.run(&["apply", "-input=false", "saved.plan"]).ok();
    let state = door.workspace.state();
    assert_eq!(state["outputs"]["quota"]["value"], 5);
    let now = &state["resources"][0]["instances"][0]["attributes"];
    // The configuration does not name the tenant for every kind: then the token does.
    assert_eq!(now["tenant_id"], json!(door.lab.tenant.tenant_id()));
    door.files_are_clean();
}

/// One choice is made, and the log says which and what was passed over.
fn is_chosen(door: &Door, kind: Kind) {
    let log = door.log();
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("way to sign in chosen"))
        .collect();
    let [line] = lines.as_slice() else {
        panic!("one choice is logged, not {lines:?}")
    };
    assert!(line.contains("[DEBUG]"), "{line}");
    assert!(line.contains(&format!("credential=\"{}\"", kind.words())), "{line}");
    let first = kind.words() == "a client certificate";
    assert_eq!(line.contains("a client certificate: "), !first, "{line}");
}
