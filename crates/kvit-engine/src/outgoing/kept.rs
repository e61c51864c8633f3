//! An outgoing message as the store keeps it. Rows are text, so that nothing on disk depends on our types.

use kvit_domain::{
    Timestamp,
    fault::{Fault, FaultCode},
    id::MessageId,
    picture::PictureId,
};
use kvit_store::OutgoingRow;
use serde::{Deserialize, Serialize};

use super::{Outgoing, OutgoingState};
use crate::kept_fault::KeptFault;

/// What the columns do not have, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Body {
    text: String,
    pictures: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_off: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silence: Option<KeptFault>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<KeptFault>,
    watched: bool,
}

fn state_word(state: &OutgoingState) -> &'static str {
    match state {
        OutgoingState::Waiting => "waiting",
        OutgoingState::Uploading => "uploading",
        OutgoingState::Sending => "sending",
        OutgoingState::Checking { .. } => "checking",
        OutgoingState::Sent(_) => "sent",
        OutgoingState::Failed(_) => "failed",
    }
}

/// The row of an outgoing message. It is open for as long as the next start has to look after it.
///
/// # Errors
/// `Internal`: it cannot be written as text.
pub(super) fn row_of(outgoing: &Outgoing) -> Result<OutgoingRow, Fault> {
    let body = Body {
        text: outgoing.text.clone(),
        pictures: outgoing.pictures.iter().map(ToString::to_string).collect(),
        mark: outgoing.mark.map(|mark| mark.to_string()),
        sent_off: outgoing.sent_off.map(|at| at.to_string()),
        silence: outgoing.silence.as_ref().map(KeptFault::of),
        failed: match &outgoing.state {
            OutgoingState::Failed(fault) => Some(KeptFault::of(fault)),
            _ => None,
        },
        watched: outgoing.watched,
    };
    Ok(OutgoingRow {
        id: outgoing.id,
        talk: outgoing.talk,
        state: state_word(&outgoing.state).to_owned(),
        open: outgoing.state.is_open() || outgoing.may_be_repeated(),
        made: outgoing.made,
        message: outgoing.message(),
        repeats: outgoing.repeats.clone(),
        body: serde_json::to_string(&body).map_err(|error| {
            tracing::error!(%error, "an outgoing message cannot be written as text");
            Fault::new(FaultCode::Internal)
        })?,
    })
}

/// The outgoing message of a row; `None` for one that this version cannot read.
pub(super) fn outgoing_of(row: &OutgoingRow) -> Option<Outgoing> {
    let body: Body = serde_json::from_str(&row.body).ok()?;
    let state = match row.state.as_str() {
        "waiting" => OutgoingState::Waiting,
        "uploading" => OutgoingState::Uploading,
        "sending" => OutgoingState::Sending,
        "checking" => OutgoingState::Checking { looks: 0, absent: 0 },
        "sent" => OutgoingState::Sent(row.message?),
        "failed" => OutgoingState::Failed(body.failed?.read()?),
        _ => return None,
    };
    let pictures: Option<Vec<PictureId>> = body.pictures.iter().map(|id| id.parse().ok()).collect();
    Some(Outgoing {
        id: row.id,
        talk: row.talk,
        text: body.text,
        pictures: pictures?,
        made: row.made,
        state,
        mark: read::<MessageId>(body.mark.as_deref())?,
        sent_off: read::<Timestamp>(body.sent_off.as_deref())?,
        silence: match body.silence {
            Some(kept) => Some(kept.read()?),
            None => None,
        },
        repeats: row.repeats.clone(),
        watched: body.watched,
    })
}

/// `None`: there, but not readable.
#[expect(
    clippy::option_option,
    reason = "there and readable, absent, there and not readable"
)]
fn read<T: std::str::FromStr>(text: Option<&str>) -> Option<Option<T>> {
    match text {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use kvit_domain::{id::DealId, message::Talk};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_comes_back(
            text in "\\PC{0,40}",
            pictures in proptest::collection::vec(any::<u128>(), 0..4),
            numbers in proptest::collection::vec(1u64..1_000, 3),
            state in 0u8..6,
            sent in proptest::option::of(0i64..4_000_000_000),
            watched: bool,
        ) {
            let [mark, message, repeat] = [numbers[0], numbers[1], numbers[2]].map(|number| MessageId::new(number).unwrap());
            let fault = Fault::new(FaultCode::DealClosedForMessages).with("status", "Canceled").said("no");
            let outgoing = Outgoing {
                state: match state {
                    0 => OutgoingState::Waiting,
                    1 => OutgoingState::Uploading,
                    2 => OutgoingState::Sending,
                    3 => OutgoingState::Checking { looks: 0, absent: 0 },
                    4 => OutgoingState::Sent(message),
                    _ => OutgoingState::Failed(fault.clone()),
                },
                mark: Some(mark),
                sent_off: sent.map(|second| Timestamp::from_second(second).unwrap()),
                silence: (state > 2).then_some(fault),
                repeats: vec![repeat],
                watched,
                ..Outgoing::new(
                    uuid::Uuid::from_u128(9),
                    Talk::Deal(DealId::new(41).unwrap()),
                    text,
                    pictures.into_iter().map(|id| PictureId::new(uuid::Uuid::from_u128(id))).collect(),
                    Timestamp::UNIX_EPOCH,
                )
            };
            let row = row_of(&outgoing).unwrap();
            prop_assert_eq!(row.open, state < 4 || (state == 4 && !watched));
            prop_assert_eq!(outgoing_of(&row), Some(outgoing));
        }
    }

    #[test]
    fn another_version_s_row_is_not_misread() {
        let outgoing = Outgoing::new(
            uuid::Uuid::nil(),
            Talk::Deal(DealId::new(41).unwrap()),
            "Hello".to_owned(),
            Vec::new(),
            Timestamp::UNIX_EPOCH,
        );
        let good = row_of(&outgoing).unwrap();
        for (state, body) in [
            ("of_another_version", good.body.as_str()),
            ("sent", good.body.as_str()),
            ("failed", good.body.as_str()),
            ("waiting", "{"),
            ("waiting", r#"{"pictures":["?"]}"#),
            ("waiting", r#"{"mark":"0"}"#),
        ] {
            let row = OutgoingRow {
                state: state.to_owned(),
                body: body.to_owned(),
                ..good.clone()
            };
            assert_eq!(outgoing_of(&row), None, "{state} {body}");
        }
    }
}
