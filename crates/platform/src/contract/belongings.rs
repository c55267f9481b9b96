//! Everything of one user is found and goes, and nothing of another's.

use domain::{FileName, Place, Setting, SettingKey, UploadId, UploadKey, UserId};

use super::ContractWorld;
use super::scene::{NOW, Scene, later};
use crate::{Connection, Peer, Record, StoredFile};

/// A few of everything that the ports of this suite can make.
async fn furnish(world: &dyn ContractWorld, scene: &Scene) -> Vec<UploadKey> {
    for (talk, name) in [("a", "m1"), ("a", "m2"), ("a-b", "m3"), ("a", "m4")] {
        scene.talk(talk, name, "hello", NOW).await;
    }
    scene.put("waiting", "for ever", later(9)).await;
    for (key, json) in [(SettingKey::Language, "\"de\""), (SettingKey::TimeZone, "\"UTC\"")] {
        let value = serde_json::from_str(json).expect("JSON");
        let setting = Setting::parse(key, &value).expect("valid");
        world.settings().put(&scene.user, &setting).await.expect("writes");
    }
    let connection = domain::ConnectionId::new(format!("{}=", scene.user.as_str().len()));
    let connection = Connection {
        id: connection.expect("valid"),
        peer: Peer::Client(scene.user.clone()),
        connected_at: NOW,
    };
    scene.connections.register(&connection).await.expect("registers");
    let mut keys = Vec::new();
    for number in ["01", "02", "03"] {
        let key = UploadKey {
            user: scene.user.clone(),
            id: UploadId::new(number).expect("valid"),
            name: FileName::near("a b.txt").expect("visible"),
        };
        world.upload(&key, number.repeat(9).as_bytes()).await;
        keys.push(key);
    }
    keys
}

async fn records(world: &dyn ContractWorld, user: &UserId, place: Place) -> Vec<Record> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = world.belongings().records(user, place, after.as_deref(), NOW).await;
        let page = page.expect("reads");
        all.extend(page.records);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

async fn files(world: &dyn ContractWorld, user: &UserId) -> Vec<StoredFile> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = world.belongings().files(user, Place::Uploads, after.as_deref()).await;
        let page = page.expect("reads");
        all.extend(page.files);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

pub async fn everything_of_a_user_is_found_by_its_place(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    furnish(world, &scene).await;
    let said = records(world, &scene.user, Place::Conversations).await;
    let names: Vec<&str> = said.iter().map(|record| record.name.as_str()).collect();
    assert!(names.is_sorted(), "{names:?}");
    // Of each message two rows, of each conversation one.
    assert_eq!(names.iter().filter(|name| name.starts_with("CONV#a#")).count(), 7, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("CONV#a-b#")).count(), 3, "{names:?}");
    let reply = said.iter().find(|record| record.name.ends_with("m1#reply")).expect("is there");
    assert_eq!(
        (reply.fields["text"].as_str(), reply.fields["role"].as_str()),
        (Some("re: hello"), Some("assistant"))
    );
    let chosen = records(world, &scene.user, Place::Settings).await;
    let language = chosen.iter().find(|record| record.name == "SETTING#language");
    assert_eq!(language.expect("is there").fields["value"], "\"de\"");
    let inbox = records(world, &scene.user, Place::Inbox).await;
    assert!(inbox.iter().any(|record| record.name == "MSG#waiting"), "{inbox:?}");

    let found = files(world, &scene.user).await;
    let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["01/a b.txt", "02/a b.txt", "03/a b.txt"]);
    assert!(found.iter().all(|file| file.size == 18));
    let open = world.belongings().open(&scene.user, Place::Uploads, names[1]).await;
    let mut open = open.unwrap_or_else(|error| panic!("{error}"));
    let mut bytes = Vec::new();
    while let Some(chunk) = open.body.chunk().await.expect("reads") {
        bytes.extend(chunk);
    }
    assert_eq!(bytes, "02".repeat(9).as_bytes());
    let missing = world.belongings().open(&scene.user, Place::Uploads, "04/none").await;
    assert!(matches!(missing, Err(crate::OpenError::NotFound)));
}

pub async fn everything_of_one_user_goes_and_nothing_of_anothers(world: &dyn ContractWorld) {
    let (ana, ben) = (Scene::of(world), Scene::of(world));
    furnish(world, &ana).await;
    let kept = furnish(world, &ben).await;
    let before = records(world, &ben.user, Place::Conversations).await.len();
    let mut deleted = std::collections::BTreeMap::new();
    for place in Place::ALL {
        for _ in 0..100 {
            let removed = world.belongings().remove_some(&ana.user, place).await.expect("removes");
            *deleted.entry(place).or_insert(0) += removed.count;
            if !removed.more {
                break;
            }
        }
        let again = world.belongings().remove_some(&ana.user, place).await.expect("removes");
        assert_eq!((again.count, again.more), (0, false), "{place:?}");
    }
    assert_eq!((deleted[&Place::Uploads], deleted[&Place::Settings]), (3, 2));
    assert!(deleted[&Place::Conversations] >= 10 || deleted[&Place::Conversations] >= 2);
    for place in [Place::Inbox, Place::Conversations, Place::Settings] {
        assert_eq!(records(world, &ana.user, place).await, [], "{place:?}");
    }
    assert_eq!(files(world, &ana.user).await, []);
    assert_eq!(records(world, &ben.user, Place::Conversations).await.len(), before);
    assert_eq!(records(world, &ben.user, Place::Settings).await.len(), 2);
    assert_eq!(files(world, &ben.user).await.len(), kept.len());
}
