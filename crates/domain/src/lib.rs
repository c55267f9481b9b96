//! The rules of Serverless OpenClaw: ids, the task's life, the message's life, limits, text.
//!
//! Pure: no IO, no clock, no randomness, no async. Time is an argument, so every
//! timeout is tested without waiting.

pub mod activity;
pub mod attachment;
pub mod deletion;
pub mod errand;
pub mod ids;
pub mod limits;
pub mod message;
pub mod prices;
pub mod rate;
pub mod release;
pub mod retry;
pub mod schedule;
pub mod search;
pub mod settings;
pub mod skill;
pub mod snapshot;
pub mod spare;
pub mod spend;
pub mod task;
pub mod telegram;
pub mod text;
pub mod time;
pub mod title;
pub mod upload;
pub mod usage;
pub mod wake;
pub mod window;
pub mod workspace;

pub use activity::{ActivityHistory, IdlePolicy, LocalHour, TimeZone, UnknownTimeZone};
pub use attachment::{Attachment, TelegramFile};
pub use deletion::{Deletion, Place};
pub use errand::{Errand, ErrandState};
pub use ids::{
    ConnectionId, ConversationId, Generation, InvalidId, LaunchToken, MessageId, Owner, RequestId,
    ScheduleId, SnapshotId, SpareId, TaskArn, UploadId, UserId,
};
pub use message::{
    Channel, Conversation, InboxMessage, InboxState, Outcome, Reply, ReplyTo, Role, StoredMessage,
    Usage,
};
pub use prices::{MachineSize, Prices};
pub use rate::Rate;
pub use release::{Candidate, Release, Share, TaskDefinition};
pub use retry::RetryPolicy;
pub use schedule::{
    AlarmTime, InvalidPrompt, InvalidRecurrence, LocalMinute, Missed, Prompt, Recurrence, Run,
    Schedule, WallTime,
};
pub use search::{InvalidNeedle, Needle, Snippet};
pub use settings::{
    Choices, IdleMinutes, Instructions, InvalidSetting, Language, ModelName, Notifications,
    Offered, Setting, SettingKey, TelegramNotifications, UnknownSetting,
};
pub use skill::{InvalidSkillName, Skill, SkillName};
pub use snapshot::{
    RestoreInto, RestoreOutcome, RestoreRequest, Snapshot, SnapshotBase, SnapshotReason,
    SnapshotRef, candidates,
};
pub use spare::{Spare, SpareStatus};
pub use spend::{InvalidSpendCap, SpendCap, SpendRules, Spending};
pub use task::{Capacity, Ensure, Phase, TaskPolicy, TaskState, TaskStatus};
pub use telegram::{LinkCode, TELEGRAM_COMMANDS, TelegramChat, TelegramLink, TelegramUser};
pub use time::Timestamp;
pub use title::{InvalidTitle, Title};
pub use upload::{FileName, InvalidFileName, InvalidUploadKey, UploadKey};
pub use usage::{Day, InvalidDay, UsageCounts};
pub use wake::{Wake, WakeHistory, WokeOn};
pub use window::{InvalidWindow, Windows};
pub use workspace::{
    DownloadKey, EntryKind, FolderPage, IncomingKey, InvalidIncoming, InvalidWorkspacePath,
    WorkspaceEntry, WorkspacePath,
};
