//! What a plan finds out, checks and refuses.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_omitted_type_is_found_out_or_asked_for() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (planned, _) = plan(&resource, &untyped(1)).await;
    assert_eq!(planned.unwrap().0.kind, Value::Value("group".to_owned()));
    let (_, diags) = plan(&resource, &untyped(2)).await;
    assert_eq!(summaries(&diags.errors), ["No such member in the directory"]);
    let tenant = Arc::new(Tenant {
        denied: true,
        ..Arc::into_inner(Tenant::of(none(), [(1, 3)])).unwrap()
    });
    let (resource, _) = process(&tenant);
    let (_, diags) = plan(&resource, &untyped(1)).await;
    assert_eq!(summaries(&diags.errors), ["The type of the member cannot be found out"]);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert!(state.is_some(), "a permission that is missing only warns");
    assert!(
        diags
            .warnings
            .iter()
            .any(|one| one.summary.contains("GroupMember.Read.All"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_member_that_fails_its_check_is_not_written_in_the_plan_or_in_the_apply() {
    let tenant = Tenant::of(none(), [(1, 3), (2, 0)]);
    let (resource, _) = process(&tenant);
    for (n, summary) in [
        (2, "The group contains no users"),
        (3, "No such member in the directory"),
    ] {
        let (_, diags) = plan(&resource, &group(n)).await;
        assert_eq!(summaries(&diags.errors), [summary]);
    }
    assert!(apply(&resource, &group(1)).await.0.is_some());
    // From now on the plan only asks, and the apply waits for the answer.
    let (planned, diags) = plan(&resource, &group(2)).await;
    assert!(diags.errors.is_empty());
    assert_eq!(planned.unwrap().1, Some(Private::adding(false)));
    let (state, diags) = apply(&resource, &group(2)).await;
    assert_eq!(state, None);
    assert_eq!(summaries(&diags.errors), ["The group contains no users"]);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[1]));
}

#[tokio::test(start_paused = true)]
async fn another_member_is_another_resource_and_another_spelling_is_not() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process_with(&tenant, MemberChecks::Off);
    let mut prior = group(1);
    prior.object_id = Value::Value("0000000a-0000-4000-8000-000000000001".to_owned());
    let member = prior.member().unwrap();
    prior.set_member(&member);
    let replaced = async |config: MemberState| {
        let proposed = config.clone();
        let mut diags = Diagnostics::default();
        let updated = resource.plan_update(&mut diags, prior.clone(), proposed, config, None, Value::Null);
        let (state, _, replaced) = updated.await.unwrap();
        (state, replaced)
    };
    let same = MemberState {
        kind: Value::Null,
        list: Value::Null,
        id: Value::Null,
        ..prior.clone()
    };
    assert_eq!(replaced(same.clone()).await, (prior.clone(), vec![]));
    let upper = Value::Value("0000000A-0000-4000-8000-000000000001".to_owned());
    let respelled = MemberState {
        object_id: upper,
        ..same.clone()
    };
    assert_eq!(
        replaced(respelled).await,
        (prior.clone(), vec![]),
        "the spelling that is there stays"
    );
    let typed = MemberState {
        kind: prior.kind.clone(),
        ..same
    };
    for (config, path) in [
        (
            MemberState {
                object_id: Value::Value(id(2)),
                ..typed.clone()
            },
            "object_id",
        ),
        (
            MemberState {
                object_id: Value::Unknown,
                ..typed.clone()
            },
            "object_id",
        ),
        (
            MemberState {
                list: Value::Value("local_admin".to_owned()),
                ..typed.clone()
            },
            "list",
        ),
        (
            MemberState {
                kind: Value::Value("user".to_owned()),
                ..typed.clone()
            },
            "type",
        ),
    ] {
        let (state, paths) = replaced(config).await;
        assert_eq!(paths, [AttributePath::new(path)]);
        assert_ne!(state.id, prior.id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_microsoft_fixes_is_refused() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let config = MemberState {
        list: Value::Value("register".to_owned()),
        ..group(1)
    };
    let (planned, diags) = plan(&resource, &config).await;
    assert!(planned.is_none());
    let expected = "This tenant does not let its administrators change allowed_to_register";
    assert_eq!(summaries(&diags.errors), [expected]);
}

/// Two resources are for one member and one of them goes, whichever Terraform plans first.
#[tokio::test(start_paused = true)]
async fn the_removal_of_one_of_two_resources_is_told_of_in_either_order() {
    let tenant = Tenant::of(selected(&[7], &[1]), [(1, 3)]);
    let mut state = group(1);
    state.set_member(&Member::parse(&format!("join/group/{}", id(1))).unwrap());
    for goes_first in [true, false] {
        let (resource, _) = process(&tenant);
        let mut diags = Diagnostics::default();
        for goes in [goes_first, !goes_first] {
            if goes {
                let planned = resource.plan_destroy(&mut diags, state.clone(), None, Value::Null);
                assert!(planned.await.is_some());
            } else {
                let (prior, proposed, config) = (state.clone(), state.clone(), group(1));
                let planned = resource.plan_update(&mut diags, prior, proposed, config, None, Value::Null);
                assert!(planned.await.is_some());
            }
        }
        assert_eq!(summaries(&diags.warnings), ["Two resources manage the same member"]);
    }
}
