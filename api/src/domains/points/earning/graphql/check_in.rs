//! The part of `CheckIn` that says what it earned.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};

use super::event::EarningEvent;
use crate::domains::engagement::CheckInRow;
use crate::domains::engagement::graphql::CheckInRef;
use crate::domains::points::Points;
use crate::error::ApiError;
use crate::graphql::batch::{Page, Ref};
use crate::graphql::context::{ContextExt as _, nullable};
use crate::graphql::cost::shown::costs;
use crate::graphql::guard::requires_scopes;

/// The slice's part of `CheckIn`.
#[derive(Clone)]
pub struct CheckInEarningPart(pub CheckInRef);

/// What a check-in earned.
#[Object]
impl CheckInEarningPart {
    /// What it was scored as, with what was paid for it; null for a day that was made up, which earns nothing. Costs 1.
    /// Needs `points:read`.
    #[graphql(directive = costs::apply(1), directive = requires_scopes::apply(vec!["points:read".to_owned()]))]
    async fn earning_event(&self, ctx: &Context<'_>) -> Option<Result<EarningEvent, ApiError>> {
        nullable(async {
            let (points, actor) = (ctx.service::<Points>()?.clone(), ctx.actor()?.clone());
            let load = |page: Arc<Page<CheckInRow>>| async move {
                let ids: Vec<_> = page.rows().iter().map(|row| row.id).collect();
                let rows = points.events_of_check_ins(&actor, page.reader(), &ids).await?;
                let mut events: HashMap<String, Ref<_>> = HashMap::new();
                for event in Page::new(Arc::clone(page.reader()), rows).refs() {
                    let reference = event.row()?.reference.clone().unwrap_or_default();
                    events.insert(reference, event);
                }
                Ok(events)
            };
            let events = self.0.load("checkIn.earningEvent", String::new(), load).await?;
            Ok(events.get(&self.0.row()?.id.to_string()).cloned().map(EarningEvent))
        })
        .await
    }
}
