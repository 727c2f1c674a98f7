//! What has to be equal, and what is said where it is not.

use crate::domains::points::Account;
use crate::platform::ids::{MemberId, PointsEntryId, PointsLotId};

/// How many points are in each account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All that was given.
    pub issued: i64,
    /// Not good yet.
    pub pending: i64,
    /// To be spent.
    pub available: i64,
    /// Set aside.
    pub held: i64,
    /// Spent.
    pub redeemed: i64,
    /// Not spent in time.
    pub expired: i64,
    /// Taken away.
    pub revoked: i64,
    /// Given to other members, less what others gave.
    pub transferred: i64,
}

impl Sums {
    /// Moves an amount. Sums that would leave 64 bits are none of ours: they stay at the end, and are found wrong.
    pub fn apply(&mut self, from: Account, to: Account, amount: i64) {
        // What is issued is what all the others sum up to: it grows by what leaves it.
        let signed = |account, amount: i64| if account == Account::Issued { amount.saturating_neg() } else { amount };
        let source = self.of(from);
        *source = source.saturating_sub(signed(from, amount));
        let target = self.of(to);
        *target = target.saturating_add(signed(to, amount));
    }

    fn of(&mut self, account: Account) -> &mut i64 {
        match account {
            Account::Issued => &mut self.issued,
            Account::Pending => &mut self.pending,
            Account::Available => &mut self.available,
            Account::Held => &mut self.held,
            Account::Redeemed => &mut self.redeemed,
            Account::Expired => &mut self.expired,
            Account::Revoked => &mut self.revoked,
            Account::Transferred => &mut self.transferred,
        }
    }

    /// In the order of the accounts.
    #[must_use]
    pub fn list(&self) -> [i64; 8] {
        let Self { issued, pending, available, held, redeemed, expired, revoked, transferred } = *self;
        [issued, pending, available, held, redeemed, expired, revoked, transferred]
    }

    /// The same, from such a list.
    #[must_use]
    pub fn of_list(list: [i64; 8]) -> Self {
        let [issued, pending, available, held, redeemed, expired, revoked, transferred] = list;
        Self { issued, pending, available, held, redeemed, expired, revoked, transferred }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let mut sums = self.list();
        for (sum, more) in sums.iter_mut().zip(other.list()) {
            *sum = sum.saturating_add(more);
        }
        Self::of_list(sums)
    }

    /// Whether nothing is lost or made: what was given is what there is and what became of the rest.
    #[must_use]
    pub fn add_up(&self) -> bool {
        let [issued, rest @ ..] = self.list();
        rest.iter().try_fold(0_i64, |sum, part| sum.checked_add(*part)) == Some(issued)
    }
}

/// What is in lots, for those accounts that lots know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LotSums {
    /// Not good yet.
    pub pending: i64,
    /// To be spent.
    pub available: i64,
    /// Set aside.
    pub held: i64,
    /// Not spent in time.
    pub expired: i64,
}

impl LotSums {
    /// Whether balances say the same.
    #[must_use]
    pub fn fit(&self, sums: &Sums) -> bool {
        let Sums { pending, available, held, expired, .. } = *sums;
        *self == Self { pending, available, held, expired }
    }
}

/// One account, three times: as its balance says, its entries, and its lots.
#[derive(Clone, Copy, Debug)]
pub struct CountedAccount {
    /// Whose.
    pub member: MemberId,
    /// The balances.
    pub balance: Sums,
    /// How many entries it says it has.
    pub entries: i64,
    /// The sums of its entries.
    pub posted: Sums,
    /// How many there are.
    pub count: i64,
    /// Entries whose balances are not those of the entry before and the amount.
    pub broken: i64,
    /// What the last entry says is there: pending, available, held.
    pub last: [i64; 3],
    /// The sums of its lots.
    pub lots: LotSums,
    /// What its open holds have.
    pub open_holds: i64,
    /// Whether it is looked at in time for what is due next.
    pub is_in_time: bool,
}

impl CountedAccount {
    /// What does not fit.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let Self { member, balance, entries, posted, count, broken, last, lots, open_holds, is_in_time } = self;
        let member = *member;
        let found = [
            (posted != balance).then_some(Problem::Balance { member }),
            (entries != count).then_some(Problem::Count { member, noted: *entries, found: *count }),
            (*broken > 0).then_some(Problem::Running { member, entries: *broken }),
            (*last != [balance.pending, balance.available, balance.held]).then_some(Problem::Last { member }),
            (!lots.fit(balance)).then_some(Problem::Lots { member }),
            (*open_holds != balance.held).then_some(Problem::Holds { member }),
            (!is_in_time).then_some(Problem::Late { member }),
        ];
        found.into_iter().flatten().collect()
    }
}

/// What is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The balance is not the sum of the entries.
    #[error("member {member}: the balance is not the sum of the entries")]
    Balance {
        /// Whose.
        member: MemberId,
    },
    /// Entries are missing, or too many.
    #[error("member {member}: {noted} entries were posted, and {found} are there")]
    Count {
        /// Whose.
        member: MemberId,
        /// How many the account has.
        noted: i64,
        /// How many there are.
        found: i64,
    },
    /// The balances behind entries do not follow from each other.
    #[error("member {member}: {entries} entries do not go on from the one before")]
    Running {
        /// Whose.
        member: MemberId,
        /// How many.
        entries: i64,
    },
    /// The last entry says otherwise.
    #[error("member {member}: the balance is not what the last entry says")]
    Last {
        /// Whose.
        member: MemberId,
    },
    /// The lots sum up to something else.
    #[error("member {member}: the lots do not sum up to the balance")]
    Lots {
        /// Whose.
        member: MemberId,
    },
    /// The open holds have something else than what is held.
    #[error("member {member}: the open holds do not sum up to what is held")]
    Holds {
        /// Whose.
        member: MemberId,
    },
    /// Something would be due before the account is looked at again.
    #[error("member {member}: something is due before it would be posted")]
    Late {
        /// Whose.
        member: MemberId,
    },
    /// More was given to other members than they were given, or less.
    #[error("between members there are {points} points, and there should be none")]
    Transfers {
        /// How many.
        points: i64,
    },
    /// Entries or lots of somebody whose account is gone.
    #[error("{members} members have entries, lots or holds, and no account")]
    AccountsGone {
        /// How many.
        members: i64,
    },
    /// An entry's reason or reference is not as it was posted.
    #[error("entry {entry}: its reason or reference was changed")]
    Texts {
        /// Which.
        entry: PointsEntryId,
    },
    /// A seal that was kept elsewhere says otherwise.
    #[error("seal {position}: a hash that was kept says that it was another one")]
    HeadDiffers {
        /// Which.
        position: i64,
    },
    /// A lot is not what entries made of it.
    #[error("lot {lot}: what is left is not what its entries left")]
    Lot {
        /// Which.
        lot: PointsLotId,
    },
    /// A seal's entries are not as they were sealed.
    #[error("seal {position}: its entries were changed, taken out or added to")]
    Seal {
        /// Which.
        position: i64,
    },
    /// Seals are missing.
    #[error("seals {from} to {to} are missing")]
    SealsMissing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// Entries that the sealer is past and that no seal has; less than none where seals have more than there are.
    #[error("{count} entries stand beside the seals")]
    Beside {
        /// How many.
        count: i64,
    },
}

/// What came of verifying a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Accounts looked at.
    pub accounts: i64,
    /// Entries that seals prove.
    pub sealed: i64,
    /// Entries newer than the last seal.
    pub unsealed: i64,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_moves_the_sums_add_up() {
        let mut sums = Sums::default();
        sums.apply(Account::Issued, Account::Pending, 10);
        sums.apply(Account::Pending, Account::Available, 10);
        sums.apply(Account::Available, Account::Held, 4);
        sums.apply(Account::Held, Account::Redeemed, 3);
        sums.apply(Account::Available, Account::Issued, 2);
        sums.apply(Account::Available, Account::Transferred, 3);
        let expected = Sums { issued: 8, available: 1, held: 1, redeemed: 3, transferred: 3, ..Sums::default() };
        assert_eq!(sums, expected);
        assert!(sums.add_up());
        assert!(!Sums { revoked: 1, ..expected }.add_up());
    }
}
