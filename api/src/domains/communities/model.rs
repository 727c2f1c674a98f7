//! What a community is, and what makes one valid.

use chrono::{DateTime, Utc};

use crate::error::{UserError, UserErrorCode};
use crate::named_enum;
use crate::platform::text::parse_line;

const NAME_LENGTH: usize = 120;
const VALUE_PROPOSITION_LENGTH: usize = 500;

named_enum! {
    /// What a community lives on.
    CommunityType {
        /// A shared interest; lives on paid knowledge and merchandise.
        Interest "INTEREST",
        /// Buying together; lives on membership and commission.
        Consumer "CONSUMER",
        /// A brand's own following; converts to the brand's private traffic.
        Brand "BRAND",
        /// Several of these; lives on advertising and co-branding.
        Hybrid "HYBRID",
    }
}

named_enum! {
    /// What a community is for.
    Positioning {
        /// Meeting people with the same interest.
        InterestSocial "INTEREST_SOCIAL",
        /// Serving customers.
        CustomerService "CUSTOMER_SERVICE",
        /// Bringing supply and demand together; needs strict admission.
        ResourceMatching "RESOURCE_MATCHING",
    }
}

named_enum! {
    /// Where a community, a member's identity or a message lives.
    Platform {
        /// WeChat (微信).
        Wechat "WECHAT",
        /// WeCom (企业微信).
        Wecom "WECOM",
        /// QQ.
        Qq "QQ",
        /// DingTalk (钉钉).
        Dingtalk "DINGTALK",
    }
}

named_enum! {
    /// Where members are reached.
    Touchpoint {
        /// The group chat.
        Group "GROUP",
        /// Moments (朋友圈).
        Moments "MOMENTS",
        /// An official account (公众号).
        OfficialAccount "OFFICIAL_ACCOUNT",
        /// A mini program (小程序).
        MiniProgram "MINI_PROGRAM",
        /// A video channel (视频号).
        VideoChannel "VIDEO_CHANNEL",
    }
}

named_enum! {
    /// What a message is made of.
    MessageKind {
        /// Words.
        Text "TEXT",
        /// A picture.
        Image "IMAGE",
        /// A recorded video.
        Video "VIDEO",
        /// A live stream (直播).
        Live "LIVE",
        /// A document.
        File "FILE",
        /// An online meeting.
        Meeting "MEETING",
    }
}

/// What every platform's groups can send; what a new community uses unless told otherwise.
pub(super) const USUAL_MESSAGE_KINDS: &[MessageKind] = &[MessageKind::Text, MessageKind::Image];

named_enum! {
    /// How a community earns.
    Monetisation {
        /// Courses and other paid knowledge.
        PaidKnowledge "PAID_KNOWLEDGE",
        /// Goods round the interest.
        Merchandise "MERCHANDISE",
        /// Paid membership.
        Membership "MEMBERSHIP",
        /// Commission on sales.
        Commission "COMMISSION",
        /// Conversion to the brand's own channels.
        PrivateTraffic "PRIVATE_TRAFFIC",
        /// Advertising.
        Advertising "ADVERTISING",
        /// Products made together with other brands.
        CoBranding "CO_BRANDING",
    }
}

named_enum! {
    /// Where a community is in its life.
    LifecycleStage {
        /// Just founded.
        Startup "STARTUP",
        /// Gaining members.
        Growth "GROWTH",
        /// Steady.
        Mature "MATURE",
        /// Losing members or activity.
        Decline "DECLINE",
        /// Over.
        Ended "ENDED",
    }
}

impl CommunityType {
    /// How communities of this type usually earn; what a new one gets unless told otherwise.
    #[must_use]
    pub const fn usual_monetisation(self) -> &'static [Monetisation] {
        match self {
            Self::Interest => &[Monetisation::PaidKnowledge, Monetisation::Merchandise],
            Self::Consumer => &[Monetisation::Membership, Monetisation::Commission],
            Self::Brand => &[Monetisation::PrivateTraffic],
            Self::Hybrid => &[Monetisation::Advertising, Monetisation::CoBranding],
        }
    }
}

/// A community's own tier quota, where it differs from the tenant's policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaOverride {
    /// Percent of members who are admins.
    pub admin_percent: Option<i32>,
    /// Percent of members who are core members.
    pub core_percent: Option<i32>,
    /// Percentage points a share may lie off its target.
    pub tolerance_points: Option<i32>,
}

/// Which communities to list; None lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this type.
    pub kind: Option<CommunityType>,
    /// For this.
    pub positioning: Option<Positioning>,
    /// There.
    pub platform: Option<Platform>,
    /// In this stage.
    pub stage: Option<LifecycleStage>,
    /// Whose name starts so.
    pub text: Option<String>,
    /// The archived ones instead of the others.
    pub archived: bool,
}

named_enum! {
    /// In which order to list communities. Equal ones are ordered by id.
    #[graphql(name = "CommunitySort")]
    Sort {
        /// By name, A first.
        NameAsc "NAME_ASC",
        /// By name, A last.
        NameDesc "NAME_DESC",
        /// Oldest record first.
        CreatedAtAsc "CREATED_AT_ASC",
        /// Newest record first.
        CreatedAtDesc "CREATED_AT_DESC",
        /// Smallest first.
        MemberCountAsc "MEMBER_COUNT_ASC",
        /// Largest first.
        MemberCountDesc "MEMBER_COUNT_DESC",
    }
}

/// A community as a client describes it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What it lives on.
    pub kind: CommunityType,
    /// What it is for.
    pub positioning: Positioning,
    /// Where it is.
    pub platform: Platform,
    /// What its members get from it.
    pub value_proposition: String,
    /// Where members are reached; the group itself unless told otherwise.
    pub touchpoints: Option<Vec<Touchpoint>>,
    /// What is sent in it; words and pictures unless told otherwise.
    pub message_kinds: Option<Vec<MessageKind>>,
    /// How it earns; the usual for its type unless told otherwise.
    pub monetisation: Option<Vec<Monetisation>>,
    /// Where it is in its life; just founded unless told otherwise.
    pub stage: Option<LifecycleStage>,
    /// When it was founded; now unless told otherwise.
    pub founded_at: Option<DateTime<Utc>>,
    /// Its own quota.
    pub quota: QuotaOverride,
}

/// What a client wants changed; None leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// A new name.
    pub name: Option<String>,
    /// Another positioning.
    pub positioning: Option<Positioning>,
    /// Another value proposition.
    pub value_proposition: Option<String>,
    /// Other touchpoints.
    pub touchpoints: Option<Vec<Touchpoint>>,
    /// Other kinds of messages.
    pub message_kinds: Option<Vec<MessageKind>>,
    /// Other ways to earn.
    pub monetisation: Option<Vec<Monetisation>>,
    /// Another stage. ENDED is for good.
    pub stage: Option<LifecycleStage>,
    /// Another quota, as a whole.
    pub quota: Option<QuotaOverride>,
    /// The version the change was made from; a newer one refuses it.
    pub version: Option<i32>,
}

impl Draft {
    /// The draft with its texts in order, or everything that is wrong with it.
    pub fn check(mut self, now: DateTime<Utc>) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        check_text(&mut self.name, "name", NAME_LENGTH, &mut errors);
        check_text(&mut self.value_proposition, "valueProposition", VALUE_PROPOSITION_LENGTH, &mut errors);
        check_quota(self.quota, &mut errors);
        if self.founded_at.is_some_and(|founded| founded > now) {
            errors.push(UserError::at(
                "foundedAt",
                UserErrorCode::Invalid,
                "A community cannot be founded in the future.",
            ));
        }
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

impl Changes {
    /// The changes with their texts in order, or everything that is wrong with them.
    pub fn check(mut self) -> Result<Self, Vec<UserError>> {
        let mut errors = Vec::new();
        if let Some(name) = &mut self.name {
            check_text(name, "name", NAME_LENGTH, &mut errors);
        }
        if let Some(value_proposition) = &mut self.value_proposition {
            check_text(value_proposition, "valueProposition", VALUE_PROPOSITION_LENGTH, &mut errors);
        }
        check_quota(self.quota.unwrap_or_default(), &mut errors);
        if errors.is_empty() { Ok(self) } else { Err(errors) }
    }
}

fn check_text(text: &mut String, field: &str, max: usize, errors: &mut Vec<UserError>) {
    match parse_line(text, max) {
        Ok(parsed) => *text = parsed,
        Err(problem) => errors.push(UserError::text(field, problem)),
    }
}

fn check_quota(quota: QuotaOverride, errors: &mut Vec<UserError>) {
    let fields = [
        ("quota.adminPercent", quota.admin_percent),
        ("quota.corePercent", quota.core_percent),
        ("quota.tolerancePoints", quota.tolerance_points),
    ];
    for (field, value) in fields {
        if value.is_some_and(|value| !(0..=100).contains(&value)) {
            errors.push(UserError::at(field, UserErrorCode::Invalid, "A percentage is 0 to 100."));
        }
    }
    let sum = quota.admin_percent.unwrap_or(0).saturating_add(quota.core_percent.unwrap_or(0));
    if errors.is_empty() && sum > 100 {
        errors.push(UserError::at("quota.corePercent", UserErrorCode::Invalid, "The shares add up to more than 100."));
    }
}
