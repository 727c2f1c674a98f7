//! What members give each other. It goes from one account to another, so that two of them are looked at.

use super::{Account, Entry, Lot, Moves, check};

/// Points that change hands together: of one source, and good until the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub source: &'static str,
    pub amount: i64,
    expires_at: Option<i64>,
}

/// What was given once.
pub struct Transfer {
    pub entry: Entry,
    pub parts: Vec<Part>,
    /// The receiver's lots, as soon as there are any.
    received: Vec<usize>,
    is_undone: bool,
}

impl Part {
    /// The last good day.
    pub fn expires_on(&self) -> Option<String> {
        super::last_good_day(self.expires_at)
    }
}

impl Account {
    /// Takes what somebody else is to have, or says `CODE at field` of what is wrong with it.
    pub fn give(&mut self, amount: i64, now: i64) -> Result<Transfer, &'static str> {
        self.settle(now);
        check(amount)?;
        let moves = self.spend(amount, &[]).ok_or("INSUFFICIENT_POINTS at amount")?;
        self.balances.transferred += amount;
        // What was due has been posted before it.
        self.is_behind = false;
        let mut parts: Vec<Part> = Vec::new();
        for (lot, amount) in &moves {
            let Lot { source, expires_at, .. } = self.lots[*lot];
            match parts.iter_mut().find(|part| (part.source, part.expires_at) == (source, expires_at)) {
                Some(part) => part.amount += amount,
                None => parts.push(Part { source, amount: *amount, expires_at }),
            }
        }
        let accounts = ("AVAILABLE", "TRANSFERRED");
        let entry = Entry { kind: "TRANSFER_OUT", accounts, amount, moves, after: self.balances };
        Ok(Transfer { entry, parts, received: Vec::new(), is_undone: false })
    }

    /// Has what somebody else gave: each part is a lot of its own, in the order of the parts.
    pub fn receive(&mut self, transfer: &mut Transfer, now: i64) -> Vec<Entry> {
        self.settle(now);
        let mut entries = Vec::new();
        for Part { source, amount, expires_at } in transfer.parts.clone() {
            let (pending, available, held) = (0, amount, 0);
            let lot =
                Lot { source, amount, pending, available, held, available_at: now, expires_at, has_expired: false };
            self.lots.push(lot);
            let place = self.lots.len() - 1;
            transfer.received.push(place);
            self.balances.available += amount;
            self.balances.transferred -= amount;
            let (accounts, moves) = (("TRANSFERRED", "AVAILABLE"), vec![(place, amount)]);
            entries.push(Entry { kind: "TRANSFER_IN", accounts, amount, moves, after: self.balances });
        }
        self.is_behind = false;
        entries
    }
}

/// Undoes a transfer, whichever of its entries is named, or says what is wrong with that. Gives the giver's entry, and
/// how much of which lots of the receiver is taken.
pub fn undo(
    (giver, receiver): (&mut Account, &mut Account),
    transfer: &mut Transfer,
    now: i64,
) -> Result<(Entry, Moves), &'static str> {
    giver.settle(now);
    receiver.settle(now);
    if transfer.is_undone {
        return Err("ALREADY_REVERSED at entryId");
    }
    if transfer.received.iter().any(|lot| receiver.lots[*lot].has_expired) {
        return Err("NOT_REVERSIBLE at entryId");
    }
    let Entry { amount, ref moves, .. } = transfer.entry;
    let taken = receiver.spend(amount, &transfer.received).ok_or("INSUFFICIENT_POINTS at entryId")?;
    receiver.balances.transferred += amount;
    for (lot, part) in moves {
        giver.lots[*lot].available += part;
    }
    giver.balances.available += amount;
    giver.balances.transferred -= amount;
    transfer.is_undone = true;
    let (accounts, moves) = (("TRANSFERRED", "AVAILABLE"), moves.clone());
    let back = Entry { kind: "REVERSE", accounts, amount, moves, after: giver.balances };
    (giver.is_behind, receiver.is_behind) = (false, false);
    // What came back may have expired meanwhile.
    giver.settle(now);
    Ok((back, taken))
}
