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

/// One attachment, in bytes. Ours: what a task's disk and a phone's line take without a thought.
pub const UPLOAD_MAX_BYTES: u64 = 25 * 1_048_576;

/// Attachments of one message. Ours.
pub const ATTACHMENTS_MAX: usize = 10;

/// An attachment's name, in bytes of UTF-8. A file system's name has 255 (`NAME_MAX`); the rest
/// is for the ` (10)` of one that has the same name as another.
pub const FILE_NAME_MAX_BYTES: usize = 240;

/// Name of one upload among a user's. Ours: 128 random bits in hex have 32.
pub const UPLOAD_ID_MAX_CHARS: usize = 64;

/// How long the page may take from asking for an upload to sending it.
pub const UPLOAD_FORM_TTL: Duration = Duration::from_secs(10 * 60);

/// How long an upload lies in the store: as long as the message that mentions it may wait.
pub const UPLOAD_TTL: Duration = INBOX_TTL;

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

/// Earlier messages that an agent which has lost a conversation is given. Ours.
pub const CONTEXT_MESSAGES_MAX: usize = 20;

/// Text of one of them, in bytes as it is given; the rest is cut. Ours.
pub const CONTEXT_MESSAGE_MAX_BYTES: usize = 8_192;

/// All of them, in bytes as they are given; the oldest are left out. Ours: about 16,000 tokens,
/// which the smallest windows have beside OpenClaw's own 7,000.
pub const CONTEXT_MAX_BYTES: usize = 65_536;

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

/// Snapshots kept of the last hours, days and weeks that have one. Source: design.md 7.
pub const SNAPSHOTS_HOURLY: usize = 24;
pub const SNAPSHOTS_DAILY: usize = 7;
pub const SNAPSHOTS_WEEKLY: usize = 4;

/// Generations whose beginnings are remembered, so that falling back past them stays on the
/// line. Ours: they lie in the task's row, which is written every minute.
pub const SNAPSHOT_BEGINS_KEPT: usize = 16;

/// Snapshots on one page of their list.
pub const SNAPSHOT_PAGE_MAX: usize = 100;

/// Folders within each other that a snapshot follows; what lies deeper is left out and named.
/// Ours: each level is an open file, and a process has 1,024.
pub const SNAPSHOT_DEPTH_MAX: usize = 256;

/// A path in a snapshot, in bytes of the part below the agent's directory. Source: Linux'
/// PATH_MAX is 4,096, and a restore puts it below another directory.
pub const SNAPSHOT_PATH_MAX_BYTES: usize = 3_072;

/// How long a snapshot waits for whoever holds a database. Ours: a gateway's transactions take
/// milliseconds.
pub const SNAPSHOT_DATABASE_WAIT: Duration = Duration::from_secs(5);

/// Files of a repository that hold the contents of many, in bytes. Ours: larger ones cost fewer
/// requests, and up to six of them are in memory while a snapshot is taken.
pub const SNAPSHOT_PACK_BYTES: u64 = 16 * 1_048_576;

/// Requests at once to the store of snapshots. Ours: each restoring one holds a pack in memory.
pub const SNAPSHOT_REQUESTS_AT_ONCE: usize = 8;
pub const SNAPSHOT_PACKS_AT_ONCE: usize = 4;

/// How old the index may be that a snapshot builds upon. Half of what unused packs are kept
/// after they were found unused, so that nothing is relied on that has gone.
pub const SNAPSHOT_INDEX_MAX_AGE: Duration = Duration::from_secs(12 * 3600);
pub const SNAPSHOT_UNUSED_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Name of the folder that a snapshot is restored into, in bytes. Ours; Linux takes 255.
pub const RESTORE_FOLDER_MAX_BYTES: usize = 100;

/// Length of the asker's idempotency key. Ours.
pub const REQUEST_ID_MAX_CHARS: usize = 128;

/// UTF-16 units of one Telegram message, after its marks are taken out (Bot API, `sendMessage`).
/// Longer replies are split.
pub const TELEGRAM_TEXT_MAX_UNITS: usize = 4_096;

/// Of a file that a bot may fetch (Bot API, `getFile`).
pub const TELEGRAM_FILE_MAX_BYTES: u64 = 20 * 1_048_576;
