//! Pictures for the page: `kvit-picture://localhost/<preview|original>/<address>`, the path percent-encoded. The address
//! is of the account in use.
//!
//! Bytes go to the web view as bytes, not as JSON. What a stranger sent has been decoded and encoded anew by the engine;
//! nothing else is served here, and only to the app's own page.

use kvit_domain::{
    fault::{Fault, FaultCode},
    picture::PictureId,
};
use kvit_engine::{PictureBytes, PicturePlace, PictureSize};
use kvit_view::talk::picture_at;
use tauri::{
    Manager, UriSchemeContext, UriSchemeResponder, Wry, async_runtime,
    http::{Request, Response, StatusCode, header},
};

use crate::App;

/// The scheme. On Windows the page asks for `http://kvit-picture.localhost/...`.
pub(crate) const SCHEME: &str = "kvit-picture";

/// Answers a request of the page.
pub(crate) fn serve(
    context: UriSchemeContext<'_, Wry>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().clone();
    let Some(wanted) = parse(request.uri().path()) else {
        responder.respond(empty(StatusCode::BAD_REQUEST));
        return;
    };
    async_runtime::spawn(async move {
        let found = match app.try_state::<App>() {
            Some(engine) => match engine.state().current {
                Some(account) => {
                    engine
                        .picture(account, wanted.place, wanted.id, wanted.size)
                        .await
                }
                None => Err(Fault::new(FaultCode::AccountNotFound)),
            },
            None => Err(Fault::new(FaultCode::NotConnected)),
        };
        responder.respond(match found {
            Ok(picture) => whole(picture),
            Err(fault) => {
                tracing::debug!(%fault, picture = %wanted.id, "no picture for the page");
                empty(StatusCode::NOT_FOUND)
            }
        });
    });
}

/// What the page asks for.
struct Wanted {
    size: PictureSize,
    id: PictureId,
    place: PicturePlace,
}

fn parse(path: &str) -> Option<Wanted> {
    let path = percent_encoding::percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    let (size, address) = path.split_once('/')?;
    let (place, id) = picture_at(address).ok()?;
    Some(Wanted {
        size: match size {
            "preview" => PictureSize::Preview,
            "original" => PictureSize::Original,
            _ => return None,
        },
        id,
        place,
    })
}

fn whole(picture: PictureBytes) -> Response<Vec<u8>> {
    let mut response = Response::new(picture.bytes);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(picture.mime),
    );
    // The store has it, encrypted; no copy of it is left elsewhere.
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        header::HeaderValue::from_static("nosniff"),
    );
    response
}

fn empty(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_are_answered() {
        let id = "00000000-0000-0000-0000-000000000001";
        for path in [
            format!("/preview/own/{id}"),
            format!("/original/message/deal/41/7/{id}"),
            format!("/original%2Finvoice%2F88%2F{id}"),
        ] {
            assert!(parse(&path).is_some(), "{path}");
        }
        for path in [
            String::new(),
            "/".to_owned(),
            format!("/preview/{id}"),
            format!("/thumb/own/{id}"),
            format!("/preview/own/{id}/more"),
            "/preview/own/../../etc/passwd".to_owned(),
            format!("//own/{id}"),
            format!("/preview/own/{id}%FF"),
        ] {
            assert!(parse(&path).is_none(), "{path}");
        }
    }
}
