//! What a tenant has, as operations name it.

use harness::absent_id;

use super::engagement;
use super::growth::NO_VERSION;
use super::maker::{next_number, phone};

/// One of each kind of thing, or the names of things that are not there.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) slug: String,
    /// Somebody's address who does not work for this tenant.
    pub(crate) stranger: String,
    /// Somebody's who does.
    pub(crate) person: String,
    pub(crate) community: String,
    pub(crate) archived_community: String,
    /// In the community; has everything that a member can have.
    pub(crate) member: String,
    pub(crate) identity: String,
    pub(crate) external_ref: String,
    pub(crate) phone: String,
    pub(crate) tag: String,
    pub(crate) city: String,
    /// In no community.
    pub(crate) loner: String,
    pub(crate) archived_member: String,
    /// For a member to come.
    pub(crate) free_ref: String,
    pub(crate) free_phone: String,
    pub(crate) free_openid: String,
    pub(crate) key: String,
    pub(crate) disabled_key: String,
    /// In the key's own registry; the tenant's has one of the same name.
    pub(crate) document: String,
    pub(crate) documents_cursor: String,
    pub(crate) keys_cursor: String,
    pub(crate) communities_cursor: String,
    pub(crate) members_cursor: String,
    pub(crate) community_members_cursor: String,
    pub(crate) session: String,
    /// Waits to be accepted.
    pub(crate) invitation: String,
    pub(crate) invited: String,
    /// Works for the tenant, or did.
    pub(crate) staff_member: String,
    /// An address nobody has invited.
    pub(crate) uninvited: String,
    pub(crate) invitation_token: String,
    /// As who reads no mail of ours can make it.
    pub(crate) forged_invitation_token: String,
    pub(crate) refresh_token: String,
    /// As a thief without our key can make it: it names the session and proves nothing.
    pub(crate) forged_refresh_token: String,
    pub(crate) idempotency_key: String,
    /// Points that were given to the member, of which some were taken, and some set aside.
    pub(crate) award: String,
    pub(crate) deduction: String,
    pub(crate) hold: String,
    /// What the member gave the loner.
    pub(crate) transfer: String,
    /// Pays for what it is told, and has once.
    pub(crate) rule: String,
    pub(crate) earning_event: String,
    /// The award that was.
    pub(crate) earned: String,
    pub(crate) rules_cursor: String,
    /// Of the tenant's growth path.
    pub(crate) growth_version: i64,
    /// A day on which the member did not check in, and that their card can make up.
    pub(crate) missed_day: String,
    /// For the members of the community.
    pub(crate) reward: String,
    /// The same, with codes.
    pub(crate) coupon: String,
    /// What the member redeemed of either: pending, and with a code.
    pub(crate) redemption: String,
    pub(crate) handed_out: String,
    pub(crate) rewards_cursor: String,
    pub(crate) redemptions_cursor: String,
    /// Points for the member that wait for a second person; a colleague asked, and the person of the cases.
    pub(crate) approval: String,
    pub(crate) own_approval: String,
    pub(crate) approvals_cursor: String,
    /// What the member handed in: it waits, and it was approved and paid for.
    pub(crate) submission: String,
    pub(crate) approved_submission: String,
    pub(crate) submissions_cursor: String,
    /// Of the tenant's creator programme.
    pub(crate) programme_version: i64,
}

impl Things {
    /// Well-formed names of nothing.
    pub(crate) fn absent() -> Self {
        let number = next_number();
        let cursor = || "AQ".to_owned() + &"QmV0ZWxnZXVzZSBpcyBhIHN0YXIu".repeat(4);
        Self {
            slug: format!("nobody-{number}"),
            stranger: format!("nobody@absent-{number}.example"),
            person: format!("nobody@absent-{number}.example"),
            community: absent_id("com"),
            archived_community: absent_id("com"),
            member: absent_id("mbr"),
            identity: absent_id("idn"),
            external_ref: format!("absent-{number}"),
            phone: phone(number),
            tag: format!("absent-{number}"),
            city: format!("Absent {number}"),
            loner: absent_id("mbr"),
            archived_member: absent_id("mbr"),
            free_ref: format!("free-{number}"),
            free_phone: phone(next_number()),
            free_openid: format!("openid-{number}"),
            key: absent_id("key"),
            disabled_key: absent_id("key"),
            document: format!("absent-{number}"),
            documents_cursor: cursor(),
            keys_cursor: cursor(),
            communities_cursor: cursor(),
            members_cursor: cursor(),
            community_members_cursor: cursor(),
            session: absent_id("ses"),
            invitation: absent_id("inv"),
            staff_member: absent_id("tmb"),
            invited: format!("invited@absent-{number}.example"),
            uninvited: format!("uninvited@absent-{number}.example"),
            invitation_token: format!("shq_inv_{}", "A".repeat(91)),
            forged_invitation_token: format!("shq_inv_{}", "A".repeat(91)),
            refresh_token: format!("shq_rt_{}", "A".repeat(91)),
            forged_refresh_token: format!("shq_rt_{}", "A".repeat(91)),
            idempotency_key: format!("key-{number}"),
            award: absent_id("pen"),
            deduction: absent_id("pen"),
            hold: absent_id("phd"),
            transfer: absent_id("pen"),
            rule: absent_id("erl"),
            earning_event: absent_id("eev"),
            earned: absent_id("pen"),
            rules_cursor: cursor(),
            growth_version: NO_VERSION,
            missed_day: engagement::days_ago(3),
            reward: absent_id("rwd"),
            coupon: absent_id("rwd"),
            redemption: absent_id("rdm"),
            handed_out: absent_id("rdm"),
            rewards_cursor: cursor(),
            redemptions_cursor: cursor(),
            approval: absent_id("apr"),
            own_approval: absent_id("apr"),
            approvals_cursor: cursor(),
            submission: absent_id("sbm"),
            approved_submission: absent_id("sbm"),
            submissions_cursor: cursor(),
            programme_version: NO_VERSION,
        }
    }
}
