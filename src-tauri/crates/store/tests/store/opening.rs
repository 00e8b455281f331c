//! Opening, migrating and locking a data directory.

use domain::FailureKind;
use store::{Backup, DataDirectory, Store, StoreOptions, table};

use crate::support::{TestStore, message_id, say};

fn open(directory: &DataDirectory) -> Result<Store, domain::Failure> {
    Store::open(directory, StoreOptions::default())
}

fn user_version(store: &TestStore) -> i64 {
    let outside = store.outside();
    outside
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn an_empty_directory_becomes_a_database_and_stays_one() {
    let store = TestStore::new();
    say(&store, &["hello"]).await;
    let version = user_version(&store);
    assert!(version > 0);
    let store = store.reopened().await;
    assert_eq!(user_version(&store), version, "no step was taken twice");
    let message = store
        .read(|conn| table::messages::get(conn, &message_id(1)))
        .await
        .unwrap();
    assert_eq!(message.unwrap().message.plain_text(), "hello");
    assert_eq!(
        Backup::list(&store.directory).unwrap(),
        [],
        "nothing was migrated"
    );
}

#[tokio::test]
async fn the_guards_of_a_connection_stand() {
    let store = TestStore::new();
    store
        .write(|tx| {
            for (pragma, expected) in [
                ("foreign_keys", 1),
                ("trusted_schema", 0),
                ("wal_autocheckpoint", 0),
            ] {
                let value: i64 = tx.pragma_query_value(None, pragma, |row| row.get(0)).unwrap();
                assert_eq!(value, expected, "{pragma}");
            }
            let mode: String = tx
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .unwrap();
            assert_eq!(mode, "wal");
            let defended = tx.execute("DELETE FROM search_data", []);
            assert!(defended.is_err(), "shadow tables are defended");
            Ok(())
        })
        .await
        .unwrap();
    let written = store
        .read(|conn| conn.execute("DELETE FROM settings", []).map_err(store::failed))
        .await;
    assert_eq!(written.unwrap_err().kind(), FailureKind::ReadOnly);
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_directory() {
    let store = TestStore::new();
    let failure = DataDirectory::open(store.temp.path()).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::DataDirectoryInUse);
    assert!(failure.hint().is_some());
    #[cfg(unix)]
    assert!(failure.message().contains(&std::process::id().to_string()));
    let TestStore { .. } = store;
}

#[tokio::test]
async fn the_lock_goes_with_the_last_handle() {
    let temp = tempfile::tempdir().unwrap();
    let store = {
        let directory = DataDirectory::open(temp.path()).unwrap();
        open(&directory).unwrap()
    };
    assert!(
        DataDirectory::open(temp.path()).is_err(),
        "the store still holds it"
    );
    drop(store);
    assert!(DataDirectory::open(temp.path()).is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let store = TestStore::new();
    say(&store, &["secret"]).await;
    store.backup().await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.directory.path()), 0o700);
    assert_eq!(mode(&store.directory.backups()), 0o700);
    let mut files = 0;
    for folder in [store.directory.path().to_owned(), store.directory.backups()] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files >= 5, "lock, database, log, its index and a backup: {files}");
}

/// Makes the database of a closed store look as if its last step was still to come.
fn take_back_the_last_step(directory: &DataDirectory) {
    let conn = rusqlite::Connection::open(directory.database()).unwrap();
    conn.execute_batch("ALTER TABLE approvals DROP COLUMN client")
        .unwrap();
    let version: i64 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    conn.pragma_update(None, "user_version", version - 1).unwrap();
}

#[tokio::test]
async fn a_migration_is_preceded_by_a_backup_and_three_are_kept() {
    let temp = tempfile::tempdir().unwrap();
    let directory = DataDirectory::open(temp.path()).unwrap();
    let store = open(&directory).unwrap();
    say(&store, &["kept through the migration"]).await;
    store.close().await;
    for _ in 0..4 {
        take_back_the_last_step(&directory);
        open(&directory).unwrap().close().await;
    }
    let backups = Backup::list(&directory).unwrap();
    let numbers: Vec<_> = backups.iter().map(|b| b.number).collect();
    assert_eq!(numbers, [4, 3, 2]);
    let newest = &backups[0];
    Backup::verify(&newest.path).unwrap();
    let conn = rusqlite::Connection::open(&newest.path).unwrap();
    let text: String = conn
        .query_row("SELECT text FROM messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(text, "kept through the migration");
    let columns: i64 = conn
        .query_row(
            "SELECT count(*) FROM pragma_table_info('approvals') WHERE name = 'client'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(columns, 0, "it was made before the step");
}

#[tokio::test]
async fn a_newer_database_is_only_read() {
    let temp = tempfile::tempdir().unwrap();
    let directory = DataDirectory::open(temp.path()).unwrap();
    let store = open(&directory).unwrap();
    say(&store, &["from the future"]).await;
    assert_eq!(store.search("future", None, 10).await.unwrap().items.len(), 1);
    store.close().await;
    let conn = rusqlite::Connection::open(directory.database()).unwrap();
    conn.pragma_update(None, "user_version", 9_999).unwrap();
    drop(conn);
    let before = std::fs::read(directory.database()).unwrap();

    let store = open(&directory).unwrap();
    assert!(store.is_read_only());
    let count = store
        .read(|conn| table::messages::count(conn, &crate::support::session_id(1)))
        .await;
    assert_eq!(count.unwrap(), 1);
    let refused = store.write(|_| Ok(())).await.unwrap_err();
    assert_eq!(refused.kind(), FailureKind::ReadOnly);
    let record = || vec![store::Record::SessionOpened(crate::support::session(2))];
    assert_eq!(
        store.record(record()).await.unwrap_err().kind(),
        FailureKind::ReadOnly
    );
    assert_eq!(
        store.commit(record()).await.unwrap_err().kind(),
        FailureKind::ReadOnly
    );
    assert_eq!(
        store.search("future", None, 10).await.unwrap().items.len(),
        1,
        "what is indexed is found"
    );
    store.close().await;
    assert_eq!(std::fs::read(directory.database()).unwrap(), before);
}

#[tokio::test]
async fn what_is_not_a_database_of_ours_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let directory = DataDirectory::open(temp.path()).unwrap();
    let foreign = {
        let path = temp.path().join("foreign");
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE t (c)").unwrap();
        drop(conn);
        std::fs::read(path).unwrap()
    };
    let mut broken = foreign.clone();
    broken[16] = 0xff;
    let garbage = vec![b'x'; 10_000];
    for (what, content) in [
        ("foreign", foreign),
        ("broken header", broken),
        ("garbage", garbage),
    ] {
        std::fs::write(directory.database(), &content).unwrap();
        let failure = open(&directory).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::StorageFailed, "{what}");
        assert!(failure.hint().is_some(), "{what}: {failure}");
        assert_eq!(std::fs::read(directory.database()).unwrap(), content, "{what}");
    }
}

#[tokio::test]
async fn a_backup_is_restored_and_what_it_replaces_is_set_aside() {
    let store = TestStore::new();
    say(&store, &["before"]).await;
    let backup = store.backup().await.unwrap();
    store
        .write(|tx| table::settings::set(tx, "theme", "dark"))
        .await
        .unwrap();
    let TestStore { .. } = &store;
    let directory = store.directory.clone();
    let temp_store = store.reopened().await;
    (*temp_store).clone().close().await;
    let aside = Backup::restore(&directory, &backup.path).unwrap();
    assert!(aside.exists());
    let restored = open(&directory).unwrap();
    let theme = restored
        .read(|conn| table::settings::get::<String>(conn, "theme"))
        .await;
    assert_eq!(theme.unwrap(), None, "set after the backup");
    restored.close().await;
    let replaced = rusqlite::Connection::open(aside).unwrap();
    let theme: String = replaced
        .query_row("SELECT value FROM settings WHERE key = 'theme'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(theme, "\"dark\"");

    std::fs::write(&backup.path, b"not a backup").unwrap();
    assert!(Backup::restore(&directory, &backup.path).is_err());
}
