//! Every limit of the system, with its unit and its source. Checked at the edge that
//! first sees the value, and tested at the limit and one past it.

use std::time::Duration;

/// One WebSocket message from a client, in bytes. API Gateway closes the connection with
/// 1009 beyond it. Source: API Gateway quotas, "message payload size 128 KB".
pub const CLIENT_MESSAGE_MAX_BYTES: usize = 131_072;

/// One frame to a client, in bytes. Source: API Gateway quotas, "WebSocket frame size 32 KB";
/// it applies to @connections posts as well.
pub const SERVER_FRAME_MAX_BYTES: usize = 32_768;

/// Text of one message from a user, in bytes of UTF-8: what fits an API Gateway message.
pub const MESSAGE_TEXT_MAX_BYTES: usize = CLIENT_MESSAGE_MAX_BYTES;

/// Body of one REST request, in bytes: a message text whose every byte is escaped in JSON,
/// and room for the other fields. HTTP API itself stops at 10 MB.
pub const REST_BODY_MAX_BYTES: usize = 6 * MESSAGE_TEXT_MAX_BYTES + 4_096;

/// A text longer than this, in bytes, lies in the data bucket and its row has the key.
/// Source: a DynamoDB item holds 400 KB; a reply's row also carries ids and usage.
pub const INLINE_TEXT_MAX_BYTES: usize = 262_144;

/// One reply, in bytes. A run that writes more is cut there and marked `truncated`.
pub const REPLY_TEXT_MAX_BYTES: usize = 8 * 1_048_576;

/// What is kept of an unfinished reply, in bytes; the rest is written anew. With a message of
/// 128 KB beside it the row stays below DynamoDB's 400 KB.
pub const PARTIAL_TEXT_MAX_BYTES: usize = 131_072;

/// Messages of one user that wait at once. Ours: bounds what one user can queue.
pub const OPEN_MESSAGES_MAX: usize = 200;

/// Length of the sender's idempotency key. Ours.
pub const MESSAGE_ID_MAX_CHARS: usize = 128;

/// Ours; the gateway allows 512 characters in a session key, and we hex-encode.
pub const CONVERSATION_ID_MAX_CHARS: usize = 64;

/// Ours. Cognito's `sub` has 36.
pub const USER_ID_MAX_CHARS: usize = 128;

/// Messages on one page of a conversation's history.
pub const HISTORY_PAGE_MAX: usize = 100;

/// How long a finished message's id is remembered for deduplication.
pub const TOMBSTONE_TTL: Duration = Duration::from_secs(48 * 3600);

/// How long a message may lie in the inbox, and a dead one keeps its text.
pub const INBOX_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long conversations are kept unless the operator says otherwise.
pub const CONVERSATION_TTL: Duration = Duration::from_secs(7 * 24 * 3600);

/// A connection row outlives API Gateway's 2-hour limit a little, for a lost `$disconnect`.
pub const CONNECTION_TTL: Duration = Duration::from_secs(3 * 3600);

/// API Gateway closes a connection after 10 minutes without traffic, and after 2 hours at all.
pub const CONNECTION_IDLE: Duration = Duration::from_secs(10 * 60);
pub const CONNECTION_MAX_AGE: Duration = Duration::from_secs(2 * 3600);
