//! What people in Telegram see while they wait.

use std::sync::Arc;
use std::time::Duration;

use bridge::{Policy, Ports, RunEvent, wake};
use domain::limits::{TELEGRAM_DRAFT_EVERY, TELEGRAM_GROUP_EVERY, TELEGRAM_TEXT_MAX_UNITS};
use domain::telegram::draft_id;
use domain::text::utf16_len;
use domain::{InboxState, TelegramChat};
use platform_sim::{Said, World};
use tokio::time::{Instant, sleep};

use super::played::Played;
use super::support::*;

/// A stage whose bot is watched.
async fn watched(agent: Scripted, delay: Duration) -> (Stage, Arc<WatchedBot>) {
    let world = world_at(1).await;
    let bot = WatchedBot::new(world.bot(), delay);
    let ports = Ports { bot: Some(bot.clone()), ..ports(&world, world.push()) };
    (Stage::with_ports(world, agent, ports).await, bot)
}

fn tokens() -> Scripted {
    Scripted::new(|_| say_slowly((0..400).map(|n| format!("{n} ")), Duration::from_millis(10)))
}

fn drafts(world: &World, chat: TelegramChat) -> Vec<String> {
    world.bot_chat(chat).drafts.into_iter().map(|(_, text)| text).collect()
}

fn gaps(times: &[Instant]) -> Vec<Duration> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn who_wakes_the_agent_sees_it_wake() {
    let (stage, bot) = watched(Scripted::echo(), Duration::ZERO).await;
    for (message, chat) in [("m1", PRIVATE), ("m2", GROUP)] {
        put_in(&stage.world, message, chat).await;
    }
    let state = stage.world.task(&stage.user);
    wake(&stage.bridge, &state, sleep(Duration::from_secs(60))).await;
    let shown = drafts(&stage.world, PRIVATE);
    assert!(shown[0].starts_with("Waking your agent…"), "{shown:?}");
    assert!(shown.iter().all(|words| words.contains("program starts") || words.contains("nearly")));
    let drafted = bot.times("draft", PRIVATE);
    assert!((3..=6).contains(&drafted.len()), "{shown:?}");
    assert!(gaps(&drafted).iter().all(|gap| *gap <= TELEGRAM_DRAFT_EVERY), "a draft lives 30 s");
    let typed = bot.times("typing", GROUP);
    assert!((15..=17).contains(&typed.len()), "{} times in 60 s", typed.len());
    assert!(gaps(&typed).iter().all(|gap| *gap < Duration::from_secs(5)));
    assert_eq!(stage.world.bot_said(GROUP), [""; 0], "a group gets no messages about machines");
}

#[tokio::test(start_paused = true)]
async fn four_seconds_of_tokens_are_few_drafts_and_the_latest_text() {
    for delay in [Duration::ZERO, Duration::from_millis(1_700)] {
        let (stage, bot) = watched(tokens(), delay).await;
        put_in(&stage.world, "m1", PRIVATE).await;
        stage.start();
        stage.until("m1", InboxState::Done).await;
        let shown = drafts(&stage.world, PRIVATE);
        assert!((2..=6).contains(&shown.len()), "{} drafts at {delay:?}", shown.len());
        let text: String = (0..400).map(|n| format!("{n} ")).collect();
        let mut length = 0;
        for draft in shown.iter().filter(|draft| !draft.is_empty()) {
            assert!(text.starts_with(draft.trim_end()) && draft.len() > length, "{draft}");
            length = draft.len();
        }
        assert!(length > 0, "some text was shown");
        assert!(
            gaps(&bot.times("draft", PRIVATE)).iter().all(|gap| *gap >= Duration::from_secs(1))
        );
        stage.settle().await;
        assert_eq!(stage.world.bot_said(PRIVATE), [text.trim_end()]);
        let drafted = bot.times("draft", PRIVATE).len();
        sleep(Duration::from_secs(60)).await;
        assert_eq!(bot.times("draft", PRIVATE).len(), drafted, "nothing is shown after the end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_draft_has_the_number_that_the_stop_button_names() {
    let (stage, _) = watched(tokens(), Duration::ZERO).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let drafts = stage.world.bot_chat(PRIVATE).drafts;
    assert!(drafts.iter().all(|(draft, _)| *draft == draft_id(&id("m1"))));
}

#[tokio::test(start_paused = true)]
async fn of_a_long_text_the_end_is_shown() {
    let agent = Scripted::new(|_| {
        let mut steps = say_slowly(["word ".repeat(2_000), "end".into()], Duration::from_secs(2));
        steps.insert(4, Step::Wait(Duration::from_secs(5)));
        steps
    });
    let (stage, _) = watched(agent, Duration::ZERO).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let last = drafts(&stage.world, PRIVATE).pop().expect("text was shown");
    assert!(last.starts_with('…') && last.ends_with("word end"), "{last}");
    assert!(utf16_len(&last) <= TELEGRAM_TEXT_MAX_UNITS as u64);
}

#[tokio::test(start_paused = true)]
async fn what_the_agent_uses_is_shown_while_there_is_no_text() {
    let agent = Scripted::new(|_| {
        let (call_id, name, summary) = ("t1".into(), "exec".into(), "ls -la\nand more".into());
        let tool = RunEvent::Tool { call_id, name, state: protocol::ToolState::Start, summary };
        let mut steps = vec![Step::Event(tool), Step::Wait(Duration::from_secs(45))];
        steps.extend(say("done"));
        steps
    });
    let (stage, bot) = watched(agent, Duration::ZERO).await;
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    let shown = drafts(&stage.world, PRIVATE);
    assert_eq!(
        shown.iter().filter(|words| *words == "Using exec: ls -la…").count(),
        3,
        "{shown:?}"
    );
    assert!(gaps(&bot.times("draft", PRIVATE)).iter().all(|gap| *gap <= TELEGRAM_DRAFT_EVERY));
}

#[tokio::test(start_paused = true)]
async fn a_group_gets_one_message_that_answers_and_is_edited() {
    let agent = Scripted::new(|_| {
        say_slowly((0..200).map(|n| format!("{n} ")), Duration::from_millis(100))
    });
    let (stage, bot) = watched(agent, Duration::from_millis(50)).await;
    put_in(&stage.world, "m1", GROUP).await;
    stage.start();
    stage.until("m1", InboxState::Done).await;
    stage.settle().await;
    let chat = stage.world.bot_chat(GROUP);
    let text: String = (0..200).map(|n| format!("{n} ")).collect();
    assert_eq!(chat.messages.len(), 1);
    assert_eq!(chat.messages[0].text, Said::Rich(text.trim_end().into()));
    assert_eq!(chat.messages[0].answers, Some(7_000));
    let before = &chat.messages[0].before;
    assert!((5..=8).contains(&before.len()), "{} edits in 20 s", before.len());
    assert!(before.windows(2).all(|pair| pair[0] != pair[1]), "never the same text twice");
    let mut times = bot.times("send", GROUP);
    times.extend(bot.times("edit", GROUP));
    assert!(gaps(&times).iter().all(|gap| *gap >= TELEGRAM_GROUP_EVERY));
    assert_eq!(stage.world.bot_chat(GROUP).drafts, []);
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_asks_for_a_pause_gets_one_and_the_latest_text_after_it() {
    let (stage, bot) = watched(tokens(), Duration::ZERO).await;
    stage.world.make_bot_wait("bot.draft", 1, Duration::from_secs(3));
    put_in(&stage.world, "m1", PRIVATE).await;
    stage.start();
    let began = Instant::now();
    stage.until("m1", InboxState::Done).await;
    let times = bot.times("draft", PRIVATE);
    assert_eq!(times[0], began);
    assert!(times[1] - times[0] >= Duration::from_secs(3), "{times:?}");
    assert!(drafts(&stage.world, PRIVATE)[0].contains("250 "), "it had been written meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_takes_no_drafts_sees_that_somebody_types() {
    let mut thread = TelegramChat { id: 72, ..PRIVATE };
    thread.thread = Some(3);
    let (stage, bot) = watched(
        Scripted::new(|_| say_slowly(["a".into()], Duration::from_secs(20))),
        Duration::ZERO,
    )
    .await;
    stage.world.block_bot(PRIVATE.id);
    for (message, chat) in [("m1", PRIVATE), ("m2", thread)] {
        put_in(&stage.world, message, chat).await;
    }
    stage.start();
    stage.until("m2", InboxState::Done).await;
    stage.settle().await;
    assert_eq!(bot.times("draft", PRIVATE).len(), 1, "who has blocked the bot is left alone");
    assert_eq!(stage.world.bot_said(thread), ["a"], "and nobody else");
}

#[tokio::test(start_paused = true)]
async fn a_slow_chat_holds_up_no_other() {
    let (stage, bot) = watched(tokens(), Duration::ZERO).await;
    stage.world.make_bot_wait("bot.typing", 1, Duration::from_secs(300));
    put_in(&stage.world, "m1", GROUP).await;
    put_in(&stage.world, "m2", PRIVATE).await;
    stage.start();
    stage.until("m2", InboxState::Done).await;
    assert!(bot.times("draft", PRIVATE).len() >= 3);
    assert_eq!(bot.times("send", GROUP), [], "paused as a whole");
}

/// Before the bridge may touch anything of the user's.
#[tokio::test(start_paused = true)]
async fn who_waits_sees_it_while_the_machine_before_still_saves() {
    let world = world_at(1).await;
    put_in(&world, "m1", PRIVATE).await;
    let played = Played::next(&world, Policy::default()).await;
    sleep(Duration::from_secs(50)).await;
    let waking = drafts(&world, PRIVATE);
    assert!(waking.len() >= 3 && waking.iter().all(|words| words == "Waking your agent…"));
    played.until("m1", InboxState::Done).await;
    until(|| !world.bot_said(PRIVATE).is_empty()).await;
    played.kill();
}

#[tokio::test(start_paused = true)]
async fn a_launch_that_nobody_wants_shows_nothing_and_leaves_at_once() {
    let world = world_at(1).await;
    put_in(&world, "m1", PRIVATE).await;
    let late = Played::next(&world, Policy::default()).await;
    claim(&world).await;
    let began = Instant::now();
    assert!(late.end().await.is_ok());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
