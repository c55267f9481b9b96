//! Rows of the inbox, and the rows of a conversation that a message ends as.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::limits::{INBOX_TTL, TOMBSTONE_TTL};
use domain::text::utf16_len;
use domain::{
    Attachment, Generation, InboxMessage, InboxState, MessageId, ReplyTo, Role, Timestamp, UserId,
};
use platform::{Amendment, Completion, NewMessage};

use crate::keys;
use crate::row::{Item, Malformed, Row, item, json, number, text, word, words};
use crate::texts::Stored;
use crate::writes::Change;

/// What `read` needs, without the texts: an outline of 200 long messages would be 25 MB.
pub(crate) const OUTLINE: &str = "#SK, #conversationId, #channel, #replyTo, #receivedAt, #state, \
                                  #leaseGeneration, #attempts, #cancelRequested, #replyLength, #album, \
                                  #parts, #owed";

pub(crate) fn key(user: &UserId, id: &MessageId) -> Item {
    item([("PK", text(keys::user(user))), ("SK", text(keys::inbox(id)))])
}

/// `stamp`: its place in the order of all that was accepted of the user.
pub(crate) fn pending(user: &UserId, message: &NewMessage, stamp: Timestamp) -> Item {
    let mut row = item([
        ("PK", text(keys::user(user))),
        ("SK", text(keys::inbox(&message.id))),
        ("state", word(&InboxState::Pending)),
        ("conversationId", text(message.conversation.as_str())),
        ("channel", word(&message.channel)),
        ("replyTo", json(&message.reply_to)),
        ("text", text(&message.text)),
        ("receivedAt", number(stamp.millis())),
        ("attempts", number(0)),
        ("ttl", number((stamp + INBOX_TTL).epoch_seconds())),
    ]);
    row.extend(attachments(&message.attachments));
    row.extend(message.album.as_ref().map(|album| ("album".into(), text(album))));
    row
}

/// None is no attribute.
fn attachments(keys: &[Attachment]) -> Option<(String, AttributeValue)> {
    (!keys.is_empty()).then(|| ("attachments".into(), json(&keys)))
}

pub(crate) fn read(row: Row<'_>) -> Result<InboxMessage, Malformed> {
    Ok(InboxMessage {
        id: row.id("SK", keys::inbox_of)?,
        conversation: row.word("conversationId")?,
        channel: row.word("channel")?,
        reply_to: row.json_if_any("replyTo")?.unwrap_or(ReplyTo::None),
        text: row.text_if_any("text")?.unwrap_or_default().to_owned(),
        attachments: row.json_if_any("attachments")?.unwrap_or_default(),
        received_at: Timestamp(row.number("receivedAt")?),
        state: row.word("state")?,
        lease_generation: row.number_if_any("leaseGeneration")?.map(Generation),
        attempts: u32::try_from(row.number("attempts")?).unwrap_or(u32::MAX),
        cancel_requested: row.flag("cancelRequested")?,
        partial: row.text_if_any("partial")?.map(str::to_owned),
        reply_length: row.number_if_any("replyLength")?,
        album: row.text_if_any("album")?.map(str::to_owned),
        parts: parts(row)?,
        owed: row.number_if_any("owed")?.map(|sent| u32::try_from(sent).unwrap_or(u32::MAX)),
    })
}

fn parts(row: Row<'_>) -> Result<Vec<MessageId>, Malformed> {
    Ok(row.json_if_any("parts")?.unwrap_or_default())
}

/// On the condition that the row is as `before`: read, added to, written.
pub(crate) fn amend<'a>(
    table: &'a str,
    user: &UserId,
    before: &InboxMessage,
    amendment: &Amendment,
) -> Change<'a> {
    let mut parts = before.parts.clone();
    parts.push(amendment.part.clone());
    let attachments = [before.attachments.as_slice(), &amendment.attachments].concat();
    let mut values = item([
        (":pending", word(&InboxState::Pending)),
        (":none", number(0)),
        (":parts", json(&parts)),
        (":text", text(amendment.text.as_ref().unwrap_or(&before.text))),
    ]);
    let mut update = "SET #parts = :parts, #text = :text".to_owned();
    if !attachments.is_empty() {
        update.push_str(", #attachments = :attachments");
        values.insert(":attachments".into(), json(&attachments));
    }
    let condition = match before.parts.as_slice() {
        [] => "#state = :pending AND #attempts = :none AND attribute_not_exists(#parts)",
        seen => {
            values.insert(":seen".into(), json(&seen));
            "#state = :pending AND #attempts = :none AND #parts = :seen"
        }
    };
    Change { table, key: key(user, &before.id), update: update.into(), condition, values }
}

pub(crate) fn note_sent<'a>(table: &'a str, key: Item, sent: u32) -> Change<'a> {
    Change {
        table,
        key,
        update: "SET #owed = :sent".into(),
        condition: "attribute_exists(#owed)",
        values: item([(":sent", number(sent.into()))]),
    }
}

pub(crate) fn delivered(table: &str, key: Item) -> Change<'_> {
    Change {
        table,
        key,
        update: "REMOVE #owed".into(),
        condition: "attribute_exists(#owed)",
        values: item([]),
    }
}

/// Without a new `partial` the last one stays: there is no better.
pub(crate) fn give_back<'a>(
    table: &'a str,
    key: Item,
    generation: Generation,
    partial: Option<&str>,
) -> Change<'a> {
    let mut values = item([
        (":leased", word(&InboxState::Leased)),
        (":pending", word(&InboxState::Pending)),
        (":lease", number(generation.0)),
    ]);
    values.extend(partial.map(|partial| (":partial".into(), text(partial))));
    let update = match partial {
        Some(_) => "SET #state = :pending, #partial = :partial REMOVE #leaseGeneration",
        None => "SET #state = :pending REMOVE #leaseGeneration",
    };
    Change {
        table,
        key,
        update: update.into(),
        condition: "#state = :leased AND #leaseGeneration = :lease",
        values,
    }
}

/// A tombstone remembers the id for deduplication and the reply's length for `resume`; a dead
/// row keeps its text, so that the user can try again.
pub(crate) fn end<'a>(table: &'a str, user: &UserId, done: &Completion<'_>) -> Change<'a> {
    let mut values = item([
        (":ended", word(&done.state)),
        (":leased", word(&InboxState::Leased)),
        (":lease", number(done.generation.0)),
    ]);
    let (mut set, remove, kept_for) = if done.state == InboxState::Done {
        values.insert(":length".into(), number(utf16_len(&done.reply.text)));
        let set = "SET #state = :ended, #ttl = :ttl, #replyLength = :length".to_owned();
        (set, "REMOVE #text, #attachments, #partial, #leaseGeneration", TOMBSTONE_TTL)
    } else {
        let set = "SET #state = :ended, #ttl = :ttl".to_owned();
        (set, "REMOVE #partial, #leaseGeneration", INBOX_TTL)
    };
    if done.owed {
        values.insert(":owed".into(), number(0));
        set.push_str(", #owed = :owed");
    }
    values.insert(":ttl".into(), number((done.reply.at + kept_for).epoch_seconds()));
    Change {
        table,
        key: key(user, &done.message.id),
        update: format!("{set} {remove}").into(),
        condition: "#state = :leased AND #leaseGeneration = :lease",
        values,
    }
}

pub(crate) fn user_row(user: &UserId, done: &Completion<'_>, ttl: u64) -> Item {
    let message = done.message;
    let place = keys::message(&message.conversation, message.received_at, &message.id);
    let mut row = conversation_row(user, done, place, Role::User, ttl);
    row.extend(item([("text", text(&message.text)), ("at", number(message.received_at.millis()))]));
    row.extend(attachments(&message.attachments));
    row
}

pub(crate) fn reply_row(user: &UserId, done: &Completion<'_>, stored: Stored, ttl: u64) -> Item {
    let (message, reply) = (done.message, done.reply);
    let place = keys::reply(&message.conversation, message.received_at, &message.id);
    let mut row = conversation_row(user, done, place, Role::Assistant, ttl);
    row.extend(item([
        stored.attribute(),
        ("at", number(reply.at.millis())),
        ("outcome", word(&reply.outcome)),
    ]));
    row.extend(reply.error.as_ref().map(|error| ("error".into(), text(error))));
    row.extend(reply.usage.as_ref().map(|usage| ("usage".into(), json(usage))));
    row
}

fn conversation_row(
    user: &UserId,
    done: &Completion<'_>,
    place: String,
    role: Role,
    ttl: u64,
) -> Item {
    let message = done.message;
    item([
        ("PK", text(keys::user(user))),
        ("SK", text(place)),
        ("messageId", text(message.id.as_str())),
        ("conversationId", text(message.conversation.as_str())),
        ("role", word(&role)),
        ("receivedAt", number(message.received_at.millis())),
        ("channel", word(&message.channel)),
        ("ttl", number(ttl)),
    ])
}

/// The first message of a conversation gives it its title.
pub(crate) fn activity<'a>(
    table: &'a str,
    user: &UserId,
    done: &Completion<'_>,
    ttl: u64,
) -> Change<'a> {
    let conversation = &done.message.conversation;
    Change {
        table,
        key: item([("PK", text(keys::user(user))), ("SK", text(keys::meta(conversation)))]),
        update: "SET #title = if_not_exists(#title, :title), #conversationId = :conversation, \
                 #lastActivityAt = :at, #ttl = :ttl ADD #channels :channels"
            .into(),
        // Always true: what a change without a condition of its own says.
        condition: "attribute_not_exists(#PK) OR attribute_exists(#PK)",
        values: item([
            (":title", text(done.message.title())),
            (":conversation", text(conversation.as_str())),
            (":at", number(done.reply.at.millis())),
            (":ttl", number(ttl)),
            (":channels", words([done.message.channel])),
        ]),
    }
}
