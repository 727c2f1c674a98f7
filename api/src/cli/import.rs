//! `shequn import`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{CliError, tenant_named};
use crate::actor::Actor;
use crate::app::App;
use crate::domains::members::import::{Encoding, FileImport, Progress};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Import members from a CSV file of any size; an import that was interrupted goes on where it stopped
    ///
    /// The header names the columns: external_ref and display_name, and any of phone, real_name, tags
    /// (separated by ;), city, community (id or name), tier, joined_at, identity_kind, identity_platform,
    /// identity_app_id, identity_value. Rows are matched by external_ref: a new one makes a member, a
    /// known one is filled in. Refused rows go to a file with their reasons.
    Members {
        /// The CSV file
        file: PathBuf,
        /// The tenant's slug
        #[arg(long)]
        tenant: String,
        /// How the file is written
        #[arg(long, value_enum, default_value = "utf-8")]
        encoding: EncodingName,
        /// Where refused rows go; FILE.refused.csv unless given
        #[arg(long)]
        refused: Option<PathBuf>,
        /// Run a file that is finished once more, so that rows that were refused may pass now
        ///
        /// Every row counts anew: known members are filled in with what the file says, over what was changed
        /// since, and those who left its communities are back. Nobody is made twice.
        #[arg(long)]
        again: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum EncodingName {
    /// UTF-8, with or without a byte-order mark
    #[value(name = "utf-8")]
    Utf8,
    /// GB 18030, also for GBK and GB 2312
    Gb18030,
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    let Command::Members { file, tenant, encoding, refused, again } = command;
    let tenant = tenant_named(app, &tenant).await?;
    let refused = refused.unwrap_or_else(|| {
        let mut name = file.clone().into_os_string();
        name.push(".refused.csv");
        name.into()
    });
    let encoding = match encoding {
        EncodingName::Utf8 => Encoding::Utf8,
        EncodingName::Gb18030 => Encoding::Gb18030,
    };
    let import = FileImport { path: file, encoding, refused: refused.clone(), again };
    let actor = Actor::System(tenant.id);
    let report = |progress: Progress| {
        let done = progress.created + progress.updated + progress.refused;
        eprintln!("{done} of {} rows", progress.rows);
    };
    let done = app.members.import_file(&actor, &import, report).await?;
    if done.was_finished {
        println!("this file was imported before; --again runs it once more. What came of it then:");
    }
    println!("{} created, {} updated, {} refused", done.created, done.updated, done.refused);
    if done.refused > 0 {
        println!("the refused rows and their reasons are in {}", refused.display());
    }
    Ok(())
}
