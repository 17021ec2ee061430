//! Any interleaving of our edits, other writers' edits and faults.

use std::sync::Mutex;

use proptest::prelude::*;
use tokio::task::JoinSet;

use super::*;

/// Groups 0 to 3 and the quota are ours, one lane each; edits of a lane follow one another.
const LANES: usize = 5;

/// One of our edits: its lane, the time before it, and which way it goes.
type Ours = (usize, u64, bool);

/// An edit of another writer.
#[derive(Clone, Copy, Debug)]
enum Theirs {
    /// Adds or removes a group of its own.
    Group(usize, bool),
    Unknown(u8),
    LocalAdminPassword(bool),
    /// Takes away a group of ours.
    TakeOurs(usize),
    Quota(i32),
}

/// Faults, request by request.
#[derive(Clone, Debug)]
struct Faults {
    get: Vec<Option<Fault>>,
    put: Vec<Option<Fault>>,
    stale_after_write: u32,
}

/// The expected state of the other writer's things.
#[derive(Default)]
struct Expected {
    groups: BTreeSet<usize>,
    unknown: Option<u8>,
    local_admin_password: bool,
}

impl Theirs {
    fn apply(self, json: &mut Value, expected: &Mutex<Expected>) {
        let mut expected = expected.lock().unwrap();
        let mut policy = parse(json);
        match self {
            Self::Group(group, present) => {
                let group = 100 + group;
                if present {
                    expected.groups.insert(group);
                    add(group)(&mut policy).unwrap();
                } else {
                    expected.groups.remove(&group);
                    remove(group)(&mut policy).unwrap();
                }
            }
            Self::TakeOurs(group) => remove(group)(&mut policy).unwrap(),
            Self::Quota(number) => change(&mut policy, quota(number)),
            Self::LocalAdminPassword(enabled) => {
                expected.local_admin_password = enabled;
                change(&mut policy, switch(Setting::LocalAdminPasswordEnabled, enabled));
            }
            Self::Unknown(_) => {}
        }
        *json = policy.json();
        if let Self::Unknown(value) = self {
            expected.unknown = Some(value);
            json["futureSetting"] = json!(value);
        }
    }
}

fn any_ours() -> impl Strategy<Value = Vec<Ours>> {
    prop::collection::vec((0..LANES, 0..400_u64, any::<bool>()), 1..14)
}

fn any_theirs() -> impl Strategy<Value = Theirs> {
    prop_oneof![
        3 => (0..4_usize, any::<bool>()).prop_map(|(group, present)| Theirs::Group(group, present)),
        1 => any::<u8>().prop_map(Theirs::Unknown),
        1 => any::<bool>().prop_map(Theirs::LocalAdminPassword),
        1 => (0..4_usize).prop_map(Theirs::TakeOurs),
        1 => (0..9_i32).prop_map(Theirs::Quota),
    ]
}

fn any_faults() -> impl Strategy<Value = Faults> {
    let put = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::UnavailableBefore)),
        1 => Just(Some(Fault::UnavailableAfter)),
        1 => Just(Some(Fault::Reset)),
        1 => Just(Some(Fault::Throttled)),
        1 => Just(Some(Fault::Garbage)),
    ];
    let get = prop_oneof![20 => Just(None), 1 => Just(Some(Fault::UnavailableBefore)), 1 => Just(Some(Fault::Garbage))];
    (
        prop::collection::vec(get, 0..20),
        prop::collection::vec(put, 0..12),
        0..4_u32,
    )
        .prop_map(|(get, put, stale_after_write)| Faults {
            get,
            put,
            stale_after_write,
        })
}

type Action = Box<dyn FnMut(&mut Policy) -> Result<(), String> + Send>;

/// An edit of a lane. A quota of its own for every edit, so that none is mistaken for another.
fn action(lane: usize, number: usize, on: bool) -> Action {
    match (lane, on) {
        (4, _) => Box::new(set(quota(20 + i32::try_from(number).unwrap()))),
        (group, true) => Box::new(add(group)),
        (group, false) => Box::new(remove(group)),
    }
}

/// A lane's part of the policy, as text: comparable whatever it is.
fn shown(policy: &Policy, lane: usize) -> String {
    match lane {
        4 => format!("{:?}", policy.value(Setting::UserDeviceQuota)),
        group => groups(policy).contains(&id(group)).to_string(),
    }
}

/// Runs our edits, lane by lane, and returns what each lane's part of the policy may be in the end.
async fn run(store: &PolicyStore, ours: &[Ours]) -> Vec<BTreeSet<String>> {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let edits: Vec<_> = ours
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, edit)| edit.0 == lane)
            .collect();
        let store = store.clone();
        lanes.spawn(async move {
            // Before the first edit, anything: it may be another writer's.
            let mut possible: Option<BTreeSet<String>> = None;
            for (number, (_, delay, on)) in edits {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                let mut asked = parse(&body());
                action(lane, number, on)(&mut asked).unwrap();
                let asked = shown(&asked, lane);
                match store.edit(&minutes(10), action(lane, number, on)).await {
                    Ok(edited) => {
                        assert_eq!(shown(&edited.after, lane), asked, "told that it is done");
                        // What was there already is not held.
                        if edited.written || possible.is_some() {
                            possible = Some(BTreeSet::from([asked]));
                        }
                    }
                    Err(EditError::Graph(_)) => {}
                    // Told that it may not be there, so it is not defended either. The last two are another writer's work.
                    Err(EditError::Unconfirmed(_) | EditError::Ignored { .. } | EditError::Overwritten { .. }) => {
                        possible = None
                    }
                    Err(other) => panic!("lane {lane}: {other:?}"),
                }
            }
            (lane, possible.unwrap_or_default())
        });
    }
    let mut all = lanes.join_all().await;
    all.sort();
    all.into_iter().map(|(_, possible)| possible).collect()
}

fn in_paused_time<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(test)
}

fn inject(fake: &Fake, faults: Faults) {
    let mut tenant = fake.tenant();
    tenant.get_faults = faults.get.into();
    tenant.put_faults = faults.put.into();
    tenant.stale_after_write = faults.stale_after_write;
}

/// The last look of this process, with nothing in its way.
async fn last_look(fake: &Fake, store: &PolicyStore) -> Policy {
    {
        let mut tenant = fake.tenant();
        tenant.get_faults.clear();
        tenant.put_faults.clear();
        tenant.before_get.clear();
        tenant.before_put.clear();
        tenant.show(0, 0);
    }
    // A read is not shared any more, and what was written is still held.
    tokio::time::sleep(Duration::from_secs(1)).await;
    // An edit puts back what was overwritten; a read only shows it.
    store.edit(&minutes(10), touch).await.unwrap();
    let read = store.read(&minutes(10)).await.unwrap();
    assert_eq!(*read, fake.policy(), "a read is of the present");
    fake.policy()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// As long as no other writer comes between a read and its write, nothing is lost on either side.
    #[test]
    fn nothing_is_lost_outside_the_window(
        ours in any_ours(),
        theirs in prop::collection::vec(prop::option::weighted(0.4, any_theirs()), 0..25),
        faults in any_faults(),
    ) {
        let expected = Arc::new(Mutex::new(Expected::default()));
        let (possible, end) = in_paused_time(async {
            let (fake, store) = new();
            inject(&fake, faults);
            let mut conflicts = 0;
            for edit in theirs {
                conflicts += usize::from(matches!(edit, Some(Theirs::TakeOurs(_) | Theirs::Quota(_))));
                if conflicts > 5 {
                    break;
                }
                let expected = Arc::clone(&expected);
                let hook = edit.map(|edit| -> fake::Hook { Box::new(move |json| edit.apply(json, &expected)) });
                fake.tenant().before_get.push_back(hook);
            }
            let possible = run(&store, &ours).await;
            (possible, last_look(&fake, &store).await)
        });
        let expected = expected.lock().unwrap();
        let theirs: BTreeSet<_> = expected.groups.iter().map(|group| id(*group)).collect();
        let others: BTreeSet<_> = groups(&end).into_iter().filter(|group| *group >= id(100)).collect();
        prop_assert_eq!(others, theirs);
        let unknown = expected.unknown.map_or(json!({"kept": true}), |value| json!(value));
        prop_assert_eq!(&end.json()["futureSetting"], &unknown);
        let local_admin_password = SettingValue::Bool(expected.local_admin_password);
        prop_assert_eq!(end.value(Setting::LocalAdminPasswordEnabled), Some(local_admin_password));
        for (lane, possible) in possible.iter().enumerate() {
            let shown = shown(&end, lane);
            prop_assert!(possible.is_empty() || possible.contains(&shown), "lane {lane}: {shown}, not {possible:?}");
        }
    }

    /// With other writers anywhere: what they lose was written between a read of ours and its write.
    #[test]
    fn every_loss_is_one_of_the_window(
        ours in any_ours(),
        delays in prop::collection::vec(0..120_u64, 0..12),
        faults in any_faults(),
    ) {
        in_paused_time(async {
            let (fake, store) = new();
            inject(&fake, faults);
            let writer = tokio::spawn({
                let fake = fake.clone();
                async move {
                    for (number, delay) in delays.iter().enumerate() {
                        tokio::time::sleep(Duration::from_millis(*delay)).await;
                        fake.outside(outside_add(100 + number));
                        fake.tenant().exposed.push(100 + number);
                    }
                    delays.len()
                }
            });
            let possible = run(&store, &ours).await;
            let written = writer.await.unwrap();
            let end = last_look(&fake, &store).await;
            end.put_body().unwrap();
            assert_eq!(end.json()["futureSetting"], json!({"kept": true}));
            for (lane, possible) in possible.iter().enumerate() {
                let shown = shown(&end, lane);
                assert!(possible.is_empty() || possible.contains(&shown), "lane {lane}: {shown}, not {possible:?}");
            }
            let held = groups(&end);
            for number in 100..100 + written {
                let lost = !held.contains(&id(number));
                assert!(!lost || fake.tenant().overwritten.contains(&number), "{number} was lost outside the window");
            }
        });
    }
}
