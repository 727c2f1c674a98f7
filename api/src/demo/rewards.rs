//! What the demo tenant gives for points: five rewards, and half a year of redeeming them.

use super::draw::Draw;
use super::write::DemoError;
use crate::app::App;
use crate::domains::points::Points;
use crate::domains::rewards::{
    Code, Fulfilment, Limit, Period, RedemptionDraft, RewardDraft, RewardError, RewardState, Rewards, Terms,
};
use crate::platform::Platform;
use crate::platform::db::TenantTx;
use crate::platform::ids::{MemberId, RewardId};

/// Of the coupon.
const CODES: usize = 400;
/// What was redeemed in so many weeks is still to be handed over.
const OPEN_WEEKS: i64 = 2;

struct Sample {
    name: &'static str,
    description: &'static str,
    price: i64,
    fulfilment: Fulfilment,
    stock: Option<i64>,
    limit: Option<Limit>,
}

const SAMPLES: [Sample; 5] = [
    Sample {
        name: "五元优惠券",
        description: "满五十元可用，兑换后立即到账。",
        price: 50,
        fulfilment: Fulfilment::VoucherCode,
        stock: None,
        limit: None,
    },
    Sample {
        name: "会员日包邮",
        description: "每月十八日会员日当天的订单免运费。",
        price: 80,
        fulfilment: Fulfilment::Manual,
        stock: None,
        limit: Some(Limit { quantity: 2, period: Period::Month }),
    },
    Sample {
        name: "山货小礼包",
        description: "菌菇、笋干和坚果各一份。",
        price: 120,
        fulfilment: Fulfilment::Manual,
        stock: Some(200),
        limit: None,
    },
    Sample {
        name: "周末徒步名额",
        description: "领队带路，含保险和午餐。",
        price: 200,
        fulfilment: Fulfilment::Manual,
        stock: Some(60),
        limit: Some(Limit { quantity: 1, period: Period::Month }),
    },
    Sample {
        name: "露营杯",
        description: "三百毫升双层不锈钢，刻有社群徽标。",
        price: 300,
        fulfilment: Fulfilment::Manual,
        stock: Some(80),
        limit: Some(Limit { quantity: 1, period: Period::Ever }),
    },
];

/// A reward that is offered.
#[derive(Clone, Copy)]
pub(super) struct Offered {
    id: RewardId,
    price: i64,
    fulfilment: Fulfilment,
}

/// The slice as it was then, on the ledger of then.
pub(super) fn at(app: &App, platform: Platform, points: &Points) -> Rewards {
    let below = (app.tenants.clone(), app.communities.clone(), app.members.clone());
    Rewards::new(platform, below, points.clone())
}

/// Writes the rewards, and offers them.
pub(super) async fn make(rewards: &Rewards, tx: &TenantTx) -> Result<Vec<Offered>, DemoError> {
    let mut offered = Vec::with_capacity(SAMPLES.len());
    for sample in &SAMPLES {
        let Sample { name, description, price, fulfilment, stock, limit } = *sample;
        let terms = Terms {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            price,
            limit,
            communities: Vec::new(),
            minimum_tier: None,
            starts_at: None,
            ends_at: None,
            fulfil_within_days: None,
        };
        let id = rewards.create_in(tx, RewardDraft { terms, fulfilment, stock }).await?;
        if fulfilment == Fulfilment::VoucherCode {
            let codes = (0..CODES).map(|number| Code::new(format!("SY5-{:05}", number * 137 + 10_019))).collect();
            rewards.add_codes_in(tx, id, codes).await?;
        }
        rewards.set_state_in(tx, id, RewardState::Active).await?;
        offered.push(Offered { id, price, fulfilment });
    }
    Ok(offered)
}

/// Redeems a reward now and then, if there are points enough; most take it at once.
pub(super) async fn redeem(
    (rewards, points): (&Rewards, &Points),
    tx: &TenantTx,
    offered: &[Offered],
    ((number, week), member): ((usize, i64), MemberId),
) -> Result<(), DemoError> {
    let mut draw = Draw::of("rewards", number * 64 + usize::try_from(week).unwrap_or_default());
    let Some(what) = draw.happens(90).then(|| draw.pick(offered)).flatten() else { return Ok(()) };
    if points.available_in(tx, member).await? < what.price {
        return Ok(());
    }
    let draft = RedemptionDraft { reward: what.id, member, quantity: 1, reference: None };
    let made = match rewards.redeem_in(tx, draft, "system").await {
        // They have as many as one may, or nothing is left: said before anything is written.
        Err(RewardError::Refused(_)) => return Ok(()),
        made => made?.redemption,
    };
    if what.fulfilment == Fulfilment::VoucherCode || week <= OPEN_WEEKS {
        return Ok(());
    }
    match draw.within(0..=99) {
        ..90 => rewards.fulfil_in(tx, made, "system").await?,
        90..95 => rewards.cancel_in(tx, (made, "改选其他礼品".to_owned()), "system").await?,
        // Nobody comes for it.
        _ => return Ok(()),
    };
    Ok(())
}
