use kvit_sandbox::{Moment, Sats};

use super::*;

fn asked(told: Option<End>) -> Asked {
    Asked {
        ask: 1,
        act: Act::Pay {
            invoice: 88,
            pieces: 3,
            seen: 300,
        },
        fault: "c7 rst".to_owned(),
        repeated: false,
        told,
    }
}

fn line(payment: u64) -> Execution {
    Execution {
        sequence: 1,
        rpc: "PayInvoiceFromBalance".to_owned(),
        user: "you".to_owned(),
        invoice: Some(88),
        pieces: Some(3),
        payment: Some(payment),
        deal: None,
        sats: Sats(300),
        at: Moment::from_seconds(0),
        changed: true,
        ..Execution::default()
    }
}

fn entry(state: State, made: Option<u64>) -> Entry {
    Entry {
        id: "x".to_owned(),
        act: "PayFromBalance".to_owned(),
        invoice: Some(88),
        pieces: Some(3),
        about: None,
        deal: None,
        state,
        made,
        doubles: Vec::new(),
        differs: false,
    }
}

fn request() -> Request {
    let call = v1::PayInvoiceFromBalanceRequest {
        invoice_id: 88,
        pieces: 3,
    };
    Request {
        rpc: "PayInvoiceFromBalance".to_owned(),
        body: call.encode_to_vec(),
    }
}

fn done() -> Option<End> {
    Some(End::Done {
        payment: Some(7),
        deal: None,
        differs: false,
    })
}

fn refused() -> Option<End> {
    Some(End::Refused {
        code: "ConnectionLost".to_owned(),
        money_unknown: false,
    })
}

fn unknown() -> Option<End> {
    Some(End::Unknown {
        operation: "x".to_owned(),
    })
}

fn good() -> Evidence {
    Evidence {
        asked: vec![asked(done())],
        ledger: vec![line(7)],
        requests: vec![request()],
        journal: vec![entry(State::Done, Some(7))],
    }
}

#[test]
fn what_is_right_is_not_complained_about() {
    let totals = judge(&good());
    assert!(totals.good(), "{totals}");
    assert_eq!((totals.asked, totals.payments, totals.made), (1, 1, 1));
    let silent = Evidence {
        asked: vec![asked(unknown())],
        ..good()
    };
    assert!(judge(&silent).good());
    let killed = Evidence {
        asked: vec![asked(None)],
        ..good()
    };
    assert!(judge(&killed).good());
    let absent = Evidence {
        asked: vec![asked(unknown())],
        ledger: Vec::new(),
        journal: vec![entry(State::Absent, None)],
        ..good()
    };
    assert!(judge(&absent).good());
    let never_begun = Evidence {
        asked: vec![asked(None)],
        ..Evidence::default()
    };
    assert!(judge(&never_begun).good());
}

#[test]
fn each_sin_is_told_apart() {
    let sins = |evidence: &Evidence| {
        let totals = judge(evidence);
        assert!(!totals.good());
        totals.sins().map(|(_, count)| count)
    };
    let doubled = Evidence {
        ledger: vec![line(7), line(8)],
        ..good()
    };
    assert_eq!(sins(&doubled), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let again = Evidence {
        requests: vec![request(), request()],
        ..good()
    };
    assert_eq!(sins(&again), [0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let forgotten = Evidence {
        journal: Vec::new(),
        ..good()
    };
    assert_eq!(sins(&forgotten), [0, 0, 0, 1, 0, 0, 0, 0, 0]);
    let failed = Evidence {
        asked: vec![asked(refused())],
        ..good()
    };
    assert_eq!(sins(&failed), [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let absent = Evidence {
        asked: vec![asked(unknown())],
        journal: vec![entry(State::Absent, None)],
        ..good()
    };
    assert_eq!(sins(&absent), [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let invented = Evidence {
        ledger: Vec::new(),
        ..good()
    };
    assert_eq!(sins(&invented), [0, 0, 0, 0, 2, 0, 0, 0, 0]);
    let another = Evidence {
        ledger: vec![line(9)],
        ..good()
    };
    assert_eq!(sins(&another), [0, 0, 0, 0, 2, 0, 0, 0, 0]);
    let open = Evidence {
        asked: vec![asked(unknown())],
        journal: vec![entry(State::Open, None)],
        ..good()
    };
    assert_eq!(sins(&open), [0, 0, 0, 0, 0, 1, 0, 0, 0]);
    let nobody = Evidence {
        asked: Vec::new(),
        ..good()
    };
    assert_eq!(sins(&nobody), [0, 0, 0, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn a_double_of_the_proxy_is_nobodys_sin_if_it_is_shown() {
    let repeated = || Asked {
        repeated: true,
        ..asked(done())
    };
    let unseen = Evidence {
        asked: vec![repeated()],
        ledger: vec![line(7), line(8)],
        ..good()
    };
    let totals = judge(&unseen);
    assert_eq!(
        (
            totals.doubled_by_us,
            totals.doubled_unnoticed,
            totals.doubled_and_noticed
        ),
        (0, 1, 0)
    );
    let shown = Entry {
        doubles: vec![8],
        ..entry(State::Done, Some(7))
    };
    let seen = Evidence {
        journal: vec![shown],
        ..unseen
    };
    let totals = judge(&seen);
    assert!(totals.good(), "{totals}");
    assert_eq!(totals.doubled_and_noticed, 1);
}

#[test]
fn another_sum_than_agreed_has_to_be_said() {
    let dearer = Execution {
        sats: Sats(400),
        ..line(7)
    };
    let silent = Evidence {
        ledger: vec![dearer.clone()],
        ..good()
    };
    assert_eq!(judge(&silent).reported_wrongly, 2);
    let said = Evidence {
        asked: vec![asked(Some(End::Done {
            payment: Some(7),
            deal: None,
            differs: true,
        }))],
        ledger: vec![dearer],
        journal: vec![Entry {
            differs: true,
            ..entry(State::Done, Some(7))
        }],
        ..good()
    };
    assert!(judge(&said).good());
}
