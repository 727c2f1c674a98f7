//! What members gave each other: a part of what they had, now and then.

use super::draw::Draw;
use super::write::DemoError;
use crate::domains::points::{Points, TransferDraft};
use crate::platform::db::TenantTx;
use crate::platform::ids::MemberId;

/// Of a thousand who have points, so many give somebody else some in a week.
const GIVERS: u64 = 15;
/// In so many weeks before today nobody does: what they were awarded last is theirs to keep.
const QUIET_WEEKS: i64 = 4;
const REASONS: [&str; 4] = ["生日快乐", "谢谢上次帮忙带货", "一起凑露营杯", "徒步领队辛苦了"];

/// Lets some give another a part of what they have by then.
pub(super) async fn make(points: &Points, tx: &TenantTx, week: i64, keepers: &[MemberId]) -> Result<(), DemoError> {
    if week <= QUIET_WEEKS {
        return Ok(());
    }
    for (number, member) in keepers.iter().enumerate() {
        let mut draw = Draw::of("presents", number * 64 + usize::try_from(week).unwrap_or_default());
        if !draw.happens(GIVERS) {
            continue;
        }
        let (Some(to), Some(reason)) = (draw.pick(keepers), draw.pick(&REASONS)) else { continue };
        let amount = draw.within(10..=50);
        if to == *member || points.available_in(tx, *member).await? < amount * 2 {
            continue;
        }
        let draft = TransferDraft { from: *member, to, amount, reason: reason.to_owned(), reference: None };
        points.transfer_in(tx, draft, "system").await?;
    }
    Ok(())
}
