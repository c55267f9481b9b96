//! The text of one reply as its consumer has it, and what must change for it to be right.
//! Pure: events in, changes out.

/// What the consumer does to its buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextChange {
    Append(String),
    Replace(String),
}

#[derive(Debug, Default)]
pub(crate) struct Reply {
    shown: String,
    /// We may have missed deltas: the next one is taken from its `message`, not its `deltaText`.
    stale: bool,
}

impl Reply {
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn may_have_missed_deltas(&mut self) {
        self.stale = true;
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale
    }

    /// One delta. `whole` builds the reply so far from the event's `message`; it is costly, and
    /// only asked for when the increments are not to be trusted.
    pub(crate) fn delta(
        &mut self,
        delta: &str,
        replace: bool,
        whole: impl FnOnce() -> Option<String>,
    ) -> Option<TextChange> {
        if self.stale
            && let Some(whole) = whole()
        {
            return self.settle(&whole);
        }
        if replace {
            return self.settle(delta);
        }
        self.append(delta)
    }

    /// Makes the consumer's text equal to `text`, with the smaller change when there is a choice.
    pub(crate) fn settle(&mut self, text: &str) -> Option<TextChange> {
        self.stale = false;
        if let Some(missing) = text.strip_prefix(self.shown.as_str()) {
            return self.append(missing);
        }
        text.clone_into(&mut self.shown);
        Some(TextChange::Replace(text.to_owned()))
    }

    fn append(&mut self, text: &str) -> Option<TextChange> {
        self.shown.push_str(text);
        (!text.is_empty()).then(|| TextChange::Append(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(text: &str) -> Option<TextChange> {
        Some(TextChange::Append(text.to_owned()))
    }

    fn replace(text: &str) -> Option<TextChange> {
        Some(TextChange::Replace(text.to_owned()))
    }

    #[test]
    fn a_final_longer_than_what_was_streamed_adds_the_missing_end() {
        let mut reply = Reply::default();
        assert_eq!(reply.delta("안녕", false, || None), append("안녕"));
        assert_eq!(reply.settle("안녕하세요"), append("하세요"));
        assert_eq!(reply.settle("안녕하세요"), None);
    }

    #[test]
    fn a_final_that_differs_replaces_what_was_streamed() {
        let mut reply = Reply::default();
        reply.delta("wrong", false, || None);
        assert_eq!(reply.settle("right"), replace("right"));
        assert_eq!(reply.settle(""), replace(""));
    }

    #[test]
    fn a_replacing_delta_starts_over() {
        let mut reply = Reply::default();
        reply.delta("first attempt", false, || None);
        assert_eq!(reply.delta("", true, || None), replace(""));
        assert_eq!(reply.delta("second", false, || None), append("second"));
        assert_eq!(reply.shown(), "second");
    }

    #[test]
    fn after_a_gap_the_whole_text_counts_once() {
        let mut reply = Reply::default();
        reply.delta("one ", false, || None);
        reply.may_have_missed_deltas();
        assert_eq!(
            reply.delta("three", false, || Some("one two three".into())),
            append("two three")
        );
        assert_eq!(reply.delta(" four", false, || panic!("not asked for")), append(" four"));
    }
}
