//! Words and tables for people.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use domain::Timestamp;
use jiff::tz::TimeZone;

/// As `println!`, for whoever may have read enough: `ops … | head` is no failure.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::line(format_args!($($words)*)) };
}
pub(crate) use say;

pub(crate) fn line(words: fmt::Arguments<'_>) {
    if writeln!(std::io::stdout().lock(), "{words}").is_err() {
        std::process::exit(0);
    }
}

/// `2026-11-21 08:19:00`, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    let millis = i64::try_from(at.millis()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(time) => time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => format!("{millis} ms"),
    }
}

/// As in `3 min`: in the largest unit of which there is one.
pub(crate) fn span(span: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let seconds = span.as_secs();
    match UNITS.iter().find(|(of, _)| seconds >= *of) {
        Some((of, unit)) => format!("{} {unit}", seconds / of),
        None => format!("{seconds} s"),
    }
}

/// As in `1 message`, `2 messages`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What is not known, or not there, in a cell of a table.
pub(crate) fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "-".into(), |text| text.to_string())
}

/// As in `1.5 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1_000.0;
    let mut unit = 0;
    // 999.95 would be printed as 1000.0.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// The columns of numbers lean to the right.
pub(crate) fn table<const N: usize>(head: [&str; N], numbers: &[usize], rows: &[[String; N]]) {
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    for row in [&head].into_iter().chain(rows) {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match numbers
            .contains(&column)
        {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        say!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1_000), "1.0 kB");
        assert_eq!(size(999_949), "999.9 kB");
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(162_000_000), "162.0 MB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
        assert_eq!(span(Duration::from_millis(59_999)), "59 s");
        assert_eq!(span(Duration::from_secs(60)), "1 min");
        assert_eq!(span(Duration::from_secs(7_199)), "1 h");
        assert_eq!(span(Duration::from_secs(200_000)), "2 d");
        assert_eq!(counted(1, "message"), "1 message");
        assert_eq!(counted(0, "message"), "0 messages");
        assert_eq!(time(Timestamp(1_795_249_140_123)), "2026-11-21 08:19:00");
    }
}
