//! `shequn verify`.

mod ledger;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use super::{CliError, tenant_named};
use crate::app::App;
use crate::config::Config;
use crate::platform::audit::{Checker, Checkpoint, FORMAT, Line, Reader, Verdict};
use crate::platform::crypto::MasterKey;
use crate::platform::ids::TenantId;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Find out whether the audit trail is as it was written: complete, unchanged, in its order
    ///
    /// Checks every tenant's chain in the database, or one, or an export of one; ends with a status other than 0
    /// and names each place where something was changed, taken out, swapped or cut off. Whoever holds the master
    /// key can forge a trail, and nobody else. A tail that was cut off together with the database's own checkpoints
    /// shows only against a checkpoint that was kept elsewhere: `auditCheckpoint` of the API gives them.
    Audit(AuditArgs),
    /// Find out whether the points ledger adds up: count every account, entry and lot anew
    ///
    /// Checks every tenant's ledger, or one: that seals prove the entries as they were posted, that each balance is the
    /// sum of its entries and each goes on from the one before, and that lots are what entries made of them. Ends with
    /// a status other than 0 and names each place that does not fit.
    Ledger(ledger::LedgerArgs),
}

#[derive(clap::Args)]
pub(super) struct AuditArgs {
    /// Only this tenant, by its slug
    #[arg(long)]
    tenant: Option<String>,
    /// A checkpoint kept elsewhere: a file with the answer of `auditCheckpoint`
    #[arg(long)]
    checkpoint: Option<PathBuf>,
    /// An export instead of the database; needs the master key and nothing else
    #[arg(long, conflicts_with = "tenant")]
    export: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, command: Command) -> Result<(), CliError> {
    let args = match command {
        Command::Audit(args) => args,
        Command::Ledger(args) => return ledger::run(config, args).await,
    };
    let kept = args.checkpoint.as_deref().map(read_checkpoint).transpose()?;
    let verdicts = match &args.export {
        Some(path) => {
            let master = config.known_master_key()?.ok_or_else(|| {
                CliError::Refused("an export is checked with the master key: give SHEQUN_MASTER_KEY".to_owned())
            })?;
            vec![check_export(&master, path, kept.as_ref())?]
        }
        None => check_database(&App::new(config)?, args.tenant.as_deref(), kept.as_ref()).await?,
    };
    report(&verdicts)
}

/// The object itself, or the whole answer that brought it.
fn read_checkpoint(path: &Path) -> Result<Checkpoint, CliError> {
    let failed = |source| CliError::File { path: path.display().to_string(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let inner = value.pointer("/data/auditCheckpoint").unwrap_or(&value);
    serde_json::from_value(inner.clone())
        .map_err(|error| CliError::Refused(format!("{}: this is no checkpoint: {error}", path.display())))
}

async fn check_database(
    app: &App,
    slug: Option<&str>,
    kept: Option<&Checkpoint>,
) -> Result<Vec<(TenantId, Verdict)>, CliError> {
    let mut tenants = match slug {
        Some(slug) => vec![tenant_named(app, slug).await?.id],
        None => Reader::tenants(&app.platform.db.system_reader().await?).await?,
    };
    // A trail that is gone as a whole is gone from the list too.
    if let Some(kept) = kept.filter(|kept| slug.is_none() && !tenants.contains(&kept.tenant)) {
        tenants.push(kept.tenant);
    }
    let mut verdicts = Vec::new();
    for tenant in tenants {
        let kept = kept.filter(|kept| slug.is_some() || kept.tenant == tenant);
        verdicts.push((tenant, check_chain(app, tenant, kept).await?));
    }
    Ok(verdicts)
}

/// Page by page, each in a snapshot of its own, in which links, checkpoints and head belong together.
async fn check_chain(app: &App, tenant: TenantId, kept: Option<&Checkpoint>) -> Result<Verdict, CliError> {
    let mut checker = Checker::new(&app.platform.master, tenant);
    if let Some(kept) = kept {
        checker.hold_against(kept);
    }
    loop {
        let tx = app.platform.db.system_reader().await?;
        let reader = Reader { tx: &tx, tenant };
        let links = reader.links_behind(checker.end()).await?;
        let to = links.last().map(|link| link.position);
        for checkpoint in reader.checkpoints_behind(checker.end(), to).await? {
            checker.hold_against(&checkpoint);
        }
        if links.is_empty() {
            for event in reader.beside().await? {
                checker.note_beside(event);
            }
            return Ok(checker.finish(Some(reader.head().await?)));
        }
        for link in links {
            checker.take(link);
        }
    }
}

fn check_export(master: &MasterKey, path: &Path, kept: Option<&Checkpoint>) -> Result<(TenantId, Verdict), CliError> {
    let name = path.display();
    let failed = |source| CliError::File { path: name.to_string(), source };
    let mut lines = BufReader::new(File::open(path).map_err(failed)?).lines();
    let first = lines.next().transpose().map_err(failed)?.unwrap_or_default();
    let tenant = match serde_json::from_str(&first) {
        Ok(Line::Header { format, tenant }) if format == FORMAT => tenant,
        _ => return Err(CliError::Refused(format!("{name}: this is no export of an audit trail"))),
    };
    let mut checker = Checker::new(master, tenant);
    if let Some(kept) = kept {
        checker.hold_against(kept);
    }
    let mut closing = None;
    for (number, line) in (2..).zip(lines) {
        let line = line.map_err(failed)?;
        match (serde_json::from_str(&line), &closing) {
            (Ok(Line::Event(event)), None) => checker.take((*event).into()),
            (Ok(Line::Closing { checkpoint }), None) => closing = Some(checkpoint),
            _ => return Err(CliError::Refused(format!("{name}: line {number} was changed: it is no event"))),
        }
    }
    let closing = closing.ok_or_else(|| {
        CliError::Refused(format!("{name}: the end is missing: the export stops behind position {}", checker.end()))
    })?;
    checker.close_with(&closing);
    Ok((tenant, checker.finish(None)))
}

fn report(verdicts: &[(TenantId, Verdict)]) -> Result<(), CliError> {
    for (tenant, verdict) in verdicts {
        for problem in &verdict.problems {
            println!("{tenant}: {problem}");
        }
        if verdict.problems.is_empty() {
            let Verdict { events, signed, .. } = verdict;
            println!("{tenant}: {events} events are as they were written; a checkpoint proves the first {signed}");
        }
    }
    match verdicts.iter().map(|(_, verdict)| verdict.problems.len()).sum::<usize>() {
        0 => Ok(()),
        1 => Err(CliError::Refused("the audit trail has a problem".to_owned())),
        count => Err(CliError::Refused(format!("the audit trail has {count} problems"))),
    }
}
