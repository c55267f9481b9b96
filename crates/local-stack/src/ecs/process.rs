//! A task's process: a group of its own that dies with this stack, its output
//! in a log file, its warnings on our own log.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::mpsc,
};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    process::{Child, Command},
    runtime::Handle,
    sync::{Mutex, oneshot},
};

pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) log: PathBuf,
    pub(super) task_id: String,
}

type Spawned = std::io::Result<Child>;

/// The thread that starts all tasks. Linux kills a child with PR_SET_PDEATHSIG
/// when the *thread* that made it ends, so that thread must be one we keep.
#[derive(Debug)]
pub(super) struct Spawner(mpsc::Sender<(Command, oneshot::Sender<Spawned>)>);

impl Spawner {
    pub(super) fn start() -> anyhow::Result<Self> {
        let (requests, queue) = mpsc::channel::<(Command, oneshot::Sender<Spawned>)>();
        let runtime = Handle::current();
        std::thread::Builder::new().name("task-spawner".into()).spawn(move || {
            let _runtime = runtime.enter();
            while let Ok((mut command, answer)) = queue.recv() {
                let _ = answer.send(command.spawn());
            }
        })?;
        Ok(Self(requests))
    }

    pub(super) async fn spawn(&self, program: Program) -> anyhow::Result<Child> {
        let log = tokio::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&program.log)
            .await
            .with_context(|| format!("could not open {}", program.log.display()))?;
        let (answer, spawned) = oneshot::channel();
        self.0.send((command(&program), answer)).ok().context("the spawner thread is gone")?;
        let path = program.path.display();
        let mut child = spawned.await?.with_context(|| format!("could not run {path}"))?;
        let log = std::sync::Arc::new(Mutex::new(log));
        if let Some(output) = child.stdout.take() {
            tokio::spawn(copy_lines(output, log.clone(), program.task_id.clone()));
        }
        if let Some(output) = child.stderr.take() {
            tokio::spawn(copy_lines(output, log, program.task_id));
        }
        Ok(child)
    }
}

fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    die_with_parent(&mut command);
    command
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "prctl must run between fork and exec; it is async-signal-safe")]
fn die_with_parent(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let arm = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The parent may have died before the line above.
        match nix::unistd::getppid() == parent {
            true => Ok(()),
            false => Err(std::io::ErrorKind::NotFound.into()),
        }
    };
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe {
        command.pre_exec(arm);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}

/// Line by line, so that the lines of both streams stay whole in the file.
async fn copy_lines(
    output: impl AsyncRead + Unpin,
    log: std::sync::Arc<Mutex<tokio::fs::File>>,
    task_id: String,
) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(1..) = output.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line);
        if is_warning(&text) {
            tracing::warn!(task.id = &task_id[..task_id.len().min(8)], "{}", text.trim_end());
        }
        if let Err(error) = log.lock().await.write_all(&line).await {
            tracing::debug!(%error, "could not write a task's log");
        }
        line.clear();
    }
    let _ = log.lock().await.flush().await;
}

fn is_warning(line: &str) -> bool {
    line.contains("WARN") || line.contains("ERROR") || line.contains("panicked at")
}

/// True if there was somebody to receive it.
pub(super) fn signal_group(pid: u32, signal: Signal) -> bool {
    i32::try_from(pid).is_ok_and(|pid| killpg(Pid::from_raw(pid), signal).is_ok())
}

/// As a shell reports it: 128 and the signal's number for a killed process.
pub(super) fn exit_code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(255)
}

/// The start of a process, in clock ticks since boot. `None` without /proc.
pub(super) fn started_ticks(pid: u32) -> Option<u64> {
    stat_field(&Path::new("/proc").join(pid.to_string()), 22)
}

/// A field of /proc/<pid>/stat, numbered as in proc(5).
fn stat_field(process: &Path, number: usize) -> Option<u64> {
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    // The command's name, in brackets, may hold blanks; count behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number - 3)?.parse().ok()
}

/// Whether process group `pid` is still the one a task left: its leader is that
/// very process, or it is gone and its children, all older than us, remain.
pub(super) fn is_left_behind(pid: u32, leader_started: u64) -> bool {
    if let Some(started) = started_ticks(pid) {
        return started == leader_started;
    }
    let Some(own_start) = started_ticks(std::process::id()) else { return false };
    let Ok(processes) = std::fs::read_dir("/proc") else { return false };
    let mut members = processes
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|process| stat_field(process, 5) == Some(u64::from(pid)))
        .filter_map(|process| stat_field(&process, 22))
        .peekable();
    members.peek().is_some()
        && members.all(|started| (leader_started..=own_start).contains(&started))
}
