//! Chats that were kept before there were talks.

use rusqlite::{Connection, params};

use super::keep::{Copied, hear};
use crate::{
    fault::StoreFault,
    profile,
    rows::{self, DealRow, bare, number, time},
};

/// The chats of deals that were kept before there were talks, as read: the person knew no other.
///
/// A deal that cannot be read is left out; whoever asks for it is told that it is damaged.
pub(crate) fn adopt_deals(step: &Connection) -> Result<(), StoreFault> {
    let Some(me) = profile::me(step)? else {
        return Ok(());
    };
    let ids: Vec<i64> = step
        .prepare("SELECT id FROM deals ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids {
        let (body, read): (String, String) = step
            .prepare_cached("SELECT body, read FROM deals WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let deal = rows::read::<DealRow>("deal", &body).and_then(|row| {
            let pictures = row.pictures();
            Ok((row.deal(&mut bare)?, pictures, time("time of reading", &read)?))
        });
        let (deal, pictures, read) = match deal {
            Ok(deal) => deal,
            Err(fault) => {
                tracing::warn!(%fault, "the chat of a deal is left out");
                continue;
            }
        };
        let Some(chat) = Copied::of_deal(&deal, me) else {
            continue;
        };
        hear(step, &chat, me, read)?;
        let mut counted = step.prepare_cached(
            "UPDATE messages SET pictures = ?3 WHERE talk = (SELECT number FROM talks WHERE name = ?1) AND number = ?2",
        )?;
        for (message, pictures) in deal.messages.iter().zip(pictures) {
            counted.execute(params![
                chat.talk.to_string(),
                number(message.id.get()),
                rows::write(&pictures)?
            ])?;
        }
    }
    step.execute("UPDATE talks SET read_to = last, unread = 0", [])?;
    Ok(())
}
