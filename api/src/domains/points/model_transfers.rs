//! Points that one member gives to another: who, and what the other gets.

use chrono::{DateTime, NaiveDate, Utc};

use super::model::{Award, Source, Spending};
use crate::error::{UserError, UserErrorCode};
use crate::platform::ids::MemberId;

/// Points to be given by one member to another.
#[derive(Clone, Debug)]
pub struct TransferDraft {
    /// Who gives.
    pub from: MemberId,
    /// Who gets.
    pub to: MemberId,
    /// How many.
    pub amount: i64,
    /// What for, in words.
    pub reason: String,
    /// The partner's own.
    pub reference: Option<String>,
}

impl TransferDraft {
    /// All that is wrong with it, or what the giver spends, and who gets it.
    pub fn check(self) -> Result<(Spending, MemberId), Vec<UserError>> {
        let Self { from, to, amount, reason, reference } = self;
        let same = (from == to)
            .then(|| UserError::at("toMemberId", UserErrorCode::Invalid, "Nobody gives points to themselves."));
        let spending = Spending { member: from, amount, reason, reference };
        match (spending.check(), same) {
            (Ok(spending), None) => Ok((spending, to)),
            (checked, same) => Err(same.into_iter().chain(checked.err().into_iter().flatten()).collect()),
        }
    }
}

/// What was taken from a lot.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// How many points.
    pub amount: i64,
    /// What they were earned by.
    pub source: Source,
    /// When they end, and the last day before that; None for never.
    pub expires: Option<(DateTime<Utc>, NaiveDate)>,
}

/// What the other gets of what was taken from lots: together what has one source and ends on one day, so that nothing is
/// good for longer, and what was earned by is still known. In the order in which it is spent.
#[must_use]
pub fn received(spending: &Spending, to: MemberId, taken: impl IntoIterator<Item = Taken>) -> Vec<Award> {
    let mut parts: Vec<Award> = Vec::new();
    for Taken { amount, source, expires } in taken {
        match parts.iter_mut().find(|known| known.source == source && known.expires == expires) {
            Some(known) => known.amount += amount,
            None => parts.push(Award {
                member: to,
                amount,
                source,
                reason: spending.reason.clone(),
                reference: spending.reference.clone(),
                available_at: None,
                expires,
            }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::platform::ids::Id;

    fn draft(from: u128, to: u128) -> TransferDraft {
        let [from, to] = [from, to].map(|number| Id::from_uuid(Uuid::from_u128(number)));
        TransferDraft { from, to, amount: 60, reason: "Tea".to_owned(), reference: None }
    }

    fn taken(amount: i64, source: Source, day: Option<&str>) -> Taken {
        let day: Option<NaiveDate> = day.map(|day| day.parse().unwrap());
        Taken { amount, source, expires: day.map(|day| (day.and_hms_opt(16, 0, 0).unwrap().and_utc(), day)) }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let wrong = TransferDraft { amount: 0, reason: " ".to_owned(), ..draft(1, 1) };
        let fields: Vec<_> = wrong.check().unwrap_err().into_iter().filter_map(|error| error.field).flatten().collect();
        assert_eq!(fields, ["toMemberId", "amount", "reason"]);
        assert!(draft(1, 2).check().is_ok());
    }

    #[test]
    fn what_has_one_source_and_one_day_goes_over_together() {
        let (spending, to) = draft(1, 2).check().unwrap();
        let parts = received(
            &spending,
            to,
            [
                taken(10, Source::CheckIn, Some("2027-01-31")),
                taken(20, Source::Purchase, Some("2027-01-31")),
                taken(5, Source::CheckIn, Some("2027-01-31")),
                taken(25, Source::CheckIn, None),
            ],
        );
        let shown: Vec<_> = parts.iter().map(|part| (part.amount, part.source, part.expires.is_some())).collect();
        let expected = [(15, Source::CheckIn, true), (20, Source::Purchase, true), (25, Source::CheckIn, false)];
        assert_eq!(shown, expected);
        assert!(parts.iter().all(|part| part.member == to && part.available_at.is_none()));
    }
}
