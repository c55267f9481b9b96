//! A text that grows, with as many line ends between its blocks as they want.

pub(super) struct Page {
    text: String,
    pub(super) with_tags: bool,
    /// Line ends before whatever comes next.
    gap: usize,
    /// Nothing stands yet in this block: no gap is wanted.
    is_fresh: bool,
    /// Of lines in inner lists, in steps.
    pub(super) indent: usize,
}

impl Page {
    pub(super) fn new(with_tags: bool) -> Self {
        Self { text: String::new(), with_tags, gap: 0, is_fresh: true, indent: 0 }
    }

    pub(super) fn gap(&mut self, lines: usize) {
        if !self.is_fresh {
            self.gap = self.gap.max(lines);
        }
    }

    /// What comes next is the first of its block.
    pub(super) fn begin(&mut self) {
        self.is_fresh = true;
    }

    pub(super) fn words(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.move_on();
        self.is_fresh = false;
        match self.with_tags {
            true => escape(text, &mut self.text),
            false => self.text.push_str(text),
        }
    }

    pub(super) fn tag(&mut self, tag: &str) {
        if self.with_tags {
            self.move_on();
            self.text.push_str(tag);
        }
    }

    /// The gap stays for what comes after it.
    pub(super) fn end_tag(&mut self, tag: &str) {
        if self.with_tags {
            self.text.push_str(tag);
        }
    }

    pub(super) fn block(&mut self, tag: &str, text: &str, end_tag: &str) {
        self.tag(tag);
        self.words(text);
        self.end_tag(end_tag);
    }

    fn move_on(&mut self) {
        if self.gap > 0 {
            self.text.extend(std::iter::repeat_n('\n', self.gap));
            self.text.extend(std::iter::repeat_n("  ", self.indent));
            self.gap = 0;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn since(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    pub(super) fn finish(self) -> String {
        self.text.trim().to_owned()
    }
}

/// The only three characters that mean something to Telegram.
fn escape(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            c => into.push(c),
        }
    }
}
