//! The communities of the demo: of every type, positioning and platform, some of them long over.

use crate::domains::communities::{
    CommunityType, Draft, LifecycleStage, MessageKind, Platform, Positioning, QuotaOverride, Touchpoint,
};
use crate::domains::members::AgeBand::{self, From18To24, From25To34, From35To44, From45To54, From55};

use CommunityType::{Brand, Consumer, Hybrid, Interest};
use LifecycleStage::{Decline, Growth, Mature, Startup};
use MessageKind::{File, Image, Live, Meeting, Text, Video};
use Platform::{Dingtalk, Qq, Wechat, Wecom};
use Positioning::{CustomerService, InterestSocial, ResourceMatching};
use Touchpoint::{Group, MiniProgram, Moments, OfficialAccount, VideoChannel};

/// What a community is, and what came of it. Days count back from the day the demo is made on.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) kind: CommunityType,
    pub(super) positioning: Positioning,
    pub(super) platform: Platform,
    pub(super) touchpoints: &'static [Touchpoint],
    pub(super) messages: &'static [MessageKind],
    pub(super) value_proposition: &'static str,
    pub(super) stage: LifecycleStage,
    pub(super) quota: QuotaOverride,
    pub(super) founded: i64,
    pub(super) end: End,
    /// How many ever joined.
    pub(super) joins: usize,
    /// Of a thousand who join, how many are known from another community.
    pub(super) known: u64,
    /// Days on which a campaign began.
    pub(super) campaigns: &'static [i64],
    /// Of a thousand who joined, how many left sooner or later.
    pub(super) left: u64,
    /// Of a thousand who were there a month ago, how many left in the last three weeks.
    pub(super) fleeing: u64,
    /// Of a thousand members, how many are admins and core members.
    pub(super) tiers: (u64, u64),
    /// Of a thousand members, how many live where the company is.
    pub(super) local: u64,
    pub(super) ages: &'static [(AgeBand, u64)],
    pub(super) interests: &'static [&'static str],
}

/// How a community ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It goes on.
    Open,
    /// It was dissolved so many days ago.
    Dissolved(i64),
    /// The same, and it is in the archive.
    Archived(i64),
}

impl Sample {
    /// The day it was dissolved on.
    pub(super) fn ended(&self) -> Option<i64> {
        match self.end {
            End::Open => None,
            End::Dissolved(day) | End::Archived(day) => Some(day),
        }
    }

    /// As a client would describe it.
    pub(super) fn draft(&self) -> Draft {
        Draft {
            name: self.name.to_owned(),
            kind: self.kind,
            positioning: self.positioning,
            platform: self.platform,
            value_proposition: self.value_proposition.to_owned(),
            touchpoints: Some(self.touchpoints.to_vec()),
            message_kinds: Some(self.messages.to_vec()),
            monetisation: None,
            stage: Some(self.stage),
            founded_at: None,
            quota: self.quota,
        }
    }
}

const USUAL: Sample = Sample {
    name: "",
    kind: Interest,
    positioning: InterestSocial,
    platform: Wechat,
    touchpoints: &[Group],
    messages: &[Text, Image],
    value_proposition: "",
    stage: Growth,
    quota: QuotaOverride { admin_percent: None, core_percent: None, tolerance_points: None },
    founded: 0,
    end: End::Open,
    joins: 0,
    known: 300,
    campaigns: &[],
    left: 150,
    fleeing: 0,
    tiers: (50, 150),
    local: 100,
    ages: &[(From18To24, 20), (From25To34, 40), (From35To44, 25), (From45To54, 10), (From55, 5)],
    interests: &[],
};

const SMALL_STAFF: QuotaOverride =
    QuotaOverride { admin_percent: Some(3), core_percent: Some(10), tolerance_points: Some(2) };
const FAMILIES: &[(AgeBand, u64)] = &[(From25To34, 40), (From35To44, 48), (From45To54, 8), (From55, 4)];
const NEIGHBOURS: &[(AgeBand, u64)] =
    &[(From18To24, 6), (From25To34, 28), (From35To44, 30), (From45To54, 22), (From55, 14)];
const STUDENTS: &[(AgeBand, u64)] = &[(AgeBand::Under18, 4), (From18To24, 82), (From25To34, 14)];

/// Open ones from the oldest to the youngest, then those that are over.
#[rustfmt::skip]
pub(super) const ALL: &[Sample] = &[
    // Hardly anybody runs it: the tier report names it.
    Sample { name: "周末山野徒步", stage: Mature, founded: 358, joins: 640, known: 0, campaigns: &[301, 214, 96, 33],
        left: 170, tiers: (9, 58), touchpoints: &[Group, OfficialAccount, VideoChannel], messages: &[Text, Image, Video],
        interests: &["徒步", "登山", "摄影", "越野跑"],
        value_proposition: "每周六一条新路线，领队带队，新手也能跟得上，当天往返。", ..USUAL },
    Sample { name: "城南团购一群（锦江·高新）", kind: Consumer, positioning: CustomerService, stage: Mature, founded: 341,
        joins: 560, known: 120, campaigns: &[290, 200, 110, 20], left: 180, tiers: (44, 139), local: 860, ages: NEIGHBOURS,
        touchpoints: &[Group, MiniProgram, Moments], messages: &[Text, Image, Live], interests: &["生鲜", "水果", "做饭", "烘焙"],
        value_proposition: "产地直发，次日到小区自提，坏果包赔，比超市便宜两成。", ..USUAL },
    Sample { name: "山野会员服务中心", kind: Brand, positioning: CustomerService, platform: Wecom, stage: Mature,
        founded: 312, joins: 480, known: 420, campaigns: &[180, 61], left: 70, tiers: (27, 104), quota: SMALL_STAFF,
        touchpoints: &[Group, MiniProgram, OfficialAccount], messages: &[Text, Image, File], interests: &["户外装备", "会员权益", "露营"],
        value_proposition: "一小时内答复，会员日全场八八折，装备终身免费保养。", ..USUAL },
    // A quarrel about fake goods: the decline report names it.
    Sample { name: "露营装备以物易物", positioning: ResourceMatching, platform: Qq, stage: Decline, founded: 287,
        joins: 330, known: 300, campaigns: &[240, 150], left: 110, fleeing: 370, tiers: (46, 162),
        touchpoints: &[Group, Moments], interests: &["露营", "户外装备", "二手", "自驾"],
        value_proposition: "闲置装备不吃灰：实名发布、群主验货、换不成不收费。", ..USUAL },
    Sample { name: "城南团购二群（双流·温江）", kind: Consumer, positioning: CustomerService, founded: 74, joins: 290,
        known: 120, campaigns: &[52, 20], left: 90, tiers: (55, 141), local: 900, ages: NEIGHBOURS,
        touchpoints: &[Group, MiniProgram], interests: &["生鲜", "水果", "做饭", "亲子"],
        value_proposition: "一群的货、二群的价：满三十户开团，晚八点截单，次日到。", ..USUAL },
    // Nearly everybody is somebody there: the tier report names it.
    Sample { name: "源头农户与团长对接", kind: Hybrid, positioning: ResourceMatching, platform: Dingtalk, founded: 66,
        joins: 150, known: 350, campaigns: &[40], left: 60, tiers: (163, 312), local: 420, ages: NEIGHBOURS,
        touchpoints: &[Group], messages: &[Text, Image, File, Meeting], interests: &["选品", "供应链", "物流", "助农"],
        value_proposition: "三天内为一批货找到团长，为一个团找到货源；资质先审后进。", ..USUAL },
    Sample { name: "新品共创体验官", kind: Brand, platform: Wecom, founded: 51, joins: 170, known: 550, campaigns: &[30],
        left: 50, tiers: (59, 165), touchpoints: &[Group, VideoChannel, MiniProgram], messages: &[Text, Image, Video, File],
        interests: &["新品试用", "户外装备", "摄影", "写测评"],
        value_proposition: "上市前一个月免费试用，写下真话，采纳一条奖励两百积分。", ..USUAL },
    Sample { name: "亲子自然观察", kind: Consumer, stage: Startup, founded: 23, joins: 96, known: 200, campaigns: &[9],
        left: 30, tiers: (52, 146), local: 640, ages: FAMILIES, touchpoints: &[Group, OfficialAccount], messages: &[Text, Image, Video, Meeting],
        interests: &["亲子", "自然教育", "观鸟", "绘本"],
        value_proposition: "每周带孩子认识三种身边的植物和鸟，附观察手册和周末小队。", ..USUAL },
    Sample { name: "大学生户外社团联盟", kind: Hybrid, platform: Qq, founded: 301, end: End::Dissolved(233), joins: 130,
        known: 100, campaigns: &[290], ages: STUDENTS, touchpoints: &[Group, VideoChannel], messages: &[Text, Image, Video],
        interests: &["徒步", "骑行", "飞盘", "音乐节"],
        value_proposition: "二十所高校社团共享路线、领队和装备，合拍视频一起涨粉。", ..USUAL },
    Sample { name: "周年庆预售群", kind: Consumer, positioning: CustomerService, founded: 260, end: End::Dissolved(221),
        joins: 240, known: 450, campaigns: &[258], local: 500, ages: NEIGHBOURS, touchpoints: &[Group, Moments],
        interests: &["生鲜", "囤货", "优惠券"], value_proposition: "周年庆提前一周付定金，到手价保价三十天。", ..USUAL },
    Sample { name: "21 天早起跑步打卡", founded: 244, end: End::Dissolved(218), joins: 150, known: 300,
        campaigns: &[243], touchpoints: &[Group, MiniProgram], interests: &["跑步", "早起", "健康"],
        value_proposition: "坚持二十一天退全额押金，缺卡的押金由坚持者平分。", ..USUAL },
    Sample { name: "直播间粉丝福利群", kind: Brand, positioning: CustomerService, platform: Wecom, founded: 205,
        end: End::Dissolved(139), joins: 210, known: 450, campaigns: &[200, 171], left: 330,
        touchpoints: &[Group, VideoChannel], messages: &[Text, Image, Live], interests: &["直播", "优惠券", "新品试用"],
        value_proposition: "每场直播前一小时发群内专属券，抽五位免单。", ..USUAL },
    Sample { name: "山货直采供需墙", kind: Hybrid, positioning: ResourceMatching, platform: Dingtalk, founded: 190,
        end: End::Dissolved(122), joins: 90, known: 400, campaigns: &[186], left: 420, ages: NEIGHBOURS,
        touchpoints: &[Group], interests: &["供应链", "助农", "选品"],
        value_proposition: "菌子、花椒、腊肉：产地报价和门店求购一墙看全。", ..USUAL },
    Sample { name: "手冲咖啡小课 第一期", positioning: CustomerService, founded: 165, end: End::Dissolved(98), joins: 64,
        known: 350, campaigns: &[160], left: 60, touchpoints: &[Group, OfficialAccount], messages: &[Text, Image, Video, Live],
        interests: &["咖啡", "烘焙", "生活美学"], value_proposition: "八节课从选豆到拉花，作业一对一点评，学完退半价。", ..USUAL },
    Sample { name: "开仓特卖限时群", kind: Consumer, positioning: CustomerService, platform: Qq, founded: 330,
        end: End::Archived(290), joins: 180, known: 300, campaigns: &[328], left: 260, touchpoints: &[Group],
        interests: &["优惠券", "囤货", "户外装备"], value_proposition: "断码样品三折起，先到先得，售完即散。", ..USUAL },
];
