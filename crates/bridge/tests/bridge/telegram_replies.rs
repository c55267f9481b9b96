//! What people in Telegram are told in the end: from the record, at least once, in order.

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use bridge::{Ports, Reason};
use domain::limits::{TELEGRAM_REPLY_WITHIN, TELEGRAM_TEXT_MAX_UNITS};
use domain::{InboxState, Outcome, Reply, TelegramChat};
use platform::{Clock, Completion, Metric};
use platform_sim::{Chaos, Process, Rates, Said, World};
use tokio::time::{Instant, sleep};

use super::support::*;

/// In three messages.
fn long() -> String {
    let paragraph = |n: usize| format!("{n}{}", "x".repeat(TELEGRAM_TEXT_MAX_UNITS - 10));
    (1..=3).map(paragraph).collect::<Vec<_>>().join("\n\n")
}

fn long_winded() -> Scripted {
    Scripted::new(|_| say(&long()))
}

impl Stage {
    async fn until_delivered(&self, message: &str) {
        until(|| {
            let row = self.row(message);
            !row.state.is_open() && row.owed.is_none()
        })
        .await;
    }

    async fn of(world: &World, agent: Scripted) -> Self {
        Self::in_world(world.clone(), agent, world.push()).await
    }

    fn undelivered(&self) -> u64 {
        self.world.counted(Metric::UndeliveredReplies)
    }
}

/// The replies' first characters.
fn heads(world: &World, chat: TelegramChat) -> Vec<char> {
    world.bot_said(chat).iter().map(|text| text.chars().next().expect("not empty")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_long_reply_is_sent_once_in_pieces_and_nothing_is_owed() {
    let stage = Stage::new(long_winded()).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until_delivered("m1").await;
    let said = stage.world.bot_said(PRIVATE);
    assert_eq!(said.join("\n\n"), long());
    assert_eq!(said.len(), 3);
    assert!(stage.world.bot_chat(PRIVATE).messages.iter().all(|it| it.answers.is_none()));
    assert_eq!(stage.undelivered(), 0);
}

#[tokio::test(start_paused = true)]
async fn replies_of_a_chat_come_in_the_order_of_their_messages() {
    let stage = Stage::new(Scripted::echo()).await;
    for n in 1..=5 {
        put_in(&stage.world, &format!("m{n}"), PRIVATE).await;
    }
    stage.start();
    stage.until_delivered("m5").await;
    let expect: Vec<_> = (1..=5).map(|n| format!("answer to text of m{n}")).collect();
    assert_eq!(stage.world.bot_said(PRIVATE), expect);
}

/// Right before and right after each message goes out: what was sent is sent again once at most,
/// and what was not is sent.
#[tokio::test(start_paused = true)]
async fn whoever_is_killed_at_any_point_doubles_one_piece_at_most_and_loses_none() {
    for at in 0..6 {
        let world = world_at(1).await;
        put_in(&world, "m1", PRIVATE).await;
        let process = Process::new(Chaos::new(1, Rates::default()));
        let seen = world.seen_by(&process);
        let killer = Killer { process: process.clone(), at, passed: AtomicUsize::new(0) };
        let ports = Ports {
            bot: Some(WatchedBot::killed(seen.bot(), killer)),
            ..ports(&seen, seen.push())
        };
        let first = Stage::with_ports(world.clone(), long_winded(), ports).await;
        first.start();
        process.dies().await;
        sleep(Duration::from_secs(30)).await;
        assert!(world.inbox_of(&user())[0].owed.is_some(), "somebody will come");

        claim(&world).await;
        let next = Stage::of(&world, Scripted::echo()).await;
        next.start();
        next.until_delivered("m1").await;
        let mut heads = heads(&world, PRIVATE);
        let doubled = if at % 2 == 0 { 3 } else { 4 };
        assert_eq!(heads.len(), doubled, "at {at}: {heads:?}");
        heads.dedup();
        assert_eq!(heads, ['1', '2', '3'], "at {at}");
        assert_eq!(next.agent.run_ids(), [""; 0], "it was answered before");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_telegram_that_is_lost_doubles_that_piece_alone() {
    let stage = Stage::new(long_winded()).await;
    stage.world.lose_next("bot.send", 1);
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until_delivered("m1").await;
    assert_eq!(heads(&stage.world, PRIVATE), ['1', '1', '2', '3']);
}

#[tokio::test(start_paused = true)]
async fn no_write_that_fails_costs_or_doubles_a_piece() {
    for operation in ["inbox.note_sent", "inbox.delivered", "conversations.reply", "inbox.owed"] {
        for lost in [false, true] {
            let stage = Stage::new(long_winded()).await;
            put_in(&stage.world, "m1", PRIVATE).await;
            if lost {
                stage.world.lose_next(operation, 4);
            } else {
                stage.world.fail_next(operation, 4);
            }
            stage.start();
            stage.until_delivered("m1").await;
            assert_eq!(heads(&stage.world, PRIVATE), ['1', '2', '3'], "{operation}");
            assert!(!stage.bridge.halt.is_closing());
        }
    }
}

/// What a bridge recorded right before it died.
async fn recorded(world: &World, message: &str, chat: TelegramChat) {
    put_in(world, message, chat).await;
    let (inbox, generation) = (world.inbox(), world.task(&user()).generation);
    let row = inbox.lease(&user(), &id(message), generation).await.expect("no faults");
    let text = format!("answer to {}", row.text);
    let (outcome, at) = (Outcome::Complete, world.clock().now());
    let reply = Reply { text, outcome, error: None, usage: None, at };
    let state = InboxState::Done;
    let done = Completion { message: &row, reply: &reply, state, generation, owed: true };
    inbox.complete(&user(), &done).await.expect("no faults");
    claim(world).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_and_not_sent_is_sent_by_the_next_bridge_before_its_own() {
    let world = world_at(1).await;
    recorded(&world, "m1", PRIVATE).await;
    put_in(&world, "m2", PRIVATE).await;
    world.fail_next("inbox.owed", 5);
    let next = Stage::of(&world, Scripted::echo()).await;
    next.start();
    next.until_delivered("m2").await;
    let expect = ["answer to text of m1", "answer to text of m2"];
    assert_eq!(world.bot_said(PRIVATE), expect);
    assert_eq!(next.agent.run_ids(), ["m2"]);
}

#[tokio::test(start_paused = true)]
async fn a_zombie_delivers_nothing() {
    let world = world_at(1).await;
    recorded(&world, "m1", PRIVATE).await;
    let zombie = Stage::of(&world, Scripted::echo()).await;
    claim(&world).await;
    zombie.start();
    sleep(Duration::from_secs(30)).await;
    assert_eq!(world.bot_said(PRIVATE), [""; 0]);
    assert!(zombie.bridge.halt.is_fenced());
}

/// It waits for Telegram, and somebody else takes over meanwhile.
#[tokio::test(start_paused = true)]
async fn who_is_overtaken_while_it_waits_asks_before_it_goes_on() {
    let stage = Stage::new(long_winded()).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    until(|| stage.world.bot_said(PRIVATE).len() == 1).await;
    stage.world.make_bot_wait("bot.send", 1, Duration::from_secs(60));
    sleep(Duration::from_secs(10)).await;
    claim(&stage.world).await;
    sleep(Duration::from_secs(120)).await;
    assert_eq!(heads(&stage.world, PRIVATE), ['1']);
    assert_eq!(stage.row("m1").owed, Some(1));
}

#[tokio::test(start_paused = true)]
async fn what_telegram_refuses_is_said_more_simply() {
    for (refuses_html, expect) in [
        (false, Said::Html("a <b>bold</b> word &amp; more".into())),
        (true, Said::Plain("a bold word & more".into())),
    ] {
        let stage = Stage::new(Scripted::new(|_| say("a **bold** word & more"))).await;
        stage.world.refuse_rich();
        if refuses_html {
            stage.world.refuse_html();
        }
        put_in(&stage.world, "m1", PRIVATE).await;
        stage.start();
        stage.until_delivered("m1").await;
        let said: Vec<_> =
            stage.world.bot_chat(PRIVATE).messages.into_iter().map(|it| it.text).collect();
        assert_eq!(said, [expect]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_telegram_asks_for_is_kept_and_nothing_is_lost() {
    let world = world_at(1).await;
    let bot = WatchedBot::new(world.bot(), Duration::ZERO);
    let ports = Ports { bot: Some(bot.clone()), ..ports(&world, world.push()) };
    let stage = Stage::with_ports(world, long_winded(), ports).await;
    stage.world.make_bot_wait("bot.send", 2, Duration::from_secs(40));
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    sleep(Duration::from_secs(30)).await;
    assert!(stage.bridge.activity.is_busy(), "it does not go to sleep over it");
    stage.until_delivered("m1").await;
    assert_eq!(heads(&stage.world, PRIVATE), ['1', '2', '3']);
    let times = bot.times("send", PRIVATE);
    let gaps: Vec<u64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(gaps, [40, 40, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_has_blocked_the_bot_is_counted_and_holds_up_nobody() {
    let stage = Stage::new(Scripted::echo()).await;
    stage.world.block_bot(PRIVATE.id);
    put_in(&stage.world, "m1", PRIVATE).await;
    put_in(&stage.world, "m2", GROUP).await;
    put_in(&stage.world, "m3", PRIVATE).await;
    stage.start();
    stage.until_delivered("m3").await;
    stage.until_delivered("m2").await;
    assert_eq!(stage.world.bot_said(GROUP), ["answer to text of m2"]);
    assert_eq!(stage.undelivered(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_is_a_day_old_is_not_sent() {
    for (late, sent) in [(Duration::ZERO, 1), (Duration::from_millis(1), 0)] {
        let world = world_at(1).await;
        recorded(&world, "m1", PRIVATE).await;
        world.clock().advance(TELEGRAM_REPLY_WITHIN + late);
        let next = Stage::of(&world, Scripted::echo()).await;
        next.start();
        next.until_delivered("m1").await;
        assert_eq!(world.bot_said(PRIVATE).len(), sent);
        assert_eq!(next.undelivered(), 1 - sent as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_bot_nothing_stays_owed() {
    let world = world_at(1).await;
    recorded(&world, "m1", PRIVATE).await;
    let ports = Ports { bot: None, ..ports(&world, world.push()) };
    let next = Stage::with_ports(world, Scripted::echo(), ports).await;
    next.start();
    next.until_delivered("m1").await;
    assert_eq!(next.undelivered(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_moves_takes_its_replies_along() {
    let stage = Stage::new(long_winded()).await;
    stage.world.move_chat(GROUP.id, -1_000_010);
    put_in(&stage.world, "m1", GROUP).await;
    stage.start();
    stage.until_delivered("m1").await;
    let moved = TelegramChat { id: -1_000_010, ..GROUP };
    assert_eq!(heads(&stage.world, moved), ['1', '2', '3']);
}

#[tokio::test(start_paused = true)]
async fn how_a_run_ended_is_told() {
    let stage = Stage::new(Scripted::failing(false)).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until_delivered("m1").await;
    assert_eq!(stage.row("m1").state, InboxState::Dead);
    let said = stage.world.bot_said(PRIVATE);
    assert!(said.len() == 1 && said[0].contains("the model is out of order"), "{said:?}");

    let endless = Scripted::new(|_| vec![say("Half of it").remove(0), Step::Forever]);
    let stage = Stage::new(endless).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    put_in(&stage.world, "m2", PRIVATE).await;
    stage.start();
    sleep(Duration::from_secs(5)).await;
    for message in ["m2", "m1"] {
        stage.world.inbox().request_cancel(&user(), &id(message)).await.expect("no faults");
        let nudge = protocol::Nudge::Cancel { message_id: message.into() };
        bridge::nudged(&stage.bridge, nudge).await;
        stage.until_delivered(message).await;
    }
    assert_eq!(stage.world.bot_said(PRIVATE), ["Stopped.", "Half of it\n\nStopped."]);
}

#[tokio::test(start_paused = true)]
async fn a_bridge_that_stops_gives_a_reply_its_time_and_leaves_it_to_the_next() {
    let stage = Stage::new(long_winded()).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.world.make_bot_wait("bot.send", 1, Duration::from_secs(3_600));
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let began = Instant::now();
    stage.bridge.halt.request(Reason::Signal);
    bridge::wind_down(&stage.bridge).await;
    let took = began.elapsed();
    assert!((18..=25).contains(&took.as_secs()), "{took:?}");
    assert_eq!(stage.row("m1").owed, Some(0));
    bridge::release(&stage.bridge).await;

    claim(&stage.world).await;
    let next = Stage::of(&stage.world, Scripted::echo()).await;
    next.start();
    next.until_delivered("m1").await;
    assert_eq!(heads(&stage.world, PRIVATE), ['1', '2', '3']);
}

#[tokio::test(start_paused = true)]
async fn a_signal_while_a_reply_is_sent_lets_it_be_sent() {
    let stage = Stage::new(long_winded()).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.bridge.halt.request(Reason::Signal);
    bridge::wind_down(&stage.bridge).await;
    assert_eq!(heads(&stage.world, PRIVATE), ['1', '2', '3']);
    assert_eq!(stage.row("m1").owed, None);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_somebody_removed_from_the_group_comes_back_as_the_reply() {
    let agent =
        Scripted::new(|_| say_slowly(["one ".into(), "two".into()], Duration::from_secs(4)));
    let stage = Stage::new(agent).await;
    put_in(&stage.world, "m1", GROUP).await;
    stage.start();
    until(|| !stage.world.bot_said(GROUP).is_empty()).await;
    stage.world.remove_bot_message(GROUP, 1);
    stage.until_delivered("m1").await;
    assert_eq!(stage.world.bot_said(GROUP), ["one two"]);
}
