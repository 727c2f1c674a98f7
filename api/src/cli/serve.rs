//! `shequn serve`.

use super::{CliError, migrate};
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
    http::serve(app, config, |address| {
        println!("listening on {address}");
    })
    .await?;
    Ok(())
}
