use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(markdown: &str, expected: &str) {
    assert_eq!(html(markdown), expected);
}

#[test]
fn words_are_marked_and_everything_else_is_escaped() {
    check("a *b* **c** ~~d~~ `e`", "a <i>b</i> <b>c</b> <s>d</s> <code>e</code>");
    check("1 < 2 & \"3\" > `<b>`", "1 &lt; 2 &amp; \"3\" &gt; <code>&lt;b&gt;</code>");
    check("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
    check("one<br>two", "one\ntwo");
    check("***both*** **_x_ y**", "<i><b>both</b></i> <b><i>x</i> y</b>");
}

#[test]
fn headings_are_bold_and_blocks_stand_apart() {
    check("# Title **x**\ntext\nmore\n\nlast", "<b>Title x</b>\n\ntext\nmore\n\nlast");
    check("a\n\n---\n\nb", "a\n\n———\n\nb");
}

#[test]
fn lists_have_bullets_numbers_and_boxes() {
    check("- a\n- b\n  - c\n  - d\n- e", "• a\n• b\n  • c\n  • d\n• e");
    check("text\n\n3. a\n4. b\n\nend", "text\n\n3. a\n4. b\n\nend");
    check("- [x] done\n- [ ] not", "• ☑ done\n• ☐ not");
}

#[test]
fn code_keeps_its_language_and_its_lines() {
    check(
        "```rust,ignore\nlet a = &b;\n\nlet c;\n```",
        "<pre><code class=\"language-rustignore\">let a = &amp;b;\n\nlet c;</code></pre>",
    );
    check("```\nx\n```\nafter", "<pre>x</pre>\n\nafter");
    check("```a\"><b>\nx\n```", "<pre><code class=\"language-ab\">x</code></pre>");
    check("a\n\n```\n```\n\nb", "a\n\nb");
}

#[test]
fn quotations_hold_no_others() {
    check("> a\n>\n> > b\n\nc", "<blockquote>a\n\nb</blockquote>\n\nc");
}

#[test]
fn links_lead_only_where_telegram_goes() {
    check(
        "[a](https://x.example/?b=1&c=\"2\")",
        "<a href=\"https://x.example/?b=1&amp;c=%222%22\">a</a>",
    );
    check("[a](javascript:alert) [b](../c)", "a b");
    check("![alt](https://x.example/i.png)", "<a href=\"https://x.example/i.png\">alt</a>");
}

#[test]
fn a_table_is_set_in_columns() {
    let table = "| Name | **N** |\n|------|----:|\n| `one` | 1 |\n| [two](https://x) & | <2 |";
    check(table, "<pre>Name  | N\n------+---\none   | 1\ntwo &amp; | &lt;2</pre>");
}

/// The text without its tags, if they are Telegram's and well nested.
fn read(html: &str) -> Result<String, String> {
    let (mut open, mut text, mut rest) = (Vec::new(), String::new(), html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').ok_or("a tag without an end")?;
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return Err(format!("</{name}> out of turn")),
            Some(_) => {}
            None => open.push(known(tag).ok_or(format!("<{tag}>"))?),
        }
    }
    text.push_str(rest);
    let bare = text.contains('>')
        || text
            .split('&')
            .skip(1)
            .any(|it| !["amp;", "lt;", "gt;"].iter().any(|name| it.starts_with(name)));
    match open.is_empty() && !bare {
        true => Ok(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")),
        false => Err(format!("left: {open:?}, {text:?}")),
    }
}

fn known(tag: &str) -> Option<&'static str> {
    let attribute = |tag: &str, start: &str| {
        let value = tag.strip_prefix(start)?.strip_suffix('"')?;
        (!value.contains(['"', '<', '>'])).then_some(())
    };
    match tag {
        "b" => Some("b"),
        "i" => Some("i"),
        "s" => Some("s"),
        "pre" => Some("pre"),
        "code" => Some("code"),
        "blockquote" => Some("blockquote"),
        tag if attribute(tag, "a href=\"").is_some() => Some("a"),
        tag if attribute(tag, "code class=\"language-").is_some() => Some("code"),
        _ => None,
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[a-z ]{1,8}",
        3 => prop::sample::select(vec![
            "\n", "\n\n", "*", "**", "_", "~~", "`", "```\n", "\n```rust\n", "> ", "# ", "- ",
            "1. ", "  ", "    ", "| a | b |\n|---|---|\n", "|", "[", "](https://x.example/\"<>)",
            "](x)", "![", "<b>", "</b>", "<br>", "<!-- ", "&lt;", "&", "<", ">", "\"", "\\", "---\n",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn tags_are_telegrams_and_well_nested(text in markdown()) {
        let html = html(&text);
        prop_assert!(read(&html).is_ok(), "{:?}: {html}", read(&html));
    }

    #[test]
    fn no_word_is_lost(words in prop::collection::vec("[a-z]{1,8}", 1..20), marks in markdown()) {
        // Marks before the words, never among them: what a link leads to is not a word.
        let text = format!("{}\n\n{}", marks.replace(['[', '<', '`', '~', '-', '!'], ""), words.join(" "));
        let shown = read(&html(&text)).expect("well nested");
        for word in &words {
            prop_assert!(shown.contains(word.as_str()), "{word}: {shown}");
        }
    }
}
