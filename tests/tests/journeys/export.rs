//! Payments for other programs: from the store, connected or not, exact, and never over a file that is there.

use kvit_domain::{fault::FaultCode, payment::Direction};
use kvit_engine::{
    PaymentsQuery,
    export::{Format, Tongue},
};
use kvit_testkit::World;

use crate::{LIBRARY, cut_off, done, fault_of, listed, open_deal, pay};

async fn offline(seed: u64) -> World {
    let world = World::new(seed).await;
    done(pay(&world, LIBRARY, 3).await);
    open_deal(&world).await;
    cut_off(&world).await;
    world
}

#[tokio::test(start_paused = true)]
async fn every_payment_is_in_the_json_with_its_exact_values() {
    let world = offline(295).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.json");
    let query = PaymentsQuery::default();
    let saved = world
        .engine
        .export_payments(&query, Format::Json, Tongue::En, path.clone())
        .await
        .unwrap();
    let page = listed(&world, &query).await.unwrap();
    assert_eq!((saved.rows, saved.path), (page.total, path.clone()));
    let text = std::fs::read_to_string(path).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = json["payments"].as_array().unwrap();
    assert_eq!(rows.len(), page.payments.len());
    for (row, listed) in rows.iter().zip(&page.payments) {
        let row = row.to_string();
        for value in [
            listed.payment.id.to_string(),
            listed.payment.amount.get().to_string(),
            listed.payment.invoice.id.to_string(),
        ] {
            assert!(row.contains(&format!("\"{value}\"")), "{value} in {row}");
        }
        assert!(!row.contains("e-"), "no number is written as a float: {row}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_filtered_is_what_is_written() {
    let world = offline(296).await;
    let folder = tempfile::tempdir().unwrap();
    for direction in [Direction::FromMe, Direction::ToMe] {
        let query = PaymentsQuery {
            direction: Some(direction),
            ..PaymentsQuery::default()
        };
        let wanted = listed(&world, &query).await.unwrap();
        assert!(wanted.total > 0);
        for (format, tongue) in [
            (Format::Csv, Tongue::En),
            (Format::Csv, Tongue::Ru),
            (Format::Json, Tongue::En),
        ] {
            let path = folder
                .path()
                .join(format!("{direction:?}-{tongue:?}.{}", format.extension()));
            let saved = world
                .engine
                .export_payments(&query, format, tongue, path)
                .await
                .unwrap();
            assert_eq!(saved.rows, wanted.total);
            let text = std::fs::read_to_string(&saved.path).unwrap();
            if format == Format::Csv {
                let lines = text.trim_end().lines().count();
                assert!(lines > wanted.total as usize, "a head and a line for each");
                let separator = if tongue == Tongue::Ru { ';' } else { ',' };
                assert!(text.lines().next().unwrap().contains(separator));
            }
            for row in &wanted.payments {
                assert!(text.contains(&row.payment.id.to_string()));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_there_is_not_overwritten() {
    let world = offline(297).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payments.csv");
    std::fs::write(&path, "somebody's only copy").unwrap();
    let mut written = vec![path.clone()];
    for _ in 0..3 {
        let saved = world
            .engine
            .export_payments(&PaymentsQuery::default(), Format::Csv, Tongue::En, path.clone())
            .await
            .unwrap();
        assert!(!written.contains(&saved.path), "{:?}", saved.path);
        assert_eq!(saved.path.parent(), Some(folder.path()));
        written.push(saved.path);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's only copy");
    let texts: Vec<String> = written[1..]
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert!(texts.iter().all(|text| *text == texts[0]));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_written_there_is_no_file() {
    let world = offline(298).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no such folder/payments.csv");
    let fault = fault_of(
        world
            .engine
            .export_payments(&PaymentsQuery::default(), Format::Csv, Tongue::En, path)
            .await,
    );
    assert_eq!(fault.code, FaultCode::FileUnwritable);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(
        world
            .engine
            .export_name(Format::Csv, Tongue::Ru)
            .unwrap()
            .ends_with(".csv")
    );
}
