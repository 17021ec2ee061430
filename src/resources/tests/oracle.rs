//! The checks of each operation: it writes what the plan shows, refuses what has changed since, and remembers originals.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::leaves::{assert_same, changed, flat, is_either, is_list, original, seen_as, stands};
use super::members::{member_added, member_removed, setting_of_list};
use super::model::{Action, Object, Step};
use super::tenant::{Leaves, MEMBERSHIPS, setting};
use crate::resources::device_join_settings::DeviceJoinSettings;

/// What an object has done, as the tenant shows it.
#[derive(Clone, Debug, Default)]
struct Deeds {
    /// The leaves that it changed.
    wrote: BTreeSet<String>,
    /// The value that each leaf had when it first named it.
    originals: Leaves,
}

/// The memory of the checks.
#[derive(Default)]
pub(super) struct Oracle {
    deeds: BTreeMap<u32, Deeds>,
    /// Whether the client hands over the private data of the plan to the apply.
    hands_over: bool,
    /// The tenant when the apply began.
    start: Leaves,
    /// Whether an operation of the apply failed.
    pub(super) failed: bool,
    /// The settings that a restore of the apply changed.
    pub(super) restored: BTreeSet<String>,
    /// The warnings of the apply.
    pub(super) warnings: Vec<String>,
}

impl Oracle {
    pub(super) fn new(hands_over: bool) -> Self {
        Self {
            hands_over,
            ..Self::default()
        }
    }

    /// Begins an apply.
    pub(super) fn begin(&mut self, start: Leaves) {
        self.start = start;
        self.failed = false;
        self.restored.clear();
        self.warnings.clear();
    }

    /// Checks an operation.
    pub(super) fn check(&mut self, step: &Step<'_>) {
        for said in step.said {
            if said.is_error {
                self.failed = true;
            } else {
                self.warnings.push(said.text.clone());
            }
        }
        let type_name = step.prior.or(step.object).map(|object| object.type_name);
        let is_member =
            step.planned.get("object_id").is_some() || type_name.is_some_and(|name| name.ends_with("_member"));
        match (is_member, step.destroys) {
            (true, true) => member_removed(step),
            (true, false) => member_added(step),
            (false, true) => self.settings_destroyed(step),
            (false, false) => self.settings_written(step),
        }
        if step.after == step.before {
            assert!(!step.wrote, "a write that changes nothing");
        }
    }

    fn settings_written(&mut self, step: &Step<'_>) {
        let (planned, config) = (flat(step.planned), flat(step.config));
        let prior = step.prior.map(|object| flat(&object.value));
        let prior_originals = step.prior.map(|object| flat(&object.value["original_settings"]));
        let planned_originals = flat(&step.planned["original_settings"]);
        let mut changes = Leaves::new();
        for (name, value) in &planned {
            let changes_it = prior.as_ref().is_none_or(|prior| prior[name] != *value);
            let records_it = prior_originals
                .as_ref()
                .is_some_and(|originals| originals[name].is_null())
                && !planned_originals[name].is_null();
            if !config[name].is_null() && !value.is_null() && (changes_it || records_it) {
                let mut value = value.clone();
                if let (false, Some(ids)) = (changes_it, value.as_array_mut()) {
                    // A list that is taken over as it is loses no member.
                    ids.extend(step.before[name].as_array().unwrap().clone());
                    ids.sort_by_key(Value::to_string);
                    ids.dedup();
                }
                changes.insert(name.clone(), value);
            }
        }
        let differing: Leaves = {
            let now = seen_as(&step.before, &planned);
            changes
                .clone()
                .into_iter()
                .filter(|(name, value)| now[name] != *value)
                .collect()
        };
        let expected = match &prior {
            Some(prior) => Some(prior.clone()),
            None => self.hands_over.then(|| seen_as(step.seen, &planned)),
        };
        let names = if prior.is_some() { &changes } else { &differing };
        let stale = |name: &str, stands: fn(&Leaves, &str, &Leaves, &Leaves) -> bool, tenant: &Leaves| {
            let expected = expected.as_ref();
            expected.is_some_and(|expected| !stands(tenant, name, expected, &planned))
        };
        let changed_since = names.keys().any(|name| stale(name, stands, &step.before));
        // What this process made of what was expected has not changed.
        let disturbed = |name: &str| stale(name, is_either, &step.before) && stale(name, is_either, &self.start);
        let is_disturbed =
            |name: &String| disturbed(name) || is_list(name) && disturbed(&format!("{}.scope", setting(name)));
        let locks_out = MEMBERSHIPS.iter().any(|(name, _)| {
            let part = |part: &str| format!("{name}.{part}");
            let lists = [part("users"), part("groups")];
            changes.get(&part("scope")) == Some(&json!("selected"))
                && prior
                    .as_ref()
                    .is_none_or(|prior| prior[&part("scope")] != json!("selected"))
                && step.before[&part("scope")] == json!("all")
                && lists.iter().any(|list| config[list].is_null())
                && lists
                    .iter()
                    .all(|list| config[list].is_null() || config[list] == json!([]))
        });
        let must = locks_out || names.keys().any(is_disturbed);
        // What others made as planned, or an empty selection, and this process changed after them may be refused or not.
        let edited = |name: &str| {
            self.start
                .iter()
                .any(|(leaf, now)| setting(leaf) == name && step.seen[leaf] != *now)
        };
        let may = must || changed_since && changes.keys().any(|name| edited(setting(name)));
        let refused = step.failed();
        assert!(refused || !must, "not refused: {changes:?}");
        assert!(!refused || may, "refused: {changes:?}, {:?}", step.said);
        if refused {
            let reasons = ["has changed since the plan", "would lock every user out"];
            let errors = step.said.iter().filter(|said| said.is_error);
            errors.for_each(|said| assert!(reasons.iter().any(|reason| said.text.contains(reason)), "{said:?}"));
            assert_same(&step.after, &step.before, "refused");
            self.remember_refused(step);
            return;
        }
        assert_eq!(
            step.after,
            changed(&step.before, &changes),
            "the plan changes {changes:?}"
        );
        self.remember(step, &planned, &config, &changes, differing);
    }

    /// What was refused changes nothing of what is remembered; what a predecessor left goes to a tainted successor.
    fn remember_refused(&mut self, step: &Step<'_>) {
        let Some(object) = step.object else { return };
        match (step.prior, step.replaces) {
            (Some(prior), _) => assert_eq!(object.value, prior.value),
            (None, Some(replaced)) => {
                let mut deeds = self.deeds[&replaced.number].clone();
                if replaced.tainted {
                    deeds.wrote = deeds.originals.keys().cloned().collect();
                }
                check_originals(&deeds, object);
                self.deeds.insert(object.number, deeds);
            }
            (None, None) => panic!("an object of which nothing was created is in the state"),
        }
    }

    fn remember(&mut self, step: &Step<'_>, planned: &Leaves, config: &Leaves, changes: &Leaves, differing: Leaves) {
        let object = step.object.unwrap();
        let kept = flat(&object.value["original_settings"]);
        let mut deeds = step
            .prior
            .map(|prior| self.deeds[&prior.number].clone())
            .unwrap_or_default();
        for (name, _) in MEMBERSHIPS {
            let scope = format!("{name}.scope");
            if differing.get(&scope).is_some_and(|scope| *scope != json!("selected"))
                && step.before[&scope] == json!("selected")
            {
                deeds.wrote.extend([format!("{name}.users"), format!("{name}.groups")]);
            }
        }
        deeds.wrote.extend(differing.keys().cloned());
        // Scopes before lists.
        let mut names: Vec<_> = planned.keys().collect();
        names.sort_by_key(|name| is_list(name));
        match step.prior {
            None => {
                let inherited = step
                    .replaces
                    .filter(|replaced| step.action == Action::DestroyFirst || self.hands_over && !replaced.tainted);
                let now = seen_as(&step.before, planned);
                for name in names.iter().copied() {
                    let scope = format!("{}.scope", setting(name));
                    let had_lists = || {
                        let left = inherited.and_then(|replaced| self.deeds.get(&replaced.number));
                        now[&scope] == json!("selected") || left.is_some_and(|left| left.originals.contains_key(name))
                    };
                    let without_lists = || !config[&scope].is_null() && config[&scope] != json!("selected");
                    let given_up = is_list(name) && without_lists() && had_lists();
                    if config[name].is_null() && !given_up {
                        continue;
                    }
                    let left = inherited.filter(|replaced| {
                        let value = flat(&replaced.value);
                        seen_as(&step.before, &value)[name] == value[name]
                    });
                    let left = left.and_then(|replaced| self.deeds.get(&replaced.number));
                    match left.and_then(|left| Some((left, left.originals.get(name)?))) {
                        Some((left, original)) => {
                            deeds.originals.insert(name.clone(), original.clone());
                            // Of a tainted object the plan has no marks, and a lost mark counts as written.
                            if left.wrote.contains(name) || step.replaces.is_some_and(|replaced| replaced.tainted) {
                                deeds.wrote.insert(name.clone());
                            }
                        }
                        None => drop(
                            deeds
                                .originals
                                .insert((*name).clone(), original(&deeds.originals, &now, name)),
                        ),
                    }
                }
            }
            Some(prior) => {
                let before = flat(&prior.value);
                for name in names.iter().copied() {
                    let (was, is) = (deeds.originals.contains_key(name), !kept[name].is_null());
                    if was && !config[name].is_null() || changes.contains_key(name) {
                        assert!(is, "the original of {name} is not remembered");
                    }
                    if was && !is {
                        deeds.originals.remove(name);
                    } else if is && !was {
                        deeds
                            .originals
                            .insert((*name).clone(), original(&deeds.originals, &before, name));
                    }
                }
            }
        }
        deeds.wrote.retain(|name| !kept[name].is_null());
        check_originals(&deeds, object);
        self.deeds.insert(object.number, deeds);
    }

    fn settings_destroyed(&mut self, step: &Step<'_>) {
        assert!(!step.failed(), "{:?}", step.said);
        let prior = step.prior.unwrap();
        let restores = prior.value["on_destroy"] == json!("restore");
        if step.is_half || !restores {
            assert_same(&step.after, &step.before, "kept");
            return;
        }
        let (now, originals) = (flat(&prior.value), flat(&prior.value["original_settings"]));
        let mut targets: Leaves = self.deeds[&prior.number]
            .wrote
            .iter()
            .filter(|name| !originals[*name].is_null())
            .map(|name| (name.clone(), originals[name].clone()))
            .collect();
        let mut target = now.clone();
        target.extend(targets.clone());
        // Lists go back only to a scope that has them.
        let has_list = |name: &str| target[&format!("{}.scope", setting(name))] == json!("selected");
        targets.retain(|name, original| now[name] != *original && (!is_list(name) || has_list(name)));
        let mut expected = step.before.clone();
        for name in targets.keys().map(|name| setting(name)).collect::<BTreeSet<_>>() {
            expected = self.restored(step, &now, &target, &targets, name, expected);
        }
        assert_same(&step.after, &expected, "restored");
        let changed = expected.iter().filter(|(name, value)| step.before[*name] != **value);
        self.restored.extend(changed.map(|(name, _)| setting(name).to_owned()));
    }

    /// The tenant after the restore of one setting.
    fn restored(
        &self,
        step: &Step<'_>,
        now: &Leaves,
        target: &Leaves,
        targets: &Leaves,
        name: &str,
        tenant: Leaves,
    ) -> Leaves {
        let says = |what: &str| {
            step.said
                .iter()
                .any(|said| said.text.starts_with(&format!("{name} {what}")))
        };
        let leaves: Vec<_> = targets.iter().filter(|(leaf, _)| setting(leaf) == name).collect();
        let scope = format!("{name}.scope");
        let differs = |leaf: &str| self.start.get(leaf) != step.seen.get(leaf);
        let edited = |leaf: &str| differs(leaf) || is_list(leaf) && differs(&scope);
        let disturbed =
            |leaf: &str| !stands(&self.start, leaf, now, target) || edited(leaf) && says("was not restored");
        let stale = |leaf: &str| !stands(&step.before, leaf, now, target) && disturbed(leaf);
        let (stay, go): (Vec<_>, Vec<_>) = leaves.into_iter().partition(|(leaf, _)| stale(leaf));
        if says("was left to another resource") {
            let settings = |object: &Object| object.type_name == DeviceJoinSettings::TYPE_NAME;
            assert!(step.others.iter().any(settings), "{name} is left to no resource");
            // Any of the leaves may be another resource's.
            for subset in 0..1_u32 << go.len() {
                let taken = go.iter().enumerate().filter(|(at, _)| subset & (1 << at) != 0);
                let restored = self.put_back(step, &tenant, taken.map(|(_, leaf)| *leaf));
                if restored
                    .iter()
                    .all(|(leaf, value)| setting(leaf) != name || step.after[leaf] == *value)
                {
                    return restored;
                }
            }
            panic!("{name} is neither restored nor left");
        }
        assert_eq!(!stay.is_empty(), says("was not restored"), "{:?}", step.said);
        self.put_back(step, &tenant, go.into_iter())
    }

    /// The tenant with these originals; a list, and the scope `none`, keeps members that member resources hold.
    fn put_back<'a>(
        &self,
        step: &Step<'_>,
        tenant: &Leaves,
        originals: impl Iterator<Item = (&'a String, &'a Value)>,
    ) -> Leaves {
        let held = |leaf: &str, id: &str| {
            let holds = |object: &&Object| {
                let member = &object.value;
                setting_of_list(&member["list"]) == Some(setting(leaf))
                    && member["object_id"]
                        .as_str()
                        .is_some_and(|held| held.eq_ignore_ascii_case(id))
            };
            step.others.iter().find(holds).is_some()
        };
        let kept = |leaf: &str| -> Vec<Value> {
            let now = step.before[leaf].as_array().unwrap();
            let listed = step.after[leaf].as_array().unwrap().iter();
            listed
                .filter(|id| now.contains(id) && held(leaf, id.as_str().unwrap()))
                .cloned()
                .collect()
        };
        let mut changes = Leaves::new();
        for (leaf, original) in originals {
            let mut original = original.clone();
            if let (true, Some(ids)) = (is_list(leaf), original.as_array_mut()) {
                ids.extend(kept(leaf));
                ids.sort_by_key(Value::to_string);
                ids.dedup();
            }
            changes.insert(leaf.clone(), original);
            if leaf.ends_with(".scope") && changes[leaf] == json!("none") {
                let lists = ["users", "groups"].map(|part| format!("{}.{part}", setting(leaf)));
                let lists = lists.map(|list| (json!(kept(&list)), list));
                if lists.iter().any(|(ids, _)| *ids != json!([])) {
                    changes.insert(leaf.clone(), json!("selected"));
                    changes.extend(lists.map(|(ids, list)| (list, ids)));
                }
            }
        }
        changed(tenant, &changes)
    }
}

/// Holds what an object remembers against what it did.
fn check_originals(deeds: &Deeds, object: &Object) {
    let kept = flat(&object.value["original_settings"]);
    for (name, original) in &deeds.originals {
        // Lists do not matter where the scope goes back to one without any.
        let scope = kept.get(&format!("{}.scope", setting(name)));
        let without_lists = is_list(name) && scope.is_some_and(|scope| scope == "all" || scope == "none");
        let found = &kept[name];
        assert!(
            found == original || without_lists && *found == json!([]),
            "the original of {name} was {original}, and is remembered as {found}"
        );
    }
    for name in &deeds.wrote {
        assert!(
            !kept[name].is_null(),
            "{name} was written, and its original is not remembered"
        );
    }
}
