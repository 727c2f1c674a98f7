//! `shequn verify ledger`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::{CliError, ledger_failed, tenant_named};
use crate::app::App;
use crate::config::Config;
use crate::domains::points::proof::Verdict;

#[derive(clap::Args)]
pub(in crate::cli) struct LedgerArgs {
    /// Only this tenant, by its slug
    #[arg(long)]
    tenant: Option<String>,
    /// A head kept elsewhere, as `ledgerProof { head { position hash } }` gave it: POSITION:HASH
    #[arg(long, requires = "tenant", value_parser = read_head)]
    head: Option<(i64, Vec<u8>)>,
}

fn read_head(text: &str) -> Result<(i64, Vec<u8>), String> {
    let (position, hash) = text.split_once(':').ok_or("expected POSITION:HASH")?;
    let position = position.parse().map_err(|_| "the position is a number")?;
    let hash = URL_SAFE_NO_PAD.decode(hash).map_err(|_| "the hash is base64url without padding")?;
    Ok((position, hash))
}

pub(super) async fn run(config: &Config, args: LedgerArgs) -> Result<(), CliError> {
    let app = App::new(config)?;
    let tenants = match &args.tenant {
        Some(slug) => vec![tenant_named(&app, slug).await?.id],
        None => app.points.ledgers().await.map_err(ledger_failed)?,
    };
    let mut problems = 0;
    for tenant in tenants {
        let Verdict { accounts, sealed, unsealed, problems: found } =
            app.points.verify(tenant, args.head.as_ref()).await.map_err(ledger_failed)?;
        for problem in &found {
            println!("{tenant}: {problem}");
        }
        if found.is_empty() {
            println!("{tenant}: {accounts} accounts add up; seals prove {sealed} entries, {unsealed} are newer");
        }
        problems += found.len();
    }
    match problems {
        0 => Ok(()),
        1 => Err(CliError::Refused("the ledger has a problem".to_owned())),
        count => Err(CliError::Refused(format!("the ledger has {count} problems"))),
    }
}
