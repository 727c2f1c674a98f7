//! `column = ANY (…)`: one statement text for lists of every length.

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{ArrayType, Expr, ExprTrait as _, SimpleExpr, Value};
use uuid::Uuid;

use super::ScopedTx;

/// The condition that `column` is one of `ids`.
///
/// On PostgreSQL the list is one array parameter, so that one prepared statement serves all lengths;
/// SQLite, which has no arrays and prepares in microseconds, gets `IN`.
pub fn is_any<S>(tx: &ScopedTx<S>, column: SimpleExpr, ids: impl IntoIterator<Item = Uuid>) -> SimpleExpr {
    if tx.is_postgres() { column.eq(PgFunc::any(uuid_array(ids))) } else { column.is_in(ids) }
}

/// Ids as one array parameter of PostgreSQL.
pub fn uuid_array(ids: impl IntoIterator<Item = Uuid>) -> SimpleExpr {
    let values: Vec<Value> = ids.into_iter().map(Value::from).collect();
    Expr::val(Value::Array(ArrayType::Uuid, Some(Box::new(values))))
}
