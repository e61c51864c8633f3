//! What is said of people.

use kvit_domain::{fault::Fault, feedback::Feedback, id::UserId};
use kvit_wire::feedback;

use super::Marketplace;

impl Marketplace {
    /// What others say of a user (GetUserFeedbacks), newest first: about deals, or about invoices. `before` is the number
    /// of the last one seen; deal feedback may come without numbers, and then has one page only (section 20, row 52).
    pub async fn feedback_of(
        &self,
        user: UserId,
        of_deals: bool,
        before: Option<u64>,
        count: u32,
    ) -> Result<Vec<(u64, Feedback)>, Fault> {
        self.read(
            "GetUserFeedbacks",
            || feedback::list_request(user, of_deals, before, count),
            |mut api, request| async move { api.get_user_feedbacks(request).await },
            feedback::read_list,
        )
        .await
    }
}
