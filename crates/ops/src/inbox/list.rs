//! Which messages a user has. What they say is nobody's business, an operator's neither.

use domain::{Generation, InboxMessage, UserId};
use serde_json::{Value, json};

use crate::Verdict;
use crate::cli::State;
use crate::output::{or_dash, say, table, time};
use crate::ports::Ports;

pub(super) async fn run(
    ports: &Ports,
    user: &UserId,
    state: Option<State>,
    json: bool,
) -> anyhow::Result<Verdict> {
    let mut rows = ports.api.accept.inbox.outline(user, ports.clock.now()).await?;
    rows.retain(|row| state.is_none_or(|wanted| wanted.is(row.state)));
    if json {
        let rows: Vec<Value> = rows.iter().map(describe).collect();
        say!("{}", json!({ "user": user, "messages": rows }));
    } else if rows.is_empty() {
        say!("user `{user}` has no such message");
    } else {
        let head =
            ["MESSAGE", "STATE", "CONVERSATION", "CHANNEL", "RECEIVED (UTC)", "TRIES", "HELD BY"];
        table(head, &[5], &rows.iter().map(row).collect::<Vec<_>>());
    }
    Ok(Verdict::Fine)
}

fn row(message: &InboxMessage) -> [String; 7] {
    [
        message.id.to_string(),
        format!("{:?}", message.state),
        message.conversation.to_string(),
        format!("{:?}", message.channel).to_lowercase(),
        time(message.received_at),
        message.attempts.to_string(),
        or_dash(message.lease_generation.map(|Generation(number)| format!("generation {number}"))),
    ]
}

fn describe(message: &InboxMessage) -> Value {
    json!({
        "id": message.id, "state": message.state, "conversationId": message.conversation,
        "channel": message.channel, "receivedAt": message.received_at,
        "attempts": message.attempts, "leaseGeneration": message.lease_generation,
        "cancelRequested": message.cancel_requested, "owed": message.owed.is_some(),
    })
}
