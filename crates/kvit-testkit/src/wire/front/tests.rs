use kvit_client::{Limits, Marketplace};
use kvit_domain::{fault::MoneyMoved, id::InvoiceId};
use kvit_sandbox::{Fault, When};
use secrecy::SecretString;

use super::*;
use crate::wire::{FaultWire, tests::shop};

const PAY: &str = "PayInvoiceFromBalance";

async fn world() -> (Arc<Sandbox>, InvoiceId, FrontProxy) {
    let (sandbox, invoice) = shop().await;
    (sandbox, invoice, FrontProxy::default())
}

fn client(front: &FrontProxy, sandbox: &Arc<Sandbox>) -> Marketplace {
    let token = SecretString::from(sandbox.token());
    Marketplace::over(front.connector(sandbox), &token, Limits::default()).unwrap()
}

/// Reasons a call or a connection is ended with in practice.
const REASONS: [Reason; 7] = [
    Reason::NO_ERROR,
    Reason::PROTOCOL_ERROR,
    Reason::INTERNAL_ERROR,
    Reason::FLOW_CONTROL_ERROR,
    Reason::REFUSED_STREAM,
    Reason::CANCEL,
    Reason::ENHANCE_YOUR_CALM,
];

#[tokio::test(start_paused = true)]
async fn a_healthy_proxy_changes_nothing() {
    let (sandbox, invoice, front) = world().await;
    let api = client(&front, &sandbox);
    for _ in 0..3 {
        api.pay_from_balance(invoice, 1).await.unwrap();
    }
    // Long answers, refusals, and streams with their heartbeats.
    let payments = api
        .payments(kvit_client::PaymentsFilter::default())
        .await
        .unwrap();
    assert!(payments.len() > 5);
    sandbox.faults().once(
        PAY,
        When::Before,
        Fault::Refuse(kvit_sandbox::Code::Unknown, "no".into()),
    );
    assert_eq!(
        api.pay_from_balance(invoice, 1)
            .await
            .unwrap_err()
            .server_text
            .as_deref(),
        Some("no")
    );
    assert_eq!((front.struck(), sandbox.executions().len()), (vec![], 3));
}

#[tokio::test(start_paused = true)]
async fn a_reset_ends_the_call_where_it_is_told_and_the_connection_goes_on() {
    let (sandbox, invoice, front) = world().await;
    let connector = FaultWire::new(1);
    let (through, proxy, market) = (connector.clone(), front.clone(), Arc::clone(&sandbox));
    let token = SecretString::from(sandbox.token());
    let connect = move || through.through(|| proxy.connect(&market));
    let api = Marketplace::over(connect, &token, Limits::default()).unwrap();
    let mut expected = 0;
    for stage in Stage::ALL {
        for reason in REASONS {
            front.once(PAY, stage, Ending::Reset(reason));
            let outcome = api.pay_from_balance(invoice, 1).await;
            expected += usize::from(stage != Stage::Before);
            assert_eq!(sandbox.executions().len(), expected, "{stage:?} {reason:?}");
            let fault = outcome.unwrap_err();
            assert!(
                stage == Stage::Before || fault.money != MoneyMoved::No,
                "{stage:?} {reason:?} {fault:?}"
            );
            api.balance().await.unwrap();
        }
    }
    assert_eq!(front.struck().len(), 21);
    assert_eq!(connector.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_goaway_ends_the_connection_and_maybe_the_call() {
    let (sandbox, invoice, front) = world().await;
    for stage in Stage::ALL {
        for reason in [
            Reason::NO_ERROR,
            Reason::INTERNAL_ERROR,
            Reason::ENHANCE_YOUR_CALM,
        ] {
            for last in Last::ALL {
                let case = format!("{stage:?} {reason:?} {last:?}");
                let api = client(&front, &sandbox);
                // So that there is a stream below.
                api.balance().await.unwrap();
                let before = sandbox.executions().len();
                front.once(PAY, stage, Ending::GoAway(reason, last));
                let outcome = api.pay_from_balance(invoice, 1).await;
                let goes_on = reason == Reason::NO_ERROR && last != Last::Below;
                let made = sandbox.executions().len() - before;
                assert_eq!(made, usize::from(goes_on || stage != Stage::Before), "{case}");
                assert_eq!(outcome.is_ok(), goes_on, "{case} {outcome:?}");
                // Another connection is made and works.
                api.balance().await.unwrap();
            }
        }
    }
    assert_eq!(front.struck().len(), 27);
}
