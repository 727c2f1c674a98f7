//! `shequn serve`.

use super::{CliError, demo, migrate};
use crate::app::App;
use crate::config::Config;
use crate::http;

pub(super) async fn run(config: &Config) -> Result<(), CliError> {
    if config.migrate {
        migrate::up(config).await?;
    }
    let app = App::new(config)?;
    if config.walls.row_security {
        app.platform.db.check_row_security().await?;
    }
    let sign_in = demo::prepare(&app, config).await?;
    http::serve(app, config, |address| announce(config, sign_in, &address)).await?;
    Ok(())
}

/// The file first: whoever waits for the line may read it then.
fn announce(config: &Config, sign_in: Option<demo::SignIn>, address: &str) {
    let Some(mut sign_in) = sign_in else {
        println!("listening on {address}");
        return;
    };
    if let Err(error) = sign_in.write(config, address) {
        tracing::warn!(error = %error, "demo.sign_in_not_written");
    }
    println!("listening on {address}");
    sign_in.print(config);
}
