//! What members earn by checking in, by joining a community and by bringing others along, and what is taken back when
//! these leave.

use async_trait::async_trait;

use super::model::{CHECK_IN, COMMUNITY_JOINED, Fact, MEMBER_INVITED};
use super::model_score::AS_IS;
use super::store_events;
use crate::actor::{Actor, Scope};
use crate::domains::engagement::{CheckInFact, CheckInReward};
use crate::domains::members::membership::{Joining, MembershipWatch};
use crate::domains::points::{Points, PointsError};
use crate::error::{ApiError, Failure};
use crate::platform::db::TenantTx;
use crate::platform::ids::{CommunityId, MemberId, PointsEntryId};

/// Who does all this.
const ACTOR: &str = "system";
const LEFT: &str = "被邀请的成员已离开（the invited member left）";

#[async_trait]
impl MembershipWatch for Points {
    async fn joined_in(&self, tx: &TenantTx, joining: &Joining, invited_by: Option<MemberId>) -> Result<(), ApiError> {
        let Joining { community, member, .. } = *joining;
        let fact = |event: &str, earner, subject| Fact {
            member: earner,
            event: event.to_owned(),
            occurred_at: self.platform.clock.now(),
            quantity: None,
            community: Some(community),
            streak: None,
            creator_percent: AS_IS,
            subject,
            // Whoever joins again, by whomever invited, was paid for.
            reference: Some(format!("{community}:{member}")),
        };
        let joined = fact(COMMUNITY_JOINED, member, None);
        let invited = invited_by.map(|inviter| fact(MEMBER_INVITED, inviter, Some(member)));
        let facts = std::iter::once(joined).chain(invited).map(Ok).collect();
        self.earn_in(tx, facts, ACTOR).await.map_err(failed)?;
        Ok(())
    }

    async fn left_in(&self, tx: &TenantTx, member: MemberId, communities: &[CommunityId]) -> Result<(), ApiError> {
        let now = self.platform.clock.now();
        let mut entries = Vec::new();
        for community in communities {
            entries.extend(store_events::list_returnable(tx, (*community, member), now).await?);
        }
        // In the order of the accounts, so that nobody waits in a circle.
        entries.sort_unstable();
        // Whoever lets the member leave may see none of those who brought them along.
        let authority = Actor::System(tx.tenant()).require(Scope::PointsWrite)?;
        tx.with_authority(&authority, async {
            for (_, entry) in entries {
                self.take_back_in(tx, entry).await?;
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl CheckInReward for Points {
    async fn checked_in(&self, tx: &TenantTx, check_in: &CheckInFact, actor: &str) -> Result<(), ApiError> {
        let fact = Fact {
            member: check_in.member,
            event: CHECK_IN.to_owned(),
            occurred_at: check_in.at,
            quantity: None,
            community: check_in.community,
            streak: Some(check_in.streak),
            creator_percent: AS_IS,
            subject: None,
            reference: Some(check_in.id.to_string()),
        };
        self.earn_in(tx, vec![Ok(fact)], actor).await.map_err(failed)?;
        Ok(())
    }
}

impl Points {
    /// An account that is frozen keeps nobody from leaving: what could not be taken back is told in the log.
    async fn take_back_in(&self, tx: &TenantTx, entry: PointsEntryId) -> Result<(), ApiError> {
        match self.reverse_in(tx, entry, (LEFT.to_owned(), ACTOR)).await {
            Ok(_) | Err(PointsError::AlreadyReversed) => Ok(()),
            Err(error @ (PointsError::Failed(_) | PointsError::DoesNotAddUp(_))) => Err(failed(error)),
            Err(error) => {
                tracing::warn!(tenant.id = %tx.tenant(), entry.id = %entry, error = %error, "earning.not_taken_back");
                Ok(())
            }
        }
    }
}

/// Members are there, and nothing here comes from a client: a refusal is a fault of ours.
fn failed(error: PointsError) -> ApiError {
    match Failure::from(error) {
        Failure::Failed(error) => error,
        Failure::Refused(_) => ApiError::internal("an event of the program's own was refused"),
    }
}
