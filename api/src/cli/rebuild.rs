//! `shequn rebuild`.

use super::{CliError, commit_recorded, ledger_failed, tenant_named};
use crate::actor::{Actor, Scope};
use crate::app::App;
use crate::platform::audit::Subject;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Forget the scores of leaderboards; the running server counts them anew from the ledger
    ///
    /// Of every tenant, or of one. Boards are empty at first and grow until all is counted, about a second for ten
    /// thousand entries; `asOf` of the API says how far it is. Days stay what they were, also where the tenant has
    /// another time zone since.
    Leaderboards {
        /// Only this tenant, by its slug
        #[arg(long)]
        tenant: Option<String>,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    let Command::Leaderboards { tenant } = command;
    let tenants = match &tenant {
        Some(slug) => vec![tenant_named(app, slug).await?.id],
        None => app.points.ledgers().await.map_err(ledger_failed)?,
    };
    for tenant in tenants {
        let tx = app.platform.db.write(Actor::System(tenant).require(Scope::PointsWrite)?).await?;
        let gone = app.points.leaderboards_forget_in(&tx).await.map_err(ledger_failed)?;
        commit_recorded(app, tx, "rebuild leaderboards", Subject::none()).await?;
        println!("{tenant}: {gone} scores are forgotten and counted anew");
    }
    Ok(())
}
