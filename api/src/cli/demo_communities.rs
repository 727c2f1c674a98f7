//! The communities of the demo tenant: of every type, platform and stage.

use crate::domains::communities::{CommunityType, Draft, LifecycleStage, Platform, Positioning, QuotaOverride};

/// One of them.
pub(super) struct Sample {
    name: &'static str,
    kind: CommunityType,
    positioning: Positioning,
    platform: Platform,
    stage: LifecycleStage,
    /// Days since it was founded.
    pub(super) days_ago: i64,
    value_proposition: &'static str,
}

impl Sample {
    pub(super) fn draft(&self) -> Draft {
        Draft {
            name: self.name.to_owned(),
            kind: self.kind,
            positioning: self.positioning,
            platform: self.platform,
            value_proposition: self.value_proposition.to_owned(),
            touchpoints: None,
            monetisation: None,
            stage: Some(self.stage),
            founded_at: None,
            quota: QuotaOverride::default(),
        }
    }
}

use CommunityType::{Brand, Consumer, Hybrid, Interest};
use LifecycleStage::{Decline, Ended, Growth, Mature, Startup};
use Platform::{Dingtalk, Qq, Wechat, Wecom};
use Positioning::{CustomerService, InterestSocial, ResourceMatching};

#[rustfmt::skip]
pub(super) const ALL: &[Sample] = &[
    Sample { name: "夜读会 Night Readers", kind: Interest, positioning: InterestSocial, platform: Wechat, stage: Mature, days_ago: 420,
        value_proposition: "每周共读一本书，周日晚八点一起聊。" },
    Sample { name: "手账同好", kind: Interest, positioning: InterestSocial, platform: Wechat, stage: Growth, days_ago: 150,
        value_proposition: "每天一页模板，每月一次线下手账会。" },
    Sample { name: "城南团购一群", kind: Consumer, positioning: CustomerService, platform: Wechat, stage: Mature, days_ago: 380,
        value_proposition: "产地直发，次日到小区，坏果包赔。" },
    Sample { name: "城南团购二群", kind: Consumer, positioning: CustomerService, platform: Wechat, stage: Growth, days_ago: 95,
        value_proposition: "产地直发，次日到小区，坏果包赔。" },
    Sample { name: "拾光会员服务", kind: Brand, positioning: CustomerService, platform: Wecom, stage: Mature, days_ago: 300,
        value_proposition: "一小时内答复，会员日新书八折。" },
    Sample { name: "拾光新书试读官", kind: Brand, positioning: InterestSocial, platform: Wecom, stage: Growth, days_ago: 120,
        value_proposition: "新书上市前一个月免费试读，书评有奖。" },
    Sample { name: "独立书店联盟", kind: Hybrid, positioning: ResourceMatching, platform: Dingtalk, stage: Startup, days_ago: 40,
        value_proposition: "书店之间调货、联合办展、分摊物流。" },
    Sample { name: "出版编辑互助", kind: Hybrid, positioning: ResourceMatching, platform: Dingtalk, stage: Growth, days_ago: 210,
        value_proposition: "选题、译者、装帧，三天内找到合适的人。" },
    Sample { name: "高考语文冲刺", kind: Interest, positioning: CustomerService, platform: Qq, stage: Decline, days_ago: 260,
        value_proposition: "每日一篇精读，老师批改作文。" },
    Sample { name: "亲子绘本馆", kind: Consumer, positioning: InterestSocial, platform: Wechat, stage: Startup, days_ago: 20,
        value_proposition: "按年龄荐书，绘本一周一换，不满意随时退。" },
    Sample { name: "播客听友", kind: Brand, positioning: InterestSocial, platform: Qq, stage: Startup, days_ago: 12,
        value_proposition: "节目上线前先听，和主播一起定下一期。" },
    Sample { name: "旧书漂流", kind: Interest, positioning: ResourceMatching, platform: Qq, stage: Ended, days_ago: 500,
        value_proposition: "一本旧书换一本旧书，邮费自理。" },
];
