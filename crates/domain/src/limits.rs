//! Every limit of the system, with its unit and its source. Checked at the edge that
//! first sees the value, and tested at the limit and one past it.

use std::time::Duration;

use crate::Rate;

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

/// Between two messages to one chat, and to one group (Bot API FAQ, "my bot is hitting limits":
/// one a second, 20 a minute). An edit and a draft count as one.
pub const TELEGRAM_CHAT_EVERY: Duration = Duration::from_secs(1);
pub const TELEGRAM_GROUP_EVERY: Duration = Duration::from_secs(3);

/// Between two calls of one process (same source: 30 a second, of all processes). Ours: 25.
pub const TELEGRAM_CALL_EVERY: Duration = Duration::from_millis(40);

/// "typing…" lasts 5 s, a draft 30 s (Bot API, `sendChatAction`, `sendMessageDraft`).
pub const TELEGRAM_TYPING_EVERY: Duration = Duration::from_secs(4);
pub const TELEGRAM_DRAFT_EVERY: Duration = Duration::from_secs(20);

/// How long a reply is tried to be delivered. Ours: as long as Telegram keeps an update for us.
pub const TELEGRAM_REPLY_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// How long after the last part of an album no more are waited for. Ours: Telegram sends them one
/// after the other, each as soon as the one before was taken.
pub const TELEGRAM_ALBUM_QUIET: Duration = Duration::from_secs(2);

/// Of a file that a bot may fetch (Bot API, `getFile`).
pub const TELEGRAM_FILE_MAX_BYTES: u64 = 20 * 1_048_576;

/// What a message answers, as far as the agent is told it, in characters. Ours.
pub const TELEGRAM_QUOTE_MAX_CHARS: usize = 1_000;

/// How often somebody who may not talk to the bot is told so. Ours.
pub const TELEGRAM_GREETING_EVERY: Duration = Duration::from_secs(24 * 3600);

/// An update that can never be processed is kept this long, and so much of it, in bytes. Ours:
/// enough to see what it was.
pub const PARKED_UPDATE_TTL: Duration = Duration::from_secs(14 * 24 * 3600);
pub const PARKED_UPDATE_MAX_BYTES: usize = 8_192;

/// A code that links an account: what a person types from one screen into another, and as long
/// as that takes.
pub const LINK_CODE_DIGITS: usize = 6;
pub const LINK_CODE_TTL: Duration = Duration::from_secs(5 * 60);

/// Codes that one person in Telegram may try within such a time. Ours: of a million.
pub const LINK_TRIES_MAX: usize = 5;
pub const LINK_TRIES_WITHIN: Duration = Duration::from_secs(3600);

/// What a user tells his agent of itself, in bytes of UTF-8. Ours: about 2,000 tokens of every
/// turn, and well within the 20,000 characters that the gateway reads of one file.
pub const INSTRUCTIONS_MAX_BYTES: usize = 8_192;

/// Of what a user lets his agent cost in a month. Ours: a slip of the finger, not a budget.
pub const SPEND_CAP_MAX_USD: u32 = 10_000;

/// Ours. The longest that providers have is about 80.
pub const MODEL_NAME_MAX_CHARS: usize = 128;

/// BCP 47, 4.4.1: no tag in use needs more.
pub const LANGUAGE_MAX_CHARS: usize = 35;

/// The longest that anybody's quiet task stays up, in minutes. The watchdog gives up a bridge
/// that was silent for 30 (`TaskPolicy::idle_at_most`).
pub const IDLE_MINUTES_MAX: u32 = 25;

/// restic's snapshot ids are SHA-256 in hex.
pub const SNAPSHOT_ID_MAX_CHARS: usize = 64;

/// Title of a conversation that a person chose, in characters. Ours: what a sidebar can show.
pub const TITLE_MAX_CHARS: usize = 200;

/// Conversations on one page of their list.
pub const CONVERSATION_PAGE_MAX: usize = 100;

/// What is searched for, in characters. Ours: one letter is in every message.
pub const SEARCH_MIN_CHARS: usize = 2;
pub const SEARCH_MAX_CHARS: usize = 200;

/// Hits on one page, and rows that one request looks at: it then gives the place to go on from.
/// Ours: 500 rows are about 125 reads of 4 KB, and well below a second.
pub const SEARCH_PAGE_MAX: usize = 50;
pub const SEARCH_ROWS_MAX: usize = 500;

/// What is shown around a hit, in UTF-16 units on either side.
pub const SEARCH_SNIPPET_UNITS: usize = 80;

/// Requests of one user to the HTTP API. Ours: opening the page takes six, and nobody reads ten
/// answers a second. They are counted in the function's instance, without a write; API Gateway's
/// throttle is the outer bound.
pub const API_RATE: Rate = Rate { burst: 60, every: Duration::from_millis(100) };

/// Of those, searches: each may read hundreds of rows.
pub const API_SEARCH_RATE: Rate = Rate { burst: 20, every: Duration::from_millis(500) };

/// Of those, what costs a machine's start, a file's check or a walk over everything.
pub const API_COSTLY_RATE: Rate = Rate { burst: 6, every: Duration::from_secs(10) };

/// When to come back after something was unavailable. Ours: longer than a throttled table takes.
pub const API_RETRY_AFTER: Duration = Duration::from_secs(2);

/// A skill as it is sent, in bytes. Source: Lambda takes events of 6 MB, and a body that is not
/// text comes in base64, which makes 4 bytes of 3. The HTTP API itself takes 10 MB.
pub const SKILL_UPLOAD_MAX_BYTES: usize = 4 * 1_048_576;

/// A skill's files, in bytes. Ours: what is unpacked at every wake.
pub const SKILL_UNPACKED_MAX_BYTES: u64 = 20 * 1_048_576;

/// Files of a skill. Ours.
pub const SKILL_FILES_MAX: usize = 500;

/// A path in a skill, in bytes. Ours: fits below any folder of any system.
pub const SKILL_PATH_MAX_BYTES: usize = 240;

/// Names in a path of a skill. Ours.
pub const SKILL_DEPTH_MAX: usize = 10;

/// Bytes that one byte of an archive may become. Ours: text has 3 to 10, and deflate can do 1,032.
pub const SKILL_RATIO_MAX: u64 = 200;

/// Source: the Agent Skills format (agentskills.io), `name` and `description`.
pub const SKILL_NAME_MAX_CHARS: usize = 64;
pub const SKILL_DESCRIPTION_MAX_CHARS: usize = 1_024;

/// Skills of one user. Ours: each one's description is in every prompt.
pub const SKILLS_MAX: usize = 50;

/// A path below the workspace, in bytes. Ours: a quarter of Linux' PATH_MAX.
pub const WORKSPACE_PATH_MAX_BYTES: usize = 1_024;

/// Entries on one page of a folder. Ours: names of 255 bytes, each of them escaped in JSON, fit
/// a row of DynamoDB's 400 KB.
pub const WORKSPACE_PAGE_MAX: usize = 200;

/// A file that is fetched from the workspace, in bytes. Ours: it is sent within API Gateway's
/// 29 seconds.
pub const DOWNLOAD_MAX_BYTES: u64 = 100 * 1_048_576;

/// How long a file can be fetched after it was asked for.
pub const DOWNLOAD_URL_TTL: Duration = Duration::from_secs(10 * 60);

/// An object's key, in bytes of UTF-8. Source: S3 user guide, "Naming Amazon S3 objects".
pub const S3_KEY_MAX_BYTES: usize = 1_024;

/// How long a bridge may take an errand up. Whoever asked has gone by then.
pub const ERRAND_TTL: Duration = Duration::from_secs(2 * 60);

/// How long a day's usage is kept: a year, and some weeks to compare it with.
pub const USAGE_TTL: Duration = Duration::from_secs(400 * 24 * 3600);

/// Days of usage that are asked for at once: as many as are kept.
pub const USAGE_DAYS_MAX: u64 = 400;

/// All but the last part of an object that is sent in parts, in bytes. S3 takes 5 MiB and more,
/// 10,000 of them; one is in memory at a time.
pub const EXPORT_PART_BYTES: usize = 8 * 1_048_576;

/// A file that goes into an export, in bytes. Ours: begun at the last moment it must be done before
/// API Gateway answers for us.
pub const EXPORT_FILE_MAX_BYTES: u64 = 64 * 1_048_576;

/// How long the link to an export works. Ours: long enough to begin a download.
pub const EXPORT_LINK_TTL: Duration = Duration::from_secs(15 * 60);

/// How long an export may take. API Gateway answers for us after 30 s (HTTP API, integration
/// timeout), and its last part and its link come after this.
pub const EXPORT_WITHIN: Duration = Duration::from_secs(20);

/// How long a request to delete everything works before it leaves the rest to the watchdog.
/// Below the same 30 s.
pub const DELETION_WITHIN: Duration = Duration::from_secs(20);

/// Schedules of one user. Ours: bounds what one user can have asked while nobody looks.
pub const SCHEDULES_MAX: usize = 50;

/// Name of one schedule among a user's. Ours; a message's id has it in it.
pub const SCHEDULE_ID_MAX_CHARS: usize = 64;

/// What a schedule asks, in bytes of UTF-8. Ours.
pub const PROMPT_MAX_BYTES: usize = 8_192;

/// A run that comes later than this is a missed one. Ours: EventBridge Scheduler is precise to the
/// minute, and tries again for 24 hours (`MaximumEventAgeInSeconds`).
pub const RUN_MISSED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Runs to come that a schedule is shown with.
pub const NEXT_RUNS_SHOWN: usize = 5;
