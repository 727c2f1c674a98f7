//! What a member does next: by chance, and mostly something that can be done.

use super::super::model::{DAY, Expiry, HOUR, REWARDS, Reward, Step};
use super::Sequence;

const SOURCES: [&str; 5] = ["CAMPAIGN", "CHECK_IN", "CONTENT", "INVITE", "PURCHASE"];
/// Everything but rewards ends six hours off the time at which steps are taken, which is noon.
const SIX_HOURS: i64 = 6 * HOUR;

impl Sequence {
    pub(super) fn make_up(&mut self) -> Step {
        match self.chance.below(100) {
            ..30 => self.make_up_award(),
            30..41 => Step::Deduct { amount: self.spending() },
            41..51 => self.make_up_hold(),
            // With nothing to close there is mostly nothing to learn.
            51..66 if self.open_holds().is_empty() && self.chance.below(6) > 0 => self.make_up_hold(),
            51..61 => self.make_up_capture(),
            61..66 => Step::Release { hold: self.any_hold() },
            66..78 => self.make_up_redemption(),
            78..90 if self.pending_redemptions().is_empty() && self.chance.below(6) > 0 => self.make_up_redemption(),
            78..86 => Step::Fulfil { redemption: self.any_redemption() },
            86..90 => Step::Cancel { redemption: self.any_redemption() },
            _ => Step::Reverse { posting: self.chance.below(self.account.postings() as u64 + 1) as usize },
        }
    }

    fn make_up_award(&mut self) -> Step {
        let usual = 1 + self.chance.below(500) as i64;
        let source = self.chance.of(&SOURCES);
        let award = |amount, available_in, expiry| Step::Award { amount, source, available_in, expiry };
        let days = [0, 1, 3, 10, 40, 100, 300];
        match self.chance.below(20) {
            0 => award(self.chance.of(&[0, -1, 1_000_000_001, 1_000_000_000]), None, Expiry::Usual),
            1 => award(usual, None, Expiry::InDays(-1)),
            2 => award(usual, Some(-DAY), Expiry::Usual),
            3..7 => award(usual, None, Expiry::Usual),
            7..14 => award(usual, None, Expiry::InDays(self.chance.of(&days))),
            _ => {
                let available_in = Some(self.chance.of(&[0, 2, 9, 30]) * DAY + SIX_HOURS);
                let expiry = match self.chance.below(3) {
                    0 => Expiry::Usual,
                    _ => Expiry::InDays(self.chance.of(&days)),
                };
                award(usual, available_in, expiry)
            }
        }
    }

    fn make_up_hold(&mut self) -> Step {
        let days = self.chance.of(&[1, 5, 12, 29]) * DAY;
        let lifetime = [None, Some(SIX_HOURS), Some(days + SIX_HOURS), Some(59), Some(30 * DAY + 1)];
        let place = self.chance.of(&[0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]);
        let amount = if place < 3 { self.spending() } else { 1 };
        Step::Hold { amount, lifetime: lifetime[place] }
    }

    fn make_up_redemption(&mut self) -> Step {
        let reward = self.chance.below(REWARDS.len() as u64) as usize;
        let Reward { price, stock, .. } = REWARDS[reward];
        let paid_for = self.account.balances.available / price;
        let quantity = match self.chance.below(12) {
            0 => self.chance.of(&[0, -1, 101]),
            // Whoever is rich leaves some of what is scarce to others.
            1 if stock.is_none() => paid_for.clamp(1, 100),
            2 if stock.is_none() => (paid_for + 1).min(100),
            _ => self.chance.of(&[1, 1, 1, 2, 2, 3]),
        };
        Step::Redeem { reward, quantity }
    }

    fn make_up_capture(&mut self) -> Step {
        let hold = self.any_hold();
        let amount = match self.account.holds.get(hold).filter(|hold| hold.state == "OPEN") {
            None => self.chance.of(&[None, Some(1)]),
            Some(open) => {
                let part = 1 + self.chance.below(open.amount as u64) as i64;
                self.chance.of(&[None, None, Some(part), Some(part), Some(open.amount), Some(open.amount + 1), Some(0)])
            }
        };
        Step::Capture { hold, amount }
    }

    fn open_holds(&self) -> Vec<usize> {
        let holds = &self.account.holds;
        (0..holds.len()).filter(|place| holds[*place].state == "OPEN" && !holds[*place].is_kept).collect()
    }

    fn pending_redemptions(&self) -> Vec<usize> {
        let redemptions = &self.account.redemptions;
        let is_pending = |place: &usize| self.account.state_of(&redemptions[*place]) == "PENDING";
        (0..redemptions.len()).filter(is_pending).collect()
    }

    /// Mostly less than there is, now and then all of it or one more.
    pub(super) fn spending(&mut self) -> i64 {
        let available = self.account.balances.available;
        match self.chance.below(12) {
            0 => self.chance.of(&[0, -7, 1_000_000_001]),
            1 | 2 => available + 1,
            3 => available.max(1),
            _ => 1 + self.chance.below(available.max(1) as u64) as i64,
        }
    }

    /// Mostly an open one, now and then one that is closed or kept, or one that nobody made.
    fn any_hold(&mut self) -> usize {
        let (open, count) = (self.open_holds(), self.account.holds.len());
        self.mostly(&open, count)
    }

    /// Mostly a pending one, now and then one that has ended or that nobody made.
    fn any_redemption(&mut self) -> usize {
        let (pending, count) = (self.pending_redemptions(), self.account.redemptions.len());
        self.mostly(&pending, count)
    }

    /// Mostly one of these, now and then any of so many, or one more.
    fn mostly(&mut self, these: &[usize], count: usize) -> usize {
        match these.is_empty() || self.chance.below(4) == 0 {
            true => self.chance.below(count as u64 + 1) as usize,
            false => self.chance.of(these),
        }
    }
}
