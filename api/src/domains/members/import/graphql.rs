//! `membersImport`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::model::{CommunityRef, Row, RowOutcome, Status};
use crate::domains::members::graphql::MemberIdentityInput;
use crate::domains::members::membership::Tier;
use crate::domains::members::{Draft, Members};
use crate::error::{ApiError, UserError};
use crate::graphql::context::ContextExt as _;
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::ids::parse_input_id;
use crate::graphql::mutation::{call, settle};
use crate::graphql::scalars::DateTime;

/// A member to make or to fill in, matched by external reference.
#[derive(InputObject)]
pub struct MemberImportRow {
    /// Their id in another system, at most 128 bytes: a known one is filled in, a new one makes a member.
    external_ref: String,
    /// What they are called, 1 to 120 characters.
    display_name: String,
    /// Their phone number in any usual spelling.
    phone: Option<String>,
    /// Their legal name, 1 to 120 characters.
    real_name: Option<String>,
    /// Further tags: at most 50 of 1 to 40 characters.
    tags: Option<Vec<String>>,
    /// Further identities, at most 20.
    identities: Option<Vec<MemberIdentityInput>>,
    /// Their city, 1 to 60 characters.
    city: Option<String>,
    /// `com_…`: the community they join, if they do not belong to it.
    community_id: Option<ID>,
    /// As what they belong to it; ORDINARY unless told otherwise.
    tier: Option<Tier>,
    /// Since when, not in the future; now unless told otherwise.
    joined_at: Option<DateTime>,
}

impl From<MemberImportRow> for Row {
    fn from(input: MemberImportRow) -> Self {
        let mut errors = Vec::new();
        let community = input.community_id.and_then(|id| match parse_input_id("communityId", &id) {
            Ok(id) => Some(CommunityRef::Id(id)),
            Err(error) => {
                errors.push(error);
                None
            }
        });
        Self {
            member: Draft {
                display_name: input.display_name,
                external_ref: Some(input.external_ref),
                phone: input.phone,
                real_name: input.real_name,
                tags: input.tags.unwrap_or_default(),
                identities: input.identities.unwrap_or_default().into_iter().map(Into::into).collect(),
            },
            city: input.city,
            community,
            tier: input.tier,
            joined_at: input.joined_at.map(|time| time.0),
            errors,
        }
    }
}

/// Members to make or to fill in.
#[derive(InputObject)]
pub struct MembersImportInput {
    /// At most 1,000 rows.
    rows: Vec<MemberImportRow>,
    /// Repeat a request safely: the same key and input have one effect. 1 to 255 characters.
    idempotency_key: Option<String>,
}

/// What became of a row.
#[derive(SimpleObject)]
pub struct MemberImportOutcome {
    /// The row's place in the input, from 0.
    row: i32,
    /// What became of it.
    status: Status,
    /// `mbr_…`: whom it made or was filled into; null when refused.
    member_id: Option<ID>,
    /// Why it was refused; fields are named from the row.
    errors: Vec<UserError>,
}

/// An outcome for each row, or why none was looked at.
#[derive(SimpleObject)]
pub struct MembersImportPayload {
    /// What became of each row, in their order.
    outcomes: Vec<MemberImportOutcome>,
    /// Why nothing was done at all; empty when there are outcomes.
    user_errors: Vec<UserError>,
}

/// The sub-slice's part of the mutation root.
#[derive(Default)]
pub struct ImportMutation;

/// Imports members.
#[Object]
impl ImportMutation {
    /// Makes or fills in up to 1,000 members, with an outcome for each; refused rows change nothing and stop
    /// no others. For files of any size there is `shequn import members`. Costs 10, and 1 for each row.
    /// Needs `members:write`. For a key that is
    /// restricted to communities a new member needs one of them as `communityId`, and a reference, phone number or
    /// identity of a member elsewhere is taken.
    #[graphql(
        directive = list_size::apply(None, Some(vec!["input.rows".to_owned()]), Some(vec!["outcomes".to_owned()])),
        directive = requires_scopes::apply(vec!["members:write".to_owned()]),
    )]
    async fn members_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rows.")] input: MembersImportInput,
    ) -> Result<MembersImportPayload, ApiError> {
        let call = call(ctx, "membersImport", input.idempotency_key.as_deref(), &input)?;
        let rows = input.rows.into_iter().map(Row::from).collect();
        let result = ctx.service::<Members>()?.import(ctx.actor()?, rows, &call).await;
        let (outcomes, user_errors) = settle(ctx, &call, result)?;
        let outcome = |(row, outcome): (usize, RowOutcome)| -> Result<_, ApiError> {
            Ok(MemberImportOutcome {
                row: i32::try_from(row).map_err(ApiError::internal)?,
                status: outcome.status,
                member_id: outcome.member.map(ID::from),
                errors: outcome.errors,
            })
        };
        let outcomes = outcomes.unwrap_or_default().into_iter().enumerate().map(outcome).collect::<Result<_, _>>()?;
        Ok(MembersImportPayload { outcomes, user_errors })
    }
}
