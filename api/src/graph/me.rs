//! `Me`, from the parts of its slices.

use async_graphql::MergedObject;

use crate::domains::creators::graphql::MyCreatorPart;
use crate::domains::engagement::graphql::MyCheckInsPart;
use crate::domains::members::MemberRef;
use crate::domains::members::access::graphql::MyMemberPart;
use crate::domains::points::graphql::MyPointsPart;
use crate::domains::points::growth::graphql::MyGrowthPart;
use crate::domains::rewards::graphql::MyRewardsPart;

/// A member, as they see themselves.
#[derive(MergedObject, Clone)]
#[graphql(name = "Me")]
pub struct Me(MyMemberPart, MyCheckInsPart, MyPointsPart, MyGrowthPart, MyRewardsPart, MyCreatorPart);

impl Me {
    /// The composed type round a slice's reference, which was read in a transaction that is confined to the member.
    #[must_use]
    pub fn new(member: MemberRef) -> Self {
        Self(
            MyMemberPart(member.clone()),
            MyCheckInsPart(member.clone()),
            MyPointsPart(member.clone()),
            MyGrowthPart(member.clone()),
            MyRewardsPart(member.clone()),
            MyCreatorPart(member),
        )
    }
}
