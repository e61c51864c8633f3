use kvit_domain::id::PaymentId;
use proptest::prelude::*;

use super::*;

const PACE: Pace = Pace::REAL;

/// Later than the last repetition.
const LONG: Duration = Duration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(number: u64) -> MessageId {
    MessageId::new(number).unwrap()
}

fn me() -> UserId {
    UserId::Person(uuid::Uuid::from_u128(7))
}

fn outgoing(text: &str, pictures: &[u128]) -> Outgoing {
    Outgoing::new(
        OutgoingId::new_v4(),
        Talk::Payment(PaymentId::new(1207).unwrap()),
        text.to_owned(),
        pictures.iter().map(|id| picture(*id)).collect(),
        at(0),
    )
}

fn picture(id: u128) -> PictureId {
    PictureId::new(uuid::Uuid::from_u128(id))
}

fn silent() -> Outgoing {
    let mut one = outgoing("Hello", &[]);
    one.sending(MessageId::new(4), at(0));
    one.silence(FaultCode::TimedOut.into());
    one
}

fn message(number: u64, text: &str, pictures: &[u128]) -> Message {
    Message {
        id: id(number),
        created: at(0),
        author: Some(me()),
        text: text.to_owned(),
        pictures: pictures.iter().map(|id| picture(*id)).collect(),
    }
}

#[test]
fn early_absence_proves_nothing() {
    let mut one = silent();
    for second in 1..=90 {
        one.looked(&Look::Nothing, at(second), LONG, &PACE);
    }
    assert_eq!(one.state, OutgoingState::Checking { looks: 90, absent: 0 });
    one.looked(&Look::Nothing, at(91), LONG, &PACE);
    one.looked(&Look::Failed, at(92), LONG, &PACE);
    assert!(one.state.is_open(), "a look that failed is no proof");
    one.looked(&Look::Nothing, at(93), LONG, &PACE);
    assert_eq!(one.state, OutgoingState::Failed(FaultCode::TimedOut.into()));
}

#[test]
fn what_is_found_is_claimed_with_its_repetitions() {
    let mut one = silent();
    one.looked(&Look::Found(vec![id(5), id(9)]), at(1), Duration::ZERO, &PACE);
    assert_eq!(one.state, OutgoingState::Sent(id(5)));
    assert_eq!(one.repeats, [id(9)]);
    one.repeated(&[id(5), id(12), id(9)]);
    assert_eq!(one.repeats, [id(9), id(12)], "itself is no repetition");
    assert!(one.may_be_repeated());
    one.watched();
    assert!(!one.may_be_repeated());
}

#[test]
fn pictures_alone_decide_and_words_only_where_there_are_none() {
    let mut said = outgoing("Hello", &[]);
    said.sending(MessageId::new(4), at(0));
    assert!(said.could_be(&message(5, "Hello", &[]), me()));
    for other in [
        message(4, "Hello", &[]),
        message(5, "hello", &[]),
        message(5, "Hello", &[1]),
        Message {
            author: None,
            ..message(5, "Hello", &[])
        },
    ] {
        assert!(!said.could_be(&other, me()), "{other:?}");
    }
    let mut shown = outgoing("Look", &[1, 2]);
    shown.sending(None, at(0));
    assert!(shown.could_be(&message(1, "whatever a server made of it", &[1, 2]), me()));
    assert!(
        !shown.could_be(&message(1, "Look", &[2, 1]), me()),
        "another order"
    );
    assert!(!shown.could_be(&message(1, "Look", &[]), me()));
}

#[test]
fn what_never_left_claims_nothing() {
    let mut one = outgoing("Hello", &[]);
    assert!(!one.could_be(&message(1, "Hello", &[]), me()));
    one.refused(FaultCode::PaymentCanceled.into());
    one.arrived(&[id(1)]);
    assert_eq!(
        one.state,
        OutgoingState::Failed(FaultCode::PaymentCanceled.into())
    );
}

#[test]
fn a_refusal_is_corrected_by_what_is_there() {
    let mut one = outgoing("Hello", &[]);
    one.sending(None, at(0));
    one.refused(FaultCode::ServerSaid.into());
    one.arrived(&[id(3)]);
    assert_eq!(one.state, OutgoingState::Sent(id(3)));
}

#[derive(Debug, Clone)]
enum Step {
    Uploading,
    Sending,
    NotSent,
    Silence,
    Refused,
    Arrived(u64),
    Looked(u8, i64),
    OnceMore,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Uploading),
        Just(Step::Sending),
        Just(Step::NotSent),
        Just(Step::Silence),
        Just(Step::Refused),
        (1u64..9).prop_map(Step::Arrived),
        (0u8..3, 0i64..200).prop_map(|(found, second)| Step::Looked(found, second)),
        Just(Step::OnceMore),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever happens in whatever order: what may have been delivered is sent again only after it was proven absent or
    /// refused and the person wanted it; what arrived stays arrived.
    #[test]
    fn it_is_sent_again_by_a_person_only(steps in steps()) {
        let mut one = outgoing("Hello", &[]);
        let mut calls_since_asked = 0;
        let mut refused_since = false;
        for step in steps {
            let before = one.state.clone();
            match step {
                Step::Uploading => one.uploading(),
                Step::Sending => one.sending(MessageId::new(1), at(0)),
                Step::NotSent => {
                    // The caller says this of calls that never left.
                    if before == OutgoingState::Sending {
                        calls_since_asked -= 1;
                    }
                    one.not_sent();
                }
                Step::Silence => one.silence(FaultCode::TimedOut.into()),
                Step::Refused => one.refused(FaultCode::ServerSaid.into()),
                Step::Arrived(number) => one.arrived(&[id(number)]),
                Step::Looked(found, second) => {
                    let look = match found {
                        0 => Look::Nothing,
                        1 => Look::Failed,
                        _ => Look::Found(vec![id(2)]),
                    };
                    one.looked(&look, at(second), LONG, &PACE);
                }
                Step::OnceMore => {
                    one.once_more();
                    if before != one.state {
                        calls_since_asked = 0;
                        refused_since = true;
                    }
                }
            }
            if one.state == OutgoingState::Sending && before != OutgoingState::Sending {
                calls_since_asked += 1;
            }
            prop_assert!(calls_since_asked <= 1, "sent twice");
            if let OutgoingState::Sent(_) = before {
                prop_assert_eq!(&one.state, &before);
            }
            if matches!(before, OutgoingState::Checking { .. }) {
                prop_assert!(!one.state.is_before_sending() && one.state != OutgoingState::Sending);
            }
            if refused_since {
                prop_assert!(one.sent_off.is_some() || one.mark.is_none());
            }
        }
    }
}
