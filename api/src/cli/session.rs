//! `shequn session`.

use super::{CliError, commit_recorded, tenant};
use crate::actor::Actor;
use crate::app::App;
use crate::domains::auth::sessions::{EndReason, Ending};
use crate::platform::audit::Subject;
use crate::platform::idempotency::Call;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// End all sessions of a person, in one tenant or in all; processes on the same Redis notice at once
    End {
        /// The person's e-mail address
        #[arg(long)]
        email: String,
        /// Only in this tenant
        #[arg(long)]
        tenant: Option<String>,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), CliError> {
    let Command::End { email, tenant: slug } = command;
    let tx = app.platform.db.system().await?;
    let touched = if let Some(slug) = slug {
        let tenant = tenant::find(app, &tx, &slug).await?;
        let membership = app.auth.find_membership_in(&tx, &email, tenant).await?;
        let tx = app.platform.db.enter(tx, Actor::System(tenant).home()?).await?;
        let ending = Ending { whose: membership, except: None, reason: EndReason::Operator };
        let touched = app.auth.end_sessions_of_membership_in(&tx, ending).await?;
        commit_recorded(app, tx, "session end", Subject::of(membership)).await?;
        touched
    } else {
        let user = app.auth.find_user_in(&tx, &email).await?;
        let ending = Ending { whose: user, except: None, reason: EndReason::Operator };
        let touched = app.auth.end_sessions_of_user_in(&tx, ending).await?;
        app.staff.commit_recorded_everywhere(tx, user, (Actor::System, &Call::once("session end"))).await?;
        touched
    };
    println!("{} ended", touched.ended_ids().len());
    app.auth.announce(touched).await;
    Ok(())
}
