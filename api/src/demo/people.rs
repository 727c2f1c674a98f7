//! The people of the demo: each has a name, a home, a phone perhaps, and what the platforms call them.

use chrono::{DateTime, Utc};

use super::communities::{ALL, Sample};
use super::draw::Draw;
use super::names::{MEN, NICKNAMES, SURNAMES, TAGS, WOMEN};
use super::places::{CITIES, City, HOME};
use super::stays::Calendar;
use crate::domains::communities::Platform;
use crate::domains::members::import::Row;
use crate::domains::members::{
    AgeBand, Draft, IdentityDraft, IdentityKind, PayPropensity, ProfileDraft, ProfileReport, ProfileSource,
};
use crate::platform::ids::MemberId;

/// Prefixes of mobile numbers; the four zeros behind them and the count are ours.
const PREFIXES: [&str; 10] = ["130", "135", "138", "139", "150", "158", "177", "186", "189", "199"];
/// Ages where no community says more.
const AGES: &[(AgeBand, u64)] = &[(AgeBand::From25To34, 50), (AgeBand::From35To44, 30), (AgeBand::From45To54, 20)];
/// When the hours begin in which somebody is active.
const ACTIVE_FROM: [(i32, u64); 6] = [(20, 40), (21, 22), (12, 14), (7, 10), (22, 8), (9, 6)];

/// Somebody, and the communities they ever joined, by their places in the list.
pub(super) struct Person {
    pub(super) number: usize,
    pub(super) communities: Vec<usize>,
}

struct Name {
    display: String,
    real: String,
}

impl Person {
    fn draw(&self, topic: &str) -> Draw {
        Draw::of(topic, self.number)
    }

    fn samples(&self) -> impl Iterator<Item = &'static Sample> {
        self.communities.iter().filter_map(|&place| ALL.get(place))
    }

    /// Where they stand in a mixed crowd.
    pub(super) fn queue(&self) -> (i64, usize) {
        (self.draw("queue").within(0..=1_000_000), self.number)
    }

    /// As a row of a roster.
    pub(super) fn row(&self) -> Row {
        let mut draw = self.draw("row");
        let name = self.name();
        let member = Draft {
            display_name: name.display,
            external_ref: Some(format!("SY{:06}", self.number + 1)),
            phone: draw.happens(720).then(|| self.phone()),
            real_name: draw.happens(340).then_some(name.real),
            tags: self.tags(),
            identities: self.identities(),
        };
        Row { member, ..Row::default() }
    }

    fn name(&self) -> Name {
        let mut draw = self.draw("name");
        let surname = draw.weigh(SURNAMES).unwrap_or_default();
        let is_woman = draw.happens(610);
        let given = draw.pick(if is_woman { WOMEN } else { MEN }).unwrap_or_default();
        let real = format!("{surname}{given}");
        let last = given.chars().last().unwrap_or_default();
        let display = match draw.within(0..=99) {
            0..=29 => real.clone(),
            30..=41 => format!("{}{last}", draw.pick(&["小", "阿"]).unwrap_or_default()),
            42..=55 => format!("{}-{real}", self.city().name),
            56..=65 => format!(
                "{surname}{}",
                draw.pick(if is_woman { &["姐", "阿姨", "老师"] } else { &["哥", "师傅", "总"] }).unwrap_or_default()
            ),
            66..=71 if is_woman => format!("{last}{last}妈妈"),
            72..=79 => format!("{}{:02}", draw.pick(NICKNAMES).unwrap_or_default(), draw.within(1..=99)),
            _ => draw.pick(NICKNAMES).unwrap_or_default().to_owned(),
        };
        Name { display, real }
    }

    fn city(&self) -> City {
        let mut draw = self.draw("city");
        let local = self.samples().next().map_or(0, |sample| sample.local);
        if draw.happens(local) { HOME } else { draw.weigh(CITIES).unwrap_or(HOME) }
    }

    fn age_band(&self) -> Option<AgeBand> {
        self.draw("age").weigh(self.samples().next().map_or(AGES, |sample| sample.ages))
    }

    /// Different for each person, and the same for each in every installation.
    fn phone(&self) -> String {
        let prefix = PREFIXES.get(self.number % PREFIXES.len()).copied().unwrap_or_default();
        let line = (self.number / PREFIXES.len() * 3_301 + 217) % 10_000;
        format!("{prefix}0000{line:04}")
    }

    fn tags(&self) -> Vec<String> {
        let mut draw = self.draw("tags");
        let mut tags = Vec::new();
        for permille in [560, 330, 120] {
            if draw.happens(permille) {
                tags.extend(draw.weigh(TAGS).map(str::to_owned));
            }
        }
        tags.extend(self.samples().filter_map(|sample| sample.interests.first()).map(|&theme| theme.to_owned()));
        tags
    }

    /// What the platforms of their communities call them.
    fn identities(&self) -> Vec<IdentityDraft> {
        let mut draw = self.draw("identities");
        let mut platforms: Vec<_> = self.samples().map(|sample| sample.platform).collect();
        platforms.sort();
        platforms.dedup();
        let mut identities = Vec::new();
        for platform in platforms {
            let mut add = |kind, app: Option<&str>, value| {
                let app_id = app.map(str::to_owned);
                identities.push(IdentityDraft { kind, platform, app_id, value });
            };
            match platform {
                Platform::Wechat => {
                    add(IdentityKind::Openid, Some("wx5d3a7f10c2e94b68"), format!("oSY5a{}", draw.signs(23)));
                    if draw.happens(450) {
                        add(IdentityKind::Unionid, None, format!("o6_bm{}", draw.signs(23)));
                    }
                }
                Platform::Wecom => add(IdentityKind::ExternalUserid, None, format!("wmSY{}", draw.signs(28))),
                Platform::Qq => add(IdentityKind::Openid, Some("102048513"), draw.signs(32)),
                Platform::Dingtalk => add(IdentityKind::Unionid, None, format!("{}iEiE", draw.signs(20))),
            }
        }
        identities
    }

    /// What is known of them, by whom; of some hardly anything.
    pub(super) fn reports(&self, member: MemberId, calendar: &Calendar) -> Vec<ProfileReport> {
        let mut draw = self.draw("profile");
        let (told, seen, modelled) = (draw.happens(550), draw.happens(880), draw.happens(740));
        let mut reports = Vec::new();
        let mut say = |source, profile, observed_at: DateTime<Utc>| {
            reports.push(ProfileReport { member, profile, source, observed_at });
        };
        if told {
            say(ProfileSource::Member, self.told(&mut draw), calendar.at(draw.within(20..=300), &mut draw));
        }
        if seen {
            say(ProfileSource::Platform, self.seen(&mut draw), calendar.at(draw.within(5..=90), &mut draw));
        }
        if modelled {
            let profile = ProfileDraft { age_band: self.age_band().filter(|_| !told), ..modelled_of(&mut draw) };
            say(ProfileSource::Model, profile, calendar.at(draw.within(1..=7), &mut draw));
        }
        if draw.happens(35) {
            let profile = ProfileDraft { pay_propensity: Some(PayPropensity::High), ..ProfileDraft::default() };
            say(ProfileSource::Operator, profile, calendar.at(draw.within(3..=120), &mut draw));
        }
        reports
    }

    /// By themselves.
    fn told(&self, draw: &mut Draw) -> ProfileDraft {
        let mut interests: Vec<String> = Vec::new();
        for sample in self.samples() {
            for permille in [800, 450, 200] {
                let interest = draw.pick(sample.interests).unwrap_or_default();
                if draw.happens(permille) && interests.iter().all(|known| known != interest) {
                    interests.push(interest.to_owned());
                }
            }
        }
        // Some have moved, and their phone does not know.
        let moved = draw.happens(60).then(|| draw.weigh(CITIES)).flatten();
        ProfileDraft {
            age_band: self.age_band(),
            interests: (!interests.is_empty()).then_some(interests),
            city: moved.map(|city| city.name.to_owned()),
            region: moved.map(|city| city.region.to_owned()),
            city_tier: moved.map(|city| city.tier),
            ..ProfileDraft::default()
        }
    }

    /// By the platform.
    fn seen(&self, draw: &mut Draw) -> ProfileDraft {
        let city = self.city();
        let friends = draw.happens(620).then(|| 20 + draw.around(230));
        ProfileDraft {
            region: Some(city.region.to_owned()),
            city: Some(city.name.to_owned()),
            city_tier: Some(city.tier),
            friends_count: friends.and_then(|count| i32::try_from(count).ok()),
            ..ProfileDraft::default()
        }
    }
}

/// By what they do.
fn modelled_of(draw: &mut Draw) -> ProfileDraft {
    let from = draw.weigh(&ACTIVE_FROM).unwrap_or_default();
    let length = if draw.happens(400) { 3 } else { 2 };
    let levels = [(PayPropensity::Low, 46), (PayPropensity::Medium, 38), (PayPropensity::High, 16)];
    ProfileDraft {
        active_hours: Some((from..from + length).map(|hour| hour % 24).collect()),
        pay_propensity: draw.weigh(&levels),
        ..ProfileDraft::default()
    }
}
