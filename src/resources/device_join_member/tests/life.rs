//! Members come, are adopted, are imported, and go.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_member_comes_and_goes_and_others_stay() {
    let tenant = Tenant::of(selected(&[7], &[8]), [(1, 3)]);
    let (planning, _) = process(&tenant);
    let (planned, diags) = plan(&planning, &group(1)).await;
    let (planned, _) = planned.unwrap();
    assert_eq!(planned.id, Value::Value(format!("join/group/{}", id(1))));
    assert_eq!(planned.tenant_id, Value::Value(TENANT.to_owned()));
    assert!(diags.errors.is_empty() && diags.warnings.is_empty());

    let (applying, _) = process(&tenant);
    let (state, _) = apply(&applying, &group(1)).await;
    let state = state.unwrap();
    assert_eq!(state, planned);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[7], &[8, 1]));

    let (later, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let read = later.read(&mut diags, state.clone(), None, Value::Null).await;
    assert_eq!(read.map(|(state, _)| state), Some(state.clone()));
    assert!(
        later
            .destroy(&mut diags, state.clone(), None, Value::Null)
            .await
            .is_some()
    );
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[7], &[8]));
    let (afterwards, _) = process(&tenant);
    assert!(afterwards.read(&mut diags, state, None, Value::Null).await.is_none());
    assert!(diags.errors.is_empty(), "a member that was removed is no error");
}

#[tokio::test(start_paused = true)]
async fn the_first_member_opens_the_list_and_the_last_one_closes_it() {
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.warnings), ["allowed_to_join becomes \"selected\""]);
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[1]));
    let (resource, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let state = state.unwrap();
    resource
        .plan_destroy(&mut diags, state.clone(), None, Value::Null)
        .await;
    assert_eq!(summaries(&diags.warnings), ["allowed_to_join becomes \"none\""]);
    resource.destroy(&mut diags, state, None, Value::Null).await.unwrap();
    assert_eq!(*tenant.list.lock().unwrap(), none());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_shut_out_by_a_first_member() {
    let tenant = Tenant::of(scope("all"), [(1, 3)]);
    let (resource, ready) = process(&tenant);
    let (_, diags) = plan(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.errors), ["The scope of allowed_to_join is \"all\""]);
    // The settings resource has been planned to make it a selection, and then was not applied.
    let claim = Claim {
        scope: Some(Scope::Selected),
        users: false,
        groups: false,
    };
    ready.ledger.claim(List::Join, claim);
    let (state, diags) = apply(&resource, &group(1)).await;
    assert_eq!(state, None);
    assert_eq!(summaries(&diags.errors), ["The scope of allowed_to_join is \"all\""]);
    assert_eq!(tenant.count("PUT"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_already_is_adopted_unchecked_and_said_to_be() {
    let tenant = Tenant::of(selected(&[], &[9]), []);
    for config in [group(9), untyped(9)] {
        let (resource, ready) = process(&tenant);
        // Until the policy is at hand nobody knows what need not be asked.
        ready
            .store
            .read(&Deadline::after(Duration::from_secs(1)))
            .await
            .unwrap();
        let (state, diags) = apply(&resource, &config).await;
        assert_eq!(state.unwrap().kind, Value::Value("group".to_owned()));
        assert_eq!(summaries(&diags.warnings), ["The group is a member already"]);
    }
    assert_eq!((tenant.count("PUT"), tenant.count("batch")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_import_finds_what_is_there_and_nothing_else() {
    let tenant = Tenant::of(selected(&[], &[9]), []);
    let (resource, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    let imported = resource.import(&mut diags, format!("join/group/{}", id(9))).await;
    let (state, _) = imported.unwrap();
    assert_eq!(state.member().unwrap().resource_id(), format!("join/group/{}", id(9)));
    for (wrong, summary) in [
        (format!("join/user/{}", id(9)), "Not a member"),
        (format!("join/{}", id(9)), "Unknown import id"),
    ] {
        let mut diags = Diagnostics::default();
        assert!(resource.import(&mut diags, wrong).await.is_none());
        assert_eq!(summaries(&diags.errors), [summary]);
    }
}

/// A member that moves from one module to another is removed and added in one apply, in whatever order.
#[tokio::test(start_paused = true)]
async fn a_member_that_moves_stays() {
    for adds_first in [true, false] {
        let tenant = Tenant::of(selected(&[], &[9]), [(1, 3)]);
        let (resource, _) = process(&tenant);
        let (state, _) = apply(&resource, &group(1)).await;
        let state = state.unwrap();
        let (resource, _) = process(&tenant);
        let destroy = async || {
            let mut diags = Diagnostics::default();
            let gone = resource.destroy(&mut diags, state.clone(), None, Value::Null).await;
            assert!(gone.is_some());
            diags
        };
        if adds_first {
            assert!(apply(&resource, &group(1)).await.0.is_some());
            assert_eq!(summaries(&destroy().await.warnings), ["The group stays a member"]);
        } else {
            assert!(destroy().await.warnings.is_empty());
            assert!(apply(&resource, &group(1)).await.0.is_some());
        }
        assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[9, 1]));
    }
    let tenant = Tenant::of(none(), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (state, _) = apply(&resource, &group(1)).await;
    let (resource, _) = process(&tenant);
    let config = group(1);
    let (adding, removing) = tokio::join!(apply(&resource, &config), async {
        let mut diags = Diagnostics::default();
        resource.destroy(&mut diags, state.unwrap(), None, Value::Null).await
    });
    assert!(adding.0.is_some() && removing.is_some());
    assert_eq!(*tenant.list.lock().unwrap(), selected(&[], &[1]));
}

/// Of what the same apply has just removed nobody else is the owner.
#[tokio::test(start_paused = true)]
async fn a_member_that_the_apply_removed_is_not_said_to_be_somebody_elses() {
    let tenant = Tenant::of(selected(&[7], &[1]), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let (_, diags) = plan(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.warnings), ["The group is a member already"]);

    let (resource, _) = process(&tenant);
    let mut state = group(1);
    let member = Member {
        list: List::Join,
        kind: crate::graph::directory::Kind::Group,
        id: crate::graph::policy::ObjectId::from_graph(&id(1)),
    };
    state.set_member(&member);
    let mut diags = Diagnostics::default();
    resource
        .destroy(&mut diags, state.clone(), None, Value::Null)
        .await
        .unwrap();
    let (_, diags) = plan(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.warnings), [""; 0]);

    // Nor of what another resource of this configuration has.
    let tenant = Tenant::of(selected(&[7], &[1]), [(1, 3)]);
    let (resource, _) = process(&tenant);
    let mut diags = Diagnostics::default();
    resource.read(&mut diags, state, None, Value::Null).await.unwrap();
    let (_, diags) = plan(&resource, &group(1)).await;
    assert_eq!(summaries(&diags.warnings), [""; 0]);
}
