//! Markdown read into lines of text, with Telegram's tags or without.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::page::Page;
use super::table::Table;

pub(super) fn render(markdown: &str, with_tags: bool) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut reader = Reader::new(with_tags);
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        reader.read(event, &range);
    }
    reader.page.finish()
}

struct Reader {
    page: Page,
    /// The next number of each list that is open, or a bullet.
    lists: Vec<Option<u64>>,
    /// Telegram's quotations hold no others.
    quotes: u32,
    bold: u32,
    italic: u32,
    struck: u32,
    links: Vec<Link>,
    code: Option<Code>,
    table: Option<Table>,
}

struct Link {
    url: String,
    /// Where its words begin.
    from: usize,
    has_tag: bool,
}

struct Code {
    language: String,
    text: String,
}

impl Reader {
    fn new(with_tags: bool) -> Self {
        Self {
            page: Page::new(with_tags),
            lists: Vec::new(),
            quotes: 0,
            bold: 0,
            italic: 0,
            struck: 0,
            links: Vec::new(),
            code: None,
            table: None,
        }
    }

    fn read(&mut self, event: Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.words(&text),
            Event::Code(text) => self.inline_code(&text),
            Event::InlineHtml(tag) if is_line_break(&tag) => self.words("\n"),
            Event::Html(text) | Event::InlineHtml(text) => self.words(&text),
            Event::SoftBreak | Event::HardBreak => self.words("\n"),
            Event::Rule => self.rule(),
            Event::TaskListMarker(done) => self.words(if done { "☑ " } else { "☐ " }),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.words(&text),
            Event::FootnoteReference(name) => self.words(&name),
        }
    }

    fn words(&mut self, text: &str) {
        match (&mut self.code, &mut self.table) {
            (Some(code), _) => code.text.push_str(text),
            (None, Some(table)) => table.words(text),
            (None, None) => self.page.words(text),
        }
    }

    fn inline_code(&mut self, text: &str) {
        if self.table.is_some() {
            return self.words(text);
        }
        self.page.tag("<code>");
        self.page.words(text);
        self.page.end_tag("</code>");
    }

    fn rule(&mut self) {
        self.page.gap(2);
        self.page.words("———");
        self.page.gap(2);
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.page.gap(2),
            Tag::Heading { .. } => {
                self.page.gap(2);
                self.bold();
            }
            Tag::BlockQuote(_) => self.start_quote(),
            Tag::CodeBlock(kind) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => language(&info),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(Code { language, text: String::new() });
            }
            Tag::List(first) => {
                self.page.gap(if self.lists.is_empty() { 2 } else { 1 });
                self.lists.push(first);
                self.page.indent = self.lists.len() - 1;
            }
            Tag::Item => self.start_item(),
            Tag::Table(_) => self.table = Some(Table::new(range.len())),
            Tag::TableHead | Tag::TableRow => self.table.iter_mut().for_each(Table::row),
            Tag::TableCell => self.table.iter_mut().for_each(Table::cell),
            Tag::Strong => self.bold(),
            Tag::Emphasis => {
                self.italic += 1;
                self.tag_if(self.italic == 1, "<i>");
            }
            Tag::Strikethrough => {
                self.struck += 1;
                self.tag_if(self.struck == 1, "<s>");
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.start_link(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.page.gap(2),
            TagEnd::Heading(_) => {
                self.end_bold();
                self.page.gap(2);
            }
            TagEnd::BlockQuote(_) => self.end_quote(),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.page.indent = self.lists.len().saturating_sub(1);
                self.page.gap(if self.lists.is_empty() { 2 } else { 1 });
            }
            TagEnd::Item => self.page.gap(1),
            TagEnd::Table => self.end_table(),
            TagEnd::Strong => self.end_bold(),
            TagEnd::Emphasis => {
                self.italic -= 1;
                self.end_tag_if(self.italic == 0, "</i>");
            }
            TagEnd::Strikethrough => {
                self.struck -= 1;
                self.end_tag_if(self.struck == 0, "</s>");
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            _ => {}
        }
    }

    fn bold(&mut self) {
        self.bold += 1;
        self.tag_if(self.bold == 1, "<b>");
    }

    fn end_bold(&mut self) {
        self.bold -= 1;
        self.end_tag_if(self.bold == 0, "</b>");
    }

    /// A table is set in one piece, without tags.
    fn tag_if(&mut self, wanted: bool, tag: &str) {
        if wanted && self.table.is_none() {
            self.page.tag(tag);
        }
    }

    fn end_tag_if(&mut self, wanted: bool, tag: &str) {
        if wanted && self.table.is_none() {
            self.page.end_tag(tag);
        }
    }

    fn start_quote(&mut self) {
        self.page.gap(2);
        self.quotes += 1;
        if self.quotes == 1 {
            self.page.tag("<blockquote>");
            self.page.begin();
        }
    }

    fn end_quote(&mut self) {
        self.quotes -= 1;
        self.end_tag_if(self.quotes == 0, "</blockquote>");
        self.page.gap(2);
    }

    fn start_item(&mut self) {
        self.page.gap(1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => "• ".to_owned(),
        };
        self.page.words(&mark);
        self.page.begin();
    }

    fn end_code(&mut self) {
        let Some(Code { language, text }) = self.code.take() else { return };
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.page.gap(2);
        match language.as_str() {
            "" => self.page.block("<pre>", text, "</pre>"),
            language => {
                let open = format!("<pre><code class=\"language-{language}\">");
                self.page.block(&open, text, "</code></pre>");
            }
        }
        self.page.gap(2);
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        self.page.gap(2);
        self.page.block("<pre>", &table.set(), "</pre>");
        self.page.gap(2);
    }

    fn start_link(&mut self, url: &str) {
        let has_tag = is_followed(url) && self.table.is_none() && self.links.is_empty();
        if has_tag {
            self.page.tag(&format!("<a href=\"{}\">", in_attribute(url)));
        }
        self.links.push(Link { url: url.to_owned(), from: self.page.len(), has_tag });
    }

    fn end_link(&mut self) {
        let Some(link) = self.links.pop() else { return };
        if link.has_tag {
            self.page.end_tag("</a>");
        }
        // In a table an address is wider than what it is beside.
        if !self.page.with_tags && self.table.is_none() && is_followed(&link.url) {
            let is_shown = self.page.since(link.from).contains(&link.url);
            self.words(&if is_shown { String::new() } else { format!(" ({})", link.url) });
        }
    }
}

fn is_line_break(tag: &str) -> bool {
    matches!(tag.to_ascii_lowercase().as_str(), "<br>" | "<br/>" | "<br />")
}

/// Of a code block: the first word, as far as Telegram can use it.
fn language(info: &str) -> String {
    let word = info.split_whitespace().next().unwrap_or_default();
    word.chars().filter(|c| c.is_ascii_alphanumeric() || "+-#_.".contains(*c)).collect()
}

fn in_attribute(url: &str) -> String {
    let url = url.replace('&', "&amp;").replace('"', "%22");
    url.replace('<', "%3C").replace('>', "%3E")
}

/// Telegram opens no other links.
fn is_followed(url: &str) -> bool {
    ["https://", "http://", "tg://", "mailto:", "tel:"].iter().any(|it| url.starts_with(it))
}
