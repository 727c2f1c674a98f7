//! Use cases: looking at what was handed in, and at what became of it.

use std::collections::HashMap;

use chrono::{NaiveDate, TimeDelta};

use super::model::Record;
use super::model_submission::{Filter, SubmissionState, is_range};
use super::row::{ReviewRow, RevisionRow, SubmissionRow};
use super::service::Creators;
use super::store_counts::Standing;
use super::{store, store_counts, store_reviews};
use crate::actor::{Actor, Scope};
use crate::domains::points::start_of_next;
use crate::error::{ApiError, ErrorCode};
use crate::platform::db::TenantTx;
use crate::platform::db::keyset::{KeysetPage, Slice};
use crate::platform::ids::{MemberId, SubmissionId};

/// What became of the submissions of some days.
#[derive(Clone, Debug)]
pub struct Stats {
    states: Vec<Standing>,
    /// How many members handed something in.
    pub creators: i64,
}

impl Stats {
    /// How many stand in this state.
    #[must_use]
    pub fn count(&self, state: SubmissionState) -> i64 {
        self.states.iter().filter(|standing| standing.state == state).map(|standing| standing.count).sum()
    }

    /// All of them.
    #[must_use]
    pub fn submitted(&self) -> i64 {
        self.states.iter().map(|standing| standing.count).sum()
    }

    /// What was paid for those that are approved.
    #[must_use]
    pub fn points(&self) -> i64 {
        self.states.iter().map(|standing| standing.points).sum()
    }

    /// The average score of those that are approved; None without any.
    #[must_use]
    pub fn average_score(&self) -> Option<f64> {
        let scores = self.states.iter().map(|standing| standing.scores).sum();
        Record { approved: self.count(SubmissionState::Approved), scores }.average()
    }
}

impl Creators {
    /// A page of submissions, newest first.
    pub async fn list(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        filter: &Filter,
        page: &KeysetPage,
    ) -> Result<Slice<SubmissionRow>, ApiError> {
        actor.require(Scope::CreatorsRead)?;
        Ok(store::list(tx, (filter, actor.communities()), page).await?)
    }

    /// How many submissions the filter lets through.
    pub async fn count(&self, actor: &Actor, tx: &TenantTx, filter: &Filter) -> Result<i64, ApiError> {
        actor.require(Scope::CreatorsRead)?;
        Ok(store::count(tx, (filter, actor.communities())).await?)
    }

    /// Submissions by id; unknown ones are left out.
    pub async fn list_by_id(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        ids: &[SubmissionId],
    ) -> Result<Vec<SubmissionRow>, ApiError> {
        actor.require(Scope::CreatorsRead)?;
        Ok(store::list_by_id(tx, actor.communities(), ids).await?)
    }

    /// The submission that the actor has just handed in or decided on, whatever they may read.
    pub async fn find_handled(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        id: SubmissionId,
    ) -> Result<Option<SubmissionRow>, ApiError> {
        if !actor.may(Scope::SubmissionsReview) {
            actor.require_in(Scope::SubmissionsWrite, tx.scope())?;
        }
        Ok(store::list_by_id(tx, actor.communities(), &[id]).await?.pop())
    }

    /// For each of these members a page of submissions, newest first, and one more.
    pub async fn submissions_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
        page: &KeysetPage,
    ) -> Result<HashMap<MemberId, Vec<SubmissionRow>>, ApiError> {
        actor.require_in(Scope::CreatorsRead, tx.scope())?;
        Ok(store::list_of_members(tx, (members, actor.communities()), page).await?)
    }

    /// How many submissions these members have.
    pub async fn counts_of(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        members: &[MemberId],
    ) -> Result<HashMap<MemberId, i64>, ApiError> {
        actor.require_in(Scope::CreatorsRead, tx.scope())?;
        Ok(store::count_of_members(tx, (members, actor.communities())).await?)
    }

    /// What these submissions say now. Whoever got the submissions may see it.
    pub async fn contents_of(&self, tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<RevisionRow>, ApiError> {
        Ok(store::list_latest(tx, ids).await?)
    }

    /// What these submissions ever said, the newest first. Whoever got the submissions may see it.
    pub async fn revisions_of(&self, tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<RevisionRow>, ApiError> {
        Ok(store::list_revisions(tx, ids).await?)
    }

    /// The last decisions on these submissions, the newest first. Whoever got the submissions may see them.
    pub async fn reviews_of(&self, tx: &TenantTx, ids: &[SubmissionId]) -> Result<Vec<ReviewRow>, ApiError> {
        Ok(store_reviews::list(tx, ids).await?)
    }

    /// What became of what was handed in from one day to another, both included.
    pub async fn stats(
        &self,
        actor: &Actor,
        tx: &TenantTx,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<Stats, ApiError> {
        actor.require(Scope::CreatorsRead)?;
        if !is_range(from, to) {
            let message = "Expected a day from `from` on, and at most 366 days in all.";
            return Err(ApiError::argument(ErrorCode::InputInvalid, "to", message));
        }
        let zone = self.tenants.get_in(tx).await?.timezone;
        let time = (start_of_next(from - TimeDelta::days(1), zone), start_of_next(to, zone));
        let reach = actor.communities();
        let states = store_counts::sum_by_state(tx, reach, time).await?;
        Ok(Stats { states, creators: store_counts::count_members(tx, reach, time).await? })
    }
}
