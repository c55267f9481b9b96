use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, limit: usize, expected: &[&str]) {
    assert_eq!(split(text, limit), expected);
}

#[test]
fn what_fits_is_one_piece() {
    check("", 10, &[]);
    check(" \n\t", 10, &[]);
    check("0123456789", 10, &["0123456789"]);
    check("0123456789\n\n", 10, &["0123456789"]);
    check("0123456789x", 10, &["0123456789", "x"]);
}

#[test]
fn a_cut_is_between_paragraphs_else_lines_else_sentences_else_words() {
    check("one one\n\ntwo\ntwo two", 16, &["one one", "two\ntwo two"]);
    check("one one\ntwo two two", 16, &["one one", "two two two"]);
    check("One one. Two two two", 16, &["One one.", "Two two two"]);
    check("one one two two two", 16, &["one one two two", "two"]);
    check("これは文。これも文です", 8, &["これは文。", "これも文です"]);
}

#[test]
fn a_title_does_not_stand_alone() {
    check("# T\n\nwords and words of it", 20, &["# T\n\nwords and words", "of it"]);
}

#[test]
fn a_cut_code_block_is_closed_and_opened_again() {
    let text = "before\n\n```rust\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```\nafter";
    check(
        text,
        38,
        &["before\n\n```rust\nlet a = 1;\n```", "```rust\nlet b = 2;\nlet c = 3;\n```", "after"],
    );
    check("```\naaaa bbbb cccc\n```", 17, &["```\naaaa bbbb\n```", "```\ncccc\n```"]);
}

#[test]
fn a_code_block_that_fits_the_next_piece_is_not_cut() {
    let text = "some words before it\n\n```\nlet a = 1;\n```";
    check(text, 36, &["some words before it", "```\nlet a = 1;\n```"]);
    let text = "some words before it\n```\nlet a;\n\nlet b;\n```";
    check(text, 42, &["some words before it", "```\nlet a;\n\nlet b;\n```"]);
}

#[test]
fn nothing_that_is_seen_as_one_is_cut() {
    check("👩‍👩‍👧👩‍👩‍👧", 8, &["👩‍👩‍👧", "👩‍👩‍👧"]);
    check("aaaaaaa😀", 8, &["aaaaaaa", "😀"]);
    let zalgo = format!("a{}", "\u{301}".repeat(20));
    assert_eq!(split(&zalgo, 8).concat(), zalgo, "but what does not fit at all is");
}

/// Words, line ends, fences of all kinds, and what is not one unit long.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z]{1,12}",
        2 => Just(" ".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just(". ".to_owned()),
        1 => Just("\n```\n".to_owned()),
        1 => Just("\n```rust\n".to_owned()),
        1 => Just("\n  ~~~~ text of more words\n".to_owned()),
        1 => Just("\n~~~~\n".to_owned()),
        1 => Just("`".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("👩‍👩‍👧".to_owned()),
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..80).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost(text in text(), limit in 8usize..200) {
        let pieces = cut(&text, limit);
        let joined: String = pieces.iter().map(|piece| piece.text).collect();
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn every_piece_fits_and_says_something(text in text(), limit in 8usize..200) {
        for piece in split(&text, limit) {
            prop_assert!(units(&piece) <= limit, "{} > {limit}: {piece:?}", units(&piece));
            prop_assert!(!piece.trim().is_empty());
        }
    }

    /// What is shown is the piece's text between the fences that are added, and no more.
    #[test]
    fn only_fences_are_added(text in text(), limit in 8usize..200) {
        for piece in cut(&text, limit) {
            let shown = piece.show();
            let opening = piece.opens.map(|fence| fence.opening()).unwrap_or_default();
            let closing = piece.closes.map(|fence| fence.closing()).unwrap_or_default();
            let inner = shown.strip_prefix(&opening).and_then(|it| it.strip_suffix(&closing));
            prop_assert_eq!(inner, Some(piece.text.trim_end()));
        }
    }

    /// A fence that is closed at the end of a piece is open at the start of the next.
    #[test]
    fn fences_hang_together(text in text(), limit in 60usize..200) {
        let pieces = cut(&text, limit);
        for (piece, next) in pieces.iter().zip(pieces.iter().skip(1)) {
            prop_assert_eq!(piece.closes, next.opens);
        }
    }
}
