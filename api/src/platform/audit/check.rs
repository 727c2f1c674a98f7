//! What verifying a chain finds. It sees links in the order of their positions, from the database or from an
//! export, and goes on behind a problem, so that each is named.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::chain::{Chain, Checkpoint, START};
use super::read::{Found, Link};
use crate::platform::crypto::MasterKey;
use crate::platform::ids::{AuditEventId, TenantId};

/// What is wrong with a chain. Positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Positions without a link.
    #[error("positions {from} to {to} are missing")]
    Missing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// A link that comes behind one of a later position.
    #[error("position {position} stands behind position {end}")]
    Misplaced {
        /// Its own position.
        position: i64,
        /// The position before it.
        end: i64,
    },
    /// A link whose event is not there.
    #[error("position {position}: the event {event} is gone")]
    EventGone {
        /// Where.
        position: i64,
        /// Which.
        event: AuditEventId,
    },
    /// An event that is not as it was written.
    #[error("position {position}: the event {event} was changed")]
    EventChanged {
        /// Where.
        position: i64,
        /// Which.
        event: AuditEventId,
    },
    /// Two neighbours stand in each other's place.
    #[error("positions {first} and {second}: the two events were swapped")]
    Swapped {
        /// The first place.
        first: i64,
        /// The second.
        second: i64,
    },
    /// A link that does not prove this event behind the link before it.
    #[error("position {position}: the link does not fit: it was changed, or another event belongs there")]
    LinkBroken {
        /// Where.
        position: i64,
    },
    /// A checkpoint that this installation did not sign.
    #[error("the checkpoint of position {position} is not signed by this installation's key")]
    CheckpointForged {
        /// Whose position.
        position: i64,
    },
    /// A genuine checkpoint that says otherwise.
    #[error("position {position}: a signed checkpoint says that another event was the last one here")]
    CheckpointDiffers {
        /// Where.
        position: i64,
    },
    /// The chain ends before a genuine checkpoint does.
    #[error("the tail is cut: the chain ends at position {end}, and a signed checkpoint says that it had {signed}")]
    TailCut {
        /// The last link.
        end: i64,
        /// The checkpoint's position.
        signed: i64,
    },
    /// What the sealer goes on from is not the last link.
    #[error("the chain ends at position {end}, and the sealer would go on from position {head}")]
    HeadDiffers {
        /// The last link.
        end: i64,
        /// The noted head.
        head: i64,
    },
    /// An event that the sealer is past and that is in no chain.
    #[error("the event {event} stands beside the chain")]
    Beside {
        /// Which.
        event: AuditEventId,
    },
}

/// What came of verifying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many links were looked at.
    pub events: i64,
    /// The last position.
    pub end: i64,
    /// The position of the last genuine checkpoint that fits; 0 without one.
    pub signed: i64,
    /// What is wrong, in the order of positions.
    pub problems: Vec<Problem>,
}

/// Checks one tenant's chain.
pub struct Checker<'a> {
    master: &'a MasterKey,
    tenant: TenantId,
    chain: Chain,
    /// The link before; None behind a gap, where nothing can be said about the next one.
    previous: Option<Vec<u8>>,
    /// A broken link that may turn out to be half of a swap, with the link before it.
    suspect: Option<(Vec<u8>, Link)>,
    checkpoints: BTreeMap<i64, Vec<u8>>,
    verdict: Verdict,
}

impl<'a> Checker<'a> {
    /// From the beginning of the chain.
    #[must_use]
    pub fn new(master: &'a MasterKey, tenant: TenantId) -> Self {
        Self {
            master,
            tenant,
            chain: Chain::of(master, tenant),
            previous: Some(START.to_vec()),
            suspect: None,
            checkpoints: BTreeMap::new(),
            verdict: Verdict::default(),
        }
    }

    /// Adds a checkpoint to hold the chain against; before its position is reached. Two genuine ones that disagree
    /// prove by themselves that the trail was written twice; the first stays.
    pub fn hold_against(&mut self, checkpoint: &Checkpoint) {
        let (position, head) = (checkpoint.position, checkpoint.bytes().0);
        if checkpoint.tenant != self.tenant || !checkpoint.is_genuine(self.master) {
            return self.verdict.problems.push(Problem::CheckpointForged { position });
        }
        match self.checkpoints.entry(position) {
            Entry::Occupied(known) if *known.get() != head => {
                self.verdict.problems.push(Problem::CheckpointDiffers { position });
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(place) => drop(place.insert(head)),
        }
    }

    /// Looks at the next link.
    pub fn take(&mut self, link: Link) {
        let (position, end) = (link.position, self.verdict.end);
        if position <= end {
            return self.verdict.problems.push(Problem::Misplaced { position, end });
        }
        if position != end + 1 {
            self.accuse_suspect();
            self.verdict.problems.push(Problem::Missing { from: end + 1, to: position - 1 });
            self.previous = None;
        }
        self.check_event(&link);
        let goes_on_from = self.check_link(&link);
        if let Some(head) = self.checkpoints.remove(&position) {
            if head == link.mac {
                self.verdict.signed = position;
            } else {
                self.verdict.problems.push(Problem::CheckpointDiffers { position });
            }
        }
        self.previous = Some(goes_on_from);
        self.verdict.events += 1;
        self.verdict.end = position;
    }

    fn check_event(&mut self, link: &Link) {
        let (position, event) = (link.position, link.event);
        let is_genuine = match &link.found {
            Found::Gone => return self.verdict.problems.push(Problem::EventGone { position, event }),
            Found::Unreadable => false,
            Found::Here(found) => {
                let proof = self.chain.prove(&found.event);
                found.event.tenant == self.tenant && proof.is_ok_and(|proof| proof[..] == found.mac[..])
            }
        };
        if !is_genuine {
            self.verdict.problems.push(Problem::EventChanged { position, event });
        }
    }

    /// Gives what the next link goes on from. Of an event that is gone nothing more is said here.
    fn check_link(&mut self, link: &Link) -> Vec<u8> {
        let fits = match (&self.previous, link.proved()) {
            (Some(previous), Some(proved)) => self.chain.link(link.position, previous, proved)[..] == link.mac[..],
            _ => true,
        };
        if fits {
            self.accuse_suspect();
            return link.mac.clone();
        }
        if let Some((before, first)) = self.suspect.take() {
            if let Some(goes_on_from) = self.swapped(&before, &first, link) {
                self.verdict.problems.push(Problem::Swapped { first: first.position, second: link.position });
                return goes_on_from;
            }
            self.verdict.problems.push(Problem::LinkBroken { position: first.position });
        }
        self.suspect = self.previous.clone().map(|previous| (previous, link.clone()));
        link.mac.clone()
    }

    fn accuse_suspect(&mut self) {
        if let Some((_, link)) = self.suspect.take() {
            self.verdict.problems.push(Problem::LinkBroken { position: link.position });
        }
    }

    /// Whether two broken neighbours fit in each other's place, without their links or with them; then what the
    /// chain goes on from.
    fn swapped(&self, before: &[u8], first: &Link, second: &Link) -> Option<Vec<u8>> {
        let (here, there) = (first.proved()?, second.proved()?);
        let fits = |one: &[u8], other: &[u8]| {
            self.chain.link(first.position, before, there)[..] == *one
                && self.chain.link(second.position, one, here)[..] == *other
        };
        let orders = [(&first.mac, &second.mac), (&second.mac, &first.mac)];
        orders.into_iter().find(|(one, other)| fits(one, other)).map(|(_, other)| other.clone())
    }

    /// The last position so far.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.verdict.end
    }

    /// Holds the end of an export against the checkpoint that closes it.
    pub fn close_with(&mut self, checkpoint: &Checkpoint) {
        let (end, last) = (self.verdict.end, self.last_link());
        self.hold_against(checkpoint);
        // A later position stays to be missed; one that is forged is named already.
        match self.checkpoints.remove(&checkpoint.position) {
            Some(head) if checkpoint.position > end => drop(self.checkpoints.insert(checkpoint.position, head)),
            Some(head) if checkpoint.position == end && Some(&head) == last.as_ref() => self.verdict.signed = end,
            Some(_) => self.verdict.problems.push(Problem::CheckpointDiffers { position: checkpoint.position }),
            None => {}
        }
    }

    fn last_link(&self) -> Option<Vec<u8>> {
        // Nothing is in a chain without events, and its checkpoint says so.
        if self.verdict.end == 0 { Some(Vec::new()) } else { self.previous.clone() }
    }

    /// Notes an event that is in no chain though the sealer is past it.
    pub fn note_beside(&mut self, event: AuditEventId) {
        self.verdict.problems.push(Problem::Beside { event });
    }

    /// Ends; `head` is what the sealer has noted as the end, where that is known.
    #[must_use]
    pub fn finish(mut self, head: Option<(i64, Vec<u8>)>) -> Verdict {
        self.accuse_suspect();
        let end = self.verdict.end;
        if let Some((&signed, _)) = self.checkpoints.last_key_value() {
            self.verdict.problems.push(Problem::TailCut { end, signed });
        }
        let last = self.previous.unwrap_or_default();
        match head {
            Some((head, mac)) if (head, &mac) != (end, &last) => {
                self.verdict.problems.push(Problem::HeadDiffers { end, head });
            }
            _ => {}
        }
        self.verdict
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;
    use uuid::Uuid;

    use super::super::event::Event;
    use super::super::read::ProvedEvent;
    use super::*;
    use crate::platform::ids::Id;

    const TENANT: TenantId = Id::from_uuid(Uuid::from_u128(7));

    fn master() -> MasterKey {
        MasterKey::from_base64("dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzISEhISE=").unwrap()
    }

    /// A chain of ten.
    fn links() -> Vec<Link> {
        let chain = Chain::of(&master(), TENANT);
        let mut previous = START;
        let link = |position: i64| {
            let event = Event {
                tenant: TENANT,
                id: Id::from_uuid(Uuid::from_u128(position.unsigned_abs().into())),
                occurred_at: DateTime::UNIX_EPOCH,
                actor_kind: "SYSTEM".to_owned(),
                actor_id: None,
                via_id: None,
                address: "::1".to_owned(),
                operation: "memberCreate".to_owned(),
                object_id: None,
                within_id: None,
                changed_fields: json!(["displayName"]),
                request_id: "local".to_owned(),
                outcome: "SUCCEEDED".to_owned(),
                codes: json!([]),
            };
            let mac = chain.prove(&event).unwrap();
            previous = chain.link(position, &previous, (event.id, &mac));
            let found = Found::Here(Box::new(ProvedEvent { event: event.clone(), mac: mac.to_vec() }));
            Link { position, event: event.id, mac: previous.to_vec(), found }
        };
        (1..=10).map(link).collect()
    }

    fn problems<'c>(links: Vec<Link>, checkpoints: impl IntoIterator<Item = &'c Checkpoint>) -> Vec<Problem> {
        let master = master();
        let mut checker = Checker::new(&master, TENANT);
        checkpoints.into_iter().for_each(|checkpoint| checker.hold_against(checkpoint));
        links.into_iter().for_each(|link| checker.take(link));
        checker.finish(None).problems
    }

    fn exchange(links: &mut [Link], first: usize, second: usize, part: fn(&mut Link, &mut Link)) {
        let (left, right) = links.split_at_mut(second);
        part(&mut left[first], &mut right[0]);
    }

    #[test]
    fn a_kept_checkpoint_outlives_a_genuine_one_of_the_same_position_that_says_otherwise() {
        let sign = |head: &[u8]| Checkpoint::sign(&master(), TENANT, (8, head), DateTime::UNIX_EPOCH).unwrap();
        let (present, kept) = (sign(&links()[7].mac), sign(&links()[6].mac));
        assert_eq!(problems(links(), [&present, &present]), []);
        let differs = Problem::CheckpointDiffers { position: 8 };
        assert_eq!(problems(links(), [&present, &kept]), std::slice::from_ref(&differs));
        assert_eq!(problems(links(), [&kept, &present]), [differs.clone(), differs]);
    }

    #[test]
    fn what_is_done_to_a_chain_is_found_and_named() {
        let checkpoint = Checkpoint::sign(&master(), TENANT, (8, &links()[7].mac), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(problems(links(), Some(&checkpoint)), []);

        let mut changed = links();
        let Found::Here(found) = &mut changed[4].found else { panic!() };
        found.event.operation = "memberUpdate".to_owned();
        assert_eq!(problems(changed, None), [Problem::EventChanged { position: 5, event: links()[4].event }]);

        let mut without_middle = links();
        without_middle.drain(3..6);
        assert_eq!(problems(without_middle, None), [Problem::Missing { from: 4, to: 6 }]);

        let mut without_event = links();
        without_event[3].found = Found::Gone;
        assert_eq!(problems(without_event, None), [Problem::EventGone { position: 4, event: links()[3].event }]);

        let events_only: fn(&mut Link, &mut Link) = |one, other| {
            std::mem::swap(&mut one.event, &mut other.event);
            std::mem::swap(&mut one.found, &mut other.found);
        };
        let links_too: fn(&mut Link, &mut Link) = |one, other| {
            std::mem::swap(one, other);
            std::mem::swap(&mut one.position, &mut other.position);
        };
        for part in [events_only, links_too] {
            let mut swapped = links();
            exchange(&mut swapped, 5, 6, part);
            let found = problems(swapped, None);
            assert_eq!(found, [Problem::Swapped { first: 6, second: 7 }]);
            let mut apart = links();
            exchange(&mut apart, 2, 6, part);
            let found = problems(apart, None);
            assert!(found.contains(&Problem::LinkBroken { position: 3 }), "{found:?}");
            assert!(found.contains(&Problem::LinkBroken { position: 7 }), "{found:?}");
        }

        let mut cut = links();
        cut.truncate(6);
        assert_eq!(problems(cut.clone(), None), []);
        assert_eq!(problems(cut, Some(&checkpoint)), [Problem::TailCut { end: 6, signed: 8 }]);
        let forged = Checkpoint { position: 9, ..checkpoint };
        assert_eq!(problems(links(), Some(&forged)), [Problem::CheckpointForged { position: 9 }]);
    }
}
