//! When points by hand need a second person, who that can be, and until when.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::super::model::{Award, EntryKind, Source, Spending};
use crate::named_enum;
use crate::platform::ids::{MemberId, PointsApprovalId, UserId};

/// How long a request can be decided on.
pub const LIFE: TimeDelta = TimeDelta::days(7);
/// What was moved by hand for so long counts together.
pub const WINDOW: TimeDelta = TimeDelta::hours(24);

named_enum! {
    /// What has become of points that somebody asked for.
    #[graphql(name = "PointsApprovalState")]
    State {
        /// They wait for a second person.
        Pending "PENDING",
        /// A second person approved: they are posted.
        Approved "APPROVED",
        /// A second person rejected.
        Rejected "REJECTED",
        /// Whoever asked took it back.
        Withdrawn "WITHDRAWN",
        /// Nobody decided within seven days.
        Lapsed "LAPSED",
    }
}

impl State {
    /// What it is at a time: a request that waited for too long has lapsed.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>, lapses_at: DateTime<Utc>) -> Self {
        if self == Self::Pending && lapses_at <= now { Self::Lapsed } else { self }
    }
}

/// Which requests a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those in one of these states; all when empty.
    pub states: Vec<State>,
    /// Those about this member.
    pub member: Option<MemberId>,
}

/// Points that are to wait.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id.
    pub id: PointsApprovalId,
    /// Whose points.
    pub member: MemberId,
    /// Of a transfer: who is to have them.
    pub to: Option<MemberId>,
    /// What their entry will be.
    pub kind: EntryKind,
    /// How many.
    pub amount: i64,
    /// Of an award: what for, by kind.
    pub source: Option<Source>,
    /// What for, in words.
    pub reason: String,
    /// The partner's own.
    pub reference: Option<String>,
    /// From when they are to be good.
    pub available_at: Option<DateTime<Utc>>,
    /// Until when, where somebody said so.
    pub expires_on: Option<NaiveDate>,
}

impl Request {
    /// For an award, good until the day that somebody named, or by the policy of the day on which it is approved.
    #[must_use]
    pub fn of_award(id: PointsApprovalId, award: &Award, expires_on: Option<NaiveDate>) -> Self {
        Self {
            id,
            member: award.member,
            to: None,
            kind: EntryKind::Award,
            amount: award.amount,
            source: Some(award.source),
            reason: award.reason.clone(),
            reference: award.reference.clone(),
            available_at: award.available_at,
            expires_on,
        }
    }

    /// For points that are to be taken away.
    #[must_use]
    pub fn of_deduction(id: PointsApprovalId, spending: Spending) -> Self {
        Self::of_spending(id, spending, (EntryKind::Deduct, None))
    }

    /// For points that are to go to another member.
    #[must_use]
    pub fn of_transfer(id: PointsApprovalId, spending: Spending, to: MemberId) -> Self {
        Self::of_spending(id, spending, (EntryKind::TransferOut, Some(to)))
    }

    fn of_spending(id: PointsApprovalId, spending: Spending, (kind, to): (EntryKind, Option<MemberId>)) -> Self {
        let Spending { member, amount, reason, reference } = spending;
        Self { id, member, to, kind, amount, source: None, reason, reference, available_at: None, expires_on: None }
    }
}

/// Whether this many more are over the limit, with those that were moved before. Those that are not are moved with it.
pub fn is_over(limit: i64, moved: &mut i64, amount: i64) -> bool {
    let total = moved.saturating_add(amount);
    let is_over = total > limit;
    if !is_over {
        *moved = total;
    }
    is_over
}

/// Whether this person is a second one beside those who may have asked.
pub fn is_another(person: UserId, people: &[UserId]) -> bool {
    !people.contains(&person)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::Id;

    #[test]
    fn what_fits_the_limit_counts_and_what_does_not_leaves_room_for_less() {
        let mut moved = 40;
        let fits: Vec<_> = [50, 11, 10, 1].map(|amount| !is_over(100, &mut moved, amount)).into();
        assert_eq!(fits, [true, false, true, false]);
        assert_eq!(moved, 100);
        assert!(is_over(0, &mut 0, 1));
        assert!(is_over(i64::MAX - 1, &mut (i64::MAX - 1), i64::MAX));
    }

    #[test]
    fn only_a_pending_request_lapses_and_not_before_its_time() {
        let (now, later) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + LIFE);
        assert_eq!(State::Pending.at(now, later), State::Pending);
        assert_eq!(State::Pending.at(later, later), State::Lapsed);
        assert_eq!(State::Rejected.at(later, now), State::Rejected);
    }

    #[test]
    fn nobody_of_those_who_may_have_asked_is_another() {
        let [maker, rotator, other] = [1, 2, 3].map(|number| Id::from_uuid(uuid::Uuid::from_u128(number)));
        assert!(is_another(other, &[maker, rotator]));
        assert!(!is_another(rotator, &[maker, rotator]));
    }
}
