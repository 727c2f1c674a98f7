//! `shequn staff`.

use super::CliError;
use crate::actor::Actor;
use crate::app::App;
use crate::platform::idempotency::Call;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Take away the second factor of somebody who lost it and the recovery codes too; all their sessions end
    ResetSecondFactor {
        /// The person's e-mail address
        #[arg(long)]
        email: String,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    let Command::ResetSecondFactor { email } = command;
    let tx = app.platform.db.system().await?;
    let user = app.auth.find_user_in(&tx, &email).await?;
    let touched = app.auth.reset_second_factor_in(&tx, user).await?;
    app.staff.commit_recorded_everywhere(tx, user, (Actor::System, &Call::once("staff reset-second-factor"))).await?;
    match touched {
        Some(touched) => {
            println!("reset; {} sessions ended", touched.ended_ids().len());
            app.auth.announce(touched).await;
        }
        None => println!("there was none"),
    }
    Ok(())
}
