//! What members take for points: a hold that ends with it alone, and pieces, of which there may be few for each or for
//! all.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Account, DAY, Done, Moment, Origin, Outcome, Posting, day_of, month_of, start_of_month};

/// Pieces of one redemption.
pub const QUANTITIES: RangeInclusive<i64> = 1..=100;

#[derive(Clone, Copy)]
pub struct Reward {
    pub name: &'static str,
    pub price: i64,
    /// How long its points are set aside: never just as long as the clock leaps, once or several times.
    pub days: i64,
    /// The most that a member takes, and in what time.
    pub limit: Option<(i64, &'static str)>,
    /// For all members together; none where there is no end of it.
    pub stock: Option<i64>,
}

/// Of the last there are far fewer than are wanted.
pub static REWARDS: [Reward; 4] = [
    Reward { name: "Sticker", price: 4, days: 4, limit: None, stock: None },
    Reward { name: "Mug", price: 45, days: 10, limit: Some((2, "EVER")), stock: None },
    Reward { name: "Lantern", price: 110, days: 25, limit: Some((3, "MONTH")), stock: Some(10_000) },
    Reward { name: "Ticket", price: 50, days: 30, limit: None, stock: Some(120) },
];

/// What was redeemed once; how it ends is how its hold does.
pub struct Redemption {
    pub reward: usize,
    pub quantity: i64,
    pub hold: usize,
    redeemed_at: i64,
}

impl Account {
    pub fn state_of(&self, redemption: &Redemption) -> &'static str {
        match self.holds[redemption.hold].state {
            "OPEN" => "PENDING",
            "CAPTURED" => "FULFILLED",
            "RELEASED" => "CANCELLED",
            lapsed => lapsed,
        }
    }

    /// How many points it took of each source.
    pub fn sources_of(&self, redemption: &Redemption) -> BTreeMap<&'static str, i64> {
        let mut sources = BTreeMap::new();
        for (lot, part) in &self.holds[redemption.hold].moves {
            *sources.entry(self.lots[*lot].source).or_insert(0_i64) += *part;
        }
        sources
    }

    /// How many pieces of a reward are set aside, and how many were handed over.
    pub fn pieces(&self, reward: usize) -> [i64; 2] {
        ["PENDING", "FULFILLED"].map(|state| self.taken(reward, |one| self.state_of(one) == state))
    }

    pub(super) fn redeem(&mut self, reward: usize, quantity: i64, at: Moment) -> Outcome {
        if !QUANTITIES.contains(&quantity) {
            return Err("INVALID at quantity");
        }
        let Reward { price, days, limit, stock, .. } = REWARDS[reward];
        if let Some((most, period)) = limit {
            let since = start_of(period, at.now);
            let is_counted =
                |one: &Redemption| one.redeemed_at >= since && matches!(self.state_of(one), "PENDING" | "FULFILLED");
            if self.taken(reward, is_counted) + quantity > most {
                return Err("LIMIT_REACHED at quantity");
            }
        }
        if stock.is_some() && at.is_sold_out {
            return Err("OUT_OF_STOCK at rewardId");
        }
        let points = price * quantity;
        let hold = self.set_aside(points, at.now + days * DAY).ok_or("INSUFFICIENT_POINTS at memberId")?;
        self.holds[hold].is_kept = true;
        self.redemptions.push(Redemption { reward, quantity, hold, redeemed_at: at.now });
        // Somebody may try to reverse that.
        self.postings.push(Posting { amount: points, origin: Origin::Hold, is_reversed: false });
        Ok(Done::Redemption(self.redemptions.len() - 1))
    }

    pub(super) fn fulfil(&mut self, place: usize) -> Outcome {
        let hold = self.pending(place)?;
        let points = self.holds[hold].amount;
        self.pay(hold, points);
        Ok(Done::Redemption(place))
    }

    pub(super) fn cancel(&mut self, place: usize) -> Outcome {
        let hold = self.pending(place)?;
        self.close(hold, "RELEASED");
        Ok(Done::Redemption(place))
    }

    /// The hold of a redemption that has not ended.
    fn pending(&self, place: usize) -> Result<usize, &'static str> {
        let redemption = self.redemptions.get(place).ok_or("NOT_FOUND at redemptionId")?;
        if self.state_of(redemption) == "PENDING" { Ok(redemption.hold) } else { Err("CLOSED at redemptionId") }
    }

    /// The pieces of a reward in such redemptions.
    fn taken(&self, reward: usize, is_such: impl Fn(&Redemption) -> bool) -> i64 {
        let such = self.redemptions.iter().filter(|one| one.reward == reward && is_such(one));
        such.map(|one| one.quantity).sum()
    }
}

/// When the period began in which this time is.
fn start_of(period: &str, now: i64) -> i64 {
    match period {
        "MONTH" => start_of_month(month_of(day_of(now))),
        _ => i64::MIN,
    }
}
