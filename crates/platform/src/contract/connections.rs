//! Who is connected, and which connection is the bridge's.

use std::time::Duration;

use domain::limits::CONNECTION_TTL;
use domain::{ConnectionId, Generation};

use super::ContractWorld;
use super::pool::Pool;
use super::scene::{NOW, Scene, assert_fenced};
use crate::{Connection, Peer};

impl Scene {
    /// Connection ids are unique in the world, as API Gateway's are.
    fn connection(&self, name: &str, peer: Peer) -> Connection {
        let number = self.user.as_str().replace(['.', ':'], "-");
        let id = ConnectionId::new(format!("{number}_{name}=")).expect("valid");
        Connection { id, peer, connected_at: NOW }
    }

    async fn registered(&self, name: &str, peer: Peer) -> Connection {
        let connection = self.connection(name, peer);
        self.connections.register(&connection).await.expect("current");
        connection
    }

    async fn client(&self, name: &str) -> Connection {
        self.registered(name, Peer::Client(self.user.clone())).await
    }

    async fn bridge(&self, name: &str, generation: Generation) -> Connection {
        self.registered(name, Peer::Bridge(self.user.clone(), generation)).await
    }

    async fn find(&self, connection: &Connection) -> Option<Connection> {
        self.connections.get(&connection.id, NOW).await.expect("reads")
    }
}

pub async fn a_connection_reads_back_until_it_expires(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let client = scene.client("a").await;
    assert_eq!(scene.find(&client).await, Some(client.clone()));
    let seen_at = |now| scene.connections.get(&client.id, now);
    let last = CONNECTION_TTL - Duration::from_secs(1);
    assert!(seen_at(NOW + last).await.expect("reads").is_some());
    assert_eq!(seen_at(NOW + CONNECTION_TTL).await.expect("reads"), None);
}

pub async fn a_bridge_of_the_current_generation_receives_nudges(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let first = scene.bridge("first", generation).await;
    assert_eq!(scene.find(&first).await, Some(first.clone()));
    assert_eq!(scene.task().await.bridge_connection, Some(first.id));
    let renewed = scene.bridge("renewed", generation).await;
    assert_eq!(scene.task().await.bridge_connection, Some(renewed.id));
}

pub async fn a_bridge_of_another_generation_is_fenced(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let old = scene.launch().await;
    let current = scene.launch().await;
    for generation in [old, current.next()] {
        let other = scene.connection("other", Peer::Bridge(scene.user.clone(), generation));
        assert_fenced(scene.connections.register(&other).await);
        assert_eq!(scene.find(&other).await, None);
    }
    assert_eq!(scene.task().await.bridge_connection, None);
    scene.release(current).await;
    let released = scene.connection("released", Peer::Bridge(scene.user.clone(), current));
    assert_fenced(scene.connections.register(&released).await);
}

pub async fn the_clients_of_a_user_are_neither_bridges_nor_anybody_elses(
    world: &dyn ContractWorld,
) {
    let (scene, other) = (Scene::of(world), Scene::of(world));
    let generation = scene.launch().await;
    let mut expect = vec![scene.client("a").await.id, scene.client("b").await.id];
    scene.bridge("bridge", generation).await;
    other.client("c").await;
    let pool = Pool::of(world);
    scene.registered("spare", Peer::Spare(pool.ready().await.id)).await;
    let clients_at = |now| scene.connections.clients_of(&scene.user, now);
    let mut clients = clients_at(NOW).await.expect("reads");
    clients.sort();
    expect.sort();
    assert_eq!(clients, expect);
    assert_eq!(clients_at(NOW + CONNECTION_TTL).await.expect("reads"), []);
}

pub async fn a_removed_connection_is_gone_and_may_be_removed_again(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let client = scene.client("a").await;
    for _ in 0..2 {
        scene.connections.remove(&client.id).await.expect("writes");
        assert_eq!(scene.find(&client).await, None);
    }
    assert_eq!(scene.connections.clients_of(&scene.user, NOW).await.expect("reads"), []);
}

pub async fn removing_the_bridges_connection_stops_nudges(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let bridge = scene.bridge("bridge", generation).await;
    scene.connections.remove(&bridge.id).await.expect("writes");
    assert_eq!(scene.find(&bridge).await, None);
    assert_eq!(scene.task().await.bridge_connection, None);
}

pub async fn removing_an_old_bridge_connection_leaves_the_new_one(world: &dyn ContractWorld) {
    let scene = Scene::of(world);
    let generation = scene.launch().await;
    let old = scene.bridge("old", generation).await;
    let new = scene.bridge("new", generation).await;
    scene.connections.remove(&old.id).await.expect("writes");
    assert_eq!(scene.task().await.bridge_connection, Some(new.id));
}

pub async fn a_spare_hears_of_its_claim_on_its_newest_connection(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let spare = pool.starting().await;
    let first = scene.registered("first", Peer::Spare(spare.id.clone())).await;
    assert_eq!(scene.find(&first).await, Some(first.clone()));
    assert_eq!(pool.read(&spare.id).await.connection.as_ref(), Some(&first.id));
    pool.spares.set_ready(&spare.id).await.expect("is starting");
    let renewed = scene.registered("renewed", Peer::Spare(spare.id.clone())).await;
    scene.connections.remove(&first.id).await.expect("writes");
    assert_eq!(pool.read(&spare.id).await.connection.as_ref(), Some(&renewed.id));
    scene.connections.remove(&renewed.id).await.expect("writes");
    assert_eq!(scene.find(&renewed).await, None);
    assert_eq!(pool.read(&spare.id).await.connection, None);
}

pub async fn a_spare_that_is_claimed_or_gone_is_fenced(world: &dyn ContractWorld) {
    let (scene, pool) = (Scene::of(world), Pool::of(world));
    let (claimed, retired) = (pool.ready().await, pool.ready().await);
    let waiting = scene.registered("waiting", Peer::Spare(claimed.id.clone())).await;
    pool.claim(&claimed, &scene).await.expect("is ready");
    assert!(pool.spares.retire(&retired.id).await.expect("writes"));
    for id in [&claimed.id, &retired.id, &world.new_spare()] {
        let late = scene.connection("late", Peer::Spare(id.clone()));
        assert_fenced(scene.connections.register(&late).await);
        assert_eq!(scene.find(&late).await, None);
    }
    assert_eq!(pool.read(&claimed.id).await.connection.as_ref(), Some(&waiting.id));
    assert_eq!(pool.spares.get(&retired.id).await.expect("reads"), None);
}
