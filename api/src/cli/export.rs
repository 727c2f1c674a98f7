//! `shequn export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{CliError, tenant_named};
use crate::app::App;
use crate::platform::audit::{Checkpoint, FORMAT, Line, Reader};
use crate::platform::ids::TenantId;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Export a tenant's audit trail, as lines of JSON that `shequn verify audit --export` checks
    Audit {
        /// The file to write; an older one is replaced
        file: PathBuf,
        /// The tenant's slug
        #[arg(long)]
        tenant: String,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    let Command::Audit { file, tenant } = command;
    let tenant = tenant_named(app, &tenant).await?;
    let failed = |source| CliError::File { path: file.display().to_string(), source };
    let mut out = BufWriter::new(create(&file).map_err(failed)?);
    let events = write(app, tenant.id, &mut out).await?;
    out.flush().map_err(failed)?;
    println!("{events} events");
    Ok(())
}

/// For its owner only: it says who did what.
fn create(path: &Path) -> Result<File, std::io::Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// Writes all that is sealed; gives the number of events.
async fn write(app: &App, tenant: TenantId, out: &mut impl Write) -> Result<i64, CliError> {
    put(out, &Line::Header { format: FORMAT.to_owned(), tenant })?;
    let mut end = (0, Vec::new());
    loop {
        let tx = app.platform.db.system_reader().await?;
        let links = Reader { tx: &tx, tenant }.links_behind(end.0).await?;
        let Some(last) = links.last() else { break };
        end = (last.position, last.mac.clone());
        for link in links {
            put(out, &link.into())?;
        }
    }
    let checkpoint = Checkpoint::sign(&app.platform.master, tenant, (end.0, &end.1), app.platform.clock.now())
        .map_err(|error| CliError::Refused(error.message().to_owned()))?;
    put(out, &Line::Closing { checkpoint })?;
    Ok(end.0)
}

fn put(out: &mut impl Write, line: &Line) -> Result<(), CliError> {
    let text = serde_json::to_string(line).map_err(|error| CliError::Refused(error.to_string()))?;
    writeln!(out, "{text}").map_err(|error| CliError::Refused(format!("the export cannot be written: {error}")))
}
