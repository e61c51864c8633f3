//! What was written and not sent, and what was told and not read: kept over restarts.

use kvit_domain::fault::FaultCode;
use kvit_testkit::World;

use crate::{assert_no, fault_of, restarted};

#[tokio::test(start_paused = true)]
async fn a_draft_is_there_after_a_restart_and_gone_when_it_is_emptied() {
    let world = World::new(290).await;
    let text = "Sent from my own account,\nплатёж № 7. 😀";
    world
        .engine
        .keep_draft(world.account(), "deal/12", "Sent")
        .unwrap();
    world.engine.keep_draft(world.account(), "deal/12", text).unwrap();
    world
        .engine
        .keep_draft(world.account(), "pay/invoice", "640")
        .unwrap();
    let world = restarted(world).await;
    assert_eq!(world.engine.draft(world.account(), "deal/12").unwrap(), text);
    assert_eq!(world.engine.draft(world.account(), "pay/invoice").unwrap(), "640");
    assert_eq!(world.engine.draft(world.account(), "deal/13").unwrap(), "");
    world.engine.keep_draft(world.account(), "deal/12", "").unwrap();
    let world = restarted(world).await;
    assert_eq!(world.engine.draft(world.account(), "deal/12").unwrap(), "");
    assert_eq!(world.engine.draft(world.account(), "pay/invoice").unwrap(), "640");
}

#[tokio::test(start_paused = true)]
async fn a_draft_that_is_too_long_is_refused_and_the_one_before_stays() {
    let world = World::new(291).await;
    world
        .engine
        .keep_draft(world.account(), "deal/12", "short")
        .unwrap();
    let long = "x".repeat(16_385);
    assert_no(
        &fault_of(world.engine.keep_draft(world.account(), "deal/12", &long)),
        FaultCode::MessageTooLong,
    );
    let place = "p".repeat(81);
    assert_no(
        &fault_of(world.engine.keep_draft(world.account(), &place, "text")),
        FaultCode::MessageTooLong,
    );
    assert_eq!(world.engine.draft(world.account(), "deal/12").unwrap(), "short");
    world
        .engine
        .keep_draft(world.account(), "deal/12", &long[1..])
        .unwrap();
    assert_eq!(
        world.engine.draft(world.account(), "deal/12").unwrap().len(),
        16_384
    );
}

#[tokio::test(start_paused = true)]
async fn unread_news_are_counted_and_paged_over_restarts() {
    let world = World::new(292).await;
    let before = world.engine.state().unread_news;
    assert_eq!(before, u32::try_from(world.told.news().len()).unwrap());
    for _ in 0..60 {
        world.sandbox.buy("marta.k", 777, 1).unwrap();
    }
    world
        .until(|world| world.engine.state().unread_news >= before + 60)
        .await;
    let world = restarted(world).await;
    let unread = world.engine.state().unread_news;
    assert_eq!(unread, u32::try_from(world.told.news().len()).unwrap());

    let mut events = Vec::new();
    let mut place = None;
    loop {
        let page = world.engine.news(place).unwrap();
        assert!(page.len() <= kvit_engine::NEWS_PAGE as usize);
        let Some((last, _)) = page.last() else { break };
        place = Some(*last);
        assert!(page.iter().all(|(_, kept)| !kept.read));
        events.extend(page.into_iter().map(|(_, kept)| kept.news.event));
    }
    assert_eq!(events.len(), unread as usize);
    let told: Vec<_> = world.told.news().iter().rev().map(|news| news.event).collect();
    assert_eq!(events, told, "newest first, as they were told");

    world.engine.news_read().unwrap();
    assert_eq!(world.engine.state().unread_news, 0);
    let world = restarted(world).await;
    assert_eq!(world.engine.state().unread_news, 0);
    assert!(world.engine.news(None).unwrap().iter().all(|(_, kept)| kept.read));
    world.sandbox.buy("marta.k", 777, 1).unwrap();
    world.until(|world| world.engine.state().unread_news > 0).await;
}
