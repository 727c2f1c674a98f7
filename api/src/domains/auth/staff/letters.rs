//! What the letters say, in Chinese and in English. Plain text, one link, no picture and nothing to track.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::actor::Role;
use crate::platform::locale::Locale;

/// The subject and the text of a letter.
pub(super) struct Text {
    pub(super) subject: String,
    pub(super) text: String,
}

/// The facts of an invitation.
pub(super) struct Invited<'a> {
    pub(super) name: &'a str,
    pub(super) inviter: &'a str,
    pub(super) tenant: &'a str,
    pub(super) slug: &'a str,
    pub(super) role: Role,
    pub(super) link: &'a str,
    pub(super) expires_at: DateTime<Utc>,
    /// In which the end is told.
    pub(super) timezone: Tz,
}

pub(super) fn invitation(locale: Locale, facts: &Invited<'_>) -> Text {
    let Invited { name, inviter, tenant, slug, link, .. } = facts;
    let until = facts.expires_at.with_timezone(&facts.timezone).format("%Y-%m-%d %H:%M");
    let zone = facts.timezone.name();
    let role = role_name(locale, facts.role);
    match locale {
        Locale::ZhCn => Text {
            subject: format!("{tenant}邀请你加入社群管理"),
            text: format!(
                "{name}，你好：\n\n{inviter}邀请你以“{role}”的身份加入“{tenant}”（登录名：{slug}）的社群管理。\n\n\
                 请在 {until}（{zone}）之前打开下面的链接接受邀请：\n\n{link}\n\n\
                 链接只能使用一次，请不要转发。如果你不认识对方，不用理会这封邮件。\n\n社群 Shequn\n"
            ),
        },
        Locale::En => Text {
            subject: format!("{tenant} invites you to manage its communities"),
            text: format!(
                "Hello {name},\n\n{inviter} invites you to work for {tenant} (sign-in name: {slug}) as {role}.\n\n\
                 To accept, open this link before {until} ({zone}):\n\n{link}\n\n\
                 It works once; please do not pass it on. If you do not know these people, ignore this letter.\n\n\
                 Shequn 社群\n"
            ),
        },
    }
}

/// The letter to somebody who forgot their password, or whom somebody else said so of.
pub(super) fn password_reset(locale: Locale, minutes: i64, link: &str) -> Text {
    match locale {
        Locale::ZhCn => Text {
            subject: "重设你的密码".to_owned(),
            text: format!(
                "你好：\n\n有人（希望是你）请求重设这个邮箱在社群 Shequn 的登录密码。\n\n\
                 请在 {minutes} 分钟内打开下面的链接设置新密码：\n\n{link}\n\n\
                 链接只能使用一次。设置后，所有已登录的设备都要重新登录。\n\
                 如果不是你本人的请求，不用理会这封邮件，密码不会改变。\n\n社群 Shequn\n"
            ),
        },
        Locale::En => Text {
            subject: "Set a new password".to_owned(),
            text: format!(
                "Hello,\n\nSomebody, hopefully you, asked for a new password for this address at Shequn.\n\n\
                 To set it, open this link within {minutes} minutes:\n\n{link}\n\n\
                 It works once. Every device that is signed in has to sign in again afterwards.\n\
                 If it was not you, ignore this letter: the password stays as it is.\n\nShequn 社群\n"
            ),
        },
    }
}

fn role_name(locale: Locale, role: Role) -> &'static str {
    let (chinese, english) = match role {
        Role::Owner => ("所有者", "owner"),
        Role::Admin => ("管理员", "administrator"),
        Role::Operator => ("运营", "operator"),
        Role::Moderator => ("版主", "moderator"),
        Role::Finance => ("财务", "finance"),
        Role::Analyst => ("分析员", "analyst"),
    };
    match locale {
        Locale::ZhCn => chinese,
        Locale::En => english,
    }
}
