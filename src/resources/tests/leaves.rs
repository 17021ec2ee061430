//! The leaves of values and of the tenant, compared and changed one by one.

use serde_json::{Value, json};

use super::tenant::{Leaves, MEMBERSHIPS, setting};
use super::wire::UNKNOWN;

/// Asserts that the tenant is as expected.
pub(super) fn assert_same(tenant: &Leaves, expected: &Leaves, state: &str) {
    let differs = |name: &&String| tenant[*name] != expected[*name];
    let wrong: Vec<_> = tenant
        .keys()
        .filter(differs)
        .map(|name| (name, &tenant[name], &expected[name]))
        .collect();
    assert!(
        wrong.is_empty(),
        "the tenant is not {state} (leaf, found, expected): {wrong:?}"
    );
}

/// Whether a leaf is what was expected or what is planned.
pub(super) fn is_either(tenant: &Leaves, name: &str, expected: &Leaves, planned: &Leaves) -> bool {
    let has = |leaves: &Leaves| seen_as(tenant, leaves)[name] == leaves[name];
    has(expected) || has(planned)
}

/// Whether a leaf may be written over what the tenant has, by the plan's two values of it. A list stands with its scope.
pub(super) fn stands(tenant: &Leaves, name: &str, expected: &Leaves, planned: &Leaves) -> bool {
    let has = |name: &str, leaves: &Leaves| {
        // `none` is an empty selection, and no other one.
        let part = |part: &str| format!("{}.{part}", setting(name));
        let holds = |list: &str| leaves[&part(list)].as_array().is_some_and(|ids| !ids.is_empty());
        let closed = tenant.get(&part("scope")).is_some_and(|scope| scope == "none");
        let other = closed && leaves[&part("scope")] == "selected" && (holds("users") || holds("groups"));
        seen_as(tenant, leaves)[name] == leaves[name] && !other
    };
    if !is_list(name) {
        return has(name, expected) || has(name, planned);
    }
    let scope = format!("{}.scope", setting(name));
    let scope_stands = has(&scope, expected);
    has(name, expected) && scope_stands || has(name, planned) && (scope_stands || has(&scope, planned))
}

/// A value's leaves.
pub(super) fn flat(value: &Value) -> Leaves {
    let singles = [
        "local_admins.global_administrators",
        "user_device_quota",
        "multi_factor_auth_required",
        "local_admin_password_enabled",
    ];
    let parts = MEMBERSHIPS
        .iter()
        .flat_map(|(name, _)| ["scope", "users", "groups"].map(|part| format!("{name}.{part}")));
    let names = singles.map(str::to_owned).into_iter().chain(parts);
    names.map(|name| (name.clone(), leaf(value, &name))).collect()
}

fn leaf(value: &Value, name: &str) -> Value {
    let mut at = value;
    for part in name.split('.') {
        if *at == json!(UNKNOWN) {
            break;
        }
        at = &at[part];
    }
    match at {
        Value::Array(ids) => {
            let mut ids: Vec<_> = ids
                .iter()
                .map(|id| json!(id.as_str().unwrap().to_lowercase()))
                .collect();
            ids.sort_by_key(Value::to_string);
            json!(ids)
        }
        other => other.clone(),
    }
}

/// Whether a leaf is a list of a membership.
pub(super) fn is_list(name: &str) -> bool {
    name.ends_with(".users") || name.ends_with(".groups")
}

/// The original of a leaf: a list is empty where the original scope has none.
pub(super) fn original(originals: &Leaves, now: &Leaves, name: &str) -> Value {
    let scope = format!("{}.scope", setting(name));
    let without_lists = || originals.get(&scope).unwrap_or(&now[&scope]) != &json!("selected");
    if is_list(name) && (now[name].is_null() || without_lists()) {
        return json!([]);
    }
    now[name].clone()
}

/// The tenant as a state shows it: without lists beside `all` and `none`, and `none` as the empty selection that the state
/// has.
pub(super) fn seen_as(tenant: &Leaves, state: &Leaves) -> Leaves {
    let mut seen = tenant.clone();
    for (name, _) in MEMBERSHIPS {
        let scope = format!("{name}.scope");
        let lists = [format!("{name}.users"), format!("{name}.groups")];
        if seen[&scope] == json!("none") && state[&scope] == json!("selected") {
            seen.insert(scope, json!("selected"));
        } else if seen[&scope] != json!("selected") {
            seen.extend(lists.map(|list| (list, Value::Null)));
        }
    }
    seen
}

/// The tenant once these leaves are written.
pub(super) fn changed(before: &Leaves, changes: &Leaves) -> Leaves {
    let mut after = before.clone();
    after.extend(changes.clone().into_iter().filter(|(name, _)| setting(name) == name));
    for (name, _) in MEMBERSHIPS {
        let part = |part: &str| format!("{name}.{part}");
        let lists = [part("users"), part("groups")];
        let lists_change = lists.iter().any(|list| changes.contains_key(list));
        let scope = match changes.get(&part("scope")) {
            Some(scope) => scope.clone(),
            None if lists_change => json!("selected"),
            None => continue,
        };
        let selects = scope == json!("selected");
        let members = lists.clone().map(|list| {
            let kept = changes.get(&list).unwrap_or(&before[&list]);
            if selects { kept.clone() } else { json!([]) }
        });
        let empty = members.iter().all(|members| *members == json!([]));
        after.insert(part("scope"), if selects && empty { json!("none") } else { scope });
        after.extend(lists.into_iter().zip(members));
    }
    after
}
