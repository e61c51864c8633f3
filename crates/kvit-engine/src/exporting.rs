//! Exporting the payments of the account in use, from the store.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use kvit_domain::fault::{Fault, FaultCode};
use kvit_store::{Store, StoreFault};

use crate::{
    engine::Engine,
    export::{self, ExportFault, Format, Head, Row, Saved, Tongue},
    open_account::OpenAccount,
    payments::PaymentsQuery,
    shell::Shell,
    store_faults::fault_of,
};

/// Payments read from the store at once.
const AT_ONCE: usize = 200;

impl<S: Shell> Engine<S> {
    /// The name an export gets by itself.
    ///
    /// # Errors
    /// Why the store is not open, or `NotConnected` if nothing was ever read.
    pub fn export_name(&self, format: Format, tongue: Tongue) -> Result<String, Fault> {
        let head = self.head(&*self.opened()?)?;
        Ok(export::default_name(format, tongue, &head))
    }

    /// Writes the payments that fit into a new file at this path, or beside it if there is one already. Needs no
    /// network.
    ///
    /// # Errors
    /// `FileUnwritable`; why the store is not open. Then there is no file.
    pub async fn export_payments(
        &self,
        query: &PaymentsQuery,
        format: Format,
        tongue: Tongue,
        path: PathBuf,
    ) -> Result<Saved, Fault> {
        let account = self.opened()?;
        let head = self.head(&account)?;
        let asked = kvit_store::PaymentsQuery {
            me: head.me,
            direction: query.direction,
            status: query.status,
            text: query.text.clone(),
            noticed_only: query.noticed_only,
        };
        let store = account.store.clone();
        let writing = tokio::task::spawn_blocking(move || {
            let ids = store.payment_ids(&asked).map_err(ExportFault::Row)?;
            let rows = ids.chunks(AT_ONCE).flat_map(|some| rows_of(&store, some));
            export::save(&path, format, tongue, &head, rows)
        });
        let written = writing.await.map_err(|_| Fault::new(FaultCode::Internal))?;
        written.map_err(|fault| match fault {
            ExportFault::Row(error) => fault_of(&error),
            ExportFault::File(error) => {
                tracing::warn!(%error, "the export was not written");
                FaultCode::FileUnwritable.into()
            }
        })
    }

    pub(crate) fn head(&self, account: &OpenAccount) -> Result<Head, Fault> {
        let kept = self.account(account.id)?;
        Ok(Head {
            made: self.now(),
            account: kept.label,
            marketplace: kept.address,
            me: account.me()?,
            zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
        })
    }
}

fn rows_of(store: &Store, ids: &[kvit_domain::id::PaymentId]) -> Vec<Result<Row, StoreFault>> {
    let kept = match store.payments_by_id(ids) {
        Ok(kept) => kept,
        Err(fault) => return vec![Err(fault)],
    };
    kept.into_iter()
        .map(|kept| {
            Ok(Row {
                receipt: store.receipt(kept.payment.id)?,
                payment: kept.payment,
                seal: kept.mark,
            })
        })
        .collect()
}
