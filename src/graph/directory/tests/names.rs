//! Tests of look-ups by name: how names are written into addresses, and which ones no object can have.

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
async fn names_that_no_address_can_hold_are_not_found() {
    let (directory, fake) = directory(small());
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
    assert_eq!(fake.requests().len(), 2, "{:?}", fake.requests());
}
