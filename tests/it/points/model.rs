//! What a member's points must be: the rules once more, in memory, so that the product is not tested by itself.
//! Times are seconds since 1970; the tenant is in Asia/Shanghai, which is eight hours ahead all year.

mod holds;
mod redemptions;
mod transfers;

use sqlx::types::chrono::{DateTime, NaiveDate};

use holds::Hold;
use redemptions::Redemption;
pub use redemptions::{QUANTITIES, REWARDS, Reward};
pub use transfers::{Transfer, undo};

pub const DAY: i64 = 24 * HOUR;
pub const HOUR: i64 = 60 * 60;
const SHANGHAI: i64 = 8 * HOUR;
const LARGEST: i64 = 1_000_000_000;

/// When a step is taken, and what of the tenant counts for it.
#[derive(Clone, Copy)]
pub struct Moment {
    pub now: i64,
    /// The rule at that time.
    pub lifetime_months: Option<i64>,
    /// Whether too few pieces are left: all members take them, and an account is that of one.
    pub is_sold_out: bool,
}

/// What a client asks for. Holds, redemptions and postings are counted from 0; one too many is one that nobody made.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Award { amount: i64, source: &'static str, available_in: Option<i64>, expiry: Expiry },
    Deduct { amount: i64 },
    Hold { amount: i64, lifetime: Option<i64> },
    Capture { hold: usize, amount: Option<i64> },
    Release { hold: usize },
    Redeem { reward: usize, quantity: i64 },
    Fulfil { redemption: usize },
    Cancel { redemption: usize },
    Reverse { posting: usize },
}

#[derive(Clone, Copy, Debug)]
pub enum Expiry {
    /// As the tenant's rule says.
    Usual,
    /// The last good day, counted from today.
    InDays(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    pub issued: i64,
    pub pending: i64,
    pub available: i64,
    pub held: i64,
    pub redeemed: i64,
    pub expired: i64,
    pub revoked: i64,
    /// Given to others, less what others gave.
    pub transferred: i64,
}

pub struct Lot {
    pub source: &'static str,
    pub amount: i64,
    pub pending: i64,
    pub available: i64,
    pub held: i64,
    available_at: i64,
    expires_at: Option<i64>,
    has_expired: bool,
}

/// Which lots, and how much of each.
type Moves = Vec<(usize, i64)>;
/// From which to which.
type Accounts = (&'static str, &'static str);
type Outcome = Result<Done, &'static str>;

enum Origin {
    Award(usize),
    Deduct(Moves),
    Hold,
    Reverse,
}

struct Posting {
    amount: i64,
    origin: Origin,
    is_reversed: bool,
}

/// What an accepted step makes.
pub enum Done {
    Entry(Entry),
    /// The hold, which may be a new one.
    Hold(usize),
    /// So may the redemption.
    Redemption(usize),
}

pub struct Entry {
    pub kind: &'static str,
    pub accounts: Accounts,
    pub amount: i64,
    pub moves: Moves,
    pub after: Balances,
}

#[derive(Default)]
pub struct Account {
    pub balances: Balances,
    pub lots: Vec<Lot>,
    pub holds: Vec<Hold>,
    pub redemptions: Vec<Redemption>,
    /// Whether something has become due that the program need not have posted yet.
    pub is_behind: bool,
    postings: Vec<Posting>,
}

impl Lot {
    /// The last good day.
    pub fn expires_on(&self) -> Option<String> {
        last_good_day(self.expires_at)
    }

    pub fn left(&self) -> i64 {
        self.pending + self.available + self.held
    }
}

impl Account {
    pub fn postings(&self) -> usize {
        self.postings.len()
    }

    /// The lots in the order in which they are spent.
    pub fn in_order(&self) -> Vec<usize> {
        let mut places: Vec<_> = (0..self.lots.len()).collect();
        places.sort_by_key(|place| (self.lots[*place].expires_at.unwrap_or(i64::MAX), *place));
        places
    }

    /// Takes a step, or says `CODE at field` of what is wrong with it.
    pub fn take(&mut self, step: Step, moment: Moment) -> Result<Done, &'static str> {
        self.settle(moment.now);
        let done = match step {
            Step::Award { amount, source, available_in, expiry } => {
                self.award((amount, source), available_in, expiry, moment)
            }
            Step::Deduct { amount } => self.deduct(amount),
            Step::Hold { amount, lifetime } => self.hold(amount, lifetime, moment.now),
            Step::Capture { hold, amount } => self.capture(hold, amount),
            Step::Release { hold } => self.release(hold),
            Step::Redeem { reward, quantity } => self.redeem(reward, quantity, moment),
            Step::Fulfil { redemption } => self.fulfil(redemption),
            Step::Cancel { redemption } => self.cancel(redemption),
            Step::Reverse { posting } => self.reverse(posting),
        }?;
        // What was due has been posted before it. What it has let go may be due itself.
        self.is_behind = false;
        self.settle(moment.now);
        Ok(done)
    }

    /// What is due happens.
    pub fn settle(&mut self, now: i64) {
        for place in 0..self.holds.len() {
            if self.holds[place].state == "OPEN" && self.holds[place].expires_at <= now {
                self.close(place, "LAPSED");
                self.is_behind = true;
            }
        }
        for lot in &mut self.lots {
            if lot.pending > 0 && lot.available_at <= now {
                self.balances.pending -= lot.pending;
                self.balances.available += lot.pending;
                lot.available += std::mem::take(&mut lot.pending);
                self.is_behind = true;
            }
            if lot.available > 0 && lot.expires_at.is_some_and(|at| at <= now) {
                self.balances.available -= lot.available;
                self.balances.expired += std::mem::take(&mut lot.available);
                lot.has_expired = true;
                self.is_behind = true;
            }
        }
    }

    fn award(
        &mut self,
        (amount, source): (i64, &'static str),
        available_in: Option<i64>,
        expiry: Expiry,
        at: Moment,
    ) -> Outcome {
        check(amount)?;
        let today = day_of(at.now);
        let expires_at = match expiry {
            Expiry::InDays(..0) => return Err("INVALID at expiresOn"),
            Expiry::InDays(days) => Some(start_of_day(today + days + 1)),
            Expiry::Usual => at.lifetime_months.map(|months| start_of_month(month_of(today) + months + 1)),
        };
        let available_at = at.now + available_in.unwrap_or(0).max(0);
        let is_pending = available_at > at.now;
        if is_pending && expires_at.is_some_and(|expires_at| expires_at <= available_at) {
            return Err("INVALID at availableAt");
        }
        let (pending, available) = if is_pending { (amount, 0) } else { (0, amount) };
        let lot = Lot { source, amount, pending, available, held: 0, available_at, expires_at, has_expired: false };
        self.lots.push(lot);
        self.balances.issued += amount;
        self.balances.pending += pending;
        self.balances.available += available;
        let lot = self.lots.len() - 1;
        let to = if is_pending { "PENDING" } else { "AVAILABLE" };
        Ok(self.post("AWARD", ("ISSUED", to), vec![(lot, amount)], Origin::Award(lot)))
    }

    fn deduct(&mut self, amount: i64) -> Outcome {
        check(amount)?;
        let moves = self.spend(amount, &[]).ok_or("INSUFFICIENT_POINTS at amount")?;
        self.balances.revoked += amount;
        Ok(self.post("DEDUCT", ("AVAILABLE", "REVOKED"), moves.clone(), Origin::Deduct(moves)))
    }

    fn reverse(&mut self, place: usize) -> Outcome {
        let posting = self.postings.get(place).ok_or("NOT_FOUND at entryId")?;
        let amount = posting.amount;
        if posting.is_reversed {
            return Err("ALREADY_REVERSED at entryId");
        }
        let (accounts, moves) = match &posting.origin {
            Origin::Hold | Origin::Reverse => return Err("NOT_REVERSIBLE at entryId"),
            Origin::Award(lot) if self.lots[*lot].has_expired => return Err("NOT_REVERSIBLE at entryId"),
            Origin::Award(lot) if self.lots[*lot].pending > 0 => {
                let lot = *lot;
                self.lots[lot].pending -= amount;
                self.balances.pending -= amount;
                self.balances.issued -= amount;
                (("PENDING", "ISSUED"), vec![(lot, amount)])
            }
            Origin::Award(lot) => {
                let moves = self.spend(amount, &[*lot]).ok_or("INSUFFICIENT_POINTS at entryId")?;
                self.balances.issued -= amount;
                (("AVAILABLE", "ISSUED"), moves)
            }
            Origin::Deduct(moves) => {
                let moves = moves.clone();
                for (lot, amount) in &moves {
                    self.lots[*lot].available += amount;
                }
                self.balances.revoked -= amount;
                self.balances.available += amount;
                (("REVOKED", "AVAILABLE"), moves)
            }
        };
        self.postings[place].is_reversed = true;
        Ok(self.post("REVERSE", accounts, moves, Origin::Reverse))
    }

    fn post(&mut self, kind: &'static str, accounts: Accounts, moves: Moves, origin: Origin) -> Done {
        let amount = moves.iter().map(|(_, part)| part).sum();
        self.postings.push(Posting { amount, origin, is_reversed: false });
        Done::Entry(Entry { kind, accounts, amount, moves, after: self.balances })
    }

    /// Takes available points, from these lots first and then in order; none when there are too few.
    fn spend(&mut self, amount: i64, preferred: &[usize]) -> Option<Moves> {
        if self.balances.available < amount {
            return None;
        }
        self.balances.available -= amount;
        let (mut missing, mut moves) = (amount, Vec::new());
        for place in preferred.iter().copied().chain(self.in_order()) {
            let part = missing.min(self.lots[place].available);
            if part > 0 {
                self.lots[place].available -= part;
                missing -= part;
                moves.push((place, part));
            }
        }
        Some(moves)
    }
}

fn check(amount: i64) -> Result<(), &'static str> {
    if (1..=LARGEST).contains(&amount) { Ok(()) } else { Err("INVALID at amount") }
}

/// Days since 1970, as Shanghai counts them.
pub fn day_of(at: i64) -> i64 {
    (at + SHANGHAI).div_euclid(DAY)
}

fn last_good_day(expires_at: Option<i64>) -> Option<String> {
    expires_at.map(|at| date(day_of(at) - 1))
}

fn start_of_day(day: i64) -> i64 {
    day * DAY - SHANGHAI
}

/// `2027-11-30`.
pub fn date(day: i64) -> String {
    DateTime::from_timestamp(day * DAY, 0).unwrap().date_naive().to_string()
}

/// Months since the year 0.
fn month_of(day: i64) -> i64 {
    let date = date(day);
    let number = |digits: &str| digits.parse::<i64>().unwrap();
    number(&date[..4]) * 12 + number(&date[5..7]) - 1
}

fn start_of_month(month: i64) -> i64 {
    let first = NaiveDate::from_ymd_opt((month / 12) as i32, (month % 12 + 1) as u32, 1).unwrap();
    first.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() - SHANGHAI
}
