//! Points that are set aside, and what becomes of them.

use std::ops::RangeInclusive;

use super::{Account, Balances, DAY, Done, Entry, Moves, Outcome, check};

const USUAL_LIFETIME: i64 = 900;
const LIFETIMES: RangeInclusive<i64> = 60..=30 * DAY;

pub struct Hold {
    pub amount: i64,
    pub captured: i64,
    pub state: &'static str,
    /// Whether it is kept for a redemption, which alone ends it.
    pub is_kept: bool,
    pub(super) expires_at: i64,
    /// What was set aside, whatever became of it.
    pub(super) moves: Moves,
}

impl Hold {
    /// What is posted of it in its life; the balances after that are not told.
    pub fn entries(&self) -> Vec<Entry> {
        let (spent, rest) = parted(&self.moves, self.captured);
        let entry = |kind, accounts, moves: Moves| {
            let amount = moves.iter().map(|(_, part)| part).sum();
            Entry { kind, accounts, amount, moves, after: Balances::default() }
        };
        let mut entries = vec![entry("HOLD", ("AVAILABLE", "HELD"), self.moves.clone())];
        if !spent.is_empty() {
            entries.push(entry("CAPTURE", ("HELD", "REDEEMED"), spent));
        }
        if self.state != "OPEN" && !rest.is_empty() {
            entries.push(entry("RELEASE", ("HELD", "AVAILABLE"), rest));
        }
        entries
    }
}

impl Account {
    pub(super) fn hold(&mut self, amount: i64, lifetime: Option<i64>, now: i64) -> Outcome {
        check(amount)?;
        let lifetime = lifetime.unwrap_or(USUAL_LIFETIME);
        if !LIFETIMES.contains(&lifetime) {
            return Err("INVALID at expiresInSeconds");
        }
        let hold = self.set_aside(amount, now + lifetime).ok_or("INSUFFICIENT_POINTS at amount")?;
        Ok(Done::Hold(hold))
    }

    /// The new hold; none when there are too few points.
    pub(super) fn set_aside(&mut self, amount: i64, expires_at: i64) -> Option<usize> {
        let moves = self.spend(amount, &[])?;
        for (lot, part) in &moves {
            self.lots[*lot].held += part;
        }
        self.balances.held += amount;
        self.holds.push(Hold { amount, captured: 0, state: "OPEN", is_kept: false, expires_at, moves });
        Some(self.holds.len() - 1)
    }

    pub(super) fn capture(&mut self, place: usize, amount: Option<i64>) -> Outcome {
        let hold = self.open(place)?;
        let amount = amount.unwrap_or(hold.amount);
        if !(1..=hold.amount).contains(&amount) {
            return Err("INVALID at amount");
        }
        self.pay(place, amount);
        Ok(Done::Hold(place))
    }

    pub(super) fn release(&mut self, place: usize) -> Outcome {
        self.open(place)?;
        self.close(place, "RELEASED");
        Ok(Done::Hold(place))
    }

    /// Spends so much of what an open hold has, and lets the rest go.
    pub(super) fn pay(&mut self, place: usize, amount: i64) {
        let hold = &mut self.holds[place];
        hold.captured = amount;
        let (spent, _) = parted(&hold.moves, amount);
        for (lot, part) in spent {
            self.lots[lot].held -= part;
        }
        self.balances.held -= amount;
        self.balances.redeemed += amount;
        self.close(place, "CAPTURED");
    }

    /// Lets go what a hold still holds.
    pub(super) fn close(&mut self, place: usize, state: &'static str) {
        let hold = &mut self.holds[place];
        hold.state = state;
        let (_, rest) = parted(&hold.moves, hold.captured);
        for (lot, part) in rest {
            self.lots[lot].held -= part;
            self.lots[lot].available += part;
            self.balances.held -= part;
            self.balances.available += part;
        }
    }

    fn open(&self, place: usize) -> Result<&Hold, &'static str> {
        let hold = self.holds.get(place).ok_or("NOT_FOUND at holdId")?;
        match hold.state {
            _ if hold.is_kept => Err("RESERVED at holdId"),
            "OPEN" => Ok(hold),
            _ => Err("HOLD_CLOSED at holdId"),
        }
    }
}

/// The first so many points, and the others.
fn parted(moves: &[(usize, i64)], amount: i64) -> (Moves, Moves) {
    let (mut missing, mut first, mut others) = (amount, Vec::new(), Vec::new());
    for (lot, part) in moves.iter().copied() {
        let taken = missing.min(part);
        missing -= taken;
        if taken > 0 {
            first.push((lot, taken));
        }
        if taken < part {
            others.push((lot, part - taken));
        }
    }
    (first, others)
}
