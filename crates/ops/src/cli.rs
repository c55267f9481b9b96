//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::UserId;

mod people;

pub(crate) use people::{Doctor, Inbox, Releases, State, Status, Tasks, Users, WhichMessage};

use crate::environment::deployment_name;

const ENVIRONMENT: &str = "\
Where a command finds what it needs to know:
  --deployment NAME     what a deployment says of itself; needs AWS_REGION and credentials
  --local DIR           a running local stack
  otherwise             the environment, which also wins over what a deployment says

Environment:
  AWS_REGION            of the deployment
  DATA_BUCKET           the deployment's data bucket
  SNAPSHOT_KEY_PARAMETER
                        the name of the SSM parameter with what wraps users' keys, or
  SNAPSHOT_KEY_ID       the KMS key (id, ARN or alias) that does, or
  SNAPSHOT_KEY_FILE     a key file, on a laptop
  TABLE_TASK_STATE      so that `latest` is what the next task would restore
  AWS_ENDPOINT_URL      of another AWS than Amazon's
  TELEGRAM_TOKEN_PARAMETER, TELEGRAM_SECRET_PARAMETER
                        for `telegram`, which needs only these and AWS_REGION: the names of the
                        SSM parameters with the bot's token and the webhook's secret
  TELEGRAM_API_URL      of another Bot API than Telegram's
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                        without them: the credentials of the container this runs in. From a
                        profile or from single sign-on:
                        eval \"$(aws configure export-credentials --format env)\"

Exit code: 0 all is well, 1 a problem was found or it could not be done, 2 wrong usage.";

/// Looks after a deployment: its users, their messages, tasks, snapshots and keys, and its bot.
#[derive(Debug, Parser)]
#[command(name = "ops", version, after_help = ENVIRONMENT)]
pub(crate) struct Cli {
    /// The name of a deployment, which says itself where everything is.
    #[arg(long, global = true, value_name = "NAME", value_parser = deployment_name, conflicts_with = "local")]
    pub(crate) deployment: Option<String>,
    /// The data folder of a running local stack: takes the place of the environment.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
    /// For scripts: one JSON document on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The deployment at a glance.
    Status(Status),
    /// Look whether a deployment is as it should be, and say what to do where it is not.
    Doctor(Doctor),
    /// Look at a user, give him what is his, remove him.
    #[command(subcommand)]
    User(Users),
    /// Which version of the task is launched: a canary, and the way back.
    #[command(subcommand)]
    Release(Releases),
    /// Look at a user's messages, and repair what is stuck.
    #[command(subcommand)]
    Inbox(Inbox),
    /// Look at tasks, and stop one.
    #[command(subcommand)]
    Task(Tasks),
    /// Look at a user's snapshots and get files out of them.
    #[command(subcommand)]
    Snapshots(Snapshots),
    /// Change what encrypts users' snapshots.
    #[command(subcommand)]
    Keys(Keys),
    /// Look after the Telegram bot's webhook.
    #[command(subcommand)]
    Telegram(Telegram),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Telegram {
    /// Have what people write to the bot brought to URL, and put its commands into its menu.
    Set {
        /// Of the deployment's API: https://…/telegram
        #[arg(value_name = "URL")]
        url: String,
        /// Updates that Telegram brings at once, each of another chat.
        #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100))]
        max_connections: u32,
        /// Forget what people wrote that was not brought yet.
        #[arg(long)]
        drop_pending: bool,
    },
    /// Where it is, what waits, and what went wrong last.
    Show,
    /// Have nothing brought any more. What waits is kept for 24 hours.
    Delete {
        /// Only if it is this one: a bot may have moved to another deployment.
        #[arg(long, value_name = "URL")]
        only: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Snapshots {
    /// Which there are, newest last.
    List(User),
    /// Whether everything is there that they need.
    Check {
        #[command(flatten)]
        user: User,
        /// Read every byte, not only the index: as much traffic as the repository is large.
        #[arg(long)]
        read_data: bool,
    },
    /// Into a new or empty folder.
    Restore {
        #[command(flatten)]
        user: User,
        #[command(flatten)]
        which: Which,
        /// Only what is in the workspace.
        #[arg(long)]
        workspace_only: bool,
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// As a tar file that anybody can open.
    Export {
        #[command(flatten)]
        user: User,
        #[command(flatten)]
        which: Which,
        /// A new file; its name ends in .tar or .tar.gz.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// How to open the repository with restic itself.
    ResticEnv {
        #[command(flatten)]
        user: User,
        /// Print the password, too. Whoever has it and may read the bucket reads everything.
        #[arg(long)]
        show_password: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Put users' keys under the newest wrapping key. They stay the same keys.
    Rewrap(Whose),
    /// Give a repository a new restic password; the old one opens it no longer.
    Rotate(User),
    /// Add a key to the key file. It wraps from now on; then `rewrap --all`.
    AddFileKey,
}

#[derive(Debug, Args)]
pub(crate) struct User {
    #[arg(long = "user", value_name = "ID", value_parser = user_id)]
    pub(crate) id: UserId,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whose {
    #[arg(long, value_name = "ID", value_parser = user_id)]
    pub(crate) user: Option<UserId>,
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// An id, or its beginning, or `latest`.
    #[arg(long, value_name = "ID", default_value = LATEST)]
    pub(crate) snapshot: String,
}

pub(crate) const LATEST: &str = "latest";

fn user_id(text: &str) -> Result<UserId, String> {
    UserId::new(text).map_err(|error| error.to_string())
}
