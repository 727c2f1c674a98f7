//! The way into a folder: a file a letter, for its owner's eyes only.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::letter::{Encoding, Envelope};
use super::{Carrier, CarryError};

pub(super) struct Folder(pub(super) PathBuf);

#[async_trait]
impl Carrier for Folder {
    async fn carry(&self, envelope: &Envelope<'_>) -> Result<(), CarryError> {
        let bytes = envelope.message(Encoding::Plain)?.formatted();
        let (folder, name) = (self.0.clone(), format!("{}.eml", envelope.id));
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(CarryError::Later(format!("the folder cannot be written: {}", error.kind()))),
            Err(_) => Err(CarryError::Later("the folder was not written".to_owned())),
        }
    }
}

/// Whole or not at all. The name is the mail's, so that a letter that goes out twice is there once.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let new = folder.join(format!(".{name}.new"));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(name))
}
