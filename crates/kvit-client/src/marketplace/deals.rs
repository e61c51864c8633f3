//! Deals and their chat.

use kvit_domain::{
    deal::{Deal, DealStatus},
    fault::Fault,
    feedback::Feedback,
    id::DealId,
    message::Message,
    picture::PictureId,
};
use kvit_wire::{Path, Reason, WireFault, deal};

use super::{Marketplace, conversations::writable};

impl Marketplace {
    /// Deals in these statuses, newest first (GetMyDeals). No status gives nothing, as at the server.
    pub async fn deals(&self, statuses: &[DealStatus], count: u32) -> Result<Vec<Deal>, Fault> {
        if statuses.is_empty() {
            return Ok(Vec::new());
        }
        self.read(
            "GetMyDeals",
            || deal::list_request(statuses, count),
            |mut api, request| async move { api.get_my_deals(request).await },
            deal::read_list,
        )
        .await
    }

    /// A deal (GetDealById).
    pub async fn deal(&self, id: DealId) -> Result<Deal, Fault> {
        self.read(
            "GetDealById",
            || deal::request(id),
            |mut api, request| async move { api.get_deal_by_id(request).await },
            |message| this_deal(deal::read(message, &Path::ROOT)?, id),
        )
        .await
    }

    /// Writes in a deal's chat (SendMessage). Faults of [`writable`] before anything is sent. Sent at most once: after
    /// silence, look whether it is there.
    pub async fn send_deal_message(
        &self,
        id: DealId,
        text: &str,
        pictures: &[PictureId],
    ) -> Result<Message, Fault> {
        writable(text, pictures)?;
        self.act(
            "SendMessage",
            deal::message_request(id, text, pictures),
            |mut api, request| async move { api.send_message(request).await },
            deal::read_sent,
        )
        .await
    }

    /// Says something of the other side of a deal (SendFeedback), once and for all. Sent at most once.
    pub async fn give_deal_feedback(&self, id: DealId, said: &Feedback) -> Result<Deal, Fault> {
        self.act(
            "SendFeedback",
            deal::feedback_request(id, said),
            |mut api, request| async move { api.send_feedback(request).await },
            |message| this_deal(deal::read(message, &Path::ROOT)?, id),
        )
        .await
    }

    /// Says "I paid" (IPayed). Sent at most once: the same rpc completes the deal when the giver of bitcoin calls
    /// it (section 13.5), so only the payer of fiat may.
    pub async fn declare_paid(&self, id: DealId) -> Result<Deal, Fault> {
        self.act(
            "IPayed",
            deal::declare_request(id),
            |mut api, request| async move { api.i_payed(request).await },
            |message| this_deal(deal::read_declared(message)?, id),
        )
        .await
    }

    /// Cancels a deal (CancelDeal), and the payment that it funds.
    pub async fn cancel_deal(&self, id: DealId) -> Result<Deal, Fault> {
        self.act(
            "CancelDeal",
            deal::cancel_request(id),
            |mut api, request| async move { api.cancel_deal(request).await },
            |message| this_deal(deal::read_canceled(message)?, id),
        )
        .await
    }
}

/// Another deal is no answer.
fn this_deal(deal: Deal, id: DealId) -> Result<Deal, WireFault> {
    if deal.id == id {
        Ok(deal)
    } else {
        Err(Path::ROOT.field("Id").fault(Reason::Value))
    }
}
