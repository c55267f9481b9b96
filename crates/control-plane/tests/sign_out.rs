//! Signing out everywhere.

use std::sync::Arc;

use control_plane::SignOut;
use domain::UserId;
use platform::Clock;

mod world;

use world::{Cases, cases};

fn sign_out(of: &Cases) -> SignOut {
    SignOut {
        accounts: Some(of.world.accounts()),
        connections: of.world.connections(),
        push: of.world.push(),
        clock: Arc::new(of.world.clock().clone()),
    }
}

async fn connected(of: &Cases) -> usize {
    let now = of.world.clock().now();
    of.world.connections().clients_of(&of.user, now).await.expect("reads").len()
}

#[tokio::test]
async fn every_device_of_his_is_out_and_nobody_elses() {
    let ana = cases();
    let ben = Cases { world: ana.world.clone(), user: UserId::new("ben").expect("valid") };
    ana.world.sign_up(&ana.user);
    let (phone, laptop, bens) =
        (ana.client("phone").await, ana.client("laptop").await, ben.client("bens").await);
    sign_out(&ana).run(&ana.user).await.expect("signs out");
    assert_eq!((ana.world.sign_outs(&ana.user), ana.world.sign_outs(&ben.user)), (1, 0));
    assert!(ana.world.is_closed(&phone) && ana.world.is_closed(&laptop));
    assert_eq!((connected(&ana).await, connected(&ben).await), (0, 1));
    assert!(!ana.world.is_closed(&bens));
    sign_out(&ana).run(&ana.user).await.expect("there is nothing left to do");
}

#[tokio::test]
async fn what_broke_off_is_asked_for_again() {
    let ana = cases();
    ana.world.sign_up(&ana.user);
    let phone = ana.client("phone").await;
    ana.world.fail_next("accounts.sign_out", 1);
    assert!(sign_out(&ana).run(&ana.user).await.is_err());
    assert!(!ana.world.is_closed(&phone), "nobody is out whose tokens are good");
    ana.world.fail_next("connections.remove", 1);
    assert!(sign_out(&ana).run(&ana.user).await.is_err());
    ana.world.fail_next("push.close", 1);
    sign_out(&ana).run(&ana.user).await.expect("a socket that stays open has no row");
    assert_eq!(connected(&ana).await, 0);
}

#[tokio::test]
async fn where_accounts_are_somebody_elses_the_sockets_are_closed_all_the_same() {
    let ana = cases();
    let phone = ana.client("phone").await;
    let without = SignOut { accounts: None, ..sign_out(&ana) };
    without.run(&ana.user).await.expect("signs out");
    assert!(ana.world.is_closed(&phone));
}
