//! What the kernel says of a running process.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// Everything resident, shared libraries included.
    pub(crate) rss: f64,
    /// Shared pages divided by those who share them. `None`: we may not look.
    pub(crate) pss: Option<f64>,
}

/// In MB of 10^6 bytes.
pub(crate) fn memory(pid: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    // A process that hides from its children's eyes, as the bridge does, hides this from ours
    // unless we are root.
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    let rss = kilobytes(&status.expect("the process runs"), "VmRSS:");
    Memory {
        rss: rss.expect("every process has it"),
        pss: rollup.ok().and_then(|text| kilobytes(&text, "Pss:")),
    }
}

fn kilobytes(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(number * 1024.0 / 1e6)
}

/// The CPU that all threads have used so far: what a busy machine makes only a little longer.
pub(crate) fn cpu(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let of_thread = |path: std::path::PathBuf| -> Option<u64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    let used = threads.flatten().filter_map(|thread| of_thread(thread.path())).sum();
    Duration::from_nanos(used)
}
