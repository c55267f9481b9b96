//! Updates as Telegram writes them, and as it may write them one day.

use serde_json::{Value, json};
use telegram::{
    ChatKind, FileKind, MemberStatus, Message, Origin, Update, UpdateKind, read_update,
};

fn read(update: Value) -> Update {
    read_update(update.to_string().as_bytes()).expect("an update")
}

fn message(fields: Value) -> Message {
    let mut message = json!({
        "message_id": 12, "date": 1_795_249_140, "chat": { "id": 7, "type": "private" },
        "from": { "id": 7, "is_bot": false, "first_name": "Ana", "last_name": "B" },
    });
    message.as_object_mut().expect("fields").extend(fields.as_object().expect("fields").clone());
    match read(json!({ "update_id": 1, "message": message })).kind {
        UpdateKind::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_has_its_words_and_their_marks() {
    let message = message(json!({
        "text": "😀 /new@claw_bot now",
        "entities": [{ "type": "bot_command", "offset": 3, "length": 13 }],
    }));
    assert_eq!(message.words().as_deref(), Some("😀 /new@claw_bot now"));
    let mark = &message.marks()[0];
    assert_eq!(mark.of(message.marked_text()), Some("/new@claw_bot"));
    assert_eq!(mark.of("😀"), None, "of another text");
    assert_eq!(message.from.expect("a person").to_string(), "Ana B");
}

#[test]
fn an_answer_has_what_it_answers_and_what_it_quotes() {
    let message = message(json!({
        "text": "why?",
        "reply_to_message": {
            "message_id": 11, "chat": { "id": 7, "type": "private" }, "date": 1,
            "from": { "id": 4217, "is_bot": true, "first_name": "Claw" },
            "rich_message": { "blocks": [
                { "type": "heading", "size": 1, "text": "Title" },
                { "type": "paragraph", "text": ["a ", { "type": "bold", "text": "b" }, " ",
                    { "type": "url", "url": "https://x", "text": ["c"] }] },
                { "type": "list", "items": [
                    { "label": "•", "blocks": [{ "type": "paragraph", "text": "one" }] },
                    { "label": "•", "blocks": [{ "type": "paragraph", "text": "two" }] },
                ] },
                { "type": "table", "cells": [[{ "text": "x" }, { "text": "y" }], [{ "text": "1" }]] },
                { "type": "divider" },
                { "type": "a new kind", "text": "end" },
            ] },
        },
        "quote": { "text": "a b", "position": 0, "is_manual": true },
    }));
    let answered = message.reply_to_message.expect("an answer");
    assert_eq!(answered.words().as_deref(), Some("Title\na b c\n• one\n• two\nx | y\n1\nend"));
    assert!(message.quote.is_some_and(|quote| quote.is_manual && quote.text == "a b"));
}

#[test]
fn every_file_has_a_kind_and_a_name() {
    let check = |fields: Value, kind: FileKind, name: &str| {
        let message = message(fields);
        let (found, file) = message.file().expect("a file");
        assert_eq!((found, file.name(found).as_str(), file.file_id.as_str()), (kind, name, "f"));
    };
    let photo = json!([
        { "file_id": "s", "width": 90, "height": 90 },
        { "file_id": "f", "width": 1280, "height": 960, "file_size": 90_000 },
        { "file_id": "m", "width": 320, "height": 240 },
    ]);
    check(json!({ "photo": photo, "caption": "look" }), FileKind::Photo, "photo.jpg");
    let document = json!({ "file_id": "f", "file_name": "a.pdf", "mime_type": "application/pdf" });
    check(json!({ "document": document }), FileKind::Document, "a.pdf");
    check(json!({ "voice": { "file_id": "f", "duration": 3 } }), FileKind::Voice, "voice.ogg");
    check(json!({ "audio": { "file_id": "f" } }), FileKind::Audio, "audio.mp3");
    check(json!({ "video": { "file_id": "f" } }), FileKind::Video, "video.mp4");
    check(json!({ "video_note": { "file_id": "f" } }), FileKind::VideoNote, "video.mp4");
    let animation = json!({ "animation": { "file_id": "f" }, "document": { "file_id": "d" } });
    check(animation, FileKind::Animation, "animation.mp4");
    let sticker = json!({ "sticker": { "file_id": "f", "is_animated": true, "emoji": "👍" } });
    check(sticker, FileKind::Sticker, "sticker.tgs");
}

#[test]
fn a_topic_is_told_from_a_thread_of_answers() {
    assert_eq!(
        message(json!({ "message_thread_id": 3, "is_topic_message": true })).topic(),
        Some(3)
    );
    assert_eq!(message(json!({ "message_thread_id": 3 })).topic(), None);
}

#[test]
fn places_people_and_origins_are_read() {
    let place = message(json!({ "location": { "latitude": 1.5, "longitude": -2.5 } }));
    assert_eq!(place.location.map(|it| (it.latitude, it.longitude)), Some((1.5, -2.5)));
    let location = json!({ "latitude": 1, "longitude": 2 });
    let venue = message(json!({ "venue": { "location": location, "title": "T", "address": "A" } }));
    assert_eq!(venue.venue.map(|it| it.title), Some("T".into()));
    let person = message(json!({ "contact": { "phone_number": "+1", "first_name": "Bo" } }));
    assert_eq!(person.contact.map(|it| it.phone_number), Some("+1".into()));
    let name = |origin: Value| {
        let origin = message(json!({ "forward_origin": origin })).forward_origin;
        origin.as_ref().and_then(Origin::name)
    };
    let user = json!({ "id": 1, "first_name": "Cy" });
    assert_eq!(name(json!({ "type": "user", "date": 1, "sender_user": user })), Some("Cy".into()));
    let hidden = json!({ "type": "hidden_user", "sender_user_name": "Di" });
    assert_eq!(name(hidden), Some("Di".into()));
    let chat = json!({ "id": -1, "type": "channel", "title": "News" });
    assert_eq!(
        name(json!({ "type": "channel", "chat": chat, "message_id": 1 })),
        Some("News".into())
    );
    assert_eq!(name(json!({ "type": "of tomorrow" })), None);
}

#[test]
fn what_we_have_no_use_for_is_told_from_telegrams_own_words() {
    assert_eq!(message(json!({ "poll": { "id": "1" } })).unused_content(), Some("poll"));
    assert_eq!(message(json!({ "dice": { "value": 1 } })).unused_content(), Some("dice"));
    assert_eq!(message(json!({ "new_chat_members": [] })).unused_content(), None);
    assert_eq!(message(json!({ "migrate_to_chat_id": -100 })).migrate_to_chat_id, Some(-100));
}

#[test]
fn every_kind_that_we_ask_for_is_read() {
    let chat = json!({ "id": -5, "type": "supergroup", "title": "G", "is_forum": true });
    let from = json!({ "id": 7, "first_name": "Ana" });
    let message = json!({ "message_id": 1, "chat": chat, "date": 1, "text": "a", "edit_date": 2 });
    let edited = read(json!({ "update_id": 2, "edited_message": message }));
    assert!(matches!(&edited.kind, UpdateKind::EditedMessage(it) if it.edit_date == Some(2)));
    assert!(edited.chat().is_some_and(|chat| chat.is_forum && chat.is_group()));

    let query = json!({ "id": "9", "from": from, "message": message, "data": "stop" });
    let query = read(json!({ "update_id": 3, "callback_query": query }));
    assert_eq!(query.from().map(|user| user.id), Some(7));
    assert!(
        matches!(query.kind, UpdateKind::CallbackQuery(it) if it.data.as_deref() == Some("stop"))
    );

    let change = json!({
        "chat": { "id": 7, "type": "private" }, "from": from, "date": 1,
        "old_chat_member": { "status": "member", "user": {} },
        "new_chat_member": { "status": "kicked", "until_date": 0 },
    });
    let change = read(json!({ "update_id": 4, "my_chat_member": change }));
    assert!(change.chat().is_some_and(|chat| chat.kind == ChatKind::Private));
    let UpdateKind::MyChatMember(change) = change.kind else { panic!("a change") };
    assert_eq!(change.new_chat_member.status, MemberStatus::Kicked);

    let stopped = json!({ "chat": { "id": 7, "type": "private" }, "draft_id": 99 });
    let stopped = read(json!({ "update_id": 5, "stopped_message_generation": stopped }));
    assert!(matches!(stopped.kind, UpdateKind::StoppedMessageGeneration(it) if it.draft_id == 99));
}

#[test]
fn nothing_that_has_a_number_fails() {
    let other = read(json!({ "update_id": 6, "purchased_paid_media": { "x": [1] } }));
    assert_eq!(other.kind, UpdateKind::Other("purchased_paid_media".into()));
    assert_eq!(read(json!({ "update_id": 6 })).kind, UpdateKind::Other(String::new()));
    let broken = read(json!({ "update_id": 7, "message": { "text": "no chat" } }));
    let UpdateKind::Unreadable { kind, why } = &broken.kind else { panic!("{broken:?}") };
    assert!(kind == "message" && why.contains("message_id"), "{why}");
    assert_eq!((broken.id, broken.chat()), (7, None));
}

#[test]
fn a_field_of_a_new_shape_takes_nothing_else_with_it() {
    let message = message(json!({
        "text": "a", "entities": "none", "photo": { "sizes": [] }, "quote": 5,
        "reply_to_message": { "message_id": 1 }, "sticker": null, "from": { "name": "x" },
        "location": { "lat": 1 }, "forward_origin": { "type": "user" },
    }));
    assert_eq!(message.words().as_deref(), Some("a"));
    assert!(message.marks().is_empty() && message.file().is_none() && message.from.is_none());
    assert!(message.quote.is_none() && message.reply_to_message.is_none());
    assert!(message.location.is_none() && message.forward_origin.is_none());
}

#[test]
fn what_has_no_number_is_no_update() {
    for body in ["", "[]", "{}", "{\"update_id\":\"1\"}", "{\"message\":{}}", "\u{0}"] {
        read_update(body.as_bytes()).expect_err(body);
    }
}
