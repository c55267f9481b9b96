use domain::ConversationId;
use proptest::prelude::*;

use super::*;

/// A client that does what the page does with text frames.
#[derive(Default)]
struct Client {
    text: String,
    frames: usize,
}

impl Client {
    fn take(&mut self, frame: &str) {
        assert!(frame.len() <= SERVER_FRAME_MAX_BYTES, "{} bytes", frame.len());
        self.frames += 1;
        match serde_json::from_str(frame).expect("a frame") {
            ServerFrame::StreamChunk { offset, content, .. } => {
                assert_eq!(offset, text::utf16_len(&self.text), "a hole or an overlap");
                self.text.push_str(&content);
            }
            ServerFrame::StreamSnapshot { offset, content, .. } => {
                assert_eq!(offset, 0);
                self.text = content;
            }
            _ => {}
        }
    }
}

fn message(id: &str) -> MessageId {
    MessageId::new(id).expect("valid")
}

fn reply(id: &str) -> Arc<Transcript> {
    Arc::new(Transcript::new(message(id), ConversationId::default(), true))
}

fn notice(about: &str, json: &str) -> Notice {
    Notice { json: json.into(), about: Some(message(about)), last: false }
}

#[track_caller]
fn post(outbox: &mut Outbox, now: Instant) -> Post {
    match outbox.next(now) {
        Next::Post(post) => post,
        other => panic!("expected a post, got {other:?}"),
    }
}

/// Sends everything there is, as if each post took no time.
fn flush(outbox: &mut Outbox, client: &mut Client) {
    let mut now = Instant::now();
    loop {
        match outbox.next(now) {
            Next::Idle => return,
            Next::At(at) => now = at,
            Next::Post(post) => {
                client.take(&post.frame);
                outbox.delivered(post);
            }
        }
    }
}

#[test]
fn text_that_comes_while_a_post_is_under_way_becomes_one_frame() {
    let (mut outbox, reply, now) = (Outbox::default(), reply("m"), Instant::now());
    reply.append("a");
    outbox.text(&reply, false);
    let first = post(&mut outbox, now);
    for _ in 0..100 {
        reply.append("b");
        outbox.text(&reply, false);
    }
    outbox.delivered(first);
    let second = post(&mut outbox, now + TEXT_SPACING);
    assert!(second.frame.contains(&"b".repeat(100)));
    outbox.delivered(second);
    assert!(matches!(outbox.next(now + TEXT_SPACING * 2), Next::Idle));
}

#[test]
fn text_waits_for_more_text_but_not_when_it_is_the_last() {
    let (mut outbox, reply, now) = (Outbox::default(), reply("m"), Instant::now());
    reply.append("a");
    outbox.text(&reply, false);
    let first = post(&mut outbox, now);
    outbox.delivered(first);
    reply.append("b");
    outbox.text(&reply, false);
    assert!(matches!(outbox.next(now), Next::At(at) if at == now + TEXT_SPACING));
    outbox.text(&reply, true);
    assert!(matches!(outbox.next(now), Next::Post(_)));
}

#[test]
fn a_tool_frame_keeps_its_place_between_the_texts_around_it() {
    let (mut outbox, reply, now) = (Outbox::default(), reply("m"), Instant::now());
    reply.append("before");
    outbox.text(&reply, false);
    outbox.notice(notice("m", "TOOL"));
    reply.append("after");
    outbox.text(&reply, false);
    let mut order = Vec::new();
    while let Next::Post(post) = outbox.next(now) {
        order.push(post.frame.to_string());
        outbox.delivered(post);
        if order.len() == 2 {
            outbox.text(&reply, true);
        }
    }
    assert!(order[0].contains("before") && !order[0].contains("after"));
    assert_eq!(order[1], "TOOL");
    assert!(order[2].contains("after"));
}

#[test]
fn a_post_that_failed_starts_over_with_all_that_came_since() {
    let (mut outbox, reply, now) = (Outbox::default(), reply("m"), Instant::now());
    reply.append("a");
    outbox.text(&reply, false);
    let _throttled = post(&mut outbox, now);
    reply.append("b");
    outbox.text(&reply, true);
    outbox.not_delivered();
    let again = post(&mut outbox, now);
    assert!(again.frame.contains(r#""offset":0,"content":"ab""#), "{}", again.frame);
}

#[test]
fn a_replacement_makes_the_client_start_over() {
    let (mut outbox, reply) = (Outbox::default(), reply("m"));
    let mut client = Client::default();
    reply.append("wrong");
    outbox.text(&reply, false);
    flush(&mut outbox, &mut client);
    reply.replace("");
    outbox.text(&reply, false);
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "wrong", "until there is something better");
    reply.append("right");
    outbox.text(&reply, false);
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "right");
}

/// A reply that an earlier bridge began: nothing is known of what clients hold.
#[test]
fn a_reply_begun_anew_takes_nothing_away_before_it_has_text() {
    let reply = Transcript::new(message("m"), ConversationId::default(), false);
    let (mut outbox, reply) = (Outbox::default(), Arc::new(reply));
    let mut client = Client { text: "left by another run".into(), frames: 0 };
    outbox.joins_late(&reply);
    outbox.resume(&reply, Some(9));
    outbox.text(&reply, true);
    flush(&mut outbox, &mut client);
    assert_eq!((client.text.as_str(), client.frames), ("left by another run", 0));
    reply.append("anew");
    outbox.text(&reply, true);
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "anew");
}

#[test]
fn a_text_that_is_left_is_a_snapshot_and_what_does_not_fit_one() {
    let text = "\"한😀\n".repeat(10_000);
    let reply = reply("m");
    reply.append(&text);
    let frames = frames_of(&reply);
    assert!(matches!(frames[0], ServerFrame::StreamSnapshot { .. }));
    assert!(frames.len() > 3, "{}", frames.len());
    let mut client = Client { text: "something else".into(), frames: 0 };
    frames.iter().for_each(|frame| client.take(&encode(frame)));
    assert!(client.text == text, "not the same text");
}

#[test]
fn a_reply_that_never_pauses_does_not_starve_another_conversation() {
    let (mut outbox, busy, other) = (Outbox::default(), reply("busy"), reply("other"));
    let mut now = Instant::now();
    busy.append("x");
    outbox.text(&busy, false);
    other.append("y");
    outbox.text(&other, false);
    for _ in 0..4 {
        now += TEXT_SPACING;
        let sent = post(&mut outbox, now);
        busy.append("x");
        outbox.text(&busy, false);
        let of_other = sent.frame.contains("other");
        outbox.delivered(sent);
        if of_other {
            return;
        }
    }
    panic!("the other conversation was never sent");
}

#[test]
fn who_joins_late_gets_a_snapshot_and_then_the_rest() {
    let (mut outbox, reply) = (Outbox::default(), reply("m"));
    reply.append("the beginning");
    outbox.joins_late(&reply);
    let mut client = Client { text: "old".into(), frames: 0 };
    flush(&mut outbox, &mut client);
    reply.append(" and the end");
    outbox.text(&reply, true);
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "the beginning and the end");
}

#[test]
fn a_client_that_has_everything_is_sent_nothing() {
    let (mut outbox, reply) = (Outbox::default(), reply("m"));
    reply.append("a😀");
    outbox.resume(&reply, Some(3));
    assert!(matches!(outbox.next(Instant::now()), Next::Idle));
}

#[test]
fn after_a_replacement_an_offset_says_nothing_and_the_client_gets_a_snapshot() {
    let (mut outbox, reply) = (Outbox::default(), reply("m"));
    reply.append("wrong");
    reply.replace("right answer");
    outbox.resume(&reply, Some(5));
    let mut client = Client { text: "wrong".into(), frames: 0 };
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "right answer");
}

#[test]
fn a_resume_while_a_post_is_under_way_has_the_last_word() {
    let (mut outbox, reply, now) = (Outbox::default(), reply("m"), Instant::now());
    reply.append("0123456789");
    outbox.text(&reply, false);
    let under_way = post(&mut outbox, now);
    outbox.resume(&reply, Some(4));
    outbox.delivered(under_way);
    let mut client = Client { text: "0123".into(), frames: 0 };
    flush(&mut outbox, &mut client);
    assert_eq!(client.text, "0123456789");
}

#[test]
fn a_large_reply_of_escapes_is_cut_into_frames_that_fit() {
    let (mut outbox, reply) = (Outbox::default(), reply("m"));
    let text = "\u{1}\"\\\n한😀".repeat(200 * 1024 / 11);
    reply.append(&text);
    outbox.text(&reply, true);
    let mut client = Client::default();
    flush(&mut outbox, &mut client);
    assert!(client.text == text, "not the same text");
    let json = serde_json::to_string(&text).expect("a string").len();
    let least = json.div_ceil(SERVER_FRAME_MAX_BYTES);
    assert!(client.frames <= least + 1, "{} frames instead of about {least}", client.frames);
}

#[test]
fn the_room_for_a_content_is_what_the_largest_frame_leaves() {
    let (conversation_id, message_id) = ("c".repeat(64), "m".repeat(128));
    let content = "x".repeat(room_for(&conversation_id, &message_id));
    let offset = u64::MAX;
    let frame = ServerFrame::StreamSnapshot { conversation_id, message_id, offset, content };
    assert_eq!(encode(&frame).len(), SERVER_FRAME_MAX_BYTES);
}

proptest! {
    /// Random text, in random pieces, lost and resumed at every place a client can be at.
    #[test]
    fn a_client_that_resumes_gets_exactly_what_it_lacks(
        pieces in prop::collection::vec("(\\PC|😀|한|\n){0,6}", 1..8),
    ) {
        let whole: String = pieces.concat();
        for held in 0..=text::utf16_len(&whole) + 2 {
            let (mut outbox, reply) = (Outbox::default(), reply("m"));
            reply.append(&whole);
            outbox.resume(&reply, Some(held));
            let mut client = Client::default();
            let on_a_character = text::byte_at_utf16(&whole, held);
            client.text = whole[..on_a_character.unwrap_or(0)].to_owned();
            flush(&mut outbox, &mut client);
            prop_assert_eq!(&client.text, &whole);
            let lacks_nothing = whole.is_empty() || on_a_character == Some(whole.len());
            prop_assert_eq!(client.frames == 0, lacks_nothing);
        }
    }

    #[test]
    fn a_stream_in_any_pieces_arrives_whole(
        pieces in prop::collection::vec(("(\\PC|😀|한){0,9}", any::<bool>(), any::<bool>()), 1..20),
    ) {
        let (mut outbox, reply, mut now) = (Outbox::default(), reply("m"), Instant::now());
        let mut client = Client::default();
        for (piece, arrives, posts) in &pieces {
            reply.append(piece);
            outbox.text(&reply, false);
            now += TEXT_SPACING;
            match outbox.next(now) {
                Next::Post(post) if *posts && *arrives => {
                    client.take(&post.frame);
                    outbox.delivered(post);
                }
                Next::Post(_) => outbox.not_delivered(),
                Next::At(_) | Next::Idle => {}
            }
        }
        flush(&mut outbox, &mut client);
        prop_assert_eq!(client.text, reply.text());
    }
}
