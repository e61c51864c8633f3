//! The rpcs, one by one: read the request, act on the books, show the result. What practice does not offer
//! yet answers UNIMPLEMENTED.

use kvit_proto::v1;
use kvit_proto::v1::trade_api_server::TradeApi;
use tonic::{Request, Response, Status};

use super::Api;
use super::streams::Messages;
use super::talk;
use crate::books::payments::By;
use crate::hub::Hub;
use crate::ledger::Subject;
use crate::refusal::{Refusal, require_between};
use crate::view::{self, View};

/// Longest name in a request, UTF-16 units (reference 3.3).
const NAME_LIMIT: usize = 300;

type Answer<A> = Result<Response<A>, Status>;

/// Rpcs without an answer here. The contract's trait is made of `async_trait` methods; this is their plain form.
macro_rules! not_practised {
    ($($rpc:ident($request:ty) -> $answer:ty;)*) => {$(
        fn $rpc<'a, 'async_trait>(
            &'a self,
            _request: Request<$request>,
        ) -> std::pin::Pin<Box<dyn Future<Output = Answer<$answer>> + Send + 'async_trait>>
        where
            'a: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async { Err(Status::unimplemented("The practice marketplace does not offer this call.")) })
        }
    )*};
}

/// Rpcs that are a function of the hub, the caller and the request; in the plain form as well.
macro_rules! by_function {
    ($($name:literal: $rpc:ident($request:ty) -> $answer:ty = $act:path;)*) => {$(
        fn $rpc<'a, 'async_trait>(
            &'a self,
            request: Request<$request>,
        ) -> std::pin::Pin<Box<dyn Future<Output = Answer<$answer>> + Send + 'async_trait>>
        where
            'a: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async move {
                let (_, extensions, asked) = request.into_parts();
                self.answer($name, &extensions, move |hub, user| $act(hub, user, asked)).await
            })
        }
    )*};
}

pub(super) fn payment(hub: &Hub, viewer: u64, id: u64) -> Result<v1::InvoicePayment, Refusal> {
    hub.read(|books| View { books, viewer }.payment(id))
}

/// A payment as the subject and the outcome of an execution.
fn paying(id: u64) -> Result<(Subject, u64), Refusal> {
    Ok((Subject::Payment(id), id))
}

#[tonic::async_trait]
impl TradeApi for Api {
    type SubscribeVariablesStream = Messages<v1::Variables>;
    type SubscribeNewEventsStream = Messages<v1::Event>;
    type SubscribeAdvertisementChangesStream = Messages<v1::SubscribeAdvertisementChangesResponse>;
    type SubscribePublicInvoiceStream = Messages<v1::SubscribePublicInvoiceResponse>;

    async fn get_my_profile(&self, request: Request<()>) -> Answer<v1::MyProfileResponse> {
        self.answer("GetMyProfile", request.extensions(), |hub, viewer| {
            hub.read(|books| View { books, viewer }.profile())
        })
        .await
    }

    async fn get_balances(&self, request: Request<()>) -> Answer<v1::Balance> {
        self.answer("GetBalances", request.extensions(), |hub, viewer| {
            hub.read(|books| View { books, viewer }.balance())
        })
        .await
    }

    async fn get_user_info(
        &self,
        request: Request<v1::GetUserInfoRequest>,
    ) -> Answer<v1::GetUserInfoResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetUserInfo", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let id = books.user_by_guid(&asked.id)?.id;
                Ok(v1::GetUserInfoResponse {
                    user_info: Some(View { books, viewer }.user(id)?),
                })
            })
        })
        .await
    }

    async fn is_user_exist(
        &self,
        request: Request<v1::IsUserExistRequest>,
    ) -> Answer<v1::IsUserExistResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("IsUserExist", &extensions, move |hub, viewer| {
            if asked.user_name.encode_utf16().count() > NAME_LIMIT {
                return Err(Refusal::too_long("UserName", NAME_LIMIT));
            }
            hub.read(|books| {
                let found = books.user_by_login(&asked.user_name);
                Ok(v1::IsUserExistResponse {
                    is_exist: found.is_some_and(|user| user.id != viewer),
                })
            })
        })
        .await
    }

    async fn get_variables(&self, request: Request<()>) -> Answer<v1::Variables> {
        self.answer("GetVariables", request.extensions(), |hub, _| {
            hub.read(view::variables)
        })
        .await
    }

    async fn subscribe_variables(&self, request: Request<()>) -> Answer<Self::SubscribeVariablesStream> {
        self.stream(
            "SubscribeVariables",
            request.extensions(),
            Hub::subscribe_variables,
        )
        .await
    }

    async fn subscribe_new_events(&self, request: Request<()>) -> Answer<Self::SubscribeNewEventsStream> {
        self.stream("SubscribeNewEvents", request.extensions(), Hub::subscribe_events)
            .await
    }

    async fn get_user_events(&self, request: Request<()>) -> Answer<v1::GetUserEventsResponse> {
        self.answer("GetUserEvents", request.extensions(), |hub, viewer| {
            hub.read(|books| {
                let view = View { books, viewer };
                let events = books.unread(viewer).into_iter().map(|notice| view.event(notice));
                Ok(v1::GetUserEventsResponse {
                    events: events.collect::<Result<_, _>>()?,
                })
            })
        })
        .await
    }

    async fn mark_events_as_read(&self, request: Request<v1::MarkEventsAsReadRequest>) -> Answer<()> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("MarkEventsAsRead", &extensions, move |hub, user| {
            hub.act(|books, _| books.mark_as_read(user, &asked.id))
        })
        .await
    }

    async fn get_invoice_by_id(
        &self,
        request: Request<v1::GetInvoiceByIdRequest>,
    ) -> Answer<v1::GetInvoicesResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetInvoiceById", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let id = books.visible_invoice(asked.invoice_id, viewer)?.id;
                Ok(v1::GetInvoicesResponse {
                    invoices: vec![View { books, viewer }.invoice(id)?],
                })
            })
        })
        .await
    }

    async fn get_invoices(
        &self,
        request: Request<v1::GetInvoicesRequest>,
    ) -> Answer<v1::GetInvoicesResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetInvoices", &extensions, move |hub, viewer| {
            require_between("count", asked.count, 1, 300)?;
            hub.read(|books| {
                let view = View { books, viewer };
                let to_user = |target: Option<u64>| {
                    asked.to_user.is_empty()
                        || target
                            .and_then(|id| books.user(id).ok())
                            .is_some_and(|user| user.login == asked.to_user)
                };
                let wanted = books.invoices.iter().rev().filter(|(id, invoice)| {
                    invoice.visible_to(viewer)
                        && (!asked.is_owner_has_value || asked.is_owner == (invoice.owner == viewer))
                        && (asked.statuses.is_empty() || asked.statuses.contains(&invoice.status.number()))
                        && (!asked.is_private_has_value || asked.is_private == invoice.is_private())
                        && (asked.id == 0 || asked.id == *id)
                        && (asked.last_id == 0 || *id < asked.last_id)
                        && to_user(invoice.target)
                });
                let count = usize::try_from(asked.count).unwrap_or(usize::MAX);
                let invoices = wanted
                    .take(count)
                    .map(|(id, _)| view.invoice(id))
                    .collect::<Result<_, _>>()?;
                Ok(v1::GetInvoicesResponse { invoices })
            })
        })
        .await
    }

    async fn get_invoice_payments(
        &self,
        request: Request<v1::GetInvoicePaymentsRequest>,
    ) -> Answer<v1::GetInvoicePaymentsResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetInvoicePayments", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let view = View { books, viewer };
                let to_me = asked.is_to_me_has_value.then_some(asked.is_to_me);
                let ids = books.payments_of(viewer, asked.payment_id, to_me, asked.last_id, asked.count)?;
                let payments = ids
                    .into_iter()
                    .map(|id| view.payment(id))
                    .collect::<Result<_, _>>()?;
                Ok(v1::GetInvoicePaymentsResponse { payments })
            })
        })
        .await
    }

    async fn pay_invoice_from_balance(
        &self,
        request: Request<v1::PayInvoiceFromBalanceRequest>,
    ) -> Answer<v1::InvoicePayment> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("PayInvoiceFromBalance", &extensions, move |hub, user| {
            let id = hub.execute("PayInvoiceFromBalance", user, |books, now| {
                paying(books.pay_from_balance(user, asked.invoice_id, asked.pieces, now)?)
            })?;
            payment(hub, user, id)
        })
        .await
    }

    async fn pay_invoice_by_best_deal(
        &self,
        request: Request<v1::PayInvoiceByBestDealRequest>,
    ) -> Answer<v1::InvoicePayment> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("PayInvoiceByBestDeal", &extensions, move |hub, user| {
            let by = By::Best {
                country: asked.country,
                currency: asked.currency,
                payment_type: asked.payment_type,
            };
            let id = hub.execute("PayInvoiceByBestDeal", user, |books, now| {
                paying(books.pay_by_deal(user, asked.invoice_id, asked.pieces, by, now)?)
            })?;
            payment(hub, user, id)
        })
        .await
    }

    async fn get_invoice_suitable_advertisements(
        &self,
        request: Request<v1::GetInvoiceSuitableAdvertisementsRequest>,
    ) -> Answer<v1::GetInvoiceSuitableAdvertisementResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer(
            "GetInvoiceSuitableAdvertisements",
            &extensions,
            move |hub, viewer| {
                require_between("count", asked.count, 1, 100)?;
                let search = (asked.country, asked.currency, asked.payment_type);
                hub.act(|books, _| {
                    let found = books.suitable_for_invoice(viewer, asked.invoice_id, asked.pieces, search)?;
                    let view = View { books, viewer };
                    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
                    let page = found.into_iter().skip(size(asked.skip)).take(size(asked.count));
                    let advertisements = page.map(|id| view.advertisement(id)).collect::<Result<_, _>>()?;
                    Ok(v1::GetInvoiceSuitableAdvertisementResponse { advertisements })
                })
            },
        )
        .await
    }

    async fn pay_invoice_by_deal(
        &self,
        request: Request<v1::PayInvoiceByDealRequest>,
    ) -> Answer<v1::InvoicePayment> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("PayInvoiceByDeal", &extensions, move |hub, user| {
            let by = By::Advertisement(asked.advertisement_id);
            let id = hub.execute("PayInvoiceByDeal", user, |books, now| {
                paying(books.pay_by_deal(user, asked.invoice_id, asked.pieces, by, now)?)
            })?;
            payment(hub, user, id)
        })
        .await
    }

    async fn cancel_invoice_payment(
        &self,
        request: Request<v1::CancelInvoicePaymentRequest>,
    ) -> Answer<v1::InvoicePayment> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("CancelInvoicePayment", &extensions, move |hub, user| {
            hub.execute("CancelInvoicePayment", user, |books, now| {
                books.cancel_payment(user, asked.payment_id, now)?;
                paying(asked.payment_id)
            })?;
            payment(hub, user, asked.payment_id)
        })
        .await
    }

    async fn get_my_deals(&self, request: Request<v1::GetMyDealsRequest>) -> Answer<v1::GetMyDealsResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetMyDeals", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let view = View { books, viewer };
                let ids = books.deals_of(viewer, &asked.status, asked.deal_id, asked.load_count)?;
                let deals = ids
                    .into_iter()
                    .map(|id| view.deal(id))
                    .collect::<Result<_, _>>()?;
                Ok(v1::GetMyDealsResponse { deals })
            })
        })
        .await
    }

    async fn get_deal_by_id(&self, request: Request<v1::GetDealByIdRequest>) -> Answer<v1::Deal> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetDealById", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let id = books.deal_of(viewer, asked.id)?.id;
                View { books, viewer }.deal(id)
            })
        })
        .await
    }

    async fn i_payed(&self, request: Request<v1::IPayedRequest>) -> Answer<v1::IPayedResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("IPayed", &extensions, move |hub, viewer| {
            hub.execute("IPayed", viewer, |books, now| {
                books.i_payed(viewer, asked.deal_id, now)?;
                let deal = Some(View { books, viewer }.deal(asked.deal_id)?);
                Ok((Subject::Deal(asked.deal_id), v1::IPayedResponse { deal }))
            })
        })
        .await
    }

    async fn cancel_deal(&self, request: Request<v1::CancelDealRequest>) -> Answer<v1::CancelDealResponse> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("CancelDeal", &extensions, move |hub, viewer| {
            hub.execute("CancelDeal", viewer, |books, now| {
                books.cancel_deal(viewer, asked.deal_id, now)?;
                let deal = Some(View { books, viewer }.deal(asked.deal_id)?);
                Ok((Subject::Deal(asked.deal_id), v1::CancelDealResponse { deal }))
            })
        })
        .await
    }

    async fn get_advertisements_by_id(
        &self,
        request: Request<v1::GetAdvertisementsByIdRequest>,
    ) -> Answer<v1::Advertisement> {
        let (_, extensions, asked) = request.into_parts();
        self.answer("GetAdvertisementsById", &extensions, move |hub, viewer| {
            hub.read(|books| {
                let id = books.visible_ad(asked.id, viewer)?.id;
                View { books, viewer }.advertisement(id)
            })
        })
        .await
    }

    async fn get_last_ad_search_params(
        &self,
        request: Request<()>,
    ) -> Answer<v1::GetLastAdSearchParamsResponse> {
        self.answer("GetLastAdSearchParams", request.extensions(), |hub, viewer| {
            hub.read(|books| View { books, viewer }.last_search())
        })
        .await
    }

    by_function! {
        "SendMessage": send_message(v1::SendMessageRequest) -> v1::SendMessageResponse = talk::say_in_deal;
        "SendInvoiceMessage": send_invoice_message(v1::SendInvoiceMessageRequest) -> v1::Conversation
            = talk::write_about_invoice;
        "SendInvoicePaymentMessage": send_invoice_payment_message(v1::SendInvoicePaymentMessageRequest)
            -> v1::Conversation = talk::write_about_payment;
        "GetConversations": get_conversations(()) -> v1::GetConversationsResponse = talk::conversations;
        "GetConversationsById": get_conversations_by_id(v1::GetConversationsByIdRequest)
            -> v1::GetConversationsResponse = talk::conversations_by_id;
        "DeleteConversation": delete_conversation(v1::DeleteConversationRequest) -> () = talk::delete_conversation;
        "StoreImage": store_image(v1::StoreImageRequest) -> v1::Image = talk::store_image;
        "GetImage": get_image(v1::GetImageRequest) -> v1::Image = talk::image;
        "SendFeedback": send_feedback(v1::SendFeedbackRequest) -> v1::Deal = talk::judge_deal;
        "SendInvoicePaymentFeedback": send_invoice_payment_feedback(v1::SendInvoicePaymentFeedbackRequest)
            -> v1::InvoicePayment = talk::judge_payment;
        "GetUserFeedbacks": get_user_feedbacks(v1::GetUserFeedbacksRequest) -> v1::GetUserFeedbacksResponse
            = talk::feedback;
        "CreateRefund": create_refund(v1::CreateRefundRequest) -> v1::CreateRefundResponse = talk::create_refund;
        "DeleteInvoice": delete_invoice(v1::DeleteInvoiceRequest) -> v1::DeleteInvoiceResponse
            = talk::delete_invoice;
    }

    not_practised! {
        create_advertisement(v1::AdvertisementData) -> v1::Advertisement;
        delete_advertisement(v1::DeleteAdvertisementRequest) -> ();
        change_advertisement_status(v1::ChangeAdvertisementStatusRequest) -> v1::ChangeAdvertisementStatusResponse;
        modify_advertisement(v1::ModifyAdvertisementRequest) -> v1::Advertisement;
        get_my_advertisements(()) -> v1::FindAdvertisementsResponse;
        get_my_advertisements_by_id(v1::GetAdvertisementsByIdRequest) -> v1::Advertisement;
        find_advertisements(v1::FindAdvertisementsRequest) -> v1::FindAdvertisementsResponse;
        create_deal(v1::CreateDealRequest) -> v1::Deal;
        create_deal_ln_buy(v1::CreateDealLnBuyRequest) -> v1::Deal;
        create_deal_ln_sell(v1::CreateDealLnSellRequest) -> v1::Deal;
        create_dispute(v1::CreateDisputeRequest) -> v1::CreateDisputeResponse;
        add_user_to_trusted(v1::AddUserToTrustedRequest) -> ();
        create_user_complaint(v1::CreateUserComplaintRequest) -> ();
        block_user(v1::BlockUserRequest) -> ();
        un_block_user(v1::UnBlockUserRequest) -> ();
        get_my_blocked_users(()) -> v1::GetMyBlockedUsersResponse;
        get_my_trusted_users(()) -> v1::GetMyTrustedUsersResponse;
        remove_from_trusted_users(v1::RemoveFromTrustedRequest) -> ();
        is_user_trusted(v1::IsUserTrustedRequest) -> v1::IsUserTrustedResponse;
        is_user_blocked(v1::IsUserBlockedRequest) -> v1::IsUserBlockedResponse;
        get_transactions(v1::GetTransactionsRequest) -> v1::GetTransactionsResponse;
        get_transactions_by_id(v1::GetTransactionByIdRequest) -> v1::GetTransactionsResponse;
        get_input_address(()) -> v1::GetInputAddressResponse;
        create_transaction(v1::CreateTransactionRequest) -> ();
        get_fees(()) -> v1::GetFeesResponse;
        get_all_advertisements_status(()) -> v1::AllAdvertisementsStatus;
        set_all_advertisements_status(v1::AllAdvertisementsStatus) -> v1::MyProfileResponse;
        create_invoice(v1::CreateInvoiceRequest) -> v1::Invoice;
        update_public_invoice(v1::UpdatePublicInvoiceRequest) -> v1::Invoice;
        buy_auto_price_recalcs(v1::BuyAutoPriceRecalcsRequest) -> v1::Invoice;
        create_promise(v1::CreatePromiseRequest) -> v1::CreatePromiseResponse;
        promise_to_balance(v1::PromiseToBalanceRequest) -> v1::Balance;
        promise_sell_by_best_deal(v1::PromiseSellByBestDealRequest) -> v1::Deal;
        get_promise_suitable_advertisements(v1::GetPromiseSuitableAdvertisementsRequest) -> v1::GetPromiseSuitableAdvertisementsResponse;
        promise_sell_by_deal(v1::PromiseSellByDealRequest) -> v1::Deal;
        pay_invoice_by_promise(v1::PayInvoiceByPromiseRequest) -> v1::InvoicePayment;
        get_invoice_secrets(v1::GetInvoiceSecretsRequest) -> v1::InvoiceSecretsList;
        change_invoice_secret(v1::ChangeInvoiceSecretRequest) -> v1::InvoiceSecretsList;
        create_invoice_secret(v1::CreateInvoiceSecretRequest) -> v1::InvoiceSecretsList;
        update_invoice_secret(v1::UpdateInvoiceSecretRequest) -> v1::InvoiceSecretsList;
        pay_invoice_from_ln(v1::PayInvoiceFromLnRequest) -> v1::InvoicePayment;
        ln_deposit(v1::LnDepositRequest) -> v1::LnDepositResponse;
        ln_withdrawal(v1::LnWithdrawalRequest) -> v1::Balance;
        ln_get_invoices(v1::LnGetInvoicesRequest) -> v1::LnGetInvoicesResponse;
        ln_get_payments(v1::LnGetPaymentsRequest) -> v1::LnGetPaymentsResponse;
        update_my_profile(v1::UpdateMyProfileRequest) -> ();
        subscribe_advertisement_changes(v1::GetAdvertisementsByIdRequest) -> Self::SubscribeAdvertisementChangesStream;
        subscribe_public_invoice(v1::SubscribePublicInvoiceRequest) -> Self::SubscribePublicInvoiceStream;
    }
}
