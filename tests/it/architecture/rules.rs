//! What files may name, and what breaks that.
//!
//! Paths are those of the crate without the leading `crate::`. A path that is allowed allows what is below it.

use super::slices::{SLICES, SUB_SLICES, TABLES};
use super::source::{Mention, Source};

/// What files of these names, or of names that go on from them, do in a slice; which roles they may name (in
/// slices that they may name at all), and what else of the crate.
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) files: &'static [&'static str],
    pub(super) roles: &'static [&'static str],
    pub(super) elsewhere: &'static [&'static str],
}

pub(super) const ROLES: &[Role] = &[
    // Decisions: what they say is the same whatever the time and the storage.
    Role {
        name: "model",
        files: &["model", "profile", "report", "letters"],
        roles: &["model"],
        elsewhere: &[
            "actor::role",
            "actor::Scope",
            "actor::UserActor",
            "error::UserError",
            "error::UserErrorCode",
            "platform::ids",
            "platform::locale",
            "platform::named",
            "platform::origin::parse_network",
            "platform::phone",
            "platform::text",
        ],
    },
    Role {
        name: "secrets",
        files: &["keys", "passwords", "personal", "tokens", "totp"],
        roles: &["model", "secrets", "error"],
        elsewhere: &["actor", "error", "platform"],
    },
    // Reads files that come from outside, and writes those that answer them.
    Role {
        name: "reader",
        files: &["reader", "record", "source", "problem", "refused"],
        roles: &["model", "reader", "error"],
        elsewhere: &["error", "platform::ids", "platform::text"],
    },
    // What was read, with the columns that were selected: a store makes it, use cases hand it on as it is.
    Role {
        name: "row",
        files: &["row"],
        roles: &["model", "row"],
        elsewhere: &[
            "actor::role",
            "actor::Scope",
            "platform::db",
            "platform::ids",
            "platform::locale",
            "platform::origin::parse_network",
        ],
    },
    Role { name: "error", files: &["error"], roles: &["model", "error"], elsewhere: &["error", "platform"] },
    Role {
        name: "store",
        files: &["store"],
        roles: &["model", "secrets", "row", "store"],
        elsewhere: &["actor::role", "error", "platform::db", "platform::ids", "platform::locale", "platform::text"],
    },
    Role {
        name: "events",
        files: &["consumer", "events", "jobs"],
        roles: &["model", "store", "events"],
        elsewhere: &["error", "platform"],
    },
    // Use cases.
    Role {
        name: "service",
        files: &["service", "attempts", "file"],
        roles: &["model", "secrets", "reader", "error", "row", "store", "events", "service"],
        elsewhere: &["actor", "error", "platform"],
    },
    Role {
        name: "graphql",
        files: &["graphql"],
        roles: &["model", "error", "row", "service", "graphql"],
        elsewhere: &["actor", "error", "graph", "graphql", "platform"],
    },
];

/// What the parts outside the slices may name: the longest matching place counts.
pub(super) const PLACES: &[(&str, &[&str])] = &[
    ("platform/", &["platform"]),
    ("platform/db/", &["error", "platform"]),
    // An event says who acted, and how it ended.
    ("platform/audit/", &["actor", "error", "platform"]),
    // What a slice cannot write is told to the worker.
    ("platform/mail/", &["error", "platform"]),
    // A record belongs to an actor, and a refusal is remembered.
    ("platform/idempotency", &["actor", "error", "platform"]),
    ("error/", &["actor::Scope", "error"]),
    ("error.rs", &["actor::Scope", "error", "graphql::cost::shown", "platform::text"]),
    ("actor.rs", &["actor", "error", "platform::db", "platform::ids"]),
    ("actor/", &["actor"]),
    ("config.rs", &["config", "platform"]),
    ("config/", &["config", "platform"]),
    ("telemetry.rs", &["config"]),
    ("graphql/", &["actor", "error", "graphql", "platform"]),
    ("graph/", &["domains", "error", "graph", "graphql", "platform::ids"]),
    ("schema.rs", &["app", "domains", "graph", "graphql::cost", "graphql::document", "schema"]),
    ("app.rs", &["app", "config", "domains", "error", "platform"]),
    ("http/", &["actor", "app", "config", "error", "graphql", "http", "platform", "schema"]),
    // What may run is asked of the slice that knows.
    ("http/trusted.rs", &["actor", "domains::documents", "error", "graphql", "http", "platform"]),
    ("demo/", &["actor", "app", "demo", "domains", "error", "platform"]),
    ("cli/", &["actor", "app", "cli", "config", "demo", "domains", "error", "http", "platform", "schema", "telemetry"]),
    ("lib.rs", &[]),
    ("main.rs", &[]),
];

/// Libraries that belong somewhere: the only files (by role, or by place) that may name them.
pub(super) const LIBRARIES: &[(&str, &[&str])] = &[
    ("actix_web", &["http/"]),
    ("argon2", &["secrets"]),
    // Besides GraphQL's own files: enumerations and errors are what clients see, wherever they are declared.
    (
        "async_graphql",
        &["graphql", "graphql/", "graph/", "schema.rs", "http/", "actor/", "error.rs", "platform/named.rs"],
    ),
    ("async_graphql_value", &["graphql/"]),
    ("aws_lc_rs", &["platform/crypto.rs", "secrets"]),
    ("clap", &["cli/"]),
    ("crc32fast", &["secrets"]),
    ("csv", &["reader"]),
    ("encoding_rs", &["reader"]),
    ("getrandom", &["platform/random.rs"]),
    ("jsonwebtoken", &["secrets"]),
    ("lettre", &["platform/mail/"]),
    ("phonenumber", &["platform/phone.rs"]),
    ("prometheus_client", &["http/metrics.rs"]),
    ("redis", &["platform/kv/"]),
    ("rpassword", &["cli/"]),
    (
        "sea_orm",
        &[
            "row",
            "store",
            "events",
            "platform/db/",
            "platform/audit/",
            "platform/mail/",
            "platform/outbox",
            "platform/idempotency",
            "platform/retention.rs",
            "cli/",
        ],
    ),
    ("sea_query_sqlx", &["platform/db/"]),
    (
        "shequn_entity",
        &[
            "row",
            "store",
            "events",
            "platform/db/",
            "platform/audit/",
            "platform/mail/",
            "platform/outbox",
            "platform/idempotency",
        ],
    ),
    ("shequn_migration", &["cli/migrate.rs"]),
    ("sqlx", &["platform/db/"]),
    ("toml", &["config/"]),
    ("tracing_subscriber", &["telemetry.rs", "cli/mod.rs"]),
    ("unicode_normalization", &["platform/text.rs"]),
];

/// The libraries that decisions may use: types and their arithmetic.
pub(super) const PURE_LIBRARIES: &[&str] =
    &["chrono", "chrono_tz", "ipnet", "serde", "serde_json", "thiserror", "uuid"];

/// Calls that hand out authority, and the only files that may make them.
pub(super) const AUTHORITY: &[(&str, &[&str])] = &[
    ("system_snapshot", &["platform/outbox", "platform/db/"]),
    // Across all tenants: the dispatcher, the sealer, the mail's worker, the command line, a change of password and
    // second factors write; sign-in looks up, and so does whoever asks whether the database answers. People's accounts are in all
    // tenants: joining one may make an account, and mail about one belongs to none.
    (
        "system",
        &[
            "domains/auth/service_password.rs",
            "domains/auth/staff/",
            "domains/auth/factors/",
            "domains/points/proof/",
            "platform/outbox",
            "platform/retention.rs",
            "platform/audit/seal.rs",
            "platform/mail/",
            "platform/db/",
            "cli/",
            "demo/",
        ],
    ),
    (
        "system_reader",
        &[
            "domains/auth/service.rs",
            "domains/auth/factors/",
            "domains/auth/staff/",
            "domains/points/",
            "platform/mail/",
            "platform/db/",
            "cli/",
            "demo/",
            "http/health.rs",
        ],
    ),
    // For one tenant: from an actor, or for nobody's tenant when the server looks at its role.
    ("TenantScope::new", &["actor.rs", "platform/db/check.rs"]),
];

/// Where a role, or a file, names more than its rule says: what, and why that is right. One that nothing needs
/// is an error.
pub(super) const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Whether an exception covers the mention.
pub(super) fn is_excused(source: &Source, mention: &Mention) -> bool {
    EXCEPTIONS.iter().any(|exception| covers(exception, source, mention))
}

/// Whether this exception does.
pub(super) fn covers((place, path, _): &(&str, &str, &str), source: &Source, mention: &Mention) -> bool {
    stands_in(source, &[place]) && is_below(&mention.declared, path)
}

/// A rule: its name, what it finds wrong with a mention, and snippets that it must find wrong.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) breaks: fn(&Source, &Mention) -> bool,
    pub(super) caught: &'static [(&'static str, &'static str)],
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "a part outside the slices names only what it stands on",
        breaks: |source, mention| {
            let Some(path) = mention.declared.strip_prefix("crate::") else { return false };
            let place = PLACES.iter().filter(|(place, _)| source.file.starts_with(place)).max_by_key(|(p, _)| p.len());
            place.is_some_and(|(_, allowed)| !allowed.iter().any(|part| is_below(path, part)))
        },
        caught: &[
            ("platform/outbox.rs", "use crate::domains::communities::MemberCounts;"),
            ("platform/kv.rs", "fn key(actor: &crate::actor::Actor) {}"),
            ("http/endpoint.rs", "use crate::{app::App, graph::member::Member};"),
            ("graphql/batch.rs", "type Row = crate::domains::members::MemberRow;"),
            ("cli/tenant.rs", "crate::graphql::ids::parse_id(a, b)"),
        ],
    },
    Rule {
        name: "a file of a slice names only the roles it stands on",
        breaks: |source, mention| {
            let (Some(role), Some(named)) = (role_of(&source.file), role_of_path(&mention.declared)) else {
                return false;
            };
            !role.roles.contains(&named.name)
        },
        caught: &[
            ("domains/auth/store.rs", "use super::service::Auth;"),
            ("domains/members/graphql/object.rs", "use super::super::store_details as details;"),
            ("domains/members/row.rs", "use super::store::lock;"),
            ("domains/auth/model.rs", "mod tests { use super::super::store; }"),
            ("domains/communities/graphql/query.rs", "use super::super::{Communities, store};"),
            ("domains/communities/service.rs", "use super::graphql;\nfn f() { graphql::columns(s) }"),
            ("domains/communities/report.rs", "use super::*;\nfn f(c: &super::Communities) {}"),
            ("domains/members/membership/model.rs", "use crate::domains::communities::CommunityRow;"),
        ],
    },
    Rule {
        name: "a file of a slice names only the parts of the crate it stands on",
        breaks: |source, mention| {
            let (Some(role), Some(path)) = (role_of(&source.file), mention.declared.strip_prefix("crate::")) else {
                return false;
            };
            !is_below(path, "domains") && !role.elsewhere.iter().any(|part| is_below(path, part))
        },
        caught: &[
            ("domains/auth/model.rs", "use crate::platform::{clock::Clock, ids::UserId};"),
            ("domains/auth/model.rs", "fn f(tx: &crate::platform::db::TenantTx) {}"),
            ("domains/members/store.rs", "use crate::graphql::batch::Page;"),
            ("domains/members/service.rs", "use crate::graph::member as composed;"),
            ("domains/members/store.rs", "use crate::platform::outbox::Outbox;"),
        ],
    },
    Rule {
        name: "a slice names only slices above it",
        breaks: |source, mention| {
            let (Some(own), Some(other)) = (slice_of(&source.file, '/'), slice_of_path(&mention.reached)) else {
                return false;
            };
            own != other && !stands_on(own, other)
        },
        caught: &[
            ("domains/tenants/service.rs", "use crate::domains::auth::Auth;"),
            ("domains/communities/graphql/object.rs", "use crate::domains::members::MemberRef;"),
            ("domains/communities/store.rs", "use crate::domains::{auth::Viewer, tenants::Tenant};"),
        ],
    },
    Rule {
        name: "a slice is reached through its public face",
        breaks: |source, mention| {
            let Some(other) = slice_of_path(&mention.reached) else { return false };
            if slice_of(&source.file, '/') == Some(other) || source.file == "domains/mod.rs" {
                return false;
            }
            let mut inside = mention.reached.split("::").skip(3).skip_while(|part| SUB_SLICES.contains(part));
            let file = inside.next().and_then(role_of_word);
            file.is_some_and(|role| role.name != "graphql" || !is_graphql(&source.file))
        },
        caught: &[
            ("app.rs", "use crate::domains::auth::service::Auth;"),
            ("domains/members/service.rs", "use crate::domains::communities;\nfn f() { communities::store::lock(t) }"),
            ("domains/members/service.rs", "use crate::domains::communities::graphql::columns;"),
            ("graph/member.rs", "use crate::domains::members::membership::model::Tier;"),
        ],
    },
    Rule {
        name: "a library is named only where it belongs",
        breaks: |source, mention| {
            let library = mention.declared.split("::").next().unwrap_or_default();
            let known = LIBRARIES.iter().find(|(name, _)| *name == library);
            let is_columns = library == "shequn_entity" && mention.declared.contains("::Column");
            known.is_some_and(|(_, places)| !stands_in(source, places))
                // Which columns a list reads is decided by the selection and handed down.
                && !(is_columns && ["service", "graphql"].iter().any(|role| stands_in(source, &[role])))
        },
        caught: &[
            ("domains/auth/service.rs", "use sea_orm::EntityTrait;"),
            ("domains/auth/service.rs", "async fn f() -> Result<(), async_graphql::Error> {}"),
            ("domains/members/service.rs", "use shequn_entity::members::{Column, Entity};"),
            ("platform/outbox.rs", "sqlx::query(a)"),
            ("graphql/context.rs", "actix_web::web::Data::new(1)"),
        ],
    },
    Rule {
        name: "decisions use types and arithmetic only",
        breaks: |source, mention| {
            let library = mention.declared.split("::").next().unwrap_or_default();
            let is_decision = role_of(&source.file).is_some_and(|role| role.name == "model");
            is_decision && library != "crate" && !PURE_LIBRARIES.contains(&library)
        },
        caught: &[
            ("domains/auth/model.rs", "tokio::time::sleep(a)"),
            ("domains/communities/report.rs", "use tracing as log;"),
        ],
    },
    Rule {
        name: "a table belongs to one slice",
        breaks: |source, mention| {
            let Some(table) = mention.declared.strip_prefix("shequn_entity::") else { return false };
            let owner = TABLES.iter().find(|(name, _)| is_below(table, name)).map(|(_, owner)| *owner);
            let own = slice_of(&source.file, '/').or_else(|| source.file.split('/').next());
            // Another slice's parts say which of the owner's columns they need.
            owner != own && !(table.contains("::Column") && is_graphql(&source.file))
        },
        caught: &[
            ("domains/communities/store.rs", "use shequn_entity::{communities, community_memberships};"),
            ("platform/outbox.rs", "shequn_entity::tenants::Entity::default()"),
        ],
    },
    Rule {
        name: "authority over a tenant is made in one place",
        breaks: |source, mention| {
            AUTHORITY.iter().any(|(call, files)| {
                mention.declared.ends_with(call) && call.contains("::") && !stands_in(source, files)
            })
        },
        caught: &[("domains/auth/service.rs", "use crate::platform::db::TenantScope;\nfn f() { TenantScope::new(t) }")],
    },
];

/// The calls of `source` that hand out an authority it may not have.
pub(super) fn misplaced_calls(source: &Source) -> Vec<(usize, String)> {
    let is_misplaced = |name: &str| AUTHORITY.iter().any(|(call, files)| *call == name && !stands_in(source, files));
    source.calls.iter().filter(|(_, name)| is_misplaced(name)).cloned().collect()
}

/// The role of a file of a slice; its table of contents has none and may name everything.
pub(super) fn role_of(file: &str) -> Option<&'static Role> {
    let inside = file.strip_prefix("domains/")?.trim_end_matches(".rs");
    inside.split('/').skip(1).find_map(role_of_word)
}

fn role_of_path(path: &str) -> Option<&'static Role> {
    path.strip_prefix("crate::domains::")?.split("::").skip(1).find_map(role_of_word)
}

/// By the word itself, or one that goes on from it: `store_details` is a store.
fn role_of_word(word: &str) -> Option<&'static Role> {
    let goes_on = |rest: &str| rest.is_empty() || rest.starts_with('_');
    let is_of = |file: &str| word.strip_prefix(file).is_some_and(goes_on);
    ROLES.iter().find(|role| role.files.iter().any(|file| is_of(file)))
}

fn slice_of(path: &str, separator: char) -> Option<&str> {
    let (first, rest) = path.split_once(separator)?;
    (first == "domains").then(|| rest.split(separator).next().unwrap_or_default()).filter(|slice| *slice != "mod.rs")
}

fn slice_of_path(path: &str) -> Option<&str> {
    path.strip_prefix("crate::domains::").and_then(|rest| rest.split("::").next())
}

fn stands_on(slice: &str, other: &str) -> bool {
    let direct = SLICES.iter().find(|(name, _)| *name == slice).map_or(&[][..], |(_, direct)| direct);
    direct.iter().any(|below| *below == other || stands_on(below, other))
}

fn is_graphql(file: &str) -> bool {
    file == "schema.rs" || file.starts_with("graph/") || role_of(file).is_some_and(|role| role.name == "graphql")
}

/// Whether the file has one of these roles or is in one of these places.
fn stands_in(source: &Source, places: &[&str]) -> bool {
    let role = role_of(&source.file).map(|role| role.name);
    places
        .iter()
        .any(|place| if place.contains(['/', '.']) { source.file.starts_with(place) } else { role == Some(place) })
}

fn is_below(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
