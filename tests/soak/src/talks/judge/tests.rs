use super::*;

const TALK: &str = "payment/7";

fn picture() -> Picture {
    Picture {
        id: "6f9619ff-8b86-d011-b42d-00cf4fc964ff".to_owned(),
        sha256: "aa".to_owned(),
    }
}

fn sent() -> Sent {
    Sent {
        ask: 0,
        talk: TALK.to_owned(),
        text: "words".to_owned(),
        pictures: 1,
        composed: Some(vec![picture()]),
        posted: true,
        order: 1,
        retries: 0,
        deleted: false,
        fault: "c7 rst".to_owned(),
        repeated: false,
        told: vec![Fate::Sent(5)],
    }
}

fn upload(sequence: u64) -> Execution {
    Execution {
        sequence,
        rpc: "StoreImage".to_owned(),
        images: vec![picture().id],
        sha256: Some("aa".to_owned()),
        changed: true,
        ..Execution::default()
    }
}

fn execution(sequence: u64, message: u64) -> Execution {
    Execution {
        sequence,
        rpc: "SendInvoicePaymentMessage".to_owned(),
        text: Some("words".to_owned()),
        images: vec![picture().id],
        message: Some(message),
        changed: true,
        ..Execution::default()
    }
}

fn line(state: Standing, repeats: u32) -> Line {
    Line {
        text: "words".to_owned(),
        pictures: vec![picture().id],
        mine: true,
        state,
        repeats,
    }
}

fn request() -> Request {
    let call = v1::SendInvoicePaymentMessageRequest {
        payment_id: 7,
        text: "words".to_owned(),
        ..Default::default()
    };
    Request {
        rpc: "SendInvoicePaymentMessage".to_owned(),
        body: call.encode_to_vec(),
    }
}

fn shown(lines: Vec<Line>) -> BTreeMap<String, Vec<Line>> {
    BTreeMap::from([(TALK.to_owned(), lines)])
}

fn good() -> Evidence {
    Evidence {
        sent: vec![sent()],
        written: Vec::new(),
        ledger: vec![upload(1), execution(2, 5)],
        requests: Some(vec![request()]),
        talks: shown(vec![line(Standing::Message(5), 0)]),
    }
}

fn failed() -> Evidence {
    Evidence {
        sent: vec![Sent {
            told: vec![Fate::Failed("TimedOut".to_owned())],
            ..sent()
        }],
        ledger: vec![upload(1)],
        talks: shown(vec![line(Standing::Failed, 0)]),
        ..good()
    }
}

#[test]
fn what_is_as_it_must_be_is_good() {
    assert!(judge(&good()).good(), "{}", judge(&good()));
    assert!(judge(&failed()).good(), "{}", judge(&failed()));
    let deleted = Evidence {
        sent: vec![Sent {
            deleted: true,
            ..failed().sent.remove(0)
        }],
        talks: shown(Vec::new()),
        ..failed()
    };
    assert!(judge(&deleted).good());
    let noticed = Evidence {
        sent: vec![Sent {
            repeated: true,
            ..sent()
        }],
        ledger: vec![upload(1), execution(2, 5), execution(3, 6)],
        talks: shown(vec![line(Standing::Message(5), 1)]),
        ..good()
    };
    let totals = judge(&noticed);
    assert!(totals.good(), "{totals}");
    assert_eq!(totals.doubled_and_noticed, 1);
}

/// A way to spoil what is known.
type Spoiling = (fn(&mut Evidence), fn(&Totals) -> u64);

#[test]
fn whatever_is_wrong_is_seen_by_the_total_that_is_there_for_it() {
    let spoilt: &[Spoiling] = &[
        (
            |all| all.ledger.push(execution(3, 6)),
            |totals| totals.doubled_by_us,
        ),
        (
            |all| {
                all.sent[0].repeated = true;
                all.ledger.push(execution(3, 6));
            },
            |totals| totals.doubled_unnoticed,
        ),
        (
            |all| all.requests = Some(vec![request(), request()]),
            |totals| totals.sent_again_by_us,
        ),
        (|all| all.talks = shown(Vec::new()), |totals| totals.forgotten),
        (
            |all| all.talks = shown(vec![line(Standing::Message(5), 0), line(Standing::Message(6), 0)]),
            |totals| totals.doubled_unnoticed,
        ),
        (
            |all| all.talks = shown(vec![line(Standing::Open, 0)]),
            |totals| totals.unknown_at_the_end,
        ),
        (
            |all| all.talks = shown(vec![line(Standing::Failed, 0)]),
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.talks = shown(vec![line(Standing::Message(6), 0)]),
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.ledger = vec![upload(1)],
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.sent[0].told = vec![Fate::Failed("TimedOut".to_owned())],
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.sent[0].told = vec![Fate::Sent(6)],
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.ledger = vec![execution(1, 5), upload(2)],
            |totals| totals.dangling,
        ),
        (|all| all.ledger = vec![execution(1, 5)], |totals| totals.dangling),
        (
            |all| all.ledger[0].sha256 = Some("bb".to_owned()),
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.ledger[1].images.clear(),
            |totals| totals.reported_wrongly,
        ),
        (
            |all| all.ledger[1].text = Some("others".to_owned()),
            |totals| totals.reported_wrongly,
        ),
        (
            |all| {
                all.written.push(Written {
                    talk: TALK.to_owned(),
                    text: "answer".to_owned(),
                });
            },
            |totals| totals.forgotten,
        ),
        (
            |all| {
                let mut earlier = Sent {
                    text: "earlier".to_owned(),
                    order: 0,
                    composed: None,
                    told: vec![Fate::Sent(6)],
                    ..sent()
                };
                earlier.ask = 1;
                all.sent.push(earlier);
                all.ledger.push(Execution {
                    text: Some("earlier".to_owned()),
                    images: Vec::new(),
                    ..execution(3, 6)
                });
            },
            |totals| totals.out_of_order,
        ),
    ];
    for (number, (spoil, total)) in spoilt.iter().enumerate() {
        let mut evidence = good();
        spoil(&mut evidence);
        let totals = judge(&evidence);
        assert!(!totals.good() && total(&totals) > 0, "number {number}: {totals}");
    }
}
