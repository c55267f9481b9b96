//! The wall clock of the stack. Everything here stands in for AWS, whose
//! clock nobody turns either; limits that tests must reach are configuration.

use std::time::{SystemTime, UNIX_EPOCH};

#[expect(
    clippy::disallowed_methods,
    reason = "the stand-ins are the outside world, and this is its only clock"
)]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

pub(crate) fn now_ms() -> i64 {
    let since = now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("milliseconds since 1970 fit in 63 bits")
}

pub(crate) fn now_seconds() -> i64 {
    now_ms() / 1000
}

/// `2026-11-21T08:19:00.123Z`, as EventBridge writes times.
pub(crate) fn iso(ms: i64) -> String {
    let (year, month, day) = civil(ms.div_euclid(86_400_000));
    let (hour, minute, second) = time_of_day(ms);
    let milli = ms.rem_euclid(1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// `21/Nov/2026:08:19:00 +0000`, as API Gateway writes `requestTime`.
pub(crate) fn common_log(ms: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = civil(ms.div_euclid(86_400_000));
    let (hour, minute, second) = time_of_day(ms);
    let month = MONTHS[month as usize - 1];
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

fn time_of_day(ms: i64) -> (i64, i64, i64) {
    let seconds = ms.rem_euclid(86_400_000) / 1000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Days since 1970 to a date of the Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_writes_them() {
        assert_eq!(iso(1_795_249_140_123), "2026-11-21T08:19:00.123Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(common_log(1_795_249_140_123), "21/Nov/2026:08:19:00 +0000");
    }
}
