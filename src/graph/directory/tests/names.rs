//! Tests of look-ups by name: how names are written into addresses, and which ones nobody can have.

use super::*;

#[tokio::test(start_paused = true)]
async fn names_are_quoted_and_may_be_of_many() {
    let (directory, _) = directory(small());
    let found = directory
        .groups_named(&["O'Brien's".to_owned()].into(), &minute())
        .await
        .unwrap();
    assert_eq!(found["O'Brien's"].len(), 2);
    let users = directory
        .users(&["u1".to_owned(), "x".to_owned()].into(), &minute())
        .await
        .unwrap();
    assert_eq!((users["u1"].is_some(), users["x"].is_none()), (true, true));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_address_can_hold_is_nobodys_and_spoils_no_other_question() {
    let fake = Arc::new(small());
    let listener = Arc::new(Listener(Mutex::default()));
    let directory = Directory::new(fake.clone(), Some(Arc::new(Arc::clone(&listener))));
    directory.begin_to_apply();
    let names = ["u1", "..", ".", "", ".\t.", "a\nb"].map(str::to_owned);
    let users = directory.users(&names.into(), &minute()).await.unwrap();
    let found: Vec<_> = users.iter().filter(|(_, user)| user.is_some()).collect();
    assert_eq!((users.len(), found.len(), users["u1"].is_some()), (6, 1, true));
    let groups = directory.groups(&["..".to_owned()].into(), &minute()).await.unwrap();
    assert_eq!(groups[".."], None);
    let question = [asked("..", None), asked("g1", Some(Kind::Group))];
    let found = directory.verify(&question, &minute()).await;
    assert_eq!(
        (words(&found[0]), words(&found[1])),
        ("missing".to_owned(), "group of 3".to_owned())
    );
    assert_eq!(*listener.0.lock().unwrap(), [true, true], "the read that rides along");
    assert_eq!(fake.requests(), ["batch of 2", "batch of 2"]);
}
