//! Pages of what was said, and places in it.

use data_encoding::BASE64URL_NOPAD;
use domain::{ConversationId, MessageId, StoredMessage, Timestamp, UserId};
use platform::{HistoryPage, RecentPage, RecentRow};

use crate::state::{Expiring, Pair, Place, State, Talk};

impl State {
    pub(crate) fn page(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        before: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> HistoryPage {
        let Some(talk) = self.talks.get(&(user.clone(), conversation.clone())) else {
            return HistoryPage::default();
        };
        let earlier = |place: &Place| before.as_ref().is_none_or(|before| place < before);
        let mut newest: Vec<_> =
            talk.there(now).filter(|(place, _)| earlier(place)).rev().collect();
        // A page has whole pairs, one at least.
        let pairs = (limit / 2).max(1);
        let has_more = newest.len() > pairs;
        newest.truncate(pairs);
        newest.reverse();
        let mut page = shown(conversation, &newest);
        page.before = page.before.filter(|_| has_more);
        page.after = page.after.or(before.as_ref().map(|place| place_to(conversation, place)));
        page.goes_on = before.is_some();
        page
    }

    pub(crate) fn page_after(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        after: Option<Place>,
        limit: usize,
        now: Timestamp,
    ) -> HistoryPage {
        let same = after.as_ref().map(|place| place_to(conversation, place));
        let Some(talk) = self.talks.get(&(user.clone(), conversation.clone())) else {
            return HistoryPage { after: same, ..HistoryPage::default() };
        };
        let later = |place: &Place| after.as_ref().is_none_or(|after| place > after);
        let mut oldest: Vec<_> = talk.there(now).filter(|(place, _)| later(place)).collect();
        let pairs = (limit / 2).max(1);
        let goes_on = oldest.len() > pairs;
        oldest.truncate(pairs);
        let page = shown(conversation, &oldest);
        HistoryPage {
            before: page.before.filter(|_| after.is_some()),
            after: page.after.or(same),
            goes_on,
            ..page
        }
    }

    /// `None`: what was there was deleted.
    pub(crate) fn page_around(
        &self,
        user: &UserId,
        conversation: &ConversationId,
        middle: &Place,
        limit: usize,
        now: Timestamp,
    ) -> Option<HistoryPage> {
        let same = Some(place_to(conversation, middle));
        let Some(talk) = self.talks.get(&(user.clone(), conversation.clone())) else {
            return Some(HistoryPage { after: same, ..HistoryPage::default() });
        };
        if talk.deleted_until.is_some_and(|until| middle.0 <= until) {
            return None;
        }
        let pairs = (limit / 2).max(1);
        let earlier = (pairs - 1) / 2;
        let (before, from_there_on): (Vec<_>, Vec<_>) =
            talk.there(now).partition(|(place, _)| *place < middle);
        let skipped = before.len().saturating_sub(earlier);
        let goes_on = from_there_on.len() > pairs - earlier;
        let shown_pairs =
            before.into_iter().skip(skipped).chain(from_there_on.into_iter().take(pairs - earlier));
        let page = shown(conversation, &shown_pairs.collect::<Vec<_>>());
        Some(HistoryPage {
            before: page.before.filter(|_| skipped > 0),
            after: page.after.or(same),
            goes_on,
            ..page
        })
    }

    pub(crate) fn recent(
        &self,
        user: &UserId,
        before: Option<RecentPlace>,
        limit: usize,
        now: Timestamp,
    ) -> RecentPage {
        let mut rows: Vec<(RecentPlace, StoredMessage)> = Vec::new();
        for ((_, id), talk) in self.talks.iter().filter(|((owner, _), _)| owner == user) {
            for ((at, message), pair) in talk.there(now) {
                for (nth, row) in (0..).zip(&pair.value) {
                    rows.push(((*at, id.clone(), message.clone(), nth), row.clone()));
                }
            }
        }
        rows.retain(|(place, _)| before.as_ref().is_none_or(|before| place < before));
        rows.sort_by(|(a, _), (b, _)| b.cmp(a));
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let before = rows.last().filter(|_| has_more).map(|(place, _)| recent_to(place));
        let row = |(place, message)| RecentRow { message, place: recent_to(&place) };
        RecentPage { rows: rows.into_iter().map(row).collect(), before }
    }
}

impl Talk {
    pub(crate) fn shows(&self, (at, _): &Place, pair: &Expiring<Pair>, now: Timestamp) -> bool {
        pair.is_live(now) && self.deleted_until.is_none_or(|until| *at > until)
    }

    fn there(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = (&Place, &Expiring<Pair>)> {
        self.pairs.iter().filter(move |(place, pair)| self.shows(place, pair, now))
    }
}

fn shown(conversation: &ConversationId, pairs: &[(&Place, &Expiring<Pair>)]) -> HistoryPage {
    let place = |pair: Option<&(&Place, _)>| pair.map(|(place, _)| place_to(conversation, place));
    HistoryPage {
        messages: pairs.iter().flat_map(|(_, pair)| pair.value.clone()).collect(),
        before: place(pairs.first()),
        after: place(pairs.last()),
        goes_on: false,
    }
}

/// A row among all of a user's: 0 the message, 1 its reply.
pub(crate) type RecentPlace = (Timestamp, ConversationId, MessageId, u8);

pub(crate) fn recent_to((at, conversation, id, nth): &RecentPlace) -> String {
    BASE64URL_NOPAD.encode(format!("{}#{conversation}#{id}#{nth}", at.millis()).as_bytes())
}

pub(crate) fn recent_from(text: &str) -> Option<RecentPlace> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let mut parts = text.split('#');
    let at = Timestamp(parts.next()?.parse().ok()?);
    let conversation = ConversationId::new(parts.next()?).ok()?;
    let id = MessageId::new(parts.next()?).ok()?;
    Some((at, conversation, id, parts.next()?.parse().ok()?))
}

fn place_to(conversation: &ConversationId, (at, id): &Place) -> String {
    BASE64URL_NOPAD.encode(format!("{conversation}#{}#{id}", at.millis()).as_bytes())
}

/// `None` for a place of another conversation.
pub(crate) fn place_from(conversation: &ConversationId, text: &str) -> Option<Place> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (at, id) = text.strip_prefix(conversation.as_str())?.strip_prefix('#')?.split_once('#')?;
    Some((Timestamp(at.parse().ok()?), MessageId::new(id).ok()?))
}
