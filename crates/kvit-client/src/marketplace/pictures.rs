//! Pictures.

use kvit_domain::{
    fault::{Fault, FaultCode},
    picture::{PICTURE_LIMIT, PictureId},
};
use kvit_wire::picture;

use super::Marketplace;

impl Marketplace {
    /// Uploads a picture under its number (StoreImage). [`FaultCode::PictureTooLarge`] before anything is sent. Uploading
    /// it again is harmless: the marketplace says that it is there, which is what was wanted.
    pub async fn store_picture(&self, id: PictureId, data: Vec<u8>) -> Result<(), Fault> {
        if data.is_empty() || data.len() > PICTURE_LIMIT {
            return Err(Fault::new(FaultCode::PictureTooLarge).with("max", PICTURE_LIMIT));
        }
        let stored = self
            .act(
                "StoreImage",
                picture::store_request(id, data),
                |mut api, request| async move { api.store_image(request).await },
                |message| picture::read_stored(&message, id),
            )
            .await;
        match stored {
            Err(fault) if fault.code == FaultCode::PictureExists => Ok(()),
            answer => answer,
        }
    }

    /// The bytes of a picture as its maker sent them, or the marketplace's preview (GetImage). A stranger's: decode within
    /// limits.
    pub async fn picture(&self, id: PictureId, preview: bool) -> Result<Vec<u8>, Fault> {
        self.read(
            "GetImage",
            || picture::request(id, preview),
            |mut api, request| async move { api.get_image(request).await },
            |message| picture::read(message, id, preview),
        )
        .await
    }
}
