//! A part of a tenant: what an authority can be confined to, and how each table says what is in it.
//!
//! [`super::TenantTx::owns`] adds the condition to every statement on a tenant's table, beside the tenant
//! itself, so that no store can forget it. Tables say in `scope.rs` to what their rows belong.

use std::sync::Arc;

use sea_orm::sea_query::{Alias, DynIden, Expr, ExprTrait as _, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use super::TenantTx;
use super::any::is_any;

/// The table that says who is in which group, by these columns.
const PLACES: &str = "community_memberships";
const GROUP: &str = "community_id";
const PERSON: &str = "member_id";

/// What of a tenant somebody may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Partition {
    /// All of it.
    #[default]
    Whole,
    /// These groups, the people who are in them now, and what hangs on those.
    Groups(Arc<[Uuid]>),
    /// One person and the groups they are in now; where groups are named, only those, and the person only while
    /// in one of them.
    Person(Uuid, Option<Arc<[Uuid]>>),
}

/// To what the rows of a table belong; the column holds its id.
#[derive(Clone, Copy, Debug)]
pub enum Belonging {
    /// To the tenant as a whole: permissions alone say who reaches them.
    Tenant,
    /// To a group.
    Group(&'static str),
    /// To a person.
    Person(&'static str),
    /// To both: the table that says who is in which group.
    Place,
}

/// The condition that a row is in the transaction's part of the tenant; None where every row is.
pub(super) fn condition(tx: &TenantTx, table: &DynIden, belonging: Belonging) -> Option<SimpleExpr> {
    let column = |name: &'static str| Expr::col((table.clone(), Alias::new(name)));
    let any = |column, groups: &Arc<[Uuid]>| is_any(tx, column, groups.iter().copied());
    match (tx.partition(), belonging) {
        (Partition::Whole, _) | (_, Belonging::Tenant) => None,
        (Partition::Groups(groups), Belonging::Group(id)) => Some(any(column(id), groups)),
        (Partition::Groups(groups), Belonging::Place) => Some(any(column(GROUP), groups)),
        (Partition::Groups(_), Belonging::Person(id)) => Some(column(id).in_subquery(places(tx, PERSON))),
        (Partition::Person(..), Belonging::Group(id)) => Some(column(id).in_subquery(places(tx, GROUP))),
        (Partition::Person(person, groups), Belonging::Place) => {
            let own = column(PERSON).eq(*person);
            Some(match groups {
                Some(groups) => own.and(any(column(GROUP), groups)),
                None => own,
            })
        }
        (Partition::Person(person, groups), Belonging::Person(id)) => {
            let own = column(id).eq(*person);
            Some(match groups {
                Some(_) => own.and(column(id).in_subquery(places(tx, PERSON))),
                None => own,
            })
        }
    }
}

/// One column of who is in which group now, within the transaction's part.
fn places(tx: &TenantTx, wanted: &'static str) -> SelectStatement {
    let inside = |name: &'static str| Expr::col((Alias::new("inside"), Alias::new(name)));
    let mut select = Query::select()
        .expr(inside(wanted))
        .from_as(Alias::new(PLACES), "inside")
        .and_where(inside("tenant_id").eq(tx.tenant().uuid()))
        .and_where(inside("left_at").is_null())
        .to_owned();
    if let Partition::Person(person, _) = tx.partition() {
        select.and_where(inside(PERSON).eq(*person));
    }
    if let Partition::Groups(groups) | Partition::Person(_, Some(groups)) = tx.partition() {
        select.and_where(is_any(tx, inside(GROUP), groups.iter().copied()));
    }
    select
}
