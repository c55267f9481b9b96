use proptest::prelude::*;

use super::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::new(name).expect("a zone")
}

fn recurrence(json: &str) -> Recurrence {
    serde_json::from_str::<Recurrence>(json).expect("well formed").check().expect("valid")
}

fn daily(time: &str) -> Recurrence {
    Recurrence::Daily { time: time.parse().expect("a time") }
}

fn schedule(recurrence: Recurrence, zone: &TimeZone) -> Schedule {
    Schedule {
        id: ScheduleId::new("s1").expect("valid"),
        prompt: Prompt::new("What is new?").expect("valid"),
        conversation: ConversationId::default(),
        recurrence,
        time_zone: zone.clone(),
        missed: Missed::CatchUp,
        enabled: true,
        created_at: Timestamp(0),
        last_run_at: None,
        revision: 0,
        armed: true,
    }
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().expect("an instant");
    Timestamp(u64::try_from(instant.as_millisecond()).expect("after 1970"))
}

#[track_caller]
fn check_next(recurrence: &Recurrence, zone_name: &str, after: &str, expect: &[&str]) {
    let runs = next_runs(recurrence, &zone(zone_name), at(after), expect.len());
    let expect: Vec<Timestamp> = expect.iter().map(|text| at(text)).collect();
    assert_eq!(runs, expect);
}

#[test]
fn the_next_runs_are_on_the_clock_on_the_wall() {
    check_next(
        &daily("08:00"),
        "Asia/Seoul",
        "2026-11-21T22:59:00Z",
        &["2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"],
    );
    check_next(&daily("08:00"), "Asia/Seoul", "2026-11-21T23:00:00Z", &["2026-11-22T23:00:00Z"]);
    let weekdays = r#"{"kind":"weekly","days":["mon","tue","wed","thu","fri"],"time":"08:00"}"#;
    check_next(
        &recurrence(weekdays),
        "UTC",
        "2026-11-20T09:00:00Z",
        &["2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"],
    );
    check_next(
        &recurrence(r#"{"kind":"monthly","day":31,"time":"23:59"}"#),
        "UTC",
        "2026-12-31T23:59:00Z",
        &["2027-01-31T23:59:00Z", "2027-03-31T23:59:00Z", "2027-05-31T23:59:00Z"],
    );
}

#[test]
fn what_is_once_is_over_after_it() {
    let once = recurrence(r#"{"kind":"once","at":"2026-11-22T08:00"}"#);
    let runs = |after| next_runs(&once, &zone("Asia/Seoul"), at(after), 5);
    assert_eq!(runs("2026-11-21T00:00:00Z"), [at("2026-11-21T23:00:00Z")]);
    assert_eq!(runs("2026-11-21T23:00:00Z"), []);
}

#[test]
fn a_time_that_the_clock_is_put_forward_over_runs_once_and_then_as_always() {
    check_next(
        &daily("02:30"),
        "Europe/Berlin",
        "2027-03-27T12:00:00Z",
        &["2027-03-28T01:30:00Z", "2027-03-29T00:30:00Z"],
    );
    check_next(
        &daily("02:15"),
        "Australia/Lord_Howe",
        "2026-10-03T00:00:00Z",
        &["2026-10-03T15:45:00Z", "2026-10-04T15:15:00Z"],
    );
}

#[test]
fn a_time_that_comes_twice_runs_once() {
    check_next(
        &daily("02:30"),
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    );
    let schedule = schedule(daily("02:30"), &zone("Europe/Berlin"));
    let first = at("2026-10-25T00:30:00Z");
    for instant in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
        assert_eq!(schedule.time_of(at(instant)), Some(first), "{instant}");
    }
}

#[test]
fn plain_words_say_when() {
    for (json, zone_name, words) in [
        (r#"{"kind":"daily","time":"07:05"}"#, "UTC", "Every day at 07:05, UTC"),
        (
            r#"{"kind":"weekly","days":["fri","mon","tue","thu","wed"],"time":"08:00"}"#,
            "Asia/Seoul",
            "Every weekday at 08:00, Asia/Seoul",
        ),
        (
            r#"{"kind":"weekly","days":["sun","mon","wed"],"time":"08:00"}"#,
            "UTC",
            "Every Monday, Wednesday and Sunday at 08:00, UTC",
        ),
        (
            r#"{"kind":"weekly","days":["sat"],"time":"08:00"}"#,
            "UTC",
            "Every Saturday at 08:00, UTC",
        ),
        (
            r#"{"kind":"monthly","day":1,"time":"00:00"}"#,
            "UTC",
            "On day 1 of every month at 00:00, UTC",
        ),
        (
            r#"{"kind":"once","at":"2026-11-22T08:00"}"#,
            "Asia/Seoul",
            "Once on 22 November 2026 at 08:00, Asia/Seoul",
        ),
    ] {
        assert_eq!(schedule(recurrence(json), &zone(zone_name)).description(), words);
    }
    let day_31 =
        schedule(recurrence(r#"{"kind":"monthly","day":31,"time":"00:00"}"#), &zone("UTC"));
    assert!(day_31.description().contains("that has one"));
}

#[test]
fn eventbridge_is_told_in_its_own_language() {
    for (json, zone_name, expression, of_zone) in [
        (r#"{"kind":"daily","time":"08:05"}"#, "Asia/Seoul", "cron(5 8 * * ? *)", "Asia/Seoul"),
        (
            r#"{"kind":"weekly","days":["mon","fri"],"time":"08:00"}"#,
            "Asia/Seoul",
            "cron(0 8 ? * MON,FRI *)",
            "Asia/Seoul",
        ),
        (r#"{"kind":"monthly","day":31,"time":"08:00"}"#, "UTC", "cron(0 8 31 * ? *)", "UTC"),
        (
            r#"{"kind":"once","at":"2026-11-22T08:00"}"#,
            "Asia/Seoul",
            "at(2026-11-21T23:00:00)",
            "UTC",
        ),
        (
            r#"{"kind":"daily","time":"08:00"}"#,
            "Europe/Berlin",
            "cron(0 8 * * ? *)",
            "Europe/Berlin",
        ),
        (
            r#"{"kind":"daily","time":"02:30"}"#,
            "Europe/Berlin",
            "cron(30 2,3 * * ? *)",
            "Europe/Berlin",
        ),
        (
            r#"{"kind":"daily","time":"02:15"}"#,
            "Australia/Lord_Howe",
            "cron(15,45 2 * * ? *)",
            "Australia/Lord_Howe",
        ),
    ] {
        let alarm =
            schedule(recurrence(json), &zone(zone_name)).to_eventbridge(at("2026-11-21T00:00:00Z"));
        assert_eq!((alarm.expression.as_str(), alarm.time_zone.as_str()), (expression, of_zone));
        assert_eq!(alarm.once, json.contains("once"));
    }
}

#[test]
fn an_alarm_that_stands_in_counts_on_its_day_only() {
    let schedule = schedule(daily("02:30"), &zone("Europe/Berlin"));
    for (instant, counts) in [
        ("2027-03-28T01:30:00Z", true),
        ("2027-03-29T00:30:00Z", true),
        ("2027-03-29T01:30:00Z", false),
        ("2027-03-27T02:30:00Z", false),
    ] {
        assert_eq!(schedule.time_of(at(instant)).is_some(), counts, "{instant}");
    }
}

#[test]
fn a_late_run_is_caught_up_with_or_skipped_as_the_user_chose() {
    let run = |missed, minutes: u64| {
        let schedule = Schedule { missed, ..schedule(daily("08:00"), &TimeZone::utc()) };
        let time = at("2026-11-22T08:00:00Z");
        schedule.run(time, Timestamp(time.millis() + minutes * 60_000))
    };
    let time = at("2026-11-22T08:00:00Z");
    assert_eq!(run(Missed::Skip, 10), Run::Ask(time));
    assert_eq!(run(Missed::Skip, 11), Run::Skip(time));
    assert_eq!(run(Missed::CatchUp, 24 * 60), Run::Ask(time));
}

#[test]
fn nothing_is_run_for_times_before_the_last_one_and_for_times_that_are_none() {
    let day = |day: u32| at(&format!("2026-11-{day}T08:00:00Z"));
    let last =
        Schedule { last_run_at: Some(day(22)), ..schedule(daily("08:00"), &TimeZone::utc()) };
    assert_eq!(last.run(day(21), day(22)), Run::Nothing);
    assert_eq!(last.run(day(22), day(22)), Run::Ask(day(22)), "the same run, come again");
    assert_eq!(last.run(day(23), day(23)), Run::Ask(day(23)));
    let off = Timestamp(day(23).millis() + 60_000);
    assert_eq!(last.run(off, off), Run::Nothing);
    let seconds_off = Timestamp(day(23).millis() + 59_000);
    assert_eq!(last.run(seconds_off, seconds_off), Run::Ask(day(23)));
    let disabled = Schedule { enabled: false, ..last };
    assert_eq!(disabled.run(day(23), day(23)), Run::Nothing);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for text in ["8:00", "24:00", "08:60", "08:00:00", "", "noon"] {
        text.parse::<WallTime>().expect_err(text);
    }
    for text in ["2026-11-22", "2026-02-30T08:00", "2026-11-22T08:00Z", "2026-11-22 08:00"] {
        text.parse::<LocalMinute>().expect_err(text);
    }
    for json in [
        r#"{"kind":"weekly","days":[],"time":"08:00"}"#,
        r#"{"kind":"monthly","day":0,"time":"08:00"}"#,
        r#"{"kind":"monthly","day":32,"time":"08:00"}"#,
    ] {
        let read: Recurrence = serde_json::from_str(json).expect("well formed");
        read.check().expect_err(json);
    }
    Prompt::new(" ").expect_err("empty");
    Prompt::new("x".repeat(PROMPT_MAX_BYTES)).expect("at the limit");
    Prompt::new("x".repeat(PROMPT_MAX_BYTES + 1)).expect_err("past it");
}

#[test]
fn the_longest_id_makes_a_message_id() {
    let id = ScheduleId::new("x".repeat(64)).expect("valid");
    let schedule = Schedule { id, ..schedule(daily("08:00"), &TimeZone::utc()) };
    let made = schedule.message_id(Timestamp(1_795_000_000_000)).expect("fits");
    assert!(made.as_str().ends_with("-29916666"));
}

const ZONES: [&str; 8] = [
    "UTC",
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Nuuk",
    "Africa/Casablanca",
];

/// Whether EventBridge's alarm goes off then: its own words, read back.
fn goes_off(alarm: &AlarmTime, instant: Timestamp) -> bool {
    let local = zone(&alarm.time_zone).civil_at(instant);
    let fields: Vec<&str> = alarm
        .expression
        .trim_matches(|c: char| c.is_ascii_alphabetic() || "()".contains(c))
        .split(' ')
        .collect();
    let has = |list: &str, value: String| {
        list == "*" || list == "?" || list.split(',').any(|one| one == value)
    };
    let day = local.date().strftime("%a").to_string().to_uppercase();
    has(fields[0], local.minute().to_string())
        && has(fields[1], local.hour().to_string())
        && has(fields[2], local.day().to_string())
        && has(fields[4], day)
}

proptest! {
    /// No run without an alarm, and every alarm finds its run.
    #[test]
    fn there_is_an_alarm_for_every_run(
        // Mostly where clocks are put forward.
        hour in prop::sample::select(vec![0u8, 1, 2, 3, 8, 22, 23]),
        (minute, zone_at) in (0u8..60, 0..ZONES.len()),
        (kind, day, start) in (0u8..3, 1u8..=31, 1_700_000_000u64..1_900_000_000),
    ) {
        let time: WallTime = format!("{hour:02}:{minute:02}").parse().expect("a time");
        let recurrence = match kind {
            0 => Recurrence::Daily { time },
            1 => Recurrence::Weekly { days: BTreeSet::from([Day::Sat, Day::Sun]), time },
            _ => Recurrence::Monthly { day, time },
        };
        let schedule = schedule(recurrence, &zone(ZONES[zone_at]));
        let after = Timestamp(start * 1000);
        let alarm = schedule.to_eventbridge(after);
        let runs = schedule.next_runs(after, 400);
        prop_assert_eq!(runs.len(), 400);
        for run in runs {
            prop_assert!(goes_off(&alarm, run), "{} at {:?}", alarm.expression, run);
            prop_assert_eq!(schedule.time_of(run), Some(run));
        }
    }
}
