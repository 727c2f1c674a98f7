//! The accounts of a member, what moves between them, what by, and what becomes of holds.

use serde::{Deserialize, Serialize};

use crate::named_enum;

named_enum! {
    /// An account that a member's points are in, or came from, or went to.
    #[graphql(name = "PointsAccount")]
    Account {
        /// Where points come from: its sum is what was given.
        Issued "ISSUED",
        /// Given, and not good yet.
        Pending "PENDING",
        /// To be spent.
        Available "AVAILABLE",
        /// Set aside by a hold.
        Held "HELD",
        /// Spent.
        Redeemed "REDEEMED",
        /// Not spent in time.
        Expired "EXPIRED",
        /// Taken away.
        Revoked "REVOKED",
        /// Between members: given to others, less what others gave. Over all members it is nothing.
        Transferred "TRANSFERRED",
    }
}

impl Account {
    /// The column of balances, and of lots where these have it.
    #[must_use]
    pub const fn column(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Held => "held",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Transferred => "transferred",
        }
    }

    /// Whether lots say how much of them is in this account.
    #[must_use]
    pub const fn is_of_lots(self) -> bool {
        matches!(self, Self::Pending | Self::Available | Self::Held | Self::Expired)
    }
}

named_enum! {
    /// What an entry is.
    #[graphql(name = "PointsEntryKind")]
    EntryKind {
        /// Points were given.
        Award "AWARD",
        /// Given points became good.
        Mature "MATURE",
        /// Points were taken away.
        Deduct "DEDUCT",
        /// Points were set aside.
        Hold "HOLD",
        /// Points that were set aside were spent.
        Capture "CAPTURE",
        /// Points that were set aside were let go.
        Release "RELEASE",
        /// Points were not spent in time.
        Expire "EXPIRE",
        /// An earlier entry was undone.
        Reverse "REVERSE",
        /// Points went to another member.
        TransferOut "TRANSFER_OUT",
        /// Points came from another member.
        TransferIn "TRANSFER_IN",
    }
}

impl EntryKind {
    /// Whether an entry of this kind makes a lot.
    #[must_use]
    pub const fn makes_a_lot(self) -> bool {
        matches!(self, Self::Award | Self::TransferIn)
    }
}

named_enum! {
    /// What points were earned by.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    #[graphql(name = "PointsSource")]
    Source {
        /// A campaign.
        Campaign "CAMPAIGN",
        /// Checking in.
        CheckIn "CHECK_IN",
        /// Something that a member wrote or made.
        Content "CONTENT",
        /// Bringing somebody along.
        Invite "INVITE",
        /// Somebody's decision.
        Manual "MANUAL",
        /// Buying.
        Purchase "PURCHASE",
    }
}

named_enum! {
    /// What has become of a hold.
    #[graphql(name = "PointsHoldState")]
    HoldState {
        /// The points are set aside.
        Open "OPEN",
        /// They were spent, all or in part; the rest was let go.
        Captured "CAPTURED",
        /// They were let go.
        Released "RELEASED",
        /// Nobody said anything in time: they were let go.
        Lapsed "LAPSED",
    }
}
