//! Since when the policies say what they say.

use super::*;

/// What the store tells of a rule's file after the folder has held these texts of it, day by day.
async fn history(texts: &[Option<&str>]) -> Option<FileHistory> {
    let world = world(1).await;
    for (day, text) in (1..).zip(texts) {
        let other = ("targets.toml".to_owned(), day.to_string());
        let rule = text.map(|text| ("rules/a b.toml".to_owned(), text.to_owned()));
        let files = std::iter::once(other).chain(rule).collect();
        let (hash, entry) = (format!("hash-{day}"), entry(Action::PoliciesInForce));
        world.store.submit(PoliciesInForce { hash, files, at: NOW + day, entry }).await.unwrap();
    }
    Archive::new(world.folder.path().join("store.sqlite")).file_history("rules/a b.toml").unwrap()
}

/// The same as (in force since, unchanged since).
async fn days(texts: &[Option<&str>]) -> Option<(i64, i64)> {
    let history = history(texts).await?;
    assert_eq!(history.policies, format!("hash-{}", texts.len()));
    Some((history.since.since(NOW), history.unchanged_since.since(NOW)))
}

#[tokio::test]
async fn a_file_is_in_force_since_it_was_last_added_and_unchanged_since_it_last_changed() {
    assert_eq!(days(&[]).await, None);
    assert_eq!(days(&[Some("a"), Some("a"), None]).await, None);
    assert_eq!(days(&[Some("a"), Some("a"), Some("a")]).await, Some((1, 1)));
    assert_eq!(days(&[Some("a"), Some("b"), Some("b")]).await, Some((1, 2)));
    assert_eq!(days(&[Some("b"), Some("a"), Some("b"), Some("b")]).await, Some((1, 3)));
    assert_eq!(days(&[Some("a"), None, Some("a"), Some("b")]).await, Some((3, 4)));
}
