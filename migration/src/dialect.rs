//! SQL that both databases take: statements name column types by tokens, and each database gets
//! its own words for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

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

fn spell(statements: &str, backend: DbBackend) -> String {
    TOKENS.iter().fold(statements.to_owned(), |sql, token| {
        let word = match backend {
            DbBackend::Postgres => token.postgres,
            _ => token.sqlite,
        };
        sql.replace(token.name, word)
    })
}
