//! How an entry is told to the member whose it is, in Chinese and in English.

use super::model::{Explained, Part, Step, StepKind};
use crate::domains::members::membership::Tier;
use crate::domains::points::{Account, EntryKind, Source};
use crate::platform::locale::Locale;
use crate::platform::text::spell_day;

/// Lots that are told one by one; of more only the number is told.
const MOST_TOLD: usize = 5;

impl Explained {
    /// The entry in words.
    #[must_use]
    pub fn tell(&self, locale: Locale) -> String {
        let mut sentences = vec![self.event(locale)];
        // One step alone is the amount, which is told.
        if self.steps.len() > 1 {
            sentences.push(self.calculation(locale));
        }
        sentences.extend(if self.kind.makes_a_lot() { self.dates(locale) } else { self.lots(locale) });
        sentences.join(if locale == Locale::ZhCn { "" } else { " " })
    }

    /// What happened.
    fn event(&self, locale: Locale) -> String {
        let (amount, reason) = (self.amount, self.reason.as_deref().unwrap_or("-"));
        match locale {
            Locale::ZhCn => match self.kind {
                EntryKind::Award => format!("您因“{reason}”获得 {amount} 积分。"),
                EntryKind::Mature => format!("{amount} 积分已生效，可以使用。"),
                EntryKind::Deduct => format!("因“{reason}”扣除 {amount} 积分。"),
                EntryKind::Hold => format!("为“{reason}”预留 {amount} 积分。"),
                EntryKind::Capture => format!("“{reason}”使用了预留的 {amount} 积分。"),
                EntryKind::Release => format!("为“{reason}”预留的 {amount} 积分已退回。"),
                EntryKind::Expire => format!("{amount} 积分未在有效期内使用，已失效。"),
                EntryKind::TransferOut => format!("您因“{reason}”转赠 {amount} 积分。"),
                EntryKind::TransferIn => format!("另一位成员因“{reason}”转赠您 {amount} 积分。"),
                EntryKind::Reverse => {
                    let (day, before) = self.undone();
                    match (self.from, self.to) {
                        (Account::Transferred, _) => {
                            format!("{day}因“{before}”转赠的 {amount} 积分已退回：{reason}。")
                        }
                        (_, Account::Transferred) => {
                            format!("{day}因“{before}”收到的 {amount} 积分已收回：{reason}。")
                        }
                        (_, Account::Issued) => format!("{day}因“{before}”获得的 {amount} 积分已收回：{reason}。"),
                        _ => format!("{day}因“{before}”扣除的 {amount} 积分已退还：{reason}。"),
                    }
                }
            },
            Locale::En => match self.kind {
                EntryKind::Award => format!("You were given {amount} points for “{reason}”."),
                EntryKind::Mature => format!("{amount} points are good from now on."),
                EntryKind::Deduct => format!("{amount} points were taken for “{reason}”."),
                EntryKind::Hold => format!("{amount} points were set aside for “{reason}”."),
                EntryKind::Capture => format!("{amount} points that were set aside were spent on “{reason}”."),
                EntryKind::Release => format!("{amount} points that were set aside for “{reason}” came back."),
                EntryKind::Expire => format!("{amount} points were not spent in time, and have expired."),
                EntryKind::TransferOut => format!("You gave {amount} points to another member: “{reason}”."),
                EntryKind::TransferIn => format!("Another member gave you {amount} points: “{reason}”."),
                EntryKind::Reverse => {
                    let (day, before) = self.undone();
                    match (self.from, self.to) {
                        (Account::Transferred, _) => {
                            format!("{amount} points that you gave on {day} for “{before}” came back: {reason}.")
                        }
                        (_, Account::Transferred) => format!(
                            "{amount} points that another member gave you on {day} for “{before}” were taken back: \
                             {reason}."
                        ),
                        (_, Account::Issued) => {
                            format!("{amount} points, given on {day} for “{before}”, were taken back: {reason}.")
                        }
                        _ => format!("{amount} points, taken on {day} for “{before}”, were given back: {reason}."),
                    }
                }
            },
        }
    }

    fn undone(&self) -> (String, &str) {
        let undone = self.undone.as_ref();
        let day = undone.map(|undone| spell_day(undone.posted_on)).unwrap_or_default();
        (day, undone.and_then(|undone| undone.reason.as_deref()).unwrap_or("-"))
    }

    /// How a rule came to the amount.
    fn calculation(&self, locale: Locale) -> String {
        let steps: Vec<_> = self.steps.iter().map(|step| step.tell(locale)).collect();
        match locale {
            Locale::ZhCn => format!("计算方式：{}，共 {} 积分。", steps.join("，"), self.amount),
            Locale::En => format!("Counted as {}: {} points.", steps.join(", "), self.amount),
        }
    }

    /// When what was given is good.
    fn dates(&self, locale: Locale) -> Option<String> {
        let until = self.parts.first()?.expires_on.map(spell_day);
        let from = self.good_from.map(spell_day);
        Some(match locale {
            Locale::ZhCn => {
                let from = from.map(|day| format!("{day} 起可用，")).unwrap_or_default();
                until.map_or_else(|| format!("{from}长期有效。"), |day| format!("{from}有效期至 {day}。"))
            }
            Locale::En => {
                let from = from.map(|day| format!(" from {day}")).unwrap_or_default();
                let until = until.map_or_else(|| " and do not expire".to_owned(), |day| format!(" until {day}"));
                if from.is_empty() && self.parts.first()?.expires_on.is_none() {
                    "They do not expire.".to_owned()
                } else {
                    format!("They are good{from}{until}.")
                }
            }
        })
    }

    /// Which lots it is of.
    fn lots(&self, locale: Locale) -> Option<String> {
        let told: Vec<_> = self.parts.iter().take(MOST_TOLD).map(|part| part.tell(locale)).collect();
        let rest = self.parts.len() - told.len();
        if told.is_empty()
            || matches!((self.kind, self.to), (_, Account::Issued) | (EntryKind::Reverse, Account::Transferred))
        {
            return None;
        }
        Some(match (locale, rest) {
            (Locale::ZhCn, 0) => format!("来源：{}。", told.join("、")),
            (Locale::ZhCn, _) => format!("来源：{}，另有 {rest} 笔。", told.join("、")),
            (Locale::En, 0) => format!("These were: {}.", told.join(", ")),
            (Locale::En, _) => format!("These were: {}, and {rest} more.", told.join(", ")),
        })
    }
}

impl Part {
    fn tell(&self, locale: Locale) -> String {
        let (amount, source, earned) = (self.amount, source_name(self.source, locale), spell_day(self.earned_on));
        let until = self.expires_on.map(spell_day);
        match locale {
            Locale::ZhCn => {
                let until = until.map_or_else(|| "长期有效".to_owned(), |day| format!("有效期至 {day}"));
                format!("{source} {amount}（{earned} 获得，{until}）")
            }
            Locale::En => {
                let until = until.map_or_else(|| "without end".to_owned(), |day| format!("good until {day}"));
                format!("{amount} from {source} (earned {earned}, {until})")
            }
        }
    }
}

impl Step {
    fn tell(&self, locale: Locale) -> String {
        let Self { kind, points, .. } = *self;
        let (count, percent) = (self.count.unwrap_or_default(), self.percent.unwrap_or_default());
        let tier = tier_name(self.tier, locale);
        match locale {
            Locale::ZhCn => match kind {
                StepKind::Base => format!("基础 {points}"),
                StepKind::Quantity => format!("数量 {count} 计 {points:+}"),
                StepKind::Streak => format!("连续 {count} 天 {points:+}"),
                StepKind::Tier => format!("{tier} {percent}% {points:+}"),
                StepKind::Growth => format!("成长等级 {percent}% {points:+}"),
                StepKind::Creator => format!("创作者等级 {percent}% {points:+}"),
                StepKind::Together => format!("综合倍数 {points:+}"),
                StepKind::Cap => format!("超出上限 {points:+}"),
            },
            Locale::En => match kind {
                StepKind::Base => format!("{points} to begin with"),
                StepKind::Quantity => format!("{points:+} for a quantity of {count}"),
                StepKind::Streak => format!("{points:+} for a streak of {count} days"),
                StepKind::Tier => format!("{points:+} as {tier} ({percent}%)"),
                StepKind::Growth => format!("{points:+} by your growth level ({percent}%)"),
                StepKind::Creator => format!("{points:+} by your creator level ({percent}%)"),
                StepKind::Together => format!("{points:+} by multipliers"),
                StepKind::Cap => format!("{points:+} above the limit"),
            },
        }
    }
}

fn source_name(source: Source, locale: Locale) -> &'static str {
    let (chinese, english) = match source {
        Source::Campaign => ("活动", "a campaign"),
        Source::CheckIn => ("签到", "checking in"),
        Source::Content => ("内容", "content"),
        Source::Invite => ("邀请", "inviting"),
        Source::Manual => ("人工", "our team"),
        Source::Purchase => ("购物", "shopping"),
    };
    if locale == Locale::ZhCn { chinese } else { english }
}

fn tier_name(tier: Option<Tier>, locale: Locale) -> &'static str {
    let (chinese, english) = match tier {
        Some(Tier::Admin) => ("群管理员", "an admin"),
        Some(Tier::Core) => ("核心成员", "a core member"),
        Some(Tier::Ordinary) | None => ("普通成员", "a member"),
    };
    if locale == Locale::ZhCn { chinese } else { english }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::super::model::Undone;
    use super::*;

    fn part(amount: i64) -> Part {
        let earned_on = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap_or_default();
        Part { amount, source: Source::CheckIn, earned_on, expires_on: NaiveDate::from_ymd_opt(2027, 11, 30) }
    }

    fn explained(kind: EntryKind, to: Account, parts: Vec<Part>) -> Explained {
        let reason = Some("Tea".to_owned());
        Explained {
            kind,
            amount: 60,
            from: Account::Available,
            to,
            reason,
            good_from: None,
            parts,
            steps: Vec::new(),
            undone: None,
        }
    }

    #[test]
    fn an_award_tells_its_steps_and_its_dates() {
        let step = |kind, points| Step { kind, points, count: Some(7), percent: None, tier: None };
        let mut award = explained(EntryKind::Award, Account::Available, vec![part(60)]);
        award.steps = vec![step(StepKind::Base, 10), step(StepKind::Streak, 50)];
        assert_eq!(
            award.tell(Locale::En),
            "You were given 60 points for “Tea”. Counted as 10 to begin with, +50 for a streak of 7 days: 60 points. \
             They are good until 2027-11-30."
        );
        assert_eq!(
            award.tell(Locale::ZhCn),
            "您因“Tea”获得 60 积分。计算方式：基础 10，连续 7 天 +50，共 60 积分。有效期至 2027-11-30。"
        );
    }

    #[test]
    fn a_transfer_tells_either_side_its_own() {
        let lots = || vec![part(60)];
        let sent = explained(EntryKind::TransferOut, Account::Transferred, lots());
        assert_eq!(
            sent.tell(Locale::En),
            "You gave 60 points to another member: “Tea”. These were: 60 from checking in (earned 2026-11-03, good until \
             2027-11-30)."
        );
        let got = explained(EntryKind::TransferIn, Account::Available, lots());
        assert_eq!(got.tell(Locale::En), "Another member gave you 60 points: “Tea”. They are good until 2027-11-30.");
        assert_eq!(got.tell(Locale::ZhCn), "另一位成员因“Tea”转赠您 60 积分。有效期至 2027-11-30。");
        let undone = Some(Undone { posted_on: part(1).earned_on, reason: Some("Tea".to_owned()) });
        let back = Explained { undone: undone.clone(), ..explained(EntryKind::Reverse, Account::Transferred, lots()) };
        assert_eq!(
            back.tell(Locale::En),
            "60 points that another member gave you on 2026-11-03 for “Tea” were taken back: Tea."
        );
        let kept = explained(EntryKind::Reverse, Account::Available, Vec::new());
        let kept = Explained { undone, from: Account::Transferred, ..kept };
        assert_eq!(kept.tell(Locale::ZhCn), "2026-11-03因“Tea”转赠的 60 积分已退回：Tea。");
    }

    #[test]
    fn what_was_spent_tells_where_it_came_from_and_not_every_one_of_many() {
        let held = explained(EntryKind::Hold, Account::Held, vec![part(10); 6]);
        assert!(
            held.tell(Locale::ZhCn)
                .starts_with("为“Tea”预留 60 积分。来源：签到 10（2026-11-03 获得，有效期至 2027-11-30）、")
        );
        assert!(held.tell(Locale::ZhCn).ends_with("，另有 1 笔。"));
        assert!(held.tell(Locale::En).ends_with(", and 1 more."));
    }
}
