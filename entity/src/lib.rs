//! One SeaORM entity a table: columns and relations, no logic and no GraphQL.
//!
//! Primary, unique and foreign keys lead with `tenant_id` (`users` and what belongs to them, `mails`,
//! `outbox` and the cursors say why they differ). Enumerations are text: parsing them belongs to the slices.
//! Names and rules of constraints are in the migrations.

pub mod invitations;
pub mod partner_key_communities;
pub mod partner_keys;
pub mod recovery_codes;
pub mod second_factors;
pub mod sessions;
pub mod tenant_memberships;
pub mod tenants;
pub mod users;

pub mod communities;

pub mod member_identities;
pub mod member_profile_values;
pub mod member_tags;
pub mod members;

pub mod community_memberships;

pub mod check_in_card_moves;
pub mod check_in_members;
pub mod check_ins;

pub mod points_accounts;
pub mod points_approvals;
pub mod points_entries;
pub mod points_holds;
pub mod points_lot_moves;
pub mod points_lots;
pub mod points_seals;

pub mod earning_events;
pub mod earning_members;
pub mod earning_payments;
pub mod earning_rule_versions;
pub mod earning_rules;

pub mod creator_programmes;
pub mod submission_reviews;
pub mod submission_revisions;
pub mod submissions;

pub mod growth_cursors;
pub mod growth_moves;
pub mod growth_paths;
pub mod growth_positions;

pub mod leaderboard_cursors;
pub mod leaderboard_scores;
pub mod leaderboard_zones;
pub mod redemption_sources;
pub mod redemptions;
pub mod reward_communities;
pub mod reward_stock_moves;
pub mod reward_vouchers;
pub mod rewards;

pub mod document_registries;
pub mod trusted_documents;

pub mod audit_checkpoints;
pub mod audit_cursors;
pub mod audit_events;
pub mod audit_heads;
pub mod audit_links;
pub mod idempotency_records;
pub mod import_jobs;
pub mod mails;
pub mod outbox;
pub mod outbox_cursors;
