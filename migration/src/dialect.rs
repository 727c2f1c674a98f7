//! SQL that both databases take: statements name column types by tokens, and each database gets
//! its own words for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement, Value};

struct Token {
    name: &'static str,
    postgres: &'static str,
    sqlite: &'static str,
}

/// SQLite compares text and blobs byte by byte: the order of `COLLATE "C"` and of `uuid`.
const TOKENS: [Token; 8] = [
    Token { name: "{uuid}", postgres: "uuid", sqlite: "blob" },
    Token { name: "{time}", postgres: "timestamptz", sqlite: "text" },
    Token { name: "{bytes}", postgres: "bytea", sqlite: "blob" },
    Token { name: "{json}", postgres: "jsonb", sqlite: "text" },
    // Text that is compared or sorted: the same order on both, whatever the cluster's locale.
    Token { name: "{key}", postgres: r#"text COLLATE "C""#, sqlite: "text" },
    // ALWAYS: nobody chooses a number. AUTOINCREMENT: no number is given twice.
    Token {
        name: "{sequence_pk}",
        postgres: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        sqlite: "integer PRIMARY KEY AUTOINCREMENT",
    },
    // The same where something else is the key; SQLite numbers its own key only.
    Token {
        name: "{sequence}",
        postgres: "bigint GENERATED ALWAYS AS IDENTITY",
        sqlite: "integer PRIMARY KEY AUTOINCREMENT",
    },
    // One writer at a time makes SQLite's sequence gap-free as it is.
    Token {
        name: "{writing_transaction}",
        postgres: "xid8 NOT NULL DEFAULT pg_current_xact_id()",
        sqlite: "bigint NOT NULL DEFAULT 0",
    },
];

/// Runs statements on either database.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let sql = spell(statements, db.get_database_backend());
    db.execute_unprepared(&sql).await?;
    Ok(())
}

/// Runs statements on PostgreSQL and does nothing on SQLite.
pub(crate) async fn run_on_postgres(manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(statements).await?;
    }
    Ok(())
}

/// Runs statements on SQLite and does nothing on PostgreSQL.
pub(crate) async fn run_on_sqlite(manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if db.get_database_backend() == DbBackend::Sqlite {
        db.execute_unprepared(statements).await?;
    }
    Ok(())
}

/// Puts another condition in the place of a table's constraint. Both are written as they stand in the table's text.
///
/// SQLite alters no constraint. Where rows stay as they are, its documentation has the table's text changed instead
/// (`ALTER TABLE`, "Making Other Kinds Of Table Schema Changes"), and read again.
pub(crate) async fn change_constraint(
    manager: &SchemaManager<'_>,
    table: &str,
    name: &str,
    (before, after): (&str, &str),
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let backend = db.get_database_backend();
    if backend == DbBackend::Postgres {
        let sql =
            format!("ALTER TABLE {table} DROP CONSTRAINT {name}; ALTER TABLE {table} ADD CONSTRAINT {name} {after}");
        return db.execute_unprepared(&sql).await.map(drop);
    }
    let update = "UPDATE sqlite_schema SET sql = replace(sql, $2, $3) \
        WHERE type = 'table' AND name = $1 AND instr(sql, $2) > 0";
    let version = db.query_one_raw(Statement::from_string(backend, "PRAGMA schema_version")).await?;
    let version: i64 = version.map_or(Ok(0), |row| row.try_get("", "schema_version"))?;
    let values: [Value; 3] = [table.into(), before.into(), after.into()];
    db.execute_unprepared("PRAGMA writable_schema = ON").await?;
    let changed = db.execute_raw(Statement::from_sql_and_values(backend, update, values)).await;
    // Every connection reads the tables again: the others by the number, this one by the RESET, which no error leaves out.
    let numbered = db.execute_unprepared(&format!("PRAGMA schema_version = {}", version + 1)).await;
    db.execute_unprepared("PRAGMA writable_schema = RESET").await?;
    numbered?;
    match changed?.rows_affected() {
        1 => Ok(()),
        _ => Err(DbErr::Migration(format!("the table {table} has no such {name}"))),
    }
}

fn spell(statements: &str, backend: DbBackend) -> String {
    TOKENS.iter().fold(statements.to_owned(), |sql, token| {
        let word = match backend {
            DbBackend::Postgres => token.postgres,
            _ => token.sqlite,
        };
        sql.replace(token.name, word)
    })
}
