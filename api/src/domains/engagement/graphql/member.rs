//! The part of `Member` that has their check-ins.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};
use chrono::NaiveDate;

use super::super::{Engagement, Moment, Record};
use super::object::CheckInRef;
use crate::domains::members::{MemberRef, MemberRow};
use crate::error::ApiError;
use crate::graph::check_in::CheckIn;
use crate::graphql::batch::Page;
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::list_size;
use crate::graphql::guard::requires_scopes;
use crate::graphql::scalars::Date;
use crate::platform::ids::MemberId;

/// The slice's part of `Member`.
#[derive(Clone)]
pub struct MemberCheckInsPart(pub MemberRef);

/// The check-ins of a member.
#[Object]
impl MemberCheckInsPart {
    /// Their check-ins: the streak, the cards, and the days. Needs `engagement:read`.
    #[graphql(directive = requires_scopes::apply(vec!["engagement:read".to_owned()]))]
    async fn check_ins(&self, ctx: &Context<'_>) -> Option<Result<MemberCheckIns, ApiError>> {
        nullable(async { check_ins_of(ctx, &self.0).await.map(Some) }).await
    }
}

/// The part of `Me` that has their check-ins.
#[derive(Clone)]
pub struct MyCheckInsPart(pub MemberRef);

/// The check-ins of the member who asks.
#[Object]
impl MyCheckInsPart {
    /// Their check-ins: the streak, the cards, and the days.
    async fn check_ins(&self, ctx: &Context<'_>) -> Option<Result<MemberCheckIns, ApiError>> {
        nullable(async { check_ins_of(ctx, &self.0).await.map(Some) }).await
    }
}

async fn check_ins_of(ctx: &Context<'_>, member: &MemberRef) -> Result<MemberCheckIns, ApiError> {
    let (engagement, actor) = (ctx.service::<Engagement>()?.clone(), ctx.actor()?.clone());
    let load =
        |page: Arc<Page<MemberRow>>| async move { engagement.records_of(&actor, page.reader(), &ids(&page)).await };
    let loaded = member.load("member.checkIns", String::new(), load).await?;
    let (records, now) = loaded.as_ref();
    let record = records.get(&member.row()?.id).cloned().unwrap_or_default();
    Ok(MemberCheckIns { member: member.clone(), record, now: *now })
}

fn ids(page: &Page<MemberRow>) -> Vec<MemberId> {
    page.rows().iter().map(|row| row.id).collect()
}

/// What a member has checked in. Days are calendar days in the tenant's zone. When the tenant moves to another zone, a day
/// that comes twice counts once, and one that is lost breaks no streak of whoever comes within 48 hours.
pub struct MemberCheckIns {
    member: MemberRef,
    record: Record,
    now: Moment,
}

/// What a member has checked in. Days are calendar days in the tenant's zone. When the tenant moves to another zone, a day
/// that comes twice counts once, and one that is lost breaks no streak of whoever comes within 48 hours.
#[Object]
impl MemberCheckIns {
    /// Days without a gap up to today, or to yesterday where they have yet to check in today; 0 once a day was missed.
    async fn streak(&self) -> i32 {
        self.record.streak_at(&self.now)
    }

    /// The longest streak they ever had, with the days that were made up.
    async fn longest_streak(&self) -> i32 {
        self.record.longest
    }

    /// All days that count, those that were made up too.
    async fn total(&self) -> i32 {
        self.record.total
    }

    /// The last day that counts; null for whoever never checked in.
    async fn last_day(&self) -> Option<Date> {
        self.record.last.map(|last| last.day.into())
    }

    /// Cards that they have to make missed days up with.
    async fn cards(&self) -> i32 {
        self.record.cards
    }

    /// Whether they have checked in today.
    async fn checked_in_today(&self) -> bool {
        self.record.is_done(&self.now)
    }

    /// The days that count within a range of at most 100, the first before the others. Counts as 31 items.
    #[graphql(directive = list_size::apply(Some(31), None, None))]
    async fn days(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first day of the range.")] from: Date,
        #[graphql(desc = "The last day of the range, which belongs to it.")] to: Date,
    ) -> Option<Result<Vec<CheckIn>, ApiError>> {
        nullable(async {
            let days = self.load_days(ctx, (from.0, to.0)).await?;
            let own = days.get(&self.member.row()?.id).map(Vec::as_slice).unwrap_or_default();
            Ok(Some(own.iter().cloned().map(CheckIn::new).collect()))
        })
        .await
    }
}

impl MemberCheckIns {
    /// For all members of the page at once; and all their days form one page, for what is loaded below them.
    async fn load_days(
        &self,
        ctx: &Context<'_>,
        range: (NaiveDate, NaiveDate),
    ) -> Result<Arc<HashMap<MemberId, Vec<CheckInRef>>>, ApiError> {
        let (engagement, actor) = (ctx.service::<Engagement>()?.clone(), ctx.actor()?.clone());
        let load = |members: Arc<Page<MemberRow>>| async move {
            let rows = engagement.days_of(&actor, members.reader(), &ids(&members), range).await?;
            let mut days: HashMap<MemberId, Vec<CheckInRef>> = HashMap::new();
            for day in Page::new(Arc::clone(members.reader()), rows).refs() {
                days.entry(day.row()?.member).or_default().push(day);
            }
            Ok(days)
        };
        self.member.load("member.checkIns.days", format!("{range:?}"), load).await
    }
}
