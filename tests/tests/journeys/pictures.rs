//! Pictures: prepared, sent before the message that shows them, and what others show, decoded here and kept.

use std::time::Duration;

use kvit_domain::{fault::FaultCode, id::MessageId, message::Talk, picture::PictureId};
use kvit_engine::{OutgoingState, PictureBytes, PicturePlace, PictureSize, PictureSource, TalkLine, Topic};
use kvit_proto::v1;
use kvit_sandbox::{Code, Fault as Wrong, When};
use kvit_testkit::World;

use crate::{
    LIBRARY, LIBRARY_SELLER, assert_no, cut_off, delivered, delivered_as, fault_of, invoice, let_in,
    message_settled, restarted,
    talks::{about, lines, me, said},
};

/// A picture of 40 by 30 points as a file: a bitmap, the simplest there is.
pub(crate) fn file() -> PictureSource {
    let (width, height) = (40_u32, 30_u32);
    let mut bytes = b"BM".to_vec();
    let size = 54 + width * height * 3;
    for number in [size, 0, 54, 40, width, height] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([1, 0, 24, 0]);
    bytes.extend([0; 24]);
    bytes.extend((0..width * height * 3).map(|at| u8::try_from(at % 251).unwrap()));
    PictureSource {
        name: "Pictures/of mine/receipt.bmp".to_owned(),
        bytes,
    }
}

/// Puts a picture beside the message that is being written.
pub(crate) async fn drafted(world: &World, talk: Talk) -> PictureId {
    let draft = world
        .engine
        .add_picture(world.account(), talk, file(), false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (draft.width, draft.height, draft.name.as_str()),
        (40, 30, "receipt.bmp")
    );
    draft.id
}

/// A JPEG, as anybody may send one.
async fn jpeg(world: &World) -> Vec<u8> {
    let talk = about(world, LIBRARY).await;
    let id = drafted(world, talk).await;
    let made = shown(world, PicturePlace::Own, id).await;
    world.engine.remove_picture(world.account(), id).unwrap();
    assert!(made.bytes.starts_with(b"\xFF\xD8\xFF"));
    made.bytes
}

pub(crate) async fn shown(world: &World, place: PicturePlace, id: PictureId) -> PictureBytes {
    world
        .engine
        .picture(world.account(), place, id, PictureSize::Original)
        .await
        .unwrap()
}

fn name(number: u8) -> PictureId {
    format!("00000000-0000-4000-8000-0000000000{number:02}")
        .parse()
        .unwrap()
}

/// The seller shows a picture in a talk; what the person sees of the message.
async fn shown_by_the_seller(world: &World, picture: PictureId) -> (Talk, PicturePlace) {
    let talk = about(world, LIBRARY).await;
    delivered(world, talk, "How does it look?").await;
    world
        .line_of(LIBRARY_SELLER)
        .send_invoice_message(invoice(LIBRARY), Some(me(world).await), "Like this.", &[picture])
        .await
        .unwrap();
    world
        .until(|world| world.engine.state().unread.messages == 1)
        .await;
    let last = lines(world, talk).await.lines.pop().unwrap();
    let TalkLine::Message { message, .. } = last else {
        panic!("{last:?}");
    };
    assert_eq!(message.pictures, [picture]);
    (talk, PicturePlace::Message(talk, message.id))
}

#[tokio::test(start_paused = true)]
async fn pictures_are_there_before_the_message_that_shows_them() {
    let world = World::new(440).await;
    let talk = about(&world, LIBRARY).await;
    let (one, two) = (drafted(&world, talk).await, drafted(&world, talk).await);
    delivered(&world, talk, "Look").await;
    let rpcs: Vec<String> = world
        .sandbox
        .executions()
        .into_iter()
        .map(|one| one.rpc)
        .collect();
    assert_eq!(rpcs, ["StoreImage", "StoreImage", "SendInvoiceMessage"]);
    assert!(
        world
            .engine
            .draft_pictures(world.account(), talk)
            .unwrap()
            .is_empty()
    );
    // The other side sees them.
    let seller = world.line_of(LIBRARY_SELLER);
    for id in [one, two] {
        let own = shown(&world, PicturePlace::Own, id).await;
        assert_eq!(seller.picture(id, false).await.unwrap(), own.bytes);
        assert_eq!(own.mime, "image/jpeg");
    }
}

#[tokio::test(start_paused = true)]
async fn pictures_of_a_draft_stay_and_can_be_changed() {
    let world = World::new(441).await;
    let talk = about(&world, LIBRARY).await;
    let (one, two) = (drafted(&world, talk).await, drafted(&world, talk).await);
    let large = world
        .engine
        .set_full_size(world.account(), one, true)
        .await
        .unwrap()
        .unwrap();
    assert_ne!(large.id, one, "a number is used once");
    let ids = |world: &World| -> Vec<PictureId> {
        let drafts = world.engine.draft_pictures(world.account(), talk).unwrap();
        drafts.iter().map(|draft| draft.id).collect()
    };
    assert_eq!(ids(&world), [large.id, two], "in the same place");
    let world = restarted(world).await;
    assert_eq!(ids(&world), [large.id, two]);
    let drafts = world.engine.draft_pictures(world.account(), talk).unwrap();
    assert!(!drafts[0].can_resize, "the file is not at hand any more");
    let resized = world.engine.set_full_size(world.account(), two, true).await;
    assert_no(&fault_of(resized), FaultCode::PictureNotFound);
    world.engine.remove_picture(world.account(), two).unwrap();
    assert_eq!(ids(&world), [large.id]);
    let gone = world
        .engine
        .picture(world.account(), PicturePlace::Own, two, PictureSize::Preview)
        .await;
    assert_no(&fault_of(gone), FaultCode::PictureNotFound);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_picture_is_refused_with_its_reason() {
    let world = World::new(442).await;
    let talk = about(&world, LIBRARY).await;
    for (bytes, code) in [
        (Vec::new(), FaultCode::PictureDamaged),
        (b"%PDF-1.7 and so on".to_vec(), FaultCode::PictureUnsupported),
        (b"GIF89a".to_vec(), FaultCode::PictureDamaged),
        (file().bytes[..200].to_vec(), FaultCode::PictureDamaged),
    ] {
        let source = PictureSource {
            name: "picture.jpg".to_owned(),
            bytes,
        };
        let added = world
            .engine
            .add_picture(world.account(), talk, source, false)
            .await;
        assert_no(&fault_of(added), code);
    }
    assert!(
        world
            .engine
            .draft_pictures(world.account(), talk)
            .unwrap()
            .is_empty()
    );
}

/// The upload is lost, cut, answered wrongly: it is tried again by itself until the picture is there, and only then is
/// anything said.
#[tokio::test(start_paused = true)]
async fn an_upload_is_tried_until_it_is_there() {
    for (when, wrong) in [
        (When::Before, Wrong::Hang),
        (When::After, Wrong::Hang),
        (When::After, Wrong::Cut),
        (When::Before, Wrong::Refuse(Code::Unavailable, String::new())),
        (When::After, Wrong::Refuse(Code::Unavailable, String::new())),
        (When::Before, Wrong::Twice),
        (When::Before, Wrong::TwiceAfter(Duration::from_secs(20))),
        (When::Before, Wrong::Late(Duration::from_secs(20))),
    ] {
        let world = World::new(443).await;
        let talk = about(&world, LIBRARY).await;
        drafted(&world, talk).await;
        drafted(&world, talk).await;
        world.sandbox.faults().once("StoreImage", when, wrong.clone());
        delivered(&world, talk, "Look").await;
        let stored = world.sandbox.executions();
        let uploads = stored.iter().filter(|one| one.rpc == "StoreImage");
        assert_eq!(uploads.count(), 2, "{when:?} {wrong:?}");
        assert_eq!(world.sandbox.faults().calls("SendInvoiceMessage"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_the_marketplace_refuses_stops_its_message() {
    let world = World::new(444).await;
    let talk = about(&world, LIBRARY).await;
    drafted(&world, talk).await;
    let refusal = "Exception was thrown by handler. UserException: Image error.";
    let refuse = Wrong::Refuse(Code::Unknown, refusal.to_owned());
    world.sandbox.faults().once("StoreImage", When::Before, refuse);
    let sent = world
        .engine
        .send_message(world.account(), talk, "Look")
        .await
        .unwrap();
    let settled = message_settled(&world, sent.id).await;
    let OutgoingState::Failed(fault) = &settled.state else {
        panic!("{settled:?}");
    };
    assert_no(fault, FaultCode::PictureRefused);
    assert_eq!(world.sandbox.faults().calls("SendInvoiceMessage"), 0);
    world.engine.retry_message(world.account(), sent.id).unwrap();
    delivered_as(&world, sent.id).await;
}

#[tokio::test(start_paused = true)]
async fn an_upload_can_be_broken_off_and_goes_on_after_a_restart() {
    let world = World::new(445).await;
    let talk = about(&world, LIBRARY).await;
    let (one, two) = (drafted(&world, talk).await, drafted(&world, talk).await);
    world
        .sandbox
        .faults()
        .once("StoreImage", When::Before, Wrong::Hang);
    let send = || world.engine.send_message(world.account(), talk, "Look");
    let sent = send().await.unwrap();
    world
        .until(|world| world.engine.outgoing(sent.id).unwrap().state == OutgoingState::Uploading)
        .await;
    let progress = world.engine.upload_progress(sent.id).unwrap();
    assert_eq!((progress.picture, progress.pictures, progress.bytes), (1, 2, 0));
    assert!(progress.all_bytes > 0);
    world.engine.take_back_message(world.account(), sent.id).unwrap();
    assert!(lines(&world, talk).await.lines.is_empty());
    let drafts = world.engine.draft_pictures(world.account(), talk).unwrap();
    assert_eq!(
        drafts.iter().map(|draft| draft.id).collect::<Vec<_>>(),
        [one, two]
    );
    assert_eq!(
        world.engine.draft(world.account(), &talk.to_string()).unwrap(),
        "Look"
    );

    world
        .sandbox
        .faults()
        .once("StoreImage", When::After, Wrong::Hang);
    let sent = send().await.unwrap();
    world
        .until(|world| world.engine.outgoing(sent.id).unwrap().state == OutgoingState::Uploading)
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let world = world.killed(|_| {}).await;
    world.engine.resume().await;
    delivered_as(&world, sent.id).await;
    let executions = world.sandbox.executions();
    let count = |rpc: &str| executions.iter().filter(|one| one.rpc == rpc).count();
    assert_eq!((count("StoreImage"), count("SendInvoiceMessage")), (2, 1));
}

/// The message comes first, its picture later: it is said so, and it appears by itself.
#[tokio::test(start_paused = true)]
async fn a_picture_that_is_not_uploaded_yet_comes_later() {
    let world = World::new(446).await;
    let bytes = jpeg(&world).await;
    let (_, place) = shown_by_the_seller(&world, name(1)).await;
    let preview = || {
        world
            .engine
            .picture(world.account(), place, name(1), PictureSize::Preview)
    };
    assert_no(&fault_of(preview().await), FaultCode::PictureNotFound);
    assert_no(&fault_of(preview().await), FaultCode::PictureNotFound);
    let asked = world.sandbox.faults().calls("GetImage");
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(
        world.sandbox.faults().calls("GetImage") > asked,
        "asked again by itself"
    );
    world.told.take();
    world
        .line_of(LIBRARY_SELLER)
        .store_picture(name(1), bytes)
        .await
        .unwrap();
    world
        .until(|world| world.told.take().contains(&Topic::Picture(name(1))))
        .await;
    let seen = preview().await.unwrap();
    assert!(seen.mime == "image/jpeg" || seen.mime == "image/png");
    let asked = world.sandbox.faults().calls("GetImage");
    preview().await.unwrap();
    assert_eq!(world.sandbox.faults().calls("GetImage"), asked, "from the cache");
}

#[tokio::test(start_paused = true)]
async fn what_others_show_is_kept_and_can_be_saved() {
    let world = World::new(447).await;
    let bytes = jpeg(&world).await;
    let seller = world.line_of(LIBRARY_SELLER);
    seller.store_picture(name(1), bytes).await.unwrap();
    let (_, place) = shown_by_the_seller(&world, name(1)).await;
    let original = shown(&world, place, name(1)).await;
    assert_eq!((original.width, original.height), (40, 30));
    let world = restarted(world).await;
    cut_off(&world).await;
    assert_eq!(shown(&world, place, name(1)).await, original, "without a line");
    let to = world.folder.path().join("saved.jpg");
    let save = || {
        world
            .engine
            .save_picture(world.account(), place, name(1), to.clone())
    };
    let saved = save().await.unwrap();
    assert_eq!(std::fs::read(&saved).unwrap(), original.bytes);
    assert_ne!(save().await.unwrap(), saved, "nothing is overwritten");
    let_in(&world).await;
}

/// Whoever shows pictures can ask for those that are named somewhere, and for no others.
#[tokio::test(start_paused = true)]
async fn only_pictures_that_are_named_are_fetched() {
    let world = World::new(448).await;
    let (talk, place) = shown_by_the_seller(&world, name(1)).await;
    let PicturePlace::Message(_, message) = place else {
        panic!("{place:?}");
    };
    for (place, id) in [
        (place, name(2)),
        (PicturePlace::Own, name(1)),
        (PicturePlace::Invoice(invoice(LIBRARY)), name(1)),
        (
            PicturePlace::Message(talk, MessageId::new(message.get() + 1).unwrap()),
            name(1),
        ),
        (
            PicturePlace::Message(talk, MessageId::new(message.get() - 1).unwrap()),
            name(1),
        ),
    ] {
        let asked = world
            .engine
            .picture(world.account(), place, id, PictureSize::Original)
            .await;
        assert_no(&fault_of(asked), FaultCode::PictureNotFound);
    }
    assert_eq!(world.sandbox.faults().calls("GetImage"), 0);
}

/// What comes is no picture, or ten megabytes of nothing: said once, and not fetched again.
#[tokio::test(start_paused = true)]
async fn what_is_no_picture_is_not_fetched_again() {
    for garbage in [
        b"<svg onload=alert(1)>".to_vec(),
        vec![0; 10 * 1024 * 1024],
        b"\xFF\xD8\xFF\xE0 not a picture".to_vec(),
    ] {
        let world = World::new(449).await;
        let bytes = jpeg(&world).await;
        let seller = world.line_of(LIBRARY_SELLER);
        seller.store_picture(name(1), bytes).await.unwrap();
        let (talk, place) = shown_by_the_seller(&world, name(1)).await;
        world.sandbox.faults().alter(move |image: &mut v1::Image| {
            let bytes = if image.is_preview {
                &mut image.preview
            } else {
                &mut image.original
            };
            bytes.clone_from(&garbage);
        });
        let preview = || {
            world
                .engine
                .picture(world.account(), place, name(1), PictureSize::Preview)
        };
        let fault = fault_of(preview().await);
        assert!(
            matches!(
                fault.code,
                FaultCode::PictureDamaged | FaultCode::PictureUnsupported
            ),
            "{fault:?}"
        );
        let asked = world.sandbox.faults().calls("GetImage");
        assert_no(&fault_of(preview().await), FaultCode::PictureDamaged);
        let world = restarted(world).await;
        let again = world
            .engine
            .picture(world.account(), place, name(1), PictureSize::Original)
            .await;
        assert_no(&fault_of(again), FaultCode::PictureDamaged);
        assert_eq!(world.sandbox.faults().calls("GetImage"), asked);
        assert_eq!(said(&world, talk).await.len(), 2);
    }
}
