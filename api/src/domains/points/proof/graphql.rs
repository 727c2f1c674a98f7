//! The proof of the ledger, as clients see it.

use async_graphql::{Context, Object, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::LedgerProof as Proof;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;
use crate::graphql::scalars::{BigInt, DateTime};

/// How far a ledger is sealed: entries, proved one behind the other. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct LedgerHead {
    /// How many seals there are.
    position: BigInt,
    /// How many entries they prove.
    entries: BigInt,
    /// The last proof, in base64url without padding: whoever keeps it, with `position`, can tell later that nothing
    /// before was changed: `shequn verify ledger --head POSITION:HASH`.
    hash: String,
    /// When the last seal was made.
    sealed_at: DateTime,
}

/// A tenant's ledger at one moment. Costs nothing.
#[derive(SimpleObject)]
#[graphql(directive = costs::apply(0))]
pub struct LedgerProof {
    /// Whether balances, entries (those that are sealed as they were sealed, and those since) and lots, each summed up
    /// for itself, say the same, and what was given is what there is and what became of the rest.
    is_balanced: bool,
    /// Members who have an account.
    accounts: BigInt,
    /// Entries of all of them.
    entries: BigInt,
    /// Accounts that were found not to add up, to which nothing is posted until that is cleared.
    frozen_accounts: BigInt,
    /// Entries that no seal proves yet; the next one does within seconds.
    unsealed_entries: BigInt,
    /// All that was given.
    issued: BigInt,
    /// Given, and not good yet.
    pending: BigInt,
    /// To be spent.
    available: BigInt,
    /// Set aside.
    held: BigInt,
    /// Spent.
    redeemed: BigInt,
    /// Not spent in time.
    expired: BigInt,
    /// Taken away.
    revoked: BigInt,
    /// Between members, who give each other points: always nothing.
    transferred: BigInt,
    /// The smallest of what any member has pending, available or held: never negative.
    smallest_balance: BigInt,
    /// How far the ledger is sealed; null before the first seal.
    head: Option<LedgerHead>,
}

impl From<Proof> for LedgerProof {
    fn from(proof: Proof) -> Self {
        let head = proof.head.map(|(position, entries, mac, sealed_at)| LedgerHead {
            position: position.into(),
            entries: entries.into(),
            hash: URL_SAFE_NO_PAD.encode(mac),
            sealed_at: sealed_at.into(),
        });
        Self {
            is_balanced: proof.is_balanced,
            accounts: proof.accounts.into(),
            entries: proof.entries.into(),
            frozen_accounts: proof.frozen.into(),
            unsealed_entries: proof.unsealed.into(),
            issued: proof.sums.issued.into(),
            pending: proof.sums.pending.into(),
            available: proof.sums.available.into(),
            held: proof.sums.held.into(),
            redeemed: proof.sums.redeemed.into(),
            expired: proof.sums.expired.into(),
            revoked: proof.sums.revoked.into(),
            transferred: proof.sums.transferred.into(),
            smallest_balance: proof.smallest.into(),
            head,
        }
    }
}

/// The sub-slice's part of the query root.
#[derive(Default)]
pub struct ProofQuery;

/// Proves the ledger.
#[Object]
impl ProofQuery {
    /// The tenant's ledger, summed up in one snapshot from balances, entries and lots. Not for a key that is restricted
    /// to communities. Costs 50. Needs `points:read`.
    #[graphql(directive = costs::apply(50), directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn ledger_proof(&self, ctx: &Context<'_>) -> Option<Result<LedgerProof, ApiError>> {
        nullable(async {
            let request = ctx.request()?;
            let reader = request.reader().await?;
            Ok(Some(ctx.service::<Points>()?.prove(request.actor(), &reader).await?.into()))
        })
        .await
    }
}
