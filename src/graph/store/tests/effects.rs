//! Effects of edits, and what is put back of them.

use proptest::prelude::*;

use super::*;
use crate::graph::store::effects::Effects;

fn policy(join: &Membership) -> Policy {
    let mut policy = parse(&body());
    change(&mut policy, membership(JOIN, join.clone()));
    policy
}

fn redone(effects: &Effects, found: &Membership) -> Membership {
    let mut policy = policy(found);
    effects.put_back(&mut policy);
    policy.membership(JOIN).cloned().unwrap()
}

/// The members that are put back: before, after, what is found later, what it becomes.
#[test]
fn only_what_was_done_is_done_again() {
    use Membership::{All, None};
    let m = |groups: &[usize]| members(groups.iter().copied());
    for (case, before, after, found, expected) in [
        (
            "a member that was added is back",
            m(&[1]),
            m(&[1, 2]),
            m(&[1]),
            m(&[1, 2]),
        ),
        ("and others stay", m(&[1]), m(&[1, 2]), m(&[7]), m(&[2, 7])),
        ("nothing is lost", m(&[1]), m(&[1, 2]), m(&[1, 2, 3]), m(&[1, 2, 3])),
        (
            "a member that was removed is gone again",
            m(&[1, 2]),
            m(&[1]),
            m(&[1, 2, 3]),
            m(&[1, 3]),
        ),
        ("the first member is back", None, m(&[1]), None, m(&[1])),
        ("and does not close what is open to all", None, m(&[1]), All, All),
        ("the last member is gone again", m(&[1]), None, m(&[1]), None),
        ("and others stay then", m(&[1]), None, m(&[1, 2]), m(&[2])),
        ("no other joined meanwhile", m(&[1]), None, None, None),
        ("a list opened to all is open again", m(&[1]), All, m(&[1, 2]), All),
        ("also from none", None, All, None, All),
        ("a list closed to all is closed again", All, None, All, None),
        ("but not to members of another writer", All, None, m(&[5]), m(&[5])),
        ("a selection made of all is made again", All, m(&[1]), All, m(&[1])),
        ("beside what another writer selected", All, m(&[1]), m(&[2]), m(&[1, 2])),
        ("and instead of none", All, m(&[1]), None, m(&[1])),
    ] {
        let effects = Effects::between(&policy(&before), &policy(&after));
        assert!(effects.missing_in(&policy(&after)).is_empty(), "{case}");
        assert_eq!(redone(&effects, &found), expected, "{case}");
    }
}

/// Effects that count as not visible right after a write: the scope is part of it.
#[test]
fn a_scope_that_was_written_must_be_read() {
    use Membership::{All, None};
    let m = |groups: &[usize]| members(groups.iter().copied());
    for (before, after, found, holds) in [
        (All, None, None, true),
        (All, None, m(&[1]), true),
        (m(&[1]), All, m(&[1]), false),
        (None, m(&[1]), All, false),
        (None, m(&[1]), m(&[1, 2]), true),
        (m(&[1]), None, m(&[2]), true),
        (m(&[1]), None, All, false),
        (m(&[1, 2]), m(&[1]), None, true),
    ] {
        let effects = Effects::between(&policy(&before), &policy(&after));
        let found = policy(&found);
        assert_eq!(
            effects.missing_in(&found).is_empty(),
            holds,
            "{before} {after} {found:?}"
        );
    }
}

#[test]
fn values_are_held_and_the_last_one_counts() {
    let policies: Vec<_> = [50, 20, 30]
        .into_iter()
        .map(|number| {
            let mut policy = parse(&body());
            change(&mut policy, quota(number));
            policy
        })
        .collect();
    let mut effects = Effects::between(&policies[0], &policies[1]);
    effects.then(Effects::between(&policies[1], &policies[2]));
    let mut lost = policies[0].clone();
    effects.put_back(&mut lost);
    assert_eq!(lost.differing(&policies[2]), []);
    assert!(effects.within(&policies[1]).is_empty());
}

#[test]
fn a_value_that_became_unknown_is_not_done_again() {
    let before = parse(&body());
    let mut after = before.clone();
    change(&mut after, switch(Setting::MultiFactorAuthRequired, true));
    let effects = Effects::between(&before, &after);
    let mut future = body();
    future["multiFactorAuthConfiguration"] = json!("unknownFutureValue");
    let mut found = parse(&future);
    effects.put_back(&mut found);
    assert_eq!(found, parse(&future));
}

fn any_membership() -> impl Strategy<Value = Membership> {
    prop_oneof![
        1 => Just(Membership::All),
        1 => Just(Membership::None),
        4 => prop::collection::btree_set(0..6_usize, 1..5).prop_map(members),
    ]
}

proptest! {
    /// To do again what another writer lost by working on the old state makes the state that it was.
    #[test]
    fn a_lost_write_is_restored(states in prop::collection::vec(any_membership(), 2..6)) {
        let mut effects = Effects::default();
        for pair in states.windows(2) {
            effects.then(Effects::between(&policy(&pair[0]), &policy(&pair[1])));
        }
        let (first, last) = (&states[0], &states[states.len() - 1]);
        prop_assert_eq!(&redone(&effects, last), last);
        if states.len() == 2 {
            prop_assert_eq!(&redone(&effects, first), last);
        }
    }

    /// Doing it again once is enough, and never touches a member that the edits did not name.
    #[test]
    fn doing_it_again_is_idempotent_and_narrow(
        before in any_membership(), after in any_membership(), found in any_membership(),
    ) {
        let effects = Effects::between(&policy(&before), &policy(&after));
        let once = redone(&effects, &found);
        prop_assert_eq!(&redone(&effects, &once), &once);
        if let (Some(before), Some(after), Some(found)) = (before.members(), after.members(), found.members()) {
            let others = |m: &Members| m.groups.iter()
                .filter(|id| before.groups.contains(*id) == after.groups.contains(*id))
                .cloned().collect::<BTreeSet<_>>();
            prop_assert_eq!(once.members().map(others).unwrap_or_default(), others(found));
        }
    }

    /// Effects that are left within a policy can be read there.
    #[test]
    fn within_leaves_what_holds(before in any_membership(), after in any_membership(), end in any_membership()) {
        let left = Effects::between(&policy(&before), &policy(&after)).within(&policy(&end));
        prop_assert!(left.missing_in(&policy(&end)).is_empty());
        let same = Effects::between(&policy(&before), &policy(&after));
        prop_assert_eq!(same.clone().within(&policy(&after)), same);
    }
}
